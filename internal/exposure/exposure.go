// Package exposure keeps who was shown whom in a form that answers at once: for
// every recipient, field, form and month a bitmap of subject ordinals, and for
// every subject the acts in which she was shown.
//
// Its one invariant: it equals the ledger. It is made from the ledger's entries by
// a follower and nothing else, can be thrown away and made again, and [Index.Check]
// compares every segment with the entries it covers. It knows ordinals, never who
// they are: of an erased subject nothing but her ordinal is left. It holds no value.
package exposure

import (
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Act is one entry that showed something: its subjects were shown together.
type Act struct {
	Entry     uint64
	At        time.Time // whole microseconds
	Recipient pii.PersonID
	Org       pii.OrgID
	Fields    []pii.Field
	Verb      pii.Verb
	Form      pii.Form
	Purpose   pii.Purpose
	Work      string // the work item, as the entry names it
	Subjects  int    // shown together: more than one is a job or a list
}

// Posting is one subject's place in an act.
type Posting struct {
	Act
	Version pii.Version // of her values; above 255 it is 255
}

// Key names a bitmap.
type Key struct {
	Recipient pii.PersonID
	Field     pii.Field
	Form      pii.Form
	Month     Month
}

// Month is a calendar month of UTC+8, counted from the year 0.
type Month int32

var beijing = time.FixedZone("UTC+8", 8*60*60)

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// MonthOf is the month a time is in.
func MonthOf(t time.Time) Month {
	t = t.In(beijing)
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// Ledger is what the index follows; [ledger.Ledger] is one.
type Ledger interface {
	Size() uint64
	// Records returns the entries [from, from+n) whose openings still open.
	Records(ctx context.Context, from uint64, n int) ([]*ledger.Record, error)
}

// Stored is a segment as the store keeps it.
type Stored struct {
	First, Until uint64 // the entries it covers: [First, Until)
	Sealed       []byte
}

// Span is a segment without its content.
type Span struct{ First, Until uint64 }

// Store keeps segments.
type Store interface {
	// Segments calls each for every segment, by First.
	Segments(ctx context.Context, each func(Stored) error) error
	// ReplaceSegments deletes drop and inserts the others, in one transaction. If any
	// is left that covers an entry of the others, another process was here before: a
	// Conflict, and nothing is changed.
	ReplaceSegments(ctx context.Context, drop []Span, put []Stored) error
}

// Sealer seals segments, so that the database shows neither who was shown whom nor
// takes a segment we did not write. The key ring is one.
type Sealer interface {
	SealFor(use string, context, plaintext []byte) ([]byte, error)
	OpenFor(use string, context, sealed []byte) ([]byte, error)
}

const sealUse = "exposure segment v1"

// actOf reads an act out of an entry; false if the entry showed nothing.
func actOf(r *ledger.Record) (Act, bool) {
	if r.Leaf.Kind != proof.KindDisclosure {
		return Act{}, false
	}
	a := Act{
		Entry: r.Index, At: r.At(), Recipient: pii.PersonID(r.Fact("actor")), Org: pii.OrgID(r.Fact("org")), Fields: r.Fields(),
		Verb: r.Verb(), Form: r.Form(), Purpose: pii.Purpose(r.Fact("purpose")), Work: r.Fact("work"),
	}
	return a, a.Form != pii.None
}

// Saw lists in which acts a subject was shown, the oldest first.
func (x *Index) Saw(o pii.Ordinal) []Posting { return x.View().Saw(o) }

// Each calls f for every row: an act, a subject shown in it and the version of her
// values, act by act in the ledger's order within a segment.
func (x *Index) Each(f func(*Act, pii.Ordinal, pii.Version)) {
	for _, s := range x.view.Load().segments {
		s.each(nil, f)
	}
}

// Size is how many entries of the ledger the index covers.
func (x *Index) Size() uint64 { return x.view.Load().size }

// Rows is how many row-disclosures the index holds.
func (x *Index) Rows() (n int) {
	for _, s := range x.view.Load().segments {
		n += len(s.rows)
	}
	return n
}

// Difference is a segment that does not equal the entries it covers.
type Difference struct{ First, Until uint64 }

// checkPage is how many entries are read at a time.
const checkPage = 256

// Check makes every segment again from the ledger and compares.
func (x *Index) Check(ctx context.Context) ([]Difference, error) {
	var out []Difference
	next := uint64(0)
	for _, s := range x.view.Load().segments {
		if s.first != next {
			out = append(out, Difference{next, s.first})
		}
		next = s.until
		again, _, err := build(ctx, x.ledger, s.first, s.until)
		if err != nil {
			return out, err
		}
		if !slices.Equal(again.encode(), s.encode()) {
			out = append(out, Difference{s.first, s.until})
		}
	}
	return out, nil
}

// build makes a segment of the entries [from, until); forgot is one above the
// last of them that destroyed a record key: entries before it may not open any more.
func build(ctx context.Context, l Ledger, from, until uint64) (s *segment, forgot uint64, err error) {
	b := newBuilder(from)
	for from < until {
		n := int(min(until-from, checkPage))
		records, err := l.Records(ctx, from, n)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range records {
			if destroys(r) {
				forgot = r.Index + 1
			}
			b.record(r)
		}
		from += uint64(n)
		if ctx.Err() != nil {
			return nil, 0, fault.New(fault.Unavailable, "interrupted", "")
		}
	}
	return b.seal(until), forgot, nil
}

// destroys reports whether entries before this one may not open any more.
func destroys(r *ledger.Record) bool {
	return r.Leaf.Kind == proof.KindForget || r.Leaf.Kind == proof.KindKeys && r.Fact("act") == ledger.RecordKeyEnded
}
