package consent

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// TestAChangeAsksAnew: a consent counts under the notice it was given under, as long
// as that is in force and names its recipient; words may change.
func TestAChangeAsksAnew(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	notice := func(version string, from int, editorial bool, to ...pii.OrgID) Notice {
		return Notice{Purpose: "leads", Version: version, From: day(from), Editorial: editorial, Recipients: to}
	}
	first, words, change := notice("1", 2, false, "reseller"), notice("1a", 5, true, "reseller"), notice("2", 10, false, "reseller", "other")
	given := func(version string, to pii.OrgID) Consent {
		return Consent{Purpose: "leads", Recipient: to, Given: true, Notice: version}
	}
	for _, c := range []struct {
		name    string
		notices []Notice
		c       Consent
		at      int
		want    bool
	}{
		{"no notice is recorded", nil, given("1", "reseller"), 3, true},
		{"none has begun", []Notice{first}, given("1", "reseller"), 1, true},
		{"under the notice in force", []Notice{first}, given("1", "reseller"), 3, true},
		{"under another", []Notice{first}, given("0", "reseller"), 3, false},
		{"to somebody it does not name", []Notice{first}, given("1", "other"), 3, false},
		{"words changed since", []Notice{words, first}, given("1", "reseller"), 6, true},
		{"under the new words", []Notice{words, first}, given("1a", "reseller"), 6, true},
		{"before the change", []Notice{change, words, first}, given("1", "reseller"), 9, true},
		{"after the change", []Notice{change, words, first}, given("1", "reseller"), 10, false},
		{"asked anew", []Notice{change, words, first}, given("2", "other"), 11, true},
		{"in general terms", []Notice{first}, Consent{Purpose: "leads", Recipient: "reseller", Given: true, General: true, Notice: "1"}, 3, false},
		{"in general terms, no notice", nil, Consent{Purpose: "leads", Recipient: "reseller", Given: true, General: true, Notice: "1"}, 3, false},
		{"taken back", []Notice{first}, Consent{Purpose: "leads", Recipient: "reseller", Notice: "1"}, 3, false},
	} {
		if got := c.c.Counts(InForce(c.notices, day(c.at))); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
