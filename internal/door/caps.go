package door

import (
	"fmt"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Caps are the budgets. Those of subjects count distinct ones; those of requests and
// refusals count requests. Limits are the company's further ones.
type Caps struct {
	Person   map[pii.Form]int64 `json:"person"`   // subjects a person may have in a form, a day and purpose
	Org      map[pii.Form]int64 `json:"org"`      // subjects an organisation may have in a form, a day and purpose
	Requests int64              `json:"requests"` // of a person, an hour
	Refused  int64              `json:"refused"`  // of a person, a day: counted, never a reason not to record
	Lookups  int64              `json:"lookups"`  // values a person or service may look up, a day
	Limits   []Limit            `json:"limits"`
}

// Limit bounds how many distinct subjects are shown in a form, or a higher one.
type Limit struct {
	Of       Counted     `json:"of"`
	Purpose  pii.Purpose `json:"purpose,omitempty"` // only for this one; empty: for all together
	Class    *pii.Class  `json:"class,omitempty"`   // only fields of this class; absent: any
	Form     pii.Form    `json:"form"`              // this one and those above it
	Window   Window      `json:"window"`
	Subjects int64       `json:"subjects"`
}

// Counted says whose budget a limit is.
type Counted string

const (
	OfPerson  Counted = "person"
	OfOrg     Counted = "organisation" // the recipient
	OfPurpose Counted = "purpose"      // everybody's, for one purpose
)

// Window is how long a budget lasts, in calendar units of UTC+8.
type Window string

const (
	Hour  Window = "hour"
	Day   Window = "day"
	Month Window = "month"
	Ever  Window = "ever"
)

// MostLimits is how many limits there may be: each is a row that an answer writes.
const MostLimits = 16

// DefaultCaps are the caps a data directory starts with.
func DefaultCaps() Caps {
	grave, affecting := pii.Grave, pii.Affecting
	return Caps{
		Person:   map[pii.Form]int64{pii.Masked: 1000, pii.Token: 5000, pii.Relay: 400, pii.Alias: 100, pii.Plain: 60},
		Org:      map[pii.Form]int64{pii.Masked: 50_000, pii.Token: 100_000, pii.Relay: 20_000, pii.Alias: 5000, pii.Plain: 6000},
		Requests: 5000, Refused: 2000, Lookups: 1_000_000,
		Limits: []Limit{
			{Of: OfPerson, Form: pii.Plain, Window: Month, Subjects: 600},
			{Of: OfOrg, Form: pii.Plain, Window: Month, Subjects: 60_000},
			{Of: OfPerson, Class: &affecting, Form: pii.Plain, Window: Day, Subjects: 30},
			{Of: OfPerson, Class: &grave, Form: pii.Plain, Window: Day, Subjects: 10},
		},
	}
}

// Ceilings are the highest caps a company may set.
func Ceilings() Caps {
	return Caps{
		Person:   map[pii.Form]int64{pii.Masked: 5000, pii.Token: 50_000, pii.Relay: 1000, pii.Alias: 500, pii.Plain: 300},
		Org:      map[pii.Form]int64{pii.Masked: 500_000, pii.Token: 1_000_000, pii.Relay: 200_000, pii.Alias: 50_000, pii.Plain: 30_000},
		Requests: 20_000, Refused: 10_000, Lookups: 10_000_000,
	}
}

// Check refuses caps that are above the ceilings or mean nothing; its fault names
// the place.
func (c Caps) Check() error {
	top := Ceilings()
	for _, f := range []pii.Form{pii.Masked, pii.Token, pii.Relay, pii.Alias, pii.Plain} {
		if n := c.Person[f]; n < 0 || n > top.Person[f] {
			return overCeiling("person." + f.String())
		}
		if n := c.Org[f]; n < 0 || n > top.Org[f] {
			return overCeiling("organisation." + f.String())
		}
	}
	switch {
	case len(c.Person) > 5 || c.Person[pii.None] != 0 || len(c.Org) > 5 || c.Org[pii.None] != 0:
		return fault.New(fault.Invalid, "bad-request", "form")
	case c.Requests < 1 || c.Requests > top.Requests:
		return overCeiling("requests")
	case c.Refused < 1 || c.Refused > top.Refused:
		return overCeiling("refused")
	case c.Lookups < 0 || c.Lookups > top.Lookups:
		return overCeiling("lookups")
	case len(c.Limits) > MostLimits:
		return fault.New(fault.TooLarge, "too-large", "limits")
	}
	for i, l := range c.Limits {
		if !l.isValid() {
			return fault.New(fault.Invalid, "bad-request", fmt.Sprintf("limits[%d]", i))
		}
	}
	return nil
}

func overCeiling(where string) error { return fault.New(fault.Invalid, "over-ceiling", where) }

func (l Limit) isValid() bool {
	return slices.Contains([]Counted{OfPerson, OfOrg, OfPurpose}, l.Of) &&
		slices.Contains([]Window{Hour, Day, Month, Ever}, l.Window) &&
		(l.Class == nil || slices.Contains(pii.Classes, *l.Class)) &&
		l.Form > pii.None && l.Form <= pii.Plain && l.Subjects >= 0 && l.Subjects < 1<<40 &&
		(l.Of != OfPurpose || l.Purpose != "") && len(l.Purpose) <= 64
}

// beijing is the zone of windows and clocks; China keeps no summer time.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// endless is when a window ends that never does: its meters are not swept.
var endless = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// at names the window that now is in, and its end.
func (w Window) at(now time.Time) (name string, end time.Time) {
	t := now.In(beijing)
	y, m, d := t.Date()
	switch w {
	case Hour:
		start := time.Date(y, m, d, t.Hour(), 0, 0, 0, beijing)
		return start.Format("2006-01-02T15"), start.Add(time.Hour)
	case Day:
		return t.Format("2006-01-02"), time.Date(y, m, d+1, 0, 0, 0, 0, beijing)
	case Month:
		return t.Format("2006-01"), time.Date(y, m+1, 1, 0, 0, 0, 0, beijing)
	}
	return "ever", endless
}
