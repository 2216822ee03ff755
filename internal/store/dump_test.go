package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

// dump is an export in memory.
type dump struct {
	store.Snapshot
	items []item
}

type item struct {
	table   string
	columns []string
	row     []any
}

func (d *dump) Table(name string, columns []string) error {
	d.items = append(d.items, item{table: name, columns: slices.Clone(columns)})
	return nil
}

func (d *dump) Row(values []any) error {
	row := slices.Clone(values)
	for i, v := range row {
		if b, ok := v.([]byte); ok {
			row[i] = append([]byte{}, b...)
		}
	}
	d.items = append(d.items, item{row: row})
	return nil
}

// source gives a dump back; at the end it says end.
func (d *dump) source(end error) store.Source {
	n := 0
	return func() (string, []string, []any, error) {
		if n == len(d.items) {
			return "", nil, nil, end
		}
		x := d.items[n]
		n++
		return x.table, x.columns, x.row, nil
	}
}

func exported(t testing.TB, db *store.DB) *dump {
	t.Helper()
	d := &dump{}
	err := db.Export(ctx, func(s store.Snapshot) (store.Sink, error) { d.Snapshot = s; return d, nil })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rows are a dump's rows by table, in an order of their own, as both engines could
// say them.
func (d *dump) rows() map[string][]string {
	all, table := map[string][]string{}, ""
	for _, x := range d.items {
		if x.table != "" {
			table = x.table
			continue
		}
		for i, v := range x.row {
			if b, ok := v.(bool); ok {
				x.row[i] = map[bool]int64{true: 1}[b]
			}
		}
		all[table] = append(all[table], fmt.Sprintf("%T%v", x.row, x.row))
	}
	for _, rows := range all {
		slices.Sort(rows)
	}
	delete(all, "ledger_head") // its epoch changes
	return all
}

// filled is a database with entries, persons, a work item and subjects in it.
func filled(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db := open(t, c)
	if err := storetest.Append(db, 300, func(ledger.Tx, uint64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	stamp := pii.Stamp{Entry: 300, MAC: []byte("mac")}
	rows := []ledger.Effect{
		party.OrgPut{Org: &party.Org{ID: "own", Kind: party.OwnCompany, Title: "公司", Stamp: stamp}},
		party.PersonPut{Person: &party.Person{ID: "a", Org: "own", Kind: party.Staff, ContractFrom: now(), Suspended: true, Stamp: stamp}},
		&grant.Opened{WorkItem: &grant.WorkItem{Kind: grant.CallTask, OpenedAt: now(), Until: now(), Stamp: stamp}},
		storetest.Subjects(1, 5),
	}
	if err := apply(db, rows...); err != nil {
		t.Fatal(err)
	}
	return db
}

func place(t testing.TB, engine string) store.Config {
	t.Helper()
	if engine == "postgres" {
		return store.Config{Driver: engine, DSN: pgtest.Start(t)}
	}
	return store.Config{Driver: engine, Path: filepath.Join(t.TempDir(), "goldbell.db")}
}

// TestLoadGivesWhatWasExported exports from each engine and loads into each.
func TestLoadGivesWhatWasExported(t *testing.T) {
	for _, from := range []string{"sqlite", "postgres"} {
		d := exported(t, filled(t, place(t, from)))
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				c := place(t, to)
				if err := store.Load(ctx, c, d.Migrations, d.source(io.EOF)); err != nil {
					t.Fatal(err)
				}
				db := open(t, c)
				if unfinished, err := db.Unfinished(ctx); err != nil || !unfinished {
					t.Errorf("loaded, and not marked unfinished: %v", err)
				}
				again := exported(t, db)
				if diff := cmp.Diff(d.rows(), again.rows()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(d.Head, again.Head); diff != "" {
					t.Error(diff)
				}
				storetest.Check(t, db)
			})
		}
	}
}

// TestLoadIsWholeOrNothing cuts a load off, and loads where something is.
func TestLoadIsWholeOrNothing(t *testing.T) {
	d := exported(t, filled(t, place(t, "sqlite")))
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			c := place(t, engine)
			cut := fault.New(fault.Invalid, "backup-damaged", "")
			if err := store.Load(ctx, c, d.Migrations, d.source(cut)); !errors.Is(err, cut) {
				t.Fatalf("cut off: %v", err)
			}
			half := *d
			half.items = d.items[:len(d.items)/2]
			if err := store.Load(ctx, c, d.Migrations, half.source(io.EOF)); !fault.IsID(err, "backup-foreign") {
				t.Errorf("tables are missing: %v", err)
			}
			stopped, stop := context.WithCancel(ctx)
			stop()
			if err := store.Load(stopped, c, d.Migrations, d.source(io.EOF)); err == nil {
				t.Error("loaded after it was stopped")
			}
			if err := store.Load(ctx, c, d.Migrations, d.source(io.EOF)); err != nil {
				t.Fatalf("after the others left nothing: %v", err)
			}
			if engine == "postgres" { // unfinished, so it may go; a file of SQLite is always new
				if err := store.Load(ctx, c, d.Migrations, d.source(io.EOF)); err != nil {
					t.Errorf("over an unfinished one: %v", err)
				}
			}
			db := open(t, c)
			if err := db.Finish(ctx); err != nil {
				t.Fatal(err)
			}
			if unfinished, err := db.Unfinished(ctx); err != nil || unfinished {
				t.Errorf("finished, and marked unfinished: %v", err)
			}
			if err := db.Finish(ctx); err == nil {
				t.Error("finished twice")
			}
			if err := store.Load(ctx, c, d.Migrations, d.source(io.EOF)); !fault.IsID(err, "database-not-empty") {
				t.Errorf("over a finished one: %v", err)
			}
		})
	}
	c := place(t, "postgres")
	run(t, raw(t, c), `CREATE TABLE theirs (a int)`)
	if err := store.Load(ctx, c, d.Migrations, d.source(io.EOF)); !fault.IsID(err, "database-not-empty") {
		t.Errorf("beside somebody else's table: %v", err)
	}
	newer := append(slices.Clone(d.Migrations), store.Applied{Name: "9999_to_come.sql"})
	if err := store.Load(ctx, place(t, "sqlite"), newer, d.source(io.EOF)); !fault.IsID(err, "backup-foreign") {
		t.Errorf("of a newer program: %v", err)
	}
}

// TestNoPurgeDuringAnExport: an export still sees what a purge is to remove.
func TestNoPurgeDuringAnExport(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			db := filled(t, place(t, engine))
			tried := false
			err := db.Export(ctx, func(store.Snapshot) (store.Sink, error) {
				tried = true
				if err := apply(db, destroyed(1)); err != nil {
					return nil, err
				}
				if err := db.Purge(ctx); !fault.Is(err, fault.Unavailable) {
					t.Errorf("purged under an export: %v", err)
				}
				return &dump{}, nil
			})
			if err != nil || !tried {
				t.Fatal(err)
			}
			if err := db.Purge(ctx); err != nil {
				t.Errorf("after the export: %v", err)
			}
		})
	}
}
