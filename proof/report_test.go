package proof

import (
	"github.com/google/go-cmp/cmp"
	"strings"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	w := newWorld(t)
	p, err := read(w.write())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Verify(p, w.parsedPolicy())
	if err != nil {
		t.Fatal(err)
	}
	first := r.Entries[0]
	want := Fact{
		Index: 2, Time: time.Unix(1_790_000_001, 0).UTC(), Kind: KindDisclosure, Subjects: 1,
		Request: first.Request, Line: &Line{Shown: true, Version: 1}, Fields: w.log.fields[2],
	}
	if diff := cmp.Diff(want, first); diff != "" || first.Request == (ID{}) {
		t.Fatal(diff)
	}
	if r.Entries[1].Hidden != 2 || r.Entries[2].Line != nil || r.ByIndex != 2 || r.Enrolled.Kind != KindEnrolment || r.Sealed.Kind != KindPack {
		t.Fatalf("%+v", r)
	}
	if r.Size != 6 || r.SealedAt != 8 || r.Entries[1].Subjects != 3 {
		t.Fatalf("%+v", r)
	}
	both := all(r)
	for _, s := range []string{"signed by a log that the policy lists", "a (2026-", "has not been witnessed enough", "root key is a file", "策略所列的日志签名", "尚未得到足够的见证"} {
		if !strings.Contains(both, s) {
			t.Errorf("the report does not say %q", s)
		}
	}
	r, err = Verify(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	both = all(r)
	for _, s := range []string{Unchecked.Zh, Unchecked.En, "No outside witness", "没有外部见证"} {
		if !strings.Contains(both, s) {
			t.Errorf("the report does not say %q", s)
		}
	}
	for _, kept := range []string{RootKeyFile, RootKeyKMS, RootKeyShared} {
		if s := rootKey[kept]; s.Zh == "" || s.En == "" {
			t.Errorf("no sentence for a root key kept as %q", kept)
		}
	}
	for _, s := range r.Sentences() {
		if s.Zh == "" || s.En == "" {
			t.Error("an empty sentence")
		}
	}
}

func all(r Report) string {
	var b strings.Builder
	for _, s := range r.Sentences() {
		b.WriteString(s.Zh + "\n" + s.En + "\n")
	}
	return b.String()
}
