package switchsim_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/pii"
)

const canary = "13977771234"

var key = bytes.Repeat([]byte{7}, dial.MinKey)

func start(t testing.TB, c switchsim.Config) (*switchsim.Listener, *dial.HTTPS) {
	t.Helper()
	c.Address, c.Key, c.Rand, c.Backoff = "127.0.0.1:0", key, rand.Reader, time.Millisecond
	if c.Clock == nil {
		c.Clock = time.Now
	}
	l, err := switchsim.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, carrier(t, l.Ready(), time.Now)
}

func carrier(t testing.TB, r switchsim.Ready, clock func() time.Time) *dial.HTTPS {
	t.Helper()
	h, err := dial.NewHTTPS(dial.HTTPSConfig{URL: r.URL, Roots: pool(r), Key: key, Clock: clock, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func pool(r switchsim.Ready) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM([]byte(r.Certificate))
	return p
}

func place(t testing.TB, h *dial.HTTPS, id pii.RequestID) error {
	_, err := h.Place(t.Context(), dial.Call{ID: id, Agent: "a001", Number: pii.NewValue(canary), Deadline: time.Now().Add(time.Minute)})
	return err
}

func id(n int) (id pii.RequestID) {
	copy(id[:], fmt.Sprintf("%016d", n))
	return id
}

// goldbell takes reports; the first ones get the statuses given, the rest 200.
type goldbell struct {
	*httptest.Server
	bodies chan []byte
	keys   chan string
}

func takeReports(t *testing.T, first ...int) *goldbell {
	g := &goldbell{bodies: make(chan []byte, 64), keys: make(chan string, 64)}
	var n atomic.Int32
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		g.bodies <- b
		g.keys <- r.Header.Get("Idempotency-Key")
		if i := int(n.Add(1)) - 1; i < len(first) {
			w.WriteHeader(first[i])
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func TestReportIsRepeatedUnderOneKey(t *testing.T) {
	g := takeReports(t, 503, 429, 500)
	l, h := start(t, switchsim.Config{Report: g.URL})
	if err := place(t, h, id(1)); err != nil {
		t.Fatal(err)
	}
	key, body := <-g.keys, <-g.bodies
	for range 3 {
		if k, b := <-g.keys, <-g.bodies; k != key || len(k) != 32 || !bytes.Equal(b, body) {
			t.Errorf("a repeat differs: key %q after %q", k, key)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := l.Counts(), (switchsim.Counts{Calls: 1, Reported: 1}); got != want || len(g.keys) != 0 {
		t.Errorf("%+v, %d reports too many", got, len(g.keys))
	}
	if bytes.Contains(body, []byte(canary)) {
		t.Error("the report holds the number")
	}
}

func TestReportsAreGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		tries    int
	}{
		"after six tries": {[]int{503, 503, 503, 503, 503, 503}, 6},
		"when refused":    {[]int{403}, 1},
		"on a redirect":   {[]int{307}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := takeReports(t, c.statuses...)
			l, h := start(t, switchsim.Config{Report: g.URL})
			if err := place(t, h, id(1)); err != nil {
				t.Fatal(err)
			}
			<-g.keys
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if got, want := l.Counts(), (switchsim.Counts{Calls: 1, Lost: 1}); got != want || len(g.bodies) != c.tries {
				t.Errorf("%+v after %d tries", got, len(g.bodies))
			}
		})
	}
}

// TestOutcomesAreTheSeeds: the same seed and calls give the same outcomes, in
// whatever order and batches; another seed gives others.
func TestOutcomesAreTheSeeds(t *testing.T) {
	const n = 400
	play := func(seed uint64, from, step int) map[pii.RequestID]dial.Outcome {
		g := takeReports(t)
		l, h := start(t, switchsim.Config{Report: g.URL, Seed: seed})
		for i := range n {
			if err := place(t, h, id(from+i*step)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		close(g.bodies)
		out := map[pii.RequestID]dial.Outcome{}
		for b := range g.bodies {
			var r struct{ Outcomes []dial.Outcome }
			if err := json.Unmarshal(b, &r); err != nil {
				t.Fatal(err)
			}
			for _, o := range r.Outcomes {
				if !o.Result.Valid() || (o.Seconds > 0) != (o.Result == dial.Connected) || o.At.IsZero() {
					t.Errorf("%+v", o)
				}
				o.At = time.Time{}
				out[o.CallID] = o
			}
		}
		return out
	}
	first := play(7, 0, 1)
	if len(first) != n {
		t.Fatalf("%d outcomes for %d calls", len(first), n)
	}
	if diff := cmp.Diff(first, play(7, n-1, -1)); diff != "" {
		t.Errorf("the same seed:\n%.300s", diff)
	}
	if cmp.Equal(first, play(8, 0, 1)) {
		t.Error("another seed gives the same outcomes")
	}
	results := map[dial.Result]int{}
	for _, o := range first {
		results[o.Result]++
	}
	if len(results) != 6 || results[dial.Connected] < n/3 {
		t.Errorf("%v", results)
	}
}

// TestClockFollowsRequests: a demonstration plays weeks in a minute.
func TestClockFollowsRequests(t *testing.T) {
	g := takeReports(t)
	l, _ := start(t, switchsim.Config{Report: g.URL, Follow: true})
	var now time.Time
	h := carrier(t, l.Ready(), func() time.Time { return now })
	base := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		after time.Duration
		want  error
	}{{0, nil}, {70 * 24 * time.Hour, nil}, {70*24*time.Hour - time.Hour, nil}, {69*24*time.Hour - time.Second, dial.Refused}} {
		now = base.Add(c.after)
		if err := place(t, h, id(i)); err != c.want {
			t.Errorf("%v: %v, want %v", c.after, err, c.want)
		}
	}
	var r struct{ Outcomes []dial.Outcome }
	if err := json.Unmarshal(<-g.bodies, &r); err != nil || len(r.Outcomes) == 0 || !r.Outcomes[0].At.Equal(base) {
		t.Errorf("%v %+v", err, r)
	}
}

// process runs the simulator as cmd does; closing its input ends it.
func process(t *testing.T, stdin string, args ...string) (out *bufio.Reader, end func() error) {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := switchsim.Run(context.WithoutCancel(t.Context()), switchsim.Env{
			Args: args, Stdin: inR, Stdout: outW, Clock: time.Now, Rand: rand.Reader})
		_ = outW.CloseWithError(io.EOF)
		_ = inR.Close()
		done <- err
	}()
	go func() { _, _ = io.WriteString(inW, stdin) }()
	return bufio.NewReader(outR), func() error {
		_ = inW.Close()
		return <-done
	}
}

func TestRun(t *testing.T) {
	g := takeReports(t)
	secrets := fmt.Sprintf(`{"key":"%s","token":"t0ken"}`+"\n", hex.EncodeToString(key))
	out, end := process(t, secrets, "-seed", "3", "-report", g.URL)
	line, err := out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready switchsim.Ready
	if err := json.Unmarshal(line, &ready); err != nil || !strings.HasPrefix(ready.URL, "https://127.0.0.1:") {
		t.Fatalf("%v %+v", err, ready)
	}
	if err := place(t, carrier(t, ready, time.Now), id(1)); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool(ready), MinVersion: tls.VersionTLS12}}}
	resp, err := client.Get(ready.Counts)
	if err != nil {
		t.Fatal(err)
	}
	var counts switchsim.Counts
	err = json.NewDecoder(resp.Body).Decode(&counts)
	_ = resp.Body.Close()
	if err != nil || counts.Calls != 1 {
		t.Errorf("%v %+v", err, counts)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	rest, _ := io.ReadAll(out)
	if len(rest) > 0 || bytes.Contains(line, []byte("t0ken")) {
		t.Errorf("more on standard output: %q", rest)
	}
	if len(g.bodies) != 1 {
		t.Errorf("%d reports; the one due at the end was not made", len(g.bodies))
	}
}

func TestRunRefuses(t *testing.T) {
	good := fmt.Sprintf(`{"key":"%s"}`+"\n", hex.EncodeToString(key))
	for name, c := range map[string]struct {
		stdin string
		args  []string
	}{
		"no secrets":          {"\n", nil},
		"secrets not JSON":    {canary + "\n", nil},
		"short key":           {`{"key":"` + canary + `0"}` + "\n", nil},
		"unknown flag":        {good, []string{"-token", "x"}},
		"stray argument":      {good, []string{"x"}},
		"not loopback":        {good, []string{"-listen", "0.0.0.0:0"}},
		"no port":             {good, []string{"-listen", "127.0.0.1"}},
		"plain report abroad": {good, []string{"-report", "http://goldbell.invalid/"}},
		"no roots file":       {good, []string{"-report-roots", "/nonexistent"}},
	} {
		out, end := process(t, c.stdin, c.args...)
		ready, _ := out.ReadBytes('\n') // standard input stays open until it is refused
		if err := end(); err == nil || len(ready) > 0 || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v, %q", name, err, ready)
		}
	}
}

// FuzzSignature: a header other than the one that was signed never passes. It is
// here because a fuzz build of dial's own tests would instrument the database.
func FuzzSignature(f *testing.F) {
	s := dial.Signed{At: time.Unix(1_790_000_000, 0), Nonce: [16]byte{1, 2, 3}}
	body := []byte(`{"call_id":"00"}`)
	good := s.Sign(key, "POST", "/calls", body)
	f.Add(good)
	f.Add(strings.Replace(good, ",", ",0", 1))
	f.Add("1790000000,,")
	f.Add(",,,")
	f.Fuzz(func(t *testing.T, header string) {
		got, ok := dial.CheckSignature(key, header, "POST", "/calls", body)
		if ok != (strings.ToLower(header) == good) && ok {
			t.Fatalf("%q passes", header)
		}
		if header == good && (!ok || !got.At.Equal(s.At) || got.Nonce != s.Nonce) {
			t.Fatal("the signed header does not pass")
		}
	})
}

// BenchmarkCalls: adapter and simulator together, as many callers as connections.
func BenchmarkCalls(b *testing.B) {
	_, h := start(b, switchsim.Config{})
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := place(b, h, id(int(n.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
