package pii

import "testing"

// A firm's declared number and the caller a complaint names meet in one key.
func TestCallerKey(t *testing.T) {
	key, tail, err := CallingNumber(NewValue("+86 170-1234-5678"))
	if err != nil || tail != "5678" {
		t.Fatal(tail, err)
	}
	for _, written := range []string{"17012345678", " 170 1234 5678 ", "０１７０１２３４５６７８"} {
		if !CallerKey(NewValue(written)).Equal(key) {
			t.Errorf("a way of writing it has another key")
		}
	}
	for _, other := range []string{"17012345679", "95588", "a@b.example", "x"} {
		if CallerKey(NewValue(other)).Equal(key) {
			t.Error("another caller has its key")
		}
	}
	if short, tail, err := CallingNumber(NewValue("95588")); err != nil || tail != "5588" || short.Equal(key) {
		t.Error("a service number", err)
	}
	for _, bad := range []string{"", "a@b.example", "12", "1.7E+10"} {
		if _, _, err := CallingNumber(NewValue(bad)); err == nil {
			t.Error("what is no number was taken for one")
		}
	}
	if !CallerKey(NewValue("  ")).Equal(Value{}) {
		t.Error("nothing has a key")
	}
}
