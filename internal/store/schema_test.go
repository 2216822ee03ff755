package store_test

import (
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/storetest"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/google/go-cmp/cmp"
)

func now() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

func apply(db *store.DB, effects ...ledger.Effect) error {
	return storetest.Append(db, 1, func(tx ledger.Tx, first uint64) error { return tx.Apply(first, now(), effects) })
}

func destroyed(o pii.Ordinal) *vault.Destroyed { return &vault.Destroyed{Ordinal: o} }

func keys(of []vault.Custody) (all [][]byte) {
	for _, c := range of {
		all = append(all, c.DataKey)
	}
	return all
}

func rewraps(of []vault.Custody) (all []vault.Rewrapped) {
	for _, c := range of {
		all = append(all, vault.Rewrapped{Ordinal: c.Ordinal, Was: c.DataKey, Period: "2026-12", DataKey: []byte("wrapped anew, and longer than it was before")})
	}
	return all
}

// raw opens the database beside the store, as an administrator may.
func raw(t testing.TB, c store.Config) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+c.Path
	if c.Driver == "postgres" {
		driver, dsn = "pgx", c.DSN
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func checkpoint(t testing.TB, dsn string) {
	run(t, raw(t, store.Config{Driver: "postgres", DSN: dsn}), "CHECKPOINT")
}

var update = flag.Bool("update", false, "write the golden schemas anew")

// dumps are the schema as each engine tells it.
var dumps = map[string]string{
	"sqlite": `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name`,
	"postgres": `SELECT line FROM (
SELECT c.relname AS t, 1 AS part, a.attnum AS n, format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
	CASE WHEN k.collname = 'C' THEN ' COLLATE "C"' ELSE '' END, CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END) AS line
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation k ON k.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT tablename, 2, row_number() OVER (ORDER BY indexname), indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT conrelid::regclass::text, 3, row_number() OVER (ORDER BY conname), conrelid::regclass || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'p'
UNION ALL
SELECT tgrelid::regclass::text, 4, (row_number() OVER (PARTITION BY tgrelid ORDER BY tgname))::int, 'trigger ' || tgname FROM pg_trigger
) x ORDER BY t, part, n`,
}

func TestSchemaIsTheGoldenOne(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		open(t, c)
		rows, err := raw(t, c).Query(dumps[c.Driver])
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			got.WriteString(line + ";\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", c.Driver, "schema.golden.sql")
		if *update {
			if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("the schema changed; if that is meant, add a migration and run with -update:\n%s", diff)
		}
	})
}

func TestForeignMigrationsRefuse(t *testing.T) {
	for name, spoil := range map[string]string{
		"changed": `UPDATE schema_migration SET sum = (SELECT root FROM ledger_head)`,
		"unknown": `INSERT INTO schema_migration (number, name, sum) SELECT number + 1, name, sum FROM schema_migration`,
		"missing": `UPDATE schema_migration SET number = number + 1`,
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, c store.Config) {
				open(t, c)
				again, err := store.Open(ctx, c)
				if err != nil {
					t.Fatalf("its own schema: %v", err)
				}
				if err := again.Close(); err != nil {
					t.Fatal(err)
				}
				run(t, raw(t, c), spoil)
				if db, err := store.Open(ctx, c); err == nil {
					db.Close()
					t.Error("it was opened")
				}
			})
		})
	}
}

func TestManyStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				db, err := store.Open(ctx, c)
				if err != nil {
					t.Error(err)
					return
				}
				if err := enrol(db, 2, func() {}); err != nil {
					t.Error(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := whole(t, open(t, c)); got != 8 {
			t.Errorf("%d entries, want 8", got)
		}
	})
}

func TestSQLiteSettings(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a b?c#d%20.db")
	db := open(t, store.Config{Driver: "sqlite", Path: path})
	for _, reader := range []bool{false, true} {
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1",
			"busy_timeout": "5000", "temp_store": "2"} {
			if got, err := db.Pragma(ctx, name, reader); err != nil || got != want {
				t.Errorf("%s (reader: %v) is %q, want %q: %v", name, reader, got, want, err)
			}
		}
	}
	if err := db.ExecReader(ctx, `DELETE FROM ledger_head`); err == nil {
		t.Error("a reader can write")
	}
	if err := enrol(db, 5, func() {}); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v: %v", f.Name(), info.Mode(), err)
		}
	}
	if err := db.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
}
