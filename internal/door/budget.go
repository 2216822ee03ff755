package door

import (
	"context"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// beijing is the zone of windows and clocks; China keeps no summer time.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// Caps are the budgets. Those of subjects count distinct ones per day and purpose;
// those of requests and refusals count requests.
type Caps struct {
	Person   map[pii.Form]int64 `json:"person"`   // subjects a person may have in a form, a day
	Org      map[pii.Form]int64 `json:"org"`      // subjects an organisation may have in a form, a day
	Requests int64              `json:"requests"` // of a person, an hour
	Refused  int64              `json:"refused"`  // of a person, a day: counted, never a reason not to record
	Lookups  int64              `json:"lookups"`  // values a person or service may look up, a day
}

// DefaultCaps are the caps a data directory starts with.
func DefaultCaps() Caps {
	return Caps{
		Person:   map[pii.Form]int64{pii.Masked: 1000, pii.Token: 5000, pii.Relay: 400, pii.Alias: 100, pii.Plain: 60},
		Org:      map[pii.Form]int64{pii.Masked: 50_000, pii.Token: 100_000, pii.Relay: 20_000, pii.Alias: 5000, pii.Plain: 6000},
		Requests: 5000, Refused: 2000, Lookups: 1_000_000,
	}
}

// spends lists what an answer is charged to.
func (c Caps) spends(p party.Principal, r Request, shown []pii.Ordinal, now time.Time) []ledger.Spend {
	day, dayEnd := window(now, 24*time.Hour)
	hour, hourEnd := window(now, time.Hour)
	class := fmt.Sprintf("%s|%s|%s", r.Purpose, r.Form, day)
	return []ledger.Spend{
		{Key: fmt.Sprintf("person|%s|%s", p.Person.ID, class), Cap: c.Person[r.Form], Subjects: shown, Until: dayEnd},
		{Key: fmt.Sprintf("org|%s|%s", p.Org.ID, class), Cap: c.Org[r.Form], Subjects: shown, Until: dayEnd},
		{Key: fmt.Sprintf("requests|%s|%s", p.Person.ID, hour), Cap: c.Requests, Amount: 1, Until: hourEnd},
	}
}

// refused charges a refusal to the caller's own refusal budget, never to one that
// colleagues share: free refusals let a patient caller count the numbers we hold;
// shared ones let him starve the team.
func (c Caps) refused(p party.Principal, now time.Time) []ledger.Spend {
	day, end := window(now, 24*time.Hour)
	return []ledger.Spend{{Key: fmt.Sprintf("refused|%s|%s", p.Person.ID, day), Cap: c.Refused, Amount: 1, Until: end}}
}

func (c Caps) lookups(p party.Principal, n int64, now time.Time) []ledger.Spend {
	day, end := window(now, 24*time.Hour)
	return []ledger.Spend{{Key: fmt.Sprintf("lookups|%s|%s", p.Person.ID, day), Cap: c.Lookups, Amount: n, Until: end}}
}

// window names the window of UTC+8 that now is in, and its end.
func window(now time.Time, length time.Duration) (name string, end time.Time) {
	t := now.In(beijing)
	if length == time.Hour {
		start := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, 0, beijing)
		return start.Format("2006-01-02T15"), start.Add(time.Hour)
	}
	start := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, beijing)
	return start.Format("2006-01-02"), start.AddDate(0, 0, 1)
}

// Refusals of one principal above freeRefusals in a minute are one entry with a
// count, and the principal is slowed.
const (
	freeRefusals = 60
	slowness     = 250 * time.Millisecond
)

type flood struct {
	fold  *ledger.Fold
	seen  *ledger.Counter
	clock func() time.Time
}

func newFlood(l *ledger.Ledger, clock func() time.Time) *flood {
	return &flood{clock: clock, seen: ledger.NewCounter(), fold: l.NewFold(func(person string, _ int) ledger.Entry {
		return ledger.Entry{Kind: proof.KindRefusals, Actor: pii.PersonID(person)}
	})}
}

// refused counts a refusal. folded says that it is one too many this minute: it is
// counted towards the minute's one entry, after a pause.
func (f *flood) refused(ctx context.Context, who pii.PersonID) (folded bool, err error) {
	now := f.clock()
	if f.seen.Add(string(who), now) <= freeRefusals {
		return false, nil
	}
	f.fold.Count(ctx, string(who), now)
	t := time.NewTimer(slowness)
	defer t.Stop()
	select {
	case <-t.C:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}
