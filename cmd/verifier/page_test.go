//go:build !js

package main

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// samplePack is a pack of a real ledger with the policy that names its log, and a
// checkpoint from before.
func samplePack(t *testing.T) (pack, policy, kept []byte) {
	t.Helper()
	f := firm.New(t, 5)
	h, err := f.Ledger.Head(t.Context())
	ok(t, err)
	_, err = f.Door.Disclose(t.Context(), f.Agent, f.Read(f.Work(f.IDs...), pii.Masked, f.IDs...))
	ok(t, err)
	found, err := f.Vault.Describe(t.Context(), f.IDs[:1])
	ok(t, err)
	m := &dossier.Maker{
		Ledger: f.Ledger, Clock: func() time.Time { return f.Now }, Rand: rand.Reader,
		LogKey: f.Ring.VerifierKey(), Origin: f.Ring.Origin(), RootKey: f.Ring.RootHolder(),
	}
	officer := f.Agent
	officer.Person.ID, officer.Person.Kind = "officer", party.Officer
	made, err := m.Make(t.Context(), officer, dossier.Order{
		ID: firm.NewID(), Kind: proof.KindSubject, From: firm.Start, Until: firm.Start.Add(time.Hour), Kept: [][]byte{h.Note},
		Person: dossier.Person{ID: f.IDs[0], Of: ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}},
	})
	ok(t, err)
	return made.Zip, []byte("log " + f.Ring.VerifierKey() + "\nquorum none\n"), h.Note
}

// TestThePageInABrowser: in a real Chromium and a real Firefox, from file://, the page
// verifies a good pack, refuses a changed one with the sentence the command line has,
// and reaches no network.
func TestThePageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for the browser: not under -short")
	}
	page, err := build(t.Context())
	ok(t, err)
	pack, policy, kept := samplePack(t)
	t.Run("chromium", func(t *testing.T) { shows(t, startChromium(t), page, pack, policy, kept) })
	t.Run("firefox", func(t *testing.T) { shows(t, startFirefox(t), page, pack, policy, kept) })
}

func shows(t *testing.T, b browser, page, pack, policy, kept []byte) {
	changed := bytes.Clone(pack)
	changed[len(changed)/3] ^= 1
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		ok(t, os.WriteFile(path, data, 0o600))
		return path
	}
	b.open("file://" + file("verifier.html", page))
	wait(b, "ready")

	var asked atomic.Int32
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer outside.Close()
	if got := b.eval(`fetch('` + outside.URL + `', {mode: 'no-cors'}).then(() => 'reached', () => 'blocked')`); got != "blocked" || asked.Load() > 0 {
		t.Errorf("the network was %s, %d requests", got, asked.Load())
	}

	verify := func(packFile, policyFile, keptFile string) string {
		t.Helper()
		b.file("#pack", packFile)
		if policyFile != "" {
			b.file("#policy", policyFile)
		}
		if keptFile != "" {
			b.file("#kept", keptFile)
		}
		b.eval(`(document.body.dataset.state = 'ready', document.getElementById('verify').click(), '')`)
		wait(b, "done")
		return b.eval(`document.getElementById('result').innerText`)
	}
	good := file("good.zip", pack)
	says := func(shown string, o proof.Opinion) {
		t.Helper()
		for _, s := range append([]proof.Sentence{o.Verdict}, o.Sentences...) {
			if !strings.Contains(shown, s.Zh) || !strings.Contains(shown, s.En) {
				t.Errorf("the page does not say %q", s.En)
			}
		}
	}
	unchecked := proof.Judge(pack, nil)
	verified := proof.Judge(pack, policy, kept)
	refused := proof.Judge(changed, policy, kept)
	if unchecked.Verified || !verified.Verified || refused.Verified {
		t.Fatal("the packs are not what this test needs")
	}
	says(verify(good, "", ""), unchecked)
	policyFile, keptFile := file("log.policy", policy), file("kept", kept)
	shown := verify(good, policyFile, keptFile)
	says(shown, verified)
	if !strings.Contains(shown, "a001") || !strings.Contains(shown, "that you kept") {
		t.Error("the page does not list the entries, or what was kept")
	}
	says(verify(file("changed.zip", changed), policyFile, keptFile), refused)
}

// TestThePageIsReproducible: two builds give the same bytes, within the limit, with
// nothing of this machine in them and nothing to be loaded.
func TestThePageIsReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for the browser: not under -short")
	}
	one, err := build(t.Context())
	ok(t, err)
	t.Setenv("TMPDIR", t.TempDir())
	two, err := build(t.Context())
	ok(t, err)
	if !bytes.Equal(one, two) {
		t.Error("two builds differ")
	}
	if len(one) > maxPage {
		t.Errorf("%d bytes", len(one))
	}
	for _, bad := range []string{"src=", "href=", "<link", "<iframe", "url("} {
		if bytes.Contains(one, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	csp := regexp.MustCompile(`content="(default-src 'none'[^"]*)"`).FindSubmatch(one)
	if csp == nil || !bytes.Contains(csp[1], []byte("'wasm-unsafe-eval'")) || bytes.Contains(csp[1], []byte("unsafe-inline")) ||
		strings.Contains(string(csp[1]), "http") {
		t.Errorf("policy %q", csp)
	}
}

func TestAScriptThatEndsItself(t *testing.T) {
	if _, err := assemble("x</SCRIPT>", ""); err == nil {
		t.Error("assembled")
	}
}
