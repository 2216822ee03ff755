package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

func places(t *testing.T) server.Places {
	dir := t.TempDir()
	return server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}
}

func TestInitOpenConnect(t *testing.T) {
	p := places(t)
	made, err := server.Init(t.Context(), server.InitOptions{Places: p})
	if err != nil {
		t.Fatal(err)
	}
	if made.SetupCode == "" || made.LogKey == "" {
		t.Fatalf("%+v", made)
	}
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p}); !fault.IsID(err, "data-not-empty") {
		t.Fatalf("a second init: %v", err)
	}
	c, err := server.Connect(t.Context(), server.Places{Data: p.Data})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	res, err := c.HTTP.Get(c.Base + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %d", res.StatusCode)
	}
	r, err := server.VerifyLedger(t.Context(), server.Places{Data: p.Data}, nil)
	if err != nil || len(r.Faults) > 0 || r.Size == 0 {
		b, _ := json.Marshal(r)
		t.Errorf("verify: %v %s", err, b)
	}
}

// TestInitLeavesNothing: an init that fails can be tried again.
func TestInitLeavesNothing(t *testing.T) {
	p := places(t)
	o := server.InitOptions{Places: p, DSN: "postgres://127.0.0.1:1/nowhere?connect_timeout=1"}
	if _, err := server.Init(t.Context(), o); !fault.IsID(err, "unavailable") {
		t.Fatalf("without its database: %v", err)
	}
	for _, dir := range []string{p.Data, p.Keys, p.Keeper} {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left", filepath.Base(dir), left)
		}
	}
	o.DSN = ""
	if _, err := server.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreRefusedInsideData(t *testing.T) {
	p := places(t)
	p.Keys = filepath.Join(p.Data, "keys")
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p}); !fault.IsID(err, "keys-inside-data") {
		t.Fatal(err)
	}
}
