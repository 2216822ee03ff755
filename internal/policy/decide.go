package policy

import (
	"github.com/cedar-policy/cedar-go"

	"github.com/goldbell/goldbell/internal/pii"
)

// maxKnown bounds the memory of decided facts; a full memory starts afresh.
const maxKnown = 4096

// Decide answers for one subject. The same facts get the same answer, so that a
// batch of alike subjects costs one evaluation.
func (r *Rules) Decide(f Facts) Decision {
	key := f
	if !r.names(f.Principal.ID) {
		key.Principal.ID = "" // nobody's rule: whoever asks with these facts is answered alike
	}
	r.mu.RLock()
	d, ok := r.known[key]
	r.mu.RUnlock()
	if ok {
		return d
	}
	d = r.evaluate(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= maxKnown {
		clear(r.known)
	}
	r.known[key] = d
	return d
}

// names reports whether a rule names this very person.
func (r *Rules) names(id pii.PersonID) bool { return r.namesAny || r.named[id] }

// Highest tells, after a refusal, the highest lower form of the same verb that
// would be allowed, or [pii.None].
func (r *Rules) Highest(f Facts) pii.Form {
	for f.Form > pii.None {
		f.Form--
		if r.Decide(f).Allow {
			return f.Form
		}
	}
	return pii.None
}

func (r *Rules) evaluate(f Facts) Decision {
	a, ok := r.actions[actionOf(f.Verb, f.Form)]
	if !ok { // a form that the verb does not have
		return Decision{Reasons: []Reason{noPermit}}
	}
	return r.judge(a, askOf(f, a.entity))
}

// judge evaluates the rules on a request. Cedar skips a policy that errors, a
// forbid too, so any error at all refuses.
func (r *Rules) judge(a actionRules, q ask) Decision {
	req := cedar.Request{Principal: q.principal.UID, Action: a.entity.UID, Resource: q.subject.UID, Context: q.context}
	for _, err := range []error{r.check.Request(req), r.check.Entity(q.principal), r.check.Entity(q.subject)} {
		if err != nil { // the text names values: it is dropped
			return Decision{Reasons: []Reason{ruleError}}
		}
	}
	verdict, diag := cedar.Authorize(a.rules, q, req)
	if len(diag.Errors) > 0 {
		d := Decision{Reasons: []Reason{ruleError}}
		for _, e := range diag.Errors {
			d.Broken = append(d.Broken, string(e.PolicyID))
		}
		return d
	}
	d := Decision{Allow: verdict == cedar.Allow}
	for _, reason := range diag.Reasons {
		d.Reasons = append(d.Reasons, r.reasons[reason.PolicyID])
	}
	if len(d.Reasons) == 0 {
		return Decision{Reasons: []Reason{noPermit}}
	}
	return d
}

// ask is a request in Cedar's words. It is also the getter of its entities.
type ask struct {
	principal, subject, action cedar.Entity
	context                    cedar.Record
}

// Get implements types.EntityGetter.
func (q ask) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	for _, e := range []*cedar.Entity{&q.principal, &q.subject, &q.action} {
		if e.UID == uid {
			return *e, true
		}
	}
	return cedar.Entity{}, false
}

var subjectUID = cedar.NewEntityUID("Subject", "subject")

func askOf(f Facts, action cedar.Entity) ask {
	p, s := f.Principal, f.Subject
	return ask{
		action: action,
		principal: cedar.Entity{UID: cedar.NewEntityUID("Person", cedar.String(p.ID)), Attributes: cedar.NewRecord(cedar.RecordMap{
			"org":           cedar.String(p.Org),
			"kind":          cedar.String(p.Kind),
			"orgKind":       cedar.String(p.OrgKind),
			"contractOpen":  cedar.Boolean(p.ContractOpen),
			"trainingValid": cedar.Boolean(p.TrainingValid),
			"stepUp":        cedar.Boolean(p.StepUp),
			"suspended":     cedar.Boolean(p.Suspended),
			"post":          cedar.String(p.Post),
			"level":         cedar.Long(p.Level),
		})},
		subject: cedar.Entity{UID: subjectUID, Attributes: cedar.NewRecord(cedar.RecordMap{
			"consent":  cedar.Boolean(s.Consent),
			"optedOut": cedar.Boolean(s.OptedOut),
			"retained": cedar.Boolean(s.Retained),
			"held":     cedar.Boolean(s.Held),
			"erased":   cedar.Boolean(s.Erased),
		})},
		context: contextOf(f),
	}
}

func contextOf(f Facts) cedar.Record {
	var fields []cedar.Value
	for _, name := range f.Fields.names() {
		fields = append(fields, cedar.String(name))
	}
	return cedar.NewRecord(cedar.RecordMap{
		"form":      cedar.Long(f.Form),
		"fields":    cedar.NewSet(fields...),
		"sensitive": cedar.Boolean(f.Sensitive),
		"level":     cedar.Long(f.Level),
		"purpose":   cedar.String(f.Purpose),
		"work": cedar.NewRecord(cedar.RecordMap{
			"open":     cedar.Boolean(f.Work.Open),
			"assigned": cedar.Boolean(f.Work.Assigned),
			"kind":     cedar.String(f.Work.Kind),
			"selfMade": cedar.Boolean(f.Work.SelfMade),
			"approved": cedar.Boolean(f.Work.Approved),
			"frozen":   cedar.Boolean(f.Work.Frozen),
			"freshDue": cedar.Boolean(f.Work.FreshDue),
		}),
		"sheet": cedar.NewRecord(cedar.RecordMap{
			"covers":     cedar.Boolean(f.Sheet.Covers),
			"highest":    cedar.Long(f.Sheet.Highest),
			"marketing":  cedar.Boolean(f.Sheet.Marketing),
			"holder":     cedar.Boolean(f.Sheet.Holder),
			"otherBasis": cedar.Boolean(f.Sheet.OtherBasis),
		}),
		"agreement": cedar.NewRecord(cedar.RecordMap{
			"live":     cedar.Boolean(f.Agreement.Live),
			"assessed": cedar.Boolean(f.Agreement.Assessed),
			"covers":   cedar.Boolean(f.Agreement.Covers),
		}),
		"transfer": cedar.NewRecord(cedar.RecordMap{
			"home":  cedar.Boolean(f.Transfer.Home),
			"basis": cedar.Boolean(f.Transfer.Basis),
		}),
	})
}
