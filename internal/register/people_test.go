package register_test

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// A training is recorded and counts; an older one, put in late, does not shorten it,
// and other courses decide nothing.
func TestTrain(t *testing.T) {
	f := open(t)
	now := f.Now()
	train := func(course string, at, until time.Time) error {
		return f.Train(t.Context(), f.ask("secadmin"), party.Training{Person: "staff", Course: course, At: at, Until: until, Reference: "T-1"})
	}
	until := func() time.Time {
		p, _, _, err := f.Store.Person(t.Context(), "staff")
		ok(t, err)
		return p.TrainedUntil
	}
	long := now.AddDate(2, 0, 0).Truncate(time.Second)
	ok(t, train(party.Protection, now.Add(-time.Hour), long))
	ok(t, train(party.Protection, now.AddDate(-1, 0, 0), now.AddDate(0, 1, 0)))
	ok(t, train("first-aid", now, now.AddDate(5, 0, 0)))
	if !until().Equal(long) {
		t.Fatalf("trained until %v", until())
	}
	short := now.AddDate(0, 0, 1).Truncate(time.Second)
	ok(t, train(party.Protection, now, short)) // a later one may be shorter: it is the one that counts
	if !until().Equal(short) {
		t.Fatalf("trained until %v", until())
	}
	rows, err := f.Store.Training(t.Context(), "staff")
	if err != nil || len(rows) != 4 {
		t.Fatal(len(rows), err)
	}
	wantID(t, train(party.Protection, now.Add(time.Hour), long), "bad-request")
	wantID(t, train(party.Protection, now, now.Add(-time.Hour)), "bad-request")
	wantID(t, train("First Aid", now, long), "bad-request")
	wantID(t, f.Train(t.Context(), f.ask("secadmin"), party.Training{Person: "officer", Course: party.Protection, At: now, Until: long, Reference: "x"}), "not-yours")
	f.Forge(`UPDATE training SET until = until + 1000000`)
	wantID(t, train(party.Protection, now, long), "row-forged")
}

// A number is one organisation's at a time, and whose it was can be told later.
func TestNumbers(t *testing.T) {
	f := open(t)
	day := func(n int) time.Time { return f.Now().AddDate(0, 0, n) }
	put := func(of pii.OrgID, number string, from, until time.Time) error {
		return f.PutNumber(t.Context(), f.ask("officer"), of, pii.NewValue(number), from, until)
	}
	ok(t, put("reseller", "+86 170 1234 5678", day(-30), time.Time{}))
	wantID(t, put("agency", "17012345678", day(-1), time.Time{}), "number-taken")
	ok(t, put("reseller", "17012345678", day(-30), day(-10))) // it was given up
	ok(t, put("agency", "17012345678", day(-10), time.Time{}))
	key, _, err := pii.CallingNumber(pii.NewValue("170 1234 5678"))
	ok(t, err)
	whose := func(at time.Time) string {
		rows, err := party.WhoseNumber(t.Context(), f.Store, f.Ledger.CheckStamp, f.Fingerprint(key), at)
		ok(t, err)
		all := ""
		for _, n := range rows {
			all += string(n.Org) + n.Tail
		}
		return all
	}
	for at, want := range map[int]string{-40: "", -30: "reseller5678", -11: "reseller5678", -10: "agency5678", 0: "agency5678"} {
		if got := whose(day(at)); got != want {
			t.Errorf("day %d: %q, not %q", at, got, want)
		}
	}
	wantID(t, put("nowhere", "17012345679", day(0), time.Time{}), "not-found")
	wantID(t, put("agency", "no number", day(0), time.Time{}), "bad-request")
	wantID(t, put("agency", "17012345679", day(0), day(0)), "bad-request")
	f.Forge(`UPDATE org_number SET org = 'reseller' WHERE org = 'agency'`)
	if got := whose(day(0)); got != "" {
		t.Errorf("a forged row is %s's", got)
	}
}

// What an organisation is registered with is kept as it was said; what does not fit
// is refused by its place.
func TestOrgDetails(t *testing.T) {
	f := open(t)
	o := party.Org{
		ID: "abroad", Kind: party.Handler, Title: "Abroad Ltd",
		Agreement:  party.Agreement{Reference: "C-9", Until: f.Now().AddDate(1, 0, 0), Purposes: []pii.Purpose{"partner-lead"}, Fields: []pii.Field{pii.Phone, pii.Name}},
		Assessment: party.Assessment{Reference: "PIA-9", On: f.Now().AddDate(0, -1, 0)}, Region: "SG",
		Transfer: party.Transfer{Basis: party.StandardContract, Reference: "SC-1", Until: f.Now().AddDate(0, 6, 0)},
	}
	ok(t, f.PutOrg(t.Context(), f.ask("officer"), o))
	got, found, err := f.Store.Org(t.Context(), "abroad")
	if err != nil || !found || f.Ledger.CheckStamp(&got) != nil {
		t.Fatal(found, err)
	}
	if !got.Abroad() || !got.TransferAt(f.Now()) || got.TransferAt(f.Now().AddDate(1, 0, 0)) ||
		!got.Agreement.Covers("partner-lead", pii.Name) || got.Agreement.Covers("telesales") || got.Agreement.Covers("partner-lead", pii.Email) {
		t.Errorf("%+v", got)
	}
	for where, spoil := range map[string]func(*party.Org){
		"agreement_purposes": func(o *party.Org) { o.Agreement.Purposes = []pii.Purpose{"fun"} },
		"agreement_fields":   func(o *party.Org) { o.Agreement.Fields = []pii.Field{pii.Name, pii.Name} },
		"assessment":         func(o *party.Org) { o.Assessment.Reference = "" },
		"region":             func(o *party.Org) { o.Region = "Singapore" },
		"transfer":           func(o *party.Org) { o.Transfer.Reference = "" },
		"agreement":          func(o *party.Org) { o.Agreement.Reference = "a\nb" },
	} {
		bad := o
		spoil(&bad)
		if err := f.PutOrg(t.Context(), f.ask("officer"), bad); err == nil || err.Error() != "bad-request at "+where {
			t.Errorf("%s: %v", where, err)
		}
	}
}
