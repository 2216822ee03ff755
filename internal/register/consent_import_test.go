package register_test

import (
	"context"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// finder is the house's blind index with a budget of so many lookups.
type finder struct {
	*firm
	most int64
}

func (f finder) LookupSpends(_ context.Context, p party.Principal, n int64) ([]ledger.Spend, error) {
	return []ledger.Spend{{Key: "lookups|" + string(p.Person.ID), Cap: f.most, Amount: n, Until: f.Now().Add(time.Hour)}}, nil
}

func (f *firm) consentNow(id pii.SubjectID) (consent.Consent, bool) {
	f.T.Helper()
	o, _, err := f.Resolve(f.T.Context(), []pii.SubjectID{id})
	ok(f.T, err)
	rows, err := f.Store.Consents(f.T.Context(), o, grant.PartnerLeads, "reseller")
	ok(f.T, err)
	if len(rows) == 0 {
		return consent.Consent{}, false
	}
	return rows[0], true
}

// Rows of a file end in one of four ways, and an older one revives nothing.
func TestImportConsent(t *testing.T) {
	f := open(t)
	her := f.Enrol("13900001111")
	file := register.ConsentFile{SHA256: authntest.Hash("consents.csv")}
	row := func(ago time.Duration, change func(*register.ConsentRow)) register.ConsentRow {
		r := register.ConsentRow{
			Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller", Notice: "1", At: f.Now().Add(-ago), Proof: authntest.Hash("form"), Separate: true,
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	try := func(role string, r register.ConsentRow, want register.Outcome, id string, wrote uint64) {
		t.Helper()
		before := f.Ledger.Size()
		got, err := f.ImportConsent(t.Context(), f.ask(role), file, r)
		if id != "" {
			wantID(t, err, id)
		} else {
			ok(t, err)
		}
		if got != want || f.Ledger.Size()-before != wrote {
			t.Fatalf("%s, %d entries", got, f.Ledger.Size()-before)
		}
	}
	const day = 24 * time.Hour
	file.Dry = true
	try("service/import", row(30*day, nil), register.Created, "", 0)
	file.Dry = false
	first := row(30*day, func(r *register.ConsentRow) { r.Separate = false })
	try("service/import", first, register.Created, "", 1)
	if c, _ := f.consentNow(her); !c.General || c.Counts(nil) {
		t.Fatalf("a general consent counts: %+v", c)
	}
	try("service/crm", first, register.Unchanged, "", 0)
	try("service/crm", row(20*day, nil), register.Changed, "", 1)
	try("officer", row(25*day, nil), register.Unchanged, "", 0)
	if c, _ := f.consentNow(her); c.General || !c.Counts(nil) || !c.At.Equal(f.Now().Add(-20*day)) {
		t.Fatalf("%+v", c)
	}
	ok(t, f.PutConsent(t.Context(), f.ask("service/crm"), register.Consent{Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller"}))
	f.Pass(time.Hour)
	try("officer", row(2*time.Hour, nil), register.Refused, "consent-withdrawn", 0)
	try("officer", row(time.Hour, nil), register.Refused, "consent-withdrawn", 0)
	if c, _ := f.consentNow(her); c.Given {
		t.Fatal("an older row revived what was taken back")
	}
	try("officer", row(time.Minute, nil), register.Changed, "", 1)

	try("officer", row(-time.Minute, nil), register.Refused, "consent-future", 0)
	try("officer", row(27*365*day, nil), register.Refused, "bad-request", 0)
	try("officer", row(day, func(r *register.ConsentRow) { r.Proof = nil }), register.Refused, "bad-request", 0)
	try("officer", row(day, func(r *register.ConsentRow) { r.Notice = "" }), register.Refused, "bad-request", 0)
	try("officer", row(day, func(r *register.ConsentRow) { r.Purpose = "none" }), register.Refused, "bad-request", 0)
	try("officer", row(day, func(r *register.ConsentRow) { r.Recipient = "nobody" }), register.Refused, "no-such-org", 0)
	try("officer", row(day, func(r *register.ConsentRow) { r.Subject = pii.SubjectID{9} }), register.Refused, "no-grant", 0)
	try("service/crm", row(day, func(r *register.ConsentRow) { r.Subject = pii.SubjectID{9} }), register.Refused, "not-found", 0)
	try("staff", row(day, nil), register.Refused, "not-yours", 0)
	try("service/switch", row(day, nil), register.Refused, "not-yours", 0)
}

// By phone every row is answered alike, is one entry of as many facts and one row, and
// is charged to the importer's lookups, whoever has the number.
func TestI4ConsentsByPhoneTellNothing(t *testing.T) {
	f := open(t)
	f.Finder = finder{f, 6}
	fresh, taken, newer := f.Enrol("13900001111"), f.Enrol("13900002222"), f.Enrol("13900003333")
	give := func(id pii.SubjectID, given bool) {
		ok(t, f.PutConsent(t.Context(), f.ask("service/crm"), register.Consent{
			Subject: id, Purpose: grant.PartnerLeads, Recipient: "reseller", Given: given, Notice: "1", Proof: authntest.Hash("x"),
		}))
	}
	give(taken, true)
	give(taken, false)
	give(newer, true)
	file := register.ConsentFile{SHA256: authntest.Hash("consents.csv")}
	facts := map[int]bool{}
	try := func(phone string) error {
		before := f.Ledger.Size()
		got, err := f.ImportConsent(t.Context(), f.ask("service/import"), file, register.ConsentRow{
			ByPhone: true, Phone: pii.NewValue(phone), Purpose: grant.PartnerLeads, Recipient: "reseller", Notice: "1",
			At: f.Now().Add(-time.Hour), Reference: "box 7", Separate: true,
		})
		if err != nil {
			return err
		}
		if got != register.Created || f.Ledger.Size()-before != 1 {
			t.Fatalf("%s: %s, %d entries", phone, got, f.Ledger.Size()-before)
		}
		entry, err := f.Ledger.Records(t.Context(), before, 1)
		ok(t, err)
		facts[len(entry[0].Leaf.Commitments)*100+int(entry[0].Leaf.Subjects)] = true
		return nil
	}
	for _, phone := range []string{"13900001111", "13900002222", "13900003333", "13911112222", "13911112222"} {
		ok(t, try(phone))
	}
	if len(facts) != 1 {
		t.Errorf("entries of different shapes: %v", facts)
	}
	if c, had := f.consentNow(fresh); !had || !c.Counts(nil) {
		t.Errorf("a customer's consent was not recorded: %+v", c)
	}
	if c, _ := f.consentNow(taken); c.Given {
		t.Error("what was taken back was revived")
	}
	if c, _ := f.consentNow(newer); !c.Given || !c.At.After(f.Now().Add(-time.Minute)) {
		t.Errorf("a newer consent was replaced: %+v", c)
	}
	ok(t, try("13900001111"))
	if err := try("13900001111"); err == nil { // the budget is used up, for a customer as for nobody
		t.Fatal("the lookups cost nothing")
	}
	if err := try("13911113333"); err == nil {
		t.Fatal("the lookups cost nothing")
	}
}
