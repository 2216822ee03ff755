package switchsim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/goldbell/goldbell/internal/dial"
)

// A batch waits this long for more calls to end; a report is made at most this
// often, as real switches do.
const (
	gather     = 100 * time.Millisecond
	reports    = 6
	reportTime = 30 * time.Second
)

// reporter posts outcomes to Goldbell.
type reporter struct {
	url     string
	token   string
	backoff time.Duration
	rand    io.Reader
	client  *http.Client
}

// newReporter refuses to send the token in the clear anywhere but to loopback.
func newReporter(c Config) (*reporter, error) {
	if c.Report == "" {
		return nil, nil
	}
	u, err := url.Parse(c.Report)
	if err != nil || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("switch: -report must be an https URL, or http on loopback")
	}
	t := &http.Transport{MaxIdleConnsPerHost: 1, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if c.ReportRoots != nil {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(c.ReportRoots) {
			return nil, errors.New("switch: -report-roots holds no certificate")
		}
		t.TLSClientConfig.RootCAs = roots
	}
	r := &reporter{url: u.String(), token: c.Token, backoff: c.Backoff, rand: c.Rand, client: &http.Client{
		Transport: t, Timeout: reportTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if r.backoff == 0 {
		r.backoff = 500 * time.Millisecond
	}
	return r, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (x *exchange) start() { go x.ring() }

// stop makes the reports still due, until ctx is done.
func (x *exchange) stop(ctx context.Context) {
	close(x.quit)
	select {
	case <-x.done:
	case <-ctx.Done():
	}
}

// ring ends calls and reports them, batch by batch and one at a time.
func (x *exchange) ring() {
	defer close(x.done)
	for open := true; open; {
		select {
		case <-x.wake:
			open = x.pause(gather)
		case <-x.quit:
			open = false
		}
		for batch := x.end(); len(batch) > 0; batch = x.end() {
			x.reported(len(batch), x.report(batch))
		}
	}
}

// pause reports false if the simulator ends meanwhile.
func (x *exchange) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.quit:
		return false
	}
}

// end takes the calls that ended out of the memory, with their numbers.
func (x *exchange) end() []dial.Outcome {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := min(len(x.due), dial.MaxOutcomes)
	batch := make([]dial.Outcome, n)
	for i := range batch {
		batch[i] = x.outcome(x.due[i])
		x.due[i] = ringing{}
	}
	if x.due = x.due[n:]; len(x.due) == 0 {
		x.due = nil
	}
	return batch
}

func (x *exchange) reported(n int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.count.Ringing -= n
	if ok {
		x.count.Reported += n
	} else {
		x.count.Lost += n
	}
}

// report posts a batch, again and again if need be, under one Idempotency-Key.
func (x *exchange) report(batch []dial.Outcome) bool {
	r := x.reporter
	if r == nil {
		return false
	}
	body, err := json.Marshal(map[string]any{"outcomes": batch})
	if err != nil {
		return false
	}
	var key [16]byte
	if _, err := io.ReadFull(r.rand, key[:]); err != nil {
		return false
	}
	wait := r.backoff
	for try := 1; ; try++ {
		done, ok := r.post(body, hex.EncodeToString(key[:]))
		if done || try == reports {
			return ok
		}
		x.pause(wait) // at the end the last tries are made at once
		wait *= 2
	}
}

// post makes one report. done says that another try would change nothing.
func (r *reporter) post(body []byte, key string) (done, ok bool) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return true, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.client.Do(req)
	if err != nil {
		return false, false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
	_ = resp.Body.Close()
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		return true, true
	case s >= 500 || s == http.StatusTooManyRequests || s == http.StatusRequestTimeout:
		return false, false
	}
	return true, false
}
