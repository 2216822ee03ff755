package review

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// TestI1ARefusedLookupStaysRefused: a lookup over its budget was recorded as a
// refusal; sending it again under its Idempotency-Key must not answer it.
func TestI1ARefusedLookupStaysRefused(t *testing.T) {
	f := firm.New(t, 2)
	work := f.Work(f.IDs...)
	f.Door.Caps.Lookups = 0
	l := door.Lookup{
		ID: firm.NewID(), Hash: make([]byte, 32), Field: pii.Phone, Value: pii.NewValue("13800000001"), Purpose: "telesales", Work: work,
	}
	for range 2 {
		found, err := f.Door.Find(t.Context(), f.Agent, l)
		f.OK(err)
		if found.Hit {
			t.Fatal("a hit, where the record says refused")
		}
	}
}

// TestI1ALookupNamesWhomItFinds: a retry that finds somebody else than the entry
// names, because the work item or the index changed, finds nobody.
func TestI1ALookupNamesWhomItFinds(t *testing.T) {
	f := firm.New(t, 2)
	work := f.Work(f.IDs...)
	l := door.Lookup{
		ID: firm.NewID(), Hash: make([]byte, 32), Field: pii.Phone, Value: pii.NewValue("13800000001"), Purpose: "telesales", Work: work,
	}
	found, err := f.Door.Find(t.Context(), f.Agent, l)
	f.OK(err)
	if !found.Hit {
		t.Fatal("no hit")
	}
	// The number moves to the second customer's index row as well.
	_, err = sqlOf(t, f).Exec(`UPDATE blind_index SET ordinal = ordinal + 1 WHERE field = 'phone' AND ordinal = (SELECT MIN(ordinal) FROM custody WHERE ordinal > 0)`)
	f.OK(err)
	again, err := f.Door.Find(t.Context(), f.Agent, l)
	if err == nil && again.Hit && again.Subject != found.Subject {
		t.Fatal("the answer names another person than the entry")
	}
}

func (e *erasing) approve(t *testing.T) error {
	return e.f.Door.ApproveErasure(t.Context(), e.officer, firm.NewID(), nil, e.id, nobodyHeld{})
}

type nobodyHeld struct{}

func (nobodyHeld) Held(context.Context, pii.Ordinal) (bool, error) { return false, nil }

type erasing struct {
	f       *firm.Firm
	officer party.Principal
	id      pii.RequestID
}

// asked is a firm whose first customer is to be erased.
func asked(t *testing.T) *erasing {
	f := firm.New(t, 2)
	s, err := f.Vault.Describe(t.Context(), f.IDs[:1])
	f.OK(err)
	w := &grant.WorkItem{
		ID: firm.NewID(), Kind: grant.RightsRequest, Purpose: grant.RightsRequests, Assignee: f.Agent.Person.ID, Recipient: pii.Own,
		OpenedBy: "o", OpenedAt: f.Now, Until: f.Now.Add(time.Hour), Subjects: 1,
	}
	f.Append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{
		WorkItem: w, Members: []*grant.Member{{Ordinal: s[0].Ordinal, Item: w.ID}},
	}}})
	e := &erasing{f: f, officer: f.Agent}
	e.officer.Person.ID, e.officer.Person.Kind = "o", party.Officer
	e.id, err = f.Door.AskErasure(t.Context(), f.Agent, firm.NewID(), nil, f.IDs[0], w.ID)
	f.OK(err)
	return e
}

// TestI7DoneMeansShredded: the entry says done, but the key ring could not be
// written. Approving again must finish, not repeat that all is done.
func TestI7DoneMeansShredded(t *testing.T) {
	e := asked(t)
	blocked := filepath.Join(e.f.Dir, "keys", "ring.new")
	e.f.OK(os.Mkdir(blocked, 0o700))
	if err := e.approve(t); err == nil {
		t.Fatal("done, without a key ring")
	}
	e.f.OK(os.Remove(blocked))
	e.f.OK(e.approve(t))
	if !e.f.Ring.Erased(e.f.IDs[0]) {
		t.Fatal("answered done; a restored backup would open her values")
	}
}

// TestI7DoneMeansPurged: the same, where a reader kept the write-ahead log.
func TestI7DoneMeansPurged(t *testing.T) {
	e := asked(t)
	tx, err := sqlOf(t, e.f).Begin()
	e.f.OK(err)
	var n int
	e.f.OK(tx.QueryRow(`SELECT COUNT(*) FROM custody`).Scan(&n))
	if err := e.approve(t); err == nil {
		t.Fatal("done, with her wrapped key in the log")
	}
	e.f.OK(tx.Rollback())
	e.f.OK(e.approve(t))
	if info, err := os.Stat(filepath.Join(e.f.Dir, "db-wal")); err == nil && info.Size() > 0 {
		t.Fatalf("answered done; %d bytes of the log remain", info.Size())
	}
}

// TestI3AnOfficerWhoWasEndedApprovesNothing: she was an officer when her request
// came in; her contract ended before it was decided.
func TestI3AnOfficerWhoWasEndedApprovesNothing(t *testing.T) {
	e := asked(t)
	e.officer.Seen = e.f.Ledger.Size()
	e.f.Append(ledger.Entry{Kind: proof.KindParty, Revokes: []string{ledger.PersonKey(e.officer.Person.ID)}})
	if err := e.approve(t); err == nil {
		t.Error("approved")
	}
	s, err := e.f.Vault.Describe(t.Context(), e.f.IDs[:1])
	e.f.OK(err)
	if s[0].State != vault.Live {
		t.Error("erased")
	}
}

// TestI4AHiddenSubjectsAffairsDelayNobody: something is taken away from a customer
// outside the caller's work while he asks for her. Were he decided about again,
// only those who exist would take longer.
func TestI4AHiddenSubjectsAffairsDelayNobody(t *testing.T) {
	f := firm.New(t, 2)
	work := f.Work(f.IDs[0])
	hidden, err := f.Vault.Describe(t.Context(), f.IDs[1:])
	f.OK(err)
	// He was authenticated before it was taken away, which no retry changes.
	f.Agent.Seen = f.Ledger.Size()
	f.Append(ledger.Entry{Kind: proof.KindConsent, Revokes: []string{ledger.SubjectKey(hidden[0].Ordinal)}})
	for _, id := range []pii.SubjectID{f.IDs[1], {1, 2, 3}} {
		a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, id))
		f.OK(err)
		if a.Results[0].Shown || a.Results[0].Reasons[0].ID != "no-grant" {
			t.Errorf("%+v", a.Results[0])
		}
	}
}

// listing counts the work items whose members were read.
type listing struct {
	grant.Store
	read *int
}

func (l listing) MembersAfter(ctx context.Context, item pii.RequestID, after pii.Ordinal, n int) ([]grant.Member, error) {
	*l.read++
	return l.Store.MembersAfter(ctx, item, after, n)
}

// TestI4AnothersMembersAreNotRead: a person of another organisation names a work
// item that is not his. That there is one, and for how many, is not to be told by
// the time that reading its members takes.
func TestI4AnothersMembersAreNotRead(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	read := 0
	cfg := f.Door.Config
	cfg.Grants = listing{f.Store, &read}
	d, err := door.New(t.Context(), cfg)
	f.OK(err)
	stranger := party.Principal{
		Person: party.Person{ID: "p9", Org: "partner", Kind: party.Partner},
		Org:    party.Org{ID: "partner", Kind: party.Handler},
	}
	a, err := d.Disclose(t.Context(), stranger, f.Read(work, pii.Masked, f.Vault.Pseudonym("partner", f.IDs[0])))
	f.OK(err)
	if a.Results[0].Shown || a.Results[0].Reasons[0].ID != "no-grant" || read != 0 {
		t.Errorf("%d lists of members were read; %+v", read, a.Results[0])
	}
}

var importer = party.Principal{Person: party.Person{ID: "imp", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeImport}

// TestI4AnImportIsToldOnce: of batches and ends of one import that arrive at once,
// one end is told, its count is that of all batches stored, and none is stored
// after it: the one number would become a number per batch.
func TestI4AnImportIsToldOnce(t *testing.T) {
	f := firm.New(t, 20)
	imp, err := f.Door.OpenImport(t.Context(), importer, firm.NewID(), nil, bytes.Repeat([]byte{7}, 32))
	f.OK(err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	stored, told := 0, []door.Imported{}
	for i := range 16 {
		wg.Go(func() {
			if i%5 == 4 {
				got, err := f.Door.FinishImport(t.Context(), importer, firm.NewID(), nil, imp)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					told = append(told, got)
				}
				return
			}
			row := vault.Row{pii.Phone: pii.NewValue("13800000001")}
			_, err := f.Door.Enrol(t.Context(), importer, door.Enrolment{ID: firm.NewID(), Import: imp, Rows: []vault.Row{row}})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				stored++
			} else if !fault.IsID(err, "import-done") && !fault.IsID(err, "stale") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(told) != 1 {
		t.Errorf("told %d times", len(told))
	}
	for _, end := range told {
		if int(end.Stored) != stored {
			t.Errorf("%d counted, %d stored", end.Stored, stored)
		}
	}
}

// TestTheSwitchPostsCallersOnly: an inbound caller is support or billing; the
// switch must not open work of another purpose for an agent.
func TestTheSwitchPostsCallersOnly(t *testing.T) {
	f := firm.New(t, 1)
	for purpose, want := range map[pii.Purpose]bool{grant.Support: true, grant.Billing: true, grant.Telesales: false, grant.RightsRequests: false} {
		_, err := f.Door.Inbound(t.Context(), party.Principal{Person: party.Person{ID: "sw", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeSwitch}, door.Inbound{
			ID: firm.NewID(), Value: pii.NewValue("13800000001"), Purpose: purpose, Assignee: f.Agent.Person,
		})
		if (err == nil) != want {
			t.Errorf("%s: %v", purpose, err)
		}
	}
}

// TestReadingTheRingTouchesNothing: a verification runs beside the server, which
// may be replacing the ring. Clearing up after a crash at that moment would wipe
// the ring that is just taking its place.
func TestReadingTheRingTouchesNothing(t *testing.T) {
	f := firm.New(t, 1)
	dir := filepath.Join(f.Dir, "keys")
	next := filepath.Join(dir, "ring.new")
	f.OK(os.WriteFile(next, []byte("being written"), 0o600))
	r, err := keyring.Read(dir, nil)
	f.OK(err)
	if b, err := os.ReadFile(next); err != nil || string(b) != "being written" {
		t.Errorf("%q, %v", b, err)
	}
	if r.VerifierKey() != f.Ring.VerifierKey() {
		t.Error("another ring")
	}
	if r.Shred(f.IDs[0]) == nil {
		t.Error("a ring that was opened for reading was written")
	}
}
