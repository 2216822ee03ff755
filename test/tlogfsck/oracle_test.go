// Package tlogfsck holds the ledger to programs that others wrote: the client and
// fsck of transparency-dev/tessera read our HTTP endpoints and our export,
// transparency-dev/merkle checks our proofs, and transparency-dev/formats and x/mod
// read and write checkpoints, cosignatures, tlog-proofs and policies with us.
//
// It is a module of its own, so that those programs are no dependency of the
// product; `make oracle` runs it. It tests formats only, not what an entry says.
package tlogfsck

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	ours "github.com/goldbell/goldbell/proof"
)

// house is a server with a ledger, and a token that may copy it.
type house struct {
	t        *testing.T
	places   server.Places
	server   *server.Server
	url      *url.URL
	token    string
	verifier note.Verifier
}

func open(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, places: server.Places{
		Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "keeper"),
	}}
	made, err := server.Init(t.Context(), server.InitOptions{Places: h.places, Title: "test", Origin: "oracle.invalid/log"})
	h.ok(err)
	h.verifier, err = note.NewVerifier(made.LogKey)
	h.ok(err)
	h.server, err = server.Open(t.Context(), server.Options{Places: h.places})
	h.ok(err)
	t.Cleanup(func() { _ = h.server.Close() })
	web := httptest.NewServer(h.server.Handler())
	t.Cleanup(web.Close)
	h.url, err = url.Parse(web.URL + "/v1/ledger/")
	h.ok(err)
	h.token = h.witnessToken(web, made.SetupCode)
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(cut(err))
	}
}

// cut shortens an error: fsck quotes whole tiles.
func cut(err error) string {
	if s := err.Error(); len(s) > 200 {
		return s[:200] + "…"
	}
	return err.Error()
}

func (h *house) witnessToken(web *httptest.Server, code string) string {
	h.t.Helper()
	body, err := json.Marshal(map[string]string{"code": code, "name": "mirror", "scope": "witness"})
	h.ok(err)
	res, err := web.Client().Post(web.URL+"/v1/tokens", "application/json", bytes.NewReader(body))
	h.ok(err)
	defer res.Body.Close()
	var got struct{ Token string }
	h.ok(json.NewDecoder(res.Body).Decode(&got))
	if got.Token == "" {
		h.t.Fatal("no token:", res.Status)
	}
	return "Bearer " + got.Token
}

// grow appends until the ledger has size entries.
func (h *house) grow(size uint64) {
	h.t.Helper()
	todo := make(chan int)
	var wg sync.WaitGroup
	for range 512 {
		wg.Go(func() {
			for range todo {
				var id pii.RequestID
				_, _ = rand.Read(id[:])
				r, err := h.server.Ledger().Append(context.Background(), ledger.Item{Request: id, Entry: ledger.Entry{Kind: ours.KindTrace}})
				if err != nil {
					h.t.Error(err)
					continue
				}
				r.Close()
			}
		})
	}
	for i := h.server.Ledger().Size(); i < size; i++ {
		todo <- 0
	}
	close(todo)
	wg.Wait()
}

func (h *house) fetcher() *client.HTTPFetcher {
	h.t.Helper()
	f, err := client.NewHTTPFetcher(h.url, http.DefaultClient)
	h.ok(err)
	f.SetAuthorizationHeader(h.token)
	return f
}

// leafHashes is what fsck asks of a log's entry format.
func leafHashes(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	out := make([][]byte, len(b.Entries))
	for i, e := range b.Entries {
		out[i] = rfc6962.DefaultHasher.HashLeaf(e)
	}
	return out, nil
}

// check runs fsck. With one worker a mismatch would hang it, and its context does
// not end it.
func (h *house) check(f fsck.Fetcher) error {
	done := make(chan error, 1)
	go func() {
		done <- fsck.New(h.verifier.Name(), h.verifier, f, leafHashes, fsck.Opts{N: 2}).Check(context.Background())
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(2 * time.Minute):
		return errors.New("fsck does not end")
	}
}

// sizes are around the edges of tiles, and one above 65,536, where a third level of
// tiles begins.
var sizes = []uint64{255, 256, 257, 1000, 65_536 + 300}

// TestTesseraReadsOurEndpointsAndExport at several sizes of one growing log: fsck
// over HTTP and over the export, its proofs against merkle, its tracker from size to
// size.
func TestTesseraReadsOurEndpointsAndExport(t *testing.T) {
	h := open(t)
	dir := filepath.Join(t.TempDir(), "export")
	var tracker *client.LogStateTracker
	for _, size := range sizes {
		if size > 2000 && testing.Short() {
			break
		}
		h.grow(size)
		f := h.fetcher()
		if err := h.check(f); err != nil {
			t.Fatalf("HTTP, %d entries: %s", size, cut(err))
		}
		if _, err := server.ExportLedger(t.Context(), h.places, dir, nil); err != nil {
			t.Fatal(err)
		}
		if err := h.check(client.FileFetcher{Root: dir}); err != nil {
			t.Fatalf("export, %d entries: %s", size, cut(err))
		}
		h.proofs(f, size)
		tracker = h.track(tracker, f, size)
	}
}

// track follows the log with tessera's tracker, which checks consistency itself.
func (h *house) track(t *client.LogStateTracker, f *client.HTTPFetcher, size uint64) *client.LogStateTracker {
	h.t.Helper()
	var err error
	if t == nil {
		t, err = client.NewLogStateTracker(h.t.Context(), f.ReadTile, nil, h.verifier, h.verifier.Name(), client.UnilateralConsensus(f.ReadCheckpoint))
		h.ok(err)
	} else {
		_, _, _, err = t.Update(h.t.Context())
		h.ok(err)
	}
	if got := t.Latest().Size; got != size {
		h.t.Fatalf("the tracker is at %d, the log at %d", got, size)
	}
	return t
}

// proofs compares ours with those that tessera builds from our tiles; merkle checks
// both.
func (h *house) proofs(f *client.HTTPFetcher, size uint64) {
	h.t.Helper()
	ctx, l := h.t.Context(), h.server.Ledger()
	head, err := l.Head(ctx)
	h.ok(err)
	theirs, err := client.NewProofBuilder(ctx, size, f.ReadTile)
	h.ok(err)
	hasher := rfc6962.DefaultHasher
	for _, at := range []uint64{0, 1, size / 3, size / 2, size - 2, size - 1} {
		path, err := l.Inclusion(ctx, head, at)
		h.ok(err)
		leaves, err := l.Leaves(ctx, at, 1)
		h.ok(err)
		leaf := hasher.HashLeaf(leaves[0])
		h.ok(proof.VerifyInclusion(hasher, at, size, leaf, flat(path), head.Root[:]))
		built, err := theirs.InclusionProof(ctx, at)
		h.ok(err)
		if !equal(built, flat(path)) {
			h.t.Errorf("the inclusion proofs of %d in %d differ", at, size)
		}
		wrong := bytes.Clone(leaf)
		wrong[0] ^= 1
		if proof.VerifyInclusion(hasher, at, size, wrong, flat(path), head.Root[:]) == nil {
			h.t.Error("merkle accepts another leaf")
		}
		if at == 0 {
			continue
		}
		old, err := l.Consistency(ctx, head, at)
		h.ok(err)
		h.ok(proof.VerifyConsistency(hasher, at, size, flat(old), h.rootAt(dirless{f}, at), head.Root[:]))
		built, err = theirs.ConsistencyProof(ctx, at, size)
		h.ok(err)
		if !equal(built, flat(old)) {
			h.t.Errorf("the consistency proofs from %d to %d differ", at, size)
		}
	}
}

// dirless is what rootAt reads from.
type dirless struct{ *client.HTTPFetcher }

// rootAt is the root of the first size entries, by tessera's range nodes.
func (h *house) rootAt(f dirless, size uint64) []byte {
	h.t.Helper()
	nodes, err := client.FetchRangeNodes(h.t.Context(), size, f.ReadTile)
	h.ok(err)
	root := nodes[len(nodes)-1]
	for i := len(nodes) - 2; i >= 0; i-- {
		root = rfc6962.DefaultHasher.HashChildren(nodes[i], root)
	}
	return root
}

func flat(hashes []ours.Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

func equal(a, b [][]byte) bool { return bytes.Equal(bytes.Join(a, nil), bytes.Join(b, nil)) }

// TestFsckFindsAnAlteredExport: the oracle is worth something.
func TestFsckFindsAnAlteredExport(t *testing.T) {
	h := open(t)
	h.grow(600)
	for _, name := range []string{"tile/0/001", "tile/1/000.p/2", "tile/entries/000", "tile/entries/002.p/88", "checkpoint"} {
		dir := filepath.Join(t.TempDir(), "export")
		if _, err := server.ExportLedger(t.Context(), h.places, dir, nil); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		h.ok(err)
		data[len(data)-9] ^= 1
		h.ok(os.WriteFile(path, data, 0o600))
		if err := h.check(client.FileFetcher{Root: dir}); err == nil {
			t.Errorf("%s was altered and fsck is content", name)
		}
	}
}

// TestTilePathsAreTesseras compares our paths with another writer's.
func TestTilePathsAreTesseras(t *testing.T) {
	for _, n := range []uint64{0, 1, 255, 256, 999, 1000, 1001, 65_535, 999_999, 1_000_000, 1_234_067, 123_456_789_012} {
		for _, width := range []int{1, 17, 255, 256} {
			if got, want := ledger.EntriesPath(n, width), layout.EntriesPath(n, uint8(width%256)); got != want {
				t.Errorf("%s, theirs %s", got, want)
			}
			for _, level := range []int{0, 1, 5} {
				if got, want := ledger.TilePath(level, n, width), layout.TilePath(uint64(level), n, uint8(width%256)); got != want {
					t.Errorf("%s, theirs %s", got, want)
				}
			}
		}
	}
}

// TestBundlesAreTesseras: a bundle of ours splits into the same entries there.
func TestBundlesAreTesseras(t *testing.T) {
	var b []byte
	var want []string
	for i := range 256 {
		e := bytes.Repeat([]byte{byte(i)}, i*7)
		b, want = ledger.AppendBundle(b, e), append(want, string(e))
	}
	var got api.EntryBundle
	if err := got.UnmarshalText(b); err != nil {
		t.Fatal(err)
	}
	for i, e := range got.Entries {
		if string(e) != want[i] {
			t.Fatalf("entry %d differs", i)
		}
	}
	if len(got.Entries) != 256 {
		t.Fatal(fmt.Sprint(len(got.Entries), " entries"))
	}
}
