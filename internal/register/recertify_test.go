package register_test

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Who is not confirmed in time is suspended, whoever is stopped in the middle goes on
// where he was, officers stay, and the next round opens by itself.
func TestRecertification(t *testing.T) {
	f := open(t)
	f.secondOfficer()
	for _, id := range []pii.PersonID{"a1", "a2", "a3", "late"} {
		p := f.person(id, party.Staff, pii.Own)
		p.Manager = "staff"
		if id == "late" {
			p.ContractFrom = f.Now().AddDate(0, 0, 3)
		}
		f.Put(proof.KindParty, party.PersonPut{Person: &p})
	}
	_, err := f.OpenRound(t.Context(), f.ask("staff"), 14, 0)
	wantID(t, err, "not-yours")
	for _, bad := range [][2]int{{0, 0}, {91, 0}, {14, 14}, {14, -1}} {
		_, err := f.OpenRound(t.Context(), f.ask("officer"), bad[0], bad[1])
		wantID(t, err, "bad-request")
	}
	id, err := f.OpenRound(t.Context(), f.ask("officer"), 14, 30)
	ok(t, err)
	_, err = f.OpenRound(t.Context(), f.ask("officer"), 14, 30)
	wantID(t, err, "round-open")

	say := func(role string, of pii.PersonID, keep bool) error {
		return f.ConfirmPerson(t.Context(), f.ask(role), id, of, keep)
	}
	ok(t, say("staff", "a1", true)) // his manager
	wantID(t, say("staff", "outsourced", true), "not-yours")
	wantID(t, say("staff", "nobody", true), "not-yours")
	wantID(t, say("staff", "staff", true), "not-yours")
	wantID(t, say("sysadmin", "a1", true), "not-yours")
	wantID(t, say("officer", "nobody", true), "not-found")
	wantID(t, say("officer", "officer-2", true), "not-asked")
	wantID(t, say("officer", "late", true), "not-asked")
	ok(t, say("staff", "a2", false))
	if p := f.personNow("a2"); !p.Suspended || !p.ContractUntil.Equal(f.Now()) {
		t.Fatalf("%+v", p)
	}
	wantID(t, say("officer", "a2", true), "not-asked")
	for _, role := range []pii.PersonID{"staff", "outsourced", "sysadmin", "secadmin", "auditor"} {
		ok(t, say("officer", role, true))
	}
	f.Forge(`DELETE FROM confirmation WHERE person = 'outsourced'`) // a word that is gone was not given

	more, err := f.Recertify(t.Context(), 1)
	if more || err != nil || f.personNow("a3").Suspended {
		t.Fatal("before it was due", more, err)
	}
	f.Pass(14*24*time.Hour + time.Second)
	wantID(t, say("officer", "a3", true), "round-over")
	passes := 0
	for more = true; more; passes++ { // each pass is stopped after one person
		if more, err = f.Recertify(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[pii.PersonID]bool{
		"a1": false, "a3": true, "late": false, "outsourced": true, "partner": true, "staff": false, "officer": false, "officer-2": false,
		"auditor": false, "crm": true,
	} {
		if p := f.personNow(id); p.Suspended != want || id == "a3" && !p.ContractUntil.IsZero() {
			t.Errorf("%s: %+v", id, p)
		}
	}
	rounds, err := f.Store.Rounds(t.Context(), 9)
	ok(t, err)
	if len(rounds) != 1 || !rounds[0].Closed || rounds[0].Lapsed != passes-1 || passes < 4 {
		t.Fatalf("%d passes: %+v", passes, rounds)
	}
	size := f.Ledger.Size()
	if more, err := f.Recertify(t.Context(), 100); more || err != nil || f.Ledger.Size() != size {
		t.Fatal("it was done already", more, err)
	}
	f.Pass(16 * 24 * time.Hour)
	if _, err := f.Recertify(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	rounds, err = f.Store.Rounds(t.Context(), 9)
	if err != nil || len(rounds) != 2 || rounds[0].Closed || rounds[0].Every != 30 || rounds[0].Due.Sub(rounds[0].OpenedAt) != 14*24*time.Hour {
		t.Fatal(err, rounds)
	}
	ok(t, f.PutPerson(t.Context(), f.ask("officer"), func() party.Person { p := f.personNow("a3"); p.Suspended = false; return p }()))
	if f.personNow("a3").Suspended {
		t.Fatal("an officer cannot lift it")
	}
}

// A round or a confirmation written with SQL gives nothing.
func TestRecertificationForged(t *testing.T) {
	f := open(t)
	p := f.person("a1", party.Staff, pii.Own)
	f.Put(proof.KindParty, party.PersonPut{Person: &p})
	id, err := f.OpenRound(t.Context(), f.ask("officer"), 1, 0)
	ok(t, err)
	ok(t, f.ConfirmPerson(t.Context(), f.ask("officer"), id, "a1", true))
	f.Forge(`INSERT INTO confirmation (round, person, body, entry, mac) SELECT round, 'outsourced', CAST(REPLACE(CAST(body AS TEXT), '"a1"', '"outsourced"') AS BLOB), entry, mac FROM confirmation`)
	f.Pass(25 * time.Hour)
	_, err = f.Recertify(t.Context(), 100)
	ok(t, err)
	if !f.personNow("outsourced").Suspended || f.personNow("a1").Suspended {
		t.Fatal("the forged word counted, or the true one did not")
	}
	_, err = f.OpenRound(t.Context(), f.ask("officer"), 1, 0)
	ok(t, err)
	f.Forge(`UPDATE recertification SET body = CAST(REPLACE(CAST(body AS TEXT), '"closed":false', '"closed":true ') AS BLOB) WHERE opened_at = (SELECT MAX(opened_at) FROM recertification)`)
	_, err = f.Recertify(t.Context(), 100)
	wantID(t, err, "row-forged")
}
