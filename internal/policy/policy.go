// Package policy decides: allow or deny, with the rules that said so, their law,
// one sentence in zh-CN and en, and who can unblock.
//
// A decision is a pure function of [Facts] and the rules loaded. Its one
// invariant: what nothing permits, what any shipped rule forbids, and what could
// not be evaluated is refused; no rule of a company can change that. The rules
// are Cedar policies; the shipped ones are in rules/base.cedar.
//
// It finds no facts and enforces nothing; door does both. In the usual
// vocabulary it is the policy decision point.
package policy

import (
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// Facts are everything a decision may read. They are comparable: equal facts have
// equal decisions. A zero fact is always the one that refuses, except where its
// name says that the person's information is held, erased or opted out.
type Facts struct {
	Verb      pii.Verb
	Form      pii.Form
	Fields    FieldSet
	Sensitive bool  // any of the fields is sensitive personal information
	Level     uint8 // highest level among the fields
	Purpose   pii.Purpose
	Principal Principal
	Work      Work
	Sheet     Sheet
	Subject   Subject
	Agreement Agreement
	Transfer  Transfer
}

// Principal is who asks. Kind and OrgKind are party's words.
type Principal struct {
	ID            pii.PersonID
	Org           pii.OrgID
	Kind          string
	OrgKind       string
	ContractOpen  bool
	TrainingValid bool
	StepUp        bool
	Suspended     bool // the person, or the organisation
	Post          string
	Level         uint8 // the highest level of fields the post is meant for; 0: none is set
}

// Work is the work item the request names. Open means open now, and covering this
// subject and purpose. Kind is grant's word.
type Work struct {
	Open, Assigned bool
	Kind           string
	SelfMade       bool // opened, or asked for, by the one it is assigned to
	Frozen         bool // an alert about its use is not judged yet
	FreshDue       bool // an alert asks for a fresh sign-in, and there was none since
	Approved       bool // it needs no approval, or somebody gave it who neither asked nor gains
}

// Sheet is what the purpose sheet answers for the fields asked for.
type Sheet struct {
	Covers    bool     // it names every one of them
	Highest   pii.Form // the highest form it allows for all of them
	Marketing bool
	Holder    bool // the principal is one of those who may hold the purpose
	// OtherBasis: the purpose rests on something else than the person's consent.
	OtherBasis bool
}

// Subject is the state of the person asked for.
type Subject struct {
	Consent  bool // live separate consent for this recipient and purpose
	OptedOut bool
	Retained bool // every field asked for is within its retention
	Held     bool
	Erased   bool
}

// Agreement is the one with the principal's organisation, where it is not our own.
type Agreement struct {
	Live     bool
	Assessed bool
	Covers   bool // the purpose, and every field asked for
}

// Transfer is about the border: where the principal's organisation handles what it
// is given.
type Transfer struct {
	Home  bool // inside the country
	Basis bool // assessment, standard contract or certification on record and in force
}

// FieldSet is a set of fields that can be compared.
type FieldSet string

// FieldsOf makes a set; order and duplicates do not matter.
func FieldsOf(fields ...pii.Field) FieldSet {
	s := make([]string, len(fields))
	for i, f := range fields {
		s[i] = string(f)
	}
	slices.Sort(s)
	return FieldSet(strings.Join(slices.Compact(s), ","))
}

func (s FieldSet) names() []string {
	if s == "" {
		return nil
	}
	return strings.Split(string(s), ",")
}

// Ids of reasons that are not a rule's.
const (
	NoPermit  = "no-permit"  // nothing forbids it, and nothing permits it
	RuleError = "rule-error" // a rule could not be evaluated: raise an alarm
	Budget    = "budget"     // a budget is used up; the meter says so, not this package
)

// Reason is a rule that determined a decision.
type Reason struct {
	ID        string `json:"id"`
	Law       string `json:"law,omitempty"`
	Zh        string `json:"zh"`
	En        string `json:"en"`
	UnblockZh string `json:"unblock_zh,omitempty"`
	UnblockEn string `json:"unblock_en,omitempty"`
}

// Decision is the answer. Its slices are shared and must not be altered.
type Decision struct {
	Allow   bool
	Reasons []Reason // never empty; on a refusal the nearest cause first
	Broken  []string // ids of rules that could not be evaluated, for the alarm
}

// Primary is the reason told first.
func (d Decision) Primary() Reason { return d.Reasons[0] }

// IDs lists the reasons' rule ids.
func (d Decision) IDs() []string {
	ids := make([]string, len(d.Reasons))
	for i, r := range d.Reasons {
		ids[i] = r.ID
	}
	return ids
}

var noPermit = Reason{
	ID: NoPermit,
	Zh: "没有规则允许此操作。", En: "No rule permits this.",
	UnblockZh: "个人信息保护负责人，通过公司规则。", UnblockEn: "The PI protection officer, by a rule of the company.",
}

var ruleError = Reason{
	ID: RuleError,
	Zh: "规则无法判定，因此拒绝。", En: "A rule could not be evaluated, so this was refused.",
	UnblockZh: "安全管理员，在修正规则后。", UnblockEn: "The security administrator, once the rule is corrected.",
}
