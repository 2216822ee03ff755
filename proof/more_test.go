package proof

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOnly: a note is cut down to the lines that a pack's reader can check.
func TestOnly(t *testing.T) {
	w := newWorld(t)
	stranger := newTestWitness("stranger.example", 3, 5)
	c, err := ParseCheckpoint(w.log.checkpoint(w.size, w.w1, w.w2.forged(64), stranger))
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for _, v := range []string{w.w1.vkey(), w.w2.vkey()} {
		k, err := ParseWitnessKey(v)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	log, err := ParseLogKey(w.log.vkey)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Only(log, keys[0], keys[1]), w.log.checkpoint(w.size, w.w1); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEarlierText(t *testing.T) {
	w := newWorld(t)
	good := Earlier{w.log.checkpoint(3), w.log.consistency(3, w.size)}
	var got Earlier
	if err := got.parse(good.encode()); err != nil || !bytes.Equal(got.encode(), good.encode()) {
		t.Fatal(err)
	}
	text := string(good.encode())
	hash := strings.Split(text, "\n")[1]
	for name, bad := range map[string]string{
		"empty": "", "another version": strings.Replace(text, "/1", "/2", 1), "no blank line": consistencyLine + "\n" + hash,
		"a short hash": strings.Replace(text, hash, "AAAA", 1), "not base64": strings.Replace(text, hash, "!"+hash[1:], 1),
		"loose bits":      strings.Replace(text, hash, hash[:42]+"B=", 1),
		"carriage return": strings.Replace(text, "\n", "\r\n", 1),
		"too many":        consistencyLine + "\n" + strings.Repeat(hash+"\n", maxPath+1) + "\nc",
	} {
		if got.parse([]byte(bad)) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPersonsText(t *testing.T) {
	list := personList{{Hash{1}, Hash{2}, Line{Shown: true, Version: 7}}, {Hash{3}, Hash{4}, Line{Rule: "no-permit"}}}
	text, err := list.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var got personList
	if err := got.UnmarshalText(text); err != nil || !slices.Equal(got, list) {
		t.Fatal(got, err)
	}
	raw, err := b64.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, to byte) []byte {
		b := bytes.Clone(raw)
		b[at] = to
		return b
	}
	for name, b := range map[string][]byte{
		"cut": raw[:len(raw)-1], "a header only": raw[:60], "a long line": change(67, 200), "a short line": change(67, 3),
		"neither shown nor refused": change(68, 2), "a rule beyond the line": change(76, 1), "not UTF-8": change(len(raw)-1, 0xff),
	} {
		if got.UnmarshalText(b64.AppendEncode(nil, b)) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if got.UnmarshalText([]byte("!")) == nil {
		t.Error("not base64: accepted")
	}
}

// TestTagsOfLies: a leaf whose tag does not fit the persons it is about, shown with
// and without record keys.
func TestTagsOfLies(t *testing.T) {
	line := Line{Shown: true, Version: 1}
	for name, leaf := range map[string]Leaf{
		"a tag of nobody":                {Subjects: 1, Tag: Hash{1}},
		"no tag":                         {Subjects: 1},
		"a tag in an entry of two":       {Subjects: 2, Tag: Hash{1}},
		"n too small for what is shown":  {Subjects: 0},
		"n too large for all that there": {Subjects: 3},
	} {
		for form, want := range map[string]string{"one": "tag", "all": "tag"} {
			w := kinds(t)["disclosure, all"]
			keys := []Hash{w.ks, w.other}
			if leaf.Subjects == 1 {
				keys = keys[:1]
			}
			leaf.Kind, leaf.Micros = KindDisclosure, w.log.clock
			var pairs []Pair
			var persons []Person
			for _, k := range keys {
				p := Person{Tag(k[:], leaf.Request), ValueKey(k[:], leaf.Request), line}
				persons = append(persons, p)
				pairs = append(pairs, Pair{p.Tag, LineHash(p.ValueKey, line.Encode())})
			}
			e := w.lie(leaf, pairs, nil)
			slices.SortFunc(persons, func(a, b Person) int { return bytes.Compare(a.Tag[:], b.Tag[:]) })
			e.Sparse, e.Persons = nil, persons
			if form == "one" {
				e.Persons = persons[:1]
				e.Sparse = w.log.sparse(e.Index, persons[0].Tag)
				w.pack.Info.Subject = &w.subject
			}
			switch leaf.Subjects {
			case 0, 3:
				want = map[string]string{"one": "subjects", "all": "persons"}[form]
				if leaf.Subjects == 3 && form == "one" {
					want = "" // a bound from below only: said on the page
				}
			}
			w.size = w.log.size()
			w.pack.Checkpoint, e.Inclusion = w.log.checkpoint(w.size), w.log.inclusion(e.Index, w.size)
			w.pack.Entries, w.pack.Info.Disclosure = []Entry{e}, new(ID)
			err := refused(w.unchecked())
			if want == "" {
				if err != nil {
					t.Errorf("%s, %s: %v", name, form, err)
				}
				continue
			}
			if got := why(t, err); got != firstEntry+" "+want {
				t.Errorf("%s, %s: refused with %q, want %q", name, form, got, want)
			}
		}
	}
}

// TestPlain: what an operator writes cannot turn the direction of a page, or end an
// element of it.
func TestPlain(t *testing.T) {
	if got := safe("a\u202eb\n<script>'\""); got != "a\ufffdb\ufffd&lt;script&gt;&#39;&#34;" {
		t.Errorf("%q", got)
	}
}

func TestZipIsCut(t *testing.T) {
	file := newWorld(t).write()
	for _, n := range []int{4, 20, 31, 400, len(file) - 22, len(file) - 1} {
		if got := why(t, refused(file[:n])); got != "pack cut" {
			t.Errorf("the first %d bytes: %q", n, got)
		}
	}
}

// TestNewestNotWitnessed is the sentence for a newest entry above all signatures.
func TestNewestNotWitnessed(t *testing.T) {
	r := Report{Entries: make([]Fact, 2), Oldest: Seen{Signed: time.Unix(9, 0), At: time.Unix(2, 0)}}
	if s := r.delay(); !strings.Contains(s.En, "came 7 s after it; the newest has none yet.") || !strings.Contains(s.Zh, "最新条目尚无此签名") {
		t.Error(s)
	}
	r.Entries = r.Entries[:1]
	if s := r.delay(); !strings.Contains(s.En, "over the entry came 7 s after it.") {
		t.Error(s)
	}
}

func TestTooManyEntries(t *testing.T) {
	w := newWorld(t)
	w.pack.Entries = make([]Entry, MaxPackEntries+1)
	if err := w.pack.Write(new(bytes.Buffer), w.seal); why(t, err) != "pack too-large" {
		t.Fatal(err)
	}
}

// TestAttestationsAndEvidenceOfLies: entries that the ledger recorded and that are
// not what they are put into the pack as.
func TestAttestationsAndEvidenceOfLies(t *testing.T) {
	attests := func(n string) []Field {
		return []Field{{"actor", "auditor-3"}, {AttestedField, AttestsScan}, {ScannedField, n}}
	}
	unsorted := slices.Concat(otherCase[:], caseID[:])
	for name, c := range map[string]struct {
		kind   Kind
		fields []Field
	}{
		"an attestation of another kind":      {KindKeys, attests("3")},
		"an attestation of more than was":     {KindAttestation, attests("9999")},
		"an attestation of no number":         {KindAttestation, attests("all")},
		"evidence hashed in another order":    {KindTrace, []Field{{"evidence", hash256(unsorted).String()}}},
		"an attestation of something unknown": {KindAttestation, []Field{{"actor", "auditor-3"}, {AttestedField, "all"}, {ScannedField, "3"}}},
	} {
		w := kinds(t)["case of nobody"]
		index := w.log.add(c.kind, c.fields, nil)
		w.size = w.log.size()
		w.pack.Checkpoint = w.log.checkpoint(w.size)
		for i := range w.pack.Entries {
			w.pack.Entries[i].Inclusion = w.log.inclusion(w.pack.Entries[i].Index, w.size)
		}
		e := w.log.bare(index, w.size)
		want := "attestation.tlog-proof entry-kind"
		if c.kind == KindTrace {
			e.Evidence = []ID{otherCase, caseID}
			w.pack.Entries = append(w.pack.Entries, e)
			w.pack.Info.Entries++
			want = "entries/000004.tlog-proof evidence"
		} else {
			w.pack.Attestation = &e
		}
		if got := why(t, refused(w.unchecked())); got != want {
			t.Errorf("%s: refused with %q, want %q", name, got, want)
		}
	}
}

// TestAnEarlierLineInAWitnessesName: the policy's key decides on earlier checkpoints
// too.
func TestAnEarlierLineInAWitnessesName(t *testing.T) {
	w := kinds(t)["earlier checkpoints"]
	w.write()
	policy := w.parsedPolicy()
	heads := w.pack.earlierHeads()
	head, err := ParseCheckpoint(w.log.checkpoint(w.size))
	if err != nil {
		t.Fatal(err)
	}
	policy.Witnesses[0].Key.public[0] ^= 1 // name and ID stay
	var r Report
	if got := why(t, r.apply(policy, []string{w.log.vkey}, append(heads, head, head))); got != "earlier/000002.consistency signature" {
		t.Error(got)
	}
}
