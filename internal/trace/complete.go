package trace

import (
	"cmp"
	"slices"
)

// shortlist is how many of the leading recipients are read view by view at least:
// more than are looked at again, so that nobody of those is known in sum only.
const shortlist = 2 * leaders

// mostTeam bounds the teams that are read with a leading member: what a larger
// one was shown says little about a person.
const mostTeam = 64

// complete reads the views of those who come near a name, until nobody near one is
// known in sum only, and judges them.
func (q *run) complete(suspects []suspect, fetch func([]Ref) ([]View, error)) error {
	if fetch == nil || len(q.x.outlines) == 0 {
		return nil
	}
	for {
		missing := q.missing(suspects)
		if len(missing) == 0 {
			return nil
		}
		views, err := fetch(missing)
		if err != nil {
			return err
		}
		q.x = q.x.completed(missing, views)
		q.parallel(len(missing), func(i int, s *scratch) { suspects[missing[i]].list = q.list(missing[i], s) })
		before := q.tau
		q.fitTau(suspects)
		if q.tau != before { // all who were judged by the old one
			missing = missing[:0]
			for i := range suspects {
				if !suspects[i].list.sketched {
					missing = append(missing, Ref(i))
				}
			}
		}
		q.parallel(len(missing), func(i int, s *scratch) { q.judge(&suspects[missing[i]], s) })
	}
}

// missing lists the outlined recipients that must be read: the leading ones, those
// who hold half of a leader's items, who may be his twin, and the leaders' teams.
func (q *run) missing(suspects []suspect) (out []Ref) {
	order := q.byFactor(suspects)
	want := map[Ref]bool{}
	for _, a := range order[:min(shortlist, len(order))] {
		want[a] = true
	}
	const first = 8
	for _, a := range order[:min(first, len(order))] {
		own := q.itemsOf(&suspects[a])
		if len(own) < 2 {
			continue
		}
		var near []Ref
		for b := range suspects {
			both := 0
			for _, h := range suspects[b].list.modes[enriched].hits {
				if own[h.item] == 1 {
					own[h.item] = 2
					both++
				}
			}
			for n := range own {
				own[n] = 1
			}
			if 2*both >= len(own) {
				near = append(near, Ref(b))
			}
		}
		slices.SortFunc(near, func(a, b Ref) int {
			return cmp.Or(-cmp.Compare(suspects[a].bf, suspects[b].bf), cmp.Compare(a, b))
		})
		for _, b := range near[:min(shortlist, len(near))] {
			want[b] = true
		}
		team := q.x.recipients[a].Team
		var members []Ref
		for b, r := range q.x.recipients {
			if team != "" && r.Team == team {
				members = append(members, Ref(b))
			}
		}
		if len(members) <= mostTeam && len(members) <= len(suspects)/2 {
			for _, b := range members {
				want[b] = true
			}
		}
	}
	for a := range want {
		if q.x.outline(a) != nil {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// itemsOf are the items a recipient was ever shown, each with 1.
func (q *run) itemsOf(s *suspect) map[int32]int {
	out := map[int32]int{}
	for _, h := range s.list.modes[enriched].hits {
		out[h.item] = 1
	}
	return out
}
