package register

import (
	"context"
	"regexp"
	"slices"
	"strconv"
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

// code is a word of the company's own: a post, a course.
var code = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func isCode(s string) bool { return code.MatchString(s) }

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

// PutPerson adds a person (a joiner), or changes one (a mover): contract, post,
// manager, suspension, organisation. A change takes away what was decided on the old
// row. A new end of training is recorded as a training without a reference.
func (r *Register) PutPerson(ctx context.Context, a Asked, p party.Person) error {
	p.Stamp = pii.Stamp{}
	p.ContractFrom, p.ContractUntil, p.TrainedUntil = exact(p.ContractFrom), exact(p.ContractUntil), exact(p.TrainedUntil)
	if err := checkPerson(p); err != nil {
		return err
	}
	if p.ID == a.By.Person.ID {
		return notYours()
	}
	return r.decide(ctx, a, putPerson, func(now time.Time) (decision, error) {
		old, err := r.joins(ctx, a.By, p)
		if err != nil {
			return decision{}, err
		}
		d := personDecision(addedOr(old != nil), &p)
		d.keys, d.settle = append(d.keys, ledger.OrgKey(p.Org)), old != nil
		if p.TrainedUntil.After(now) && (old == nil || !p.TrainedUntil.Equal(old.TrainedUntil)) {
			t := &party.Training{Person: p.ID, Course: party.Protection, At: now, Until: p.TrainedUntil}
			d.effects = append(d.effects, party.TrainingPut{Training: t})
		}
		return d, nil
	})
}

// joins checks that the actor may make this row, and that it fits organisation,
// manager and predecessor, which it returns; nil: there is none.
func (r *Register) joins(ctx context.Context, by party.Principal, p party.Person) (*party.Person, error) {
	if !slices.Contains(manages[roleOf(by)], p.Kind) || p.Kind == party.Service {
		return nil, notYours()
	}
	org, ok, err := r.People.Org(ctx, p.Org)
	if err != nil {
		return nil, err
	}
	if !ok || homes[p.Kind] != org.Kind {
		return nil, invalid("org")
	}
	if err := r.trusted("org", &org); err != nil {
		return nil, err
	}
	if err := r.managed(ctx, p); err != nil {
		return nil, err
	}
	old, _, had, err := r.person(ctx, p.ID, "person")
	if err != nil || !had {
		return nil, err
	}
	// An office is held for good: who was an administrator does not become an
	// agent, another administrator or an officer under the same id.
	if old.Kind != p.Kind && !(isWorker(old.Kind) && isWorker(p.Kind)) {
		return nil, fault.New(fault.Conflict, "kind-fixed", "kind")
	}
	return &old, nil
}

// managed checks a person's manager: another person of the company, or of the
// person's own organisation.
func (r *Register) managed(ctx context.Context, p party.Person) error {
	if p.Manager == "" {
		return nil
	}
	m, o, ok, err := r.person(ctx, p.Manager, "manager")
	if err != nil {
		return err
	}
	if !ok || m.ID == p.ID || m.Kind == party.Service || o.Kind != party.OwnCompany && o.ID != p.Org {
		return invalid("manager")
	}
	return nil
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
	case p.Post != "" && !isCode(p.Post):
		return invalid("post")
	case p.Level > pii.MaxLevel:
		return invalid("level")
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
		return endedNow(&p, "ended", now), nil
	})
}

func personDecision(what string, p *party.Person) decision {
	return decision{
		kind: proof.KindParty, settle: true, effects: []ledger.Effect{party.PersonPut{Person: p}},
		keys: []string{ledger.PersonKey(p.ID)}, revokes: []string{ledger.PersonKey(p.ID)},
		refs: []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(p.ID)}, {Kind: ledger.RefOrg, Key: []byte(p.Org)}},
		facts: []proof.Field{
			fact("what", what), fact("person", string(p.ID)), fact("of-org", string(p.Org)), fact("person-kind", string(p.Kind)),
			fact("post", p.Post), fact("level", strconv.Itoa(int(p.Level))), fact("manager", string(p.Manager)),
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
