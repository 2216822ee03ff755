// Package door is the only way personal information leaves the vault.
//
// A click, an API call and a dialled number all become one call to
// [Door.Disclose]. Its steps never change order:
//
//	grant, consent → policy → meter → ledger → vault → mark
//
// There is one entry per answer, allow or refuse, durable before anything is
// opened; an entry without a delivery counts as a disclosure. Door enforces and
// does not judge: rules belong in package policy. In the usual vocabulary it is
// the policy enforcement point.
package door

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/mark"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// MaxSubjects is how many subjects one request may name.
const MaxSubjects = ledger.MaxSubjects

// tries is how often a decision is taken again when its ground moves.
const tries = 5

// Config is what a door is made of.
type Config struct {
	Store   Store
	Grants  grant.Store
	Consent consent.Store
	Vault   *vault.Vault
	Tags    vault.Tags  // matching of found files; nil: none
	Aging   vault.Aging // what is past its retention; nil: nothing is erased for it
	Ledger  *ledger.Ledger
	Sheets  map[pii.Purpose]grant.Sheet
	Caps    Caps
	Tables  func() *enrolment.Set // enrolled tables; nil: none
	Clock   func() time.Time
	Rand    io.Reader
}

// Door enforces. It is safe for concurrent use.
type Door struct {
	Config
	rules atomic.Pointer[loadedRules]
	flood *flood
	// load is policy.Load; a test takes a shipped rule out to see it missed.
	load    func(company string) (*policy.Rules, error)
	grounds grounds
	// The dummy steps of reads and lookups; a test takes them out to see them missed.
	rehearseRead   func(context.Context, Request) error
	rehearseLookup func(context.Context, Lookup) error
}

// New makes a door; it loads the rules in force.
func New(ctx context.Context, c Config) (*Door, error) {
	if c.Tables == nil {
		none := enrolment.NewSet(nil)
		c.Tables = func() *enrolment.Set { return none }
	}
	d := &Door{Config: c, load: policy.Load}
	d.rehearseRead = func(ctx context.Context, r Request) error { return c.Vault.Rehearse(ctx, r.Fields) }
	d.rehearseLookup = func(ctx context.Context, l Lookup) error { return c.Vault.RehearseConfirm(ctx, l.Field, l.Value) }
	d.flood = newFlood(c.Ledger, c.Clock)
	if _, err := d.currentRules(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Request asks for values, or for their use.
type Request struct {
	ID       pii.RequestID
	Hash     []byte // of the request, if it may be retried; nil otherwise
	Verb     pii.Verb
	Form     pii.Form
	Fields   []pii.Field
	Purpose  pii.Purpose
	Work     pii.RequestID
	Subjects []pii.SubjectID // as the caller knows them; at most MaxSubjects, each once
}

// Answer is what a request gets. Its id is the disclosure id.
type Answer struct {
	ID      pii.RequestID
	Entry   uint64
	At      time.Time
	Mark    string // the visible mark of plain values; empty otherwise
	Results []Result
}

// Result is the answer for one subject, in the order asked.
type Result struct {
	Subject pii.SubjectID // as the caller knows it
	Shown   bool
	Values  map[pii.Field]pii.Value // forms masked and plain
	Token   pii.SubjectID           // form token
	Reasons []policy.Reason         // why not, if refused
	Highest pii.Form                // what would be allowed instead; None if nothing
}

// noGrant is the one refusal outside a grant: the same whoever is asked for.
var noGrant = policy.Reason{
	ID: "no-grant", Zh: fault.Text("no-grant").Zh, En: fault.Text("no-grant").En,
}

// NoGrant is the reason given outside a grant.
func NoGrant() policy.Reason { return noGrant }

// Disclose answers a request for values: verb Read. See [Door.Use] for Dial.
func (d *Door) Disclose(ctx context.Context, p party.Principal, r Request) (Answer, error) {
	if r.Verb != pii.Read || r.Form != pii.Masked && r.Form != pii.Token && r.Form != pii.Plain {
		return Answer{}, fault.New(fault.Invalid, "bad-request", "form")
	}
	return d.answer(ctx, p, r, d.release)
}

// Use opens the values of one subject against the receipt and hands them to use,
// which must not keep them: verb Dial. The caller gets no value.
func (d *Door) Use(ctx context.Context, p party.Principal, r Request, use func(context.Context, Answer, map[pii.Field]pii.Value) error) (Answer, error) {
	if r.Verb != pii.Dial || r.Form != pii.Relay || len(r.Subjects) != 1 {
		return Answer{}, fault.New(fault.Invalid, "bad-request", "form")
	}
	return d.answer(ctx, p, r, func(ctx context.Context, receipt *ledger.Receipt, dec *decision, a *Answer) error {
		opened, err := d.Vault.Open(ctx, receipt, dec.subjects()...)
		if err != nil {
			return err
		}
		if opened[0].Missing != nil {
			return opened[0].Missing
		}
		return use(ctx, *a, opened[0].Values)
	})
}

// release opens what the receipt names and puts it into the answer.
type releaser func(ctx context.Context, r *ledger.Receipt, d *decision, a *Answer) error

func (d *Door) answer(ctx context.Context, p party.Principal, r Request, release releaser) (Answer, error) {
	if err := d.check(r); err != nil {
		return Answer{}, err
	}
	rules, err := d.currentRules(ctx)
	if err != nil {
		return Answer{}, err
	}
	if _, ok := rules.sheets[r.Purpose]; !ok {
		return Answer{}, fault.New(fault.Invalid, "bad-request", "purpose")
	}
	for range tries {
		a, err := d.try(ctx, p, r, release)
		if !ledger.Stale(err) {
			return a, err
		}
		if err := d.Ledger.Refresh(ctx); err != nil {
			return Answer{}, err
		}
	}
	return Answer{}, fault.New(fault.Unavailable, "stale", "")
}

func (d *Door) try(ctx context.Context, p party.Principal, r Request, release releaser) (Answer, error) {
	dec, err := d.decide(ctx, p, r)
	if err != nil {
		return Answer{}, err
	}
	if !dec.anyShown() {
		if folded, err := d.flood.refused(ctx, p.Person.ID); folded || err != nil {
			return dec.answer(r, nil), err
		}
	}
	receipt, err := d.Ledger.Append(ctx, dec.item(d, p, r))
	if err != nil {
		return Answer{}, err
	}
	defer receipt.Close()
	if err := dec.settleRetry(receipt); err != nil {
		return Answer{}, err
	}
	a := dec.answer(r, receipt.Record())
	if !dec.anyShown() {
		return a, d.rehearseRead(ctx, r)
	}
	return a, release(ctx, receipt, dec, &a)
}

// release puts the opened values into the answer, in the form asked.
func (d *Door) release(ctx context.Context, receipt *ledger.Receipt, dec *decision, a *Answer) error {
	if dec.request.Form == pii.Token {
		for i := range a.Results {
			if a.Results[i].Shown {
				a.Results[i].Token = d.Vault.Pseudonym(dec.principal.Org.ID, dec.cases[i].subject.ID)
			}
		}
		return nil
	}
	opened, err := d.Vault.Open(ctx, receipt, dec.subjects()...)
	if err != nil {
		return err
	}
	byOrdinal := make(map[pii.Ordinal]vault.Opened, len(opened))
	for _, o := range opened {
		byOrdinal[o.Ordinal] = o
	}
	for i := range a.Results {
		if !a.Results[i].Shown {
			continue
		}
		o := byOrdinal[dec.cases[i].subject.Ordinal]
		if o.Missing != nil { // held or erased since the decision: the record stays
			a.Results[i].Shown = false
			a.Results[i].Reasons = []policy.Reason{textReason(fault.Of(o.Missing).ID)}
			continue
		}
		a.Results[i].Values = o.Values
	}
	if dec.request.Form == pii.Plain {
		a.Mark = mark.Visible(dec.principal.Person.ID, a.At, a.ID)
	}
	return nil
}

func textReason(id string) policy.Reason {
	s := fault.Text(id)
	return policy.Reason{ID: id, Zh: s.Zh, En: s.En}
}

// check refuses what is malformed, before anything is decided.
func (d *Door) check(r Request) error {
	switch {
	case len(r.Subjects) == 0 || len(r.Subjects) > MaxSubjects:
		return fault.New(fault.Invalid, "bad-request", "subjects")
	case len(r.Fields) == 0 || len(r.Fields) > len(d.Vault.Schema()):
		return fault.New(fault.Invalid, "bad-request", "fields")
	}
	fields := map[pii.Field]bool{}
	for _, f := range r.Fields {
		if _, ok := d.Vault.Schema().Spec(f); !ok && f != pii.Note || fields[f] {
			return fault.New(fault.Invalid, "bad-request", "fields")
		}
		fields[f] = true
	}
	subjects := make(map[pii.SubjectID]bool, len(r.Subjects))
	for _, s := range r.Subjects {
		if subjects[s] {
			return fault.New(fault.Invalid, "bad-request", "subjects")
		}
		subjects[s] = true
	}
	return nil
}

// Close records the refusals that are counted but not recorded yet.
func (d *Door) Close(ctx context.Context) { d.flood.fold.Flush(ctx, time.Time{}) }

// Tick records what the minutes that are over counted.
func (d *Door) Tick(ctx context.Context) { d.flood.fold.Flush(ctx, d.Clock()) }

func fact(name, value string) proof.Field { return proof.Field{Name: name, Value: value} }

func (d *Door) newRequest() (id pii.RequestID, err error) {
	if _, err := io.ReadFull(d.Rand, id[:]); err != nil {
		return id, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return id, nil
}
