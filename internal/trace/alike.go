package trace

// A list that left takes those long known with it and those just met alike. When
// only people complain whom a recipient was shown once, while the regulars of
// the same weeks are left in peace, what left is rather a list that was dealt
// out to be called: a campaign, a fair's visitors. Then no name is given.

// alike is the chance of so few regulars among the complaints inside the lists
// of the named, when complaints fall on all of a list alike.
func (q *run) alike(suspects []suspect, named []Ref) float64 {
	hits, among, expected := 0, 0, 0.0
	for _, a := range named {
		h, r, share := q.regularsHit(&suspects[a])
		hits, among, expected = hits+h, among+r, expected+float64(h)*share
	}
	if expected == 0 {
		return 1
	}
	// Few regulars among the hits are many others.
	return binomialTail(hits, hits-among, 1-expected/float64(hits))
}

// regularsHit counts the complaints inside a suspect's best list, those of
// regulars among them, and the share of regulars on the list.
func (q *run) regularsHit(s *suspect) (hits, among int, share float64) {
	if len(s.best) == 0 || s.alias > 0 {
		return 0, 0, 0
	}
	h := &s.best[0]
	regular := regulars(s.list.views)
	listed, known := map[Ref]bool{}, 0
	for _, v := range viewsIn(s.list.views, h.from, h.until) {
		if v.Plain == 0 || listed[v.Subject] || q.x.subjects[v.Subject].Decoy {
			continue
		}
		listed[v.Subject] = true
		if regular[v.Subject] {
			known++
		}
	}
	voices := map[int32]bool{}
	for _, n := range q.inside(s) {
		it := &q.items[n]
		if it.File > 0 || !listed[it.Subject] || voices[it.voice] {
			continue
		}
		voices[it.voice] = true
		hits++
		if regular[it.Subject] {
			among++
		}
	}
	return hits, among, float64(known) / float64(max(len(listed), 1))
}

// regulars are the subjects a recipient was shown on more than one day.
func regulars(views []View) map[Ref]bool {
	first := map[Ref]int64{}
	out := map[Ref]bool{}
	for i := range views {
		v := &views[i]
		day, seen := first[v.Subject]
		switch {
		case !seen:
			first[v.Subject] = calendarDay(v.At)
		case day != calendarDay(v.At):
			out[v.Subject] = true
		}
	}
	return out
}
