package server_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
)

// TestI7OlderBackupsOpenNothing: a copy of the database opens with today's key
// ring until the period key it was made under is destroyed, at most two changes of
// month later; the database itself opens throughout.
func TestI7OlderBackupsOpenNothing(t *testing.T) {
	p := places(t)
	now := time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	srv := openAt(t, p, clock)
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	ids, err := srv.Door().Enrol(t.Context(), crm, door.Enrolment{ID: pii.RequestID{1}, Rows: []vault.Row{{pii.Phone: pii.NewValue("13800000001")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "goldbell.db")
	for _, part := range []string{"", "-wal"} {
		copyFile(t, filepath.Join(p.Data, "goldbell.db"+part), backup+part)
	}

	for months, opens := range []bool{true, true, false} {
		now = time.Date(2026, time.January+time.Month(months), 20, 4, 0, 0, 0, time.UTC)
		srv := openAt(t, p, clock)
		if err := srv.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		if err := opened(t, p, filepath.Join(p.Data, "goldbell.db"), ids[0]); err != nil {
			t.Errorf("after %d months the database itself: %v", months, err)
		}
		if err := opened(t, p, backup, ids[0]); (err == nil) != opens || err != nil && !fault.IsID(err, "key-destroyed") {
			t.Errorf("after %d months the backup: %v", months, err)
		}
	}
}

// TestI7MonthsChangeOnce: several who change the month at once get along, and one key is
// left for the months still needed.
func TestI7MonthsChangeOnce(t *testing.T) {
	p := places(t)
	now := time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC)
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p, Clock: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	srv := openAt(t, p, func() time.Time { return now })
	defer srv.Close()
	for range 6 {
		failed := make([]error, 8)
		var all sync.WaitGroup
		for i := range failed {
			all.Go(func() { failed[i] = srv.Rotate(t.Context()) })
		}
		all.Wait()
		if err := errors.Join(failed...); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 1, 0)
	}
	ring, err := keyring.Read(p.Keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if months := ring.Periods(); len(months) != 2 {
		t.Errorf("the ring holds the keys of %v", months)
	}
}

// TestI7ALateRestoreDoesNotStopTheMonths restores a backup whose period key is gone:
// it says how many persons do not open, and the changes of month go on.
func TestI7ALateRestoreDoesNotStopTheMonths(t *testing.T) {
	p := places(t)
	now := time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	made, err := server.Init(t.Context(), server.InitOptions{Places: p, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	srv := openAt(t, p, clock)
	issued, err := srv.Authn().CreateToken(t.Context(), made.SetupCode, "crm", authn.ScopeCRM, "test")
	if err := errors.Join(err, srv.Close()); err != nil {
		t.Fatal(err)
	}
	secret, public, err := archive.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.age")
	done, err := server.Backup(t.Context(), server.BackupOptions{Places: server.Places{Data: p.Data}, To: file, Recipients: public, Clock: clock})
	if err != nil || done.OpensUntil != "2026-03-01" {
		t.Fatalf("opens until %s, %v", done.OpensUntil, err)
	}
	rotate := func(p server.Places) {
		t.Helper()
		srv := openAt(t, p, clock)
		if err := errors.Join(srv.Rotate(t.Context()), srv.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for months := range 3 {
		now = time.Date(2026, time.January+time.Month(months), 25, 4, 0, 0, 0, time.UTC)
		rotate(p)
	}
	o := server.RestoreOptions{
		Places: server.Places{Data: filepath.Join(t.TempDir(), "again")}, File: file, Identity: []byte(secret), Code: issued.NextCode, Clock: clock,
	}
	r, err := server.Restore(t.Context(), o)
	if err != nil || r.Unopened != 1 { // the dummy subject
		t.Fatalf("%d do not open, %v", r.Unopened, err)
	}
	for months := 3; months < 6; months++ {
		now = time.Date(2026, time.January+time.Month(months), 25, 4, 0, 0, 0, time.UTC)
		rotate(server.Places{Data: r.Data})
	}
	ring, err := keyring.Read(p.Keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if months := ring.Periods(); len(months) != 2 {
		t.Errorf("the ring holds the keys of %v", months)
	}
}

// TestRecordKeysEndAfterThreeYears: what an entry about two people opens by goes with
// its month, as an entry; a person's own record key goes on, and the ledger verifies.
func TestRecordKeysEndAfterThreeYears(t *testing.T) {
	p := places(t)
	now := time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	srv := openAt(t, p, clock)
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	ids, err := srv.Door().Enrol(t.Context(), crm, door.Enrolment{ID: pii.RequestID{1}, Rows: []vault.Row{
		{pii.Phone: pii.NewValue("13800000001")}, {pii.Phone: pii.NewValue("13800000002")},
	}})
	if err := errors.Join(err, srv.Close()); err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		at     time.Time
		months int
		ends   bool
	}{{time.Date(2029, 1, 25, 4, 0, 0, 0, time.UTC), 2, false}, {time.Date(2029, 2, 1, 4, 0, 0, 0, time.UTC), 2, true}} {
		now = is.at
		srv := openAt(t, p, clock)
		if err := errors.Join(srv.Rotate(t.Context()), srv.Close()); err != nil {
			t.Fatal(err)
		}
		ring, err := keyring.Read(p.Keys, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := ring.RecordMonths(); len(got) != is.months || (got[0] > keyring.MonthOf(time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC))) != is.ends {
			t.Errorf("%v: the ring holds %v", is.at, got)
		}
	}
	report, err := server.VerifyLedger(t.Context(), server.Places{Data: p.Data}, nil)
	if err != nil || len(report.Faults) != 0 || report.Unopened == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	ring, err := keyring.Read(p.Keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{Driver: "sqlite", Path: filepath.Join(p.Data, "goldbell.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := vault.New(db, db, ring, pii.Registration(), clock, rand.Reader).Describe(t.Context(), ids)
	if err != nil || len(found) != 2 || found[0].Key.Bytes() == nil || found[1].Key.Bytes() == nil {
		t.Errorf("their own record keys: %d, %v", len(found), err)
	}
}

func openAt(t *testing.T, p server.Places, clock func() time.Time) *server.Server {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Options{Places: server.Places{Data: p.Data}, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// opened unwraps the subject's data key as it lies in a database file.
func opened(t *testing.T, p server.Places, file string, id pii.SubjectID) error {
	t.Helper()
	ring, err := keyring.Open(p.Keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{Driver: "sqlite", Path: file, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Custody(t.Context(), []pii.SubjectID{id})
	if err != nil || len(rows) != 1 {
		t.Fatal(len(rows), err)
	}
	var m keyring.Month
	if err := m.UnmarshalText([]byte(rows[0].Period)); err != nil {
		t.Fatal(err)
	}
	_, err = ring.OpenDataKey(id, keyring.Wrapped{Period: m, Bytes: rows[0].DataKey})
	return err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return // the log was folded into the database
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
