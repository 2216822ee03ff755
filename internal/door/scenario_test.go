package door_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

// play is one scenario on the stage.
type play struct {
	*stage
	n        int
	line     int
	text     string
	people   map[string]pii.PersonID
	subjects map[string]pii.SubjectID
	phones   map[string]string
	items    map[string]pii.RequestID
	purposes map[string]pii.Purpose
	tokens   map[string]string
	pasts    []past
	got      answer
	from     uint64 // where the ledger stood before the last question
	ruled    bool
}

// perform plays a scenario and says what went otherwise than it expects.
func (s *stage) perform(sc scenario) (err error) {
	s.pass(time.Hour)
	s.played++
	p := &play{
		stage: s, n: s.played, people: map[string]pii.PersonID{}, subjects: map[string]pii.SubjectID{}, phones: map[string]string{},
		items: map[string]pii.RequestID{}, purposes: map[string]pii.Purpose{}, tokens: map[string]string{},
	}
	s.door.Caps = s.caps
	defer func() {
		if p.ruled {
			s.putRules(&door.RuleSet{By: "officer", At: s.now.UTC()})
		}
	}()
	for _, st := range sc.steps {
		p.line, p.text = st.line, st.text
		s.pass(time.Second)
		if err := p.step(st); err != nil {
			return fmt.Errorf("%s:%d: %s %s: %w", sc.file, st.line, st.verb, st.words, err)
		}
	}
	return p.agrees()
}

func (p *play) name(of string) string {
	if of == "Us" {
		return string(pii.Own)
	}
	return fmt.Sprintf("%s-%d", strings.ToLower(of), p.n)
}

var later = []sentence{says(`(\d+) (minute|hour|day)s?`, func(p *play, m []string) error {
	p.pass(length(m[1], m[2]))
	return nil
})}

func (p *play) step(st step) error {
	table := map[string][]sentence{"given": givens, "later": later, "ask": asks, "expect": expects, "ledger": ledgers}[st.verb]
	for _, s := range table {
		m := s.form.FindStringSubmatch(st.words)
		if m == nil {
			continue
		}
		if st.verb == "ask" {
			p.from = p.ledger.Size()
		}
		return s.do(p, m)
	}
	return errors.New("this sentence is not understood")
}

var expects = []sentence{
	says(`shown by ([a-z-]+)`, func(p *play, m []string) error { return p.each(true, m[1:]) }),
	says(`refused by ([a-z-]+(?:, [a-z-]+)*)`, func(p *play, m []string) error { return p.each(false, strings.Split(m[1], ", ")) }),
	says(one+` shown`, func(p *play, m []string) error { return p.result(m[1], true, nil) }),
	says(one+` refused by ([a-z-]+(?:, [a-z-]+)*)`, func(p *play, m []string) error { return p.result(m[1], false, strings.Split(m[2], ", ")) }),
	says(`offered (none|masked|token|relay|alias)`, (*play).offered),
	says(`(found|not found)`, func(p *play, m []string) error { return differs(p.got.hit, m[1] == "found") }),
	says(`done`, func(p *play, m []string) error { return p.got.err }),
	says(`error ([a-z-]+)`, func(p *play, m []string) error { return differs(codeOf(p.got.err), m[1]) }),
	says(`yes, (masked|token|alias|plain), by ([a-z-]+)`, (*play).couldSee),
	says(`no, by ([a-z-]+(?:, [a-z-]+)*)`, (*play).couldNot),
	says(`nobody`, func(p *play, m []string) error { return differs(strings.Join(p.got.able, ", "), "") }),
	says(`only `+many, func(p *play, m []string) error { return differs(strings.Join(p.got.able, ", "), m[1]) }),
}

func differs[T comparable](got, want T) error {
	if got != want {
		return fmt.Errorf("it was %v", got)
	}
	return nil
}

// each expects the same of everybody who was asked for.
func (p *play) each(shown bool, rules []string) error {
	if p.got.err != nil {
		return p.got.err
	}
	if len(p.got.order) == 0 {
		return errors.New("nothing was asked")
	}
	for _, name := range p.got.order {
		if err := p.result(name, shown, rules); err != nil {
			return err
		}
	}
	return nil
}

// result expects an answer about one. Which rule permitted is told by the ledger's
// entry, not by the answer.
func (p *play) result(name string, shown bool, rules []string) error {
	if p.got.err != nil {
		return p.got.err
	}
	r, ok := p.got.results[name]
	if !ok {
		return fmt.Errorf("%s was not asked for", name)
	}
	if r.Shown != shown {
		return fmt.Errorf("%s: shown %v, by %v", name, r.Shown, reasonIDs(r))
	}
	if !shown {
		return differs(strings.Join(reasonIDs(r), ", "), strings.Join(rules, ", "))
	}
	if len(rules) == 0 {
		return nil
	}
	e, err := p.entry()
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Split(e.Fact("reasons"), ","), rules[0]) {
		return fmt.Errorf("it was permitted by %s", e.Fact("reasons"))
	}
	return nil
}

// entry is the one entry the last question made.
func (p *play) entry() (*ledger.Record, error) {
	if n := p.ledger.Size() - p.from; n != 1 {
		return nil, fmt.Errorf("there were %d entries", n)
	}
	return p.ledger.Record(p.t.Context(), p.from)
}

func (p *play) offered(m []string) error {
	for _, r := range p.got.results {
		if err := differs(r.Highest.String(), m[1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) couldSee(m []string) error {
	c := p.got.could
	if p.got.err != nil || c == nil {
		return fmt.Errorf("it was not answered: %w", p.got.err)
	}
	if c.Form.String() != m[1] || !slices.Contains(c.Rules, m[2]) {
		return fmt.Errorf("it was %v by %v", c.Form, c.Rules)
	}
	return nil
}

func (p *play) couldNot(m []string) error {
	c := p.got.could
	if p.got.err != nil || c == nil {
		return fmt.Errorf("it was not answered: %w", p.got.err)
	}
	if c.Form != pii.None || strings.Join(c.Rules, ", ") != m[1] {
		return fmt.Errorf("it was %v by %v", c.Form, c.Rules)
	}
	return nil
}

// ledgers say what was recorded: the one entry of the question, whom it shows and
// whom it refuses. Nobody outside the grant is in it.
var ledgers = []sentence{
	says(`([a-z-]+), (\d+) shown, (\d+) refused`, func(p *play, m []string) error {
		e, err := p.entry()
		if err != nil {
			return err
		}
		shown, refused := 0, 0
		e.Subjects(func(o pii.Ordinal, l proof.Line) bool {
			if l.Shown {
				shown++
			} else {
				refused++
			}
			return true
		})
		return differs(fmt.Sprintf("%v, %d shown, %d refused", e.Leaf.Kind, shown, refused), strings.Join([]string{m[1], m[2] + " shown", m[3] + " refused"}, ", "))
	}),
	says(`(\d+) entr(?:y|ies)`, func(p *play, m []string) error {
		n, _ := strconv.Atoi(m[1])
		return differs(p.ledger.Size()-p.from, uint64(n))
	}),
}

// connected is a switch that connects every call.
func connected(context.Context, door.Answer, map[pii.Field]pii.Value) error { return nil }

// atLeast is how many scenarios there are to be.
const atLeast = 120

func TestScenarios(t *testing.T) {
	all := readScenarios(t)
	if len(all) < atLeast {
		t.Errorf("there are %d scenarios, fewer than %d", len(all), atLeast)
	}
	s := openStage(t, "sqlite", "")
	titles := map[string]bool{}
	for _, sc := range all {
		if titles[sc.title] {
			t.Errorf("%s: the title is another's", sc)
		}
		titles[sc.title] = true
		if err := s.perform(sc); err != nil {
			t.Errorf("%s\n    %v", sc.title, err)
		}
	}
}

// TestScenariosOnPostgres plays the attacks on the other engine.
func TestScenariosOnPostgres(t *testing.T) {
	s := openStage(t, "postgres", pgtest.Start(t))
	played := 0
	for _, sc := range readScenarios(t) {
		if sc.file != "attacks.door" {
			continue
		}
		played++
		if err := s.perform(sc); err != nil {
			t.Errorf("%s\n    %v", sc.title, err)
		}
	}
	if played == 0 {
		t.Error("there are no attacks")
	}
}

// allows and refuses say whether a scenario expects somebody to be let through, and
// whether it expects the rule to stop somebody.
func (sc scenario) allows() bool {
	return sc.expects(func(words []string) bool {
		return slices.Contains(words, "shown") || words[0] == "yes" || words[0] == "found" || words[0] == "only"
	})
}

func (sc scenario) refuses(rule string) bool {
	return sc.expects(func(words []string) bool {
		return (slices.Contains(words, "refused") || words[0] == "no") && slices.Contains(words, rule)
	})
}

func (sc scenario) permits(rule string) bool {
	return sc.expects(func(words []string) bool {
		return (slices.Contains(words, "shown") || words[0] == "yes") && slices.Contains(words, rule)
	})
}

func (sc scenario) expects(f func(words []string) bool) bool {
	return slices.ContainsFunc(sc.steps, func(st step) bool {
		return st.verb == "expect" && f(strings.FieldsFunc(st.words, func(c rune) bool { return c == ' ' || c == ',' }))
	})
}

// TestEveryShippedRuleStandsBothWays: of what a forbid is about, a scenario shows one
// whom it stops and another whom it lets pass; of what a permit is about, one whom it
// lets pass, and one who stays outside.
func TestEveryShippedRuleStandsBothWays(t *testing.T) {
	all := readScenarios(t)
	reasons, permits := policy.Shipped()
	known := map[string]bool{}
	for i, r := range reasons {
		known[r.ID] = true
		allowed, refused := false, false
		for _, sc := range all {
			if !slices.Contains(sc.about, r.ID) {
				continue
			}
			if permits[i] {
				allowed = allowed || sc.permits(r.ID)
				refused = refused || sc.expects(func(w []string) bool { return slices.Contains(w, "refused") })
			} else {
				allowed = allowed || sc.allows()
				refused = refused || sc.refuses(r.ID)
			}
		}
		if !allowed || !refused {
			t.Errorf("%s: a scenario about it allows: %v; one refuses: %v", r.ID, allowed, refused)
		}
	}
	for _, sc := range all {
		for _, id := range sc.about {
			if !known[id] {
				t.Errorf("%s: is about %s, which does not ship", sc, id)
			}
		}
	}
}

// enforceable are the articles of the personal information protection law with a duty
// that a decision can keep or break. The others ask for notices, contracts, reports and
// measures, which are no answer to a request.
var enforceable = []string{
	"PIPL 6", "PIPL 10", "PIPL 14", "PIPL 15", "PIPL 19", "PIPL 21", "PIPL 23", "PIPL 24", "PIPL 25", "PIPL 28", "PIPL 29",
	"PIPL 38", "PIPL 39", "PIPL 47", "PIPL 51(2)", "PIPL 51(3)", "PIPL 51(4)", "PIPL 55", "PIPL 59",
}

func TestEveryEnforceableArticleHasScenarios(t *testing.T) {
	count := map[string]int{}
	for _, sc := range readScenarios(t) {
		for _, law := range sc.law {
			count[law]++
		}
	}
	for _, law := range enforceable {
		if count[law] == 0 {
			t.Error("no scenario is about", law)
		}
		delete(count, law)
	}
	for law := range count {
		t.Error("not in the list of articles:", law)
	}
}

// TestEveryShippedRuleIsNeededByAScenario takes each shipped rule out and expects a
// scenario that names it to fail.
func TestEveryShippedRuleIsNeededByAScenario(t *testing.T) {
	all := readScenarios(t)
	s := openStage(t, "sqlite", "")
	reasons, permits := policy.Shipped()
	for i, r := range reasons {
		s.playWith(func(company string) (*policy.Rules, error) { return policy.LoadWithout(r.ID, company) })
		failed, tried := false, 0
		for _, sc := range all {
			if named := permits[i] && sc.permits(r.ID) || !permits[i] && sc.refuses(r.ID); !named {
				continue
			}
			tried++
			if failed = s.perform(sc) != nil; failed {
				break
			}
		}
		if !failed {
			t.Errorf("no scenario fails without %s; %d name it", r.ID, tried)
		}
	}
}
