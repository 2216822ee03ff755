package hold

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/proof"
)

const bookOrigin = "test.invalid/log"

// bookDir is where a bare ledger lies.
type bookDir struct {
	Dir, Keys, DSN string
	Keeper         string // each process has its own
}

func newBookDir(t testing.TB, dsn string) bookDir {
	t.Helper()
	d := bookDir{Dir: t.TempDir(), Keys: filepath.Join(t.TempDir(), "keys"), DSN: dsn, Keeper: "head"}
	_, err := keyring.Create(d.Keys, bookOrigin, time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// book is a ledger on its store, without the house around it.
type book struct {
	*ledger.Ledger
	db     *store.DB
	config ledger.Config
}

func openBook(ctx context.Context, d bookDir) (*book, error) {
	ring, err := keyring.Open(d.Keys, rand.Reader)
	if err != nil {
		return nil, err
	}
	c := store.Config{Driver: "sqlite", Path: filepath.Join(d.Dir, "db")}
	if d.DSN != "" {
		c = store.Config{Driver: "postgres", DSN: d.DSN}
	}
	b := &book{}
	if b.db, err = store.Open(ctx, c); err != nil {
		return nil, err
	}
	b.config = ledger.Config{
		Store: b.db, Peers: b.db, Ring: ring, Keeper: ledger.NewKeeper(filepath.Join(d.Dir, d.Keeper), bookOrigin),
		Clock: time.Now, Rand: rand.Reader,
		Keys: func(context.Context, []pii.Ordinal) (map[pii.Ordinal]keyring.RecordKey, error) { return nil, nil },
	}
	if b.Ledger, err = ledger.Open(ctx, b.config); err != nil {
		_ = b.db.Close()
		return nil, err
	}
	return b, nil
}

func mustOpenBook(t testing.TB, d bookDir) *book {
	t.Helper()
	b, err := openBook(ctxOf(t), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

func (b *book) close() { _ = b.Close(); _ = b.db.Close() }

// item is an entry that may be retried under its request.
func item(id pii.RequestID, who int) ledger.Item {
	return ledger.Item{Request: id, Hash: make([]byte, 32), Entry: ledger.Entry{
		Kind: proof.KindParty, Actor: pii.PersonID(fmt.Sprintf("a%04d", who)), Org: pii.Own,
	}}
}

// note is an acknowledged entry.
type note struct {
	idx uint64
	id  pii.RequestID
}

// hasAll checks that every acknowledged entry is in the verified ledger under the
// index that was told, and that no index was told for two.
func (b *book) hasAll(t testing.TB, all []note) {
	t.Helper()
	report, err := ledger.Verify(ctxOf(t), b.config, b.db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Faults {
		t.Errorf("verify: entry %d: %s", f.Index, f.What)
	}
	told := map[uint64]pii.RequestID{}
	for _, n := range all {
		if other, taken := told[n.idx]; taken && other != n.id {
			t.Errorf("index %d was given twice", n.idx)
		}
		told[n.idx] = n.id
	}
	leaves, err := b.Leaves(ctxOf(t), 0, int(report.Size)+1)
	if err != nil {
		t.Fatal(err)
	}
	at := map[pii.RequestID]int{}
	for i, leaf := range leaves { // bytes 2 to 17, docs/format/ledger.md
		id := pii.RequestID(leaf[2:18])
		if _, twice := at[id]; twice {
			t.Errorf("entries %d and %d are of one request", at[id], i)
		}
		at[id] = i
	}
	lost := 0
	for idx, id := range told {
		if got, there := at[id]; !there || uint64(got) != idx {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged entries are lost or elsewhere", lost, len(told))
	}
	b.filed(t, all)
	t.Logf("%d acknowledged, %d in the ledger", len(told), len(leaves))
}

// filed looks some acknowledged entries up by their requests.
func (b *book) filed(t testing.TB, all []note) {
	t.Helper()
	const some = 200
	for i := 0; i < len(all); i += 1 + len(all)/some {
		found, err := b.Requests(ctxOf(t), []pii.RequestID{all[i].id})
		if err != nil {
			t.Fatal(err)
		}
		if idx, there := found[all[i].id]; !there || idx != all[i].idx {
			t.Errorf("the request of entry %d is found at %d, %v", all[i].idx, idx, there)
		}
	}
}

// appendJob is what a process that appends is told.
type appendJob struct {
	Book    bookDir
	Writers int
}

// appendForever is the child's part: it appends until it is killed or its input
// ends, and says each entry when it is acknowledged.
func appendForever() int {
	in := json.NewDecoder(os.Stdin)
	var j appendJob
	if err := in.Decode(&j); err != nil {
		return 2
	}
	ctx := context.Background()
	b, err := openBook(ctx, j.Book)
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(ended) }()
	out := &lineWriter{w: os.Stdout}
	out.say("open")
	var writers sync.WaitGroup
	for w := range j.Writers {
		writers.Go(func() {
			for !done(ended) {
				id := newID()
				r, err := b.Append(ctx, item(id, w))
				if fault.Is(err, fault.Unavailable) {
					continue
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, "child:", err)
					os.Exit(1)
				}
				out.say(fmt.Sprint("acked ", r.Record().Index, " ", id))
				r.Close()
			}
		})
	}
	writers.Wait()
	b.close()
	return 0
}

func done(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// lineWriter writes whole lines.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineWriter) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, line)
}

// appender is a process that appends.
type appender struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.Closer
	out   *bufio.Scanner
	acked []note
}

func startAppender(t testing.TB, d bookDir, writers int) *appender {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	a := &appender{t: t, cmd: exec.Command(self)}
	a.cmd.Env = append(os.Environ(), "HOLD_CHILD=append")
	a.cmd.Stderr = os.Stderr
	in, err := a.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	a.in, a.out = in, bufio.NewScanner(out)
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.cmd.Process.Kill() })
	if err := json.NewEncoder(in).Encode(appendJob{d, writers}); err != nil {
		t.Fatal(err)
	}
	if !a.out.Scan() || a.out.Text() != "open" {
		t.Fatal("the process did not open the ledger")
	}
	return a
}

// read takes n acknowledgements, or all there are if n is 0.
func (a *appender) read(n int) {
	a.t.Helper()
	for i := 0; (n == 0 || i < n) && a.out.Scan(); i++ {
		text, ok := strings.CutPrefix(a.out.Text(), "acked ")
		idx, id, two := strings.Cut(text, " ")
		if !ok || !two || len(id) != len(pii.RequestID{}.String()) {
			return // the kill cut the line: it was not acknowledged
		}
		var k note
		if _, err := fmt.Sscan(idx, &k.idx); err != nil {
			a.t.Error(err)
		}
		var err error
		if k.id, err = pii.ParseRequestID(id); err != nil {
			a.t.Error(err)
		}
		a.acked = append(a.acked, k)
	}
}

// kill ends the process at once and takes what it had said.
func (a *appender) kill() {
	a.t.Helper()
	if err := a.cmd.Process.Kill(); err != nil {
		a.t.Fatal(err)
	}
	a.read(0)
	killed(a.t, a.cmd)
}

// stop lets the process end by itself.
func (a *appender) stop() {
	a.t.Helper()
	_ = a.in.Close()
	a.read(0)
	if err := a.cmd.Wait(); err != nil {
		a.t.Error("the process that was not killed:", err)
	}
}
