package door_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// stage is the one store that all scenarios of a test play on, with what the server
// wires to it. Each scenario has its own people; time goes on from one to the next.
type stage struct {
	t        testing.TB
	now      time.Time
	ring     *keyring.Ring
	store    *store.DB
	ledger   *ledger.Ledger
	vault    *vault.Vault
	door     *door.Door
	authn    *authn.Authn
	register *register.Register
	caps     door.Caps
	load     func(string) (*policy.Rules, error)
	played   int
	seq      int
	boss     party.Person
}

// addressDays is the retention of addresses on the stage.
const addressDays = 180

func stageSchema() pii.Schema {
	schema := pii.Registration()
	for i := range schema {
		if schema[i].Field == pii.Address {
			schema[i].Days = addressDays
		}
	}
	return schema
}

func openStage(t testing.TB, driver, dsn string) *stage {
	t.Helper()
	s := &stage{t: t, now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), load: policy.Load}
	dir := t.TempDir()
	var err error
	s.ring, err = keyring.Create(filepath.Join(dir, "keys"), "stage.test", s.now, rand.Reader)
	s.ok(err)
	s.store, err = store.Open(t.Context(), store.Config{Driver: driver, Path: filepath.Join(dir, "db"), DSN: dsn})
	s.ok(err)
	clock := func() time.Time { return s.now }
	s.vault = vault.New(s.store, s.store, s.ring, stageSchema(), clock, rand.Reader)
	s.ledger, err = ledger.Open(t.Context(), ledger.Config{
		Store: s.store, Peers: s.store, Ring: s.ring, Keeper: ledger.NewKeeper(filepath.Join(dir, "state", "head"), "stage.test"),
		Clock: clock, Rand: rand.Reader, Keys: s.vault.RecordKeys, Remains: s.store,
	})
	s.ok(err)
	t.Cleanup(func() { _ = s.ledger.Close(); _ = s.store.Close() })
	s.door, err = door.New(t.Context(), door.Config{
		Store: s.store, Grants: s.store, Consent: s.store, Vault: s.vault, Tags: s.store, Aging: s.store, Ledger: s.ledger,
		Sheets: grant.Sheets(), Caps: door.DefaultCaps(), Clock: clock, Rand: rand.Reader,
	})
	s.ok(err)
	s.caps = s.door.Caps
	s.authn = authn.New(authn.Config{Store: s.store, Accounts: s.store, People: s.store, Ledger: s.ledger, Sealer: s.ring, Clock: clock, Rand: rand.Reader})
	s.register = register.New(register.Config{
		People: s.store, Work: s.store, Consents: s.store, Subjects: resolver{s.vault}, Keys: s.vault.RecordKeys,
		Sheets: grant.Sheets(), Ledger: s.ledger, Clock: clock, InForce: s.door.InForce,
	})
	s.setUp()
	return s
}

// resolver turns ids into ordinals, as the server's does.
type resolver struct{ v *vault.Vault }

func (r resolver) Resolve(ctx context.Context, ids []pii.SubjectID) ([]pii.Ordinal, []bool, error) {
	found, err := r.v.Describe(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	of, known := make([]pii.Ordinal, len(found)), make([]bool, len(found))
	for i, s := range found {
		of[i], known[i] = s.Ordinal, s.Known()
	}
	return of, known, nil
}

// Subject and Schema are what the examiner asks of the vault.
func (r resolver) Subject(ctx context.Context, id pii.SubjectID) (ledger.Subject, error) {
	found, err := r.v.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	return ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}, nil
}

func (r resolver) Schema() pii.Schema { return r.v.Schema() }

// setUp makes the company and a head of security, who hands out sign-in codes.
func (s *stage) setUp() {
	dummy, pinned, err := s.vault.PrepareDummy()
	s.ok(err)
	s.append(ledger.Entry{Kind: proof.KindGenesis, Enrols: []proof.Hash{pinned[0].Commitment}, Effects: []ledger.Effect{dummy}})
	s.boss = party.Person{ID: "head-of-security", Org: pii.Own, Kind: party.SecAdmin, ContractFrom: s.now.AddDate(-1, 0, 0)}
	boss := s.boss
	s.append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{
		party.OrgPut{Org: &party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: "stage"}}, party.PersonPut{Person: &boss},
	}})
}

func (s *stage) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) append(e ledger.Entry) *ledger.Record {
	s.t.Helper()
	r, err := s.ledger.Append(s.t.Context(), ledger.Item{Request: s.id(), Entry: e})
	s.ok(err)
	r.Close()
	return r.Record()
}

func (s *stage) id() (id pii.RequestID) {
	_, err := rand.Read(id[:])
	s.ok(err)
	return id
}

// pass lets time pass; a new month has its own key.
func (s *stage) pass(d time.Duration) {
	s.now = s.now.Add(d)
	_, err := s.ring.StartPeriod(s.now)
	s.ok(err)
}

// enrol stores customers; no two have a value in common.
func (s *stage) enrol(n int) []pii.SubjectID {
	s.t.Helper()
	rows := make([]vault.Row, n)
	for i := range rows {
		s.seq++
		rows[i] = vault.Row{
			pii.Name: pii.NewValue("王小明"), pii.Phone: pii.NewValue(phone(s.seq)),
			pii.Email: pii.NewValue(fmt.Sprintf("u%d@example.com", s.seq)), pii.IDNumber: pii.NewValue("11010519491231002X"),
			pii.Company: pii.NewValue("星河云"), pii.Address: pii.NewValue("北京市海淀区中关村大街1号"),
		}
	}
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	ids, err := s.door.Enrol(s.t.Context(), crm, door.Enrolment{ID: s.id(), Rows: rows})
	s.ok(err)
	return ids
}

func phone(n int) string { return fmt.Sprintf("138%08d", n) }

// examiner answers from the ledger alone; it is made anew, so that it has read
// nothing before it is asked.
func (s *stage) examiner() *exam.Examiner {
	return exam.New(exam.Config{
		Ledger: s.ledger, Rules: s.store, Notices: s.store, Subjects: resolver{s.vault}, Sheets: grant.Sheets(), Load: s.load,
		Clock: func() time.Time { return s.now },
	})
}

// playWith makes door and examiner use other rules.
func (s *stage) playWith(load func(string) (*policy.Rules, error)) {
	s.load = load
	s.door.WithRules(load)
}
