package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/proof"
)

// TestWitnessServe makes a witness and runs it, as a second organisation does.
func TestWitnessServe(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "log.example/one")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "witness")
	if code, _, stderr := run(t, nil, "witness", "init", "--dir", dir, "--name", "w.example/1", "--log", vkey); code != exitOK {
		t.Fatalf("init: %d %s", code, stderr)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Main(ctx, Env{
			Args: []string{"witness", "serve", "--dir", dir, "--listen", "127.0.0.1:0", "--json"}, Stdout: in, Stderr: io.Discard,
			Getenv: func(string) string { return "" }, Clock: func() time.Time { return time.Unix(1_700_000_000, 0) },
		})
		_ = in.Close()
	}()
	var says struct {
		URL  string `json:"url"`
		VKey string `json:"vkey"`
		Logs int    `json:"logs"`
	}
	if err := json.NewDecoder(out).Decode(&says); err != nil || says.Logs != 1 {
		t.Fatalf("%+v %v", says, err)
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("log.example/one\n1\n%s\n", tlog.RecordHash([]byte("a")))}, signer)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{}
	res, err := client.Post(says.URL+"/add-checkpoint", "text/plain", io.MultiReader(strings.NewReader("old 0\n\n"), bytes.NewReader(signed)))
	if err != nil {
		t.Fatal(err)
	}
	line, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.Body.Close() != nil {
		t.Fatalf("add-checkpoint: %d %v %s", res.StatusCode, err, line)
	}
	c, err := proof.ParseCheckpoint(append(signed, line...))
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParseWitnessKey(says.VKey)
	if err != nil {
		t.Fatal(err)
	}
	if at, ok, err := c.Cosigned(key); err != nil || !ok || at.Unix() != 1_700_000_000 {
		t.Errorf("cosigned at %v: %v %v", at, ok, err)
	}
	client.CloseIdleConnections()
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with exit code %d", code)
	}
}
