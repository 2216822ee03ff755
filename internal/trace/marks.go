package trace

import "math"

// flips are the shares of marked rows whose spelling was lost or changed on the
// way; 1 means that somebody normalised the file and the marks say nothing.
var flips = []float64{.08, .5, 1}

// log is the log of how much better a list's own marks explain the spellings
// found than chance does. Which spelling stands for which variant is not
// recorded, so all 24 ways are averaged.
func (m *marks) log() float64 {
	total := int32(0)
	for _, row := range m {
		for _, n := range row {
			total += n
		}
	}
	if total == 0 {
		return 0
	}
	var mean logMean
	for _, e := range flips {
		agree, not := math.Log((1-e)*4+e), math.Log(e)
		for _, p := range orders4 {
			same := int32(0)
			for s, v := range p {
				same += m[s][v]
			}
			mean.add(float64(same)*agree + float64(total-same)*not)
		}
	}
	return mean.value()
}

// orders4 are the 24 orders of four things.
var orders4 = func() (out [][4]int) {
	for a := range 4 {
		for b := range 4 {
			for c := range 4 {
				d := 6 - a - b - c
				if a != b && b != c && a != c {
					out = append(out, [4]int{a, b, c, d})
				}
			}
		}
	}
	return out
}()
