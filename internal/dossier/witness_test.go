package dossier_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// TestPackIsWitnessed: packs carry the cosignatures of two witnesses over what they
// show and over the record of their making, also if all of it is a moment old. With
// the witnesses gone the next pack says how far they have signed, and a policy that
// asks for them refuses it.
func TestPackIsWitnessed(t *testing.T) {
	f := firm.New(t, 3)
	clock := func() time.Time { return f.Now }
	policy := "log " + f.Ring.VerifierKey() + "\n"
	var web []*httptest.Server
	for i := range 2 {
		dir := filepath.Join(t.TempDir(), "witness")
		made, err := witness.Init(dir, fmt.Sprint("witness.example/w", i), []string{f.Ring.VerifierKey()}, rand.Reader)
		f.OK(err)
		srv, err := witness.OpenServer(dir, clock)
		f.OK(err)
		defer srv.Close()
		web = append(web, httptest.NewServer(srv.Handler()))
		defer web[i].Close()
		policy += fmt.Sprintf("witness w%d %s %s\n", i, made.VKey, web[i].URL)
	}
	p, err := proof.ParsePolicy([]byte(policy + "group both all w0 w1\nquorum both\n"))
	f.OK(err)
	client, err := witness.New(t.Context(), witness.Config{
		Log: f.Ledger, Store: f.Store, LogKey: f.Ring.VerifierKey(), Policy: p, Clock: clock,
		StopFile: filepath.Join(f.Dir, "stop"),
	})
	f.OK(err)
	m := maker(f)
	m.Heads = client
	her := f.IDs[0]
	work := f.Work(her)
	found, err := f.Vault.Describe(t.Context(), []pii.SubjectID{her})
	f.OK(err)
	make := func() *proof.Pack {
		t.Helper()
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, her))
		f.OK(err)
		made, err := m.Make(t.Context(), officer(f), dossier.Order{
			ID: firm.NewID(), From: firm.Start.Add(-time.Hour), Until: firm.Start.Add(time.Hour),
			Person: dossier.Person{ID: her, Ordinal: found[0].Ordinal, Key: found[0].Key.Bytes()},
		})
		f.OK(err)
		pack, err := proof.ReadPack(bytes.NewReader(made.Zip), int64(len(made.Zip)))
		f.OK(err)
		return pack
	}
	r, err := proof.Verify(make(), p)
	f.OK(err)
	if len(r.Witnesses) != 2 || !r.SealWitnessed || len(r.Entries) != 1 {
		t.Errorf("witnesses %+v, seal %v, %d entries", r.Witnesses, r.SealWitnessed, len(r.Entries))
	}
	for _, w := range web {
		w.Close()
	}
	pack := make()
	if _, err := proof.Verify(pack, p); err == nil {
		t.Error("a pack nobody witnessed passes a policy that asks for witnesses")
	}
	alone, err := proof.ParsePolicy([]byte(policy + "quorum none\n"))
	f.OK(err)
	r, err = proof.Verify(pack, alone)
	f.OK(err)
	if len(r.Witnesses) != 0 || r.SealWitnessed || len(r.Entries) != 2 {
		t.Errorf("without witnesses: %+v, seal %v, %d entries", r.Witnesses, r.SealWitnessed, len(r.Entries))
	}
}
