package party

import (
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// OrgKind says what an organisation is to the company.
type OrgKind string

const (
	OwnCompany OrgKind = "own"       // 本公司
	Entrusted  OrgKind = "entrusted" // 受托人: an agency that works on our behalf
	Handler    OrgKind = "handler"   // 其他个人信息处理者: a partner that decides for itself
)

// Org is an organisation. Agreement, assessment and transfer matter for entrusted
// parties and other handlers.
type Org struct {
	ID         pii.OrgID  `json:"id"`
	Kind       OrgKind    `json:"kind"`
	Title      string     `json:"title"` // a company's name, not a person's
	Agreement  Agreement  `json:"agreement"`
	Assessment Assessment `json:"assessment"`
	Region     string     `json:"region"` // where it handles what it is given: two letters, "CN" or empty: at home
	Transfer   Transfer   `json:"transfer"`
	Suspended  bool       `json:"suspended"`
	pii.Stamp  `json:"-"`
}

// StampRow implements [pii.Stamped].
func (o *Org) StampRow() (string, []byte) { return "org", canonical(o) }

// RowKey implements [pii.Keyed].
func (o *Org) RowKey() string { return string(o.ID) }

// States implements [pii.Stater].
func (o *Org) States() []pii.Row { return pii.State(o) }

// OrgPut inserts or replaces an organisation.
type OrgPut struct{ *Org }

// Agreement is what was agreed with an organisation (PIPL 21, 23): its reference
// in the company's files, its end, and what it covers.
type Agreement struct {
	Reference string        `json:"reference"`
	Until     time.Time     `json:"until"` // zero: there is none
	Purposes  []pii.Purpose `json:"purposes,omitempty"`
	Fields    []pii.Field   `json:"fields,omitempty"`
}

// LiveAt reports whether the agreement is in force at t.
func (a Agreement) LiveAt(t time.Time) bool { return t.Before(a.Until) }

// Covers reports whether the agreement names the purpose and every field. One that
// names no purposes or fields does not limit them.
func (a Agreement) Covers(p pii.Purpose, fields ...pii.Field) bool {
	if len(a.Purposes) > 0 && !slices.Contains(a.Purposes, p) {
		return false
	}
	return len(a.Fields) == 0 || !slices.ContainsFunc(fields, func(f pii.Field) bool { return !slices.Contains(a.Fields, f) })
}

// Assessment is the personal information protection impact assessment (PIPL 55).
type Assessment struct {
	Reference string    `json:"reference"` // empty: none
	On        time.Time `json:"on"`        // when it was signed; zero: not on record
}

// Done reports whether an assessment is on file.
func (a Assessment) Done() bool { return a.Reference != "" }

// TransferBasis is on what personal information may leave the country (PIPL 38).
type TransferBasis string

const (
	SecurityAssessment TransferBasis = "security-assessment" // 安全评估
	StandardContract   TransferBasis = "standard-contract"   // 标准合同
	Certification      TransferBasis = "certification"       // 保护认证
)

// TransferBases lists every basis.
var TransferBases = []TransferBasis{SecurityAssessment, StandardContract, Certification}

// Transfer is the basis on record for an organisation abroad.
type Transfer struct {
	Basis     TransferBasis `json:"basis"` // empty: none
	Reference string        `json:"reference"`
	Until     time.Time     `json:"until"`
}

// Home is the region that is not abroad.
const Home = "CN"

// Abroad reports whether the organisation handles outside the country.
func (o Org) Abroad() bool { return o.Region != "" && o.Region != Home }

// TransferAt reports whether a transfer basis is on record and in force at t.
func (o Org) TransferAt(t time.Time) bool {
	return slices.Contains(TransferBases, o.Transfer.Basis) && o.Transfer.Reference != "" && t.Before(o.Transfer.Until)
}
