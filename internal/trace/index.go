package trace

import (
	"errors"
	"fmt"
	"slices"
)

// Ref numbers a subject or a recipient inside one Index, from 0.
type Ref int32

// Mask is a set of fields, one bit each, as numbered by Builder.Field.
type Mask uint32

// Has reports whether m holds all of k.
func (m Mask) Has(k Mask) bool { return m&k == k }

// Subject is what the engine knows of a person: where the person belongs, never
// who it is. Segment, Region and Cohort are small codes; -1 means unknown.
type Subject struct {
	Segment, Region, Cohort int32
	Public                  bool // listed in a public directory
	Decoy                   bool
	Versions                []int64 // when each version of the values began, Unix seconds, ascending
}

// Recipient is someone to whom values were shown.
type Recipient struct {
	ID   string
	Kind string
	Team string
}

// View is one disclosure of one subject to one recipient.
type View struct {
	At        int64 // Unix seconds
	Recipient Ref
	Subject   Ref
	Plain     Mask
	Masked    Mask
	Version   uint16
	Variant   int8 // spelling of a marked copy; -1 none
	Job       bool // part of an export, not a look
}

// Exposure is the record of who was shown whom, ready to be asked. It is
// immutable: any number of questions may run on it at the same time.
type Exposure struct {
	subjects   []Subject
	recipients []Recipient
	fields     []string
	views      []View  // ordered by recipient, then time
	first      []int32 // recipient → its first view; len = recipients+1
	strata     strata
	from, to   int64          // span of the record
	outlines   []*Outline     // by recipient; nil: the views are complete
	late       map[Ref][]View // views that were read after the rest
	firsts     []int64        // subject → first shown in plain; nil: as the views say
}

// Builder collects an Exposure. It is not safe for concurrent use.
type Builder struct {
	x      Exposure
	byName map[string]Ref
}

// NewBuilder starts an empty record.
func NewBuilder() *Builder { return &Builder{byName: map[string]Ref{}} }

// ErrTooManyFields is returned when more than 32 fields are named.
var ErrTooManyFields = errors.New("more than 32 different fields")

// Field returns the bit of a field name, making one when it is new.
func (b *Builder) Field(name string) (Mask, error) {
	i := slices.Index(b.x.fields, name)
	if i < 0 {
		if len(b.x.fields) == 32 {
			return 0, ErrTooManyFields
		}
		i = len(b.x.fields)
		b.x.fields = append(b.x.fields, name)
	}
	return 1 << i, nil
}

// Subject adds a subject and returns its number.
func (b *Builder) Subject(s Subject) Ref {
	b.x.subjects = append(b.x.subjects, s)
	return Ref(len(b.x.subjects) - 1)
}

// Recipient adds a recipient; a second one of the same id returns the first's
// number and false.
func (b *Builder) Recipient(r Recipient) (Ref, bool) {
	if n, ok := b.byName[r.ID]; ok {
		return n, false
	}
	n := Ref(len(b.x.recipients))
	b.x.recipients = append(b.x.recipients, r)
	b.byName[r.ID] = n
	return n, true
}

// expect makes room for about n disclosures.
func (b *Builder) expect(n int) { b.x.views = slices.Grow(b.x.views, min(max(n, 0), 1<<24)) }

// View adds a disclosure. The order of calls does not matter.
func (b *Builder) View(v View) { b.x.views = append(b.x.views, v) }

// Exposure closes the builder, which must not be used again.
func (b *Builder) Exposure() (*Exposure, error) {
	x := &b.x
	for i, v := range x.views {
		if v.Subject < 0 || int(v.Subject) >= len(x.subjects) || v.Recipient < 0 || int(v.Recipient) >= len(x.recipients) {
			return nil, fmt.Errorf("view %d names a subject or recipient that was not added", i)
		}
	}
	x.sortViews()
	for _, o := range x.outlines {
		if o != nil && len(o.Acts) > 0 {
			x.span(o.Acts[0].At, o.Acts[len(o.Acts)-1].At)
		}
	}
	x.strata = stratify(x.subjects)
	return x, nil
}

// sortViews orders the views by recipient and time: a counting pass by
// recipient, then a sort inside each, which is nothing when the input was in
// order of time.
func (x *Exposure) sortViews() {
	x.first = make([]int32, len(x.recipients)+1)
	for _, v := range x.views {
		x.first[v.Recipient+1]++
	}
	for r := range x.recipients {
		x.first[r+1] += x.first[r]
	}
	next := slices.Clone(x.first)
	sorted := make([]View, len(x.views))
	for _, v := range x.views {
		sorted[next[v.Recipient]] = v
		next[v.Recipient]++
	}
	x.views = sorted
	for r := range x.recipients {
		vs := x.of(Ref(r))
		if !slices.IsSortedFunc(vs, compareViews) {
			slices.SortFunc(vs, compareViews)
		}
		if len(vs) > 0 {
			x.span(vs[0].At, vs[len(vs)-1].At)
		}
	}
}

func compareViews(a, b View) int {
	switch {
	case a.At != b.At:
		return cmpInt(a.At, b.At)
	case a.Subject != b.Subject:
		return int(a.Subject) - int(b.Subject)
	case a.Version != b.Version:
		return int(a.Version) - int(b.Version)
	case a.Plain != b.Plain:
		return cmpInt(int64(a.Plain), int64(b.Plain))
	}
	return int(a.Variant) - int(b.Variant)
}

func cmpInt(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func (x *Exposure) span(from, to int64) {
	if x.from == 0 && x.to == 0 {
		x.from, x.to = from, to
	}
	x.from, x.to = min(x.from, from), max(x.to, to)
}

// of returns a recipient's views in order of time.
func (x *Exposure) of(r Ref) []View {
	if views, ok := x.late[r]; ok {
		return views
	}
	return x.views[x.first[r]:x.first[r+1]]
}

// current is the version of a subject's values that was valid at a time.
func (s *Subject) current(at int64) uint16 {
	n := 0
	for n < len(s.Versions) && s.Versions[n] <= at {
		n++
	}
	return uint16(max(n-1, 0))
}
