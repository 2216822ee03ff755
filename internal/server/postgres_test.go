package server

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/test/firm"
)

// TestEnrolCheckServeUndo is an operator's first hour: what is applied is what was
// shown, rows become subjects, a hole stops the port until it is closed, and the
// database is left as it was.
func TestEnrolCheckServeUndo(t *testing.T) {
	dsn := pgtest.Start(t)
	admin, err := pgx.Connect(t.Context(), dsn)
	ok(t, err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	do := func(sql string) {
		t.Helper()
		_, err := admin.Exec(t.Context(), sql)
		ok(t, err)
	}
	do(`CREATE TABLE customer (id int PRIMARY KEY, phone text, tier int); INSERT INTO customer SELECT n, '1380000' || to_char(n, 'FM0000'), 1 FROM generate_series(1, 1500) n`)
	dir := t.TempDir()
	places := Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}
	_, err = Init(t.Context(), InitOptions{Places: places})
	ok(t, err)
	s, err := Open(t.Context(), Options{Places: places})
	ok(t, err)
	defer func() { ok(t, s.Close()) }()
	pg, operator := s.postgres, party.Principal{Person: party.Person{ID: "op", Org: pii.Own, Kind: party.SystemAdmin}, Org: party.Org{ID: pii.Own}}
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Org: party.Org{ID: pii.Own}, Scope: door.ScopeCRM}

	if _, err := pg.Check(t.Context()); fault.Of(err).ID != "pg-no-database" || pg.Serving(t.Context()) == nil {
		t.Fatalf("before anything is enrolled: %v", err)
	}
	ask := httpapi.PostgresAsk{DSN: dsn, Table: "public.customer"}
	ask.Protect = []string{"tier=company"}
	if p, err := pg.Enrol(t.Context(), operator, firm.NewID(), ask); fault.Of(err).ID != "pg-looks-protected" || len(p.Looks) != 1 {
		t.Fatalf("a table whose phones would be shown: %v", err)
	}
	ask.Protect = []string{"phone"}
	shown, err := pg.Plan(t.Context(), ask)
	ok(t, err)
	ask.Plan = shown.Plan
	done, err := pg.Enrol(t.Context(), operator, firm.NewID(), ask)
	ok(t, err)
	if !done.Applied || !slices.Equal(done.SQL, shown.SQL) || done.ID != shown.Plan || strings.Contains(strings.Join(done.SQL, ""), pg.roles.SourcePassword) {
		t.Error("what was applied is not what was shown, or it shows a password")
	}
	ask.Plan = ""
	if _, err := pg.Plan(t.Context(), ask); fault.Of(err).ID != "pg-enrolled" {
		t.Errorf("the same table again: %v", err)
	}
	holes, err := pg.Check(t.Context())
	ok(t, err)
	if len(holes) != 0 || pg.Serving(t.Context()) != nil {
		t.Fatalf("a fresh enrolment: %+v, %v", holes, pg.Serving(t.Context()))
	}
	ids, err := pg.Adopt(t.Context(), crm, done.ID, []string{"1", "2", "9999", "x"})
	ok(t, err)
	if ids[0] == (pii.SubjectID{}) || ids[0] == ids[1] || ids[2] != (pii.SubjectID{}) || ids[3] != (pii.SubjectID{}) {
		t.Errorf("ids of rows: %v", ids)
	}
	ok(t, pg.pass(t.Context(), pg.Tables()[0]))
	all, err := pg.Adopt(t.Context(), crm, done.ID, []string{"1", "1500"})
	ok(t, err)
	if all[0] != ids[0] {
		t.Error("a row has another id the second time")
	}
	if r, err := VerifyLedger(t.Context(), places, nil); err != nil || len(r.Faults) > 0 {
		t.Errorf("%v %+v", err, r.Faults)
	}

	do(`GRANT SELECT ON customer TO PUBLIC`)
	holes, err = CheckPostgres(t.Context(), places)
	ok(t, err)
	if len(holes) != 1 || holes[0].ID != "pg-hole-relation" {
		t.Fatalf("%+v", holes)
	}
	if _, err := pg.check(t.Context(), false); err != nil || fault.Of(pg.Serving(t.Context())).ID != "pg-bypass" {
		t.Errorf("with a hole: %v", pg.Serving(t.Context()))
	}
	do(holes[0].SQL)
	if _, err := pg.check(t.Context(), true); err != nil || pg.Serving(t.Context()) != nil {
		t.Errorf("closed again: %v", pg.Serving(t.Context()))
	}
	pg.mu.Lock()
	pg.checked = pg.checked.Add(-6 * time.Minute)
	pg.mu.Unlock()
	if fault.Of(pg.Serving(t.Context())).ID != "pg-bypass" {
		t.Error("an old check still lets the port serve")
	}

	undone, err := pg.Undo(t.Context(), operator, firm.NewID(), dsn, "public.customer", true)
	ok(t, err)
	if !undone.Applied || len(pg.Tables()) != 0 {
		t.Errorf("%+v", undone)
	}
	left := 0
	ok(t, admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname = 'goldbell'`).Scan(&left))
	if left != 0 || pg.Serving(t.Context()) == nil {
		t.Error("something is left of the enrolment")
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
