package register

import (
	"context"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const maxText = 200 // runes of a title or reference

// PutOrg adds an organisation or changes one. A change takes away what was
// decided on the old row.
func (r *Register) PutOrg(ctx context.Context, a Asked, o party.Org) error {
	o.Stamp, o.AgreementUntil = pii.Stamp{}, exact(o.AgreementUntil)
	if err := checkOrg(o); err != nil {
		return err
	}
	return r.decide(ctx, a, putOrg, func(time.Time) (decision, error) {
		old, had, err := r.People.Org(ctx, o.ID)
		if err != nil {
			return decision{}, err
		}
		d := decision{
			kind: proof.KindParty, settle: had, effects: []ledger.Effect{party.OrgPut{Org: &o}},
			keys: []string{ledger.OrgKey(o.ID)}, revokes: []string{ledger.OrgKey(o.ID)},
			refs: []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(o.ID)}},
			facts: []proof.Field{
				fact("what", addedOr(had)), fact("of-org", string(o.ID)), fact("org-kind", string(o.Kind)),
				timeFact("agreement-until", o.AgreementUntil), fact("assessment", o.Assessment), flag("suspended", o.Suspended),
			},
		}
		if !had {
			return d, nil
		}
		if err := r.trusted("org", &old); err != nil {
			return decision{}, err
		}
		if old.Kind != o.Kind {
			return decision{}, fault.New(fault.Conflict, "kind-fixed", "kind")
		}
		return d, nil
	})
}

func checkOrg(o party.Org) error {
	switch {
	case !o.ID.IsWellFormed():
		return invalid("id")
	case (o.ID == pii.Own) != (o.Kind == party.OwnCompany), !slices.Contains([]party.OrgKind{party.OwnCompany, party.Entrusted, party.Handler}, o.Kind):
		return invalid("kind")
	case o.ID == pii.Own && o.Suspended:
		return invalid("suspended") // nobody could lift it
	case !isText(o.Title) || o.Title == "":
		return invalid("title")
	case !isText(o.Assessment):
		return invalid("assessment")
	}
	return nil
}

// isText accepts a short line of printable text.
func isText(s string) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxText {
		return false
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// PutPerson adds a person (a joiner), or changes one: contract, training,
// suspension, organisation. A change takes away what was decided on the old row.
func (r *Register) PutPerson(ctx context.Context, a Asked, p party.Person) error {
	p.Stamp = pii.Stamp{}
	p.ContractFrom, p.ContractUntil, p.TrainedUntil = exact(p.ContractFrom), exact(p.ContractUntil), exact(p.TrainedUntil)
	if err := checkPerson(p); err != nil {
		return err
	}
	if p.ID == a.By.Person.ID {
		return notYours()
	}
	return r.decide(ctx, a, putPerson, func(time.Time) (decision, error) {
		had, err := r.joins(ctx, a.By, p)
		if err != nil {
			return decision{}, err
		}
		d := personDecision(addedOr(had), &p)
		d.keys, d.settle = append(d.keys, ledger.OrgKey(p.Org)), had
		return d, nil
	})
}

// joins checks that the actor may make this row, and that it fits organisation
// and predecessor; had says whether it has one.
func (r *Register) joins(ctx context.Context, by party.Principal, p party.Person) (had bool, err error) {
	if !slices.Contains(manages[roleOf(by)], p.Kind) || p.Kind == party.Service {
		return false, notYours()
	}
	org, ok, err := r.People.Org(ctx, p.Org)
	if err != nil {
		return false, err
	}
	if !ok || homes[p.Kind] != org.Kind {
		return false, invalid("org")
	}
	if err := r.trusted("org", &org); err != nil {
		return false, err
	}
	old, _, had, err := r.person(ctx, p.ID, "person")
	if err != nil || !had {
		return false, err
	}
	// An office is held for good: who was an administrator does not become an
	// agent, another administrator or an officer under the same id.
	if old.Kind != p.Kind && !(isWorker(old.Kind) && isWorker(p.Kind)) {
		return true, fault.New(fault.Conflict, "kind-fixed", "kind")
	}
	return true, nil
}

// homes says which kind of organisation a kind of person belongs to.
var homes = map[party.PersonKind]party.OrgKind{
	party.Staff: party.OwnCompany, party.Officer: party.OwnCompany, party.SystemAdmin: party.OwnCompany,
	party.SecAdmin: party.OwnCompany, party.Auditor: party.OwnCompany, party.Service: party.OwnCompany,
	party.Outsourced: party.Entrusted, party.Partner: party.Handler,
}

// isWorker says whether persons of this kind may hold work items.
func isWorker(k party.PersonKind) bool {
	return k == party.Staff || k == party.Outsourced || k == party.Partner
}

func checkPerson(p party.Person) error {
	switch {
	case !p.ID.IsWellFormed():
		return invalid("id")
	case homes[p.Kind] == "":
		return invalid("kind")
	case p.ContractFrom.IsZero():
		return invalid("contract_from")
	case !p.ContractUntil.IsZero() && !p.ContractFrom.Before(p.ContractUntil):
		return invalid("contract_until")
	}
	return nil
}

// EndPerson ends a person's contract now (a leaver), or a service's. When it
// returns, nothing can be opened any more on what he asked for.
func (r *Register) EndPerson(ctx context.Context, a Asked, id pii.PersonID) error {
	if id == a.By.Person.ID {
		return notYours() // the last officer would lock everybody out
	}
	return r.decide(ctx, a, endPerson, func(now time.Time) (decision, error) {
		p, _, ok, err := r.person(ctx, id, "person")
		if err != nil {
			return decision{}, err
		}
		if !ok {
			return decision{}, fault.New(fault.NotFound, "not-found", "person")
		}
		if !slices.Contains(manages[roleOf(a.By)], p.Kind) {
			return decision{}, notYours()
		}
		p.Suspended = true
		if p.ContractUntil.IsZero() || now.Before(p.ContractUntil) {
			p.ContractUntil = now
		}
		return personDecision("ended", &p), nil
	})
}

func personDecision(what string, p *party.Person) decision {
	return decision{
		kind: proof.KindParty, settle: true, effects: []ledger.Effect{party.PersonPut{Person: p}},
		keys: []string{ledger.PersonKey(p.ID)}, revokes: []string{ledger.PersonKey(p.ID)},
		refs: []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(p.ID)}, {Kind: ledger.RefOrg, Key: []byte(p.Org)}},
		facts: []proof.Field{
			fact("what", what), fact("person", string(p.ID)), fact("of-org", string(p.Org)), fact("person-kind", string(p.Kind)),
			timeFact("contract-from", p.ContractFrom), timeFact("contract-until", p.ContractUntil),
			timeFact("trained-until", p.TrainedUntil), flag("suspended", p.Suspended),
		},
	}
}

func addedOr(had bool) string {
	if had {
		return "changed"
	}
	return "added"
}

func flag(name string, on bool) proof.Field {
	if on {
		return fact(name, "yes")
	}
	return fact(name, "no")
}
