package vault

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/goldbell/goldbell/internal/pii"
)

// Tags reads the blind index for matching a found file: the tags of replaced
// values too, which nobody is looked up by.
type Tags interface {
	// TagsAfter pages through the tags of a field in ascending order: of current
	// values, or of replaced ones. A tag that several subjects share may come once.
	TagsAfter(ctx context.Context, f pii.Field, norm uint8, past bool, after [32]byte, n int) ([][32]byte, error)
	// Holders finds who holds, or held, a value of each tag, and in which versions.
	Holders(ctx context.Context, f pii.Field, norm uint8, tags [][32]byte) ([]TagHolder, error)
}

// TagHolder is a subject with a version of her values that has the tag.
type TagHolder struct {
	Tag     [32]byte
	Ordinal pii.Ordinal
	Version pii.Version
	Current pii.Version // the newest version there is
}

// Match is what is known of a subject some of whose values a file holds.
type Match struct {
	Ordinal  pii.Ordinal
	Fields   []pii.Field
	Versions uint64 // bit v-1: the values agree with version v; 0: with all of them
}

// Matcher finds whose values the rows of a found file are. It compares full index
// values and opens nothing. It keeps subjects, never values or rows, and is not
// safe for concurrent use.
type Matcher struct {
	v       *Vault
	tags    Tags
	fields  []matchField
	pending []pendingRow
	waiting int // tags of pending rows whose holders are not known yet
	found   map[pii.Ordinal]*Match
	current map[pii.Ordinal]pii.Version
	rows    int64
}

type matchField struct {
	spec    pii.FieldSpec
	held    *tagSet
	holders map[[32]byte][]TagHolder // of tags that were asked for
}

// pendingRow is a row that may be ours: at most one tag of each value.
type pendingRow []rowTag

type rowTag struct {
	field int
	tag   [32]byte
}

const (
	tagPage   = 20_000
	askAtOnce = 1000
	// versionBits is how many versions a match tells apart.
	versionBits = 64
)

// NewMatcher reads the tags of every indexed field into a table of 64 bits each,
// unless the file is too small to be worth it.
func (v *Vault) NewMatcher(ctx context.Context, tags Tags, rows int64) (*Matcher, error) {
	m := &Matcher{v: v, tags: tags, found: map[pii.Ordinal]*Match{}, current: map[pii.Ordinal]pii.Version{}}
	for _, spec := range v.schema {
		if !spec.Indexed {
			continue
		}
		f := matchField{spec: spec, holders: map[[32]byte][]TagHolder{}}
		if rows > 10*askAtOnce {
			var err error
			if f.held, err = readTags(ctx, tags, spec.Field); err != nil {
				return nil, err
			}
		}
		m.fields = append(m.fields, f)
	}
	return m, nil
}

func readTags(ctx context.Context, tags Tags, f pii.Field) (*tagSet, error) {
	set := newTagSet()
	for _, past := range []bool{false, true} {
		for after := ([32]byte{}); ; {
			page, err := tags.TagsAfter(ctx, f, pii.NormVersion, past, after, tagPage)
			if err != nil {
				return nil, err
			}
			for _, t := range page {
				set.add(t)
			}
			if len(page) < tagPage {
				break
			}
			after = page[len(page)-1]
		}
	}
	return set, nil
}

// Row takes one row's values: each is looked for in every indexed field of its kind.
func (m *Matcher) Row(ctx context.Context, kinds []pii.Kind, values []pii.Value) error {
	var row pendingRow
	for i, value := range values {
		text := value.Reveal()
		for n := range m.fields {
			f := &m.fields[n]
			if f.spec.Kind != kinds[i] {
				continue
			}
			t := m.v.ring.BlindIndex(f.spec.Field, pii.NormVersion, text)
			if f.held != nil && !f.held.has(t) {
				continue
			}
			row = append(row, rowTag{n, t})
			if _, asked := f.holders[t]; !asked {
				f.holders[t] = nil
				m.waiting++
			}
		}
	}
	if row == nil {
		return nil
	}
	m.pending = append(m.pending, row)
	if m.waiting < askAtOnce && len(m.pending) < 64*askAtOnce {
		return nil
	}
	return m.flush(ctx)
}

// flush finds the holders of the tags that wait, and enters the pending rows.
func (m *Matcher) flush(ctx context.Context) error {
	for n := range m.fields {
		f := &m.fields[n]
		var ask [][32]byte
		for _, row := range m.pending {
			for _, t := range row {
				if t.field == n && f.holders[t.tag] == nil {
					f.holders[t.tag] = nobody
					ask = append(ask, t.tag)
				}
			}
		}
		held, err := m.tags.Holders(ctx, f.spec.Field, pii.NormVersion, ask)
		if err != nil {
			return err
		}
		for _, h := range held {
			f.holders[h.Tag] = append(f.holders[h.Tag], h)
		}
		if f.held == nil || len(f.holders) > maxRemembered {
			defer func() { f.holders = map[[32]byte][]TagHolder{} }() // strangers' values are not to pile up
		}
	}
	for _, row := range m.pending {
		m.enter(row)
	}
	m.pending, m.waiting = m.pending[:0], 0
	return nil
}

// nobody is what is known of a tag that nobody holds: not nil.
var nobody = []TagHolder{}

// maxRemembered is how many tags' holders are kept per field.
const maxRemembered = 1 << 20

// enter adds a row to what is known of the subjects it is about. When a row's
// values are of several, it is about each.
func (m *Matcher) enter(row pendingRow) {
	type seen struct {
		versions uint64
		fields   []int
	}
	about := map[pii.Ordinal]*seen{}
	for _, t := range row {
		byOrdinal := map[pii.Ordinal]uint64{}
		for _, h := range m.fields[t.field].holders[t.tag] {
			byOrdinal[h.Ordinal] |= versionBit(h.Version)
			m.current[h.Ordinal] = max(m.current[h.Ordinal], h.Current)
		}
		for o, bits := range byOrdinal {
			s := about[o]
			if s == nil {
				s = &seen{versions: ^uint64(0)}
				about[o] = s
			}
			if s.versions&bits != 0 { // else two copies were merged into one row
				s.versions &= bits
			}
			s.fields = append(s.fields, t.field)
		}
	}
	if len(about) > 0 {
		m.rows++
	}
	for o, s := range about {
		match := m.found[o]
		if match == nil {
			match = &Match{Ordinal: o, Versions: s.versions}
			m.found[o] = match
		} else if match.Versions&s.versions != 0 {
			match.Versions &= s.versions
		}
		for _, n := range s.fields {
			if f := m.fields[n].spec.Field; !slices.Contains(match.Fields, f) {
				match.Fields = append(match.Fields, f)
			}
		}
	}
}

func versionBit(v pii.Version) uint64 {
	if v < 1 || v > versionBits {
		return 0
	}
	return 1 << (v - 1)
}

// Found ends the matching: the subjects, by ordinal, and how many rows were about
// anybody.
func (m *Matcher) Found(ctx context.Context) ([]Match, int64, error) {
	if err := m.flush(ctx); err != nil {
		return nil, 0, err
	}
	out := make([]Match, 0, len(m.found))
	for o, match := range m.found {
		slices.Sort(match.Fields)
		if all := allVersions(m.current[o]); match.Versions&all == all {
			match.Versions = 0
		}
		out = append(out, *match)
	}
	slices.SortFunc(out, func(a, b Match) int { return int(int64(a.Ordinal) - int64(b.Ordinal)) })
	return out, m.rows, nil
}

func allVersions(current pii.Version) uint64 {
	if current >= versionBits {
		return ^uint64(0)
	}
	return 1<<current - 1
}

// tagSet is a set of the first 64 bits of tags: half full at most, open addressing.
// Tags are as good as random, so their own bits are the hash.
type tagSet struct {
	slots []uint64 // 0: free
	n     int
}

func newTagSet() *tagSet { return &tagSet{slots: make([]uint64, 1<<12)} }

func word(t [32]byte) uint64 { return max(binary.BigEndian.Uint64(t[:8]), 1) }

func (s *tagSet) add(t [32]byte) {
	if 2*(s.n+1) > len(s.slots) {
		old := s.slots
		s.slots, s.n = make([]uint64, 2*len(old)), 0
		for _, w := range old {
			if w != 0 {
				s.put(w)
			}
		}
	}
	s.put(word(t))
}

func (s *tagSet) put(w uint64) {
	for i := w & uint64(len(s.slots)-1); ; i = (i + 1) & uint64(len(s.slots)-1) {
		switch s.slots[i] {
		case w:
			return
		case 0:
			s.slots[i] = w
			s.n++
			return
		}
	}
}

func (s *tagSet) has(t [32]byte) bool {
	w := word(t)
	for i := w & uint64(len(s.slots)-1); ; i = (i + 1) & uint64(len(s.slots)-1) {
		switch s.slots[i] {
		case w:
			return true
		case 0:
			return false
		}
	}
}
