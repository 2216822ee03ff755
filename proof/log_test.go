package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// testLog is a whole ledger in memory, made with x/mod and this package's leaf
// functions. It is deterministic for a seed.
type testLog struct {
	t      testing.TB
	rnd    *rand.ChaCha8
	origin string
	signer note.Signer
	vkey   string
	leaves [][]byte
	hashes []tlog.Hash
	keys   [][]byte // the entry keys
	fields [][]Field
	lines  []map[Hash]Line // by record key
	pairs  [][]Pair
	clock  uint64
}

func newTestLog(t testing.TB, origin string, seed byte) *testLog {
	l := &testLog{t: t, rnd: rand.NewChaCha8([32]byte{seed}), origin: origin, clock: 1_790_000_000_000_000}
	skey, vkey, err := note.GenerateKey(l.rnd, origin)
	if err != nil {
		t.Fatal(err)
	}
	l.vkey = vkey
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *testLog) random(n int) []byte {
	b := make([]byte, n)
	l.rnd.Read(b)
	return b
}

func (l *testLog) ReadHashes(ix []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(ix))
	for i, x := range ix {
		out[i] = l.hashes[x]
	}
	return out, nil
}

// add appends an entry and returns its index. The lines are those of the persons
// it is about, by record key.
func (l *testLog) add(kind Kind, fields []Field, lines map[Hash]Line) uint64 {
	leaf := Leaf{Kind: kind, Request: [16]byte(l.random(16)), Micros: l.clock, Subjects: uint32(len(lines))}
	l.clock += 1_000_000
	var pairs []Pair
	for ks, line := range lines {
		tag := Tag(ks[:], leaf.Request)
		pairs = append(pairs, Pair{tag, LineHash(ValueKey(ks[:], leaf.Request), line.Encode())})
		if len(lines) == 1 {
			leaf.Tag = tag
		}
	}
	l.lines = append(l.lines, lines)
	return l.put(leaf, fields, pairs)
}

// enrol appends the entry that pins the record keys of people.
func (l *testLog) enrol(people map[ID]Hash) uint64 {
	leaf := Leaf{Kind: KindEnrolment, Request: [16]byte(l.random(16)), Micros: l.clock, Subjects: uint32(len(people))}
	var pairs []Pair
	for id, ks := range people {
		c := SubjectCommitment(ks[:], id)
		pairs = append(pairs, Pair{c, EnrolledHash(c)})
	}
	l.lines = append(l.lines, nil)
	return l.put(leaf, []Field{{"actor", "import-7"}}, pairs)
}

func (l *testLog) put(leaf Leaf, fields []Field, pairs []Pair) uint64 {
	ek := l.random(32)
	for i, f := range fields {
		leaf.Commitments = append(leaf.Commitments, Commit(Salt(ek, i), f))
	}
	root, err := SparseRoot(pairs)
	if err != nil {
		l.t.Fatal(err)
	}
	leaf.Root = root
	return l.raw(leaf.Encode(), ek, fields, pairs)
}

func (l *testLog) raw(leaf, ek []byte, fields []Field, pairs []Pair) uint64 {
	n := int64(len(l.leaves))
	hs, err := tlog.StoredHashes(n, leaf, l)
	if err != nil {
		l.t.Fatal(err)
	}
	l.hashes = append(l.hashes, hs...)
	l.leaves, l.keys = append(l.leaves, leaf), append(l.keys, ek)
	l.fields, l.pairs = append(l.fields, fields), append(l.pairs, pairs)
	return uint64(n)
}

func (l *testLog) size() int64 { return int64(len(l.leaves)) }

func (l *testLog) text(size int64) string {
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%d\n%s\n", l.origin, size, root)
}

// checkpoint signs the head of this size; witnesses add their lines.
func (l *testLog) checkpoint(size int64, witnesses ...*testWitness) []byte {
	signers := []note.Signer{l.signer}
	for _, w := range witnesses {
		signers = append(signers, w)
	}
	signed, err := note.Sign(&note.Note{Text: l.text(size)}, signers...)
	if err != nil {
		l.t.Fatal(err)
	}
	return signed
}

func (l *testLog) inclusion(index uint64, size int64) []Hash {
	p, err := tlog.ProveRecord(size, int64(index), l)
	if err != nil {
		l.t.Fatal(err)
	}
	return fromTlog(p)
}

func (l *testLog) consistency(older, newer int64) []Hash {
	p, err := tlog.ProveTree(newer, older, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return fromTlog(p)
}

func fromTlog(p []tlog.Hash) []Hash {
	var out []Hash
	for _, h := range p {
		out = append(out, Hash(h))
	}
	return out
}

// opened opens the fields named, or all.
func (l *testLog) opened(index uint64, which ...int) []Opened {
	var out []Opened
	for i, f := range l.fields[index] {
		if len(which) > 0 && !slices.Contains(which, i) {
			continue
		}
		out = append(out, Opened{i, f.Name, Salt(l.keys[index], i), f.Value})
	}
	return out
}

// entry makes a pack's entry about the person.
func (l *testLog) entry(index uint64, size int64, ks Hash, which ...int) Entry {
	leaf, err := DecodeLeaf(l.leaves[index])
	if err != nil {
		l.t.Fatal(err)
	}
	e := Entry{Index: index, Leaf: l.leaves[index], Inclusion: l.inclusion(index, size), Fields: l.opened(index, which...)}
	if line, ok := l.lines[index][ks]; ok {
		e.Line = &line
	}
	e.Sparse = l.sparse(index, Tag(ks[:], leaf.Request))
	return e
}

func (l *testLog) sparse(index uint64, key Hash) *SparseProof {
	p, err := ProveSparse(l.pairs[index], key)
	if err != nil {
		l.t.Fatal(err)
	}
	return &p
}

// bare makes a pack's entry that shows nobody.
func (l *testLog) bare(index uint64, size int64, which ...int) Entry {
	return Entry{Index: index, Leaf: l.leaves[index], Inclusion: l.inclusion(index, size), Fields: l.opened(index, which...)}
}

// persons opens everybody an entry is about, or only one.
func (l *testLog) persons(index uint64, only ...Hash) []Person {
	leaf, err := DecodeLeaf(l.leaves[index])
	if err != nil {
		l.t.Fatal(err)
	}
	var out []Person
	for ks, line := range l.lines[index] {
		if len(only) == 0 || only[0] == ks {
			out = append(out, Person{Tag(ks[:], leaf.Request), ValueKey(ks[:], leaf.Request), line})
		}
	}
	slices.SortFunc(out, func(a, b Person) int { return bytes.Compare(a.Tag[:], b.Tag[:]) })
	return out
}

// testWitness signs with the 0x04 signature of c2sp.org/tlog-cosignature.
type testWitness struct {
	name  string
	key   ed25519.PrivateKey
	time  uint64
	forge int // if set: so many bytes instead of a signature
}

func newTestWitness(name string, seed byte, time uint64) *testWitness {
	return &testWitness{name, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), time, 0}
}

func (w *testWitness) raw() []byte {
	return append([]byte{0x04}, w.key.Public().(ed25519.PublicKey)...)
}
func (w *testWitness) Name() string { return w.name }
func (w *testWitness) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(w.name+"\n"), w.raw()...))
	return binary.BigEndian.Uint32(sum[:])
}
func (w *testWitness) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", w.name, w.KeyHash(), base64.StdEncoding.EncodeToString(w.raw()))
}

// forged writes lines in the witness's name without its key.
func (w *testWitness) forged(n int) *testWitness {
	f := *w
	f.forge = n
	return &f
}

func (w *testWitness) Sign(msg []byte) ([]byte, error) {
	if w.forge > 0 {
		return make([]byte, 8+w.forge), nil
	}
	m := fmt.Sprintf("cosignature/v1\ntime %d\n%s", w.time, msg)
	return append(binary.BigEndian.AppendUint64(nil, w.time), ed25519.Sign(w.key, []byte(m))...), nil
}

// world is one ledger with one person's pack, ready to be written.
type world struct {
	log     *testLog
	ks      Hash
	other   Hash
	subject ID
	w1, w2  *testWitness
	pack    *Pack
	policy  string
	// sealWitnesses sign the later checkpoint.
	sealWitnesses []*testWitness
	size          int64 // of the pack's checkpoint
	sealFields    []Field
	closings      []closing

	enrolled, one, many, none uint64 // entries
}

func newWorld(t testing.TB) *world { return makeWorld(t, nil) }

// enrolment is the entry that pins her record key, proven.
func (w *world) enrolment() *Entry {
	e := w.log.bare(w.enrolled, w.size)
	e.Sparse = w.log.sparse(w.enrolled, SubjectCommitment(w.ks[:], w.subject))
	return &e
}

// makeWorld lets change append to the log before the pack's checkpoint.
func makeWorld(t testing.TB, change func(*world)) *world {
	w := &world{
		log: newTestLog(t, "ledger.example.com/custody", 1),
		w1:  newTestWitness("witness.example.org", 1, 1_790_000_100),
		w2:  newTestWitness("second.example.net", 2, 1_790_000_200),
	}
	w.ks, w.other = Hash(w.log.random(32)), Hash(w.log.random(32))
	w.subject = ID(w.log.random(16))
	third := Hash(w.log.random(32))
	l := w.log
	l.add(KindGenesis, nil, nil)
	enrolled := l.enrol(map[ID]Hash{w.subject: w.ks, ID(l.random(16)): w.other, ID(l.random(16)): third})
	fields := []Field{{"actor", "agent-17"}, {"purpose", "telesales"}, {"field.phone", "masked"}, {"note", "\u2028 \\u2028 <&> \" \t 王"}}
	one := l.add(KindDisclosure, fields, map[Hash]Line{w.ks: {Shown: true, Version: 1}})
	many := l.add(KindDisclosure, fields, map[Hash]Line{w.ks: {Rule: "budget"}, w.other: {Shown: true, Version: 2}, third: {}})
	none := l.add(KindDisclosure, fields, map[Hash]Line{w.other: {Shown: true, Version: 2}})
	l.add(KindKeys, nil, nil)
	w.enrolled, w.one, w.many, w.none = enrolled, one, many, none
	if change != nil {
		change(w)
	}
	size := l.size()
	w.size = size
	w.pack = &Pack{
		Info: Info{
			Kind: KindSubject, Subject: &w.subject, RecordKey: &w.ks, RootKey: RootKeyFile,
			From: 1_790_000_000_000_000, Until: 1_790_000_100_000_000, Created: 1_790_000_100_000_000,
			Origin: l.origin, Log: l.vkey, Witnesses: []string{w.w1.vkey(), w.w2.vkey()}, Entries: 2,
			Outside: []Outside{{"Notary & Sons 公证", w.w1.vkey()}},
		},
		Enrolment:  w.enrolment(),
		Entries:    []Entry{l.entry(one, size, w.ks), l.entry(many, size, w.ks, 0, 2), l.entry(none, size, w.ks, 1)},
		Checkpoint: l.checkpoint(size, w.w1),
	}
	w.sealWitnesses = []*testWitness{w.w2}
	w.policy = fmt.Sprintf("log %s\nwitness a %s\nwitness b %s https://w.example\ngroup both all a b\nquorum both\n", l.vkey, w.w1.vkey(), w.w2.vkey())
	return w
}

// seal appends the pack's entry to the log and proves it.
func (w *world) seal(manifest Hash) (*Sealed, error) {
	l := w.log
	fields := w.sealFields
	if fields == nil {
		fields = []Field{{"actor", "officer-1"}, {ManifestField, manifest.String()}}
	}
	index := l.add(KindPack, fields, nil)
	l.add(KindKeys, nil, nil)
	return &Sealed{
		Index: index, Leaf: l.leaves[index], Inclusion: l.inclusion(index, l.size()),
		Fields: l.opened(index), Checkpoint: l.checkpoint(l.size(), w.sealWitnesses...),
		Consistency: l.consistency(w.size, l.size()),
	}, nil
}

func (w *world) write() []byte {
	w.log.t.Helper()
	var out bytes.Buffer
	if err := w.pack.Write(&out, w.seal); err != nil {
		w.log.t.Fatal(err)
	}
	return out.Bytes()
}

func read(file []byte) (*Pack, error) { return ReadPack(bytes.NewReader(file), int64(len(file))) }

func (w *world) parsedPolicy() *Policy {
	p, err := ParsePolicy([]byte(w.policy))
	if err != nil {
		w.log.t.Fatal(err)
	}
	return p
}
