package inquiry

import (
	"context"
	"math"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
)

// Pair is two recipients whom complaints cannot tell apart, or hardly.
type Pair struct {
	A       string  `json:"a" doc:"whose list is the smaller one"`
	B       string  `json:"b"`
	PeopleA int     `json:"people_a"`
	PeopleB int     `json:"people_b"`
	Shared  int     `json:"shared"`
	Overlap float64 `json:"overlap" doc:"share of A's list that B was shown too"`
	// Complaints is about how many from A's list would tell A from B; 0: no number does.
	Complaints int `json:"complaints" doc:"from A's list that would tell; 0: no number does"`
	// Decoys is how many exclusive ones each of the two needs instead.
	Decoys int `json:"decoys" doc:"exclusive ones that each of the two needs instead"`
}

const (
	pairShare  = .9
	pairFewest = 20
	pairMonths = 3
	mostPairs  = 500
	pairRate   = 30.0 // extra complaint rate of leaked people over background
	pairDecoys = 2
)

// Pairs lists the recipients whom complaints cannot separate by what they were shown in
// plain since three months, and what would separate them. Only the officer may.
func (q *Inquiry) Pairs(ctx context.Context, p party.Principal, now time.Time) ([]Pair, error) {
	if p.Person.Kind != party.Officer {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	return q.pairs(ctx, now)
}

func (q *Inquiry) pairs(ctx context.Context, now time.Time) ([]Pair, error) {
	if err := q.Exposure.Follow(ctx); err != nil {
		return nil, err
	}
	near := q.Exposure.View().Pairs(exposure.MonthOf(now)-pairMonths+1, pairShare, pairFewest, plainly)
	out := []Pair{}
	for _, n := range near[:min(len(near), mostPairs)] {
		out = append(out, Pair{A: string(n.A), B: string(n.B), PeopleA: n.PeopleA, PeopleB: n.PeopleB, Shared: n.Shared,
			Overlap: n.ShareA, Complaints: separates(n), Decoys: pairDecoys})
	}
	return out, nil
}

// separates is how many complaints from A's list make 99 to 1 of A against B.
func separates(n exposure.Pair) int {
	d := (1-n.ShareA)*math.Log1p(pairRate) + n.ShareA*math.Log(float64(n.PeopleB)/float64(max(n.PeopleA, 1)))
	if d < .01 {
		return 0
	}
	return int(math.Ceil(math.Log(99) / d))
}
