package proof

import (
	"crypto/sha256"
	"time"
	"unicode/utf8"
)

// Verify checks everything a pack says against the log it is from, and the log
// against policy. Without a policy (nil) it says only that the pack is consistent
// with itself: [Report.LogChecked] is then false. The error is a [*Failure].
func Verify(p *Pack, policy *Policy) (Report, error) {
	head, err := p.checkBody()
	if err != nil {
		return Report{}, err
	}
	if p.Sealed == nil {
		return Report{}, fail("pack", "unsealed")
	}
	sealHead, err := p.checkSeal(head, p.body())
	if err != nil {
		return Report{}, err
	}
	r := p.report(head, sealHead)
	if policy != nil {
		err = r.apply(policy, p.Info.Log, head, sealHead)
	}
	if err != nil {
		return Report{}, err
	}
	return r, nil
}

// checkBody verifies all that comes before the manifest.
func (p *Pack) checkBody() (Checkpoint, error) {
	keys, err := p.Info.check()
	if err != nil {
		return Checkpoint{}, at(packMember, err)
	}
	head, err := p.checkHead(p.Checkpoint, keys)
	if err != nil {
		return Checkpoint{}, at(headMember, err)
	}
	if err := p.checkEnrolment(head); err != nil {
		return Checkpoint{}, at(enrolledMember, err)
	}
	before, clock := p.Enrolment.Index, uint64(0)
	for i := range p.Entries {
		e := &p.Entries[i]
		leaf, err := e.check(head)
		switch {
		case err != nil:
		case e.Index <= before:
			err = fail("", "entry-order")
		case leaf.Micros < max(p.Info.From, clock) || leaf.Micros >= p.Info.Until:
			err = fail("", "entry-time")
		default:
			err = p.checkPerson(e, leaf)
		}
		if err != nil {
			return Checkpoint{}, at(entryMember(i), err)
		}
		before, clock = e.Index, leaf.Micros
	}
	if p.Info.Entries != p.present() {
		return Checkpoint{}, fail(packMember, "count")
	}
	return head, nil
}

// check reads what can be read of pack.json by itself and returns the keys it
// names, the log's first.
func (i *Info) check() ([]Key, error) {
	if i.Format != packFormat || i.Kind != KindSubject {
		return nil, fail("", "kind")
	}
	if i.From >= i.Until || i.Until > maxNumber || i.Created > maxNumber {
		return nil, fail("", "window")
	}
	switch i.RootKey {
	case RootKeyFile, RootKeyKMS, RootKeyShared:
	default:
		return nil, fail("", "root-key")
	}
	log, err := ParseLogKey(i.Log)
	if err != nil {
		return nil, err
	}
	if log.Name != i.Origin {
		return nil, fail("", "origin")
	}
	keys := []Key{log}
	for _, w := range i.Witnesses {
		k, err := ParseWitnessKey(w)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// checkHead reads a checkpoint of the pack; every signature on it must be of a
// key the pack names, one of them the log's.
func (p *Pack) checkHead(signed []byte, keys []Key) (Checkpoint, error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return c, err
	}
	if err := c.Signed(keys[0]); err != nil {
		return c, err
	}
	return c, c.onlyBy(keys)
}

// check verifies what is the same for every entry: the leaf is in the log, and
// the opened fields are those it commits to.
func (e *Entry) check(head Checkpoint) (Leaf, error) {
	leaf, err := DecodeLeaf(e.Leaf)
	if err != nil {
		return leaf, fail("", "leaf")
	}
	if err := CheckInclusion(head, e.Index, e.Leaf, e.Inclusion); err != nil {
		return leaf, err
	}
	return leaf, checkFields(leaf, e.Fields)
}

func checkFields(leaf Leaf, fields []Opened) error {
	if !utf8Fields(fields) {
		return fail("", "text")
	}
	last := -1
	for _, f := range fields {
		if f.I <= last || f.I >= len(leaf.Commitments) {
			return fail("", "opening")
		}
		if Commit(f.Salt, Field{f.Name, f.Value}) != leaf.Commitments[f.I] {
			return fail("", "opening")
		}
		last = f.I
	}
	return nil
}

// checkEnrolment verifies that the person's record key was pinned in the log.
func (p *Pack) checkEnrolment(head Checkpoint) error {
	e := &p.Enrolment
	leaf, err := e.check(head)
	if err != nil {
		return err
	}
	if leaf.Kind != KindEnrolment || e.Line != nil {
		return fail("", "entry-kind")
	}
	c := SubjectCommitment(p.Info.RecordKey[:], p.Info.Subject)
	if e.Sparse.CheckPresent(leaf.Root, c, EnrolledHash(c)) != nil {
		return fail("", "enrolment")
	}
	return e.checkCount(leaf)
}

// checkPerson verifies what the entry says, or that it says nothing, of the person.
func (p *Pack) checkPerson(e *Entry, leaf Leaf) error {
	key := p.Info.RecordKey[:]
	tag := Tag(key, leaf.Request)
	var err error
	switch {
	case e.Line == nil:
		err = e.Sparse.CheckAbsent(leaf.Root, tag)
	case !utf8.ValidString(e.Line.Rule):
		return fail("", "text")
	default:
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
	return e.checkCount(leaf)
}

// checkCount compares the number of persons the leaf gives with those the sparse
// proof shows at least: one behind each sibling that is not empty.
func (e *Entry) checkCount(leaf Leaf) error {
	n := uint32(0)
	for _, s := range e.Sparse.Siblings {
		if s != (Hash{}) {
			n++
		}
	}
	if e.Sparse.Other != nil || e.Line != nil || leaf.Kind == KindEnrolment {
		n++
	}
	if n > leaf.Subjects {
		return fail("", "subjects")
	}
	return nil
}

func (p *Pack) present() int {
	n := 0
	for i := range p.Entries {
		if p.Entries[i].Line != nil {
			n++
		}
	}
	return n
}

// checkSeal verifies the manifest and the record of it.
func (p *Pack) checkSeal(head Checkpoint, body []member) (Checkpoint, error) {
	list := listMembers(body)
	if len(list) != len(p.Manifest) {
		return Checkpoint{}, fail(manifestMember, "members")
	}
	for i, m := range list {
		if m.Name != p.Manifest[i].Name {
			return Checkpoint{}, fail(manifestMember, "members")
		}
		if m != p.Manifest[i] {
			return Checkpoint{}, fail(m.Name, "manifest")
		}
	}
	keys, _ := p.Info.check() // checkBody has seen it
	later, err := p.checkHead(p.Sealed.Checkpoint, keys)
	if err == nil {
		err = p.Sealed.check(head, later, sha256.Sum256(p.manifest()))
	}
	if err != nil {
		return Checkpoint{}, at(sealMember, err)
	}
	return later, nil
}

func (s *Sealed) check(head, later Checkpoint, manifest Hash) error {
	leaf, err := (&Entry{Index: s.Index, Leaf: s.Leaf, Inclusion: s.Inclusion, Fields: s.Fields}).check(later)
	if err != nil {
		return err
	}
	if leaf.Kind != KindPack {
		return fail("", "entry-kind")
	}
	found := 0
	for _, f := range s.Fields {
		if f.Name == ManifestField {
			found++
		}
		if f.Name == ManifestField && f.Value != manifest.String() {
			return fail("", "other-pack")
		}
	}
	if found != 1 {
		return fail("", "other-pack")
	}
	// The entry commits to the checkpoint's bytes, so it cannot be below them.
	if s.Index < head.Size {
		return fail("", "seal-order")
	}
	return CheckConsistency(head, later, s.Consistency)
}

// micros is a ledger time.
func micros(n uint64) time.Time { return time.UnixMicro(int64(n)).UTC() }
