package register

import (
	"context"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// PutOrg adds an organisation or changes one. A change takes away what was
// decided on the old row.
func (r *Register) PutOrg(ctx context.Context, a Asked, o party.Org) error {
	o.Stamp = pii.Stamp{}
	o.Agreement.Until, o.Assessment.On, o.Transfer.Until = exact(o.Agreement.Until), exact(o.Assessment.On), exact(o.Transfer.Until)
	if err := r.checkOrg(o); err != nil {
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
			refs:  []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(o.ID)}},
			facts: append([]proof.Field{fact("what", addedOr(had))}, orgFacts(&o)...),
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

var region = regexp.MustCompile(`^([A-Z]{2})?$`)

func (r *Register) checkOrg(o party.Org) error {
	switch {
	case !o.ID.IsWellFormed():
		return invalid("id")
	case (o.ID == pii.Own) != (o.Kind == party.OwnCompany), !slices.Contains([]party.OrgKind{party.OwnCompany, party.Entrusted, party.Handler}, o.Kind):
		return invalid("kind")
	case o.ID == pii.Own && o.Suspended:
		return invalid("suspended") // nobody could lift it
	case !isText(o.Title) || o.Title == "":
		return invalid("title")
	case !isText(o.Agreement.Reference):
		return invalid("agreement")
	case !isText(o.Assessment.Reference), o.Assessment.Reference == "" && !o.Assessment.On.IsZero():
		return invalid("assessment")
	case !region.MatchString(o.Region):
		return invalid("region")
	}
	if err := r.checkScope(o.Agreement); err != nil {
		return err
	}
	return checkTransfer(o.Transfer)
}

// checkScope accepts purposes that have a sheet and fields that the schema has.
func (r *Register) checkScope(a party.Agreement) error {
	for _, p := range a.Purposes {
		if _, ok := r.Sheets[p]; !ok {
			return invalid("agreement_purposes")
		}
	}
	if !r.areFields(a.Fields) {
		return invalid("agreement_fields")
	}
	return nil
}

// areFields accepts fields of the schema, each once.
func (r *Register) areFields(fields []pii.Field) bool {
	seen := map[pii.Field]bool{}
	for _, f := range fields {
		if _, ok := r.Schema.Spec(f); !ok || seen[f] {
			return false
		}
		seen[f] = true
	}
	return true
}

// checkTransfer accepts none, or a basis with its reference and end.
func checkTransfer(t party.Transfer) error {
	if t == (party.Transfer{}) {
		return nil
	}
	if !slices.Contains(party.TransferBases, t.Basis) || t.Reference == "" || !isText(t.Reference) || t.Until.IsZero() {
		return invalid("transfer")
	}
	return nil
}

func orgFacts(o *party.Org) []proof.Field {
	return []proof.Field{
		fact("of-org", string(o.ID)), fact("org-kind", string(o.Kind)),
		fact("agreement", o.Agreement.Reference), timeFact("agreement-until", o.Agreement.Until),
		fact("agreement-purposes", joined(o.Agreement.Purposes)), fact("agreement-fields", joined(o.Agreement.Fields)),
		fact("assessment", o.Assessment.Reference), timeFact("assessment-on", o.Assessment.On),
		fact("region", o.Region), fact("transfer-basis", string(o.Transfer.Basis)), fact("transfer", o.Transfer.Reference),
		timeFact("transfer-until", o.Transfer.Until), flag("suspended", o.Suspended),
	}
}

func joined[T ~string](list []T) string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = string(x)
	}
	return strings.Join(all, ",")
}

// PutNumber records that an organisation calls from a number from a time on, until
// another; none: until further notice. The same number and start again changes the
// end. One number is one organisation's at a time.
func (r *Register) PutNumber(ctx context.Context, a Asked, of pii.OrgID, number pii.Value, from, until time.Time) error {
	key, tail, err := pii.CallingNumber(number)
	if err != nil {
		return invalid("number")
	}
	row := &party.Number{Org: of, Tag: r.Fingerprint(key), Tail: tail, From: exact(from), Until: exact(until)}
	switch {
	case row.From.IsZero():
		return invalid("from")
	case !row.Until.IsZero() && !row.From.Before(row.Until):
		return invalid("until")
	}
	return r.decide(ctx, a, putNumber, func(time.Time) (decision, error) {
		org, ok, err := r.People.Org(ctx, of)
		if err != nil {
			return decision{}, err
		}
		if !ok {
			return decision{}, fault.New(fault.NotFound, "not-found", "organisation")
		}
		if err := r.trusted("org", &org); err != nil {
			return decision{}, err
		}
		if err := r.isFree(ctx, row); err != nil {
			return decision{}, err
		}
		tag := hex.EncodeToString(row.Tag)
		return decision{
			kind: proof.KindParty, effects: []ledger.Effect{party.NumberPut{Number: row}},
			keys: []string{ledger.OrgKey(of), ledger.NumberKey(row.Tag)}, revokes: []string{ledger.NumberKey(row.Tag)},
			refs: []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(of)}},
			facts: []proof.Field{
				fact("what", "number"), fact("of-org", string(of)), fact("number", tag), fact("tail", row.Tail),
				timeFact("from", row.From), timeFact("until", row.Until),
			},
		}, nil
	})
}

// isFree refuses a number while it is another organisation's.
func (r *Register) isFree(ctx context.Context, n *party.Number) error {
	rows, err := r.Numbers.NumbersByTag(ctx, n.Tag)
	if err != nil {
		return err
	}
	for i := range rows {
		old := &rows[i]
		if old.Org == n.Org {
			continue
		}
		if err := r.trusted("number", old); err != nil {
			return err
		}
		if (n.Until.IsZero() || old.From.Before(n.Until)) && (old.Until.IsZero() || n.From.Before(old.Until)) {
			return fault.New(fault.Conflict, "number-taken", "number")
		}
	}
	return nil
}
