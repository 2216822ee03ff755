package witness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// seen is what a witness cosigned last of a log.
type seen struct {
	size uint64
	root proof.Hash
	note []byte // with the log's signature and the witness's
}

// Server is a witness (c2sp.org/tlog-witness): it cosigns a log's checkpoint if it
// continues the one cosigned before, and remembers it durably before it answers.
type Server struct {
	dir   string
	key   Key
	logs  map[string]proof.Key // by origin
	clock func() time.Time
	lock  *os.File
	save  func(map[string]seen) error // writes the state; tests let it fail

	mu     sync.Mutex // held from the check to the answer's being durable
	state  map[string]seen
	broken bool // the file may hold something else than state
}

// OpenServer opens a witness's directory. It refuses a state that is missing or
// damaged, and a directory another process signs from.
func OpenServer(dir string, clock func() time.Time) (s *Server, err error) {
	s = &Server{dir: dir, clock: clock}
	s.save = func(state map[string]seen) error { return writeState(dir, state) }
	if s.key, err = readKey(dir); err != nil {
		return nil, err
	}
	if s.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, logsFile))
	if err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "witness-logs", ""), s.lock.Close())
	}
	if s.logs, err = parseLogs(string(text)); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	if s.state, err = readState(dir, s.key.Verifier(), s.logs); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// Close gives the directory free.
func (s *Server) Close() error { return s.lock.Close() }

// VKey is the witness's verifier key.
func (s *Server) VKey() string { return s.key.Verifier().String() }

// Logs is how many logs the witness cosigns.
func (s *Server) Logs() int { return len(s.logs) }

// Handler answers add-checkpoint and the monitors.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", s.add)
	mux.HandleFunc("GET /{origin}/checkpoint", s.show)
	return mux
}

// add answers add-checkpoint. Bodies of refusals say what was wrong in our words.
func (s *Server) add(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too large or was cut off", http.StatusBadRequest)
		return
	}
	sub, c, ok := ParseSubmission(body)
	if !ok {
		http.Error(w, "the body is not a submission", http.StatusBadRequest)
		return
	}
	log, known := s.logs[c.Origin]
	if !known {
		http.Error(w, "this witness does not know the log", http.StatusNotFound)
		return
	}
	if c.Signed(log) != nil {
		http.Error(w, "the log did not sign the checkpoint", http.StatusForbidden)
		return
	}
	if sub.Old > c.Size {
		http.Error(w, "the old size is larger than the checkpoint's", http.StatusBadRequest)
		return
	}
	line, status, held := s.cosign(log, sub, c)
	switch status {
	case http.StatusOK:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, line)
	case http.StatusConflict:
		w.Header().Set("Content-Type", sizeType)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%d\n", held)
	case http.StatusUnprocessableEntity:
		http.Error(w, "the checkpoint does not continue the one cosigned before", status)
	default:
		http.Error(w, "the witness cannot keep its state and signs nothing", status)
	}
}

// cosign checks a submission against the state, replaces the state and signs; all
// under one lock. No signature leaves it before the state is durable.
func (s *Server) cosign(log proof.Key, sub Submission, c proof.Checkpoint) (line string, status int, held uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return "", http.StatusServiceUnavailable, 0
	}
	last := s.state[c.Origin]
	if sub.Old != last.size {
		return "", http.StatusConflict, last.size
	}
	if !continues(last, sub.Proof, c) {
		return "", http.StatusUnprocessableEntity, last.size
	}
	line = s.key.cosign(c.Text, s.clock())
	next := maps.Clone(s.state)
	next[c.Origin] = seen{c.Size, c.Root, cosigned(log, c, line)}
	if s.save(next) != nil {
		s.broken = true // the file may be the new one or the old one
		return "", http.StatusServiceUnavailable, 0
	}
	s.state = next
	return line, http.StatusOK, c.Size
}

// continues reports whether the checkpoint's tree has what was seen as its prefix.
func continues(last seen, path []proof.Hash, c proof.Checkpoint) bool {
	switch {
	case c.Size == 0:
		return len(path) == 0 && c.Root == emptyRoot
	case last.size == 0:
		return len(path) == 0
	case last.size == c.Size:
		return len(path) == 0 && last.root == c.Root
	}
	return proof.CheckConsistency(proof.Checkpoint{Size: last.size, Root: last.root}, c, path) == nil
}

// cosigned is the checkpoint with the log's signature and the witness's line.
func cosigned(log proof.Key, c proof.Checkpoint, line string) []byte {
	var b bytes.Buffer
	b.WriteString(c.Text + "\n")
	for _, sig := range c.Signatures {
		if sig.Name == log.Name && sig.KeyID == log.ID {
			b.WriteString(signatureLine(sig))
			break
		}
	}
	b.WriteString(line)
	return b.Bytes()
}

// show answers a monitor with the last cosigned checkpoint of an origin.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var note []byte
	for origin, last := range s.state {
		if originHash(origin) == r.PathValue("origin") {
			note = last.note
		}
	}
	s.mu.Unlock()
	if note == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(note)))
	_, _ = w.Write(note)
}
