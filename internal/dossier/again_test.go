package dossier_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// TestPackIsMadeAgain: a retry finds the first try's entry and makes the pack that it
// records, though the ledger has grown and the clock has gone on. What is not that pack
// is refused.
func TestPackIsMadeAgain(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	m := maker(f)
	her := person(t, f, f.IDs[0])
	kept, err := f.Ledger.Head(t.Context())
	f.OK(err)
	read := func() {
		t.Helper()
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs...))
		f.OK(err)
	}
	read()
	disclosed := f.Read(work, pii.Masked, f.IDs...)
	_, err = f.Door.Disclose(t.Context(), f.Agent, disclosed)
	f.OK(err)
	hash := bytes.Repeat([]byte{1}, 32)
	window := func() (time.Time, time.Time) { return firm.Start.Add(-time.Hour), f.Now.Add(time.Second) } // "until now"
	orders := map[string]dossier.Order{
		"subject":    {Kind: proof.KindSubject, Person: her, Kept: [][]byte{kept.Note}},
		"disclosure": {Kind: proof.KindOfOne, Disclosure: disclosed.ID},
		"recipient":  {Kind: proof.KindOfRecipient, Recipient: proof.Recipient{ID: string(f.Agent.Person.ID), Kind: proof.RecipientPerson}},
	}
	for name, o := range orders {
		o.ID, o.Hash = firm.NewID(), hash
		o.From, o.Until = window()
		first, err := m.Make(t.Context(), officer(f), o)
		f.OK(err)
		read()
		f.Now = f.Now.Add(5 * time.Minute)
		size := f.Ledger.Size()
		o.From, o.Until = window()
		again, err := m.Make(t.Context(), officer(f), o)
		f.OK(err)
		if f.Ledger.Size() != size || again.Entry != first.Entry || again.Entries != first.Entries {
			t.Errorf("%s: %d new entries, entry %d after %d, %d entries after %d", name, f.Ledger.Size()-size, again.Entry, first.Entry, again.Entries, first.Entries)
		}
		one, two := reading(t, first.Zip), reading(t, again.Zip)
		if _, err := proof.Verify(two, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(one.Manifest, two.Manifest); diff != "" {
			t.Errorf("%s: another manifest:\n%s", name, diff)
		}
		other := o
		other.Hash = bytes.Repeat([]byte{2}, 32)
		if _, err := m.Make(t.Context(), officer(f), other); !fault.IsID(err, "idempotency-body") {
			t.Errorf("%s, another body: %v", name, err)
		}
		colleague := officer(f)
		colleague.Person.ID = "officer-2"
		if _, err := m.Make(t.Context(), colleague, o); !fault.IsID(err, "idempotency-late") {
			t.Errorf("%s, another officer: %v", name, err)
		}
		f.Now = f.Now.Add(6 * time.Minute)
		if _, err := m.Make(t.Context(), officer(f), o); !fault.IsID(err, "idempotency-late") {
			t.Errorf("%s, after eleven minutes: %v", name, err)
		}
	}
	o := orders["subject"]
	o.ID, o.Hash = disclosed.ID, disclosed.Hash
	if _, err := m.Make(t.Context(), officer(f), o); !fault.IsID(err, "idempotency-late") {
		t.Errorf("the id of another entry: %v", err)
	}
	// A pack that would be another one today is not passed off as the first.
	o = orders["recipient"]
	o.ID, o.Hash = firm.NewID(), hash
	o.From, o.Until = window()
	_, err = m.Make(t.Context(), officer(f), o)
	f.OK(err)
	m.RootKey = proof.RootKeyKMS
	if _, err := m.Make(t.Context(), officer(f), o); !fault.IsID(err, "idempotency-late") {
		t.Errorf("another pack under the first one's entry: %v", err)
	}
}

func reading(t *testing.T, zip []byte) *proof.Pack {
	t.Helper()
	p, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
