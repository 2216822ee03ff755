package cli

// nearest finds the known word that a mistyped one was meant for, or "". A word of
// up to three letters may have one wrong, a longer one two; more says how many
// may be wrong at least.
func nearest(typed string, known []string, more int) string {
	a := []rune(typed)
	if len(a) > 64 {
		a = a[:64]
	}
	limit := 2
	if len(a) <= 3 {
		limit = 1
	}
	best, least := "", max(limit, more)+1
	for _, k := range known {
		if d := distance(a, []rune(k)); d < least && d < len([]rune(k)) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours
// between two words.
func distance(a, b []rune) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
