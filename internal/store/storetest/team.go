package storetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
)

// testTeam counts the work of people: closed work and work that is over is no load,
// and outcomes count by when the work was opened.
func testTeam(t *testing.T, db *store.DB) {
	effects := []ledger.Effect{party.OrgPut{Org: &party.Org{ID: "own"}}}
	for _, id := range []pii.PersonID{"b", "a", "c"} {
		effects = append(effects, party.PersonPut{Person: &party.Person{ID: id, Org: "own", Manager: "m"}})
	}
	effects = append(effects, party.PersonPut{Person: &party.Person{ID: "m", Org: "own"}})
	work := func(n uint64, of pii.PersonID, days int, people int) *grant.WorkItem {
		w := &grant.WorkItem{ID: request(n), Assignee: of, OpenedAt: now.AddDate(0, 0, -n2d(n)), Until: now.AddDate(0, 0, days), Subjects: people}
		effects = append(effects, grant.Opened{WorkItem: w})
		return w
	}
	outcome := func(w *grant.WorkItem, of pii.Ordinal, result string) {
		effects = append(effects, door.OutcomePut{Outcome: &door.Outcome{Ordinal: of, Item: w.ID, Result: result, By: w.Assignee, At: now}})
	}
	one, two := work(1, "a", 1, 5), work(2, "a", 1, 7)
	work(3, "a", 0, 50) // over
	old := work(4, "b", 1, 9)
	work(5, "z", 1, 1) // nobody's we ask about
	outcome(one, 1, door.Reached)
	outcome(one, 2, door.Reached)
	outcome(two, 1, door.OptedOut)
	outcome(old, 1, door.Reached)
	mustApply(t, db, effects...)
	mustApply(t, db, grant.Closed{WorkItem: &grant.WorkItem{ID: request(2), Assignee: "a", OpenedAt: two.OpenedAt, Until: two.Until, Subjects: 7, Closed: true}})

	reports, err := db.Reports(ctx, "m", "a", 2)
	if diff := gocmp.Diff([]pii.PersonID{"b", "c"}, reports); diff != "" || err != nil {
		t.Error("reports:", diff, err)
	}
	of := []pii.PersonID{"a", "b", "c"}
	loads, err := db.Loads(ctx, of, now)
	slices.SortFunc(loads, func(x, y grant.Load) int { return cmp.Compare(x.Assignee, y.Assignee) })
	if diff := gocmp.Diff([]grant.Load{{Assignee: "a", Items: 1, Subjects: 5}, {Assignee: "b", Items: 1, Subjects: 9}}, loads); diff != "" || err != nil {
		t.Error("loads:", diff, err)
	}
	tallies, err := db.Tallies(ctx, of, now.AddDate(0, 0, -3))
	slices.SortFunc(tallies, func(x, y grant.Tally) int { return cmp.Compare(x.Result, y.Result) })
	if diff := gocmp.Diff([]grant.Tally{{Assignee: "a", Result: door.OptedOut, Subjects: 1}, {Assignee: "a", Result: door.Reached, Subjects: 2}}, tallies); diff != "" || err != nil {
		t.Error("tallies:", diff, err)
	}

	file := func(n uint64, state door.FoundState) {
		mustApply(t, db, door.FoundFilePut{FoundFile: &door.FoundFile{ID: request(n), File: []byte{1}, AskedAt: now.Add(-time.Duration(n) * time.Hour), State: state}})
	}
	file(1, door.FoundAsked)
	file(2, door.FoundAsked)
	file(3, door.FoundApproved)
	files, err := db.FoundFiles(ctx, door.FoundAsked, 5)
	if diff := gocmp.Diff([]pii.RequestID{request(2), request(1)}, ids(files, func(f door.FoundFile) pii.RequestID { return f.ID })); diff != "" || err != nil {
		t.Error("found files:", diff, err)
	}
}

// n2d says how many days before now work n was opened: the fourth is old.
func n2d(n uint64) int {
	if n == 4 {
		return 10
	}
	return 1
}
