package server_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

// get asks the API without an account.
func get(t *testing.T, srv *server.Server, path string) (int, string) {
	t.Helper()
	web := httptest.NewServer(srv.Handler())
	defer web.Close()
	res, err := web.Client().Get(web.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func enrolOne(t *testing.T, srv *server.Server, n byte) error {
	t.Helper()
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	_, err := srv.Door().Enrol(t.Context(), crm, door.Enrolment{ID: pii.RequestID{1, n}, Rows: []vault.Row{{pii.Phone: pii.NewValue("1380000000" + string('0'+rune(n)))}}})
	return err
}

// TestOutsideWitness sets a witness of another organisation up, restores an old
// data directory under it, and restarts: nothing is recorded any more, and /readyz
// says why.
func TestOutsideWitness(t *testing.T) {
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := places(t)
	now := time.Date(2026, 1, 20, 4, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	made, err := server.Init(t.Context(), server.InitOptions{Places: p, Clock: clock})
	ok(err)
	dir := filepath.Join(t.TempDir(), "witness")
	theirs, err := witness.Init(dir, "witness.example.org/w1", []string{made.LogKey}, rand.Reader)
	ok(err)
	watcher, err := witness.OpenServer(dir, clock)
	ok(err)
	defer watcher.Close()
	web := httptest.NewServer(watcher.Handler())
	defer web.Close()

	srv := openAt(t, p, clock)
	if status, body := get(t, srv, "/readyz"); status != http.StatusOK || !strings.Contains(body, `"no-outside-witness"`) {
		t.Errorf("without a witness: %d %s", status, body)
	}
	add := server.WitnessOptions{Places: p, Name: "w1", VKey: theirs.VKey, URL: web.URL, Organisation: "Somebody Else Ltd"}
	if _, err := server.AddWitness(add, now); !fault.IsID(err, "data-in-use") {
		t.Errorf("under a running server: %v", err)
	}
	ok(srv.Close())
	old := filepath.Join(t.TempDir(), "old")

	added, err := server.AddWitness(add, now)
	ok(err)
	if added.Witnesses != 1 || added.Quorum != 1 || added.Outside != 1 {
		t.Errorf("%+v", added)
	}
	ok(os.CopyFS(old, os.DirFS(p.Data)))
	srv = openAt(t, p, clock)
	if status, body := get(t, srv, "/readyz"); status != http.StatusOK || strings.Contains(body, "no-outside-witness") {
		t.Errorf("with a witness: %d %s", status, body)
	}
	if s := srv.Witnesses().Status(); s.Covered != srv.Ledger().Size() {
		t.Errorf("the first round did not sign: %+v", s)
	}
	ok(enrolOne(t, srv, 1))
	ok(enrolOne(t, srv, 2))
	srv.Witnesses().Round(t.Context())
	signed, err := srv.Witnesses().Checkpoint(t.Context())
	ok(err)
	c, err := proof.ParseCheckpoint(signed)
	ok(err)
	if c.Size != srv.Ledger().Size() || len(c.Signatures) != 2 {
		t.Errorf("served: size %d of %d, %d signatures", c.Size, srv.Ledger().Size(), len(c.Signatures))
	}
	ok(srv.Close())

	ok(os.RemoveAll(p.Data))
	ok(os.CopyFS(p.Data, os.DirFS(old)))
	ok(os.Remove(srv.Settings().Keeper)) // it would notice as well
	for range 2 {
		srv = openAt(t, p, clock)
		status, body := get(t, srv, "/readyz")
		var problem struct{ Code, Detail string }
		ok(json.Unmarshal([]byte(body), &problem))
		if status != http.StatusServiceUnavailable || problem.Code != "witness-ahead" || problem.Detail == "" {
			t.Errorf("an old copy: %d %s", status, body)
		}
		if err := enrolOne(t, srv, 3); !fault.IsID(err, "witness-ahead") {
			t.Errorf("an old copy records: %v", err)
		}
		ok(srv.Close())
		web.Close() // the second time nobody is there to ask
	}
}

func TestAddWitnessRefuses(t *testing.T) {
	p := places(t)
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p}); err != nil {
		t.Fatal(err)
	}
	key := func(name string) string {
		k, err := witness.NewKey(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k.Verifier().String()
	}
	before, err := os.ReadFile(server.PolicyPath(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]server.WitnessOptions{
		"a key that is none": {Name: "w", VKey: "w+00000000+AAAA", URL: "https://w.example"},
		"a name of two":      {Name: "w x", VKey: key("w"), URL: "https://w.example"},
		"a line break":       {Name: "w", VKey: key("w"), URL: "https://w.example\nquorum none"},
		"the name none":      {Name: "none", VKey: key("w"), URL: "https://w.example"},
		"quorum too large":   {Name: "w", VKey: key("w"), URL: "https://w.example", Quorum: 2},
		"the group's name":   {Name: "witnesses", VKey: key("w"), URL: "https://w.example"},
	} {
		o.Places = p
		if _, err := server.AddWitness(o, time.Now()); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	after, err := os.ReadFile(server.PolicyPath(p.Data))
	if err != nil || string(after) != string(before) {
		t.Errorf("a refusal changed the policy: %v %s", err, after)
	}
	two := key("b")
	for i, o := range []server.WitnessOptions{
		{Name: "a", VKey: key("a"), URL: "https://a.example", Organisation: "A"},
		{Name: "b", VKey: two, URL: "https://b.example", Quorum: 2},
	} {
		o.Places = p
		a, err := server.AddWitness(o, time.Now())
		if err != nil || a.Witnesses != i+1 || a.Quorum != i+1 || a.Outside != 1 {
			t.Errorf("%+v %v", a, err)
		}
	}
	if _, err := server.AddWitness(server.WitnessOptions{Places: p, Name: "c", VKey: two, URL: "https://b.example"}, time.Now()); err == nil {
		t.Error("one key was added twice")
	}
	text := "log " + strings.Fields(string(before))[1] + "\nwitness a " + key("a") + "\nquorum a\n"
	if err := os.WriteFile(server.PolicyPath(p.Data), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := server.AddWitness(server.WitnessOptions{Places: p, Name: "c", VKey: key("c"), URL: "https://c.example"}, time.Now()); !fault.IsID(err, "policy-by-hand") {
		t.Errorf("a policy made by hand: %v", err)
	}
}
