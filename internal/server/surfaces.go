package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/internal/watch"
)

// openDesks opens what stands beside the door: decisions about power, complaints,
// traces and packs.
func (s *Server) openDesks(context.Context) error {
	carries, err := s.openCourier()
	if err != nil {
		return err
	}
	s.register = register.New(register.Config{
		People: s.store, Asks: s.store, Rounds: s.store, Finder: s.door, Rand: rand.Reader, Numbers: s.store, Work: s.store, Consents: s.store, Subjects: s.vault, Keys: s.vault.RecordKeys,
		Sheets: grant.Sheets(), Schema: s.settings.Schema, Rules: checkRules, Fingerprint: s.vault.Fingerprint, Ledger: s.ledger, Clock: s.clock,
		InForce: s.door.InForce, Exceptions: s.store, Proposed: s.store,
	})
	s.watch = watch.New(watch.Config{
		Ledger: s.ledger, Alerts: s.store, Exceptions: s.store, Work: s.store, Meters: s.store, Clock: s.clock,
	})
	s.casework = casework.New(casework.Config{
		Store: s.store, People: s.store, Work: s.store, Finder: s.door, Sealer: caseSealer{s.ring, s.vault},
		Schema: s.settings.Schema, Limits: casework.DefaultLimits, Ledger: s.ledger, Clock: s.clock, Failed: s.authn.Failed,
		Rand: rand.Reader, Clocks: s.settings.Clocks, Courier: carries, Relay: s.door, Address: s.settings.address(),
		Numbers: numbers{s.store, s.ledger}, Cabinet: s.store, Incidents: s.store, Runs: runs{s}, Outbox: s.store, Passing: s.ring, Appeals: s.store,
	})
	s.exposure = exposure.New(s.ledger, s.store, s.ring)
	s.inquiry = &inquiry.Inquiry{
		Ledger: s.ledger, Complaints: filedComplaints{s.store, s.ledger}, People: s.store, Subjects: s.store,
		Exposure: s.exposure, Door: s.door, Cases: s.casework,
	}
	s.decoys = &decoy.Book{Store: s.store, Sealer: s.ring, Index: decoyIndex{s.vault, s.store}, Ledger: s.ledger}
	s.inquiry.Decoys = s.decoys
	s.dossier = &dossier.Maker{
		Ledger: s.ledger, Clock: s.clock, Rand: rand.Reader, LogKey: s.ring.VerifierKey(), Origin: s.settings.Origin,
		RootKey: s.ring.RootHolder(), Heads: s.witness, Complaints: filedComplaints{s.store, s.ledger}.ids,
	}
	s.exam = exam.New(exam.Config{
		Ledger: s.ledger, Rules: s.store, Notices: s.store, Subjects: examined{s.vault}, Sheets: grant.Sheets(), Caps: s.settings.Caps, Clock: s.clock,
	})
	s.trials = exam.NewTrials(s.exam)
	return nil
}

// network is a pseudonym of a network: entries tell that two requests came from
// different ones, not from where.
func (s *Server) network(prefix string) string {
	return hex.EncodeToString(s.vault.Fingerprint(pii.NewValue("network|" + prefix))[:8])
}

// examined finds whom counsel's questions are about.
type examined struct{ vault *vault.Vault }

func (x examined) Subject(ctx context.Context, id pii.SubjectID) (ledger.Subject, error) {
	found, err := x.vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	return ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}, nil
}

func (x examined) Schema() pii.Schema { return x.vault.Schema() }

// checkRules loads the company's rules beside the shipped ones.
func checkRules(text string) (version string, err error) {
	r, err := policy.Load(text)
	if err != nil {
		return "", err
	}
	return r.Version(), nil
}

// caseSealer seals what complainants write under the ledger's record key.
type caseSealer struct {
	ring  *keyring.Ring
	vault *vault.Vault
}

func (c caseSealer) Seal(now time.Time, context, plaintext []byte) (sealed []byte, month string, err error) {
	if sealed, err = c.ring.SealRecord(now, context, plaintext); err != nil {
		return nil, "", err
	}
	m, err := keyring.RecordMonth(sealed)
	return sealed, m.String(), err
}

func (c caseSealer) Open(context, sealed []byte) ([]byte, error) {
	return c.ring.OpenRecord(context, sealed)
}

func (c caseSealer) Fingerprint(v pii.Value) []byte { return c.vault.Fingerprint(v) }

// numbers is the register of calling numbers, as complaints ask it. Rows the ledger
// did not write are left out.
type numbers struct {
	store  party.NumberStore
	ledger *ledger.Ledger
}

func (n numbers) Registered(ctx context.Context, tag []byte, at time.Time) ([]pii.OrgID, error) {
	rows, err := party.WhoseNumber(ctx, n.store, n.ledger.CheckStamp, tag, at)
	orgs := make([]pii.OrgID, len(rows))
	for i := range rows {
		orgs[i] = rows[i].Org
	}
	return orgs, err
}

// runs hands what a run of a trace says to incidents.
type runs struct{ *Server }

func (r runs) Reach(ctx context.Context, run pii.RequestID) (casework.Reach, error) {
	got, err := r.inquiry.Reach(ctx, run)
	return casework.Reach(got), err
}

// filedComplaints hands complaints to a trace. Rows the ledger did not write are
// left out.
type filedComplaints struct {
	store  casework.Store
	ledger *ledger.Ledger
}

const maxComplaints = 10_000

// ids lists what a trace over the window rested on.
func (f filedComplaints) ids(ctx context.Context, from, until time.Time) ([]pii.RequestID, error) {
	filed, err := f.Filed(ctx, from, until)
	ids := make([]pii.RequestID, len(filed))
	for i, c := range filed {
		ids[i] = c.ID
	}
	return ids, err
}

func (f filedComplaints) Filed(ctx context.Context, from, until time.Time) ([]inquiry.Complaint, error) {
	rows, err := f.store.Complaints(ctx, from, until, maxComplaints)
	if err != nil {
		return nil, err
	}
	var out []inquiry.Complaint
	for i := range rows {
		c := &rows[i]
		if f.ledger.CheckStamp(c) != nil || c.State == casework.Unconfirmed {
			continue
		}
		contact := pii.Phone
		if c.Channel == casework.ByEmail {
			contact = pii.Email
		}
		out = append(out, inquiry.Complaint{
			ID: c.ID, Ordinal: c.Ordinal, At: c.CalledAt, Contact: contact, Known: c.Known,
			Caller: hex.EncodeToString(c.Caller), Verified: c.Verified,
		})
	}
	return out, nil
}
