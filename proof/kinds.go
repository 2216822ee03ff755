package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shaped reports whether pack.json has the members of its kind and no others.
func (i *Info) shaped() bool {
	keyed, named := i.RecordKey != nil, i.Subject != nil
	one, whom, about := i.Disclosure != nil, i.Recipient != nil, i.Case != nil
	switch i.Kind {
	case KindSubject:
		return keyed && named && !one && !whom && !about
	case KindOfOne:
		return one && (named || !keyed) && !whom && !about
	case KindOfRecipient:
		return whom && !named && !keyed && !one && !about && i.Recipient.ID != "" &&
			(i.Recipient.Kind == RecipientPerson || i.Recipient.Kind == RecipientOrg)
	case KindOfCase:
		return about && named == keyed && !one && !whom
	}
	return false
}

// counted is the number that pack.json gives: for a pack about a person the entries
// she is in, else all.
func (p *Pack) counted() int {
	if p.Info.Kind != KindSubject {
		return len(p.Entries)
	}
	n := 0
	for i := range p.Entries {
		if p.Entries[i].Line != nil {
			n++
		}
	}
	return n
}

// belongs verifies that the entry is one that a pack of this kind may hold.
func (p *Pack) belongs(e *Entry, leaf Leaf) error {
	ok := true
	switch p.Info.Kind {
	case KindOfOne:
		ok = len(p.Entries) == 1 && leaf.Request == *p.Info.Disclosure && asked(leaf.Kind)
	case KindOfRecipient:
		name := "actor"
		if p.Info.Recipient.Kind == RecipientOrg {
			name = "org"
		}
		v, opened := openedOnce(e.Fields, name)
		ok = opened && v == p.Info.Recipient.ID && (asked(leaf.Kind) || leaf.Kind == KindRefusals)
	case KindOfCase:
		return p.ofCase(e, leaf)
	}
	if !ok || e.Evidence != nil {
		return fail("", "role")
	}
	return nil
}

// asked reports whether entries of the kind answer somebody who asked for values.
func asked(k Kind) bool {
	return k == KindDisclosure || k == KindRefusal || k == KindLookup || k == KindDisclosureRetry
}

// ofCase: a step of the complaint names it; a trace rested on it among others; a
// hearing is about such a trace; any other entry is about the person it names, or one
// that such a trace rested on.
func (p *Pack) ofCase(e *Entry, leaf Leaf) error {
	named, _ := openedOnce(e.Fields, "case")
	if leaf.Kind == KindTrace && named != p.Info.Case.String() {
		return e.checkEvidence(*p.Info.Case)
	}
	ok := named == p.Info.Case.String() || e.Line != nil
	switch run, _ := openedOnce(e.Fields, RunField); {
	case ok:
	case leaf.Kind == KindHearing:
		ok = slices.ContainsFunc(p.Entries, func(t Entry) bool { return t.isTrace(run) })
	default:
		ok = slices.ContainsFunc(p.Entries, func(t Entry) bool { return t.restsOn(e.Index) })
	}
	if !ok || e.Evidence != nil {
		return fail("", "role")
	}
	return nil
}

// Fields of a trace's entry. RestsField lists the entries that the answer rests on:
// the disclosures of the people on the list to those it names first, and how the work
// came to them. The others are what is read aloud.
const (
	RestsField     = "rests"   // indices, ascending, separated by commas
	FindingField   = "finding" // JSON
	SaidZhField    = "said-zh" // lines
	SaidEnField    = "said-en"
	RunField       = "run" // of a hearing: the request id of the trace
	HearingField   = "act" // of a hearing: shown, answered
	AnsweredAct    = "answered"
	ShownAct       = "shown"
	HearingAnswer  = "answer" // her words
	HearingsPerson = "person"
)

func (e *Entry) isTrace(run string) bool {
	leaf, err := DecodeLeaf(e.Leaf)
	return err == nil && leaf.Kind == KindTrace && ID(leaf.Request).String() == run
}

// restsOn reports whether a trace's entry lists another among those it rests on.
func (e *Entry) restsOn(index uint64) bool {
	leaf, err := DecodeLeaf(e.Leaf)
	if err != nil || leaf.Kind != KindTrace {
		return false
	}
	list, ok := openedOnce(e.Fields, RestsField)
	return ok && slices.Contains(strings.Split(list, ","), decimal(index))
}

// checkEvidence verifies that the trace rested on these complaints, and that the
// case is one of them.
func (e *Entry) checkEvidence(of ID) error {
	h, in := sha256.New(), false
	for i, id := range e.Evidence {
		if i > 0 && bytes.Compare(e.Evidence[i-1][:], id[:]) >= 0 {
			return fail("", "evidence")
		}
		in = in || id == of
		h.Write(id[:])
	}
	v, ok := openedOnce(e.Fields, "evidence")
	if !ok || !in || v != hex.EncodeToString(h.Sum(nil)) {
		return fail("", "evidence")
	}
	return nil
}

// openedOnce is the value of the one opened field of that name.
func openedOnce(fields []Opened, name string) (value string, ok bool) {
	n := 0
	for _, f := range fields {
		if f.Name == name {
			value, n = f.Value, n+1
		}
	}
	return value, n == 1
}

// checkEnrolment verifies that the person's record key was pinned in the log.
func (p *Pack) checkEnrolment(head Checkpoint) error {
	e := p.Enrolment
	leaf, err := e.check(head)
	if err != nil {
		return err
	}
	if leaf.Kind != KindEnrolment || e.Line != nil || e.Persons != nil || e.Evidence != nil || e.Sparse == nil {
		return fail("", "entry-kind")
	}
	c := SubjectCommitment(p.Info.RecordKey[:], *p.Info.Subject)
	if e.Sparse.CheckPresent(leaf.Root, c, EnrolledHash(c)) != nil {
		return fail("", "enrolment")
	}
	return e.checkCount(leaf, 1)
}

// checkPersons verifies what the entry shows of the persons it is about, in the
// ways that the kind of pack has.
func (p *Pack) checkPersons(e *Entry, leaf Leaf) error {
	keyed, kind := p.Info.RecordKey != nil, p.Info.Kind
	ok := false
	switch {
	case e.Sparse != nil && e.Persons == nil:
		if ok = keyed; ok {
			return p.checkPerson(e, leaf)
		}
	case e.Line != nil: // only beside a sparse proof with the record key
	case e.Sparse != nil:
		if ok = kind == KindOfOne && p.Info.Subject != nil && !keyed && len(e.Persons) == 1; ok {
			return e.checkSingle(leaf)
		}
	case e.Persons != nil:
		if ok = kind == KindOfRecipient || kind == KindOfOne && p.Info.Subject == nil; ok {
			return e.checkAll(leaf)
		}
	default:
		ok = kind == KindOfRecipient || kind == KindOfCase || kind == KindOfOne && p.Info.Subject == nil
	}
	if !ok {
		return fail("", "persons-form")
	}
	return nil
}

// checkPerson verifies what the entry says, or that it says nothing, of the person
// whose record key the pack has.
func (p *Pack) checkPerson(e *Entry, leaf Leaf) error {
	key := p.Info.RecordKey[:]
	tag := Tag(key, leaf.Request)
	var err error
	n := uint32(0)
	switch {
	case e.Line == nil:
		err = e.Sparse.CheckAbsent(leaf.Root, tag)
	case !utf8.ValidString(e.Line.Rule):
		return fail("", "text")
	default:
		n = 1
		value := LineHash(ValueKey(key, leaf.Request), e.Line.Encode())
		err = e.Sparse.CheckPresent(leaf.Root, tag, value)
	}
	if err != nil {
		return fail("", "sparse")
	}
	single := leaf.Subjects == 1
	if (single && e.Line != nil) != (leaf.Tag == tag) || (!single && leaf.Tag != Hash{}) {
		return fail("", "tag")
	}
	return e.checkCount(leaf, n)
}

// checkSingle verifies what the entry says of one person, without her record key.
func (e *Entry) checkSingle(leaf Leaf) error {
	x := e.Persons[0]
	if !utf8.ValidString(x.Line.Rule) {
		return fail("", "text")
	}
	if e.Sparse.CheckPresent(leaf.Root, x.Tag, LineHash(x.ValueKey, x.Line.Encode())) != nil {
		return fail("", "sparse")
	}
	if single := leaf.Subjects == 1; single != (leaf.Tag == x.Tag) || (!single && leaf.Tag != Hash{}) {
		return fail("", "tag")
	}
	return e.checkCount(leaf, 1)
}

// checkAll verifies what the entry says of everybody it is about: the sparse tree
// is built again, so that their number is checked too.
func (e *Entry) checkAll(leaf Leaf) error {
	pairs := make([]Pair, len(e.Persons))
	for i, x := range e.Persons {
		if !utf8.ValidString(x.Line.Rule) {
			return fail("", "text")
		}
		if i > 0 && bytes.Compare(e.Persons[i-1].Tag[:], x.Tag[:]) >= 0 {
			return fail("", "persons")
		}
		pairs[i] = Pair{x.Tag, LineHash(x.ValueKey, x.Line.Encode())}
	}
	root, err := SparseRoot(pairs)
	if err != nil || root != leaf.Root || uint64(leaf.Subjects) != uint64(len(pairs)) {
		return fail("", "persons")
	}
	if single := leaf.Subjects == 1; single != (leaf.Tag == pairs[0].Key) || (!single && leaf.Tag != Hash{}) {
		return fail("", "tag")
	}
	return nil
}

// checkCount compares the number of persons the leaf gives with those the sparse
// proof shows at least: the one it is for, if present, and one behind each sibling
// that is not empty.
func (e *Entry) checkCount(leaf Leaf, n uint32) error {
	for _, s := range e.Sparse.Siblings {
		if s != (Hash{}) {
			n++
		}
	}
	if e.Sparse.Other != nil {
		n++
	}
	if n > leaf.Subjects {
		return fail("", "subjects")
	}
	return nil
}

// Fields of an attestation.
const (
	AttestedField = "attests" // its value is AttestsScan
	AttestsScan   = "scan"
	ScannedField  = "scanned" // how many entries, from the first, decimal
)

// checkAttestation verifies an auditor's entry that says up to where he scanned.
func (e *Entry) checkAttestation(head Checkpoint) error {
	leaf, err := e.check(head)
	if err != nil {
		return err
	}
	what, _ := openedOnce(e.Fields, AttestedField)
	who, _ := openedOnce(e.Fields, "actor")
	n, err := parseNumber(scanned(e))
	if leaf.Kind != KindAttestation || what != AttestsScan || who == "" || err != nil || n > e.Index ||
		e.Line != nil || e.Persons != nil || e.Evidence != nil || e.Sparse != nil {
		return fail("", "entry-kind")
	}
	return nil
}

func scanned(e *Entry) string {
	v, _ := openedOnce(e.Fields, ScannedField)
	return v
}

// sortEvidence puts ids into the order in which they are hashed.
func sortEvidence(ids []ID) {
	slices.SortFunc(ids, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
}

// EvidenceHash is what a trace entry records of the complaints it rested on: the
// SHA-256 of their ids, ascending, in hexadecimal digits. It sorts the ids.
func EvidenceHash(ids []ID) string {
	sortEvidence(ids)
	h := sha256.New()
	for _, id := range ids {
		h.Write(id[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
