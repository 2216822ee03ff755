package store_test

import (
	"testing"

	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

func postgres(t testing.TB) *store.DB {
	return open(t, store.Config{Driver: "postgres", DSN: pgtest.Start(t)})
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return postgres(t) })
}
