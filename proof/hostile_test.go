package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// refused says whether a file is refused as a pack, by reading or by checking.
func refused(file []byte) error {
	p, err := read(file)
	if err == nil {
		_, err = Verify(p, nil)
	}
	return err
}

// TestEveryByteCounts: a pack with any one byte changed is refused, and so is one
// with a byte more or less. It needs no policy: the keys pack.json names will do.
func TestEveryByteCounts(t *testing.T) {
	file := newWorld(t).write()
	if err := refused(file); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		if refused(bad) == nil {
			t.Fatalf("byte %d of %d changed: still verifies", i, len(file))
		}
	}
	for _, bad := range [][]byte{file[:len(file)-1], append(bytes.Clone(file), 0), append([]byte{0}, file...), nil, []byte("PK")} {
		if refused(bad) == nil {
			t.Fatal("a longer, shorter or empty file verifies")
		}
	}
}

func TestRandomBitsAndBytesCount(t *testing.T) {
	file := newWorld(t).write()
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		bad := bytes.Clone(file)
		i, change := rnd.IntN(len(bad)), byte(1+rnd.IntN(255))
		bad[i] ^= change
		if refused(bad) == nil {
			t.Fatalf("byte %d xor %#x: still verifies", i, change)
		}
	}
}

// resealed writes the zip of a pack that somebody without the log's key has
// changed: manifest and zip are made anew, the seal is the old one.
func resealed(p *Pack) []byte {
	body := p.body()
	p.Manifest = listMembers(body)
	return encodeZip(append(body, member{manifestMember, p.manifest()}, member{sealMember, p.Sealed.encode()}))
}

// why is the reason and the place of a failure.
func why(t *testing.T, err error) string {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("not a failure with a sentence: %v", err)
	}
	if _, ok := reasons[f.Why]; !ok {
		t.Fatalf("reason %q has no sentence", f.Why)
	}
	return f.Where + " " + f.Why
}

const firstEntry, secondEntry, thirdEntry = "entries/000001.tlog-proof", "entries/000002.tlog-proof", "entries/000003.tlog-proof"

// change is one thing that somebody can do to a pack, and what is said of it.
type change struct {
	name, want string
	do         func(w *world)
}

// changes are what somebody without the log's key can do to a pack and its manifest.
func changes(t testing.TB) []change {
	foreign := newTestLog(t, "ledger.example.com/custody", 9)
	for range 9 {
		foreign.add(KindKeys, nil, nil)
	}
	stranger := newTestWitness("stranger.example", 3, 5)
	return []change{
		{"nothing", "", func(w *world) {}},
		{"openings swapped between entries", firstEntry + " opening", func(w *world) {
			e := w.pack.Entries
			e[0].Fields, e[2].Fields = e[2].Fields, e[0].Fields
		}},
		{"lines swapped between entries", firstEntry + " sparse", func(w *world) {
			e := w.pack.Entries
			e[0].Line, e[1].Line = e[1].Line, e[0].Line
		}},
		{"proofs swapped between entries", firstEntry + " inclusion", func(w *world) {
			e := w.pack.Entries
			e[0].Inclusion, e[1].Inclusion = e[1].Inclusion, e[0].Inclusion
		}},
		{"leaves swapped between entries", firstEntry + " inclusion", func(w *world) {
			e := w.pack.Entries
			e[0].Leaf, e[1].Leaf = e[1].Leaf, e[0].Leaf
		}},
		{"another subject's key", "enrolment.tlog-proof enrolment", func(w *world) { w.pack.Info.RecordKey = &w.other }},
		{"another subject", "enrolment.tlog-proof enrolment", func(w *world) {
			s := w.subject
			s[0] ^= 1
			w.pack.Info.Subject = &s
		}},
		{"another subject's line", secondEntry + " sparse", func(w *world) {
			w.pack.Entries[1] = w.log.entry(w.pack.Entries[1].Index, w.size, w.other)
		}},
		{"a checkpoint of another log of the same name", "checkpoint unsigned", func(w *world) {
			w.pack.Checkpoint = foreign.checkpoint(w.size)
		}},
		{"a checkpoint of another name", "checkpoint origin", func(w *world) {
			other := *w.log
			other.origin = "ledger.example.com/other"
			w.pack.Checkpoint = other.checkpoint(w.size)
		}},
		{"a checkpoint of another size", "enrolment.tlog-proof inclusion", func(w *world) {
			w.pack.Checkpoint = w.log.checkpoint(w.size-1, w.w1)
		}},
		{"an index beyond the checkpoint", firstEntry + " inclusion", func(w *world) { w.pack.Entries[0].Index = 1 << 40 }},
		{"a signature by a stranger", "checkpoint stranger", func(w *world) {
			w.pack.Checkpoint = w.log.checkpoint(w.size, w.w1, stranger)
		}},
		{"a cosignature cut short", "checkpoint signature", func(w *world) {
			w.pack.Checkpoint = w.log.checkpoint(w.size, w.w1.forged(40))
		}},
		{"the log's name on nothing", "checkpoint signature", func(w *world) {
			c := w.pack.Checkpoint
			at := bytes.LastIndex(c, []byte("— "))
			line := bytes.Clone(c[bytes.Index(c, []byte("— ")):at])
			line[len(line)-12] ^= 1
			w.pack.Checkpoint = append(c[:len(c)-len(c[bytes.Index(c, []byte("— ")):])], line...)
		}},
		{"a signature twice", "checkpoint repeated", func(w *world) {
			c := w.pack.Checkpoint
			w.pack.Checkpoint = append(bytes.Clone(c), c[bytes.LastIndex(c, []byte("— ")):]...)
		}},
		{"a witness's name on nothing", "checkpoint signature", func(w *world) {
			w.pack.Checkpoint = w.log.checkpoint(w.size, w.w1.forged(64))
		}},
		{"an entry removed", "pack.json count", func(w *world) { w.pack.Entries = w.pack.Entries[1:] }},
		{"an entry removed and counted", "manifest.tlog-proof other-pack", func(w *world) {
			w.pack.Entries = w.pack.Entries[1:]
			w.pack.Info.Entries = 1
		}},
		{"an entry twice", secondEntry + " entry-order", func(w *world) { w.pack.Entries[1] = w.pack.Entries[0] }},
		{"entries out of order", secondEntry + " entry-order", func(w *world) {
			e := w.pack.Entries
			e[0], e[1] = e[1], e[0]
		}},
		{"presence said to be absence", firstEntry + " sparse", func(w *world) { w.pack.Entries[0].Line = nil }},
		{"absence said to be presence", thirdEntry + " sparse", func(w *world) { w.pack.Entries[2].Line = &Line{} }},
		{"absence by a key in another place", secondEntry + " sparse", func(w *world) {
			// Another person's true proof, passed off as what is in her place.
			e := &w.pack.Entries[1]
			leaf, _ := DecodeLeaf(e.Leaf)
			for _, p := range w.log.pairs[e.Index] {
				if q, _ := ProveSparse(w.log.pairs[e.Index], p.Key); p.Key != Tag(w.ks[:], leaf.Request) && len(q.Siblings) > 0 {
					e.Line, e.Sparse = nil, &SparseProof{q.Siblings, &p}
				}
			}
			w.pack.Info.Entries = 1
		}},
		{"a shown line said to be refused", firstEntry + " sparse", func(w *world) { w.pack.Entries[0].Line = &Line{Version: 1} }},
		{"a line that is not UTF-8", firstEntry + " text", func(w *world) { w.pack.Entries[0].Line = &Line{Rule: "\xff"} }},
		{"a field that is not UTF-8", firstEntry + " text", func(w *world) { w.pack.Entries[0].Fields[0].Value = "\xff" }},
		{"a field name that is not UTF-8", firstEntry + " text", func(w *world) { w.pack.Entries[0].Fields[0].Name = "\xff" }},
		{"a field changed", firstEntry + " opening", func(w *world) { w.pack.Entries[0].Fields[1].Value = "service" }},
		{"a field renamed", firstEntry + " opening", func(w *world) { w.pack.Entries[0].Fields[1].Name = "reason" }},
		{"a salt changed", firstEntry + " opening", func(w *world) { w.pack.Entries[0].Fields[1].Salt[0]++ }},
		{"a field opened twice", firstEntry + " opening", func(w *world) {
			f := w.pack.Entries[0].Fields
			w.pack.Entries[0].Fields = append(f[:1:1], f...)
		}},
		{"a field too many", firstEntry + " opening", func(w *world) { w.pack.Entries[0].Fields[3].I = 4 }},
		{"a leaf that is none", firstEntry + " leaf", func(w *world) { w.pack.Entries[0].Leaf = []byte("leaf") }},
		{"an enrolment with a line", "enrolment.tlog-proof entry-kind", func(w *world) { w.pack.Enrolment.Line = &Line{} }},
		{"another entry as enrolment", "enrolment.tlog-proof entry-kind", func(w *world) { w.pack.Enrolment = &w.pack.Entries[2] }},
		{"a narrower window", thirdEntry + " entry-time", func(w *world) { w.pack.Info.Until = w.pack.Info.From + 3_000_000 }},
		{"a later window", firstEntry + " entry-time", func(w *world) { w.pack.Info.From += 3_000_000 }},
		{"a window of nothing", "pack.json window", func(w *world) { w.pack.Info.From = w.pack.Info.Until }},
		{"a window beyond JSON", "pack.json window", func(w *world) { w.pack.Info.Until = 1 << 53 }},
		{"made beyond JSON", "pack.json window", func(w *world) { w.pack.Info.Created = 1 << 53 }},
		{"another kind", "pack.json kind", func(w *world) { w.pack.Info.Kind = "case" }},
		{"no word about the root key", "pack.json root-key", func(w *world) { w.pack.Info.RootKey = "" }},
		{"no log key", "pack.json key", func(w *world) { w.pack.Info.Log = "x" }},
		{"a witness key as log key", "pack.json key", func(w *world) { w.pack.Info.Log = w.w1.vkey() }},
		{"a log key as witness key", "pack.json key", func(w *world) { w.pack.Info.Witnesses[1] = w.log.vkey }},
		{"a log of another name", "pack.json origin", func(w *world) { w.pack.Info.Origin = "example.com" }},
		{"another page", "manifest.tlog-proof other-pack", func(w *world) { w.pack.Page = []byte("all is well") }},
		{"a field less", "manifest.tlog-proof other-pack", func(w *world) { w.pack.Entries[0].Fields = nil }},
		{"an entry about nobody less", "manifest.tlog-proof other-pack", func(w *world) { w.pack.Entries = w.pack.Entries[:2] }},
		{"a checkpoint without its witness", "manifest.tlog-proof other-pack", func(w *world) {
			w.pack.Checkpoint = w.log.checkpoint(w.size)
		}},
		{"the seal of no entry", "manifest.tlog-proof inclusion", func(w *world) { w.pack.Sealed.Index++ }},
		{"the seal without its opening", "manifest.tlog-proof other-pack", func(w *world) {
			w.pack.Sealed.Fields = w.pack.Sealed.Fields[:1]
		}},
		{"the seal's leaf is none", "manifest.tlog-proof leaf", func(w *world) { w.pack.Sealed.Leaf = nil }},
		{"the seal under a foreign checkpoint", "manifest.tlog-proof unsigned", func(w *world) {
			w.pack.Sealed.Checkpoint = foreign.checkpoint(foreign.size())
		}},
		{"the seal under no checkpoint", "manifest.tlog-proof malformed", func(w *world) { w.pack.Sealed.Checkpoint = []byte("x") }},
		{"the seal without consistency", "manifest.tlog-proof consistency", func(w *world) { w.pack.Sealed.Consistency = nil }},
		{"an entry of another kind as the seal", "manifest.tlog-proof entry-kind", func(w *world) {
			s := w.pack.Sealed
			s.Index++
			s.Leaf, s.Fields = w.log.leaves[s.Index], nil
			s.Inclusion = w.log.inclusion(s.Index, w.log.size())
		}},
	}
}

func TestAChangedPackIsRefused(t *testing.T) {
	for _, c := range changes(t) {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.write()
			c.do(w)
			err := refused(resealed(w.pack))
			if c.want == "" && err == nil {
				return
			}
			if !strings.Contains(c.want, "UTF-8") && strings.HasSuffix(c.want, " text") {
				// JSON replaces such bytes, so a file cannot hold them; a maker can.
				_, err = Verify(w.pack, nil)
			}
			if got := why(t, err); got != c.want {
				t.Fatalf("refused with %q, want %q", got, c.want)
			}
		})
	}
}

// lie lets the log itself record a leaf that its own rules do not allow, and
// makes the person's entry of it.
func (w *world) lie(leaf Leaf, pairs []Pair, line *Line) Entry {
	l := w.log
	root, err := SparseRoot(pairs)
	if err != nil {
		l.t.Fatal(err)
	}
	leaf.Root = root
	index := l.raw(leaf.Encode(), l.random(32), nil, pairs)
	l.lines = append(l.lines, nil)
	e := Entry{Index: index, Leaf: l.leaves[index], Line: line}
	e.Sparse = l.sparse(index, Tag(w.ks[:], leaf.Request))
	return e
}

// enrolAgain pins the person's record key a second time, in an entry that counts n.
func (w *world) enrolAgain(n uint32) {
	c := SubjectCommitment(w.ks[:], w.subject)
	e := w.lie(Leaf{Kind: KindEnrolment, Micros: w.log.clock, Subjects: n}, []Pair{{c, EnrolledHash(c)}}, nil)
	e.Sparse = &SparseProof{}
	w.pack.Enrolment = &e
}

// lies are leaves that the ledger signed and that contradict themselves, each in
// a pack that is sealed as it should be.
func lies() []change {
	line := &Line{Shown: true, Version: 1}
	pair := func(ks Hash, request [16]byte) Pair {
		return Pair{Tag(ks[:], request), LineHash(ValueKey(ks[:], request), line.Encode())}
	}
	made := []struct {
		name, want string
		make       func(w *world) Entry
	}{
		{"honest", "", func(w *world) Entry {
			p := pair(w.ks, [16]byte{})
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 1, Tag: p.Key}, []Pair{p}, line)
		}},
		{"n is too small", "entries/000001.tlog-proof subjects", func(w *world) Entry {
			p, q := pair(w.ks, [16]byte{}), pair(w.other, [16]byte{})
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 1, Tag: p.Key}, []Pair{p, q}, line)
		}},
		{"n is 0 and somebody is there", "entries/000001.tlog-proof subjects", func(w *world) Entry {
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock}, []Pair{pair(w.other, [16]byte{})}, nil)
		}},
		{"a tag of nobody", "entries/000001.tlog-proof tag", func(w *world) Entry {
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 1, Tag: Hash{1}}, []Pair{pair(w.ks, [16]byte{})}, line)
		}},
		{"a tag in an entry about many", "entries/000001.tlog-proof tag", func(w *world) Entry {
			p, q := pair(w.ks, [16]byte{}), pair(w.other, [16]byte{})
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 2, Tag: p.Key}, []Pair{p, q}, line)
		}},
		{"a tag of nobody in an entry about many", "entries/000001.tlog-proof tag", func(w *world) Entry {
			p, q := pair(w.ks, [16]byte{}), pair(w.other, [16]byte{})
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 2, Tag: Hash{1}}, []Pair{p, q}, line)
		}},
		{"an entry before the enrolment", "entries/000001.tlog-proof entry-order", func(w *world) Entry {
			w.enrolAgain(1)
			return w.log.entry(2, w.log.size(), w.ks)
		}},
		{"an enrolment of nobody", "enrolment.tlog-proof subjects", func(w *world) Entry {
			w.enrolAgain(0)
			p := pair(w.ks, [16]byte{})
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 1, Tag: p.Key}, []Pair{p}, line)
		}},
		{"her tag on another's entry", "entries/000001.tlog-proof tag", func(w *world) Entry {
			return w.lie(Leaf{Kind: KindLookup, Micros: w.log.clock, Subjects: 1, Tag: pair(w.ks, [16]byte{}).Key}, []Pair{pair(w.other, [16]byte{})}, nil)
		}},
		{"time goes back", "entries/000002.tlog-proof entry-time", func(w *world) Entry {
			p := pair(w.ks, [16]byte{})
			e := w.lie(Leaf{Kind: KindLookup, Micros: w.pack.Info.From, Subjects: 1, Tag: p.Key}, []Pair{p}, line)
			return e
		}},
	}
	var out []change
	for _, c := range made {
		out = append(out, change{c.name, c.want, func(w *world) {
			first := w.pack.Entries[0]
			w.pack.Entries, w.pack.Info.Entries = nil, 0
			if strings.HasPrefix(c.want, secondEntry) {
				w.pack.Entries, w.pack.Info.Entries = []Entry{first}, 1
			}
			e := c.make(w)
			w.pack.Entries = append(w.pack.Entries, e)
			if e.Line != nil {
				w.pack.Info.Entries++
			}
			w.size = w.log.size()
			w.pack.Checkpoint = w.log.checkpoint(w.size)
			w.pack.Enrolment.Inclusion = w.log.inclusion(w.pack.Enrolment.Index, w.size)
			for i := range w.pack.Entries {
				w.pack.Entries[i].Inclusion = w.log.inclusion(w.pack.Entries[i].Index, w.size)
			}
		}})
	}
	return out
}

// unchecked writes a pack as Write does, without looking at it.
func (w *world) unchecked() []byte {
	w.pack.Info.Format = packFormat
	if w.pack.Page == nil {
		head, err := ParseCheckpoint(w.pack.Checkpoint)
		if err != nil {
			w.log.t.Fatal(err)
		}
		w.pack.Page = w.pack.page(head)
	}
	w.pack.Manifest = listMembers(w.pack.body())
	var err error
	if w.pack.Sealed, err = w.seal(sha256.Sum256(w.pack.manifest())); err != nil {
		w.log.t.Fatal(err)
	}
	return resealed(w.pack)
}

func TestALyingLedgerIsRefused(t *testing.T) {
	for _, c := range lies() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.do(w)
			err := refused(w.unchecked())
			if c.want == "" && err == nil {
				return
			}
			if got := why(t, err); got != c.want {
				t.Fatalf("refused with %q, want %q", got, c.want)
			}
			w = newWorld(t)
			c.do(w)
			if err := w.pack.Write(new(bytes.Buffer), w.seal); why(t, err) != c.want {
				t.Fatalf("written: %v", err)
			}
		})
	}
}

// TestASealOfTheWrongManifest: the record of one manifest does not serve another,
// and Write hands out nothing that would not verify.
func TestASealOfTheWrongManifest(t *testing.T) {
	broken := errors.New("the ledger is away")
	cases := []struct {
		name, want string
		seal       func(w *world, m Hash) (*Sealed, error)
	}{
		{"other manifest", "manifest.tlog-proof other-pack", func(w *world, m Hash) (*Sealed, error) { m[0] ^= 1; return w.seal(m) }},
		{"record that says it twice", "manifest.tlog-proof other-pack", func(w *world, m Hash) (*Sealed, error) {
			f := Field{ManifestField, m.String()}
			w.sealFields = []Field{f, f}
			return w.seal(m)
		}},
		{"no record", "", func(*world, Hash) (*Sealed, error) { return nil, broken }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			var out bytes.Buffer
			err := w.pack.Write(&out, func(m Hash) (*Sealed, error) { return c.seal(w, m) })
			if out.Len() > 0 {
				t.Fatal("a pack was written")
			}
			if c.want == "" {
				if !errors.Is(err, broken) {
					t.Fatal(err)
				}
				return
			}
			if got := why(t, err); got != c.want {
				t.Fatalf("refused with %q, want %q", got, c.want)
			}
		})
	}
}

// TestTheSealIsLater: a record below the pack's checkpoint cannot be its record.
func TestTheSealIsLater(t *testing.T) {
	w := newWorld(t)
	w.write()
	manifest := sha256.Sum256(w.pack.manifest())
	later, err := ParseCheckpoint(w.pack.Sealed.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	just := later
	just.Size = w.pack.Sealed.Index + 1
	if err := w.pack.Sealed.check(just, later, manifest); why(t, err) != " seal-order" {
		t.Fatal(err)
	}
}

func TestAManifestThatDoesNotList(t *testing.T) {
	w := newWorld(t)
	w.write()
	for name, change := range map[string]func(m []Member) []Member{
		"manifest.json members":         func(m []Member) []Member { return m[1:] },
		"manifest.json members  ":       func(m []Member) []Member { return m[:len(m)-1] },
		"manifest.json members   ":      func(m []Member) []Member { return append(m, m[0]) },
		"manifest.json members ":        func(m []Member) []Member { m[2].Name = m[3].Name; return m },
		"page.html manifest":            func(m []Member) []Member { m[6].SHA256[0]++; return m },
		firstEntry + " manifest":        func(m []Member) []Member { m[2].SHA256[0]++; return m },
		"checkpoint manifest":           func(m []Member) []Member { m[5].SHA256[0]++; return m },
		"pack unsealed":                 nil,
		"pack.json manifest":            func(m []Member) []Member { m[0].SHA256[0]++; return m },
		"enrolment.tlog-proof manifest": func(m []Member) []Member { m[1].SHA256[0]++; return m },
	} {
		p := *w.pack
		if change == nil {
			p.Sealed = nil
		} else {
			p.Manifest = change(append([]Member{}, p.Manifest...))
		}
		_, err := Verify(&p, nil)
		if got := why(t, err); got != strings.TrimSpace(name) {
			t.Errorf("refused with %q, want %q", got, name)
		}
	}
}

func TestEverySentenceIsInBothLanguages(t *testing.T) {
	for id, s := range reasons {
		if s.Zh == "" || s.En == "" || strings.Contains(s.En, "%") {
			t.Errorf("%s: %+v", id, s)
		}
	}
	f := &Failure{Where: "page.html", Why: "no-such-reason"}
	if f.Error() != "page.html: it is not in the form the format asks for." || f.Sentence().Zh != "page.html：格式不符合规定。" {
		t.Fatal(f.Error(), f.Sentence().Zh)
	}
	if why(t, at("x", errors.New("other"))) != "x malformed" {
		t.Fatal("a foreign error lost its place")
	}
}

func TestHexIsStrict(t *testing.T) {
	var h Hash
	for _, bad := range []string{"", "00", strings.Repeat("g", 64), strings.Repeat("A", 64), strings.Repeat("0", 66)} {
		if h.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%d digits accepted", len(bad))
		}
	}
	if err := h.UnmarshalText([]byte(hex.EncodeToString(bytes.Repeat([]byte{171}, 32)))); err != nil || h[31] != 171 {
		t.Fatal(err)
	}
}
