package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

//go:embed rules/base.cedar
var baseText string

//go:embed rules/schema.cedarschema
var schemaText string

const (
	maxText  = 256 << 10
	maxRules = 1000
)

// Rules are the shipped rules and a company's, checked and ready. They are safe
// for concurrent use and never change; a new text makes new Rules.
type Rules struct {
	version string
	check   *validate.Validator
	actions map[cedar.EntityUID]actionRules
	reasons map[cedar.PolicyID]Reason

	order   []cedar.PolicyID // of the reasons, as they are told
	permits map[cedar.PolicyID]bool

	// Persons that rules name. A name written with an escape counts as anybody's.
	named    map[pii.PersonID]bool
	namesAny bool

	mu    sync.RWMutex // guards known
	known map[Facts]Decision
}

// actionRules are the rules that can apply to one action, in the order they are
// told. A decision looks at no others.
type actionRules struct {
	entity cedar.Entity
	rules  ruleList
}

type ruleList []rule

type rule struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

// All implements cedar.PolicyIterator.
func (l ruleList) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range l {
			if !yield(r.id, r.policy) {
				return
			}
		}
	}
}

// RuleFault says what is wrong with a company's rules, and where.
type RuleFault struct {
	Rule string // its @id, where it has a usable one
	Line int    // in the company's text; 0 if the text as a whole is meant
	Why  string
}

func (e *RuleFault) Error() string {
	switch {
	case e.Line == 0:
		return e.Why
	case e.Rule == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Why)
	}
	return fmt.Sprintf("rule %q, line %d: %s", e.Rule, e.Line, e.Why)
}

// Load reads the shipped rules and a company's, whose text may be empty. Each
// rule of a company has an @id of its own; @law, @zh, @en, @unblock_zh and
// @unblock_en are welcome. The error is a fault that wraps a [*RuleFault].
func Load(company string) (*Rules, error) { return load(baseText, company) }

func load(base, company string) (*Rules, error) {
	sch, err := readSchema()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "internal", err)
	}
	r := &Rules{
		check:   validate.New(sch),
		reasons: map[cedar.PolicyID]Reason{},
		permits: map[cedar.PolicyID]bool{},
		named:   map[pii.PersonID]bool{},
		known:   map[Facts]Decision{},
	}
	all, err := r.read("base", base, nil)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "internal", err)
	}
	all, err = r.read("company", company, all)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "bad-rules", err)
	}
	r.actions = index(sch, all)
	sum := sha256.New()
	for _, text := range []string{schemaText, base, company} {
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	r.version = hex.EncodeToString(sum.Sum(nil))
	return r, nil
}

// Version is a hash over the text of all rules, the one an entry names.
func (r *Rules) Version() string { return r.version }

// List lists the rules as their reasons are told: the shipped ones, then the
// company's; permits says whether each permits.
func (r *Rules) List() (reasons []Reason, permits []bool) {
	for _, id := range r.order {
		reasons, permits = append(reasons, r.reasons[id]), append(permits, r.permits[id])
	}
	return reasons, permits
}

func readSchema() (*resolved.Schema, error) {
	var s schema.Schema
	if err := s.UnmarshalCedar([]byte(schemaText)); err != nil {
		return nil, err
	}
	return s.Resolve()
}

// read parses and checks one text and adds its rules to all.
func (r *Rules) read(origin, text string, all ruleList) (ruleList, error) {
	if len(text) > maxText {
		return nil, &RuleFault{Why: fmt.Sprintf("the rules are longer than %d KiB", maxText>>10)}
	}
	list, err := cedar.NewPolicyListFromBytes(origin, []byte(text))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(list) > maxRules {
		return nil, &RuleFault{Why: fmt.Sprintf("there are more than %d rules", maxRules)}
	}
	for _, p := range list {
		one, err := r.readRule(origin, p)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

var ruleID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// reserved ids are spoken for by refusals that are not a rule's.
var reserved = []cedar.PolicyID{NoPermit, RuleError, "no-grant", Budget, "stale"}

func (r *Rules) readRule(origin string, p *cedar.Policy) (rule, error) {
	notes := p.Annotations()
	id := cedar.PolicyID(notes["id"])
	wrong := func(why string) (rule, error) {
		f := &RuleFault{Line: int(p.Position().Line), Why: why}
		if ruleID.MatchString(string(id)) {
			f.Rule = string(id)
		}
		return rule{}, f
	}
	if !ruleID.MatchString(string(id)) {
		return wrong(`an @id("…") of lower-case letters, digits and hyphens is needed`)
	}
	if _, taken := r.reasons[id]; taken || slices.Contains(reserved, id) {
		return wrong("this id is taken, by another rule or by Goldbell itself")
	}
	for k, v := range notes {
		if len(v) > 500 || strings.ContainsAny(string(v), "\n\r\x00") {
			return wrong(fmt.Sprintf("@%s must be one line of at most 500 bytes", k))
		}
	}
	if err := r.check.Policy("", (*xast.Policy)(p.AST())); err != nil {
		return wrong(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	r.reasons[id] = reasonOf(id, notes, p.Effect() == cedar.Permit)
	r.order, r.permits[id] = append(r.order, id), p.Effect() == cedar.Permit
	r.note(p)
	return rule{id, p}, nil
}

var personName = regexp.MustCompile(`Person::"((?:[^"\\]|\\.)*)"`)

// note remembers which persons a rule names.
func (r *Rules) note(p *cedar.Policy) {
	for _, m := range personName.FindAllSubmatch(p.MarshalCedar(), -1) {
		r.named[pii.PersonID(m[1])] = true
		r.namesAny = r.namesAny || strings.ContainsRune(string(m[1]), '\\')
	}
}

func reasonOf(id cedar.PolicyID, notes cedar.Annotations, permit bool) Reason {
	zh, en := fmt.Sprintf("公司规则“%s”禁止此操作。", id), fmt.Sprintf("The company's rule %q forbids this.", id)
	if permit {
		zh, en = fmt.Sprintf("公司规则“%s”允许此操作。", id), fmt.Sprintf("The company's rule %q permits this.", id)
	}
	or := func(key types.AnnotationKey, otherwise string) string {
		if v, ok := notes[key]; ok {
			return string(v)
		}
		return otherwise
	}
	unblockZh, unblockEn := "个人信息保护负责人。", "The PI protection officer."
	if permit {
		unblockZh, unblockEn = "", ""
	}
	return Reason{
		ID: string(id), Law: or("law", ""), Zh: or("zh", zh), En: or("en", en),
		UnblockZh: or("unblock_zh", unblockZh), UnblockEn: or("unblock_en", unblockEn),
	}
}

var position = regexp.MustCompile(`:(\d+):\d+`)

// unreadable turns the parser's error into ours.
func unreadable(err error) error {
	f := &RuleFault{Why: "the rules cannot be read: " + strings.ReplaceAll(err.Error(), "\n", " ")}
	if m := position.FindStringSubmatch(err.Error()); m != nil {
		_, _ = fmt.Sscan(m[1], &f.Line)
	}
	return f
}

// index sorts the rules by the actions that they can apply to. A scope that is
// not understood applies to all.
func index(sch *resolved.Schema, all ruleList) map[cedar.EntityUID]actionRules {
	out := map[cedar.EntityUID]actionRules{}
	for uid, a := range sch.Actions {
		if a.AppliesTo == nil {
			continue
		}
		mine := actionRules{entity: a.Entity}
		for _, r := range all {
			if applies((*xast.Policy)(r.policy.AST()).Action, a.Entity) {
				mine.rules = append(mine.rules, r)
			}
		}
		out[uid] = mine
	}
	return out
}

// applies reports whether a scope can match the action; our groups are one deep.
func applies(scope xast.IsActionScopeNode, action cedar.Entity) bool {
	within := func(uid cedar.EntityUID) bool { return uid == action.UID || action.Parents.Contains(uid) }
	switch s := scope.(type) {
	case xast.ScopeTypeEq:
		return s.Entity == action.UID
	case xast.ScopeTypeIn:
		return within(s.Entity)
	case xast.ScopeTypeInSet:
		return slices.ContainsFunc(s.Entities, within)
	}
	return true
}

func actionOf(v pii.Verb, f pii.Form) cedar.EntityUID {
	return cedar.NewEntityUID("Action", cedar.String(pii.Action(v, f)))
}
