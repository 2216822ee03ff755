package cli

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// packed is a pack about one recipient of a firm, with what verifies it.
func packed(t *testing.T) (pack, policy, head []byte) {
	t.Helper()
	f := firm.New(t, 4)
	h, err := f.Ledger.Head(t.Context())
	f.OK(err)
	_, err = f.Door.Disclose(t.Context(), f.Agent, f.Read(f.Work(f.IDs...), pii.Masked, f.IDs...))
	f.OK(err)
	officer := f.Agent
	officer.Person.ID, officer.Person.Kind = "officer", party.Officer
	m := &dossier.Maker{
		Ledger: f.Ledger, Clock: func() time.Time { return f.Now }, Rand: rand.Reader,
		LogKey: f.Ring.VerifierKey(), Origin: f.Ring.Origin(), RootKey: f.Ring.RootHolder(),
	}
	made, err := m.Make(t.Context(), officer, dossier.Order{
		ID: firm.NewID(), Kind: proof.KindOfRecipient, Recipient: proof.Recipient{ID: "a001", Kind: proof.RecipientPerson},
		From: firm.Start, Until: firm.Start.Add(time.Hour), Kept: [][]byte{h.Note},
	})
	f.OK(err)
	return made.Zip, []byte("log " + f.Ring.VerifierKey() + "\n"), h.Note
}

// TestProofVerify: what the command says and with which exit code, of a good pack and
// of what can be wrong with one.
func TestProofVerify(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pack, log, head := packed(t)
	_, otherLog, otherHead := packed(t)
	changed := bytes.Clone(pack)
	changed[len(changed)/2] ^= 1
	witness := "witness court w.example+5f0d5d55+BIqI49wdDRDJ3cDR4K9RdLNKGs5CNZVIRvVNmvY9Eb0a\n"
	good, policy := file("pack.zip", pack), file("log.policy", append(bytes.Clone(log), "quorum none\n"...))
	kept, otherKept := file("kept", head), file("other-kept", otherHead)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"good", []string{good, "--policy", policy}, exitOK, "Verified."},
		{"kept", []string{good, "--policy", policy, "--checkpoint", kept}, exitOK, "continues the checkpoint of size"},
		{"another log's checkpoint", []string{good, "--policy", policy, "--checkpoint", kept + "," + otherKept}, exitFailed, "kept checkpoint: the checkpoint is not signed by the log"},
		{"no policy", []string{good}, exitFailed, "whose log this is was not checked"},
		{"another log", []string{good, "--policy", file("other.policy", append(otherLog, "quorum none\n"...))}, exitFailed, "not in the policy given"},
		{"a byte changed", []string{file("changed.zip", changed), "--policy", policy}, exitFailed, "Not verified:"},
		{"cut", []string{file("cut.zip", pack[:len(pack)-9]), "--policy", policy}, exitFailed, "its end is missing"},
		{"no pack", []string{filepath.Join(dir, "nowhere"), "--policy", policy}, exitUsage, ""},
		{"no checkpoint", []string{good, "--policy", policy, "--checkpoint", filepath.Join(dir, "nowhere")}, exitUsage, ""},
		{"a bad policy", []string{good, "--policy", file("bad.policy", []byte("quorum court\n"))}, exitFailed, "policy line 1"},
		{"a witness with a wrong key ID", []string{good, "--policy", file("w.policy", []byte(string(log)+witness+"quorum court\n"))}, exitFailed, "policy line 2"},
	} {
		code, out, errs := run(t, map[string]string{"GOLDBELL_LANG": "en"}, append([]string{"proof", "verify"}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.says) || (code == exitUsage) != (errs != "") {
			t.Errorf("%s: exit code %d\n%s%s", c.name, code, out, errs)
		}
	}
	code, out, _ := run(t, nil, "proof", "verify", good, "--policy", policy, "--checkpoint", kept, "--json")
	var v verified
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitOK || !v.Verified || !v.LogChecked || v.Kind != proof.KindOfRecipient ||
		v.Entries != 1 || len(v.Kept) != 1 || v.Failure != nil {
		t.Errorf("%d %s %v", code, out, err)
	}
}
