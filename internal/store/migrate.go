package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"io/fs"
	"path"
	"strconv"

	"github.com/goldbell/goldbell/internal/fault"
)

//go:embed migrations
var migrations embed.FS

// migration is one file NNNN_words.sql. Files are numbered from 1 without gaps,
// applied in order, and never changed once released: there is no way back but a
// restore.
type migration struct {
	number int
	name   string
	text   string
	sum    [32]byte
}

func (d dialect) migrations() ([]migration, error) {
	dir := path.Join("migrations", d.name)
	files, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, f := range files { // ReadDir sorts by name
		n, err := strconv.Atoi(f.Name()[:4])
		if err != nil || n != i+1 {
			return nil, errors.New("store: migration " + f.Name() + " is misnumbered")
		}
		text, err := fs.ReadFile(migrations, path.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, migration{n, f.Name(), string(text), sha256.Sum256(text)})
	}
	return all, nil
}

const (
	selectMigrations = `SELECT number, name, sum FROM schema_migration ORDER BY number`
	insertMigration  = `INSERT INTO schema_migration (number, name, sum) VALUES ($1, $2, $3)`
)

// migrate applies what is missing, in one transaction.
func (db *DB) migrate(ctx context.Context) error {
	all, err := db.d.migrations()
	if err != nil {
		return err
	}
	return db.transact(ctx, "migrate", func(s *session) error { return s.migrate(ctx, all, len(all)) })
}

// migrate applies what is missing of the first n.
func (s *session) migrate(ctx context.Context, all []migration, n int) error {
	if s.d.lock != "" {
		if err := s.rows(ctx, s.d.lock, func(func(...any) error) error { return nil }); err != nil {
			return err
		}
	}
	if _, err := s.conn.ExecContext(ctx, schemaTable[s.d.name]); err != nil {
		return err
	}
	applied, err := s.applied(ctx, all)
	if err != nil {
		return err
	}
	for _, m := range all[min(applied, n):n] {
		if _, err := s.conn.ExecContext(ctx, m.text); err != nil {
			return err
		}
		if _, err := s.exec(ctx, insertMigration, m.number, m.name, m.sum[:]); err != nil {
			return err
		}
	}
	return nil
}

// applied counts the migrations the database has had, all of which must be ours.
func (s *session) applied(ctx context.Context, ours []migration) (n int, err error) {
	err = s.rows(ctx, selectMigrations, func(scan func(...any) error) error {
		var number int
		var name string
		var sum hash32
		if err := scan(&number, &name, &sum); err != nil {
			return err
		}
		if n >= len(ours) || number != n+1 || [32]byte(sum) != ours[n].sum {
			return fault.Wrap(fault.Unavailable, "unavailable",
				errors.New("store: migration "+strconv.Itoa(number)+" in the database is not the one in this program"))
		}
		n++
		return nil
	})
	return n, err
}

var schemaTable = map[string]string{
	"sqlite": `CREATE TABLE IF NOT EXISTS schema_migration (
	number INTEGER NOT NULL PRIMARY KEY,
	name   TEXT NOT NULL,
	sum    BLOB NOT NULL
) STRICT`,
	"postgres": `CREATE TABLE IF NOT EXISTS schema_migration (
	number BIGINT NOT NULL PRIMARY KEY,
	name   TEXT COLLATE "C" NOT NULL,
	sum    BYTEA NOT NULL
)`,
}
