package proof

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"
	"unicode/utf8"
)

// Verify checks everything a pack says against the log it is from, and the log
// against policy. Without a policy (nil) it says only that the pack is consistent
// with itself: [Report.LogChecked] is then false. kept are checkpoints that the
// reader has from before or from elsewhere: each must be of the same log, and the
// pack must show that its own continue it. The error is a [*Failure].
func Verify(p *Pack, policy *Policy, kept ...[]byte) (Report, error) {
	head, err := p.checkBody()
	if err != nil {
		return Report{}, err
	}
	if p.Sealed == nil {
		return Report{}, fail("pack", "unsealed")
	}
	later, err := p.checkSeal(head, p.body())
	if err != nil {
		return Report{}, err
	}
	if !bytes.Equal(p.Page, p.page(head)) {
		return Report{}, fail(pageMember, "page")
	}
	r := p.report(head)
	r.sealed(p, later)
	heads := append(p.earlierHeads(), head, later)
	for _, k := range kept {
		size, err := p.checkKept(k, heads)
		if err != nil {
			return Report{}, at(keptPlace, err)
		}
		r.Kept = append(r.Kept, size)
	}
	if policy != nil {
		if err := r.apply(policy, p.logs(), heads); err != nil {
			return Report{}, err
		}
	}
	return r, nil
}

// checkBody verifies all that comes before the page.
func (p *Pack) checkBody() (Checkpoint, error) {
	keys, err := p.Info.check()
	if err != nil {
		return Checkpoint{}, at(packMember, err)
	}
	head, err := p.checkHead(p.Checkpoint, keys)
	if err != nil {
		return Checkpoint{}, at(headMember, err)
	}
	if err := p.checkClosed(head); err != nil {
		return Checkpoint{}, err
	}
	if err := p.checkEarlier(head, keys); err != nil {
		return Checkpoint{}, err
	}
	if (p.Enrolment != nil) != (p.Info.RecordKey != nil) {
		return Checkpoint{}, fail(enrolledMember, "missing")
	}
	if p.Enrolment != nil {
		if err := p.checkEnrolment(head); err != nil {
			return Checkpoint{}, at(enrolledMember, err)
		}
	}
	if err := p.checkEntries(head); err != nil {
		return Checkpoint{}, err
	}
	if p.Info.Entries != p.counted() {
		return Checkpoint{}, fail(packMember, "count")
	}
	if p.Attestation != nil {
		if err := p.Attestation.checkAttestation(head); err != nil {
			return Checkpoint{}, at(attestMember, err)
		}
	}
	return head, nil
}

func (p *Pack) checkEntries(head Checkpoint) error {
	if len(p.Entries) > MaxPackEntries {
		return fail("pack", "too-large")
	}
	before, clock := int64(-1), p.Info.From
	if p.Enrolment != nil && p.Info.Kind == KindSubject {
		before = int64(p.Enrolment.Index)
	}
	for i := range p.Entries {
		e := &p.Entries[i]
		leaf, err := e.check(head)
		switch {
		case err != nil:
		case int64(e.Index) <= before:
			err = fail("", "entry-order")
		case leaf.Micros < clock || leaf.Micros >= p.Info.Until:
			err = fail("", "entry-time")
		default:
			if err = p.belongs(e, leaf); err == nil {
				err = p.checkPersons(e, leaf)
			}
		}
		if err != nil {
			return at(entryMember(i), err)
		}
		before, clock = int64(e.Index), leaf.Micros
	}
	return nil
}

// check reads what can be read of pack.json by itself and returns the keys it
// names, the log's first.
func (i *Info) check() ([]Key, error) {
	if i.Format != packFormat || !i.shaped() {
		return nil, fail("", "kind")
	}
	if i.Forgotten < 0 || i.Forgotten > maxNumber {
		return nil, fail("", "count")
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
		if slices.Contains(keys, k) {
			return nil, fail("", "key-twice")
		}
		keys = append(keys, k)
	}
	return keys, i.checkOutside()
}

// checkOutside reads who runs which witness: each is one of the witnesses, in their
// order.
func (i *Info) checkOutside() error {
	rest := i.Witnesses
	for _, o := range i.Outside {
		at := slices.Index(rest, o.VKey)
		if at < 0 || !sayable(o.Organisation) {
			return fail("", "outside")
		}
		rest = rest[at+1:]
	}
	return nil
}

// sayable reports whether an organisation's name can stand in a sentence.
func sayable(name string) bool {
	return name != "" && len(name) <= maxOrganisation && utf8.ValidString(name) && speakable(name)
}

const maxOrganisation = 256

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
	keys, err := p.Info.check()
	if err != nil {
		return Checkpoint{}, at(packMember, err)
	}
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
	if v, ok := openedOnce(s.Fields, ManifestField); !ok || v != manifest.String() {
		return fail("", "other-pack")
	}
	// The entry commits to the checkpoint's bytes, so it cannot be below them.
	if s.Index < head.Size {
		return fail("", "seal-order")
	}
	return CheckConsistency(head, later, s.Consistency)
}

func hash256(b []byte) Hash { return sha256.Sum256(b) }

// micros is a ledger time.
func micros(n uint64) time.Time { return time.UnixMicro(int64(n)).UTC() }
