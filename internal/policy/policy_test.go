package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

const firmPlain = `@id("firm-plain")
permit (principal, action == Action::"Read.plain", resource) when { context.work.assigned };
`

func mustLoad(t testing.TB, company string) *Rules {
	t.Helper()
	r, err := Load(company)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// clerk is an own employee at assigned work who asks for a plain value: nothing
// shipped forbids it.
func clerk(changes ...func(*Facts)) Facts {
	f := Facts{
		Verb: pii.Read, Form: pii.Plain, Fields: FieldsOf(pii.Phone), Level: 3, Purpose: "support",
		Principal: Principal{ID: "1001", Org: pii.Own, Kind: "staff", OrgKind: "own", ContractOpen: true, TrainingValid: true, StepUp: true},
		Work:      Work{Open: true, Assigned: true, Kind: "support-ticket", Approved: true},
		Sheet:     Sheet{Covers: true, Highest: pii.Plain, Holder: true, OtherBasis: true},
		Subject:   Subject{Retained: true},
		Transfer:  Transfer{Home: true},
	}
	for _, c := range changes {
		c(&f)
	}
	return f
}

func as(kind string) func(*Facts) { return func(f *Facts) { f.Principal.Kind = kind } }

func doing(v pii.Verb, form pii.Form) func(*Facts) {
	return func(f *Facts) { f.Verb, f.Form = v, form }
}

// partner is a person of another handler, with everything that needs.
func partner(f *Facts) {
	f.Principal.Org, f.Principal.OrgKind, f.Principal.Kind = "p1", "handler", "partner"
	f.Subject.Consent = true
	f.Agreement = Agreement{Live: true, Assessed: true, Covers: true}
}

func agency(f *Facts) {
	f.Principal.Org, f.Principal.OrgKind, f.Principal.Kind = "a1", "entrusted", "outsourced"
	f.Agreement = Agreement{Live: true, Assessed: true, Covers: true}
}

// everything permits all there is, so that only a forbid can refuse.
const everything = `@id("everything") permit (principal, action, resource);`

// refusals has, for each shipped forbid, facts that it alone refuses, and facts
// next to them that it does not.
var refusals = []struct {
	rule    string
	refused Facts
	allowed Facts
}{
	{"erased", clerk(func(f *Facts) { f.Subject.Erased = true }), clerk()},
	{"held", clerk(func(f *Facts) { f.Subject.Held = true }), clerk()},
	{"past-retention", clerk(func(f *Facts) { f.Subject.Retained = false }), clerk()},
	{"self-approved", clerk(func(f *Facts) { f.Work.Approved = false }), clerk()},
	{"sensitive-needs-event", clerk(sensitive, func(f *Facts) { f.Work.Kind = "call-task" }), clerk(sensitive)},
	{"sensitive-needs-event", clerk(sensitive, func(f *Facts) { f.Work.Kind = "" }), clerk(func(f *Facts) { f.Work.Kind = "call-task" })},
	{"sensitive-without-consent", clerk(sensitive, onConsent), clerk(sensitive, onConsent, func(f *Facts) { f.Subject.Consent = true })},
	{"sensitive-without-consent", clerk(sensitive, onConsent), clerk(onConsent)},
	{"above-level", clerk(func(f *Facts) { f.Principal.Level = 2 }), clerk(func(f *Facts) { f.Principal.Level = 3 })},
	{"outside-agreement", clerk(partner, func(f *Facts) { f.Agreement.Covers = false }), clerk(partner)},
	{"outside-agreement", clerk(agency, func(f *Facts) { f.Agreement.Covers = false }), clerk(agency)},
	{"abroad-without-basis", clerk(partner, abroad, func(f *Facts) { f.Transfer.Basis = false }), clerk(partner, abroad)},
	{"abroad-without-basis", clerk(agency, abroad, func(f *Facts) { f.Transfer.Basis, f.Subject.Consent = false, true }), clerk(agency)},
	{"abroad-without-consent", clerk(agency, abroad), clerk(agency, abroad, func(f *Facts) { f.Subject.Consent = true })},
	{"suspended", clerk(func(f *Facts) { f.Principal.Suspended = true }), clerk()},
	{"admin-reads-nothing", clerk(as("sysadmin")), clerk(as("outsourced"))},
	{"admin-reads-nothing", clerk(as("secadmin")), clerk(as("partner"))},
	{"admin-reads-nothing", clerk(as("auditor")), clerk()},
	{"admin-reads-nothing", clerk(as("")), clerk()},
	{"service-reads-nothing", clerk(as("service")), clerk()},
	{"service-reads-nothing", clerk(as("service"), doing(pii.Dial, pii.Relay)), clerk(as("service"), doing(pii.Dial, pii.Relay), rightsRequest)},
	{"service-reads-nothing", clerk(as("service"), doing(pii.Read, pii.Masked), rightsRequest), clerk(doing(pii.Read, pii.Masked), rightsRequest)},
	{"officer-casework-only", clerk(as("officer"), doing(pii.Read, pii.Masked)),
		clerk(as("officer"), doing(pii.Read, pii.Masked), func(f *Facts) { f.Work.Kind = "complaint" })},
	{"officer-casework-only", clerk(as("officer"), func(f *Facts) { f.Work.Kind = "rights-request" }),
		clerk(as("officer"), doing(pii.Read, pii.Masked), func(f *Facts) { f.Work.Kind = "rights-request" })},
	{"contract-ended", clerk(func(f *Facts) { f.Principal.ContractOpen = false }), clerk()},
	{"untrained", clerk(func(f *Facts) { f.Principal.TrainingValid = false }), clerk()},
	{"no-open-work-item", clerk(func(f *Facts) { f.Work.Open = false }), clerk()},
	{"not-assigned", clerk(func(f *Facts) { f.Work.Assigned = false }), clerk()},
	{"self-made-work", clerk(func(f *Facts) { f.Work.SelfMade = true }), clerk()},
	{"work-frozen", clerk(func(f *Facts) { f.Work.Frozen = true }), clerk()},
	{"fresh-sign-in-due", clerk(func(f *Facts) { f.Work.FreshDue = true }), clerk()},
	{"not-a-holder", clerk(func(f *Facts) { f.Sheet.Holder = false }), clerk()},
	{"outside-purpose-sheet", clerk(func(f *Facts) { f.Sheet.Covers = false }), clerk()},
	{"outside-purpose-sheet", clerk(func(f *Facts) { f.Sheet.Highest = pii.Alias }), clerk()},
	{"outside-purpose-sheet", clerk(doing(pii.Dial, pii.Relay), func(f *Facts) { f.Sheet.Highest = pii.Token }),
		clerk(doing(pii.Dial, pii.Relay), func(f *Facts) { f.Sheet.Highest = pii.Relay })},
	{"no-agreement", clerk(partner, func(f *Facts) { f.Agreement.Live = false }), clerk(partner)},
	{"no-agreement", clerk(agency, func(f *Facts) { f.Agreement.Live = false }), clerk(agency)},
	{"no-assessment", clerk(partner, func(f *Facts) { f.Agreement.Assessed = false }), clerk(partner)},
	{"no-assessment", clerk(agency, func(f *Facts) { f.Agreement.Assessed = false }), clerk(agency)},
	{"no-consent", clerk(partner, func(f *Facts) { f.Subject.Consent = false }), clerk(agency)},
	{"no-consent", clerk(partner, func(f *Facts) { f.Principal.OrgKind, f.Subject.Consent = "", false }), clerk(partner)},
	{"opted-out", clerk(doing(pii.Dial, pii.Relay), optedOut, marketing), clerk(doing(pii.Dial, pii.Relay), optedOut)},
	{"opted-out", clerk(doing(pii.Provide, pii.Alias), optedOut, marketing), clerk(doing(pii.Provide, pii.Alias), marketing)},
	{"opted-out", clerk(doing(pii.Export, pii.Token), optedOut, marketing), clerk(optedOut, marketing)},
	{"plain-needs-step-up", clerk(noStepUp), clerk(noStepUp, doing(pii.Read, pii.Masked))},
	{"plain-needs-step-up", clerk(noStepUp, doing(pii.Export, pii.Plain)), clerk(noStepUp, doing(pii.Export, pii.Alias))},
}

func sensitive(f *Facts)     { f.Sensitive, f.Level = true, 4 }
func abroad(f *Facts)        { f.Transfer = Transfer{Basis: true} }
func optedOut(f *Facts)      { f.Subject.OptedOut = true }
func onConsent(f *Facts)     { f.Sheet.OtherBasis = false }
func marketing(f *Facts)     { f.Sheet.Marketing = true }
func rightsRequest(f *Facts) { f.Work.Kind = "rights-request" }
func noStepUp(f *Facts)      { f.Principal.StepUp = false }

func TestEveryShippedForbidRefusesAloneAndLetsItsNeighbourPass(t *testing.T) {
	r := mustLoad(t, everything)
	tested := map[string]bool{}
	for _, c := range refusals {
		tested[c.rule] = true
		if d := r.Decide(c.refused); d.Allow || !slices.Equal(d.IDs(), []string{c.rule}) {
			t.Errorf("%s: allow %v by %v", c.rule, d.Allow, d.IDs())
		}
		if d := r.Decide(c.allowed); !d.Allow || !slices.Contains(d.IDs(), "everything") {
			t.Errorf("%s: its neighbour: allow %v by %v", c.rule, d.Allow, d.IDs())
		}
	}
	for _, id := range baseIDs(t, "forbid") {
		if !tested[id] {
			t.Errorf("%s has no case", id)
		}
	}
}

// TestEveryShippedRuleIsNeeded takes each rule out and expects a case to change.
func TestEveryShippedRuleIsNeeded(t *testing.T) {
	full := mustLoad(t, "")
	fullOpen := mustLoad(t, everything)
	for _, id := range append(baseIDs(t, "forbid"), baseIDs(t, "permit")...) {
		without, open := loadWithout(t, id, ""), loadWithout(t, id, everything)
		changed := 0
		for _, c := range refusals {
			if fullOpen.Decide(c.refused).Allow != open.Decide(c.refused).Allow {
				changed++
			}
		}
		for _, c := range shippedPermits {
			if full.Decide(c.facts).Allow != without.Decide(c.facts).Allow {
				changed++
			}
		}
		if changed == 0 {
			t.Errorf("no case needs %s", id)
		}
	}
}

var shippedPermits = []struct {
	name  string
	facts Facts
	want  string // the permit, or no-permit
}{
	{"staff masked", clerk(doing(pii.Read, pii.Masked)), "work-masked"},
	{"agency masked", clerk(agency, doing(pii.Read, pii.Masked)), "work-masked"},
	{"partner token", clerk(partner, doing(pii.Read, pii.Token)), "work-token"},
	{"agency call", clerk(agency, doing(pii.Dial, pii.Relay)), "work-call"},
	{"a code to the person", clerk(as("service"), doing(pii.Dial, pii.Relay), rightsRequest), "courier-delivers"},
	{"plain", clerk(), NoPermit},
	{"an approved exception", clerk(func(f *Facts) { f.Work.Kind = "exception" }), "work-exception"},
	{"break-glass", clerk(agency, func(f *Facts) { f.Work.Kind = "break-glass" }), "work-exception"},
	{"an exception exports nothing", clerk(doing(pii.Export, pii.Plain), func(f *Facts) { f.Work.Kind = "exception" }), NoPermit},
	{"alias", clerk(partner, doing(pii.Read, pii.Alias)), NoPermit},
	{"export", clerk(doing(pii.Export, pii.Masked)), NoPermit},
	{"provide", clerk(partner, doing(pii.Provide, pii.Alias)), NoPermit},
	{"officer's case", clerk(as("officer"), doing(pii.Read, pii.Masked), func(f *Facts) { f.Work.Kind = "complaint" }), NoPermit},
	{"a form the verb has not", clerk(doing(pii.Dial, pii.Plain)), NoPermit},
	{"form none", clerk(doing(pii.Read, pii.None)), NoPermit},
	{"no verb", clerk(doing(0, pii.Masked)), NoPermit},
}

func TestShippedPermits(t *testing.T) {
	r := mustLoad(t, "")
	for _, c := range shippedPermits {
		d := r.Decide(c.facts)
		if d.Allow != (c.want != NoPermit) || !slices.Equal(d.IDs(), []string{c.want}) {
			t.Errorf("%s: allow %v by %v, want %s", c.name, d.Allow, d.IDs(), c.want)
		}
	}
	if d := r.Decide(Facts{}); d.Allow {
		t.Error("zero facts are allowed")
	}
	if d := mustLoad(t, everything).Decide(Facts{Verb: pii.Read, Form: pii.Masked}); d.Allow {
		t.Error("zero facts are allowed where everything is permitted")
	}
}

func TestI3NoCompanyPermitOutweighsAShippedForbid(t *testing.T) {
	r := mustLoad(t, firmPlain)
	if d := r.Decide(clerk()); !d.Allow || d.Primary().ID != "firm-plain" {
		t.Fatalf("the company's permit: %v by %v", d.Allow, d.IDs())
	}
	for _, c := range refusals {
		if c.refused.Verb == pii.Read && r.Decide(c.refused).Allow {
			t.Errorf("%s was outweighed", c.rule)
		}
	}
	r = mustLoad(t, firmPlain+`@id("no-id-numbers") @zh("不看身份证号。") @en("No ID numbers.") @law("内部制度 3")
		forbid (principal, action, resource) when { context.fields.contains("id_number") };`)
	d := r.Decide(clerk(func(f *Facts) { f.Fields = FieldsOf(pii.Phone, pii.IDNumber, pii.Phone) }))
	want := []Reason{{ID: "no-id-numbers", Law: "内部制度 3", Zh: "不看身份证号。", En: "No ID numbers.",
		UnblockZh: "个人信息保护负责人。", UnblockEn: "The PI protection officer."}}
	if diff := cmp.Diff(want, d.Reasons); d.Allow || diff != "" {
		t.Error("the company's own forbid:", diff)
	}
	if !r.Decide(clerk()).Allow {
		t.Error("the company's forbid reaches other fields")
	}
}

func TestReasonsNearestCauseFirst(t *testing.T) {
	d := mustLoad(t, "").Decide(clerk(noStepUp, func(f *Facts) { f.Subject.Erased, f.Work = true, Work{Approved: true} }))
	if diff := cmp.Diff([]string{"erased", "no-open-work-item", "not-assigned", "plain-needs-step-up"}, d.IDs()); diff != "" {
		t.Error(diff)
	}
}

func TestHighestLowerForm(t *testing.T) {
	r := mustLoad(t, firmPlain)
	for _, c := range []struct {
		name  string
		facts Facts
		want  pii.Form
	}{
		{"no step-up", clerk(noStepUp), pii.Token},
		{"sheet allows masked", clerk(func(f *Facts) { f.Sheet.Highest = pii.Masked }), pii.Masked},
		{"nothing is allowed", clerk(as("auditor")), pii.None},
		{"dial has one form", clerk(doing(pii.Dial, pii.Relay)), pii.None},
	} {
		if got := r.Highest(c.facts); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestI3MissingAttributeRefuses drops each attribute in turn, on facts that are
// allowed with all of them.
func TestI3MissingAttributeRefuses(t *testing.T) {
	r := mustLoad(t, everything)
	f := clerk(partner)
	a := r.actions[actionOf(f.Verb, f.Form)]
	whole := askOf(f, a.entity)
	if !r.judge(a, whole).Allow {
		t.Fatal("the whole request is refused")
	}
	dropped := 0
	try := func(name string, q ask) {
		dropped++
		if d := r.judge(a, q); d.Allow || d.Primary().ID != RuleError {
			t.Errorf("without %s: allow %v by %v", name, d.Allow, d.IDs())
		}
	}
	for key := range whole.principal.Attributes.All() {
		q := whole
		q.principal.Attributes = drop(q.principal.Attributes, key)
		try("principal."+string(key), q)
	}
	for key := range whole.subject.Attributes.All() {
		q := whole
		q.subject.Attributes = drop(q.subject.Attributes, key)
		try("resource."+string(key), q)
	}
	for key, v := range whole.context.All() {
		q := whole
		q.context = drop(q.context, key)
		try("context."+string(key), q)
		if inner, ok := v.(cedar.Record); ok {
			for k := range inner.All() {
				m := whole.context.Map()
				m[key] = drop(inner, k)
				q.context = cedar.NewRecord(m)
				try(fmt.Sprintf("context.%s.%s", key, k), q)
			}
		}
	}
	if dropped != 9+5+9+17 {
		t.Errorf("%d attributes were dropped: is one new?", dropped)
	}
}

func drop(r cedar.Record, key cedar.String) cedar.Record {
	m := r.Map()
	delete(m, key)
	return cedar.NewRecord(m)
}

// An overflow is an error that no schema can exclude.
func TestI3AForbidThatErrorsRefuses(t *testing.T) {
	r := mustLoad(t, everything+`
@id("overflows") forbid (principal, action == Action::"Read.plain", resource)
when { context.level * 9223372036854775807 > 0 && false };`)
	d := r.Decide(clerk())
	if d.Allow || d.Primary().ID != RuleError || !slices.Equal(d.Broken, []string{"overflows"}) {
		t.Errorf("allow %v by %v, broken %v", d.Allow, d.IDs(), d.Broken)
	}
	if !r.Decide(clerk(doing(pii.Read, pii.Masked))).Allow {
		t.Error("the rule reaches an action it does not name")
	}
}

func TestLoadRefuses(t *testing.T) {
	ok := `@id("fine") permit (principal, action == Action::"Read.masked", resource);` + "\n"
	for _, c := range []struct{ name, text, rule, why string }{
		{"not cedar", ok + "permit everything;", "", "line 2:.*cannot be read"},
		{"no id", ok + "permit (principal, action, resource);", "", "line 2:.*@id"},
		{"odd id", ok + `@id("Fine Rule") permit (principal, action, resource);`, "", "line 2:.*@id"},
		{"twice", ok + ok, "fine", `rule "fine", line 2:.*taken`},
		{"a shipped rule's id", ok + `@id("held") permit (principal, action, resource);`, "held", `rule "held", line 2:.*taken`},
		{"a reserved id", ok + `@id("no-permit") forbid (principal, action, resource);`, "no-permit", "taken"},
		{"unknown attribute", ok + `@id("typo") forbid (principal, action, resource) when { context.work.asigned };`, "typo", `rule "typo", line 2:.*asigned`},
		{"ill-typed", `@id("typed") forbid (principal, action, resource) when { context.form == "plain" };`, "typed", "line 1:"},
		{"not a condition", `@id("cond") forbid (principal, action, resource) when { principal.kind };`, "cond", "line 1:"},
		{"unknown action", `@id("act") permit (principal, action == Action::"Read.all", resource);`, "act", "Read.all"},
		{"unknown type", `@id("ent") permit (principal is Robot, action, resource);`, "ent", "Robot"},
		{"long sentence", `@id("long") @zh("` + strings.Repeat("长", 200) + `") permit (principal, action, resource);`, "long", "@zh"},
		{"two lines", `@id("lines") @en("a\nb") permit (principal, action, resource);`, "lines", "@en"},
		{"too long", strings.Repeat("// nothing\n", 30000), "", "256 KiB"},
		{"too many", manyRules(1001), "", "1000"},
	} {
		_, err := Load(c.text)
		var f *RuleFault
		if !fault.IsID(err, "bad-rules") || !errors.As(err, &f) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if f.Rule != c.rule || !regexp.MustCompile(c.why).MatchString(f.Error()) || strings.Contains(f.Error(), "\n") {
			t.Errorf("%s: %q (rule %q)", c.name, f, f.Rule)
		}
	}
}

func TestFieldSetsCompare(t *testing.T) {
	a, b := FieldsOf(pii.Phone, pii.Email, pii.Phone), FieldsOf(pii.Email, pii.Phone)
	if a != b || a == FieldsOf(pii.Phone) || FieldsOf() != "" || FieldsOf().names() != nil {
		t.Errorf("%q, %q", a, b)
	}
}

func TestVersionNamesTheText(t *testing.T) {
	a, b := mustLoad(t, ""), mustLoad(t, firmPlain)
	if a.Version() == b.Version() || a.Version() != mustLoad(t, "").Version() || len(a.Version()) != 64 {
		t.Error(a.Version(), b.Version())
	}
}

func TestShippedSentencesAreComplete(t *testing.T) {
	r := mustLoad(t, "")
	han := regexp.MustCompile(`\p{Han}`)
	for _, id := range baseIDs(t, "forbid") {
		s := r.reasons[cedar.PolicyID(id)]
		if !han.MatchString(s.Zh) || !han.MatchString(s.UnblockZh) || s.En == "" || han.MatchString(s.En) || s.UnblockEn == "" {
			t.Errorf("%s: %+v", id, s)
		}
	}
}

// TestIndexChangesNoDecision compares with all rules evaluated for every action.
func TestIndexChangesNoDecision(t *testing.T) {
	r := mustLoad(t, firmPlain+`
@id("in-set") forbid (principal, action in [Action::"Dial", Action::"any.alias"], resource) when { principal.kind == "outsourced" };
@id("eq") forbid (principal == Person::"1001", action == Action::"Export.token", resource);`)
	var all ruleList
	for _, a := range r.actions {
		for _, x := range a.rules {
			if !slices.ContainsFunc(all, func(y rule) bool { return x.id == y.id }) {
				all = append(all, x)
			}
		}
	}
	for _, a := range r.actions {
		if len(a.rules) >= len(all) {
			t.Error("the index left nothing out for", a.entity.UID)
		}
		for _, c := range refusals {
			for _, f := range []Facts{c.refused, c.allowed} {
				q := askOf(f, a.entity)
				got, want := r.judge(a, q), r.judge(actionRules{a.entity, all}, q)
				g, w := got.IDs(), want.IDs()
				slices.Sort(g)
				slices.Sort(w)
				if got.Allow != want.Allow || !slices.Equal(g, w) {
					t.Fatalf("%v: %v by %v, all rules say %v by %v", a.entity.UID, got.Allow, g, want.Allow, w)
				}
			}
		}
	}
}

// TestARuleThatNamesAPerson reaches him and no other, whoever was asked about first.
func TestARuleThatNamesAPerson(t *testing.T) {
	for _, text := range []string{
		`@id("not-him") forbid (principal == Person::"1001", action, resource);`,
		`@id("not-him") forbid (principal, action, resource) when { principal == Person::"1001" };`,
		`@id("not-him") forbid (principal, action, resource) when { [Person::"7", Person::"1001"].contains(principal) };`,
		`@id("not-him") forbid (principal, action, resource) when { principal == Person::"\u{31}001" };`,
	} {
		r := mustLoad(t, firmPlain+text)
		other := clerk(func(f *Facts) { f.Principal.ID = "1002" })
		for range 2 {
			if !r.Decide(other).Allow || r.Decide(clerk()).Allow || !r.Decide(other).Allow {
				t.Error(text)
			}
		}
	}
}

func TestManyDifferentFactsConcurrently(t *testing.T) {
	r := mustLoad(t, firmPlain)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range maxKnown + 100 {
				f := clerk(func(f *Facts) {
					f.Principal.Post, f.Work.Open = fmt.Sprint(i), i%2 == 0
				})
				if d := r.Decide(f); d.Allow != f.Work.Open {
					t.Errorf("facts %d: %v", i, d.IDs())
				}
			}
		})
	}
	wg.Wait()
	if len(r.known) > maxKnown {
		t.Error("the memory grew to", len(r.known))
	}
}

// baseIDs lists the shipped rules with this effect.
func baseIDs(t testing.TB, effect string) (ids []string) {
	t.Helper()
	list, err := cedar.NewPolicyListFromBytes("base", []byte(baseText))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if (p.Effect() == cedar.Permit) == (effect == "permit") {
			ids = append(ids, string(p.Annotations()["id"]))
		}
	}
	return ids
}

func loadWithout(t testing.TB, id, company string) *Rules {
	t.Helper()
	r, err := LoadWithout(id, company)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "@id(\"r%d\") forbid (principal, action == Action::\"Read.plain\", resource) when { context.purpose == \"p%d\" && context.work.kind == \"x\" };\n", i, i)
	}
	return b.String()
}

// FuzzLoad: whatever is loaded, no shipped forbid is outweighed.
func FuzzLoad(f *testing.F) {
	f.Add(firmPlain)
	f.Add(everything)
	f.Add(`@id("x") forbid (principal, action in [Action::"Dial"], resource) unless { context.level < 3 };`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Load(text)
		if err != nil {
			return
		}
		for _, c := range refusals {
			if r.Decide(c.refused).Allow {
				t.Fatalf("%s was outweighed", c.rule)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{0, 180} {
		r := mustLoad(b, firmPlain+manyRules(n))
		b.Run(fmt.Sprintf("%d company rules, plain", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.evaluate(clerk())
			}
		})
		b.Run(fmt.Sprintf("%d company rules, known", n), func(b *testing.B) {
			for b.Loop() {
				r.Decide(clerk())
			}
		})
	}
}
