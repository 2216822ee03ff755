package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"
)

// Names of a pack's members that are not entries, in docs/format/pack.md.
const (
	packMember     = "pack.json"
	enrolledMember = "enrolment.tlog-proof"
	headMember     = "checkpoint"
	pageMember     = "page.html"
	manifestMember = "manifest.json"
	sealMember     = "manifest.tlog-proof"
)

const (
	packFormat = "goldbell-pack/1"
	// KindSubject is a pack about one person in a window of time.
	KindSubject = "subject"
	// ManifestField names the field of a pack's own entry that holds the SHA-256
	// of its manifest.json, in hexadecimal digits.
	ManifestField = "manifest"
	// MaxPackEntries is how many entries one pack may hold.
	MaxPackEntries = 60_000
	maxNumber      = 1<<53 - 1 // RFC 8785
)

// How the root key of the operator is kept, as the operator says (invariant I9).
const (
	RootKeyFile   = "file"   // a file on the machine: root on it can open values
	RootKeyKMS    = "kms"    // in a KMS or HSM
	RootKeyShared = "shared" // unsealed by two of three holders
)

// Info is pack.json: what the pack says it is. All of it is the maker's word until
// [Verify] has compared it with the log; the keys named here are information, and
// never a reason to trust.
type Info struct {
	Created   uint64   `json:"created"` // UTC, microseconds since 1970
	Entries   int      `json:"entries"` // how many the operator's index gives for the window
	Format    string   `json:"format"`
	From      uint64   `json:"from"` // the window: From ≤ time < Until
	Kind      string   `json:"kind"`
	Log       string   `json:"log"` // vkey
	Origin    string   `json:"origin"`
	RecordKey Hash     `json:"record_key"` // Ks: every tag can be computed from it
	RootKey   string   `json:"root_key"`
	Subject   ID       `json:"subject"`
	Until     uint64   `json:"until"`
	Witnesses []string `json:"witnesses"` // vkeys of all who cosigned a checkpoint here
}

// Opened is a field of an entry with the salt that its commitment needs.
type Opened struct {
	I     int       `json:"i"` // which commitment, from 0
	Name  string    `json:"name"`
	Salt  FieldSalt `json:"salt"`
	Value string    `json:"value"`
}

// Entry is one entry of the ledger with what a pack proves about it.
type Entry struct {
	Index     uint64
	Leaf      []byte
	Inclusion []Hash // under the pack's checkpoint
	Fields    []Opened
	Line      *Line // nil: the person is not in this entry; and in the enrolment
	Sparse    SparseProof
}

// Member is a line of the manifest.
type Member struct {
	Name   string `json:"name"`
	SHA256 Hash   `json:"sha256"`
}

// Sealed is the ledger entry that records the making of the pack, with its proof
// under a checkpoint of its own, later than the pack's.
type Sealed struct {
	Index       uint64
	Leaf        []byte
	Inclusion   []Hash
	Fields      []Opened // one of them is ManifestField
	Checkpoint  []byte
	Consistency []Hash // from the pack's checkpoint to this one
}

// Pack is an evidence pack. A maker fills Info (except Format), Enrolment,
// Entries, Checkpoint and Page and calls [Pack.Write]; a reader gets it from
// [ReadPack] and calls [Verify].
type Pack struct {
	Info       Info
	Enrolment  Entry   // the entry that pins the person's record key
	Entries    []Entry // ascending
	Checkpoint []byte  // the signed note all entries are proven under
	Page       []byte  // what is proven and what is not, in plain words, zh-CN and en
	Manifest   []Member
	Sealed     *Sealed
}

// The JSON forms, fields in the order of their names.
type (
	lineText struct {
		Rule    string `json:"rule"`
		Shown   bool   `json:"shown"`
		Version uint32 `json:"version"`
	}
	extraText struct {
		Fields []Opened     `json:"fields"`
		Leaf   []byte       `json:"leaf"`
		Line   *lineText    `json:"line,omitempty"`
		Sparse *SparseProof `json:"sparse"`
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

// Write checks the pack, has its manifest recorded by seal, checks that record and
// writes the zip. Nothing is sealed or written if the pack would not verify. seal
// gets the SHA-256 of manifest.json and must answer with the entry that holds it.
func (p *Pack) Write(w io.Writer, seal func(manifest Hash) (*Sealed, error)) error {
	p.Info.Format = packFormat
	head, err := p.checkBody()
	if err != nil {
		return err
	}
	body := p.body()
	p.Manifest = listMembers(body)
	manifest := p.manifest()
	if p.Sealed, err = seal(sha256.Sum256(manifest)); err != nil {
		return fmt.Errorf("record the pack: %w", err)
	}
	if _, err = p.checkSeal(head, body); err != nil {
		return err
	}
	file := encodeZip(append(body, member{manifestMember, manifest}, member{sealMember, p.Sealed.encode()}))
	if len(file) > MaxPackSize {
		return fail("pack", "too-large")
	}
	_, err = w.Write(file)
	return err
}

// body encodes every member before the manifest.
func (p *Pack) body() []member {
	info := p.Info
	info.Witnesses = append([]string{}, info.Witnesses...)
	members := []member{
		{packMember, canonicalJSON(info)},
		{enrolledMember, p.Enrolment.encode(p.Checkpoint)},
	}
	for i := range p.Entries {
		members = append(members, member{entryMember(i), p.Entries[i].encode(p.Checkpoint)})
	}
	return append(members, member{headMember, p.Checkpoint}, member{pageMember, p.Page})
}

func (p *Pack) manifest() []byte { return canonicalJSON(manifestText{packFormat, p.Manifest}) }

func listMembers(members []member) []Member {
	list := make([]Member, len(members))
	for i, m := range members {
		list[i] = Member{m.name, sha256.Sum256(m.data)}
	}
	return list
}

func entryMember(i int) string { return fmt.Sprintf("entries/%06d.tlog-proof", i+1) }

var entryName = regexp.MustCompile(`^entries/[0-9]{6}\.tlog-proof$`)

// known keeps names that a stranger chose out of sentences.
func known(name string) string {
	switch name {
	case packMember, enrolledMember, headMember, pageMember, manifestMember, sealMember:
		return name
	}
	if entryName.MatchString(name) {
		return name
	}
	return "pack"
}

func (e *Entry) encode(checkpoint []byte) []byte {
	x := extraText{Fields: append([]Opened{}, e.Fields...), Leaf: e.Leaf, Sparse: &e.Sparse}
	if e.Line != nil {
		x.Line = &lineText{e.Line.Rule, e.Line.Shown, e.Line.Version}
	}
	return TlogProof{canonicalJSON(x), e.Index, e.Inclusion, checkpoint}.Format()
}

func (s *Sealed) encode() []byte {
	x := sealText{s.Consistency, append([]Opened{}, s.Fields...), s.Leaf}
	return TlogProof{canonicalJSON(x), s.Index, s.Inclusion, s.Checkpoint}.Format()
}

// ReadPack reads a pack and refuses a file that [Pack.Write] would not have
// written, byte for byte. It proves nothing: call [Verify].
func ReadPack(r io.ReaderAt, size int64) (*Pack, error) {
	if size < 0 || size > MaxPackSize {
		return nil, fail("pack", "too-large")
	}
	file := make([]byte, size)
	if n, err := r.ReadAt(file, 0); int64(n) != size {
		return nil, fmt.Errorf("%w (%w)", fail("pack", "unreadable"), err)
	}
	members, err := decodeZip(file)
	if err != nil {
		return nil, err
	}
	return parsePack(members)
}

func parsePack(members []member) (*Pack, error) {
	n := len(members) - 6
	if n < 0 || n > MaxPackEntries {
		return nil, fail("pack", "members")
	}
	names := []string{packMember, enrolledMember}
	for i := range n {
		names = append(names, entryMember(i))
	}
	names = append(names, headMember, pageMember, manifestMember, sealMember)
	for i, m := range members {
		if m.name != names[i] {
			return nil, fail(names[i], "member")
		}
	}
	p := &Pack{Checkpoint: members[n+2].data, Page: members[n+3].data, Sealed: new(Sealed)}
	if err := parseJSON(members[0].data, &p.Info); err != nil {
		return nil, at(packMember, err)
	}
	if err := p.parseProofs(members[1:n+2], members[n+5]); err != nil {
		return nil, err
	}
	var m manifestText
	if err := parseJSON(members[n+4].data, &m); err != nil {
		return nil, at(manifestMember, err)
	}
	if m.Format != packFormat {
		return nil, fail(manifestMember, "kind")
	}
	p.Manifest = m.Members
	return p, nil
}

func (p *Pack) parseProofs(entries []member, seal member) error {
	for i, m := range entries {
		var e Entry
		if err := e.parse(m.data, p.Checkpoint); err != nil {
			return at(m.name, err)
		}
		if i == 0 {
			p.Enrolment = e
		} else {
			p.Entries = append(p.Entries, e)
		}
	}
	if err := p.Sealed.parse(seal.data); err != nil {
		return at(seal.name, err)
	}
	return nil
}

func (e *Entry) parse(text, checkpoint []byte) error {
	t, err := ParseTlogProof(text)
	if err != nil {
		return err
	}
	var x extraText
	if err := parseJSON(t.Extra, &x); err != nil {
		return err
	}
	if x.Sparse == nil || x.Fields == nil {
		return fail("proof", "json")
	}
	if !bytes.Equal(t.Checkpoint, checkpoint) {
		return fail("proof", "checkpoint")
	}
	*e = Entry{Index: t.Index, Leaf: x.Leaf, Inclusion: t.Inclusion, Fields: x.Fields, Sparse: *x.Sparse}
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
