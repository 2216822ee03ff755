package register

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// PersonRow is a person as a file has him. What is nil the file does not say: it stays
// as it is.
type PersonRow struct {
	ID      pii.PersonID
	Org     string // its id or its whole title; empty: where he is
	Post    *string
	Level   *uint8
	Manager *pii.PersonID
	From    *time.Time
	Until   *time.Time // the zero time: open-ended
}

// Outcome is what became of a row.
type Outcome string

const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// PeopleFile is a list of people being imported.
type PeopleFile struct {
	SHA256 []byte
	Dry    bool // nothing is recorded
	// Expected are persons a dry run counts as there: earlier rows would make them.
	Expected map[pii.PersonID]bool
}

// ImportPerson makes or changes one person as a row of a file says. Rows are compared
// with what is there, so the same file again changes nothing. A file makes workers
// only, by what their organisation is; offices are given one by one. What would give a
// person more than he has, a longer contract for instance, it only asks for: the row
// is refused as "second-officer", and another officer decides.
func (r *Register) ImportPerson(ctx context.Context, a Asked, f PeopleFile, row PersonRow) (Outcome, error) {
	if err := r.may(ctx, a.By, putPerson); err != nil {
		return Refused, err
	}
	if row.ID == a.By.Person.ID {
		return Refused, notYours()
	}
	old, _, had, err := r.person(ctx, row.ID, "person")
	if err != nil {
		return Refused, err
	}
	if had && !isWorker(old.Kind) {
		return Refused, fault.New(fault.Denied, "office-by-file", "person")
	}
	wanted, err := r.merged(ctx, old, had, row)
	if err != nil {
		return Refused, err
	}
	if err := checkPerson(wanted); err != nil {
		return Refused, err
	}
	if had && bytes.Equal(canonicalOf(old), canonicalOf(wanted)) {
		return r.triedBefore(ctx, a, old)
	}
	outcome := Created
	if had {
		outcome = Changed
	}
	if had && givesMore(old, wanted, r.now()) {
		return Refused, r.askFor(ctx, a, f, old, wanted)
	}
	if f.Dry {
		return outcome, r.fits(ctx, a, f, wanted)
	}
	written := false
	err = r.decide(ctx, a, putPerson, func(time.Time) (decision, error) {
		before, err := r.joins(ctx, a.By, wanted)
		if err != nil {
			return decision{}, err
		}
		if (before != nil) != had || had && before.Entry != old.Entry {
			return decision{}, fault.New(fault.Conflict, "stale", "person")
		}
		written = true
		d := personDecision(addedOr(had), &wanted)
		d.keys, d.settle = append(d.keys, ledger.OrgKey(wanted.Org)), had
		d.facts = append(d.facts, fact("file", hex.EncodeToString(f.SHA256)))
		return d, nil
	})
	switch {
	case err != nil:
		return Refused, err
	case !written: // a retry of what was recorded
		return Unchanged, nil
	}
	return outcome, nil
}

// triedBefore is Unchanged, unless this very request made the row and is being retried.
func (r *Register) triedBefore(ctx context.Context, a Asked, p party.Person) (Outcome, error) {
	if a.Hash == nil {
		return Unchanged, nil
	}
	entries, err := r.Ledger.Records(ctx, p.Entry, 1)
	if err != nil || len(entries) == 0 || entries[0].Request() != a.Request {
		return Unchanged, err
	}
	if entries[0].Fact("what") == addedOr(false) {
		return Created, nil
	}
	return Changed, nil
}

func canonicalOf(p party.Person) []byte {
	_, b := p.StampRow()
	return b
}

// merged is the person as he would be.
func (r *Register) merged(ctx context.Context, old party.Person, had bool, row PersonRow) (party.Person, error) {
	p := old
	p.ID, p.Stamp = row.ID, pii.Stamp{}
	if row.Org != "" || !had {
		org, err := r.orgCalled(ctx, row.Org)
		if err != nil {
			return p, err
		}
		p.Org, p.Kind = org.ID, workersOf[org.Kind]
	}
	if row.Post != nil {
		p.Post = *row.Post
	}
	if row.Level != nil {
		p.Level = *row.Level
	}
	if row.Manager != nil {
		p.Manager = *row.Manager
	}
	if row.From != nil && !row.From.IsZero() {
		p.ContractFrom = exact(*row.From)
	}
	if row.Until != nil {
		p.ContractUntil = exact(*row.Until)
	}
	return p, nil
}

// workersOf says what a worker of an organisation is.
var workersOf = map[party.OrgKind]party.PersonKind{
	party.OwnCompany: party.Staff, party.Entrusted: party.Outsourced, party.Handler: party.Partner,
}

// orgCalled finds the one organisation of that id or title.
func (r *Register) orgCalled(ctx context.Context, name string) (party.Org, error) {
	if name == "" || name == "本公司" {
		name = string(pii.Own)
	}
	if pii.PersonID(name).IsWellFormed() { // anything else, bound, might stand in the database's log
		if o, ok, err := r.People.Org(ctx, pii.OrgID(name)); err != nil || ok {
			if err == nil {
				err = r.trusted("org", &o)
			}
			return o, err
		}
	}
	var found []party.Org
	after := pii.OrgID("")
	for {
		page, err := r.People.Orgs(ctx, after, 1000)
		if err != nil {
			return party.Org{}, err
		}
		for _, o := range page {
			if strings.EqualFold(o.Title, name) {
				found = append(found, o)
			}
			after = o.ID
		}
		if len(page) < 1000 {
			break
		}
	}
	if len(found) != 1 {
		return party.Org{}, fault.New(fault.Invalid, "no-such-org", "org")
	}
	return found[0], r.trusted("org", &found[0])
}

// givesMore reports whether the change lets a person do something for longer, or
// something he may not now: a longer contract or one that begins earlier, a higher
// level, a place in an organisation of another kind, the end of a suspension.
func givesMore(old, new party.Person, now time.Time) bool {
	end := func(p party.Person) time.Time {
		if p.ContractUntil.IsZero() {
			return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		return p.ContractUntil
	}
	level := func(p party.Person) uint8 {
		if p.Level == 0 { // none is set: no limit
			return pii.MaxLevel + 1
		}
		return p.Level
	}
	return end(new).After(end(old)) || new.ContractFrom.Before(old.ContractFrom) && now.Before(old.ContractFrom) ||
		level(new) > level(old) || old.Kind != new.Kind || old.Suspended && !new.Suspended
}

// fits is what joins checks, for a dry run: managers that earlier rows make are there.
func (r *Register) fits(ctx context.Context, a Asked, f PeopleFile, p party.Person) error {
	if f.Expected[p.Manager] && p.Manager != p.ID {
		p.Manager = ""
	}
	_, err := r.joins(ctx, a.By, p)
	return err
}

// askFor records that a file asks for more than a person has, and answers that a
// second officer is needed. The same ask again is not recorded again.
func (r *Register) askFor(ctx context.Context, a Asked, f PeopleFile, old, wanted party.Person) error {
	needed := fault.New(fault.Denied, "second-officer", "person")
	if err := r.fits(ctx, a, f, wanted); err != nil || f.Dry {
		if err == nil {
			err = needed
		}
		return err
	}
	now := r.now()
	was, ok, err := r.Asks.Ask(ctx, wanted.ID)
	if err != nil {
		return err
	}
	if ok && r.trusted("person", &was) == nil && was.OpenAt(now) && was.Was == old.Entry && bytes.Equal(canonicalOf(was.Wanted), canonicalOf(wanted)) {
		return needed
	}
	err = r.decide(ctx, a, putPerson, func(now time.Time) (decision, error) {
		x := &party.Ask{Wanted: wanted, Was: old.Entry, File: f.SHA256, AskedBy: a.By.Person.ID, AskedAt: now, State: party.AskOpen}
		return askDecision("asked", x), nil
	})
	if err == nil {
		err = needed
	}
	return err
}

// DecideAsk allows what a file asked for, or refuses it. Whoever allows it is an
// officer who did not ask, who gains nothing by it, and who proved himself shortly
// before. entry is the ask's that he looked at: what took its place since he did not see.
func (r *Register) DecideAsk(ctx context.Context, a Asked, of pii.PersonID, entry uint64, allow bool) error {
	return r.decide(ctx, a, decideAsk, func(now time.Time) (decision, error) {
		x, ok, err := r.Asks.Ask(ctx, of)
		if err != nil {
			return decision{}, err
		}
		me := a.By.Person.ID
		switch {
		case !ok || r.trusted("person", &x) != nil:
			return decision{}, fault.New(fault.NotFound, "not-found", "person")
		case !x.OpenAt(now):
			return decision{}, fault.New(fault.Conflict, "decided", "person")
		case x.Entry != entry && (allow || entry != 0):
			return decision{}, fault.New(fault.Conflict, "stale", "person")
		case me == x.AskedBy || me == x.Wanted.ID:
			return decision{}, fault.New(fault.Denied, "second-person", "")
		case allow && !a.By.MayApprove(now):
			return decision{}, fault.New(fault.Denied, "prove-again", "")
		}
		x.DecidedBy, x.State = me, party.AskRefused
		if !allow {
			return askDecision("ask-refused", &x), nil
		}
		old, err := r.joins(ctx, a.By, x.Wanted)
		if err != nil {
			return decision{}, err
		}
		if old == nil || old.Entry != x.Was {
			return decision{}, fault.New(fault.Conflict, "stale", "person")
		}
		x.State = party.AskAllowed
		p := x.Wanted
		d := personDecision("changed", &p)
		d.effects = append(d.effects, party.AskPut{Ask: &x})
		d.keys = append(d.keys, ledger.OrgKey(p.Org), askKey(p.ID))
		d.revokes = append(d.revokes, askKey(p.ID))
		d.facts = append(d.facts, fact("file", hex.EncodeToString(x.File)), fact("asked-by", string(x.AskedBy)), fact("approved-by", string(me)))
		return d, nil
	})
}

func askKey(id pii.PersonID) string { return "person-ask|" + string(id) }

// askDecision is the entry of an ask that changes nobody yet.
func askDecision(what string, x *party.Ask) decision {
	p := &x.Wanted
	d := personDecision(what, p)
	return decision{
		kind: proof.KindParty, effects: []ledger.Effect{party.AskPut{Ask: x}},
		keys: []string{ledger.PersonKey(p.ID), askKey(p.ID)}, revokes: []string{askKey(p.ID)},
		refs: d.refs, facts: append(d.facts, fact("file", hex.EncodeToString(x.File)), fact("asked-by", string(x.AskedBy))),
	}
}
