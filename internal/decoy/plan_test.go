package decoy

import "testing"

// TestPlan gives the numbers of the published formula: ln(1-P)/ln(1-c·phi) for one
// contact.
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		p    Plan
		want int
	}{
		{Plan{Rate: .3, Share: 1, Power: .9, Contacts: 1}, 7},
		{Plan{Rate: .3, Share: 1, Power: .9, Contacts: 2}, 12},
		{Plan{Rate: .3, Share: .2, Power: .9, Contacts: 1}, 38},
		{Plan{Rate: 1, Share: 1, Power: .9, Contacts: 3}, 3},
		{Plan{Rate: 1e-9, Share: 1, Power: .9, Contacts: 1}, 0},
		{Plan{Rate: 2, Share: 1, Power: .9, Contacts: 1}, 0},
		{Plan{Rate: .3, Share: 1, Power: 1, Contacts: 1}, 0},
		{Plan{Rate: .3, Share: 1, Power: .9}, 0},
	} {
		if got := c.p.Decoys(); got != c.want {
			t.Errorf("%+v: %d decoys, want %d", c.p, got, c.want)
		}
	}
}
