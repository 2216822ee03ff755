package server

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// slow is an auditor on a clock of its own: each look at it takes 10 ms.
type slow struct {
	*auditor
	f      *firm.Firm
	froms  []uint64
	alarms []string
	at     time.Time
	worked time.Duration
	rested time.Duration
	rests  int
	stop   func(rests int) bool
}

func newSlow(f *firm.Firm) *slow {
	s := &slow{f: f, at: firm.Start, stop: func(int) bool { return false }}
	config := f.LedgerConfig()
	s.auditor = &auditor{
		begin: func(ctx context.Context, from uint64) (*ledger.Audit, error) {
			s.froms = append(s.froms, from)
			return ledger.NewAudit(ctx, config, f.Store, ledger.AuditOptions{From: from})
		},
		alarm: func(id string) { s.alarms = append(s.alarms, id) }, ring: f.Ring, file: filepath.Join(f.Dir, "audit.json"),
		now: func() time.Time { s.at = s.at.Add(10 * time.Millisecond); return s.at },
	}
	s.state.Faults = s.load().Faults
	return s
}

// audit runs one pass, until stop says so.
func (s *slow) audit(t *testing.T) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.wait = func(_ context.Context, d time.Duration) {
		s.rests++
		s.rested += d
		s.at = s.at.Add(d)
		if s.stop(s.rests) {
			cancel()
		}
	}
	began := s.at
	err := s.pass(ctx)
	s.worked = s.at.Sub(began) - s.rested
	return err
}

func thousand(t *testing.T) *firm.Firm {
	f := firm.New(t, 3)
	for range 1100 {
		f.Append(ledger.Entry{Kind: proof.KindTrace})
	}
	return f
}

// TestAuditRests at least four times as long as it works.
func TestAuditRests(t *testing.T) {
	s := newSlow(thousand(t))
	if err := s.audit(t); err != nil {
		t.Fatal(err)
	}
	if got := s.Audited(); got.Passes != 1 || got.Faults != 0 || got.Size < 1100 || got.Next != got.Size {
		t.Errorf("%+v", got)
	}
	if s.rests < 5 || s.rested < 4*s.worked/2 { // half of worked is the test's own looks at the clock
		t.Errorf("worked %v, rested %v in %d rests", s.worked, s.rested, s.rests)
	}
}

// TestAuditGoesOn where the process before it stopped; a file that was altered
// counts as none.
func TestAuditGoesOn(t *testing.T) {
	f := thousand(t)
	s := newSlow(f)
	s.stop = func(rests int) bool { return rests == 3 }
	if err := s.audit(t); err == nil {
		t.Fatal("it was not stopped")
	}
	next := s.load().Next
	if next != 3*256 {
		t.Fatalf("stopped at %d", next)
	}
	again := newSlow(f)
	if err := again.audit(t); err != nil {
		t.Fatal(err)
	}
	if again.froms[0] != next || again.Audited().Faults != 0 || again.Audited().Passes != 1 {
		t.Errorf("from %v: %+v", again.froms, again.Audited())
	}
	if again.load().Next != 0 {
		t.Error("the next pass does not begin at the beginning")
	}
	s.save(kept{Next: 512})
	forged := s.load()
	forged.Next = 1024
	if s.ring.CheckMAC("audit", forged.row(), forged.MAC) {
		t.Error("an altered file is believed")
	}
}

// TestAuditFaultStaysFound: it is told once, outlives the process, and ends with a
// whole pass that finds nothing.
func TestAuditFaultStaysFound(t *testing.T) {
	f := thousand(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.Dir, "db")+"?_pragma=busy_timeout(5000)")
	f.OK(err)
	t.Cleanup(func() { db.Close() })
	const flip = `UPDATE ledger_entry SET data = CAST(substr(data, 1, 40) || $1 || substr(data, 42) AS BLOB) WHERE idx = 300`
	var old []byte
	f.OK(db.QueryRow(`SELECT substr(data, 41, 1) FROM ledger_entry WHERE idx = 300`).Scan(&old))
	_, err = db.Exec(flip, []byte{old[0] ^ 1})
	f.OK(err)
	s := newSlow(f)
	f.OK(s.audit(t))
	if s.Audited().Faults == 0 || len(s.alarms) != 1 || s.alarms[0] != "audit-failed" {
		t.Fatalf("%+v, alarms %v", s.Audited(), s.alarms)
	}
	_, err = db.Exec(flip, old)
	f.OK(err)
	again := newSlow(f)
	if again.Audited().Faults == 0 {
		t.Error("the next process does not know")
	}
	f.OK(again.audit(t))
	if again.froms[0] != 0 || again.Audited().Faults != 0 {
		t.Errorf("from %v: %+v", again.froms, again.Audited())
	}
}

// TestAuditFaultMeansNotReady over HTTP.
func TestAuditFaultMeansNotReady(t *testing.T) {
	dir := t.TempDir()
	p := Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}
	if _, err := Init(t.Context(), InitOptions{Places: p, Title: "test"}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Places: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ready := func() (int, string) {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return w.Code, w.Body.String()
	}
	if code, body := ready(); code != http.StatusOK {
		t.Fatal(code, body)
	}
	s.auditor.saw(ledger.Report{Size: 9, Faults: []ledger.Fault{{}}}, 0, false)
	if code, body := ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "audit-failed") {
		t.Errorf("%d %s", code, body)
	}
}
