package trace

// Proof says whether the complainant proved control of the contacted number.
type Proof uint8

const (
	ProofUnknown Proof = iota // nobody asked
	Unverified
	Verified
)

// Item is one piece of evidence: a complaint, or a row of a found file.
type Item struct {
	Subject  Ref    // who was contacted; -1: nobody in the records
	At       int64  // when, or when the file was found
	Known    Mask   // what the caller knew, the contacted field included
	Contact  Mask   // the field that was contacted
	Versions uint64 // bit v set: consistent with version v of the values; 0: any
	File     int    // number of the found file, 0 for a complaint
	Mark     uint8  // spelling of a file row's marked value, 0 none, else 1 to 4
	AliasOf  []Ref  // the contacted address is an alias these recipients were given
	Caller   string // opaque: compared, never shown
	Reporter string
	Proof    Proof
}

// Evidence is what is asked about. Its order does not matter.
type Evidence struct{ Items []Item }

// What an unverified complaint counts beside a verified one.
const unverifiedWeight = 0.3

// weigh gives each item its weight. Items that share a reporter, a caller or,
// among complaints, a person are one voice: together they weigh as one, so a
// thousand forged complaints weigh what one does.
func weigh(items []Item) (weight []float64, voices []int32, repeated, unverified int) {
	g := newGroups(len(items))
	firsts := map[string]int{}
	join := func(kind, key string, i int) {
		if key == "" {
			return
		}
		if j, ok := firsts[kind+key]; ok {
			g.join(i, j)
			return
		}
		firsts[kind+key] = i
	}
	people := map[Ref]int{}
	for i := range items {
		it := &items[i]
		if it.File > 0 {
			continue
		}
		join("c", it.Caller, i)
		join("r", it.Reporter, i)
		if it.Subject < 0 {
			continue
		}
		if j, ok := people[it.Subject]; ok {
			g.join(i, j)
		} else {
			people[it.Subject] = i
		}
	}
	weight = make([]float64, len(items))
	voices = make([]int32, len(items))
	size := make([]int, len(items))
	for i := range items {
		voices[i] = int32(g.find(i))
		size[voices[i]]++
	}
	for i := range items {
		n := size[voices[i]]
		weight[i] = 1 / float64(n)
		if n > 1 {
			repeated++
		}
		if items[i].Proof == Unverified {
			weight[i] *= unverifiedWeight
			unverified++
		}
	}
	return weight, voices, repeated, unverified
}

// groups is a union-find over item numbers; the smallest member names a group.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) find(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

func (g groups) join(a, b int) {
	a, b = g.find(a), g.find(b)
	if a < b {
		g[b] = a
	} else {
		g[a] = b
	}
}
