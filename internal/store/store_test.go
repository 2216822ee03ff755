package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

var ctx = context.Background()

func open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return db
}

func sqlite(t testing.TB) *store.DB {
	return open(t, store.Config{Driver: "sqlite", Path: filepath.Join(t.TempDir(), "goldbell.db")})
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return sqlite(t) })
}
