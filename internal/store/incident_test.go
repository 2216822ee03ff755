package store_test

import (
	"testing"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

// I6, with SQL: the database itself refuses a closed incident without the decision of
// an officer who did not open it, on both engines, through the store and behind its
// back; and no incident can be taken away instead.
func TestI6TheDatabaseClosesNoIncidentUndecided(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		at := func() pii.Stamp {
			h, err := db.Head(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return pii.Stamp{Entry: h.Size, MAC: []byte("mac")}
		}
		write := func(effects ...ledger.Effect) error {
			return storetest.Append(db, 1, func(tx ledger.Tx, first uint64) error { return tx.Apply(first, now(), effects) })
		}
		run := pii.RequestID{77}
		row := func(n byte, state casework.IncidentState, change ...func(*casework.Incident)) casework.IncidentPut {
			i := &casework.Incident{ID: pii.RequestID{n}, State: state, OpenedAt: now(), OpenedBy: "opener", Run: run, Affected: 7, Stamp: at()}
			for _, f := range change {
				f(i)
			}
			return casework.IncidentPut{Incident: i}
		}
		decision := func(n byte, change ...func(*casework.Decision)) casework.DecisionPut {
			v := &casework.Decision{Incident: pii.RequestID{n}, Verdict: casework.NotNotify, Officer: "officer", Reason: "made-up",
				Note: []byte("sealed"), Run: run, Affected: 7, At: now(), Stamp: at()}
			for _, f := range change {
				f(v)
			}
			return casework.DecisionPut{Decision: v}
		}
		good := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		refused := func(what string, err error) {
			t.Helper()
			if err == nil {
				t.Errorf("the database allowed: %s", what)
			}
		}
		good(write(row(1, casework.Suspected)))
		good(write(row(2, casework.Suspected)))
		good(write(row(1, casework.Suspected, func(i *casework.Incident) { i.Affected = 7 }))) // it may change while it is open

		refused("closed without a decision", write(row(1, casework.Decided)))
		refused("closed as a new row", write(row(9, casework.Decided)))
		refused("another's decision", write(decision(2), row(1, casework.Decided)))
		for what, change := range map[string]func(*casework.Decision){
			"neither to notify nor not to": func(v *casework.Decision) { v.Verdict = "later" },
			"nobody's decision":            func(v *casework.Decision) { v.Officer = "" },
			"by who opened it":             func(v *casework.Decision) { v.Officer = "opener" },
			"without a reason":             func(v *casework.Decision) { v.Reason = "" },
			"without a note":               func(v *casework.Decision) { v.Note = []byte{} },
			"on another run":               func(v *casework.Decision) { v.Run = pii.RequestID{78} },
			"about other people":           func(v *casework.Decision) { v.Affected = 6 },
		} {
			refused(what, write(decision(1, change), row(1, casework.Decided)))
		}
		refused("without a trace", write(decision(1, func(v *casework.Decision) { v.Run = pii.RequestID{} }),
			row(1, casework.Decided, func(i *casework.Incident) { i.Run = pii.RequestID{} })))
		refused("another opener", write(decision(1, func(v *casework.Decision) { v.Officer = "opener" }),
			row(1, casework.Decided, func(i *casework.Incident) { i.OpenedBy = "somebody" })))
		good(write(decision(2)))
		refused("a decision from before", write(row(2, casework.Decided)))

		behind := raw(t, c)
		try := func(text string) {
			t.Helper()
			if _, err := behind.Exec(text); err == nil {
				t.Errorf("allowed: %s", text)
			}
		}
		try(`UPDATE incident SET state = 'closed'`)
		try(`UPDATE incident SET opened_by = ''`)
		try(`DELETE FROM incident`)
		if c.DSN != "" {
			try(`TRUNCATE incident`)
			try(`TRUNCATE incident_decision`)
		}

		good(write(decision(1), row(1, casework.Decided)))
		try(`DELETE FROM incident_decision`)
		try(`UPDATE incident_decision SET verdict = 'notify'`)
		try(`UPDATE incident SET affected = 0 WHERE state = 'closed'`)
		refused("a closed incident opened again", write(row(1, casework.Suspected)))
		got, ok, err := db.Incident(ctx, pii.RequestID{1})
		if err != nil || !ok || got.State != casework.Decided {
			t.Errorf("the incident is %s (%v)", got.State, err)
		}
	})
}
