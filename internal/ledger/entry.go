package ledger

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// What an entry of kind keys says was done, as its fact "act"; its fact "month" says
// whose key it was.
const (
	PeriodKeyEnded = "period-key-destroyed"
	RecordKeyEnded = "record-key-destroyed"
)

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
	// Actor is what the actor's own power rests on, since he was authenticated. Nobody
	// who decides again reads it again: if any of it was taken away the item fails.
	Actor Basis
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

// Actor is what somebody's power to act rests on since the ledger was so long; not known
// (0) is nothing.
func Actor(seen uint64, person pii.PersonID, org pii.OrgID, credential []byte) Basis {
	if seen == 0 {
		return Basis{}
	}
	keys := []string{PersonKey(person), OrgKey(org)}
	if len(credential) > 0 {
		keys = append(keys, CredentialKey(credential))
	}
	return Basis{Size: seen, Keys: keys}
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
func NoticeKey(p pii.Purpose) string  { return "notice|" + string(p) }
func NumberKey(tag []byte) string     { return "number|" + hex.EncodeToString(tag) }
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
	o := opening{Facts: e.facts(hash), Subjects: make([]openedSubject, len(e.Subjects)), Enrols: e.Enrols, Refs: e.Refs}
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
		entry: e, request: request, leaf: leaf, sealed: sealed, refs: o.refs(e.Kind),
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
	case commonFacts+len(e.Facts)+len(e.Effects)+1 > proof.MaxFields:
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
	common = append(append(common, withoutRows(e.Facts)...), e.rowFacts()...)
	if rows := e.rows(); rows != "" {
		common = append(common, proof.Field{Name: RowsFact, Value: rows})
	}
	return common
}

// RowsFact is the fact that states the rows an entry makes which decide who may see
// what, as a JSON array of [pii.Row].
const RowsFact = "states"

func (e *Entry) rows() string {
	var rows []pii.Row
	for _, x := range e.Effects {
		if s, ok := x.(pii.Stater); ok {
			rows = append(rows, s.States()...)
		}
	}
	if len(rows) == 0 {
		return ""
	}
	b, err := json.Marshal(rows)
	if err != nil {
		panic("ledger: rows of plain fields did not encode") // impossible state
	}
	return string(b)
}

// refs is what an entry is found by: all of it stands in its opening, so that the
// index can be compared with the openings.
func (o *opening) refs(kind proof.Kind) []Ref {
	refs := make([]Ref, 0, len(o.Refs)+len(o.Subjects)+4)
	if actor := o.fact("actor"); actor != "" {
		refs = append(refs, Ref{RefPerson, []byte(actor)})
	}
	if org := o.fact("org"); org != "" && pii.OrgID(org) != pii.Own {
		refs = append(refs, Ref{RefOrg, []byte(org)})
	}
	if kind == proof.KindRules {
		refs = append(refs, rulesRef)
	}
	if o.fact(RowsFact) != "" {
		refs = append(refs, StateRef)
	}
	refs = append(refs, versionRefs(o.Facts)...)
	for _, s := range o.Subjects {
		refs = append(refs, SubjectRef(s.Ordinal))
	}
	refs = append(refs, o.Refs...)
	slices.SortFunc(refs, compareRefs)
	return slices.CompactFunc(refs, func(a, b Ref) bool { return compareRefs(a, b) == 0 })
}

func compareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.Key, b.Key))
}

// rulesRef is under which rule sets are filed.
var rulesRef = Ref{RefRules, []byte{1}}

// ProposalRef is under which the steps of proposed rule sets are filed.
var ProposalRef = Ref{RefRules, []byte{2}}

// LapseRef is under which erasures are filed that the end of a retention brought.
var LapseRef = Ref{RefLapse, []byte{1}}

// StateRef is under which entries are filed that state rows.
var StateRef = Ref{RefState, []byte{1}}

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
		s.Sealed, err = e.Subjects[0].Key.Seal(openingContext(request, s.Month), plain)
	} else if s.Sealed, err = l.ring.SealRecord(now, request[:], plain); err == nil {
		var m keyring.Month // not now's until the month has a key
		m, err = keyring.RecordMonth(s.Sealed)
		s.Month = m.String()
	}
	if err != nil {
		return SealedOpening{}, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	return s, nil
}

// openingContext is what an opening under a subject's key is bound to: its entry,
// and the month it was written in, which says when it may be destroyed.
func openingContext(request pii.RequestID, month string) []byte {
	return append(request[:], month...)
}

func pairs(e *Entry, request pii.RequestID) []proof.Pair {
	ps := make([]proof.Pair, 0, len(e.Subjects)+len(e.Enrols))
	for _, s := range e.Subjects {
		ps = append(ps, pairOf(s.Key, s.Line, request))
	}
	for _, c := range e.Enrols {
		ps = append(ps, proof.Pair{Key: c, Value: proof.EnrolledHash(c)})
	}
	return ps
}

// pairOf is a subject's place in the sparse tree of an entry.
func pairOf(key keyring.RecordKey, line proof.Line, request pii.RequestID) proof.Pair {
	valueKey := proof.Hash(key.PRF(2, request[:]))
	return proof.Pair{Key: key.PRF(1, request[:]), Value: proof.LineHash(valueKey, line.Encode())}
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
