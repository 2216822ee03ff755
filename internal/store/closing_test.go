package store_test

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

// I5, with SQL: the database itself refuses a closed complaint that nobody but its
// handler closed, on both engines, through the store and behind its back.
func TestI5TheDatabaseClosesOnNobodysWord(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		id := func(n byte) pii.RequestID { return pii.RequestID{n} }
		// stamped as the entry that is about to be written would stamp it
		at := func(s pii.Stamp) pii.Stamp {
			h, err := db.Head(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return pii.Stamp{Entry: h.Size, MAC: []byte("mac")}
		}
		write := func(effects ...ledger.Effect) error {
			return storetest.Append(db, 1, func(tx ledger.Tx, first uint64) error { return tx.Apply(first, now(), effects) })
		}
		row := func(n byte, state casework.State) casework.Put {
			return casework.Put{Complaint: &casework.Complaint{
				ID: id(n), State: state, FiledAt: now(), CalledAt: now(), SilentUntil: now(), Month: "2026-11", Stamp: at(pii.Stamp{}),
			}}
		}
		code := func(n, of byte, used bool) casework.OneTimePut {
			return casework.OneTimePut{OneTime: &casework.OneTime{
				ID: id(n), Use: casework.ToClose, Case: id(of), SentAt: now(), Until: now(), Used: used, Stamp: at(pii.Stamp{}),
			}}
		}
		hers := func(of, code byte) casework.ClosingPut {
			return casework.ClosingPut{Closing: &casework.Closing{Case: id(of), Code: id(code), At: now(), Stamp: at(pii.Stamp{})}}
		}
		officers := func(of byte, who pii.PersonID, notice uint64, when time.Time) casework.ClosingPut {
			return casework.ClosingPut{Closing: &casework.Closing{Case: id(of), Officer: who, Notice: notice, At: when, Stamp: at(pii.Stamp{})}}
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
				t.Errorf("the database closed a complaint: %s", what)
			}
		}
		for n := byte(1); n <= 2; n++ {
			good(write(row(n, casework.Replied)))
			good(write(casework.Handled{Case: id(n), Person: "handler"}))
		}

		refused("on nobody's word", write(row(1, casework.Closed)))
		refused("as a new row", write(row(9, casework.Closed)))
		refused("with a code nobody answered", write(code(20, 1, false), hers(1, 20), row(1, casework.Closed)))
		refused("with another complaint's code", write(code(21, 2, true), hers(1, 21), row(1, casework.Closed)))
		refused("by its handler", write(officers(1, "handler", 3, now()), row(1, casework.Closed)))
		refused("by an officer who told her nothing", write(officers(1, "second", 0, now()), row(1, casework.Closed)))
		refused("by an officer, too early", write(officers(1, "second", 3, now().Add(-time.Second)), row(1, casework.Closed)))
		good(write(code(22, 1, true)))
		refused("with a code used before", write(hers(1, 22), row(1, casework.Closed)))

		behind := raw(t, c)
		for _, text := range []string{
			`UPDATE complaint SET state = 'closed'`,
			`DELETE FROM complaint_handled`,
			`UPDATE complaint_handled SET person = 'somebody'`,
		} {
			if _, err := behind.Exec(text); err == nil {
				t.Errorf("allowed: %s", text)
			}
		}

		good(write(code(23, 1, true), hers(1, 23), row(1, casework.Closed)))
		good(write(officers(2, "second", 3, now()), row(2, casework.Closed)))
		if _, err := behind.Exec(`DELETE FROM complaint_closing`); err == nil {
			t.Error("a closing can be deleted")
		}
		for n := byte(1); n <= 2; n++ {
			got, ok, err := db.Complaint(ctx, id(n))
			if err != nil || !ok || got.State != casework.Closed {
				t.Errorf("complaint %d is %s (%v)", n, got.State, err)
			}
		}
	})
}
