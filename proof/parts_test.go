package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

func TestCheckpoint(t *testing.T) {
	w := newWorld(t)
	signed := w.log.checkpoint(w.size, w.w1, w.w2)
	c, err := ParseCheckpoint(signed)
	if err != nil || c.Origin != w.log.origin || c.Size != uint64(w.size) || len(c.Signatures) != 3 {
		t.Fatal(c, err)
	}
	log, err := ParseLogKey(w.log.vkey)
	if err != nil || log.String() != w.log.vkey {
		t.Fatal(log, err)
	}
	if err := c.Signed(log); err != nil {
		t.Fatal(err)
	}
	witness, err := ParseWitnessKey(w.w2.vkey())
	if err != nil {
		t.Fatal(err)
	}
	when, ok, err := c.Cosigned(witness)
	if err != nil || !ok || when.Unix() != 1_790_000_200 || when.Location() != time.UTC {
		t.Fatal(when, ok, err)
	}
	renamed := log
	renamed.Name = "another"
	if why(t, c.Signed(renamed)) != "checkpoint origin" {
		t.Fatal("another log's name was accepted")
	}
	later := *w.w2
	later.time -= 50
	c, err = ParseCheckpoint(w.log.checkpoint(w.size, w.w2, &later))
	if err != nil {
		t.Fatal(err)
	}
	if when, _, _ := c.Cosigned(witness); len(c.Signatures) != 3 || when.Unix() != 1_790_000_150 {
		t.Fatalf("of two signatures of one witness the earlier does not count: %v", when)
	}
	later.time = 1 << 63
	c, err = ParseCheckpoint(w.log.checkpoint(w.size, &later))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := c.Cosigned(witness); ok || err == nil {
		t.Fatal("a time beyond all clocks was accepted")
	}
}

// TestKeysAgreeWithNote: the example key of the specification, and x/mod's own.
func TestKeysAgreeWithNote(t *testing.T) {
	w := newWorld(t)
	v, err := note.NewVerifier(w.log.vkey)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseLogKey(w.log.vkey)
	if err != nil || k.Name != v.Name() || k.ID != v.KeyHash() {
		t.Fatal(k, err)
	}
	text := []byte(w.log.text(w.size))
	signed, err := note.Open(w.log.checkpoint(w.size), note.VerifierList(v))
	if err != nil || signed.Text != string(text) {
		t.Fatal(err)
	}
	bad := []string{
		"", "x", "x+y", "x+00000000+", strings.Replace(w.log.vkey, "ledger", "Ledger", 1), w.log.vkey + "\n",
		w.w1.vkey(), " " + w.log.vkey, strings.ToUpper(w.log.vkey), w.log.vkey[:len(w.log.vkey)-4],
	}
	for _, s := range bad {
		if _, err := ParseLogKey(s); err == nil {
			t.Errorf("%q is taken for a log's key", s)
		}
	}
	if _, err := ParseWitnessKey(w.log.vkey); err == nil {
		t.Error("a log's key is taken for a witness's")
	}
}

func TestCheckpointsThatAreNone(t *testing.T) {
	w := newWorld(t)
	good := string(w.log.checkpoint(w.size))
	root := strings.Split(good, "\n")[2]
	line := good[strings.Index(good, "— "):]
	head := good[:strings.Index(good, "— ")]
	if _, err := ParseCheckpoint([]byte(head + strings.Repeat(line, maxSignatures))); err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"empty":           "",
		"no signature":    head,
		"no newline":      strings.TrimSuffix(good, "\n"),
		"two lines":       "a\n1\n\n" + line,
		"no origin":       "\n1\n" + root + "\n\n" + line,
		"leading zero":    strings.Replace(good, "\n6\n", "\n06\n", 1),
		"plus":            strings.Replace(good, "\n6\n", "\n+6\n", 1),
		"too large":       strings.Replace(good, "\n6\n", "\n9223372036854775808\n", 1),
		"short root":      strings.Replace(good, root, root[4:], 1),
		"root not base64": strings.Replace(good, root, "!"+root[1:], 1),
		"carriage return": strings.Replace(good, "\n", "\r\n", 1),
		"tab":             strings.Replace(good, "ledger", "led\tger", 1),
		"not UTF-8":       strings.Replace(good, "ledger", "led\xffger", 1),
		"dash":            strings.Replace(good, "— ", "- ", 1),
		"short signature": head + "— x AAAAAA==\n",
		"no name":         head + "—  AAAAAAAA\n",
		"bad name":        head + "— a+b AAAAAAAA\n",
		"not base64":      head + "— x AAAA AAAA\n",
		"too many":        head + strings.Repeat(line, maxSignatures+1),
	}
	for name, s := range bad {
		if _, err := ParseCheckpoint([]byte(s)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if why(t, err) != "checkpoint malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	extended := strings.Replace(good, root+"\n", root+"\nextension\n", 1)
	if c, err := ParseCheckpoint([]byte(extended)); err != nil || !strings.HasSuffix(c.Text, "\nextension\n") {
		t.Fatal("extension lines are optional and signed", err)
	}
}

func TestTlogProofText(t *testing.T) {
	for _, p := range []TlogProof{
		{Index: 0, Checkpoint: []byte("c\n")},
		{Extra: []byte("x"), Index: 1<<63 - 1, Inclusion: []Hash{{1}, {2}}, Checkpoint: []byte("a\n\nb\n")},
	} {
		got, err := ParseTlogProof(p.Format())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Fatal(diff)
		}
	}
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32))
	const first = "c2sp.org/tlog-proof@v1\n"
	bad := map[string]string{
		"empty": "", "one line": first + "\nc", "no blank line": first + "index 1\n", "another version": "c2sp.org/tlog-proof@v2\nindex 1\n\nc",
		"no index": first + hash + "\n\nc", "leading zero": first + "index 01\n\nc", "negative": first + "index -1\n\nc",
		"only extra": first + "extra AAAA\n\nc", "empty extra": first + "extra \nindex 1\n\nc",
		"extra not base64": first + "extra !\nindex 1\n\nc", "loose bits": first + "extra AB==\nindex 1\n\nc",
		"short hash": first + "index 1\nAAAA\n\nc", "hash not base64": first + "index 1\n!\n\nc",
		"bare index":      first + "1\n\nc",
		"index twice":     first + "index 1\nindex 1\n\nc",
		"too many hashes": first + "index 1\n" + strings.Repeat(hash+"\n", maxPath+1) + "\nc",
	}
	for name, s := range bad {
		if _, err := ParseTlogProof([]byte(s)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if why(t, err) != "proof malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInclusionAndConsistency(t *testing.T) {
	l := newTestLog(t, "log", 4)
	for range 20 {
		l.add(KindKeys, nil, nil)
	}
	head := func(n int64) Checkpoint {
		c, err := ParseCheckpoint(l.checkpoint(n))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for size := int64(1); size <= 20; size++ {
		for i := range uint64(size) {
			if err := CheckInclusion(head(size), i, l.leaves[i], l.inclusion(i, size)); err != nil {
				t.Fatalf("entry %d of %d: %v", i, size, err)
			}
			if CheckInclusion(head(size), i, l.leaves[(i+1)%20], l.inclusion(i, size)) == nil {
				t.Fatalf("another leaf is entry %d of %d", i, size)
			}
		}
		for old := int64(1); old <= size; old++ {
			if err := CheckConsistency(head(old), head(size), l.consistency(old, size)); err != nil {
				t.Fatalf("%d to %d: %v", old, size, err)
			}
		}
	}
	other := head(7)
	other.Root[0]++
	if CheckConsistency(other, head(20), l.consistency(7, 20)) == nil || CheckConsistency(head(20), head(7), nil) == nil {
		t.Fatal("inconsistent heads are consistent")
	}
	if CheckConsistency(Checkpoint{}, head(20), nil) == nil {
		t.Fatal("nothing is the prefix of everything, and proves nothing")
	}
	if LeafHash([]byte("x")) == (Hash{}) {
		t.Fatal("no leaf hash")
	}
}

func TestPolicyLines(t *testing.T) {
	w := newWorld(t)
	log, a, b := w.log.vkey, w.w1.vkey(), w.w2.vkey()
	c := newTestWitness("third.example", 7, 0).vkey()
	renamed := newTestWitness("first.again", 1, 0).vkey() // w1's public key
	three := "witness a " + a + "\nwitness b " + b + "\nwitness c " + c + "\n"
	cases := []struct{ name, text, want string }{
		{"smallest", "quorum none", ""},
		{"comments and blanks", "# c\n \t\n  # d\n\tlog\t" + log + "  \n quorum  none\n", ""},
		{"urls", "log " + log + " https://l\nwitness ü " + a + " https://w\nquorum ü\n", ""},
		{"groups in groups", three + "group g 1 a b\ngroup h all g c\nquorum h\n", ""},
		{"no quorum", "log " + log, "policy policy-quorum"},
		{"two quorums", "quorum none\nquorum none", "policy line 2 policy-twice"},
		{"unknown quorum", "quorum x", "policy line 1 policy-name"},
		{"unknown line", "logs x", "policy line 1 policy-line"},
		{"log without key", "log", "policy line 1 policy-line"},
		{"log with too much", "log a b c", "policy line 1 policy-line"},
		{"witness without key", "witness a", "policy line 1 policy-line"},
		{"witness with too much", "witness a b c d", "policy line 1 policy-line"},
		{"group without members", "group g any", "policy line 1 policy-line"},
		{"quorum with too much", "quorum a b", "policy line 1 policy-line"},
		{"log with a witness's key", "log " + a, "policy line 1 key"},
		{"witness with a log's key", "\nwitness a " + log, "policy line 2 key"},
		{"log twice", "log " + log + "\nlog " + log, "policy line 2 policy-twice"},
		{"witness twice under two names", "witness a " + a + "\nwitness b " + renamed, "policy line 2 policy-twice"},
		{"name twice", "witness a " + a + "\nwitness a " + b, "policy line 2 policy-name"},
		{"name of a group twice", three + "group a any b\nquorum a", "policy line 4 policy-name"},
		{"witness called none", "witness none " + a, "policy line 1 policy-name"},
		{"none as a member", "group g any none", "policy line 1 policy-name"},
		{"member unknown", "group g any x", "policy line 1 policy-name"},
		{"group in itself", three + "group g any g", "policy line 4 policy-name"},
		{"member in two groups", three + "group g any a\ngroup h any a", "policy line 5 policy-twice"},
		{"member twice in one", three + "group g any a a", "policy line 4 policy-twice"},
		{"threshold 0", three + "group g 0 a", "policy line 4 policy-k"},
		{"threshold too large", three + "group g 3 a b", "policy line 4 policy-k"},
		{"threshold no number", three + "group g most a b", "policy line 4 policy-k"},
		{"threshold 01", three + "group g 01 a b", "policy line 4 policy-k"},
		{"carriage return", "quorum none\r\n", "policy line 1 policy-bytes"},
		{"delete", "quorum none\x7f\n", "policy line 1 policy-bytes"},
		{"too large", strings.Repeat("#", maxPolicySize) + "\nquorum none", "policy too-large"},
	}
	for _, c := range cases {
		p, err := ParsePolicy([]byte(c.text))
		if c.want != "" {
			if got := why(t, err); got != c.want {
				t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		again, err := ParsePolicy(p.Format())
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(Key{})); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
}

func TestQuorum(t *testing.T) {
	w := newWorld(t)
	var three strings.Builder
	for i, name := range []string{"a", "b", "c"} {
		fmt.Fprintf(&three, "witness %s %s\n", name, newTestWitness("w", byte(20+i), 0).vkey())
	}
	log := "log " + w.log.vkey + "\n"
	cases := []struct {
		rule string
		met  string // the sets of signers that are enough, of all eight
	}{
		{"quorum none", ", a, b, c, ab, ac, bc, abc"},
		{"quorum b", "b, ab, bc, abc"},
		{"group g any a b\nquorum g", "a, b, ab, ac, bc, abc"},
		{"group g all a b c\nquorum g", "abc"},
		{"group g 2 a b c\nquorum g", "ab, ac, bc, abc"},
		{"group g any a b\ngroup h all g c\nquorum h", "ac, bc, abc"},
		{"group g all a b\ngroup h 1 g c\nquorum h", "c, ab, ac, bc, abc"},
	}
	for _, c := range cases {
		p, err := ParsePolicy([]byte(log + three.String() + c.rule))
		if err != nil {
			t.Fatal(err)
		}
		var met []string
		for _, set := range []string{"", "a", "b", "c", "ab", "ac", "bc", "abc"} {
			signed := map[string]bool{"stranger": true}
			for _, n := range strings.Split(set, "") {
				signed[n] = true
			}
			if p.Met(signed) {
				met = append(met, set)
			}
		}
		if got := strings.Join(met, ", "); got != c.met {
			t.Errorf("%q is met by %q, want %q", c.rule, got, c.met)
		}
	}
}

func TestVerifyWithPolicies(t *testing.T) {
	w := newWorld(t) // w1 signed the checkpoint, w2 the later one
	file := w.write()
	log := "log " + w.log.vkey + "\n"
	a, b := "witness a "+w.w1.vkey()+"\n", "witness b "+w.w2.vkey()+"\n"
	third := "witness c " + newTestWitness("third.example", 7, 0).vkey() + "\n"
	foreign := newTestLog(t, w.log.origin, 9)
	cases := []struct {
		name, policy, want string
		witnesses          int
		seal               bool
	}{
		{"no witness listed", log + "quorum none\n", "", 0, false},
		{"witness listed and not asked", log + a + third + "quorum none\n", "", 1, true},
		{"first signed", log + a + "quorum a\n", "", 1, false},
		{"second signed the later", log + b + "quorum b\n", "", 1, true},
		{"both", log + a + b + "group g all a b\nquorum g\n", "", 2, false},
		{"any", log + a + b + third + "group g any a b c\nquorum g\n", "", 2, true},
		{"third did not", log + third + "quorum c\n", "checkpoint policy-unmet", 0, false},
		{"two of which one did", log + a + third + "group g all a c\nquorum g\n", "checkpoint policy-unmet", 0, false},
		{"another log of the same name", "log " + foreign.vkey + "\nquorum none\n", "checkpoint policy-log", 0, false},
		{"no log", "quorum none\n", "policy policy-no-log", 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			policy, err := ParsePolicy([]byte(c.policy))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Verify(p, policy)
			if c.want != "" {
				if got := why(t, err); got != c.want || r.LogChecked {
					t.Fatalf("refused with %q, want %q", got, c.want)
				}
				return
			}
			if err != nil || !r.LogChecked || len(r.Witnesses) != c.witnesses || r.SealWitnessed != c.seal {
				t.Fatal(err, r.LogChecked, r.Witnesses, r.SealWitnessed)
			}
		})
	}
}

// TestAWitnessOfTheSameNameAndKeyID: key IDs have 32 bits, so a pack may name a
// key of its own with a policy witness's name and ID. The policy's key decides.
func TestAWitnessOfTheSameNameAndKeyID(t *testing.T) {
	w := newWorld(t)
	w.write()
	head, err1 := ParseCheckpoint(w.pack.Checkpoint)
	later, err2 := ParseCheckpoint(w.pack.Sealed.Checkpoint)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	policy := w.parsedPolicy()
	for i, want := range []string{"checkpoint signature", "manifest.tlog-proof signature"} {
		swapped := *policy
		swapped.Witnesses = append([]PolicyWitness{}, policy.Witnesses...)
		swapped.Witnesses[i].Key.public[0] ^= 1 // name and ID stay
		var r Report
		if got := why(t, r.apply(&swapped, w.log.vkey, head, later)); got != want || r.LogChecked {
			t.Errorf("refused with %q, want %q", got, want)
		}
	}
}

func TestReport(t *testing.T) {
	w := newWorld(t)
	p, err := read(w.write())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Verify(p, w.parsedPolicy())
	if err != nil {
		t.Fatal(err)
	}
	first := r.Entries[0]
	want := Fact{
		Index: 2, Time: time.Unix(1_790_000_001, 0).UTC(), Kind: KindDisclosure, Subjects: 1,
		Request: first.Request, Line: &Line{Shown: true, Version: 1}, Fields: w.log.fields[2],
	}
	if diff := cmp.Diff(want, first); diff != "" || first.Request == (ID{}) {
		t.Fatal(diff)
	}
	if r.Entries[1].Hidden != 2 || r.Entries[2].Line != nil || r.ByIndex != 2 || r.Enrolled.Kind != KindEnrolment || r.Sealed.Kind != KindPack {
		t.Fatalf("%+v", r)
	}
	if r.Size != 6 || r.SealedAt != 8 || r.Entries[1].Subjects != 3 {
		t.Fatalf("%+v", r)
	}
	both := all(r)
	for _, s := range []string{"signed by a log that the policy lists", "a (2026-", "has not been witnessed enough", "root key is a file", "策略所列的日志签名", "尚未得到足够的外部见证"} {
		if !strings.Contains(both, s) {
			t.Errorf("the report does not say %q", s)
		}
	}
	r, err = Verify(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	both = all(r)
	for _, s := range []string{Unchecked.Zh, Unchecked.En, "No outside witness", "没有外部见证"} {
		if !strings.Contains(both, s) {
			t.Errorf("the report does not say %q", s)
		}
	}
	for _, kept := range []string{RootKeyFile, RootKeyKMS, RootKeyShared} {
		if s := rootKey[kept]; s.Zh == "" || s.En == "" {
			t.Errorf("no sentence for a root key kept as %q", kept)
		}
	}
	for _, s := range r.Sentences() {
		if s.Zh == "" || s.En == "" {
			t.Error("an empty sentence")
		}
	}
}

func all(r Report) string {
	var b strings.Builder
	for _, s := range r.Sentences() {
		b.WriteString(s.Zh + "\n" + s.En + "\n")
	}
	return b.String()
}

func TestLeafIsStrict(t *testing.T) {
	good := Leaf{Kind: KindPack, Commitments: make([]Hash, 2)}.Encode()
	change := func(i int, b byte) []byte {
		c := bytes.Clone(good)
		c[i] = b
		return c
	}
	for name, b := range map[string][]byte{
		"short": good[:leafHeader-1], "long": append(bytes.Clone(good), 0), "version": change(0, 2), "kind 0": change(1, 0),
		"kind": change(1, byte(lastKind)+1), "algorithm": change(26, 2), "fields": change(127, 3),
		"too many": append(change(127, MaxFields+1), make([]byte, HashSize*(MaxFields-1))...),
	} {
		if _, err := DecodeLeaf(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := DecodeLeaf(good); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a leaf with too many fields was encoded")
		}
	}()
	Leaf{Commitments: make([]Hash, MaxFields+1)}.Encode()
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := KindGenesis; k <= lastKind; k++ {
		if n := k.String(); n == "" || n == "unknown" || seen[n] {
			t.Errorf("kind %d is called %q", k, n)
		} else {
			seen[n] = true
		}
	}
	if Kind(0).String() != "unknown" || Kind(lastKind+1).String() != "unknown" {
		t.Error("a kind that is none has a name")
	}
}

// TestHashesOfTheFormat holds the hashes that nothing else here recomputes to
// their words in docs/format/ledger.md.
func TestHashesOfTheFormat(t *testing.T) {
	c := key(1)
	if ForgottenHash(c) != sum("\x40", string(c[:])) || EnrolledHash(c) != sum("\x21", string(c[:])) {
		t.Error("forget or enrolment hash")
	}
	if OrdinalsCommitment([16]byte{7}, []byte("bitmap")) != sum("\x30\x07", strings.Repeat("\x00", 15), "bitmap") {
		t.Error("ordinals")
	}
	if string(Line{Version: 258, Rule: "r"}.Encode()) != "\x00\x00\x00\x01\x02\x00\x00\x00\x01r" {
		t.Error("line")
	}
}

func sum(parts ...string) Hash { return sha256.Sum256([]byte(strings.Join(parts, ""))) }

func TestSparseProofsAreStrict(t *testing.T) {
	if _, err := ProveSparse([]Pair{{Key: key(1)}, {Key: key(1)}}, key(2)); err == nil {
		t.Error("a duplicate key was proven")
	}
	long := SparseProof{Siblings: make([]Hash, 257)}
	if long.CheckPresent(Hash{}, key(1), key(2)) == nil || long.CheckAbsent(Hash{}, key(1)) == nil {
		t.Error("more siblings than a key has bits")
	}
	pairs := []Pair{{key(1), key(2)}, {key(3), key(4)}}
	root, err := SparseRoot(pairs)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ProveSparse(pairs, key(1))
	if err != nil {
		t.Fatal(err)
	}
	p.Other = &Pair{key(1), key(2)}
	if p.CheckPresent(root, key(1), key(2)) == nil || p.CheckAbsent(root, key(1)) == nil {
		t.Error("a key in its own place is another key")
	}
	for _, bad := range []string{"", "!", "AA==", b64.EncodeToString(binary.BigEndian.AppendUint16(nil, 257)), b64.EncodeToString(make([]byte, 2+32))} {
		if new(SparseProof).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is a proof", bad)
		}
	}
	deep, err := ProveSparse([]Pair{{Hash{31: 1}, key(1)}, {Hash{31: 2}, key(2)}}, Hash{31: 3})
	if err != nil {
		t.Fatal(err)
	}
	text, err := deep.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back SparseProof
	if err := back.UnmarshalText(text); err != nil || !cmp.Equal(deep, back) || back.Other == nil || len(back.Siblings) < 250 {
		t.Fatal(err, len(back.Siblings))
	}
}
