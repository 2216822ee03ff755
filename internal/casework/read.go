package casework

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Account is a complaint as its handler reads it: what was said and by which number,
// not the number of who complains.
type Account struct {
	Complaint
	Contact pii.Value // masked
	Caller  pii.Value
	Company pii.Value
	Said    pii.Value
	Letters []Letter
	Appeals []Appealed
	// Whose is whom the caller's number was registered to when the call came; nil if
	// nobody. Looked tells that there is a register to look into.
	Whose  []pii.OrgID
	Looked bool
}

// Letter is one message of the handler or the complainant.
type Letter struct {
	At   time.Time
	Hers bool
	Text pii.Value
}

// read is what the entry of a reading says.
const read = "read"

// Read opens what a complainant wrote, for the handler who holds a work item for the
// complaint, or for the officer. That it was read is an entry first.
func (d *Desk) Read(ctx context.Context, a Asked, id, work pii.RequestID) (Account, error) {
	var c Complaint
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		now := d.now()
		found, ok, err := d.complaint(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		keys, err := d.mayRead(ctx, a, found, work, now)
		if err != nil {
			return ledger.Item{}, err
		}
		if !ok {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "complaint")
		}
		c = found
		e := ledger.Entry{
			Kind: proof.KindComplaint, Actor: a.By.Person.ID, Org: a.By.Org.ID, Work: work, Purpose: grant.ComplaintHandling,
			Facts: []proof.Field{fact("what", read), fact("case", id.String())}, Refs: []ledger.Ref{caseRef(id)},
		}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(keys, ledger.CaseKey(id))}, Actor: actor(a.By)}, nil
	})
	if err != nil {
		return Account{}, err
	}
	defer r.Close()
	if r.Again() {
		return Account{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	return d.account(ctx, c)
}

// mayRead refuses whoever is neither the complaint's handler nor the officer.
func (d *Desk) mayRead(ctx context.Context, a Asked, c Complaint, work pii.RequestID, now time.Time) ([]string, error) {
	if a.By.Person.Kind == party.Officer {
		return actorKeys(a.By), d.may(ctx, a.By, now, party.Officer)
	}
	if err := d.may(ctx, a.By, now, party.Staff); err != nil {
		return nil, err
	}
	return append(actorKeys(a.By), ledger.WorkKey(work)), d.holds(ctx, a.By, c, work, now)
}

func (d *Desk) account(ctx context.Context, c Complaint) (Account, error) {
	sealed, err := d.open(c)
	if err != nil {
		return Account{}, err
	}
	out := Account{
		Complaint: c, Contact: masked(sealed.contact()), Caller: pii.NewValue(sealed.Caller),
		Company: pii.NewValue(sealed.Company), Said: pii.NewValue(sealed.Said), Looked: d.Numbers != nil,
	}
	for _, l := range sealed.Letters {
		out.Letters = append(out.Letters, Letter{At: l.At, Hers: l.Hers, Text: pii.NewValue(l.Text)})
	}
	if out.Appeals, err = d.pleadings(ctx, c.ID); err != nil {
		return Account{}, err
	}
	out.Whose, err = d.Whose(ctx, c)
	return out, err
}

// Whose finds whom the caller's number was registered to when the call came.
func (d *Desk) Whose(ctx context.Context, c Complaint) ([]pii.OrgID, error) {
	if d.Numbers == nil || len(c.Caller) == 0 {
		return nil, nil
	}
	return d.Numbers.Registered(ctx, c.Caller, c.CalledAt)
}

// masked shows of a contact its last four characters at most.
func masked(contact string) pii.Value {
	runes := []rune(contact)
	tail := runes[max(0, len(runes)-4):]
	if len(runes) < 8 {
		tail = nil
	}
	return pii.NewValue("···" + string(tail))
}
