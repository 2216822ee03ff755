package proof

import (
	"strings"
	"testing"
)

// TestOnlyOthersWitnessesAreOutside: page and verifier call a witness outside if it is
// said that another organisation runs it, and no other.
func TestOnlyOthersWitnessesAreOutside(t *testing.T) {
	w := newWorld(t)
	w.pack.Checkpoint = w.log.checkpoint(w.size, w.w1, w.w2)
	p, err := read(w.write())
	if err != nil {
		t.Fatal(err)
	}
	page := string(p.Page)
	for _, s := range []string{
		"Outside witnesses, run by another organisation by the maker&#39;s word: witness.example.org (Notary &amp; Sons 公证, ",
		"The operator&#39;s own witnesses: second.example.net (2",
	} {
		if !strings.Contains(page, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	for outside, want := range map[string]string{
		"":                             "Other witnesses of your policy that signed: a (2026-09-21T14:15:00Z), b (2026-09-21T14:16:40Z).",
		"# outside a The Court of A\n": "Outside witnesses of your policy that signed: a (The Court of A, 2026-09-21T14:15:00Z). ",
		"# outside a The Court of A\n# outside b The Notary\n":      "Outside witnesses of your policy that signed: a (The Court of A, 2026-09-21T14:15:00Z), b (The Notary, ",
		"# outside c nobody\n# outside a\n# outside witnesses: b\n": "Other witnesses of your policy that signed: a (2",
	} {
		policy, err := ParsePolicy([]byte(w.policy + outside))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePolicy(policy.Format())
		if err != nil || string(again.Format()) != string(policy.Format()) {
			t.Fatalf("%v: written and read again\n%s", err, policy.Format())
		}
		r, err := Verify(p, again)
		if err != nil {
			t.Fatal(err)
		}
		said := r.Sentences()[2].En
		if !strings.HasPrefix(said, want) {
			t.Errorf("with %q it says %q", outside, said)
		}
		if nobody := strings.Contains(said, "does not say that another organisation runs them"); nobody == strings.Contains(want, "Outside") {
			t.Errorf("with %q it says %q", outside, said)
		}
	}
	w = newWorld(t)
	w.pack.Info.Outside = nil
	if p, err = read(w.write()); err != nil {
		t.Fatal(err)
	}
	if page := string(p.Page); !strings.Contains(page, "No outside witness") || !strings.Contains(page, "The operator&#39;s own witnesses: witness.example.org") {
		t.Error("a page with the operator's own witness only does not say that none is outside")
	}
	for _, bad := range [][]Outside{
		{{"x", "stranger"}},
		{{"", w.w1.vkey()}},
		{{"a\u202eb", w.w1.vkey()}},
		{{strings.Repeat("x", maxOrganisation+1), w.w1.vkey()}},
		{{"x", w.w2.vkey()}, {"y", w.w1.vkey()}},
		{{"x", w.w1.vkey()}, {"y", w.w1.vkey()}},
	} {
		w.pack.Info.Outside = bad
		if _, err := Verify(w.pack, nil); why(t, err) != "pack.json outside" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
