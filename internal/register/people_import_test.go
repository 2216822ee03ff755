package register_test

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

// secondOfficer makes another officer who has just proved himself.
func (f *firm) secondOfficer() {
	f.T.Helper()
	f.Person("officer-2", party.Officer, pii.Own)
	p := f.Principal("officer-2", "")
	p.StepUp = f.Now()
	f.by["officer-2"] = p
}

func (f *firm) personNow(id pii.PersonID) party.Person {
	f.T.Helper()
	p, _, found, err := f.Store.Person(f.T.Context(), id)
	if err != nil || !found {
		f.T.Fatal(found, err)
	}
	return p
}

// A row of a file ends in one of four ways, an office is never given, and what gives
// a person more waits for a second officer.
func TestImportPerson(t *testing.T) {
	f := open(t)
	f.secondOfficer()
	file := register.PeopleFile{SHA256: authntest.Hash("staff.csv")}
	from, end := f.Now().AddDate(-1, 0, 0).Truncate(time.Second), f.Now().AddDate(1, 0, 0).Truncate(time.Second)
	row := func(change func(*register.PersonRow)) register.PersonRow {
		r := register.PersonRow{ID: "a9", Org: "own", Post: ptr("agent"), Level: ptr(uint8(2)), Manager: ptr(pii.PersonID("staff")), From: &from, Until: &end}
		if change != nil {
			change(&r)
		}
		return r
	}
	try := func(role string, r register.PersonRow, want register.Outcome, id string, wrote uint64) {
		t.Helper()
		before := f.Ledger.Size()
		got, err := f.ImportPerson(t.Context(), f.ask(role), file, r)
		if id != "" {
			wantID(t, err, id)
		} else {
			ok(t, err)
		}
		if got != want || f.Ledger.Size()-before != wrote {
			t.Fatalf("%s, %d entries", got, f.Ledger.Size()-before)
		}
	}
	file.Dry = true
	try("officer", row(nil), register.Created, "", 0)
	file.Dry = false
	try("officer", row(nil), register.Created, "", 1)
	try("secadmin", row(nil), register.Unchanged, "", 0)
	if p := f.personNow("a9"); p.Kind != party.Staff || p.Post != "agent" || !p.ContractUntil.Equal(end) {
		t.Fatalf("%+v", p)
	}
	try("secadmin", row(func(r *register.PersonRow) { r.Post, r.Level, r.Manager = nil, nil, nil }), register.Unchanged, "", 0)
	try("secadmin", row(func(r *register.PersonRow) { r.Post = ptr("clerk") }), register.Changed, "", 1)
	shorter := end.AddDate(0, -1, 0)
	try("secadmin", row(func(r *register.PersonRow) { r.Post, r.Until = ptr("clerk"), &shorter }), register.Changed, "", 1)

	// What gives more.
	for name, change := range map[string]func(*register.PersonRow){
		"longer":               func(r *register.PersonRow) { r.Until = ptr(end.AddDate(0, 0, 1)) },
		"without end":          func(r *register.PersonRow) { r.Until = &time.Time{} },
		"a higher level":       func(r *register.PersonRow) { r.Until, r.Level = &shorter, ptr(uint8(3)) },
		"no limit of level":    func(r *register.PersonRow) { r.Until, r.Level = &shorter, ptr(uint8(0)) },
		"another kind of firm": func(r *register.PersonRow) { r.Until, r.Org = &shorter, "agency" },
	} {
		before := f.personNow("a9")
		try("secadmin", row(change), register.Refused, "second-officer", 1)
		try("officer", row(change), register.Refused, "second-officer", 0) // it is asked for already
		if f.personNow("a9").Entry != before.Entry {
			t.Fatalf("%s: the person was changed", name)
		}
	}
	long := end.AddDate(1, 0, 0)
	try("officer", row(func(r *register.PersonRow) { r.Until = &long }), register.Refused, "second-officer", 1)
	decide := func(role string, allow bool) error {
		x, _, err := f.Store.Ask(t.Context(), "a9")
		ok(t, err)
		return f.DecideAsk(t.Context(), f.ask(role), "a9", x.Entry, allow)
	}
	wantID(t, decide("officer", true), "second-person")
	wantID(t, decide("secadmin", true), "not-yours")
	ok(t, decide("officer-2", true))
	if p := f.personNow("a9"); !p.ContractUntil.Equal(long) {
		t.Fatalf("until %v", p.ContractUntil)
	}
	wantID(t, decide("officer-2", true), "decided")

	// An ask about a person who was changed since is worth nothing; nor is an old one,
	// nor a forged one.
	longer := long.AddDate(1, 0, 0)
	try("officer", row(func(r *register.PersonRow) { r.Until = &longer }), register.Refused, "second-officer", 1)
	ok(t, f.EndPerson(t.Context(), f.ask("officer"), "a9"))
	wantID(t, decide("officer-2", true), "stale")
	ok(t, decide("officer-2", false))
	try("officer", row(func(r *register.PersonRow) { r.Until = &longer }), register.Refused, "second-officer", 1)
	f.Forge(`UPDATE person_ask SET body = CAST(REPLACE(CAST(body AS TEXT), 'officer', 'nobody0') AS BLOB)`)
	wantID(t, decide("officer-2", true), "not-found")

	// What a file never does.
	try("officer", row(func(r *register.PersonRow) { r.ID = "officer" }), register.Refused, "not-yours", 0)
	try("secadmin", row(func(r *register.PersonRow) { r.ID = "officer" }), register.Refused, "office-by-file", 0)
	try("officer", row(func(r *register.PersonRow) { r.ID = "auditor" }), register.Refused, "office-by-file", 0)
	try("officer", row(func(r *register.PersonRow) { r.ID = "crm" }), register.Refused, "office-by-file", 0)
	try("officer", row(func(r *register.PersonRow) { r.ID, r.Org = "b1", "nowhere" }), register.Refused, "no-such-org", 0)
	try("officer", row(func(r *register.PersonRow) { r.ID, r.From = "b1", nil }), register.Refused, "bad-request", 0)
	try("officer", row(func(r *register.PersonRow) { r.ID, r.Manager = "b1", ptr(pii.PersonID("nobody")) }), register.Refused, "bad-request", 0)
	try("auditor", row(nil), register.Refused, "not-yours", 0)
	try("staff", row(nil), register.Refused, "not-yours", 0)
}

// A retry of one request says what the first try did, and does nothing.
func TestImportPersonAgain(t *testing.T) {
	f := open(t)
	file := register.PeopleFile{SHA256: authntest.Hash("staff.csv")}
	from := f.Now().AddDate(-1, 0, 0)
	a := f.ask("officer")
	a.Hash = authntest.Hash("the request")
	row := register.PersonRow{ID: "a9", Org: "own", From: &from}
	for range 3 {
		got, err := f.ImportPerson(t.Context(), a, file, row)
		if err != nil || got != register.Created {
			t.Fatal(got, err)
		}
	}
	got, err := f.ImportPerson(t.Context(), f.ask("officer"), file, row)
	if err != nil || got != register.Unchanged {
		t.Fatal(got, err)
	}
}

// What a second officer allows is the ask she looked at: another that took its place
// meanwhile is not allowed by her word, even if the first was worth nothing any more.
func TestAnAskIsNotExchanged(t *testing.T) {
	f := open(t)
	f.secondOfficer()
	file := register.PeopleFile{SHA256: authntest.Hash("staff.csv")}
	from, end := f.Now().AddDate(-1, 0, 0).Truncate(time.Second), f.Now().AddDate(0, 1, 0).Truncate(time.Second)
	row := func(until time.Time) register.PersonRow {
		return register.PersonRow{ID: "a9", Org: "own", From: &from, Until: &until}
	}
	_, err := f.ImportPerson(t.Context(), f.ask("officer"), file, row(end))
	ok(t, err)
	_, err = f.ImportPerson(t.Context(), f.ask("officer"), file, row(end.AddDate(0, 0, 1)))
	wantID(t, err, "second-officer")
	seen := must2(f.Store.Ask(t.Context(), "a9"))
	_, err = f.ImportPerson(t.Context(), f.ask("officer"), file, row(end.AddDate(50, 0, 0)))
	wantID(t, err, "second-officer")
	wantID(t, f.DecideAsk(t.Context(), f.ask("officer-2"), "a9", seen.Entry, true), "stale")
	wantID(t, f.DecideAsk(t.Context(), f.ask("officer-2"), "a9", 0, true), "stale")
	if p := f.personNow("a9"); !p.ContractUntil.Equal(end) {
		t.Fatalf("until %v", p.ContractUntil)
	}
	ok(t, f.DecideAsk(t.Context(), f.ask("officer-2"), "a9", 0, false))
}

func must2[T any](v T, _ bool, _ error) T { return v }

// Whose session was ended after he was authenticated decides nothing with it, however
// often the decision is made again.
func TestI3WhoWasEndedMeanwhileDecidesNothing(t *testing.T) {
	f := open(t)
	for name, revoke := range map[string]func(p party.Principal) string{
		"session": func(p party.Principal) string { return ledger.CredentialKey(p.Credential) },
		"person":  func(p party.Principal) string { return ledger.PersonKey(p.Person.ID) },
	} {
		a := f.ask("secadmin")
		a.By.Seen, a.By.Credential = f.Ledger.Size(), []byte("session")
		f.revoke(revoke(a.By))
		before := f.Ledger.Size()
		if err := f.PutPerson(t.Context(), a, f.person("joiner", party.Staff, pii.Own)); err == nil || f.Ledger.Size() != before {
			t.Errorf("%s: decided, %v", name, err)
		}
		a.Request, a.By.Seen = f.Request(), f.Ledger.Size()
		ok(t, f.PutPerson(t.Context(), a, f.person(pii.PersonID("joiner-"+name), party.Staff, pii.Own)))
	}
}

// revoke records that something was taken away.
func (f *firm) revoke(key string) {
	f.T.Helper()
	r, err := f.Ledger.Append(f.T.Context(), ledger.Item{Request: f.Request(), Entry: ledger.Entry{Kind: proof.KindCredential, Revokes: []string{key}}})
	ok(f.T, err)
	r.Close()
}
