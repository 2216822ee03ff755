// Package review holds attacks found by reading the code as a stranger: each test
// is one way around an invariant, and is named after what must stop it. It is not
// for features; those are tested beside their code.
package review

import (
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// sqlOf is what a database administrator has: the tables, and no key.
func sqlOf(t *testing.T, f *firm.Firm) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.Dir, "db")+"?_pragma=busy_timeout(10000)")
	f.OK(err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func put(t *testing.T, f *firm.Firm) error {
	r, err := f.Ledger.Append(t.Context(), ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}})
	if err == nil {
		r.Close()
	}
	return err
}

// TestI2NoForkIsSigned: the head row is the ledger's one mutable row. Whoever
// exchanges the right edge of the tree in it, at the size it has, must not get our
// signature under another history.
func TestI2NoForkIsSigned(t *testing.T) {
	f := firm.New(t, 1)
	f.OK(put(t, f))
	db := sqlOf(t, f)
	var frontier []byte
	f.OK(db.QueryRow(`SELECT frontier FROM ledger_head`).Scan(&frontier))
	_, err := rand.Read(frontier)
	f.OK(err)
	_, err = db.Exec(`UPDATE ledger_head SET frontier = ?`, frontier)
	f.OK(err)
	if err := put(t, f); !fault.IsID(err, "ledger-broken") {
		t.Fatalf("an entry was appended to another tree: %v", err)
	}
	if err := put(t, f); err == nil {
		t.Fatal("the writers go on")
	}
}

// TestI3RulesAreNotRolledBack: which rule set is in force is a number in the head
// row, under no signature. Setting it back revives rules that were taken back.
func TestI3RulesAreNotRolledBack(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	f.AllowPlain()
	old := f.Ledger.Rules()
	f.Append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: &door.RuleSet{At: f.Now}}}})
	_, err := sqlOf(t, f).Exec(`UPDATE ledger_head SET rules = ?`, old)
	f.OK(err)

	_ = put(t, f)
	a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, f.IDs[0]))
	if err == nil && a.Results[0].Shown {
		t.Error("a plain value was shown under rules that are not in force")
	}
	r, err := ledger.Verify(t.Context(), f.LedgerConfig(), f.Store, nil)
	f.OK(err)
	if len(r.Faults) == 0 {
		t.Error("a verification does not notice")
	}
	f.OK(f.Ledger.Close())
	if l, err := ledger.Open(t.Context(), f.LedgerConfig()); err == nil {
		_ = l.Close()
		t.Error("a restart does not notice")
	}
}

// TestI3ADecisionRestsOnASignedHead: a head that another process wrote is read
// between appends too; one that nobody signed must not choose the rules.
func TestI3ADecisionRestsOnASignedHead(t *testing.T) {
	f := firm.New(t, 1)
	f.AllowPlain()
	old := f.Ledger.Rules()
	f.Append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: &door.RuleSet{At: f.Now}}}})
	want := f.Ledger.Rules()
	_, err := sqlOf(t, f).Exec(`UPDATE ledger_head SET rules = ?, size = size + 1`, old)
	f.OK(err)
	if err := f.Ledger.Refresh(t.Context()); err == nil || f.Ledger.Rules() != want {
		t.Errorf("%v; the rules of entry %d are in force, want %d", err, f.Ledger.Rules(), want)
	}
}

// TestI2TilesOfTwoWriters: of two processes on one database, the one that was
// quiet while the other filled exactly a tile must not build the next tile from
// the leaves it remembers.
func TestI2TilesOfTwoWriters(t *testing.T) {
	f := firm.New(t, 1)
	other, err := ledger.Open(t.Context(), ledger.Config{
		Store: f.Store, Ring: f.Ring, Keeper: ledger.NewKeeper(filepath.Join(f.Dir, "head2"), "test.invalid/log"),
		Clock: f.LedgerConfig().Clock, Rand: rand.Reader, Keys: f.Vault.RecordKeys,
	})
	f.OK(err)
	defer other.Close()
	f.OK(put(t, f))
	for range 256 {
		r, err := other.Append(t.Context(), ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}})
		f.OK(err)
		r.Close()
	}
	for range 256 {
		f.OK(put(t, f))
	}
	r, err := ledger.Verify(t.Context(), f.LedgerConfig(), f.Store, nil)
	f.OK(err)
	if len(r.Faults) != 0 {
		t.Fatalf("%+v", r.Faults)
	}
}

// TestI2TheKeepersFailureIsHeard: without its file a rolled-back database is not
// noticed; whoever can write no file, or removed it, must be heard of.
func TestI2TheKeepersFailureIsHeard(t *testing.T) {
	f := firm.New(t, 1)
	f.OK(f.Ledger.Close())
	heard := make(chan string, 8)
	config := f.LedgerConfig()
	config.Alarm = func(id string) { heard <- id }
	l, err := ledger.Open(t.Context(), ledger.Config{
		Store: config.Store, Ring: config.Ring, Keeper: ledger.NewKeeper(filepath.Join(f.Dir, "gone", "head"), "test.invalid/log"),
		Clock: config.Clock, Rand: config.Rand, Keys: config.Keys, Alarm: config.Alarm,
	})
	f.OK(err)
	f.OK(l.Close())
	if len(heard) != 1 || <-heard != "keeper-missing" {
		t.Error("a ledger with entries was opened without its keeper, and nobody heard")
	}
	keeper := ledger.NewKeeper(filepath.Join(f.Dir, "later", "head"), "test.invalid/log")
	config.Keeper = keeper
	l, err = ledger.Open(t.Context(), config)
	f.OK(err)
	<-heard
	f.OK(os.WriteFile(filepath.Join(f.Dir, "later"), nil, 0o600))
	r, err := l.Append(t.Context(), ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}})
	f.OK(err)
	r.Close()
	select {
	case id := <-heard:
		if id != "keeper-unwritable" {
			t.Error(id)
		}
	case <-time.After(10 * time.Second):
		t.Error("the keeper could not be written, and nobody heard")
	}
	_ = l.Close()
}
