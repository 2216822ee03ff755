package register

import (
	"testing"

	"github.com/goldbell/goldbell/internal/party"
)

// Every role there is has a row, and every action is somebody's.
func TestDutiesAreComplete(t *testing.T) {
	roles := map[role]bool{}
	for _, k := range []party.PersonKind{
		party.Staff, party.Outsourced, party.Partner, party.Officer, party.SystemAdmin, party.SecAdmin, party.Auditor,
	} {
		roles[roleOf(party.Principal{Person: party.Person{Kind: k}})] = true
	}
	for _, scope := range []string{"import", "switch", "crm", "metrics"} {
		roles[roleOf(party.Principal{Person: party.Person{Kind: party.Service}, Scope: scope})] = true
	}
	done := map[action]bool{}
	for r, does := range duties {
		if !roles[r] {
			t.Errorf("%s is no role", r)
		}
		for _, a := range does {
			done[a] = true
		}
	}
	for r := range roles {
		if _, ok := duties[r]; !ok {
			t.Errorf("%s has no row", r)
		}
	}
	for a := range actions {
		if !done[a] {
			t.Errorf("action %d is nobody's", a)
		}
	}
}
