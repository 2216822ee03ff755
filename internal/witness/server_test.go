package witness_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

var begin = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// tree is a log of somebody: records, and a key that signs what it is told to.
type tree struct {
	t      testing.TB
	origin string
	vkey   string
	signer note.Signer
	hashes []tlog.Hash
	size   int64
}

func newTree(t testing.TB, origin string) *tree {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &tree{t: t, origin: origin, vkey: vkey, signer: signer}
}

// fork is another tree of the same log, with the first n records.
func (l *tree) fork(n int64) *tree {
	return &tree{t: l.t, origin: l.origin, vkey: l.vkey, signer: l.signer, size: n, hashes: append([]tlog.Hash{}, l.hashes[:tlog.StoredHashCount(n)]...)}
}

func (l *tree) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = l.hashes[x]
		}
		return out, nil
	})
}

func (l *tree) grow(records ...string) *tree {
	for _, r := range records {
		h, err := tlog.StoredHashes(l.size, []byte(r), l.reader())
		if err != nil {
			l.t.Fatal(err)
		}
		l.hashes, l.size = append(l.hashes, h...), l.size+1
	}
	return l
}

func (l *tree) sign(size uint64, root tlog.Hash) []byte {
	b, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", l.origin, size, root)}, l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *tree) root(size int64) tlog.Hash {
	h, err := tlog.TreeHash(size, l.reader())
	if err != nil {
		l.t.Fatal(err)
	}
	return h
}

// from is the submission of the whole tree to a witness that holds size old.
func (l *tree) from(old int64) []byte {
	s := witness.Submission{Old: uint64(old), Checkpoint: l.sign(uint64(l.size), l.root(l.size))}
	if old > 0 && old < l.size {
		p, err := tlog.ProveTree(l.size, old, l.reader())
		if err != nil {
			l.t.Fatal(err)
		}
		for _, h := range p {
			s.Proof = append(s.Proof, proof.Hash(h))
		}
	}
	return s.Encode()
}

// outside is a witness on real HTTP.
type outside struct {
	t    testing.TB
	dir  string
	key  proof.Key
	srv  *witness.Server
	web  *httptest.Server
	wrap func(http.Handler) http.Handler

	mu  sync.Mutex
	now time.Time
}

func newOutside(t testing.TB, name string, logs ...string) *outside {
	t.Helper()
	o := &outside{t: t, dir: filepath.Join(t.TempDir(), "witness"), now: begin}
	made, err := witness.Init(o.dir, name, logs, rand.Reader)
	o.ok(err)
	o.key, err = proof.ParseWitnessKey(made.VKey)
	o.ok(err)
	o.open()
	o.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := o.srv.Handler()
		if o.wrap != nil {
			h = o.wrap(h)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { o.web.Close(); _ = o.srv.Close() })
	return o
}

func (o *outside) open() {
	o.t.Helper()
	var err error
	o.srv, err = witness.OpenServer(o.dir, o.clock)
	o.ok(err)
}

func (o *outside) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *outside) setClock(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = at
}

func (o *outside) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outside) post(body []byte) (int, string, string) {
	o.t.Helper()
	res, err := o.web.Client().Post(o.web.URL+"/add-checkpoint", "text/plain", bytes.NewReader(body))
	o.ok(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	o.ok(err)
	return res.StatusCode, string(b), res.Header.Get("Content-Type")
}

func (o *outside) shown(origin string) (int, string) {
	o.t.Helper()
	sum := sha256.Sum256([]byte(origin))
	res, err := o.web.Client().Get(o.web.URL + "/" + hex.EncodeToString(sum[:]) + "/checkpoint")
	o.ok(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	o.ok(err)
	return res.StatusCode, string(b)
}

// signs ends the test unless the witness signs the tree.
func (o *outside) signs(l *tree, old int64) {
	o.t.Helper()
	status, body, _ := o.post(l.from(old))
	if status != http.StatusOK {
		o.t.Fatalf("status %d: %s", status, body)
	}
	c, err := proof.ParseCheckpoint([]byte(string(l.sign(uint64(l.size), l.root(l.size))) + body))
	o.ok(err)
	at, ok, err := c.Cosigned(o.key)
	if err != nil || !ok || !at.Equal(o.clock()) {
		o.t.Fatalf("the cosignature: at %v, there %v, %v", at, ok, err)
	}
}

// TestAddCheckpoint goes through the answers of the specification in order: each
// step finds the witness in the state the steps before left it in.
func TestAddCheckpoint(t *testing.T) {
	l := newTree(t, "log.example/one").grow("a", "b", "c", "d", "e")
	other := newTree(t, "log.example/two").grow("a")
	stranger := newTree(t, "log.example/three").grow("a")
	thief := newTree(t, l.origin).grow("a", "b", "c", "d", "e")
	long := l.fork(5).grow("f", "g", "h")
	forked := l.fork(4).grow("x", "y", "z", "w")
	o := newOutside(t, "witness.example/w1", l.vkey, other.vkey)
	wrongProof := witness.Submission{Old: 5, Proof: []proof.Hash{{1}, {2}}, Checkpoint: long.sign(8, long.root(8))}
	emptyLog := sha256.Sum256(nil)
	for _, step := range []struct {
		name   string
		body   []byte
		status int
		answer string
	}{
		{"nothing", nil, 400, ""},
		{"no old line", l.from(0)[6:], 400, ""},
		{"old with a leading zero", append([]byte("old 00\n\n"), l.sign(5, l.root(5))...), 400, ""},
		{"old with a sign", append([]byte("old +0\n\n"), l.sign(5, l.root(5))...), 400, ""},
		{"proof line that is no hash", append([]byte("old 0\nAAAA\n\n"), l.sign(5, l.root(5))...), 400, ""},
		{"64 proof lines", witness.Submission{Old: 1, Proof: make([]proof.Hash, 64), Checkpoint: l.sign(5, l.root(5))}.Encode(), 400, ""},
		{"no empty line", bytes.Replace(l.from(0), []byte("\n\n"), []byte("\n"), 1), 400, ""},
		{"no signature", []byte("old 0\n\n" + l.origin + "\n5\n" + l.root(5).String() + "\n\n"), 400, ""},
		{"size beyond all logs", append([]byte("old 0\n\n"), l.sign(1<<62+1, l.root(5))...), 400, ""},
		{"too large", append(l.from(0), bytes.Repeat([]byte("— x AAAAAAAA\n"), 20_000)...), 400, ""},
		{"unknown log", stranger.from(0), 404, ""},
		{"the log's name, another key", thief.from(0), 403, ""},
		{"old beyond the checkpoint", append([]byte("old 6\n\n"), l.sign(5, l.root(5))...), 400, ""},
		{"old that was never signed", l.from(3), 409, "0\n"},
		{"first with a proof", witness.Submission{Proof: []proof.Hash{{1}}, Checkpoint: l.sign(5, l.root(5))}.Encode(), 422, ""},
		{"empty log with a root", append([]byte("old 0\n\n"), l.sign(0, l.root(5))...), 422, ""},
		{"empty log", append([]byte("old 0\n\n"), l.sign(0, tlog.Hash(emptyLog))...), 200, "— "},
		{"first", l.from(0), 200, "— "},
		{"again from nothing", l.from(0), 409, "5\n"},
		{"the same again", l.from(5), 200, "— "},
		{"rolled back", l.fork(3).from(3), 409, "5\n"},
		{"equal size, another root", append([]byte("old 5\n\n"), l.sign(5, forked.root(5))...), 422, ""},
		{"equal size with a proof", witness.Submission{Old: 5, Proof: []proof.Hash{{1}}, Checkpoint: l.sign(5, l.root(5))}.Encode(), 422, ""},
		{"wrong proof", wrongProof.Encode(), 422, ""},
		{"forked and longer", forked.from(5), 422, ""},
		{"longer", long.from(5), 200, "— "},
		{"shorter now", l.from(5), 409, "8\n"},
		{"the other log", other.from(0), 200, "— "},
	} {
		t.Run(step.name, func(t *testing.T) {
			status, body, kind := o.post(step.body)
			if status != step.status || !strings.HasPrefix(body, step.answer) {
				t.Fatalf("status %d, body %q; want %d %q", status, body, step.status, step.answer)
			}
			if status == 409 && (kind != "text/x.tlog.size" || body != step.answer) {
				t.Errorf("409 with type %q and body %q", kind, body)
			}
			if strings.Contains(body, l.origin) {
				t.Errorf("the answer repeats what was sent: %q", body)
			}
		})
	}
	if status, _ := o.shown("log.example/three"); status != 404 {
		t.Errorf("monitor of an unknown log: %d", status)
	}
	status, signed := o.shown(l.origin)
	c, err := proof.ParseCheckpoint([]byte(signed))
	if status != 200 || err != nil || c.Size != 8 {
		t.Fatalf("monitor: %d %v %q", status, err, signed)
	}
	log, _ := proof.ParseLogKey(l.vkey)
	if _, ok, err := c.Cosigned(o.key); c.Signed(log) != nil || err != nil || !ok {
		t.Errorf("what monitors are shown does not verify: %q", signed)
	}
	res, err := o.web.Client().Get(o.web.URL + "/add-checkpoint")
	o.ok(err)
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET add-checkpoint: %d", res.StatusCode)
	}
}

// TestOneOfManyForks submits forks of one log at the same moment.
func TestOneOfManyForks(t *testing.T) {
	l := newTree(t, "log.example/one").grow("a", "b")
	o := newOutside(t, "witness.example/w1", l.vkey)
	o.signs(l, 0)
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for i := range 32 {
		body := l.fork(2).grow(fmt.Sprint("fork ", i)).from(2)
		all.Go(func() {
			status, _, _ := o.post(body)
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	all.Wait()
	if got[200] != 1 || got[409] != 31 {
		t.Errorf("answers by status: %v", got)
	}
}

// TestStateIsKept restarts the witness, takes its state away and damages it.
func TestStateIsKept(t *testing.T) {
	l := newTree(t, "log.example/one").grow("a", "b")
	o := newOutside(t, "witness.example/w1", l.vkey)
	o.signs(l, 0)
	if _, err := witness.OpenServer(o.dir, o.clock); !fault.IsID(err, "witness-in-use") {
		t.Errorf("a second process: %v", err)
	}
	o.ok(o.srv.Close())
	o.open()
	if status, body, _ := o.post(l.fork(1).grow("other").from(0)); status != 409 || body != "2\n" {
		t.Fatalf("after a restart: %d %q", status, body)
	}
	_, before := o.shown(l.origin)
	o.ok(o.srv.Close())
	state := filepath.Join(o.dir, "state")
	good, err := os.ReadFile(state)
	o.ok(err)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		o.ok(os.WriteFile(state, bad, 0o600))
		s, err := witness.OpenServer(o.dir, o.clock)
		if err != nil {
			continue
		}
		o.srv = s // a flip that JSON does not see
		if _, after := o.shown(l.origin); after != before {
			t.Fatalf("a flipped bit at %d changed what is known", i)
		}
		o.ok(s.Close())
	}
	o.ok(os.Remove(state))
	if _, err := witness.OpenServer(o.dir, o.clock); !fault.IsID(err, "witness-state") {
		t.Errorf("a witness without its memory: %v", err)
	}
	if _, err := witness.Init(o.dir, "witness.example/w1", []string{l.vkey}, rand.Reader); !fault.IsID(err, "witness-exists") {
		t.Errorf("init over a witness: %v", err)
	}
	o.ok(os.WriteFile(state, good, 0o600))
	o.ok(os.Chmod(filepath.Join(o.dir, "key"), 0o644))
	if _, err := witness.OpenServer(o.dir, o.clock); !fault.IsID(err, "keys-readable") {
		t.Errorf("a key others can read: %v", err)
	}
	o.ok(os.Chmod(filepath.Join(o.dir, "key"), 0o600))
	o.open()
}

// TestNothingIsSignedThatIsNotKept lets the disk refuse.
func TestNothingIsSignedThatIsNotKept(t *testing.T) {
	l := newTree(t, "log.example/one").grow("a")
	o := newOutside(t, "witness.example/w1", l.vkey)
	o.srv.FailWrites()
	for range 2 {
		if status, body, _ := o.post(l.from(0)); status != 503 || strings.Contains(body, "—") {
			t.Fatalf("status %d, body %q", status, body)
		}
	}
	if status, _ := o.shown(l.origin); status != 404 {
		t.Errorf("it shows what it did not keep: %d", status)
	}
}

func TestInitRefuses(t *testing.T) {
	l := newTree(t, "log.example/one")
	for _, tc := range []struct {
		name string
		logs []string
		want string
	}{
		{"", []string{l.vkey}, "witness-name"},
		{"two words", []string{l.vkey}, "witness-name"},
		{"a+b", []string{l.vkey}, "witness-name"},
		{"line\nline", []string{l.vkey}, "witness-name"},
		{"w", []string{"log.example/one"}, "witness-logs"},
		{"w", []string{l.vkey, l.vkey}, "witness-logs"},
		{"w", []string{l.vkey, newTree(t, l.origin).vkey}, "witness-logs"},
	} {
		if _, err := witness.Init(filepath.Join(t.TempDir(), "w"), tc.name, tc.logs, rand.Reader); !fault.IsID(err, tc.want) {
			t.Errorf("name %q, %d logs: %v, want %s", tc.name, len(tc.logs), err, tc.want)
		}
	}
}

func TestKeyText(t *testing.T) {
	k, err := witness.NewKey("witness.example/w1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, err := witness.ParseKey(k.Secret())
	if err != nil || again.Verifier() != k.Verifier() {
		t.Fatalf("read back: %v", err)
	}
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v", k), fmt.Sprintf("%#v", k), fmt.Sprintf("%s", []witness.Key{k})} {
		if strings.Contains(text, "PRIVATE") || !strings.Contains(text, k.Verifier().String()) {
			t.Errorf("printed as %q", text)
		}
	}
	seed := strings.TrimSpace(k.Secret())
	for _, bad := range []string{"", "PRIVATE+KEY+", seed + "A", strings.Replace(seed, "witness", "other", 1), strings.TrimPrefix(seed, "PRIVATE+")} {
		if _, err := witness.ParseKey(bad); err == nil {
			t.Errorf("accepted a wrong key of %d bytes", len(bad))
		}
	}
}

const childVar = "GOLDBELL_WITNESS_CHILD"

// TestKilledBetweenStateAndAnswer kills the witness's process with SIGKILL when its
// state is written and its answer is not sent yet. The log that got no answer asks
// again, learns that the witness holds its size, and gets its signature.
func TestKilledBetweenStateAndAnswer(t *testing.T) {
	if dir := os.Getenv(childVar); dir != "" {
		dyingWitness(t, dir)
		return
	}
	l := newTree(t, "log.example/one").grow("a", "b")
	o := newOutside(t, "witness.example/w1", l.vkey)
	o.ok(o.srv.Close())
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBetweenStateAndAnswer$")
	cmd.Env = append(os.Environ(), childVar+"="+o.dir)
	out, err := cmd.StdoutPipe()
	o.ok(err)
	o.ok(cmd.Start())
	var addr string
	_, err = fmt.Fscanln(out, &addr)
	o.ok(err)
	if _, err := http.Post(addr+"/add-checkpoint", "text/plain", bytes.NewReader(l.from(0))); err == nil {
		t.Error("the dead witness answered")
	}
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Fatalf("the witness ended by itself: %v", cmd.ProcessState)
	}
	o.open()
	if status, body, _ := o.post(l.from(0)); status != 409 || body != "2\n" {
		t.Fatalf("asked again: %d %q", status, body)
	}
	if status, _, _ := o.post(l.fork(1).grow("other").from(0)); status != 409 {
		t.Fatalf("a fork: %d", status)
	}
	o.signs(l, 2)
}

// dyingWitness serves until its first answer is ready.
func dyingWitness(t *testing.T, dir string) {
	s, err := witness.OpenServer(dir, func() time.Time { return begin })
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}))
	fmt.Println(web.URL)
	select {}
}

// FuzzAddCheckpoint sends any body to a witness that holds a log of two entries. It
// answers with a status of the specification, and signs only what continues the
// log: here, only the seeds.
func FuzzAddCheckpoint(f *testing.F) {
	l := newTree(f, "log.example/one").grow("a", "b")
	o := newOutside(f, "witness.example/w1", l.vkey)
	o.signs(l, 0)
	for _, body := range [][]byte{l.from(2), l.from(0), l.from(1), l.fork(1).grow("x").from(2), []byte("old 2\n\n"), nil} {
		f.Add(body)
	}
	h := o.srv.Handler()
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, _, ok := witness.ParseSubmission(body); ok && !bytes.Equal(s.Encode(), body) {
			t.Fatal("a submission has two forms")
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
		switch rec.Code {
		case 400, 403, 404, 409, 422:
			if strings.Contains(rec.Body.String(), "—") {
				t.Fatalf("status %d with a signature", rec.Code)
			}
		case 200:
			if _, c, _ := witness.ParseSubmission(body); c.Size != 2 || c.Root != proof.Hash(l.root(2)) {
				t.Fatal("signed another tree")
			}
		default:
			t.Fatalf("status %d", rec.Code)
		}
	})
}
