package door

import (
	"context"
	"strconv"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Adopt makes subjects of rows of an enrolled table, where they are none yet, and says
// their ids, in the order of the keys; a key without a row has the zero id. Only who
// keeps the company's records may ask: the keys are his.
func (d *Door) Adopt(ctx context.Context, p party.Principal, t *enrolment.Table, keys []string) ([]pii.SubjectID, error) {
	if err := mayStore(p); err != nil {
		return nil, err
	}
	if len(keys) == 0 || len(keys) > MaxSubjects {
		return nil, fault.New(fault.Invalid, "bad-request", "keys")
	}
	a, err := d.adopt(ctx, p, t, keys, "", 0)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]pii.SubjectID, len(a.Keys))
	for i, k := range a.Keys {
		byKey[k] = a.IDs[i]
	}
	ids := make([]pii.SubjectID, len(keys))
	for i, k := range keys {
		ids[i] = byKey[k]
	}
	return ids, nil
}

// Followed says how far a pass over an enrolled table is.
type Followed struct {
	Last         string // the key of the last row; the pass goes on after it
	Rows         int    // 0: the pass is over
	New, Changed int
}

// Follow looks at the next rows of an enrolled table after a key: of new rows it makes
// subjects, of changed ones a new version. It is done by Goldbell itself, and tells
// nothing of any value.
func (d *Door) Follow(ctx context.Context, t *enrolment.Table, after string) (Followed, error) {
	a, err := d.adopt(ctx, party.Principal{}, t, nil, after, MaxSubjects)
	if err != nil || len(a.Keys) == 0 {
		return Followed{}, err
	}
	return Followed{Last: a.Keys[len(a.Keys)-1], Rows: len(a.Keys), New: len(a.Enrolled), Changed: len(a.Changed)}, nil
}

// adopt reads the rows and records what they changed. Two who meet at a row try again.
func (d *Door) adopt(ctx context.Context, p party.Principal, t *enrolment.Table, keys []string, after string, n int) (a vault.Adopted, err error) {
	for range tries {
		if a, err = d.Vault.Adopt(ctx, t, keys, after, n); err != nil {
			return a, err
		}
		if err = d.recordAdopted(ctx, p, t, a); !fault.Is(err, fault.Conflict) {
			return a, err
		}
	}
	return a, err
}

func (d *Door) recordAdopted(ctx context.Context, p party.Principal, t *enrolment.Table, a vault.Adopted) error {
	if a.New != nil {
		entry := ledger.Entry{
			Kind: proof.KindEnrolment, Actor: p.Person.ID, Org: p.Org.ID, Effects: []ledger.Effect{a.New},
			Facts: []proof.Field{fact("source", t.ID.String()), fact("count", strconv.Itoa(len(a.Enrolled)))},
		}
		for i, s := range a.Enrolled {
			entry.Enrols = append(entry.Enrols, s.Commitment)
			entry.Refs = append(entry.Refs, ledger.SubjectRef(a.New.Custody[i].Ordinal))
		}
		if err := d.recordNew(ctx, entry); err != nil {
			return err
		}
	}
	if len(a.Changed) == 0 {
		return nil
	}
	entry := ledger.Entry{
		Kind: proof.KindCorrection, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{fact("act", "done"), fact("source", t.ID.String())},
	}
	for i, c := range a.Changed {
		s := a.Subjects[i]
		entry.Subjects = append(entry.Subjects, ledger.Subject{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Version: uint32(c.Version)}})
		entry.Effects = append(entry.Effects, c)
		entry.Revokes = append(entry.Revokes, ledger.SubjectKey(s.Ordinal)) // decisions on the old version are taken again
	}
	return d.recordNew(ctx, entry)
}

func (d *Door) recordNew(ctx context.Context, e ledger.Entry) error {
	id, err := d.newRequest()
	if err != nil {
		return err
	}
	_, err = d.record(ctx, id, nil, e)
	return err
}
