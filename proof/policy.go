package proof

import (
	"bytes"
	"strconv"
	"strings"
)

// maxPolicySize bounds what ParsePolicy reads, in bytes.
const maxPolicySize = 1 << 20

// Policy says which logs are trusted and whose witness is enough, in the form of
// c2sp.org/tlog-policy. It comes from outside a pack, never from inside.
type Policy struct {
	Logs      []PolicyLog
	Witnesses []PolicyWitness
	Groups    []PolicyGroup
	Quorum    string // the name of a witness or a group, or "none"
}

// PolicyLog is a log that is trusted.
type PolicyLog struct {
	Key Key
	URL string
}

// PolicyWitness is a witness with its name in this policy.
type PolicyWitness struct {
	Name string
	Key  Key
	URL  string
	// Outside is the organisation that runs the witness, if it is not the log's
	// operator: from a comment "# outside NAME ORGANISATION" below the witness, so
	// that other programs read the policy too.
	Outside string
}

// PolicyGroup has seen a checkpoint if K of its members have.
type PolicyGroup struct {
	Name    string
	K       int
	Members []string
}

const noQuorum = "none"

// policyReader is the state of ParsePolicy.
type policyReader struct {
	p       Policy
	defined map[string]bool
	grouped map[string]bool
	keys    map[[33]byte]bool
}

// ParsePolicy reads a policy. The error is a [*Failure] that names the line.
func ParsePolicy(text []byte) (*Policy, error) {
	if len(text) > maxPolicySize {
		return nil, fail("policy", "too-large")
	}
	r := policyReader{defined: map[string]bool{noQuorum: true}, grouped: map[string]bool{}, keys: map[[33]byte]bool{}}
	number := 0
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		number++
		if err := r.line(string(line)); err != nil {
			return nil, at("policy line "+strconv.Itoa(number), err)
		}
	}
	if r.p.Quorum == "" {
		return nil, fail("policy", "policy-quorum")
	}
	return &r.p, nil
}

func (r *policyReader) line(line string) error {
	for _, c := range []byte(line) {
		if (c < 0x20 && c != '\t') || c == 0x7f {
			return fail("", "policy-bytes")
		}
	}
	items := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
	if len(items) == 0 || items[0][0] == '#' {
		r.outside(items)
		return nil
	}
	args := items[1:]
	switch {
	case items[0] == "log" && (len(args) == 1 || len(args) == 2):
		return r.log(args)
	case items[0] == "witness" && (len(args) == 2 || len(args) == 3):
		return r.witness(args)
	case items[0] == "group" && len(args) >= 3:
		return r.group(args[0], args[1], args[2:])
	case items[0] == "quorum" && len(args) == 1:
		return r.quorum(args[0])
	}
	return fail("", "policy-line")
}

func (r *policyReader) log(args []string) error {
	k, err := ParseLogKey(args[0])
	if err != nil {
		return err
	}
	r.p.Logs = append(r.p.Logs, PolicyLog{k, strings.Join(args[1:], "")})
	return r.once(k)
}

func (r *policyReader) witness(args []string) error {
	k, err := ParseWitnessKey(args[1])
	if err != nil {
		return err
	}
	r.p.Witnesses = append(r.p.Witnesses, PolicyWitness{Name: args[0], Key: k, URL: strings.Join(args[2:], "")})
	if err := r.once(k); err != nil {
		return err
	}
	return r.define(args[0])
}

// once refuses two logs, or two witnesses, with one key, whatever its name.
func (r *policyReader) once(k Key) error {
	id := [33]byte(append([]byte{k.typ}, k.public[:]...))
	if r.keys[id] {
		return fail("", "policy-twice")
	}
	r.keys[id] = true
	return nil
}

func (r *policyReader) define(name string) error {
	if r.defined[name] {
		return fail("", "policy-name")
	}
	r.defined[name] = true
	return nil
}

// outside reads a comment that says who runs a witness above it. Any other comment is one.
func (r *policyReader) outside(items []string) {
	if len(items) < 4 || items[0] != "#" || items[1] != "outside" {
		return
	}
	organisation := strings.Join(items[3:], " ")
	for i := range r.p.Witnesses {
		if r.p.Witnesses[i].Name == items[2] && sayable(organisation) {
			r.p.Witnesses[i].Outside = organisation
		}
	}
}

func (r *policyReader) group(name, threshold string, members []string) error {
	for _, m := range members {
		if !r.defined[m] || m == noQuorum {
			return fail("", "policy-name")
		}
		if r.grouped[m] {
			return fail("", "policy-twice")
		}
		r.grouped[m] = true
	}
	k := uint64(1)
	switch threshold {
	case "any":
	case "all":
		k = uint64(len(members))
	default:
		var err error
		if k, err = parseNumber(threshold); err != nil || k < 1 || k > uint64(len(members)) {
			return fail("", "policy-k")
		}
	}
	r.p.Groups = append(r.p.Groups, PolicyGroup{name, int(k), members})
	return r.define(name)
}

func (r *policyReader) quorum(name string) error {
	if r.p.Quorum != "" {
		return fail("", "policy-twice")
	}
	if !r.defined[name] {
		return fail("", "policy-name")
	}
	r.p.Quorum = name
	return nil
}

// Format writes the policy without comments but those it reads; ParsePolicy reads it back.
func (p *Policy) Format() []byte {
	var b strings.Builder
	line := func(items ...string) { b.WriteString(strings.TrimRight(strings.Join(items, " "), " ") + "\n") }
	for _, l := range p.Logs {
		line("log", l.Key.String(), l.URL)
	}
	for _, w := range p.Witnesses {
		line("witness", w.Name, w.Key.String(), w.URL)
		if w.Outside != "" {
			line("# outside", w.Name, w.Outside)
		}
	}
	for _, g := range p.Groups {
		line(append([]string{"group", g.Name, strconv.Itoa(g.K)}, g.Members...)...)
	}
	line("quorum", p.Quorum)
	return []byte(b.String())
}

// Met reports whether these witnesses, by their names in the policy, are enough.
func (p *Policy) Met(signed map[string]bool) bool {
	if p.Quorum == noQuorum {
		return true
	}
	seen := make(map[string]bool, len(signed)+len(p.Groups))
	for _, w := range p.Witnesses {
		seen[w.Name] = signed[w.Name]
	}
	for _, g := range p.Groups { // members are defined above their group
		n := 0
		for _, m := range g.Members {
			if seen[m] {
				n++
			}
		}
		seen[g.Name] = n >= g.K
	}
	return seen[p.Quorum]
}

// trusts finds the first of the logs with these vkeys that the policy lists.
func (p *Policy) trusts(vkeys []string) (origin string, err error) {
	if len(p.Logs) == 0 {
		return "", fail("policy", "policy-no-log")
	}
	for _, vkey := range vkeys {
		for _, l := range p.Logs {
			if l.Key.String() == vkey {
				return l.Key.Name, nil
			}
		}
	}
	return "", fail(headMember, "policy-log")
}

// need says what the quorum asks for and which of its witnesses are missing.
func (p *Policy) need(signed map[string]bool) Sentence {
	groups := make(map[string]PolicyGroup, len(p.Groups))
	for _, g := range p.Groups {
		groups[g.Name] = g
	}
	var missing []string
	var say func(name string) Sentence
	say = func(name string) Sentence {
		g, ok := groups[name]
		if !ok {
			if !signed[name] {
				missing = append(missing, plain(name))
			}
			return Sentence{plain(name), plain(name)}
		}
		var zh, en []string
		for _, m := range g.Members {
			s := say(m)
			zh, en = append(zh, s.Zh), append(en, s.En)
		}
		return both("（%[2]s）中的 %[1]d 个", "%[1]d of (%[3]s)", g.K, strings.Join(zh, "、"), strings.Join(en, ", "))
	}
	s := say(p.Quorum)
	return Sentence{
		"需要 " + s.Zh + "，缺少 " + strings.Join(missing, "、"),
		"needed " + s.En + ", missing " + strings.Join(missing, ", "),
	}
}
