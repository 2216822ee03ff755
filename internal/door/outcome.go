package door

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// What became of a contact with a customer.
const (
	Reached       = "reached"
	Interested    = "interested"
	NotInterested = "not-interested"
	CallAgain     = "call-again"
	NoAnswer      = "no-answer"
	WrongNumber   = "wrong-number"
	OptedOut      = "opt-out" // she refuses marketing: recorded as her refusal, too
)

// Results are the values an outcome may have.
var Results = []string{Reached, Interested, NotInterested, CallAgain, NoAnswer, WrongNumber, OptedOut}

// maxNote bounds a note, in characters.
const maxNote = 2000

// Outcome is what became of a contact with a customer inside a work item; the newest
// counts.
type Outcome struct {
	Ordinal   pii.Ordinal   `json:"ordinal"`
	Item      pii.RequestID `json:"item"`
	Result    string        `json:"result"`
	By        pii.PersonID  `json:"by"`
	At        time.Time     `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (o *Outcome) StampRow() (string, []byte) { return "outcome", canonical(o) }

// RowKey implements [pii.Keyed].
func (o *Outcome) RowKey() string { return fmt.Sprintf("%d|%s", o.Ordinal, o.Item) }

// OutcomePut inserts or replaces an outcome.
type OutcomePut struct{ *Outcome }

// Report says what became of a contact; Note may be empty.
type Report struct {
	ID      pii.RequestID
	Hash    []byte
	Work    pii.RequestID
	Subject pii.SubjectID // as the caller knows her
	Result  string
	Note    pii.Value
}

// RecordOutcome records what became of a contact with a customer of the caller's own
// open work item. The note is sealed under her key; that she refuses marketing is
// recorded as her refusal, and when that returns nothing rests on anything else.
func (d *Door) RecordOutcome(ctx context.Context, p party.Principal, r Report) error {
	if !slices.Contains(Results, r.Result) {
		return fault.New(fault.Invalid, "bad-request", "body.outcome")
	}
	if n := r.Note.Reveal(); !utf8.ValidString(n) || utf8.RuneCountInString(n) > maxNote {
		return fault.New(fault.Invalid, "bad-request", "body.note")
	}
	receipt, err := d.Ledger.Decide(ctx, r.ID, r.Hash, func() (ledger.Item, error) { return d.outcome(ctx, p, r) })
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

func (d *Door) outcome(ctx context.Context, p party.Principal, r Report) (ledger.Item, error) {
	basis := d.basis(p, r.Work, d.Ledger.Rules())
	w, s, err := d.own(ctx, p, r.Work, r.Subject)
	if err != nil {
		return ledger.Item{}, err
	}
	now := d.now()
	row := &Outcome{Ordinal: s.Ordinal, Item: w.ID, Result: r.Result, By: p.Person.ID, At: now}
	e := ledger.Entry{
		Kind: proof.KindWorkItem, Actor: p.Person.ID, Org: p.Org.ID, Work: w.ID, Purpose: w.Purpose,
		Facts:    []proof.Field{fact("what", "outcome"), fact("outcome", r.Result)},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Rule: "outcome"}}},
		Effects:  []ledger.Effect{OutcomePut{row}},
	}
	if !r.Note.IsEmpty() {
		note, err := d.Vault.SealNote(s, r.ID, p.Person.ID, now, r.Note)
		if err != nil {
			return ledger.Item{}, err
		}
		sum := sha256.Sum256(note.Sealed)
		e.Effects = append(e.Effects, *note)
		e.Facts = append(e.Facts, fact("note-sealed", hex.EncodeToString(sum[:])))
	}
	item := ledger.Item{Basis: ledger.Basis{Keys: append(basis.Keys, ledger.SubjectKey(s.Ordinal))}, Actor: actor(p)}
	if r.Result == OptedOut {
		refusal := &consent.OptOut{Ordinal: s.Ordinal, Refused: true, At: now}
		e.Kind, e.Facts[0] = proof.KindConsent, fact("what", "opt-out")
		e.Effects = append(e.Effects, consent.OptOutPut{OptOut: refusal})
		e.Revokes = []string{ledger.OptOutKey(s.Ordinal), ledger.SubjectKey(s.Ordinal)}
		item.Settle = true
	}
	item.Entry = e
	return item, nil
}

// own finds a live subject inside the caller's own open work item. Whatever is not
// so is the same refusal.
func (d *Door) own(ctx context.Context, p party.Principal, work pii.RequestID, id pii.SubjectID) (grant.WorkItem, vault.Subject, error) {
	none := fault.New(fault.Denied, "no-grant", "")
	w, err := d.Mine(ctx, p, work)
	if err != nil {
		return w, vault.Subject{}, err
	}
	members, err := d.Members(ctx, w)
	if err != nil {
		return w, vault.Subject{}, err
	}
	for _, s := range members {
		if s.Known() && s.State == vault.Live && d.knownAs(p, s.ID) == id {
			return w, s, nil
		}
	}
	return w, vault.Subject{}, none
}

// Mine is the caller's own open work item, or the one refusal there is.
func (d *Door) Mine(ctx context.Context, p party.Principal, work pii.RequestID) (grant.WorkItem, error) {
	w, err := d.workItem(ctx, work)
	if err != nil {
		return w, err
	}
	if w.ID.IsZero() || !w.OpenAt(d.Clock()) || w.Assignee != p.Person.ID || w.Recipient != p.Org.ID {
		return grant.WorkItem{}, fault.New(fault.Denied, "no-grant", "")
	}
	return w, nil
}

// knownAs is the id by which the caller knows a subject.
func (d *Door) knownAs(p party.Principal, id pii.SubjectID) pii.SubjectID {
	if p.Org.Kind == party.Handler {
		return d.Vault.Pseudonym(p.Org.ID, id)
	}
	return id
}

// Reported is what was recorded of one customer of a work item.
type Reported struct {
	Subject pii.SubjectID // as the caller knows her
	Result  string
	At      time.Time
}

// Outcomes lists what was recorded inside the caller's own open work item.
func (d *Door) Outcomes(ctx context.Context, p party.Principal, work pii.RequestID) ([]Reported, error) {
	w, err := d.Mine(ctx, p, work)
	if err != nil {
		return nil, err
	}
	rows, err := d.Store.Outcomes(ctx, w.ID, MaxSubjects)
	if err != nil {
		return nil, err
	}
	members, err := d.Members(ctx, w)
	if err != nil {
		return nil, err
	}
	ids := make(map[pii.Ordinal]pii.SubjectID, len(members))
	for _, s := range members {
		ids[s.Ordinal] = s.ID
	}
	all := make([]Reported, 0, len(rows))
	for i := range rows {
		o := &rows[i]
		if id, in := ids[o.Ordinal]; in && d.Ledger.CheckStamp(o) == nil {
			all = append(all, Reported{d.knownAs(p, id), o.Result, o.At})
		}
	}
	return all, nil
}
