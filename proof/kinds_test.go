package proof

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var caseID, otherCase = ID{7, 7}, ID{9, 9}

// kinds are packs of every kind and form, ready to be written.
func kinds(t testing.TB) map[string]*world {
	attested := func(w *world) uint64 {
		return w.log.add(KindAttestation, []Field{{"actor", "auditor-3"}, {AttestedField, AttestsScan}, {ScannedField, "5"}}, nil)
	}
	make := func(change func(*world), pack func(w *world)) *world {
		w := makeWorld(t, change)
		p := w.pack
		p.Info.Subject, p.Info.RecordKey, p.Enrolment = nil, nil, nil
		pack(w)
		p.Info.Entries = len(p.Entries)
		return w
	}
	request := func(w *world, index uint64) *ID {
		leaf, err := DecodeLeaf(w.log.leaves[index])
		if err != nil {
			t.Fatal(err)
		}
		return (*ID)(&leaf.Request)
	}
	keyed := func(w *world) {
		w.pack.Info.Subject, w.pack.Info.RecordKey, w.pack.Enrolment = &w.subject, &w.ks, w.enrolment()
	}
	one := func(w *world, index uint64) *Entry {
		w.pack.Info.Kind, w.pack.Info.Disclosure = KindOfOne, request(w, index)
		w.pack.Entries = []Entry{w.log.bare(index, w.size)}
		return &w.pack.Entries[0]
	}
	out := map[string]*world{
		"subject": newWorld(t),
		"disclosure, all": make(nil, func(w *world) {
			e := one(w, w.many)
			e.Persons = w.log.persons(w.many)
		}),
		"disclosure, all of one": make(nil, func(w *world) {
			e := one(w, w.one)
			e.Persons = w.log.persons(w.one)
		}),
		"disclosure, closed": make(nil, func(w *world) { one(w, w.many) }),
		"disclosure, one of many": make(nil, func(w *world) {
			e := one(w, w.many)
			e.Persons = w.log.persons(w.many, w.ks)
			e.Sparse = w.log.sparse(w.many, e.Persons[0].Tag)
			w.pack.Info.Subject = &w.subject
		}),
		"disclosure, one of one": make(nil, func(w *world) {
			e := one(w, w.one)
			e.Persons = w.log.persons(w.one, w.ks)
			e.Sparse = w.log.sparse(w.one, e.Persons[0].Tag)
			w.pack.Info.Subject = &w.subject
		}),
		"disclosure, keyed": make(nil, func(w *world) {
			one(w, w.many)
			keyed(w)
			w.pack.Entries[0] = w.log.entry(w.many, w.size, w.ks)
		}),
		"disclosure, absent": make(nil, func(w *world) {
			one(w, w.none)
			keyed(w)
			w.pack.Entries[0] = w.log.entry(w.none, w.size, w.ks)
		}),
		"recipient": make(func(w *world) { attested(w) }, func(w *world) {
			w.pack.Info.Kind, w.pack.Info.Recipient = KindOfRecipient, &Recipient{"agent-17", RecipientPerson}
			w.pack.Info.Forgotten = 2
			w.pack.Entries = []Entry{w.log.bare(w.one, w.size), w.log.bare(w.many, w.size), w.log.bare(w.none, w.size, 0)}
			for i := range 2 {
				w.pack.Entries[i].Persons = w.log.persons(w.pack.Entries[i].Index)
			}
			e := w.log.bare(uint64(w.size-1), w.size)
			w.pack.Attestation = &e
		}),
		"recipient of nothing": make(nil, func(w *world) {
			w.pack.Info.Kind, w.pack.Info.Recipient = KindOfRecipient, &Recipient{"partner", RecipientOrg}
			w.pack.Entries = nil
		}),
		"case":                make(complained, func(w *world) { keyed(w); w.ofCase(true) }),
		"case of nobody":      make(complained, func(w *world) { w.ofCase(false) }),
		"case, heard":         make(heard, func(w *world) { w.ofHearing() }),
		"earlier checkpoints": newWorld(t),
		"two logs closed":     restoredTwice(t),
	}
	w := out["earlier checkpoints"]
	for _, size := range []int64{1, 3, 5} {
		w.earlier(size, size == 3)
	}
	return out
}

// complained lets the log record a complaint, two traces and a step.
func complained(w *world) {
	step := func(what string) []Field {
		return []Field{{"what", what}, {"state", "accepted"}, {"case", caseID.String()}}
	}
	w.log.add(KindTrace, []Field{{"evidence", EvidenceHash([]ID{otherCase})}}, nil) // before, and not of this case
	w.log.add(KindComplaint, step("filed"), nil)
	w.log.add(KindTrace, []Field{{"evidence", EvidenceHash([]ID{otherCase, caseID})}, {"verdict", "undecided"}}, nil)
	w.log.add(KindWorkItem, step("assigned"), nil)
}

func (w *world) ofCase(hers bool) {
	w.pack.Info.Kind, w.pack.Info.Case = KindOfCase, &caseID
	w.pack.Entries = nil
	if hers {
		w.pack.Entries = append(w.pack.Entries, w.log.entry(w.one, w.size, w.ks))
	}
	for i := w.size - 3; i < w.size; i++ {
		w.pack.Entries = append(w.pack.Entries, w.log.bare(uint64(i), w.size))
	}
	w.pack.Entries[len(w.pack.Entries)-2].Evidence = []ID{caseID, otherCase}
}

// heard lets the log record a complaint, a trace that rested on an entry, and what the
// person it names answered.
func heard(w *world) {
	w.log.add(KindComplaint, []Field{{"what", "filed"}, {"state", "accepted"}, {"case", caseID.String()}}, nil)
	run := w.log.add(KindTrace, []Field{
		{"evidence", EvidenceHash([]ID{caseID})}, {"verdict", "accuse"}, {RestsField, decimal(w.one) + "," + decimal(w.many)},
		{SaidZhField, "记录指向 agent-17。\n第二行"}, {SaidEnField, "The records point to agent-17.\nIts <second> line"},
	}, nil)
	w.log.add(KindHearing, []Field{
		{RunField, hex.EncodeToString(w.log.leaves[run][2:18])}, {HearingField, AnsweredAct}, {HearingsPerson, "agent-17"}, {HearingAnswer, "my account was lent"},
	}, nil)
}

func (w *world) ofHearing() {
	w.pack.Info.Kind, w.pack.Info.Case = KindOfCase, &caseID
	w.pack.Entries = []Entry{w.log.bare(w.many, w.size)}
	for i := w.size - 3; i < w.size; i++ {
		w.pack.Entries = append(w.pack.Entries, w.log.bare(uint64(i), w.size))
	}
	w.pack.Entries[2].Evidence = []ID{caseID}
}

// earlier puts a checkpoint from before into the pack.
func (w *world) earlier(size int64, cosigned bool) {
	var by []*testWitness
	if cosigned {
		soon := *w.w1
		soon.time = 1_790_000_010
		by = append(by, &soon)
	}
	w.pack.Earlier = append(w.pack.Earlier, Earlier{w.at(size).checkpoint(size, by...), w.log.consistency(size, w.size)})
}

func TestEveryKindIsWrittenReadAndVerified(t *testing.T) {
	for name, w := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			p, err := read(w.write())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(w.pack, p); diff != "" {
				t.Fatalf("what was read is not what was written:\n%s", diff)
			}
			r, err := Verify(p, w.parsedPolicy())
			if err != nil || !r.LogChecked {
				t.Fatal(err)
			}
			if _, err := Verify(p, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRandomChangesOfEveryKind: any bytes changed anywhere, in any kind of pack.
func TestRandomChangesOfEveryKind(t *testing.T) {
	rnd, rounds := rand.New(rand.NewPCG(3, 3)), 600
	if testing.Short() {
		rounds = 60
	}
	for name, w := range kinds(t) {
		file := w.write()
		for range rounds {
			bad := bytes.Clone(file)
			i := rnd.IntN(len(bad))
			switch rnd.IntN(4) {
			case 0:
				bad[i] ^= 1 << rnd.IntN(8)
			case 1:
				bad[i] += byte(1 + rnd.IntN(255))
			case 2:
				bad = slices.Delete(bad, i, min(len(bad), i+1+rnd.IntN(8)))
			case 3:
				bad = slices.Insert(bad, i, byte(rnd.Uint32()))
			}
			if bytes.Equal(bad, file) {
				continue
			}
			if refused(bad) == nil {
				t.Fatalf("%s: changed at byte %d of %d and still verifies", name, i, len(file))
			}
		}
	}
}

// kindChanges are what can be done to a pack of a kind, and what is said of it.
func kindChanges() []struct {
	kind, name, want string
	do               func(w *world)
} {
	return []struct {
		kind, name, want string
		do               func(w *world)
	}{
		{"subject", "no enrolment", "enrolment.tlog-proof missing", func(w *world) { w.pack.Enrolment = nil }},
		{"subject", "an entry that shows nobody", firstEntry + " persons-form", func(w *world) { w.pack.Entries[0].Sparse, w.pack.Entries[0].Line = nil, nil }},
		{"subject", "a line without a proof", firstEntry + " persons-form", func(w *world) { w.pack.Entries[0].Sparse = nil }},
		{"subject", "all persons", firstEntry + " persons-form", func(w *world) {
			e := &w.pack.Entries[1]
			e.Line, e.Sparse, e.Persons = nil, nil, w.log.persons(w.many)
			w.pack.Entries = w.pack.Entries[1:]
		}},
		{"subject", "evidence", firstEntry + " role", func(w *world) { w.pack.Entries[0].Evidence = []ID{caseID} }},
		{"subject", "a case", "pack.json kind", func(w *world) { w.pack.Info.Case = &caseID }},
		{"subject", "fewer than none forgotten", "pack.json count", func(w *world) { w.pack.Info.Forgotten = -1 }},
		{"subject", "a witness listed twice", "pack.json key-twice", func(w *world) { w.pack.Info.Witnesses[1] = w.pack.Info.Witnesses[0] }},
		{"subject", "an enrolment without a proof", "enrolment.tlog-proof entry-kind", func(w *world) { w.pack.Enrolment.Sparse = nil }},
		{"disclosure, all", "a person left out", firstEntry + " persons", func(w *world) { w.pack.Entries[0].Persons = w.pack.Entries[0].Persons[1:] }},
		{"disclosure, all", "a person twice", firstEntry + " persons", func(w *world) {
			w.pack.Entries[0].Persons[1] = w.pack.Entries[0].Persons[0]
		}},
		{"disclosure, all", "persons out of order", firstEntry + " persons", func(w *world) { slices.Reverse(w.pack.Entries[0].Persons) }},
		{"disclosure, all", "refused said to be shown", firstEntry + " persons", func(w *world) {
			for i := range w.pack.Entries[0].Persons {
				w.pack.Entries[0].Persons[i].Line = Line{Shown: true, Version: 2}
			}
		}},
		{"disclosure, all", "openings swapped between persons", firstEntry + " persons", func(w *world) {
			p := w.pack.Entries[0].Persons
			p[0].Line, p[1].Line = p[1].Line, p[0].Line
			p[0].ValueKey, p[1].ValueKey = p[1].ValueKey, p[0].ValueKey
		}},
		{"disclosure, all", "another value key", firstEntry + " persons", func(w *world) { w.pack.Entries[0].Persons[0].ValueKey[0]++ }},
		{"disclosure, all", "text that is not UTF-8", firstEntry + " text", func(w *world) { w.pack.Entries[0].Persons[0].Line.Rule = "\xff" }},
		{"disclosure, all", "another request", firstEntry + " role", func(w *world) { w.pack.Info.Disclosure = &caseID }},
		{"disclosure, all", "another entry", firstEntry + " role", func(w *world) { w.pack.Entries[0] = w.log.bare(w.none, w.size) }},
		{"disclosure, all", "two entries", firstEntry + " role", func(w *world) {
			w.pack.Entries = append(w.pack.Entries, w.log.bare(w.none, w.size))
			w.pack.Info.Entries = 2
		}},
		{"disclosure, all", "no entry", "pack.json count", func(w *world) { w.pack.Entries = nil }},
		{"disclosure, all", "a person is named", firstEntry + " persons-form", func(w *world) { w.pack.Info.Subject = &w.subject }},
		{"disclosure, closed", "a record key without a person", "pack.json kind", func(w *world) { w.pack.Info.RecordKey = &w.ks }},
		{"disclosure, closed", "no request", "pack.json kind", func(w *world) { w.pack.Info.Disclosure = nil }},
		{"disclosure, closed", "a person is named", firstEntry + " persons-form", func(w *world) { w.pack.Info.Subject = &w.subject }},
		{"disclosure, one of many", "another's opening", firstEntry + " sparse", func(w *world) {
			w.pack.Entries[0].Persons = w.log.persons(w.many, w.other)
		}},
		{"disclosure, one of many", "another's proof", firstEntry + " sparse", func(w *world) {
			w.pack.Entries[0].Sparse = w.log.sparse(w.many, w.log.persons(w.many, w.other)[0].Tag)
		}},
		{"disclosure, one of many", "two persons", firstEntry + " persons-form", func(w *world) { w.pack.Entries[0].Persons = w.log.persons(w.many) }},
		{"disclosure, one of many", "nobody named", firstEntry + " persons-form", func(w *world) { w.pack.Info.Subject = nil }},
		{"disclosure, one of many", "text that is not UTF-8", firstEntry + " text", func(w *world) { w.pack.Entries[0].Persons[0].Line.Rule = "\xff" }},
		{"disclosure, one of many", "a line beside", firstEntry + " persons-form", func(w *world) { w.pack.Entries[0].Line = &Line{} }},
		{"disclosure, keyed", "another's key", "enrolment.tlog-proof enrolment", func(w *world) { w.pack.Info.RecordKey = &w.other }},
		{"disclosure, absent", "said to be there", firstEntry + " sparse", func(w *world) { w.pack.Entries[0].Line = &Line{Shown: true} }},
		{"recipient", "another recipient", firstEntry + " role", func(w *world) { w.pack.Info.Recipient = &Recipient{"agent-18", RecipientPerson} }},
		{"recipient", "an organisation of that name", firstEntry + " role", func(w *world) { w.pack.Info.Recipient = &Recipient{"agent-17", RecipientOrg} }},
		{"recipient", "a recipient of no kind", "pack.json kind", func(w *world) { w.pack.Info.Recipient = &Recipient{"agent-17", "firm"} }},
		{"recipient", "the name not opened", firstEntry + " role", func(w *world) { w.pack.Entries[0].Fields = w.pack.Entries[0].Fields[1:] }},
		{"recipient", "an entry of another kind", thirdEntry + " role", func(w *world) {
			w.pack.Entries[2] = w.log.bare(uint64(w.size-1), w.size)
			w.pack.Entries[2].Fields[0].Value = "agent-17"
			w.pack.Entries[2].Fields = nil
		}},
		{"recipient", "a record key", "pack.json kind", func(w *world) { w.pack.Info.RecordKey = &w.ks }},
		{"recipient", "an attestation of more than there was", "attestation.tlog-proof opening", func(w *world) { w.pack.Attestation.Fields[2].Value = "9999" }},
		{"recipient", "an attestation by nobody", "attestation.tlog-proof entry-kind", func(w *world) { w.pack.Attestation.Fields = w.pack.Attestation.Fields[1:] }},
		{"recipient", "an attestation with persons", "attestation.tlog-proof entry-kind", func(w *world) { w.pack.Attestation.Persons = w.log.persons(w.many) }},
		{"recipient", "an attestation that is none", "attestation.tlog-proof inclusion", func(w *world) { w.pack.Attestation.Index-- }},
		{"recipient", "more entries by the index", "pack.json count", func(w *world) { w.pack.Info.Entries++ }},
		{"case", "another case", secondEntry + " role", func(w *world) { w.pack.Info.Case = &otherCase }},
		{"case", "no case", "pack.json kind", func(w *world) { w.pack.Info.Case = nil }},
		{"case", "a complaint less", thirdEntry + " evidence", func(w *world) { w.pack.Entries[2].Evidence = []ID{caseID} }},
		{"case", "complaints out of order", thirdEntry + " evidence", func(w *world) { slices.Reverse(w.pack.Entries[2].Evidence) }},
		{"case", "no complaints", thirdEntry + " evidence", func(w *world) { w.pack.Entries[2].Evidence = nil }},
		{"case", "complaints of a step", secondEntry + " role", func(w *world) { w.pack.Entries[1].Evidence = []ID{caseID} }},
		{"case", "a step of no case", secondEntry + " role", func(w *world) { w.pack.Entries[1].Fields = w.pack.Entries[1].Fields[:2] }},
		{"case", "another's entry", firstEntry + " role", func(w *world) { w.pack.Entries[0] = w.log.entry(w.none, w.size, w.ks) }},
		{"case of nobody", "a trace of another case", firstEntry + " evidence", func(w *world) {
			e := w.log.bare(uint64(w.size-4), w.size)
			e.Evidence = []ID{otherCase}
			w.pack.Entries = append([]Entry{e}, w.pack.Entries...)
			w.pack.Info.Entries++
		}},
		{"case, heard", "an entry the trace did not rest on", firstEntry + " role", func(w *world) { w.pack.Entries[0] = w.log.bare(w.none, w.size) }},
		{"case, heard", "what it rested on is not opened", firstEntry + " role", func(w *world) {
			w.pack.Entries[2].Fields = slices.DeleteFunc(w.pack.Entries[2].Fields, func(f Opened) bool { return f.Name == RestsField })
		}},
		{"case, heard", "an answer to another trace", secondEntry + " role", func(w *world) {
			w.pack.Entries = []Entry{w.pack.Entries[1], w.pack.Entries[3]}
		}},
		{"case of nobody", "a person is named", "pack.json kind", func(w *world) { w.pack.Info.Subject = &w.subject }},
		{"earlier checkpoints", "out of order", "earlier/000002.consistency earlier", func(w *world) {
			w.pack.Earlier[0], w.pack.Earlier[1] = w.pack.Earlier[1], w.pack.Earlier[0]
		}},
		{"earlier checkpoints", "proofs swapped", "earlier/000001.consistency earlier", func(w *world) {
			e := w.pack.Earlier
			e[0].Consistency, e[1].Consistency = e[1].Consistency, e[0].Consistency
		}},
		{"earlier checkpoints", "the pack's own", "earlier/000004.consistency earlier", func(w *world) { w.earlier(w.size, false) }},
		{"earlier checkpoints", "of another log", "earlier/000003.consistency unsigned", func(w *world) {
			other := newTestLog(w.log.t, w.log.origin, 9)
			for range 5 {
				other.add(KindKeys, nil, nil)
			}
			w.pack.Earlier[2].Checkpoint = other.checkpoint(5)
		}},
		{"earlier checkpoints", "too many", "pack too-large", func(w *world) {
			w.pack.Earlier = slices.Repeat(w.pack.Earlier, MaxEarlier)
		}},
		{"earlier checkpoints", "one less", "manifest.tlog-proof other-pack", func(w *world) { w.pack.Earlier = w.pack.Earlier[1:] }},
	}
}

func TestAChangedPackOfEveryKindIsRefused(t *testing.T) {
	for _, c := range kindChanges() {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			w := kinds(t)[c.kind]
			w.write()
			c.do(w)
			_, err := Verify(w.pack, nil)
			if got := why(t, err); got != c.want && !strings.HasPrefix(got, "manifest") && !strings.Contains(got, " manifest") {
				t.Fatalf("refused with %q, want %q", got, c.want)
			}
			// JSON replaces bytes that are not UTF-8, and some packs do not even read.
			got := why(t, refused(resealed(w.pack)))
			if got != c.want && !strings.HasSuffix(c.want, " text") && got != "enrolment.tlog-proof missing" && c.want != "enrolment.tlog-proof missing" {
				t.Fatalf("resealed: refused with %q, want %q", got, c.want)
			}
		})
	}
}

// TestAPageThatSaysMore: the log's operator himself cannot seal a page that says
// something else than the pack shows.
func TestAPageThatSaysMore(t *testing.T) {
	for name, w := range kinds(t) {
		w.write()
		w.pack.Page = bytes.Replace(w.pack.Page, []byte("</table>"), []byte("</table><p>complete</p>"), 1)
		if got := why(t, refused(w.unchecked())); got != "page.html page" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestKept: a checkpoint the reader kept is continued by the pack's, or the sentence
// says why that is not shown.
func TestKept(t *testing.T) {
	w := kinds(t)["earlier checkpoints"]
	p, err := read(w.write())
	if err != nil {
		t.Fatal(err)
	}
	fork := newTestLog(t, w.log.origin, 1) // the same key
	for range 9 {
		fork.add(KindKeys, nil, nil)
	}
	foreign, renamed := newTestLog(t, w.log.origin, 9), *w.log
	foreign.add(KindKeys, nil, nil)
	renamed.origin = "ledger.example.com/other"
	cases := map[string]struct {
		kept []byte
		want string
	}{
		"earlier":          {w.log.checkpoint(3), ""},
		"the pack's":       {w.log.checkpoint(w.size), ""},
		"the seal's":       {w.log.checkpoint(w.log.size()), ""},
		"not in the pack":  {w.log.checkpoint(2), "kept checkpoint kept-absent"},
		"newer":            {fork.checkpoint(9), "kept checkpoint kept-newer"},
		"another history":  {fork.checkpoint(3), "kept checkpoint kept-fork"},
		"another key":      {foreign.checkpoint(1), "kept checkpoint unsigned"},
		"another log":      {renamed.checkpoint(3), "kept checkpoint origin"},
		"not a checkpoint": {[]byte("x"), "kept checkpoint malformed"},
	}
	for name, c := range cases {
		r, err := Verify(p, w.parsedPolicy(), w.log.checkpoint(1), c.kept)
		if c.want != "" {
			if got := why(t, err); got != c.want {
				t.Errorf("%s: refused with %q, want %q", name, got, c.want)
			}
			continue
		}
		if err != nil || len(r.Kept) != 2 || !strings.Contains(all(r), "continues the checkpoint of size 1 that you kept") {
			t.Errorf("%s: %v %v", name, r.Kept, err)
		}
	}
}

// TestWhatIsSaidOfEveryKind: the sentences and the page of each kind.
func TestWhatIsSaidOfEveryKind(t *testing.T) {
	says := map[string][]string{
		"subject":                 {"2 of them are about this person", "no unrecorded|no way around the record", "To check by a scan", "No auditor attests"},
		"disclosure, all":         {"All 3 persons the entry is about are opened", "given 1, not given 2"},
		"disclosure, all of one":  {"All 1 persons"},
		"disclosure, closed":      {"can be checked only by opening all of it"},
		"disclosure, one of many": {"not given", "that is the maker's word"},
		"disclosure, one of one":  {"The result for the person: given."},
		"disclosure, keyed":       {"The result for the person: not given."},
		"disclosure, absent":      {"The person is not in the entry."},
		"recipient":               {"name the recipient agent-17", "Auditor auditor-3 attests", "a scan of the first 5 entries", "2 more entries"},
		"recipient of nothing":    {"All 0 entries"},
		"case":                    {"2 steps, 1 traces", "1 entries about the person"},
		"case of nobody":          {"0 entries about the person"},
		"case, heard":             {"1 traces", "1 further entries", "answered by them, 1 times"},
		"two logs closed":         {"The log ledger.example.com/custody was closed after 6 entries", "7 more entries of it had been seen", "The log ledger.example.com/custody/e1 was closed after 8 entries"},
		"earlier checkpoints":     {"over the oldest entry came 9 s after it, over the newest 1 min 37 s"},
	}
	for name, w := range kinds(t) {
		p, err := read(w.write())
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(p, w.parsedPolicy())
		if err != nil {
			t.Fatal(err)
		}
		if len(says[name]) == 0 {
			t.Errorf("nothing is expected of %q", name)
		}
		for _, s := range says[name] {
			alternatives := strings.Split(s, "|")
			in := func(text string) bool {
				return slices.ContainsFunc(alternatives, func(a string) bool { return strings.Contains(text, a) })
			}
			if !in(all(r)) {
				t.Errorf("%s: the report does not say %q:\n%s", name, s, all(r))
			}
			if !in(strings.ReplaceAll(string(p.Page), "&#39;", "'")) {
				t.Errorf("%s: the page does not say %q", name, s)
			}
		}
		if !bytes.Contains(p.Page, []byte("witness.example.org")) || bytes.Contains(p.Page, []byte("%!")) || strings.Contains(all(r), "%!") {
			t.Errorf("%s: the page names no witness, or a sentence is broken", name)
		}
	}
}

func TestNoWitnessIsSaid(t *testing.T) {
	w := newWorld(t)
	w.pack.Checkpoint, w.sealWitnesses = w.log.checkpoint(w.size), nil
	p, err := read(w.write())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{noWitness.Zh, noWitness.En} {
		if !bytes.Contains(p.Page, []byte(s)) {
			t.Errorf("the page does not say %q", s)
		}
	}
	_, err = Verify(p, w.parsedPolicy())
	if why(t, err) != "checkpoint policy-unmet" {
		t.Fatal(err)
	}
	if !strings.Contains(err.Error(), "needed 2 of (a, b), missing a, b") {
		t.Errorf("the sentence does not say which witnesses are missing: %v", err)
	}
}

func TestDurations(t *testing.T) {
	cases := map[time.Duration]string{
		0: "0 s", 999 * time.Millisecond: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s", time.Hour: "1 h",
		time.Hour + 5*time.Second: "1 h", 25*time.Hour + 59*time.Minute: "1 d 1 h", 400 * 24 * time.Hour: "400 d",
	}
	for d, want := range cases {
		if got := lasting(d, enUnits); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	late := Seen{At: time.Unix(100, 500), Signed: time.Unix(99, 0)}
	if !strings.Contains(after(late).En, "clocks differ") {
		t.Error("a signature before the entry is not told")
	}
}

func TestJudge(t *testing.T) {
	w := newWorld(t)
	file := w.write()
	cases := map[string]struct {
		pack, policy         []byte
		kept                 [][]byte
		verified, consistent bool
		says                 string
	}{
		"verified":  {file, []byte(w.policy), nil, true, true, "Verified."},
		"alone":     {file, nil, nil, false, true, "Only compared with itself"},
		"no pack":   {[]byte("PK"), []byte(w.policy), nil, false, false, "Not verified"},
		"no policy": {file, []byte("trust everybody"), nil, false, false, "policy line 1"},
		"unmet":     {file, []byte("log " + w.log.vkey + "\nwitness x " + newTestWitness("x", 9, 1).vkey() + "\nquorum x\n"), nil, false, true, "missing x"},
		"kept":      {file, []byte(w.policy), [][]byte{[]byte("x")}, false, true, "kept checkpoint"},
	}
	for name, c := range cases {
		o := Judge(c.pack, c.policy, c.kept...)
		said := o.Verdict.En
		for _, s := range o.Sentences {
			said += "\n" + s.En
		}
		if o.Verified != c.verified || o.Consistent != c.consistent || !strings.Contains(said, c.says) || (o.Failure == nil) != (c.verified || name == "alone") {
			t.Errorf("%s: verified %v, consistent %v: %s", name, o.Verified, o.Consistent, said)
		}
	}
}
