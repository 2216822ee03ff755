package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// MaxSubjects is how many subjects one entry may name.
const MaxSubjects = 1000

// Entry is one record before it is written.
type Entry struct {
	Kind  proof.Kind
	Actor pii.PersonID // who asked; empty for the system itself
	Org   pii.OrgID    // for which recipient organisation

	// What was asked, for disclosures, refusals and lookups.
	Verb    pii.Verb
	Form    pii.Form
	Fields  []pii.Field
	Purpose pii.Purpose
	Work    pii.RequestID

	Facts    []proof.Field // further facts of the kind, in the kind's own order
	Subjects []Subject     // shown and refused; each at most once
	Enrols   []proof.Hash  // subject commitments this entry pins (enrolments only)

	Refs    []Ref    // what else the entry is found by
	Effects []Effect // row changes that commit with it
	Revokes []string // what it takes away: keys as in Basis
	Rules   bool     // it brings a rule set into force
	Spends  []Spend  // budgets it is charged to
}

// Subject is one subject an entry names.
type Subject struct {
	Ordinal pii.Ordinal
	Key     keyring.RecordKey
	Line    proof.Line
}

// Item is what [Ledger.Append] is asked to record.
type Item struct {
	Request pii.RequestID
	Hash    []byte // SHA-256 of the request, if it may be retried; see Append
	Entry   Entry
	Refusal *Entry // what it becomes if a budget is used up; nil: the item fails
	Basis   Basis
	// Settle makes Append return only when no value can be opened any more on a
	// receipt queued before: for entries that take something away.
	Settle bool
}

// shows reports whether the entry names a value that may be opened on it.
func (e *Entry) shows() bool {
	return slices.ContainsFunc(e.Subjects, func(s Subject) bool { return s.Line.Shown })
}

// Basis is what a decision rests on: if any of it was taken away at or after Size,
// or another rule set came into force, the item goes back to be decided again.
type Basis struct {
	Size  uint64
	Rules uint64
	Keys  []string
}

// Keys of what can be taken away.
func PersonKey(id pii.PersonID) string { return "person|" + string(id) }
func OrgKey(id pii.OrgID) string       { return "org|" + string(id) }
func WorkKey(id pii.RequestID) string  { return "work|" + id.String() }
func SubjectKey(o pii.Ordinal) string  { return fmt.Sprintf("subject|%d", o) }
func CredentialKey(hash []byte) string { return "credential|" + hex.EncodeToString(hash) }
func ConsentKey(o pii.Ordinal, p pii.Purpose, to pii.OrgID) string {
	return fmt.Sprintf("consent|%d|%s|%s", o, p, to)
}
func CaseKey(id pii.RequestID) string { return "case|" + id.String() }
func OptOutKey(o pii.Ordinal) string  { return fmt.Sprintf("opt-out|%d", o) }

// compiled is an entry whose leaf and opening are ready but for index and time.
type compiled struct {
	entry   *Entry
	request pii.RequestID
	record  *Record
	leaf    proof.Leaf
	sealed  SealedOpening
	refs    []Ref
}

// compile commits to the entry's facts, builds the sparse tree over its subjects
// and seals the opening.
func (l *Ledger) compile(e *Entry, request pii.RequestID, hash []byte) (*compiled, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	o := opening{Facts: e.facts(hash), Subjects: make([]openedSubject, len(e.Subjects)), Enrols: e.Enrols}
	if _, err := io.ReadFull(l.rand, o.Key[:]); err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	for i, s := range e.Subjects {
		o.Subjects[i] = openedSubject{s.Ordinal, s.Line}
	}
	leaf := proof.Leaf{Kind: e.Kind, Request: request, Subjects: uint32(len(e.Subjects) + len(e.Enrols))}
	salt := salts(o.Key[:])
	leaf.Commitments = make([]proof.Hash, len(o.Facts))
	for i, f := range o.Facts {
		leaf.Commitments[i] = proof.Commit(salt(i), f)
	}
	ps := pairs(e, request)
	root, err := proof.SparseRoot(ps)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-request", "subjects")
	}
	leaf.Root = root
	if len(e.Subjects) == 1 {
		leaf.Tag = ps[0].Key
	}
	if len(e.Subjects) > 0 {
		leaf.Ordinals = proof.OrdinalsCommitment(salt(len(o.Facts)), bitmap(e.Subjects))
	}
	sealed, err := l.seal(e, request, o.encode())
	if err != nil {
		return nil, err
	}
	return &compiled{
		entry: e, request: request, leaf: leaf, sealed: sealed, refs: e.refs(),
		record: &Record{Leaf: leaf, opening: o},
	}, nil
}

// salts is [proof.Salt] for one entry key, which is hashed once.
func salts(key []byte) func(i int) [proof.SaltSize]byte {
	const label = 0x10
	m := hmac.New(sha256.New, key)
	var sum [sha256.Size]byte
	return func(i int) [proof.SaltSize]byte {
		m.Reset()
		m.Write([]byte{label, byte(i)})
		return [proof.SaltSize]byte(m.Sum(sum[:0])[:proof.SaltSize])
	}
}

func (e *Entry) check() error {
	switch {
	case len(e.Subjects) > MaxSubjects || len(e.Enrols) > MaxSubjects:
		return fault.New(fault.TooLarge, "too-large", "subjects")
	case len(e.Subjects) > 0 && len(e.Enrols) > 0:
		return fault.New(fault.Internal, "internal", "an entry enrols or names, not both")
	case commonFacts+len(e.Facts) > proof.MaxFields:
		return fault.New(fault.Internal, "internal", "too many facts")
	}
	return nil
}

// commonFacts is how many facts every entry starts with.
const commonFacts = 8

// facts lists what the leaf commits to: the common facts, in this order, then the
// kind's own.
func (e *Entry) facts(hash []byte) []proof.Field {
	work := ""
	if !e.Work.IsZero() {
		work = e.Work.String()
	}
	form := ""
	if e.Verb != 0 {
		form = e.Form.String()
	}
	common := []proof.Field{
		{Name: "actor", Value: string(e.Actor)},
		{Name: "org", Value: string(e.Org)},
		{Name: "verb", Value: e.Verb.String()},
		{Name: "form", Value: form},
		{Name: "fields", Value: joinFields(e.Fields)},
		{Name: "purpose", Value: string(e.Purpose)},
		{Name: "work", Value: work},
		{Name: "request-hash", Value: hex.EncodeToString(hash)},
	}
	return append(common, e.Facts...)
}

func (e *Entry) refs() []Ref {
	refs := make([]Ref, 0, len(e.Refs)+len(e.Subjects)+4)
	if e.Actor != "" {
		refs = append(refs, Ref{RefPerson, []byte(e.Actor)})
	}
	if e.Org != "" && e.Org != pii.Own {
		refs = append(refs, Ref{RefOrg, []byte(e.Org)})
	}
	if e.Rules {
		refs = append(refs, rulesRef)
	}
	for _, s := range e.Subjects {
		refs = append(refs, SubjectRef(s.Ordinal))
	}
	return append(refs, e.Refs...)
}

// rulesRef is under which rule sets are filed.
var rulesRef = Ref{RefRules, []byte{1}}

// SubjectRef is the reference of a subject.
func SubjectRef(o pii.Ordinal) Ref {
	return Ref{RefSubject, []byte{byte(o >> 24), byte(o >> 16), byte(o >> 8), byte(o)}}
}

// seal seals an opening under the one subject's record key, or, for entries about
// many or none, under the ring's record key of the month.
func (l *Ledger) seal(e *Entry, request pii.RequestID, plain []byte) (SealedOpening, error) {
	now := l.clock()
	s := SealedOpening{Holder: pii.Dummy, Month: keyring.MonthOf(now).String()}
	var err error
	if len(e.Subjects) == 1 && e.Subjects[0].Ordinal != pii.Dummy {
		s.Holder = e.Subjects[0].Ordinal
		s.Sealed, err = e.Subjects[0].Key.Seal(request[:], plain)
	} else {
		s.Sealed, err = l.ring.SealRecord(now, request[:], plain)
	}
	if err != nil {
		return SealedOpening{}, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	return s, nil
}

func pairs(e *Entry, request pii.RequestID) []proof.Pair {
	ps := make([]proof.Pair, 0, len(e.Subjects)+len(e.Enrols))
	for _, s := range e.Subjects {
		valueKey := proof.Hash(s.Key.PRF(2, request[:]))
		ps = append(ps, proof.Pair{
			Key:   s.Key.PRF(1, request[:]),
			Value: proof.LineHash(valueKey, s.Line.Encode()),
		})
	}
	for _, c := range e.Enrols {
		ps = append(ps, proof.Pair{Key: c, Value: proof.EnrolledHash(c)})
	}
	return ps
}

func bitmap(subjects []Subject) []byte {
	b := roaring.New()
	for _, s := range subjects {
		b.Add(uint32(s.Ordinal))
	}
	out, err := b.ToBytes()
	if err != nil {
		panic("ledger: a bitmap in memory did not serialise") // impossible state
	}
	return out
}

func joinFields(fields []pii.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return strings.Join(names, ",")
}

func splitFields(s string) []pii.Field {
	if s == "" {
		return nil
	}
	names := strings.Split(s, ",")
	fields := make([]pii.Field, len(names))
	for i, n := range names {
		fields[i] = pii.Field(n)
	}
	return fields
}
