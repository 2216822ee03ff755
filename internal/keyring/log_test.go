package keyring

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
)

// TestOpenLog: the new key signs under the new name, the old one signed its heir and
// nothing after, and all of it is there when the ring is opened again.
func TestOpenLog(t *testing.T) {
	dir := t.TempDir() + "/keys"
	r, err := Create(dir, "log.example/a", time.Unix(1_700_000_000, 0), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first := r.VerifierKey()
	sealed, err := r.SealRecord(time.Unix(1_700_000_000, 0), []byte("place"), []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := r.OpenLog("log.example/a/e1", func(vkey string) string { return "heir " + vkey + "\n" })
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, ring := range map[string]*Ring{"as it was": r, "opened again": again} {
		if ring.LogName() != "log.example/a/e1" || ring.Origin() != "log.example/a" || !strings.HasPrefix(ring.VerifierKey(), "log.example/a/e1+") {
			t.Errorf("%s: log %s of %s, key %s", name, ring.LogName(), ring.Origin(), ring.VerifierKey())
		}
		if closed := ring.Closed(); len(closed) != 1 || closed[0] != first {
			t.Errorf("%s: closed %v, want %s", name, closed, first)
		}
		if b, err := ring.OpenRecord([]byte("place"), sealed); err != nil || string(b) != "text" {
			t.Errorf("%s: what was sealed before does not open: %v", name, err)
		}
		v, err := note.NewVerifier(ring.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Sign(&note.Note{Text: "head\n"}, ring.Signer())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open(n, note.VerifierList(v)); err != nil {
			t.Errorf("%s: its signature: %v", name, err)
		}
	}
	old, err := note.NewVerifier(first)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(signed, note.VerifierList(old)); err != nil || n.Text != "heir "+r.VerifierKey()+"\n" {
		t.Errorf("the old key's last statement: %v", err)
	}
	for _, name := range []string{"log.example/a", "log.example/a/e1"} {
		if _, err := r.OpenLog(name, func(string) string { return "again\n" }); !fault.Is(err, fault.Conflict) {
			t.Errorf("a name used again: %v", err)
		}
	}
}
