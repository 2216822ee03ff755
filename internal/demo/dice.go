package demo

import (
	"crypto/sha256"
	"encoding/binary"
)

// dice are what chance decides in the play: the same for a seed and a name. They
// protect nothing; keys and ids come from elsewhere.
type dice struct{ state uint64 }

// roll makes the dice of one part of the play, so that what one part throws does
// not move another.
func roll(seed uint64, part string, n ...int) *dice {
	b := binary.BigEndian.AppendUint64([]byte(part), seed)
	for _, x := range n {
		b = binary.BigEndian.AppendUint64(b, uint64(x))
	}
	sum := sha256.Sum256(b)
	return &dice{binary.BigEndian.Uint64(sum[:])}
}

// next is SplitMix64.
func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// between is a number from low to high.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// chance is true in so many of 1,000 throws.
func (d *dice) chance(permille int) bool { return d.below(1000) < permille }

// order is a random order of 0 to n-1.
func (d *dice) order(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := d.below(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}

func one[T any](d *dice, of []T) T { return of[d.below(len(of))] }
