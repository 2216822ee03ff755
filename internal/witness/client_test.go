package witness_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// house is a firm with a client for outside witnesses.
type house struct {
	*firm.Firm
	t      testing.TB
	client *witness.Client
	config witness.Config

	mu     sync.Mutex
	alarms []string
}

// newHouse makes a firm. quorum is how many of the witnesses must sign.
func newHouse(t testing.TB, quorum int, change func(*witness.Config), ws ...*outside) *house {
	t.Helper()
	h := &house{Firm: firm.New(t, 1), t: t}
	h.setUp(quorum, change, ws...)
	return h
}

// logKey is the vkey of the firm's ledger, for witnesses that must know it.
func (h *house) setUp(quorum int, change func(*witness.Config), ws ...*outside) {
	h.t.Helper()
	policy := fmt.Sprintf("log %s\n", h.Ring.VerifierKey())
	names, outsiders := "", map[string]string{}
	for i, w := range ws {
		name := fmt.Sprint("w", i+1)
		policy += fmt.Sprintf("witness %s %s %s\n", name, w.key, w.web.URL)
		names += " " + name
		outsiders[name] = "Organisation " + name
	}
	if quorum > 0 {
		policy += fmt.Sprintf("group all-of-them %d%s\nquorum all-of-them\n", quorum, names)
	} else {
		policy += "quorum none\n"
	}
	p, err := proof.ParsePolicy([]byte(policy))
	h.OK(err)
	h.config = witness.Config{
		LogKey: h.Ring.VerifierKey(), Policy: p, Outside: outsiders, Clock: func() time.Time { return h.Now },
		Alarm: h.alarm, StopFile: filepath.Join(h.Dir, "state", "head.stop"),
	}
	if change != nil {
		change(&h.config)
	}
	h.connect()
}

func (h *house) connect() {
	h.t.Helper()
	h.config.Log, h.config.Store = h.Ledger, h.Store
	var err error
	h.client, err = witness.New(h.t.Context(), h.config)
	h.OK(err)
}

// shut closes ledger and database; open opens them and the client again.
func (h *house) shut() {
	h.t.Helper()
	h.OK(h.Ledger.Close())
	h.OK(h.Store.Close())
}

func (h *house) open() {
	h.t.Helper()
	h.Open()
	h.connect()
}

func (h *house) alarm(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarms = append(h.alarms, id)
}

func (h *house) heard(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.alarms, id)
}

func (h *house) round() { h.client.Round(h.t.Context()) }

// add records n entries.
func (h *house) add(n int) {
	h.t.Helper()
	for range n {
		h.Append(ledger.Entry{Kind: proof.KindParty})
	}
}

// tryAdd records one entry if it can.
func (h *house) tryAdd() error {
	r, err := h.Ledger.Append(h.t.Context(), ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}})
	if err == nil {
		r.Close()
	}
	return err
}

// signers are the witnesses whose signatures on a checkpoint verify.
func (h *house) signers(signed []byte, ws ...*outside) (c proof.Checkpoint, n int) {
	h.t.Helper()
	c, err := proof.ParseCheckpoint(signed)
	h.OK(err)
	log, err := proof.ParseLogKey(h.Ring.VerifierKey())
	h.OK(err)
	h.OK(c.Signed(log))
	for _, w := range ws {
		if _, ok, err := c.Cosigned(w.key); err != nil {
			h.t.Fatal(err)
		} else if ok {
			n++
		}
	}
	if len(c.Signatures) != n+1 {
		h.t.Fatalf("%d signatures of which %d are known", len(c.Signatures), n+1)
	}
	return c, n
}

// knows makes the witnesses know the firm's log, which is made after them.
func knows(t testing.TB, ws ...*outside) func(h *house) {
	return func(h *house) {
		t.Helper()
		for _, w := range ws {
			w.ok(w.srv.Close())
			w.ok(os.WriteFile(filepath.Join(w.dir, "logs"), []byte(h.Ring.VerifierKey()+"\n"), 0o600))
			w.open()
			w.setClock(h.Now)
		}
	}
}

func witnessed(t testing.TB, quorum int, change func(*witness.Config), n int) (*house, []*outside) {
	t.Helper()
	var ws []*outside
	for i := range n {
		ws = append(ws, newOutside(t, fmt.Sprint("witness.example/w", i+1), newTree(t, "log.example/unused").vkey))
	}
	h := newHouse(t, quorum, change, ws...)
	knows(t, ws...)(h)
	return h, ws
}

// TestCosigned follows heads to two witnesses and back into what is served and what
// packs are proven under.
func TestCosigned(t *testing.T) {
	h, ws := witnessed(t, 2, nil, 2)
	ctx := t.Context()
	h.add(5)
	first := h.Ledger.Size()
	if c, n := h.signers(must(h.client.Checkpoint(ctx)), ws...); n != 0 || c.Size != first {
		t.Errorf("before a round: size %d, %d cosignatures", c.Size, n)
	}
	h.round()
	if c, n := h.signers(must(h.client.Checkpoint(ctx)), ws...); n != 2 || c.Size != first {
		t.Errorf("after a round: size %d, %d cosignatures", c.Size, n)
	}
	h.add(3)
	if c, n := h.signers(must(h.client.Checkpoint(ctx)), ws...); n != 2 || c.Size != first {
		t.Errorf("between rounds: size %d, %d cosignatures", c.Size, n)
	}
	h.Now = h.Now.Add(time.Minute)
	if c, n := h.signers(must(h.client.Checkpoint(ctx)), ws...); n != 0 || c.Size != first+3 {
		t.Errorf("with late witnesses: size %d, %d cosignatures", c.Size, n)
	}
	h.Now = h.Now.Add(-time.Minute) // and the clock is set back: what was served stays
	if c, _ := h.signers(must(h.client.Checkpoint(ctx)), ws...); c.Size != first+3 {
		t.Errorf("served %d after %d", c.Size, first+3)
	}
	h.Now = h.Now.Add(time.Minute)
	for _, w := range ws {
		w.setClock(h.Now)
	}

	// A pack covers all that was recorded until now: Covering asks the witnesses.
	old, err := h.client.Covering(ctx, first)
	h.OK(err)
	if _, n := h.signers(old.Note, ws...); n != 2 || old.Size != first {
		t.Errorf("covering what is witnessed: size %d, %d cosignatures", old.Size, n)
	}
	head, err := h.client.Covering(ctx, first+3)
	h.OK(err)
	c, n := h.signers(head.Note, ws...)
	if n != 2 || c.Size != first+3 {
		t.Errorf("covering the newest: size %d, %d cosignatures", c.Size, n)
	}
	leaves, err := h.Store.Leaves(ctx, first+2, 1)
	h.OK(err)
	path, err := h.Ledger.Inclusion(ctx, head, first+2)
	h.OK(err)
	h.OK(proof.CheckInclusion(c, first+2, leaves[0], path))
	consistent, err := h.Ledger.Consistency(ctx, head, old.Size)
	h.OK(err)
	oldCheckpoint, _ := h.signers(old.Note, ws...)
	h.OK(proof.CheckConsistency(oldCheckpoint, c, consistent))

	for idx, want := range map[uint64]uint64{first - 1: old.Size, first: head.Size} {
		note, ok, err := h.client.FirstSigned(ctx, idx+1)
		if err != nil || !ok {
			t.Fatalf("first outside signature of entry %d: %v %v", idx, ok, err)
		}
		if c, n := h.signers(note, ws...); c.Size != want || n == 0 {
			t.Errorf("entry %d was first signed at size %d by %d, want %d", idx, c.Size, n, want)
		}
	}
	if _, ok, err := h.client.FirstSigned(ctx, first+4); ok || err != nil {
		t.Errorf("an entry nobody recorded was signed: %v", err)
	}
	if s := h.client.Status(); !s.Outside || s.Covered != first+3 || s.Waited != 0 || s.Failed != 0 || s.Stopped {
		t.Errorf("status %+v", s)
	}
	// A new process knows what was signed.
	h.shut()
	h.open()
	if s := h.client.Status(); s.Covered != first+3 {
		t.Errorf("after a restart: %+v", s)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestQuorumOfSome: one of two must sign; the other may be away.
func TestQuorumOfSome(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 2)
	ws[1].web.Close()
	h.add(2)
	head, err := h.client.Covering(t.Context(), h.Ledger.Size())
	h.OK(err)
	if _, n := h.signers(head.Note, ws...); n != 1 || head.Size != h.Ledger.Size() {
		t.Errorf("size %d of %d, %d cosignatures", head.Size, h.Ledger.Size(), n)
	}
	if !h.heard("witness-down") {
		t.Errorf("nobody was told that a witness is down: %v", h.alarms)
	}
	if _, ok, _ := h.client.FirstSigned(t.Context(), 1); !ok {
		t.Error("the one who signed is not found")
	}
}

// TestMisbehaviour: whatever one witness does, entries are recorded, the other's
// signature is stored, the bad one's is not, and operators are told.
func TestMisbehaviour(t *testing.T) {
	huge := strings.Repeat("— x AAAAAAAA\n", 20_000)
	say := func(status int, kind, body string) func(*outside, *house) func(http.Handler) http.Handler {
		return func(*outside, *house) func(http.Handler) http.Handler {
			return func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", kind)
					w.Header().Set("Location", "http://127.0.0.1:1/")
					w.WriteHeader(status)
					_, _ = io.WriteString(w, body)
				})
			}
		}
	}
	for _, tc := range []struct {
		name  string
		alarm string
		wrap  func(*outside, *house) func(http.Handler) http.Handler
	}{
		{"failing", "witness-down", say(500, "text/plain", "")},
		{"sends elsewhere", "witness-down", say(302, "text/plain", "")},
		{"says nothing", "witness-lied", say(200, "text/plain", "")},
		{"says too much", "witness-lied", say(200, "text/plain", huge)},
		{"no signature lines", "witness-lied", say(200, "text/html", "<p>all is well</p>\n")},
		{"does not know us", "witness-refuse", say(404, "text/plain", "")},
		{"does not know our key", "witness-refuse", say(403, "text/plain", "")},
		{"conflict without a size", "witness-down", say(409, "text/plain", "7\n")},
		{"conflict with a size that is none", "witness-down", say(409, "text/x.tlog.size", "007\n")},
		{"refuses the first of all", "witness-down", say(422, "text/plain", "")},
		{"breaks off", "witness-down", func(*outside, *house) func(http.Handler) http.Handler {
			return func(http.Handler) http.Handler {
				return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			}
		}},
		{"flips a bit of its signature", "witness-lied", func(o *outside, _ *house) func(http.Handler) http.Handler {
			return edited(func(body string) string {
				i := len(body) - 20
				return body[:i] + string(body[i]^1) + body[i+1:]
			})
		}},
		{"signs in another's name", "witness-lied", func(o *outside, _ *house) func(http.Handler) http.Handler {
			return edited(func(body string) string { return strings.Replace(body, "/w1", "/w9", 1) })
		}},
		{"hands out an older signature", "witness-lied", func(o *outside, h *house) func(http.Handler) http.Handler {
			first := ""
			return edited(func(body string) string {
				if first == "" {
					first = strings.Replace(body, "— ", "— ", 1)
					return "\n"
				}
				return first
			})
		}},
		{"lives in the past", "witness-clock", func(o *outside, h *house) func(http.Handler) http.Handler {
			o.setClock(h.Now.Add(-time.Hour))
			return func(h http.Handler) http.Handler { return h }
		}},
		{"lives in the future", "witness-clock", func(o *outside, h *house) func(http.Handler) http.Handler {
			o.setClock(h.Now.Add(time.Hour))
			return func(h http.Handler) http.Handler { return h }
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, ws := witnessed(t, 1, nil, 2)
			ws[0].wrap = tc.wrap(ws[0], h)
			for range 2 {
				h.add(2)
				h.round()
			}
			h.OK(h.tryAdd())
			rows, err := h.Store.Cosignatures(t.Context(), 0, 10)
			h.OK(err)
			for _, r := range rows {
				if r.Witness != ws[1].key.String() {
					t.Errorf("stored what the bad witness said: %+v", r)
				}
			}
			if len(rows) != 2 || !h.heard(tc.alarm) || h.client.Stopped() != nil {
				t.Errorf("%d rows, alarms %v, stopped %+v", len(rows), h.alarms, h.client.Stopped())
			}
			if s := h.client.Status(); s.Failed == 0 {
				t.Errorf("status %+v", s)
			}
		})
	}
}

// TestSignatureFromBeforeWeAsked is younger than the head and older than the
// question: a clock that stands still.
func TestSignatureFromBeforeWeAsked(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	h.add(1)
	ws[0].setClock(h.Now)
	h.Now = h.Now.Add(time.Hour)
	h.round()
	if s := h.client.Status(); s.Covered != 0 || !h.heard("witness-clock") {
		t.Errorf("status %+v, alarms %v", s, h.alarms)
	}
}

// edited lets a real witness answer and changes the answer on the way.
func edited(change func(string) string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(rec.Code)
			body := rec.Body.String()
			if rec.Code == http.StatusOK {
				body = change(body)
			}
			_, _ = io.WriteString(w, body)
		})
	}
}

// TestSlowWitness never answers: entries are recorded meanwhile, and the others
// are asked about newer heads.
func TestSlowWitness(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 2)
	asked := make(chan struct{}, 10)
	ws[0].wrap = func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			asked <- struct{}{}
			<-r.Context().Done()
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.add(2)
	var slow sync.WaitGroup
	slow.Go(func() { h.client.Round(ctx) })
	<-asked
	h.add(3)
	var rows []witness.Cosignature
	for len(rows) == 0 && t.Context().Err() == nil { // the other may still be at the first head
		h.round() // does not ask the slow one again, and so returns
		rows = must(h.Store.Cosignatures(t.Context(), h.Ledger.Size(), 10))
	}
	if len(rows) != 1 || rows[0].Witness != ws[1].key.String() {
		t.Errorf("beside a slow witness: %+v", rows)
	}
	cancel()
	slow.Wait()
	if len(asked) != 0 {
		t.Error("the slow witness was asked twice at once")
	}
}

// TestLostAnswer: the witness signed and kept it, the answer did not arrive. Asked
// again it signs again; nothing stops.
func TestLostAnswer(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	h.add(2)
	h.round()
	h.add(2)
	lost := false
	ws[0].wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !lost {
				lost = true
				h.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			h.ServeHTTP(w, r)
		})
	}
	h.round()
	if !lost || h.client.Status().Covered == h.Ledger.Size() {
		t.Fatal("the answer was not lost")
	}
	h.round()
	if s := h.client.Status(); s.Covered != h.Ledger.Size() || s.Stopped {
		t.Errorf("status %+v", s)
	}
}

// TestWitnessThatForgot holds less than it signed: operators are told, and it is
// asked again from what it holds.
func TestWitnessThatForgot(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	h.add(2)
	h.round()
	old := must(os.ReadFile(filepath.Join(ws[0].dir, "state")))
	h.add(2)
	h.round()
	h.OK(ws[0].srv.Close())
	h.OK(os.WriteFile(filepath.Join(ws[0].dir, "state"), old, 0o600))
	ws[0].open()
	h.add(2)
	h.round()
	if s := h.client.Status(); s.Covered != h.Ledger.Size() || s.Stopped || !h.heard("witness-back") {
		t.Errorf("status %+v, alarms %v", s, h.alarms)
	}
}

// TestTwoProcesses: two clients on one ledger submit in turn, each finding the
// witness further than it left it.
func TestTwoProcesses(t *testing.T) {
	h, _ := witnessed(t, 1, nil, 1)
	h.add(2)
	one := h.client
	h.connect()
	two := h.client
	for range 3 {
		one.Round(t.Context())
		h.add(2)
		two.Round(t.Context())
		h.add(1)
	}
	one.Round(t.Context())
	if s := one.Status(); s.Stopped || s.Covered != h.Ledger.Size() || s.Failed != 0 {
		t.Errorf("status %+v", s)
	}
	if two.Stopped() != nil || h.heard("witness-back") {
		t.Errorf("alarms %v", h.alarms)
	}
}

// TestAnotherProcessIsFaster: between our reading of the head and the witness's
// answer another process appends and submits. The witness is then ahead of the head
// we read, and not of the database.
func TestAnotherProcessIsFaster(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	h.add(2)
	h.round()
	one := h.client
	h.connect()
	two := h.client
	h.add(1)
	first := true
	ws[0].wrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if first {
				first = false
				h.add(3)
				two.Round(r.Context())
			}
			next.ServeHTTP(w, r)
		})
	}
	one.Round(t.Context())
	if s := one.Status(); s.Stopped || s.Covered != h.Ledger.Size() {
		t.Errorf("status %+v, size %d", s, h.Ledger.Size())
	}
	h.OK(h.tryAdd())
}

// FuzzAnswer lets a witness answer anything: what is stored verifies, and only a
// size beyond ours or a refusal of our tree stops the writers.
func FuzzAnswer(f *testing.F) {
	h, ws := witnessed(f, 1, nil, 1)
	h.add(3)
	head := must(h.Ledger.Head(f.Context()))
	_, line, _ := ws[0].post(witness.Submission{Checkpoint: head.Note}.Encode())
	status, kind, body := 0, "", ""
	h.config.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ws[0].wrap = func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	for _, a := range []struct {
		status     int
		kind, body string
	}{{200, "text/plain", line}, {200, "", ""}, {409, "text/x.tlog.size", "2\n"}, {409, "text/x.tlog.size", "99999\n"}, {409, "text/x.tlog.size", "-1\n"}, {422, "", ""}, {500, "", line}} {
		f.Add(a.status, a.kind, a.body)
	}
	f.Fuzz(func(t *testing.T, st int, k, b string) {
		if st < 200 || st > 599 || st == 204 || st == 304 || len(b) > 1<<12 || strings.ContainsAny(k, "\r\n") {
			return
		}
		status, kind, body = st, k, b
		_ = os.Remove(h.config.StopFile)
		client := must(witness.New(t.Context(), h.config))
		client.Round(t.Context())
		stopped := client.Stopped()
		if stopped != nil && (stopped.Reason != "ahead" || st != 409) && (stopped.Reason != "fork" || st != 422 && st != 409) {
			t.Fatalf("stopped by %d: %+v", st, stopped)
		}
		for _, row := range must(h.Store.Cosignatures(t.Context(), 0, 10)) {
			if row.Line != line || row.Size != head.Size {
				t.Fatalf("stored %+v", row)
			}
		}
	})
}

// TestFailClosed: with the setting, nothing is recorded once no quorum has signed
// for so long, and all goes on when one does.
func TestFailClosed(t *testing.T) {
	h, ws := witnessed(t, 1, func(c *witness.Config) { c.FailClosed = 10 * time.Minute }, 1)
	h.add(1)
	h.round()
	ws[0].wrap = edited(func(string) string { return "\n" })
	h.add(1)
	h.Now = h.Now.Add(9 * time.Minute)
	h.round()
	if h.OK(h.tryAdd()); !h.heard("witness-late") || !h.client.Status().Late {
		t.Errorf("alarms %v, status %+v", h.alarms, h.client.Status())
	}
	h.Now = h.Now.Add(time.Minute)
	h.round()
	if err := h.tryAdd(); !fault.IsID(err, "no-quorum") {
		t.Fatalf("after ten minutes: %v", err)
	}
	if err := h.Ledger.Ready(t.Context()); !fault.IsID(err, "no-quorum") {
		t.Errorf("readiness: %v", err)
	}
	h.shut() // a restart is no new deadline
	h.open()
	h.round()
	if err := h.tryAdd(); !fault.IsID(err, "no-quorum") {
		t.Fatalf("after a restart: %v", err)
	}
	ws[0].wrap = nil
	ws[0].setClock(h.Now)
	h.round()
	h.OK(h.tryAdd())
}

// TestDue: a round begins at once, then after the time or the number of entries
// set, and not while there is nothing new.
func TestDue(t *testing.T) {
	h, ws := witnessed(t, 1, func(c *witness.Config) { c.Entries = 5 }, 1)
	h.add(1)
	step := func(what string, want bool) {
		t.Helper()
		if got := h.client.Due(); got != want {
			t.Errorf("%s: due %v", what, got)
		}
		if want {
			ws[0].setClock(h.Now)
			h.round()
		}
	}
	step("at the start", true)
	h.Now = h.Now.Add(time.Hour)
	step("nothing new", false)
	h.add(1)
	step("an hour later", true)
	h.add(4)
	h.Now = h.Now.Add(witness.Every - time.Second)
	step("four entries, too soon", false)
	h.add(1)
	step("five entries", true)
	h.add(9)
	step("many entries within a second", false)
	h.Now = h.Now.Add(time.Second)
	step("many entries", true)
	h.add(1)
	h.Now = h.Now.Add(-time.Hour)
	step("the clock went back", true)
}

// TestRun is the job as the server runs it.
func TestRun(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	signed := make(chan struct{}, 1)
	ws[0].wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			select {
			case signed <- struct{}{}:
			default:
			}
		})
	}
	h.add(1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.client.Run(ctx); close(done) }()
	<-signed
	cancel()
	<-done
	newHouse(t, 0, nil).client.Run(t.Context()) // without witnesses there is nothing to run
}

func TestPolicyThatCannotWork(t *testing.T) {
	h := newHouse(t, 0, nil)
	policy := func(text string) *proof.Policy { return must(proof.ParsePolicy([]byte(text))) }
	vkey := h.config.LogKey
	k := must(witness.NewKey("w.example", strings.NewReader(strings.Repeat("s", 32)))).Verifier()
	other := newTree(t, "log.example/other").vkey
	for name, change := range map[string]func(*witness.Config){
		"of another log":         func(c *witness.Config) { c.Policy = policy("log " + other + "\nquorum none\n") },
		"outsider who is none":   func(c *witness.Config) { c.Outside = map[string]string{"w": "somebody"} },
		"fails closed on nobody": func(c *witness.Config) { c.FailClosed = time.Minute },
		"a witness without scheme": func(c *witness.Config) {
			c.Policy = policy("log " + vkey + "\nwitness w " + k.String() + " w.example\nquorum w\n")
		},
	} {
		c := h.config
		change(&c)
		if _, err := witness.New(t.Context(), c); !fault.IsID(err, "bad-witness-policy") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAlteredRows: a cosignature that was altered in the database is not handed out.
func TestAlteredRows(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 2)
	h.add(1)
	h.round()
	rows, err := h.Store.NewestCosignatures(t.Context(), 10)
	h.OK(err)
	h.config.Store = altered{h.Store, rows[0].Witness}
	h.client = must(witness.New(t.Context(), h.config))
	signed := must(h.client.Checkpoint(t.Context()))
	if _, n := h.signers(signed, ws...); n != 1 || !h.heard("cosignature-broken") {
		t.Errorf("%d cosignatures, alarms %v", n, h.alarms)
	}
}

// altered flips a bit in what one witness signed.
type altered struct {
	witness.Store
	of string
}

func (a altered) NewestCosignatures(ctx context.Context, n int) ([]witness.Cosignature, error) {
	rows, err := a.Store.NewestCosignatures(ctx, n)
	for i := range rows {
		if rows[i].Witness == a.of {
			b := []byte(rows[i].Line)
			b[len(b)-20] ^= 1
			rows[i].Line = string(b)
		}
	}
	return rows, err
}

// secondHead signs another head of the same size with the ledger's own key, as a
// thief of the key could.
func (h *house) secondHead() []byte {
	h.t.Helper()
	head, err := h.Ledger.Head(h.t.Context())
	h.OK(err)
	root := head.Root
	root[0] ^= 1
	text := fmt.Sprintf("%s\n%d\n%s\n", "test.invalid/log", head.Size, base64Of(root))
	signed, err := note.Sign(&note.Note{Text: text}, h.Ring.Signer())
	h.OK(err)
	return signed
}
