package exposure

import (
	"cmp"
	"slices"

	"github.com/goldbell/goldbell/internal/pii"
)

// Pair is two recipients of whom one was shown nearly all that the other was.
type Pair struct {
	A, B           pii.PersonID // A's list is the smaller one
	PeopleA        int
	PeopleB        int
	Shared         int
	ShareA, ShareB float64 // of each one's list that the other was shown too
}

// pairSample is from how many rows on lists are compared by a sample.
const pairSample = 1 << 20

// mostSharing bounds how many recipients may have been shown a person who counts:
// whom everybody was shown tells nobody apart.
const mostSharing = 64

// Pairs lists the pairs of recipients of whom one was shown at least share of the
// other's list since a month, the nearest first. Lists of fewer people than fewest
// are left out. In large indexes numbers are estimates from one person in eight.
func (w View) Pairs(since Month, share float64, fewest int, counts func(*Kind) bool) []Pair {
	rows := 0
	for _, s := range w.v.segments {
		rows += len(s.rows)
	}
	scale := 1
	if rows > pairSample {
		scale = sample
	}
	ids := map[pii.PersonID]uint32{}
	var names []pii.PersonID
	var shown []uint64 // ordinal 32 | recipient 32
	var people []uint32
	for _, s := range w.v.segments {
		for _, l := range s.sets.lists {
			if k := s.kinds[l.kind].kind(); l.month < since || !counts(&k) {
				continue
			}
			id, ok := ids[l.recipient]
			if !ok {
				id = uint32(len(names))
				ids[l.recipient] = id
				names = append(names, l.recipient)
			}
			if people = people[:0]; scale > 1 {
				people = s.sets.sampled(l, people)
			} else {
				people = s.sets.unpack(l, people)
			}
			for _, o := range people {
				shown = append(shown, uint64(o)<<32|uint64(id))
			}
		}
	}
	sortRows(shown)
	shown = slices.Compact(shown)
	size := make([]int, len(names))
	both := map[[2]uint32]int{}
	for i := 0; i < len(shown); {
		j := i
		for j < len(shown) && shown[j]>>32 == shown[i]>>32 {
			size[uint32(shown[j])]++
			j++
		}
		if j-i <= mostSharing {
			for a := i; a < j; a++ {
				for b := a + 1; b < j; b++ {
					both[[2]uint32{uint32(shown[a]), uint32(shown[b])}]++
				}
			}
		}
		i = j
	}
	var out []Pair
	for ids, n := range both {
		a, b := ids[0], ids[1]
		if size[b] < size[a] || size[a] == size[b] && names[b] < names[a] {
			a, b = b, a
		}
		p := Pair{A: names[a], B: names[b], PeopleA: scale * size[a], PeopleB: scale * size[b], Shared: scale * n,
			ShareA: float64(n) / float64(size[a]), ShareB: float64(n) / float64(size[b])}
		if p.ShareA >= share && p.PeopleA >= fewest {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(p, q Pair) int {
		return cmp.Or(-cmp.Compare(p.ShareA+p.ShareB, q.ShareA+q.ShareB), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
	})
	return out
}
