package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
)

// inFlight is how many requests are under way at a time: one being recorded, one
// being sealed, one on its way.
const inFlight = 3

// lastAnswers is how long requests under way are waited for after Ctrl-C.
const lastAnswers = 30 * time.Second

// sender stores the subjects of one file, batch by batch.
type sender struct {
	api    *api
	file   string // SHA-256 of the source
	digest string
	bar    *progress

	mu     sync.Mutex // guards what follows
	stored int        // subjects the server says are stored, whenever it was
	before int        // of these, stored by an earlier run
	id     string     // of the import, as the server knows it
	failed error      // the first failure
}

// fingerprint gives the SHA-256 of the source, for the ledger, and a digest of the
// file as it was understood and is cut into batches: the same command finds its
// earlier, interrupted run by it.
func fingerprint(src io.ReadSeeker, plan intake.Plan, mergeBy pii.Field) (file, digest string, err error) {
	h := sha256.New()
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", "", fail(exitUsage, "file-unreadable")
	}
	if _, err := io.Copy(h, src); err != nil {
		return "", "", fail(exitUsage, "file-unreadable")
	}
	file = hex.EncodeToString(h.Sum(nil))
	understood, err := json.Marshal(plan)
	if err != nil {
		return "", "", fault.New(fault.Internal, "internal", "")
	}
	h.Reset()
	for _, part := range []string{batchFormat, string(mergeBy), file, string(understood)} {
		h.Write([]byte(part + "\x00"))
	}
	return file, hex.EncodeToString(h.Sum(nil)), nil
}

// open names the import to the server. A second time it finds the first.
func (s *sender) open(ctx context.Context) error {
	var out struct {
		ID string `json:"id"`
	}
	err := s.api.retry(ctx, "/v1/imports", s.digest, []byte(`{"sha256":"`+s.file+`"}`), &out)
	s.id = out.ID
	return err
}

// send stores every subject. Reading and encoding happen here, the waiting in a few
// goroutines. When ctx ends no further batch is sent, and those under way are
// waited for, so that the answer counts what is stored.
func (s *sender) send(ctx context.Context, survey *intake.Survey) error {
	full, free := make(chan *batch), make(chan *batch, inFlight+1)
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastAnswers, cancel) })()
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for b := range full {
				s.note(b, s.store(late, b))
				free <- b
			}
		})
	}
	for range inFlight + 1 {
		free <- &batch{}
	}
	err := s.cut(ctx, survey, full, free)
	close(full)
	workers.Wait()
	if s.failed != nil {
		return s.failed
	}
	return err
}

// cut reads the file once more and hands on full batches.
func (s *sender) cut(ctx context.Context, survey *intake.Survey, full chan<- *batch, free <-chan *batch) error {
	b := <-free
	b.start(s.id)
	pass := func() error {
		b.end()
		select {
		case full <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		b = <-free
		b.start(s.id)
		return s.stopped()
	}
	for subject, err := range survey.Subjects() {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.add(subject) {
			continue
		}
		if err := pass(); err != nil {
			return err
		}
		b.add(subject)
	}
	if b.rows == 0 {
		return nil
	}
	return pass()
}

func (s *sender) stopped() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// errBefore says that a batch was stored by an earlier run.
var errBefore = errors.New("stored before")

// store sends one batch.
func (s *sender) store(ctx context.Context, b *batch) error {
	var out struct {
		Stored  int `json:"stored"`
		Refused int `json:"refused"`
	}
	err := s.api.retry(ctx, "/v1/subjects", b.key(s.digest), b.body, &out)
	if isBefore(err) {
		return errBefore
	}
	if err == nil && (out.Stored != b.rows || out.Refused != 0) {
		return fail(exitFailed, "import-server-refused", out.Refused, b.first)
	}
	return err
}

// isBefore reports the answers that mean that these rows have their entry.
func isBefore(err error) bool {
	p, ok := err.(*problem)
	return ok && (p.Code == "already-stored" || p.Code == "idempotency-late" || p.Code == "import-done")
}

// note counts what became of a batch.
func (s *sender) note(b *batch, err error) {
	s.mu.Lock()
	switch {
	case err == nil || err == errBefore:
		s.stored += b.rows
		if err == errBefore {
			s.before += b.rows
		}
	case s.failed == nil:
		s.failed = err
	}
	s.mu.Unlock()
	if err == nil || err == errBefore {
		s.bar.add(int64(b.lines), int64(b.lines))
	}
}

// finished is what the server tells at the end of an import.
type finished struct {
	Stored  int64  `json:"stored"`
	Matches *int64 `json:"matches"`
}

// finish closes the import. told is false if an earlier run has closed it.
func (s *sender) finish(ctx context.Context) (out finished, told bool, err error) {
	err = s.api.retry(ctx, "/v1/imports/"+s.id+"/finish", s.digest, []byte("{}"), &out)
	if isBefore(err) {
		return finished{}, false, nil
	}
	return out, err == nil, err
}
