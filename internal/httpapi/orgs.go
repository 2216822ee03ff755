package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type orgIn struct {
	Body struct {
		ID                string   `json:"id" minLength:"1" maxLength:"40"`
		Kind              string   `json:"kind" enum:"own,entrusted,handler"`
		Title             string   `json:"title" minLength:"1" maxLength:"200"`
		Agreement         string   `json:"agreement,omitempty" maxLength:"200" doc:"reference of the agreement"`
		AgreementUntil    *instant `json:"agreement_until,omitempty"`
		AgreementPurposes []string `json:"agreement_purposes,omitempty" maxItems:"64" doc:"purposes it covers; left out: it does not limit them"`
		AgreementFields   []string `json:"agreement_fields,omitempty" maxItems:"64" doc:"fields it covers; left out: it does not limit them"`
		Assessment        string   `json:"assessment,omitempty" maxLength:"200" doc:"reference of the impact assessment"`
		AssessmentOn      *instant `json:"assessment_on,omitempty" doc:"when the assessment was signed"`
		Region            string   `json:"region,omitempty" pattern:"^([A-Z]{2})?$" doc:"where it handles what it is given; CN or left out: at home"`
		TransferBasis     string   `json:"transfer_basis,omitempty" enum:"security-assessment,standard-contract,certification" doc:"on what personal information may go abroad"`
		Transfer          string   `json:"transfer,omitempty" maxLength:"200" doc:"reference of the transfer basis"`
		TransferUntil     *instant `json:"transfer_until,omitempty"`
		Suspended         bool     `json:"suspended,omitempty"`
	}
}

func putOrg(a *API, ctx context.Context, c *call, in *orgIn) (*doneOut, error) {
	b := &in.Body
	err := a.Register.PutOrg(ctx, c.asked(), party.Org{
		ID: pii.OrgID(b.ID), Kind: party.OrgKind(b.Kind), Title: b.Title,
		Agreement: party.Agreement{
			Reference: b.Agreement, Until: b.AgreementUntil.orZero(),
			Purposes: named[pii.Purpose](b.AgreementPurposes), Fields: named[pii.Field](b.AgreementFields),
		},
		Assessment: party.Assessment{Reference: b.Assessment, On: b.AssessmentOn.orZero()},
		Region:     b.Region,
		Transfer:   party.Transfer{Basis: party.TransferBasis(b.TransferBasis), Reference: b.Transfer, Until: b.TransferUntil.orZero()},
		Suspended:  b.Suspended,
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

// named takes the words of a request for names.
func named[T ~string](words []string) []T {
	all := make([]T, len(words))
	for i, w := range words {
		all[i] = T(w)
	}
	return all
}

func texts[T ~string](names []T) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return all
}

type orgOut struct {
	ID                string     `json:"id"`
	Kind              string     `json:"kind"`
	Title             string     `json:"title"`
	Agreement         string     `json:"agreement,omitempty"`
	AgreementUntil    *time.Time `json:"agreement_until,omitempty"`
	AgreementPurposes []string   `json:"agreement_purposes,omitempty"`
	AgreementFields   []string   `json:"agreement_fields,omitempty"`
	Assessment        string     `json:"assessment,omitempty"`
	AssessmentOn      *time.Time `json:"assessment_on,omitempty"`
	Region            string     `json:"region,omitempty"`
	TransferBasis     string     `json:"transfer_basis,omitempty"`
	Transfer          string     `json:"transfer,omitempty"`
	TransferUntil     *time.Time `json:"transfer_until,omitempty"`
	Suspended         bool       `json:"suspended,omitempty"`
	Forged            bool       `json:"forged,omitempty" doc:"the row was not written by the ledger and gives nothing"`
}

type orgsOut struct {
	Body struct {
		Organisations []orgOut `json:"organisations"`
		Next          string   `json:"next,omitempty" doc:"after: for the next page; left out on the last"`
	}
}

// listOrgs answers GET /v1/organisations.
func listOrgs(a *API, ctx context.Context, _ *call, in *pageIn) (*orgsOut, error) {
	rows, err := a.People.Orgs(ctx, pii.OrgID(in.After), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &orgsOut{}
	out.Body.Organisations = make([]orgOut, len(rows))
	for i := range rows {
		o := &rows[i]
		out.Body.Organisations[i] = orgOut{
			ID: string(o.ID), Kind: string(o.Kind), Title: o.Title, Agreement: o.Agreement.Reference,
			AgreementUntil: orNil(o.Agreement.Until), AgreementPurposes: texts(o.Agreement.Purposes), AgreementFields: texts(o.Agreement.Fields),
			Assessment: o.Assessment.Reference, AssessmentOn: orNil(o.Assessment.On), Region: o.Region,
			TransferBasis: string(o.Transfer.Basis), Transfer: o.Transfer.Reference, TransferUntil: orNil(o.Transfer.Until),
			Suspended: o.Suspended, Forged: a.Ledger.CheckStamp(o) != nil,
		}
	}
	if len(rows) == in.Limit {
		out.Body.Next = string(rows[len(rows)-1].ID)
	}
	return out, nil
}

type numberIn struct {
	ID   string `path:"id" minLength:"1" maxLength:"40"`
	Body struct {
		Number string   `json:"number" minLength:"1" maxLength:"40" doc:"a number the organisation calls from; only a keyed hash and the last four digits are kept"`
		From   instant  `json:"from"`
		Until  *instant `json:"until,omitempty" doc:"left out: until further notice"`
	}
}

func putNumber(a *API, ctx context.Context, c *call, in *numberIn) (*doneOut, error) {
	b := &in.Body
	err := a.Register.PutNumber(ctx, c.asked(), pii.OrgID(in.ID), pii.NewValue(b.Number), b.From.Time, b.Until.orZero())
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type numbersIn struct {
	ID string `path:"id" minLength:"1" maxLength:"40"`
}

type numbersOut struct {
	Body struct {
		Numbers []callingNumber `json:"numbers"`
	}
}

type callingNumber struct {
	Tail  string     `json:"tail" doc:"the last four digits"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"`
}

// listNumbers answers GET /v1/organisations/{id}/numbers with the first 1,000. Rows
// the ledger did not make are left out.
func listNumbers(a *API, ctx context.Context, _ *call, in *numbersIn) (*numbersOut, error) {
	rows, err := a.Numbers.Numbers(ctx, pii.OrgID(in.ID), maxBatch)
	if err != nil {
		return nil, err
	}
	out := &numbersOut{}
	out.Body.Numbers = make([]callingNumber, 0, len(rows))
	for i := range rows {
		if n := &rows[i]; a.Ledger.CheckStamp(n) == nil {
			out.Body.Numbers = append(out.Body.Numbers, callingNumber{n.Tail, n.From, orNil(n.Until)})
		}
	}
	return out, nil
}
