package server

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"time"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
)

// VerifyLedger checks the whole ledger of a data directory: tree, tiles, heads,
// and, with the record keys, that every opening belongs to its leaf. It only
// reads, and works beside a running server.
func VerifyLedger(ctx context.Context, p Places, progress func(done, total uint64)) (ledger.Report, error) {
	settings, err := readSettings(p)
	if err != nil {
		return ledger.Report{}, err
	}
	ring, err := keyring.Read(settings.Keys, rand.Reader)
	if err != nil {
		return ledger.Report{}, err
	}
	db, err := store.Open(ctx, store.Config{
		Driver: settings.Driver, Path: filepath.Join(p.Data, databaseFile), DSN: settings.DSN, ReadOnly: true,
	})
	if err != nil {
		return ledger.Report{}, err
	}
	defer db.Close()
	v := vault.New(db, db, ring, settings.Schema, time.Now, rand.Reader)
	return ledger.Verify(ctx, ledger.Config{
		Store: db, Ring: ring, Keys: v.RecordKeys, Keeper: ledger.NewKeeper(settings.Keeper, settings.Origin),
		Restores: db,
	}, db, progress)
}
