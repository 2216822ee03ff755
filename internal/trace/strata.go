package trace

import "slices"

// strata divides the subjects into cells whose members are alike in what makes
// people complain: segment, region, cohort band and public listing. A
// background complaint of a cell is about any of its members alike; that is the
// one assumption the likelihood rests on.
type strata struct {
	of      []int32 // subject → cell
	size    []int32 // cell → members
	changed []int32 // cell → members with two or more versions
	decoy   int32   // the cell of decoys, -1 when there is none
	// Cells of one segment and listing are a group; see pool.
	group     []int32 // cell → group
	groupSize []int32 // group → members
	people    int32   // who are no decoys
}

// A cell with fewer members says too little; it is merged with its neighbours.
const smallestCell = 40

type cellKey struct {
	segment, region, band int32
	public                bool
}

// runs calls f for stretches of subjects that are alike: of most companies nothing
// is known that tells them apart.
func runs(subjects []Subject, f func(*Subject, int32)) {
	start := 0
	for i := 1; i <= len(subjects); i++ {
		if i == len(subjects) || !alikeSubjects(&subjects[i], &subjects[start]) {
			f(&subjects[start], int32(i-start))
			start = i
		}
	}
}

func alikeSubjects(a, b *Subject) bool {
	return a.Segment == b.Segment && a.Region == b.Region && a.Cohort == b.Cohort && a.Public == b.Public && a.Decoy == b.Decoy
}

func stratify(subjects []Subject) strata {
	bands := cohortBands(subjects)
	fine := make(map[cellKey]int32)
	key := func(s *Subject) cellKey {
		return cellKey{s.Segment, s.Region, bands[s.Cohort], s.Public}
	}
	runs(subjects, func(s *Subject, n int32) {
		if !s.Decoy {
			fine[key(s)] += n
		}
	})
	var levels [5]map[cellKey]int32 // members of the cells that look alike after n steps
	for n := range levels {
		levels[n] = make(map[cellKey]int32)
		for k, c := range fine {
			levels[n][blur(k, n)] += c
		}
	}
	// A small cell gives up, in turn, the cohort band, the listing, the region
	// and the segment, until it is large enough.
	coarse := func(k cellKey) cellKey {
		n := 0
		for n < 4 && levels[n][blur(k, n)] < smallestCell {
			n++
		}
		return blur(k, n)
	}
	merged := make(map[cellKey]cellKey, len(fine))
	for k := range fine {
		merged[k] = coarse(k)
	}
	return number(subjects, key, merged)
}

// blur forgets the first n of: cohort band, listing, region, segment.
func blur(k cellKey, n int) cellKey {
	if n > 0 {
		k.band = -2
	}
	if n > 1 {
		k.public = false
	}
	if n > 2 {
		k.region = -2
	}
	if n > 3 {
		k.segment = -2
	}
	return k
}

// number gives the cells dense numbers in an order that depends on the keys and
// not on the order of subjects.
func number(subjects []Subject, key func(*Subject) cellKey, merged map[cellKey]cellKey) strata {
	var keys []cellKey
	for _, to := range merged {
		keys = append(keys, to)
	}
	slices.SortFunc(keys, compareCells)
	keys = slices.Compact(keys)
	num := make(map[cellKey]int32, len(keys))
	for i, k := range keys {
		num[k] = int32(i)
	}
	st := strata{of: make([]int32, len(subjects)), decoy: -1}
	cells := len(keys)
	next := 0
	runs(subjects, func(s *Subject, n int32) {
		cell := int32(cells)
		if s.Decoy {
			st.decoy = cell
		} else {
			cell = num[merged[key(s)]]
		}
		for range n {
			st.of[next] = cell
			next++
		}
	})
	if st.decoy >= 0 {
		cells++
	}
	st.size = make([]int32, cells)
	st.changed = make([]int32, cells)
	for i, c := range st.of {
		st.size[c]++
		if len(subjects[i].Versions) > 1 {
			st.changed[c]++
		}
	}
	st.join(keys)
	return st
}

// join makes the groups of the cells, whose keys these are.
func (st *strata) join(keys []cellKey) {
	type groupKey struct {
		segment int32
		public  bool
	}
	ids := map[groupKey]int32{}
	st.group = make([]int32, len(st.size))
	for c, k := range keys {
		id, ok := ids[groupKey{k.segment, k.public}]
		if !ok {
			id = int32(len(st.groupSize))
			ids[groupKey{k.segment, k.public}] = id
			st.groupSize = append(st.groupSize, 0)
		}
		st.group[c] = id
		st.groupSize[id] += st.size[c]
		st.people += st.size[c]
	}
}

func compareCells(a, b cellKey) int {
	for _, d := range [3]int32{a.segment - b.segment, a.region - b.region, a.band - b.band} {
		if d != 0 {
			return int(d)
		}
	}
	switch {
	case a.public == b.public:
		return 0
	case b.public:
		return -1
	}
	return 1
}

// cohortBands maps sign-up months to at most five bands of about equal size.
func cohortBands(subjects []Subject) map[int32]int32 {
	count := map[int32]int{}
	runs(subjects, func(s *Subject, n int32) { count[s.Cohort] += int(n) })
	months := make([]int32, 0, len(count))
	for m := range count {
		months = append(months, m)
	}
	slices.Sort(months)
	bands := make(map[int32]int32, len(months))
	const want = 5
	seen := 0
	for _, m := range months {
		bands[m] = int32(want * seen / max(len(subjects), 1))
		seen += count[m]
	}
	return bands
}
