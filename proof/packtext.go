package proof

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Names of a pack's members that are not numbered, in docs/format/pack.md.
const (
	packMember     = "pack.json"
	enrolledMember = "enrolment.tlog-proof"
	attestMember   = "attestation.tlog-proof"
	headMember     = "checkpoint"
	pageMember     = "page.html"
	manifestMember = "manifest.json"
	sealMember     = "manifest.tlog-proof"
)

const consistencyLine = "goldbell-consistency/1"

func entryMember(i int) string   { return fmt.Sprintf("entries/%06d.tlog-proof", i+1) }
func earlierMember(i int) string { return fmt.Sprintf("earlier/%06d.consistency", i+1) }
func closedMember(i int) string  { return fmt.Sprintf("closed/%06d.tlog-proof", i+1) }

var numbered = regexp.MustCompile(`^((entries|closed)/[0-9]{6}\.tlog-proof|earlier/[0-9]{6}\.consistency)$`)

// known keeps names that a stranger chose out of sentences.
func known(name string) string {
	switch name {
	case packMember, enrolledMember, attestMember, headMember, pageMember, manifestMember, sealMember:
		return name
	}
	if numbered.MatchString(name) {
		return name
	}
	return "pack"
}

// The JSON forms, fields in the order of their names.
type (
	lineText struct {
		Rule    string `json:"rule"`
		Shown   bool   `json:"shown"`
		Version uint32 `json:"version"`
	}
	extraText struct {
		Evidence []ID         `json:"evidence,omitempty"`
		Fields   []Opened     `json:"fields"`
		Leaf     []byte       `json:"leaf"`
		Line     *lineText    `json:"line,omitempty"`
		Persons  personList   `json:"persons,omitempty"`
		Sparse   *SparseProof `json:"sparse,omitempty"`
	}
	sealText struct {
		Consistency hashList `json:"consistency"`
		Fields      []Opened `json:"fields"`
		Leaf        []byte   `json:"leaf"`
	}
	manifestText struct {
		Format  string   `json:"format"`
		Members []Member `json:"members"`
	}
)

// body encodes every member before the manifest.
func (p *Pack) body() []member {
	info := p.Info
	info.Witnesses = append([]string{}, info.Witnesses...)
	members := []member{{packMember, canonicalJSON(info)}}
	add := func(name string, data []byte) { members = append(members, member{name, data}) }
	if p.Enrolment != nil {
		add(enrolledMember, p.Enrolment.encode(p.Checkpoint))
	}
	for i := range p.Entries {
		add(entryMember(i), p.Entries[i].encode(p.Checkpoint))
	}
	if p.Attestation != nil {
		add(attestMember, p.Attestation.encode(p.Checkpoint))
	}
	for i := range p.Closed {
		add(closedMember(i), p.Closed[i].encode(p.Checkpoint))
	}
	add(headMember, p.Checkpoint)
	for i := range p.Earlier {
		add(earlierMember(i), p.Earlier[i].encode())
	}
	add(pageMember, p.Page)
	return members
}

func (p *Pack) manifest() []byte { return canonicalJSON(manifestText{packFormat, p.Manifest}) }

func (e *Entry) encode(checkpoint []byte) []byte {
	x := extraText{
		Evidence: e.Evidence, Fields: append([]Opened{}, e.Fields...), Leaf: e.Leaf,
		Persons: e.Persons, Sparse: e.Sparse,
	}
	if e.Line != nil {
		x.Line = &lineText{e.Line.Rule, e.Line.Shown, e.Line.Version}
	}
	return TlogProof{canonicalJSON(x), e.Index, e.Inclusion, checkpoint}.Format()
}

func (s *Sealed) encode() []byte {
	x := sealText{s.Consistency, append([]Opened{}, s.Fields...), s.Leaf}
	return TlogProof{canonicalJSON(x), s.Index, s.Inclusion, s.Checkpoint}.Format()
}

func (e *Earlier) encode() []byte {
	b := []byte(consistencyLine + "\n")
	for i := range e.Consistency {
		b = append(b64.AppendEncode(b, e.Consistency[i][:]), '\n')
	}
	return append(append(b, '\n'), e.Checkpoint...)
}

func (e *Earlier) parse(text []byte) error {
	bad := fail("proof", "malformed")
	top, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(top, "\n")
	if !ok || lines[0] != consistencyLine || len(lines) > 1+maxPath {
		return bad
	}
	*e = Earlier{Checkpoint: []byte(checkpoint)}
	for _, line := range lines[1:] {
		h, err := b64.DecodeString(line)
		if err != nil || len(h) != HashSize {
			return bad
		}
		e.Consistency = append(e.Consistency, Hash(h))
	}
	if !bytes.Equal(e.encode(), text) {
		return bad
	}
	return nil
}

// personList is base64 of, for each person, tag 32 | value key 32 | line, prefixed.
type personList []Person

func (l personList) MarshalText() ([]byte, error) {
	var b []byte
	for _, p := range l {
		b = append(append(b, p.Tag[:]...), p.ValueKey[:]...)
		b = appendPrefixed(b, string(p.Line.Encode()))
	}
	return b64.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText wrote and refuses everything else.
func (l *personList) UnmarshalText(text []byte) error {
	b, err := b64.DecodeString(string(text))
	if err != nil || b64.EncodedLen(len(b)) != len(text) { // the decoder skips line ends
		return fail("persons", "malformed")
	}
	var out personList
	for len(b) > 0 {
		const head = 2*HashSize + 4
		if len(b) < head {
			return fail("persons", "malformed")
		}
		p := Person{Tag: Hash(b[:HashSize]), ValueKey: Hash(b[HashSize : 2*HashSize])}
		n := uint64(binary.BigEndian.Uint32(b[2*HashSize:]))
		if b = b[head:]; uint64(len(b)) < n {
			return fail("persons", "malformed")
		}
		if p.Line, err = decodeLine(b[:n]); err != nil {
			return err
		}
		out, b = append(out, p), b[n:]
	}
	*l = out
	return nil
}

func decodeLine(b []byte) (Line, error) {
	if len(b) < 9 || b[0] > 1 || uint64(binary.BigEndian.Uint32(b[5:])) != uint64(len(b)-9) || !utf8.Valid(b[9:]) {
		return Line{}, fail("persons", "malformed")
	}
	return Line{Shown: b[0] == 1, Version: binary.BigEndian.Uint32(b[1:]), Rule: string(b[9:])}, nil
}

func listMembers(members []member) []Member {
	list := make([]Member, len(members))
	for i, m := range members {
		list[i] = Member{m.name, hash256(m.data)}
	}
	return list
}

// packReader takes the members off one after the other.
type packReader struct {
	members []member
	p       *Pack
}

func parsePack(members []member) (*Pack, error) {
	if err := checkNames(members); err != nil {
		return nil, err
	}
	r := packReader{members, &Pack{Sealed: new(Sealed)}}
	for _, step := range []func() error{r.info, r.head, r.proofs, r.earlier, r.page, r.manifest, r.seal} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if len(r.members) > 0 {
		return nil, fail(known(r.members[0].name), "order")
	}
	return r.p, nil
}

// checkNames refuses names that are no pack's, and names that are there twice.
func checkNames(members []member) error {
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if known(m.name) == "pack" {
			return fail("pack", "foreign")
		}
		if seen[m.name] {
			return fail(m.name, "twice")
		}
		seen[m.name] = true
	}
	return nil
}

// take returns the next member, which must have this name.
func (r *packReader) take(name string) ([]byte, error) {
	if r.next(name) {
		data := r.members[0].data
		r.members = r.members[1:]
		return data, nil
	}
	if slices.ContainsFunc(r.members, func(m member) bool { return m.name == name }) {
		return nil, fail(known(r.members[0].name), "order")
	}
	return nil, fail(name, "missing")
}

func (r *packReader) next(name string) bool { return len(r.members) > 0 && r.members[0].name == name }

func (r *packReader) info() error {
	data, err := r.take(packMember)
	if err != nil {
		return err
	}
	return at(packMember, parseJSON(data, &r.p.Info))
}

// head finds the checkpoint: the proofs before it must carry the same one.
func (r *packReader) head() error {
	for _, m := range r.members {
		if m.name == headMember {
			r.p.Checkpoint = m.data
			return nil
		}
	}
	return fail(headMember, "missing")
}

func (r *packReader) proofs() error {
	var err error
	if r.p.Info.RecordKey != nil {
		if r.p.Enrolment, err = r.entry(enrolledMember); err != nil {
			return err
		}
	}
	for i := 0; r.next(entryMember(i)); i++ {
		if i == MaxPackEntries {
			return fail("pack", "too-large")
		}
		e, err := r.entry(entryMember(i))
		if err != nil {
			return err
		}
		r.p.Entries = append(r.p.Entries, *e)
	}
	if r.next(attestMember) {
		if r.p.Attestation, err = r.entry(attestMember); err != nil {
			return err
		}
	}
	for i := 0; r.next(closedMember(i)); i++ {
		if i == MaxClosed {
			return fail("pack", "too-large")
		}
		data, _ := r.take(closedMember(i))
		var c Closed
		if err := c.parse(data, r.p.Checkpoint); err != nil {
			return at(closedMember(i), err)
		}
		r.p.Closed = append(r.p.Closed, c)
	}
	_, err = r.take(headMember)
	return err
}

func (r *packReader) entry(name string) (*Entry, error) {
	data, err := r.take(name)
	if err != nil {
		return nil, err
	}
	e := new(Entry)
	return e, at(name, e.parse(data, r.p.Checkpoint))
}

func (r *packReader) earlier() error {
	for i := 0; r.next(earlierMember(i)); i++ {
		if i == MaxEarlier {
			return fail("pack", "too-large")
		}
		data, _ := r.take(earlierMember(i))
		var e Earlier
		if err := e.parse(data); err != nil {
			return at(earlierMember(i), err)
		}
		r.p.Earlier = append(r.p.Earlier, e)
	}
	return nil
}

func (r *packReader) page() (err error) {
	r.p.Page, err = r.take(pageMember)
	return err
}

func (r *packReader) manifest() error {
	data, err := r.take(manifestMember)
	if err != nil {
		return err
	}
	var m manifestText
	if err := parseJSON(data, &m); err != nil {
		return at(manifestMember, err)
	}
	if m.Format != packFormat {
		return fail(manifestMember, "kind")
	}
	r.p.Manifest = m.Members
	return nil
}

func (r *packReader) seal() error {
	data, err := r.take(sealMember)
	if err != nil {
		return err
	}
	return at(sealMember, r.p.Sealed.parse(data))
}

// parseMember reads a proof file of the pack: it must carry the pack's checkpoint, and
// what it says besides goes into extra.
func parseMember(text, checkpoint []byte, extra any) (TlogProof, error) {
	t, err := ParseTlogProof(text)
	if err != nil {
		return t, err
	}
	if err := parseJSON(t.Extra, extra); err != nil {
		return t, err
	}
	if !bytes.Equal(t.Checkpoint, checkpoint) {
		return t, fail("proof", "checkpoint")
	}
	return t, nil
}

func (e *Entry) parse(text, checkpoint []byte) error {
	var x extraText
	t, err := parseMember(text, checkpoint, &x)
	if err != nil {
		return err
	}
	if x.Fields == nil {
		return fail("proof", "json")
	}
	*e = Entry{
		Index: t.Index, Leaf: x.Leaf, Inclusion: t.Inclusion, Fields: x.Fields,
		Sparse: x.Sparse, Persons: x.Persons, Evidence: x.Evidence,
	}
	if x.Line != nil {
		e.Line = &Line{Rule: x.Line.Rule, Shown: x.Line.Shown, Version: x.Line.Version}
	}
	return nil
}

func (s *Sealed) parse(text []byte) error {
	t, err := ParseTlogProof(text)
	if err != nil {
		return err
	}
	var x sealText
	if err := parseJSON(t.Extra, &x); err != nil {
		return err
	}
	if x.Fields == nil {
		return fail("proof", "json")
	}
	*s = Sealed{t.Index, x.Leaf, t.Inclusion, x.Fields, t.Checkpoint, x.Consistency}
	return nil
}

// utf8Fields reports whether the opened fields survive being written as JSON.
func utf8Fields(fields []Opened) bool {
	for _, f := range fields {
		if !utf8.ValidString(f.Name) || !utf8.ValidString(f.Value) {
			return false
		}
	}
	return true
}
