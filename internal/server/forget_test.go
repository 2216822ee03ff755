package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// files is a firm with entries about four people: single ones, one about all.
type files struct {
	*firm.Firm
	t      *testing.T
	keeper *records.Keeper
	bulk   uint64 // the entry about all
	alone  uint64 // the entry about the first
	held   bool
}

func (a *files) Held(context.Context, pii.Ordinal) (bool, error) { return a.held, nil }

func newFiles(t *testing.T, f *firm.Firm) *files {
	a := &files{Firm: f, t: t}
	a.wire()
	named := a.subjects(f.IDs...)
	a.bulk = a.Append(shown(named...)).Record().Index
	for _, s := range named {
		e := a.Append(shown(s)).Record().Index
		if s.Ordinal == named[0].Ordinal {
			a.alone = e
		}
	}
	return a
}

func (a *files) wire() {
	a.keeper = records.New(records.Config{
		Ledger: a.Ledger, Subjects: recordSubjects{a.Vault, a.Ring, a.Store}, Holds: a, Clock: a.LedgerConfig().Clock, Rand: rand.Reader,
	})
}

func (a *files) subjects(ids ...pii.SubjectID) []ledger.Subject {
	a.t.Helper()
	found, err := a.Vault.Describe(a.t.Context(), ids)
	a.OK(err)
	out := make([]ledger.Subject, len(found))
	for i, s := range found {
		out[i] = ledger.Subject{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Shown: true, Version: 1}}
	}
	return out
}

func shown(s ...ledger.Subject) ledger.Entry {
	return ledger.Entry{
		Kind: proof.KindDisclosure, Actor: "a001", Org: pii.Own, Verb: pii.Read, Form: pii.Masked,
		Fields: []pii.Field{pii.Name}, Purpose: "telesales", Subjects: s,
	}
}

// approval is somebody's spent code.
func approval(person pii.PersonID, kind party.PersonKind) records.Approval {
	hash := sha256.Sum256([]byte(person))
	return records.Approval{
		Person: party.Person{ID: person, Org: pii.Own, Kind: kind},
		Effect: authn.CodePut{Code: &authn.Code{Person: person, Hash: hash[:], Until: firm.Start.AddDate(9, 0, 0)}},
	}
}

func (a *files) forget(id pii.SubjectID) (uint64, error) {
	return a.keeper.Forget(a.t.Context(), firm.NewID(), id, approval("officer", party.Officer), approval("auditor", party.Auditor))
}

func (a *files) refused(want string, _ uint64, err error) {
	a.t.Helper()
	if !fault.IsID(err, want) {
		a.t.Errorf("%v, want %s", err, want)
	}
}

// later lets the record's time pass.
func (a *files) later(years int) {
	a.Now = a.Now.AddDate(years, 0, 1)
	_, err := a.Ring.StartPeriod(a.Now)
	a.OK(err)
}

func (a *files) verify() ledger.Report {
	a.t.Helper()
	r, err := ledger.Verify(a.t.Context(), a.LedgerConfig(), a.Store, nil)
	a.OK(err)
	return r
}

// TestForget on both engines: one person is forgotten, and everybody else's record
// is as it was.
func TestForget(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		f := firm.New(t, 4)
		testForget(t, newFiles(t, f))
	})
	t.Run("postgres", func(t *testing.T) {
		f := firm.NewOn(t, 4, pgtest.Start(t))
		testForget(t, newFiles(t, f))
	})
}

func testForget(t *testing.T, a *files) {
	ctx := t.Context()
	her := a.IDs[0]
	subject := a.subjects(her)[0]
	_, err := a.forget(her)
	a.refused("not-erased", 0, err)
	a.OK(a.Ring.Shred(her))
	_, err = a.forget(her)
	a.refused("record-kept", 0, err)
	a.later(3)
	a.held = true
	_, err = a.forget(her)
	a.refused("held", 0, err)
	a.held = false
	one := approval("officer", party.Officer)
	_, err = a.keeper.Forget(ctx, firm.NewID(), her, one, one)
	a.refused("second-person", 0, err)

	rows, err := a.Store.CustodyByOrdinal(ctx, []pii.Ordinal{subject.Ordinal})
	a.OK(err)
	wrapped := rows[0].RecordKey
	before := a.verify()
	if len(before.Faults) > 0 || before.Unopened > 0 || len(wrapped) < 40 {
		t.Fatalf("%+v", before)
	}
	entry, err := a.forget(her)
	a.OK(err)

	r, err := a.Ledger.Record(ctx, entry)
	a.OK(err)
	if want := proof.ForgottenHash(proof.Hash(subject.Key.Commitment(her[:]))).String(); r.Leaf.Kind != proof.KindForget || r.Fact("forgotten") != want || r.Fact("second") != "auditor" {
		t.Errorf("the entry says %v", r.Facts())
	}
	if rs, err := a.Ledger.Records(ctx, a.alone, 1); err != nil || len(rs) != 0 {
		t.Errorf("her entry opens: %d, %v", len(rs), err)
	}
	for _, s := range a.subjects(her) {
		if s.Ordinal != pii.Dummy {
			t.Error("her id still leads to an ordinal")
		}
	}
	_, err = a.forget(her)
	a.refused("not-found", 0, err)
	if a.Driver == "sqlite" {
		a.nowhere(wrapped[len(wrapped)-32:], "her wrapped record key")
		a.nowhere(her[:], "her id")
	}
	a.othersProofs(subject.Ordinal)
	after := a.verify()
	if len(after.Faults) > 0 || after.Unopened != 1 || after.PartOnly != 0 {
		t.Errorf("after: %+v", after)
	}
}

// othersProofs makes the others' proofs of the entry that names all, after one of
// them was forgotten.
func (a *files) othersProofs(gone pii.Ordinal) {
	a.t.Helper()
	r, err := a.Ledger.Record(a.t.Context(), a.bulk)
	a.OK(err)
	pairs, err := a.Ledger.Pairs(a.t.Context(), r)
	a.OK(err)
	request := r.Leaf.Request
	for _, s := range a.subjects(a.IDs[1:]...) {
		key := proof.Tag(s.Key.Bytes(), request)
		p, err := proof.ProveSparse(pairs, key)
		a.OK(err)
		a.OK(p.CheckPresent(r.Leaf.Root, key, proof.LineHash(proof.ValueKey(s.Key.Bytes(), request), s.Line.Encode())))
		if s.Ordinal == gone {
			a.t.Error("she is still there")
		}
	}
	stranger := proof.Tag(bytes.Repeat([]byte{7}, 32), request)
	p, err := proof.ProveSparse(pairs, stranger)
	a.OK(err)
	a.OK(p.CheckAbsent(r.Leaf.Root, stranger))
}

// nowhere looks for bytes in the database's files.
func (a *files) nowhere(secret []byte, what string) {
	a.t.Helper()
	for _, name := range []string{"db", "db-wal"} {
		b, err := os.ReadFile(filepath.Join(a.Dir, name))
		if err != nil && !os.IsNotExist(err) {
			a.t.Fatal(err)
		}
		if bytes.Contains(b, secret) {
			a.t.Errorf("%s holds %s", name, what)
		}
	}
}

// TestForgetAfterACrash: the entry is there and she is not buried yet; or the
// database is a backup from before. The next start buries her.
func TestForgetAfterACrash(t *testing.T) {
	for name, backup := range map[string]bool{"a crash": false, "a restored backup": true} {
		t.Run(name, func(t *testing.T) {
			a := newFiles(t, firm.New(t, 3))
			her := a.subjects(a.IDs[0])[0]
			a.OK(a.Ring.Shred(a.IDs[0]))
			s := &Server{ring: a.Ring, store: a.Store, vault: a.Vault, ledger: a.Ledger, log: discard()}
			if backup {
				a.OK(a.Ring.Forget(a.IDs[0]))
			} else {
				kept, err := a.Ledger.KeepPairs(t.Context(), her, 0)
				a.OK(err)
				a.Append(ledger.Entry{Kind: proof.KindForget, Effects: []ledger.Effect{
					ledger.ForgottenPut{Row: &ledger.Forgotten{Ordinal: her.Ordinal}, Kept: kept},
				}})
			}
			a.OK(s.finishForgetting(t.Context()))
			if a.subjects(a.IDs[0])[0].Ordinal != pii.Dummy {
				t.Error("she is still there")
			}
			r := a.verify()
			partOnly := uint64(0)
			if backup {
				partOnly = 1 // the backup does not hold her pair
			}
			if len(r.Faults) > 0 || r.Unopened != 1 || r.PartOnly != partOnly {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestForgottenRowsAreStamped: a row written with SQL forgets nobody, so a record
// key that was deleted is found missing.
func TestForgottenRowsAreStamped(t *testing.T) {
	a := newFiles(t, firm.New(t, 3))
	o := a.subjects(a.IDs[0])[0].Ordinal
	a.OK(a.Store.Bury(t.Context(), o, &ledger.Forgotten{Ordinal: o, Stamp: pii.Stamp{MAC: make([]byte, 32)}}))
	if r := a.verify(); len(r.Faults) == 0 {
		t.Error("verify finds nothing")
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
