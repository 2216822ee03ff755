package exposure

import (
	"slices"
	"sync"

	"github.com/goldbell/goldbell/internal/pii"
)

// Look is an act in sum: when, and how many were shown.
type Look struct {
	Micros int64
	Kind   int32 // a place in the list of kinds an Outline came with
	People uint32
}

// Kind is what looks have in common. Its entry, time, work and number are empty.
type Kind = Act

// Outline is a recipient's record in sum.
type Outline struct {
	Recipient pii.PersonID
	Looks     []Look // in order of time
	// Of the sets that differ counts: the people of each month, added up, and how many
	// different ones there are, estimated from every eighth.
	Monthly, People float64
	Months          int
}

// View is the index as it was at one moment.
type View struct{ v *view }

// View is the index as it is now; it does not change any more.
func (x *Index) View() View { return View{x.view.Load()} }

// sample is which ordinals an estimate of different people counts: one in so many.
const sample = 8

// Outlines sums every recipient's record up, for the acts of kinds that counts says
// yes to, and lists these kinds. Different people are estimated from the kinds
// that also differ says yes to.
func (w View) Outlines(counts, differ func(*Kind) bool) (all []Outline, kinds []Kind) {
	ids := map[pii.PersonID]int{}
	place := make([][]int32, len(w.v.segments)) // segment, kind → recipient, or -1
	kindOf := make([][]int32, len(w.v.segments))
	type known struct {
		joined string
		verb   pii.Verb
		form   pii.Form
	}
	seen := map[known]int32{}
	for n, s := range w.v.segments {
		place[n], kindOf[n] = make([]int32, len(s.kinds)), make([]int32, len(s.kinds))
		for i := range s.kinds {
			k := s.kinds[i].kind()
			place[n][i] = -1
			if !counts(&k) {
				continue
			}
			id, ok := ids[k.Recipient]
			if !ok {
				id = len(all)
				ids[k.Recipient] = id
				all = append(all, Outline{Recipient: k.Recipient})
			}
			place[n][i] = int32(id)
			key := known{s.kinds[i].joined, k.Verb, k.Form}
			if _, ok := seen[key]; !ok {
				seen[key] = int32(len(kinds))
				kinds = append(kinds, k)
			}
			kindOf[n][i] = seen[key]
		}
	}
	count := make([]int, len(all))
	for n, s := range w.v.segments {
		for i := range s.acts {
			if id := place[n][s.acts[i].kind]; id >= 0 {
				count[id]++
			}
		}
	}
	total := 0
	for _, c := range count {
		total += c
	}
	arena := make([]Look, total)
	for id := range all {
		all[id].Looks, arena = arena[:0:count[id]], arena[count[id]:]
	}
	for n, s := range w.v.segments {
		for i := range s.acts {
			a := &s.acts[i]
			if id := place[n][a.kind]; id >= 0 {
				all[id].Looks = append(all[id].Looks, Look{a.micros, kindOf[n][a.kind], a.subjects})
			}
		}
	}
	w.people(all, differ)
	return all, kinds
}

func (k *kind) kind() Kind {
	return Kind{Recipient: k.recipient, Org: k.org, Fields: k.fields, Verb: k.verb, Form: k.form, Purpose: k.purpose}
}

// people counts, of each recipient, the people of every month and estimates how
// many different ones there are.
func (w View) people(all []Outline, differ func(*Kind) bool) {
	const workers = 2
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			var sampled []uint32
			for i := worker; i < len(all); i += workers {
				o := &all[i]
				sampled = sampled[:0]
				months := map[Month]bool{}
				for _, s := range w.v.segments {
					for _, l := range s.sets.of(o.Recipient) {
						if k := s.kinds[l.kind].kind(); !differ(&k) {
							continue
						}
						months[l.month] = true
						o.Monthly += float64(l.people)
						sampled = s.sets.sampled(l, sampled)
					}
				}
				slices.Sort(sampled)
				o.Months, o.People = len(months), min(float64(sample*len(slices.Compact(sampled))), o.Monthly)
			}
		})
	}
	wg.Wait()
}

// sampled appends the ordinals of a set that an estimate counts. Ordinals are given
// out in order, so which are taken is spread by a multiplication.
func (s *sets) sampled(l list, to []uint32) []uint32 {
	b, o := s.packed[l.from:], uint32(0)
	for range l.people {
		n, shift := uint32(0), 0
		for {
			c := b[0]
			b = b[1:]
			n |= uint32(c&0x7f) << shift
			if c < 0x80 {
				break
			}
			shift += 7
		}
		if o += n; o*0x9E3779B1>>29 == 0 {
			to = append(to, o)
		}
	}
	return to
}

// Of calls f for every row of some recipients, act by act.
func (w View) Of(who map[pii.PersonID]bool, f func(*Act, pii.Ordinal, pii.Version)) {
	for _, s := range w.v.segments {
		wanted := make([]bool, len(s.kinds))
		any := false
		for i := range s.kinds {
			wanted[i] = who[s.kinds[i].recipient]
			any = any || wanted[i]
		}
		if any {
			s.each(wanted, f)
		}
	}
}

// First is when each subject was first shown in an act of a kind that counts, in
// Unix seconds; none: the subject never was.
func (w View) First(highest pii.Ordinal, none int64, counts func(*Kind) bool) []int64 {
	out := make([]int64, highest+1)
	for i := range out {
		out[i] = none
	}
	for _, s := range w.v.segments {
		asked := make([]bool, len(s.kinds))
		for i := range s.kinds {
			k := s.kinds[i].kind()
			asked[i] = counts(&k)
		}
		shows := make([]bool, len(s.acts))
		for i := range s.acts {
			shows[i] = asked[s.acts[i].kind]
		}
		for b := range max(len(s.blocks)-1, 0) {
			for _, r := range s.rows[s.blocks[b]:s.blocks[b+1]] {
				n := r & (maxActs - 1)
				if !shows[n] {
					continue
				}
				// Rows of a subject are in order of time: the first is the earliest.
				if o := b<<8 | int(r>>actBits); o < len(out) && out[o] == none {
					out[o] = s.acts[n].micros / 1e6
				}
			}
		}
	}
	return out
}

// Acts is how many acts the view holds, and the entry of the last one.
func (w View) Acts() (n int, last uint64) {
	for _, s := range w.v.segments {
		if len(s.acts) > 0 {
			n += len(s.acts)
			last = s.acts[len(s.acts)-1].entry
		}
	}
	return n, last
}

// Saw lists in which acts a subject was shown, the oldest first.
func (w View) Saw(o pii.Ordinal) []Posting {
	var out []Posting
	for _, s := range w.v.segments {
		low, high := s.of(o)
		for i := low; i < high; i++ {
			out = append(out, Posting{Act: s.act(s.rowAct(i)), Version: s.rowVersion(i)})
		}
	}
	return out
}
