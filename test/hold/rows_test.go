package hold

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

// versionsOf makes, for every table of rows that give power, two versions of one row:
// the one that gave, and the one that took away. Rule sets, notices and closings are
// never replaced: of them the second is another row.
func versionsOf(h *house) map[string]func(second bool) ledger.Effect {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	until := func(second bool) time.Time {
		if second {
			return at.AddDate(0, 1, 0)
		}
		return at.AddDate(9, 0, 0)
	}
	id := newID()
	code := &authn.Code{Person: "leaver", Hash: []byte("first"), Until: at}
	return map[string]func(bool) ledger.Effect{
		"org": func(s bool) ledger.Effect {
			return party.OrgPut{Org: &party.Org{ID: "firm", Kind: party.Handler, Title: "Firm", Agreement: party.Agreement{Until: until(s)}, Suspended: s}}
		},
		"person": func(s bool) ledger.Effect {
			return party.PersonPut{Person: &party.Person{ID: "leaver", Org: pii.Own, Kind: party.Staff, ContractFrom: at, ContractUntil: until(s), Suspended: s}}
		},
		"recertification": func(s bool) ledger.Effect {
			return party.RoundPut{Round: &party.Round{ID: id, OpenedBy: "officer", OpenedAt: at, Due: until(s), Closed: s}}
		},
		"confirmation": func(s bool) ledger.Effect {
			return party.ConfirmationPut{Confirmation: &party.Confirmation{Round: id, Person: "leaver", By: "officer", At: at, Keep: !s}}
		},
		"person_ask": func(s bool) ledger.Effect {
			a := &party.Ask{Wanted: party.Person{ID: "leaver", Org: pii.Own, Kind: party.Staff, ContractFrom: at, ContractUntil: until(false)}, AskedBy: "officer", AskedAt: at, State: party.AskOpen}
			if s {
				a.State = party.AskRefused
			}
			return party.AskPut{Ask: a}
		},
		"training": func(s bool) ledger.Effect {
			return party.TrainingPut{Training: &party.Training{Person: "leaver", Course: party.Protection, At: at, Until: until(s), Reference: "T"}}
		},
		"org_number": func(s bool) ledger.Effect {
			return party.NumberPut{Number: &party.Number{Org: "firm", Tag: []byte("tag"), Tail: "5678", From: at, Until: until(s)}}
		},
		"token": func(s bool) ledger.Effect {
			return authn.TokenPut{Token: &authn.Token{Hash: []byte("hash"), Person: "leaver", MadeAt: at, Until: until(s), StepUp: at, Ended: s}}
		},
		"code": func(s bool) ledger.Effect {
			if s {
				return authn.CodePut{Code: &authn.Code{Person: "leaver", Hash: []byte("second"), Until: at}, Was: code.Hash}
			}
			return authn.CodePut{Code: code}
		},
		"work_item": func(s bool) ledger.Effect {
			w := &grant.WorkItem{ID: id, Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: "leaver", Recipient: pii.Own, OpenedBy: "crm",
				OpenedAt: at, Until: until(false), Subjects: 1, Digest: grant.Digest([]pii.Ordinal{1}), Closed: s}
			if s {
				return grant.Closed{WorkItem: w}
			}
			return grant.Opened{WorkItem: w, Members: []*grant.Member{{Ordinal: 1, Item: id}}}
		},
		"consent": func(s bool) ledger.Effect {
			return consent.Put{Consent: &consent.Consent{Ordinal: 1, Purpose: grant.PartnerLeads, Recipient: "firm", Given: !s, Notice: "1", At: at}}
		},
		"notice": func(s bool) ledger.Effect {
			return consent.NoticePut{Notice: &consent.Notice{Purpose: grant.PartnerLeads, Version: map[bool]string{false: "1", true: "2"}[s], From: at}}
		},
		"opt_out": func(s bool) ledger.Effect {
			return consent.OptOutPut{OptOut: &consent.OptOut{Ordinal: 1, Refused: s, At: at}}
		},
		"complaint": func(s bool) ledger.Effect {
			c := &casework.Complaint{ID: id, State: casework.Accepted, Ordinal: 1, FiledAt: at, CalledAt: at, Channel: "web", Month: "2026-03"}
			if s {
				c.State = casework.Replied
			}
			return casework.Put{Complaint: c}
		},
		"one_time_code": func(s bool) ledger.Effect {
			return casework.OneTimePut{OneTime: &casework.OneTime{ID: id, Use: casework.ToClose, Case: id, Ordinal: 1, Field: pii.Phone, Hash: []byte("six"), SentAt: at, Until: until(s), Used: s}}
		},
		"complaint_closing": func(s bool) ledger.Effect {
			c := &casework.Closing{Case: id, Officer: "officer", At: at}
			if s {
				c.Case = newID()
			}
			return casework.ClosingPut{Closing: c}
		},
		"appeal": func(s bool) ledger.Effect {
			return casework.AppealPut{Appeal: &casework.Appeal{ID: id, Case: id, At: at, Due: at, Outcome: map[bool]casework.Outcome{true: casework.Dismissed}[s]}}
		},
		"incident": func(s bool) ledger.Effect {
			return casework.IncidentPut{Incident: &casework.Incident{ID: id, State: casework.Suspected, OpenedAt: at, Affected: map[bool]int{false: 1, true: 9}[s]}}
		},
		"incident_decision": func(s bool) ledger.Effect {
			v := &casework.Decision{Incident: id, Verdict: casework.NotNotify, Officer: "officer", Reason: "made-up", Note: []byte("sealed"), At: at}
			if s {
				v.Incident = newID()
			}
			return casework.DecisionPut{Decision: v}
		},
		"decoy_note": func(s bool) ledger.Effect {
			n := &decoy.Note{ID: id, Sealed: []byte("sealed")}
			if s {
				n.ID = newID()
			}
			return decoy.NotePut{Note: n}
		},
		"local_account": func(s bool) ledger.Effect {
			return authn.LocalPut{Local: &authn.Local{Person: "leaver", Handle: []byte("handle"), Password: "phc", Sessions: map[bool]int{false: 5, true: 1}[s]}}
		},
		"passkey": func(s bool) ledger.Effect {
			k := &authn.Passkey{ID: []byte("first"), Person: "leaver", Key: []byte("key"), MadeAt: at, UsedAt: at}
			if s {
				k.ID = []byte("second")
			}
			return authn.PasskeyPut{Passkey: k}
		},
		"complaint_file": func(s bool) ledger.Effect {
			e := &casework.Evidence{Case: id, N: 1, At: at, Size: 3, SHA256: []byte("sum"), Month: "2026-03", Sealed: []byte("sealed"), Digest: []byte("digest")}
			if s {
				e.N = 2
			}
			return casework.EvidencePut{Evidence: e}
		},
		"outcome": func(s bool) ledger.Effect {
			o := &door.Outcome{Ordinal: 1, Item: id, Result: door.Reached, By: "leaver", At: at}
			if s {
				o.Result = door.OptedOut
			}
			return door.OutcomePut{Outcome: o}
		},
		"enrolled_table": func(s bool) ledger.Effect {
			return enrolment.Put{Table: &enrolment.Table{ID: enrolment.ID{7}, By: "officer", At: at, Ended: s}}
		},
		"company_database": func(s bool) ledger.Effect {
			return enrolment.CompanyPut{Company: &enrolment.Company{Sealed: []byte(map[bool]string{false: "a", true: "b"}[s])}}
		},
		"database_login": func(s bool) ledger.Effect {
			return authn.LoginPut{Login: &authn.Login{Name: "gb_leaver", Person: "leaver", MadeAt: at, Until: until(s), StepUp: at}}
		},
		"exception": func(s bool) ledger.Effect {
			return grant.ExceptionPut{Exception: &grant.Exception{ID: id, Kind: grant.ExceptionWork, AskedBy: "leaver", Beneficiary: "leaver", AskedAt: at, Until: until(s)}}
		},
		"alert": func(s bool) ledger.Effect {
			return grant.AlertPut{Alert: &grant.Alert{ID: id, Person: "leaver", Count: map[bool]int64{false: 1, true: 9}[s], At: at}}
		},
		"import": func(s bool) ledger.Effect {
			return door.ImportPut{Import: &door.Import{ID: id, By: "crm", OpenedAt: at, Before: 1, Done: s}}
		},
		"erasure": func(s bool) ledger.Effect {
			e := &door.Erasure{ID: id, Ordinal: 1, Work: id, AskedBy: "leaver", AskedAt: at, State: door.ErasureAsked}
			if s {
				e.State = door.ErasureApproved
			}
			return door.ErasurePut{Erasure: e}
		},
		"found_file": func(s bool) ledger.Effect {
			f := &door.FoundFile{ID: id, Case: id, Rows: 2000, AskedBy: "officer", AskedAt: at, State: door.FoundAsked}
			if s {
				f.ApprovedBy = "officer-2"
			}
			return door.FoundFilePut{FoundFile: f}
		},
		"rule_proposal": func(s bool) ledger.Effect {
			p := &register.Proposal{ID: id, State: register.ProposalOpen, By: "officer", At: at}
			if s {
				p.State = register.ProposalWithdrawn
			}
			return register.ProposalPut{Proposal: p}
		},
		"rule_set": func(s bool) ledger.Effect {
			return door.RuleSetPut{RuleSet: &door.RuleSet{Version: map[bool]string{false: "a", true: "b"}[s], By: "officer", At: at}}
		},
	}
}

// replaced says of which tables the second version takes the place of the first.
func replaced(table string) bool {
	return table != "notice" && table != "rule_set" && table != "complaint_closing" && table != "incident_decision" && table != "decoy_note" && table != "complaint_file" && table != "passkey"
}

// TestI9_RowsCopiedBack keeps, table by table, a row that once was right, lets an
// entry replace it, and puts the old one back with SQL: its stamp is genuine. Then it
// takes the row away altogether, and writes one of its own. `ledger verify` names the
// table each time, and nothing before and after.
func TestI9_RowsCopiedBack(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 0, 2, options{})
		made := versionsOf(h)
		tables := h.db.PowerTables()
		slices.Sort(tables)
		if len(made) != len(tables) {
			t.Fatalf("%d tables are tried of %v", len(made), tables)
		}
		db := h.sqlOf()
		exec := func(text string) { // some of these change nothing
			_, err := db.Exec(text)
			h.ok(err)
		}
		record := func(table string, second bool) {
			kind := proof.KindParty
			if table == "rule_set" {
				kind = proof.KindRules
			}
			h.record(ledger.Entry{Kind: kind, Effects: []ledger.Effect{made[table](second)}, Rules: table == "rule_set"})
		}
		for _, table := range tables {
			record(table, false)
			exec(`CREATE TABLE old_` + table + ` AS SELECT * FROM ` + table)
			record(table, true)
			exec(`CREATE TABLE new_` + table + ` AS SELECT * FROM ` + table)
		}
		faults := func() (all []string) {
			t.Helper()
			r, err := server.VerifyLedger(ctxOf(t), h.dir, nil)
			h.ok(err)
			if int(r.Rows) < len(tables) {
				t.Fatalf("only %d rows were compared", r.Rows)
			}
			for _, f := range r.Faults {
				all = append(all, f.What)
			}
			return all
		}
		if all := faults(); len(all) > 0 {
			t.Fatalf("before anything was touched: %v", all)
		}
		dropTriggers(t, h, db, dsn) // what stands in an administrator's way he can take away
		put := func(table, from string) {
			exec(`DELETE FROM ` + table)
			exec(`INSERT INTO ` + table + ` SELECT * FROM ` + from + table)
		}
		for _, table := range tables {
			if all := strings.Join(faultsAfter(func() { put(table, "old_") }, faults), "; "); replaced(table) && !strings.Contains(all, "table "+table+" has an older version") ||
				!replaced(table) && !strings.Contains(all, "is missing") {
				t.Errorf("%s, copied back: %q", table, all)
			}
			if all := strings.Join(faultsAfter(func() { exec(`DELETE FROM ` + table) }, faults), "; "); !strings.Contains(all, "is missing") {
				t.Errorf("%s, taken away: %q", table, all)
			}
			put(table, "new_")
			exec(`UPDATE ` + table + ` SET mac = (SELECT mac FROM org ORDER BY id LIMIT 1)`)
			if all := strings.Join(faults(), "; "); !strings.Contains(all, "table "+table+" was not written by the ledger") {
				t.Errorf("%s, a stamp of another row: %q", table, all)
			}
			put(table, "new_")
		}
		if all := faults(); len(all) > 0 {
			t.Fatalf("after all was put right: %v", all)
		}
	})
}

func dropTriggers(t *testing.T, h *house, db *sql.DB, dsn string) {
	t.Helper()
	list := `SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'`
	if dsn != "" {
		list = `SELECT DISTINCT format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal`
	}
	rows, err := db.Query(list)
	h.ok(err)
	var all []string
	for rows.Next() {
		var text string
		h.ok(rows.Scan(&text))
		all = append(all, text)
	}
	h.ok(rows.Err())
	h.ok(rows.Close())
	for _, text := range all {
		_, err := db.Exec(text)
		h.ok(err)
	}
}

func faultsAfter(do func(), faults func() []string) []string {
	do()
	return faults()
}
