package server

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// VerifyLedger checks the whole ledger of a data directory: tree, tiles, heads,
// and, with the record keys, that every opening belongs to its leaf and the index to
// the openings. It only reads, and works beside a running server.
func VerifyLedger(ctx context.Context, p Places, progress func(done, total uint64)) (r ledger.Report, err error) {
	err = readLedger(ctx, p, func(c ledger.Config, db *store.DB) error {
		if r, err = ledger.Verify(ctx, c, db, progress); err != nil || len(r.Faults) > 0 {
			return err
		}
		return verifyExposure(ctx, c, db, &r)
	})
	return r, err
}

// verifyExposure compares who was shown whom, as the index has it, with the entries.
func verifyExposure(ctx context.Context, c ledger.Config, db *store.DB, r *ledger.Report) error {
	entries, err := ledger.NewAudit(ctx, c, db, ledger.AuditOptions{})
	if err != nil {
		return err
	}
	covered, wrong, err := exposure.Verify(ctx, entries, db, c.Ring)
	r.Exposed = covered
	for _, d := range wrong {
		r.Faults = append(r.Faults, ledger.Fault{Index: d.First, What: "the exposure index is not what the entries from here say"})
	}
	return err
}

// VerifyTree is VerifyLedger without the record keys: tree, tiles, heads and
// frontier only.
func VerifyTree(ctx context.Context, p Places, progress func(done, total uint64)) (r ledger.Report, err error) {
	err = readLedger(ctx, p, func(c ledger.Config, db *store.DB) error {
		c.Keys = nil
		r, err = ledger.Verify(ctx, c, db, progress)
		return err
	})
	return r, err
}

// ExportLedger writes the log of a data directory to dir as C2SP tlog-tiles lays it
// out. It only reads the ledger, and works beside a running server.
func ExportLedger(ctx context.Context, p Places, dir string, progress func(done, total uint64)) (x ledger.Exported, err error) {
	err = readLedger(ctx, p, func(c ledger.Config, db *store.DB) error {
		x, err = ledger.Export(ctx, c, db, dir, progress)
		return err
	})
	return x, err
}

// readLedger opens what reading the ledger needs, and changes nothing.
func readLedger(ctx context.Context, p Places, do func(ledger.Config, *store.DB) error) error {
	settings, err := readSettings(p)
	if err != nil {
		return err
	}
	ring, err := keyring.Read(settings.Keys, rand.Reader)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{
		Driver: settings.Driver, Path: filepath.Join(p.Data, databaseFile), DSN: settings.DSN, ReadOnly: true,
	})
	if err != nil {
		return err
	}
	defer db.Close()
	v := vault.New(db, db, ring, settings.Schema, time.Now, rand.Reader)
	return do(ledger.Config{
		Store: db, Ring: ring, Keys: v.RecordKeys, Remains: db, Restores: db, Keeper: ledger.NewKeeper(settings.Keeper, settings.Origin),
		Rand: rand.Reader, Witnesses: witnessKeys(p.Data),
	}, db)
}

// witnessKeys are those of the policy in the data directory.
func witnessKeys(data string) map[string]proof.Key {
	keys := map[string]proof.Key{}
	text, err := os.ReadFile(PolicyPath(data))
	if err != nil {
		return keys
	}
	policy, err := proof.ParsePolicy(text)
	if err != nil {
		return keys
	}
	for _, w := range policy.Witnesses {
		keys[w.Name] = w.Key
	}
	return keys
}
