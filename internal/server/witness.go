package server

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

// firstRound is how long the start waits for witnesses, so that a database that was
// rolled back is found before anything is recorded on it.
const firstRound = 2 * time.Second

// stopSuffix is added to the head keeper's file name: a witness's stop is kept
// beside it, outside the data directory and its backups.
const stopSuffix = ".stop"

// openWitness sets up who is asked to sign our heads, and asks once. If a witness
// has stopped the writers the server starts all the same, and records nothing.
func (s *Server) openWitness(ctx context.Context) error {
	policy, err := readPolicy(s.data)
	if err != nil {
		return err
	}
	w := s.settings.Witness
	if w == nil {
		w = &Witness{}
	}
	s.witness, err = witness.New(ctx, witness.Config{
		Log: s.ledger, Store: s.store, LogKey: s.ring.VerifierKey(), Policy: policy, Outside: outsiders(policy, w.Outside),
		Every: time.Duration(w.Every) * time.Second, Entries: w.Entries,
		FailClosed: time.Duration(w.FailClosed) * time.Minute,
		StopFile:   s.settings.Keeper + stopSuffix, Clock: s.clock, Alarm: s.alarm,
	})
	if err != nil {
		return err
	}
	first, cancel := context.WithTimeout(ctx, firstRound)
	defer cancel()
	s.witness.Round(first)
	return nil
}

// outsiders are the witnesses that another organisation runs, by log.policy, which
// readers of packs get too, or by the settings.
func outsiders(policy *proof.Policy, set map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, set)
	for _, w := range policy.Witnesses {
		if w.Outside != "" {
			out[w.Name] = w.Outside
		}
	}
	return out
}

func readPolicy(data string) (*proof.Policy, error) {
	text, err := os.ReadFile(PolicyPath(data))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bad-witness-policy", policyFile)
	}
	policy, err := proof.ParsePolicy(text)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "bad-witness-policy", err)
	}
	return policy, nil
}

// Witnesses asks who outside signed our heads; nil before the server is open.
func (s *Server) Witnesses() *witness.Client { return s.witness }

// WitnessOptions add a witness to a data directory.
type WitnessOptions struct {
	Places
	Name         string // in log.policy
	VKey         string
	URL          string // its submission prefix
	Organisation string // that runs it; empty: our own
	Quorum       int    // how many of all witnesses must sign; 0: as many as before, or 1
}

// AddedWitness is the policy after a witness was added.
type AddedWitness struct {
	Policy    string `json:"policy"`
	Witnesses int    `json:"witnesses"`
	Quorum    int    `json:"quorum"`
	Outside   int    `json:"outside"`
}

// witnessGroup is the one group of the policies that AddWitness writes.
const witnessGroup = "witnesses"

// AddWitness adds a witness to log.policy. No server may be running: it reads the
// policy when it starts. A policy with groups of one's own is edited by hand.
func AddWitness(o WitnessOptions, now time.Time) (a AddedWitness, err error) {
	settings, err := readSettings(o.Places)
	if err != nil {
		return a, err
	}
	owner, err := lock(o.Data, now)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	policy, err := readPolicy(o.Data)
	if err != nil {
		return a, err
	}
	if err := o.extend(policy); err != nil {
		return a, err
	}
	text := policy.Format()
	again, err := proof.ParsePolicy(text)
	if err != nil {
		return a, err // a *proof.Failure says which line and why
	}
	if len(again.Witnesses) != len(policy.Witnesses) || !bytes.Equal(again.Format(), text) {
		return a, fault.New(fault.Invalid, "bad-request", "--name")
	}
	if settings.Witness == nil {
		settings.Witness = &Witness{}
	}
	if settings.Witness.Outside == nil {
		settings.Witness.Outside = map[string]string{}
	}
	if o.Organisation != "" {
		settings.Witness.Outside[o.Name] = o.Organisation
	}
	// The policy first: a witness that is asked and not called an outsider is safe.
	if err := writePolicy(o.Data, text); err != nil {
		return a, err
	}
	if err := writeSettings(o.Data, settings); err != nil {
		return a, err
	}
	return AddedWitness{
		Policy: PolicyPath(o.Data), Witnesses: len(policy.Witnesses), Quorum: policy.Groups[0].K,
		Outside: len(outsiders(policy, settings.Witness.Outside)),
	}, nil
}

// extend adds the witness to the policy's one group.
func (o WitnessOptions) extend(p *proof.Policy) error {
	key, err := proof.ParseWitnessKey(o.VKey)
	if err != nil {
		return fault.New(fault.Invalid, "bad-vkey", "--vkey")
	}
	own := len(p.Groups) == 1 && p.Groups[0].Name == witnessGroup && p.Quorum == witnessGroup
	if !own && (len(p.Groups) > 0 || len(p.Witnesses) > 0) {
		return fault.New(fault.Conflict, "policy-by-hand", policyFile)
	}
	if !own {
		p.Groups = []proof.PolicyGroup{{Name: witnessGroup, K: 1}}
		p.Quorum = witnessGroup
	}
	p.Witnesses = append(p.Witnesses, proof.PolicyWitness{Name: o.Name, Key: key, URL: o.URL, Outside: o.Organisation})
	g := &p.Groups[0]
	g.Members = append(slices.Clone(g.Members), o.Name)
	if o.Quorum != 0 {
		g.K = o.Quorum
	}
	return nil
}

func writePolicy(data string, text []byte) error {
	name := PolicyPath(data)
	if err := os.WriteFile(name+".new", text, 0o644); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}
