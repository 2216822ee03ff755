package dossier_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

func maker(f *firm.Firm) *dossier.Maker {
	return &dossier.Maker{
		Ledger: f.Ledger, Clock: func() time.Time { return f.Now }, Rand: rand.Reader,
		LogKey: f.Ring.VerifierKey(), Origin: f.Ring.Origin(), RootKey: f.Ring.RootHolder(),
	}
}

func officer(f *firm.Firm) party.Principal {
	p := f.Agent
	p.Person.ID, p.Person.Kind = "officer", party.Officer
	return p
}

// TestPackVerifiesElsewhere: what an agent was shown, alone, in a batch with
// others, and what was refused, is in a pack that verifies under the log's policy
// and holds no value.
func TestPackVerifiesElsewhere(t *testing.T) {
	f := firm.New(t, 30)
	work := f.Work(f.IDs[:20]...)
	her := f.IDs[3]
	for _, r := range [][]pii.SubjectID{{her}, f.IDs[:20], {f.IDs[5]}} {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, r...))
		f.OK(err)
	}
	_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, her)) // refused: no-permit
	f.OK(err)

	found, err := f.Vault.Describe(t.Context(), []pii.SubjectID{her})
	f.OK(err)
	made, err := maker(f).Make(t.Context(), officer(f), dossier.Order{
		ID: firm.NewID(), From: firm.Start.Add(-time.Hour), Until: firm.Start.Add(time.Hour),
		Person: dossier.Person{ID: her, Ordinal: found[0].Ordinal, Key: found[0].Key.Bytes()},
	})
	f.OK(err)
	if made.Entries != 3 {
		t.Errorf("%d entries in the pack, want 3", made.Entries)
	}
	pack, err := proof.ReadPack(bytes.NewReader(made.Zip), int64(len(made.Zip)))
	f.OK(err)
	policy, err := proof.ParsePolicy([]byte("log " + f.Ring.VerifierKey() + "\nquorum none\n"))
	f.OK(err)
	report, err := proof.Verify(pack, policy)
	f.OK(err)
	shown := 0
	for _, e := range report.Entries {
		if e.Line != nil && e.Line.Shown {
			shown++
		}
	}
	if !report.LogChecked || shown != 2 || len(report.Entries) != 3 {
		t.Errorf("checked %v, %d shown of %d", report.LogChecked, shown, len(report.Entries))
	}
	for _, value := range []string{"13800000004", "王小明", "u4@example.com"} {
		if bytes.Contains(made.Zip, []byte(value)) {
			t.Error("the pack holds a value")
		}
	}
	if !strings.Contains(string(pack.Page), "a001") {
		t.Error("the page does not say who")
	}
}

func TestOnlyTheOfficerMakesPacks(t *testing.T) {
	f := firm.New(t, 2)
	found, err := f.Vault.Describe(t.Context(), f.IDs[:1])
	f.OK(err)
	before := f.Ledger.Size()
	_, err = maker(f).Make(t.Context(), f.Agent, dossier.Order{
		ID: firm.NewID(), From: firm.Start, Until: firm.Start.Add(time.Hour),
		Person: dossier.Person{ID: f.IDs[0], Ordinal: found[0].Ordinal, Key: found[0].Key.Bytes()},
	})
	if !fault.IsID(err, "not-yours") || f.Ledger.Size() != before {
		t.Fatal(err)
	}
}
