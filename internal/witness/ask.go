package witness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// maxAnswer bounds what is read of a witness's answer.
const maxAnswer = 64 << 10

// remote is a witness that is asked.
type remote struct {
	proof.PolicyWitness
	busy chan struct{} // full while it is being asked

	mu     sync.Mutex // guards what follows
	known  uint64     // the size it is thought to hold
	signed bool       // known is under a cosignature that was verified
	met    bool       // it signed for this process: a restored database is found by asking
	told   string     // the last alarm about it, until it signs again
	failed uint64     // rounds in which it did not sign
}

func (r *remote) state() (known uint64, signed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known, r.signed
}

func (r *remote) hasMet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.met
}

// take makes the caller the one who asks this witness.
func (r *remote) take(ctx context.Context, wait bool) bool {
	if wait {
		select {
		case r.busy <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		}
	}
	select {
	case r.busy <- struct{}{}:
		return true
	default:
		return false
	}
}

func (r *remote) sawSize(size uint64, signed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known, r.signed = size, signed
}

func newHTTP() *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second,
			ResponseHeaderTimeout: patience, TLSHandshakeTimeout: patience,
		},
		// A witness answers itself; where it sends us is nobody we chose.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// What a witness may do wrong. None of it has an effect but the alarm.
var (
	errDown   = errors.New("witness-down")   // no answer, or none we can use
	errLied   = errors.New("witness-lied")   // a signature that does not verify
	errClock  = errors.New("witness-clock")  // signed at an impossible time
	errRefuse = errors.New("witness-refuse") // it does not know the log, or its key
	errBack   = errors.New("witness-back")   // it holds less than it signed before
)

// ask submits a head to one witness and keeps what it signed.
func (c *Client) ask(ctx context.Context, r *remote, head ledger.Head) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := c.submit(ctx, r, head)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.told = ""
		return
	}
	r.failed++
	id := err.Error()
	if f := new(fault.Fault); errors.As(err, &f) { // the database's
		id = f.ID
	}
	if r.told != id && !errors.Is(err, errAhead) && ctx.Err() != context.Canceled {
		r.told = id
		c.Alarm(id)
	}
}

// submit asks twice at most: a witness that holds another size than we thought is
// asked again from there, if we have ever had that size. If we have not, or if our
// tree does not continue what it holds, the writers are stopped.
func (c *Client) submit(ctx context.Context, r *remote, head ledger.Head) error {
	old, before := r.state()
	if old == head.Size && before && r.hasMet() {
		return nil
	}
	for range 2 {
		if old > head.Size {
			return c.behind(ctx, r, old)
		}
		a, err := c.post(ctx, r, head, old)
		if err != nil {
			return err
		}
		switch {
		case a.status == http.StatusOK:
			return c.keep(ctx, r, head, a.body)
		case a.status == http.StatusUnprocessableEntity && old > 0:
			return c.stop(ctx, r, Stop{Reason: reasonFork, Ours: head.Size, Theirs: old})
		case a.status == http.StatusConflict && a.isSize && a.size == old && old == head.Size && old > 0:
			// Witnesses of an earlier version of the specification say so.
			return c.stop(ctx, r, Stop{Reason: reasonFork, Ours: head.Size, Theirs: old})
		case a.status != http.StatusConflict || !a.isSize || a.size == old:
			return refusal(a.status)
		}
		if a.size > head.Size {
			// Another process may have appended and submitted: what it submitted is
			// committed, so the database has it now.
			now, err := c.Log.Head(ctx)
			if err != nil {
				return err
			}
			if a.size > now.Size {
				return c.stop(ctx, r, Stop{Reason: reasonAhead, Ours: now.Size, Theirs: a.size})
			}
			head = now
		}
		if before && a.size < old {
			c.Alarm(errBack.Error()) // it forgot what it signed; it is asked again all the same
		}
		old, before = a.size, false
		r.sawSize(old, false)
	}
	return nil // another process is submitting too; there is a next round
}

// behind is asked about a head that is smaller than what the witness holds. Read
// again, the head must be larger: what the witness signed was committed.
func (c *Client) behind(ctx context.Context, r *remote, theirs uint64) error {
	now, err := c.Log.Head(ctx)
	if err != nil || now.Size >= theirs {
		return err // there is a next round
	}
	return c.stop(ctx, r, Stop{Reason: reasonAhead, Ours: now.Size, Theirs: theirs})
}

func refusal(status int) error {
	switch status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest:
		return errRefuse
	}
	return errDown
}

// answer is what a witness said.
type answer struct {
	status int
	body   []byte
	size   uint64
	isSize bool
}

func (c *Client) post(ctx context.Context, r *remote, head ledger.Head, old uint64) (answer, error) {
	s := Submission{Old: old, Checkpoint: head.Note}
	if old > 0 && old < head.Size {
		var err error
		if s.Proof, err = c.Log.Consistency(ctx, head, old); err != nil {
			return answer{}, err
		}
	}
	url := strings.TrimSuffix(r.URL, "/") + "/add-checkpoint"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(s.Encode()))
	if err != nil {
		return answer{}, errDown
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := c.HTTP.Do(req)
	if err != nil {
		return answer{}, errDown
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return answer{}, errDown
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil && kind == sizeType {
		text, ended := strings.CutSuffix(string(a.body), "\n")
		size, ok := parseSize(text)
		a.size, a.isSize = size, ok && ended
	}
	return a, nil
}

// keep verifies a witness's answer and stores its cosignature.
func (c *Client) keep(ctx context.Context, r *remote, head ledger.Head, lines []byte) error {
	line, _, err := c.read(r.Key, head, lines)
	if err != nil {
		return err
	}
	if err := c.Store.AddCosignature(ctx, Cosignature{head.Size, r.Key.String(), line}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known, r.signed, r.met = head.Size, true, true
	return nil
}

// read finds the witness's signature among the lines and verifies it. Lines of keys
// we do not know are ignored; one in the witness's name that is wrong spoils all.
func (c *Client) read(key proof.Key, head ledger.Head, lines []byte) (line string, at time.Time, err error) {
	n, err := proof.ParseCheckpoint(append(bytes.Clone(head.Note), lines...))
	if err != nil {
		return "", at, errLied
	}
	at, ok, err := n.Cosigned(key)
	if err != nil || !ok {
		return "", at, errLied
	}
	if now := c.Clock(); at.After(now.Add(skew)) || at.Before(now.Add(-skew)) || at.Before(time.UnixMicro(int64(head.Micros)).Add(-skew)) {
		return "", at, errClock
	}
	for _, s := range n.Signatures {
		one := proof.Checkpoint{Text: n.Text, Signatures: []proof.Signature{s}}
		if t, ok, err := one.Cosigned(key); ok && err == nil && t.Equal(at) {
			return signatureLine(s), at, nil
		}
	}
	return "", at, errLied
}

// Latest asks a witness what it signed last for a log: the checkpoint, verified by
// the log's key and the witness's. ok is false if it never signed one.
func Latest(ctx context.Context, client *http.Client, w proof.PolicyWitness, log proof.Key) (signed []byte, c proof.Checkpoint, ok bool, err error) {
	if client == nil {
		client = newHTTP()
	}
	down := fault.New(fault.Unavailable, "witness-silent", "")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(w.URL, "/")+monitorPath(log.Name), nil)
	if err != nil {
		return nil, c, false, down
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, c, false, down
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusNotFound {
		return nil, c, false, nil
	}
	signed, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, c, false, down
	}
	if c, err = proof.ParseCheckpoint(signed); err != nil || c.Signed(log) != nil {
		return nil, proof.Checkpoint{}, false, down
	}
	if _, cosigned, err := c.Cosigned(w.Key); err != nil || !cosigned {
		return nil, proof.Checkpoint{}, false, down
	}
	return signed, c, true, nil
}
