package witness_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

func base64Of(h proof.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

// databaseFiles are those of a closed SQLite database.
var databaseFiles = []string{"db", "db-wal", "db-shm"}

// copyDB copies the closed database.
func (h *house) copyDB() map[string][]byte {
	h.t.Helper()
	files := map[string][]byte{}
	for _, f := range databaseFiles {
		if b, err := os.ReadFile(filepath.Join(h.Dir, f)); err == nil {
			files[f] = b
		}
	}
	return files
}

// putDB puts an old copy in place. The head keeper is put away: it would notice.
func (h *house) putDB(files map[string][]byte) {
	h.t.Helper()
	for _, f := range databaseFiles {
		_ = os.Remove(filepath.Join(h.Dir, f))
	}
	for f, b := range files {
		h.OK(os.WriteFile(filepath.Join(h.Dir, f), b, 0o600))
	}
	_ = os.Remove(filepath.Join(h.Dir, "state", "head"))
}

func (h *house) mustBeStopped(what string) {
	h.t.Helper()
	if err := h.tryAdd(); !fault.IsID(err, "witness-ahead") {
		h.t.Fatalf("%s: %v", what, err)
	}
	if err := h.Ledger.Ready(h.t.Context()); !fault.IsID(err, "witness-ahead") {
		h.t.Errorf("%s: ready: %v", what, err)
	}
	if h.client.Stopped() == nil || !h.client.Status().Stopped {
		h.t.Errorf("%s: the client does not say so", what)
	}
}

// TestOldBackupRestored puts an old database back: shorter than what the witness
// signed, grown again to its size, and grown beyond it. In itself each is without a
// fault. The writers stop, and stay stopped after a restart and after rounds, until
// the file is taken away; the right database then goes on.
func TestOldBackupRestored(t *testing.T) {
	for name, grown := range map[string]int{"shorter": 0, "equal": 6, "longer": 9} {
		t.Run(name, func(t *testing.T) {
			h, ws := witnessed(t, 1, nil, 1)
			h.add(3)
			h.round()
			h.shut()
			old := h.copyDB()
			h.open()
			h.add(6)
			h.round()
			seen := h.Ledger.Size()
			h.shut()
			good := h.copyDB()

			h.putDB(old)
			h.open()
			h.add(grown)
			h.round()
			h.mustBeStopped("after a round")
			if !h.heard("witness-ahead") && h.client.Stopped() == nil {
				t.Errorf("alarms %v", h.alarms)
			}
			var s witness.Stop
			h.OK(json.Unmarshal(must(os.ReadFile(h.config.StopFile)), &s))
			c, err := proof.ParseCheckpoint([]byte(s.Checkpoint))
			log, _ := proof.ParseLogKey(h.Ring.VerifierKey())
			if err != nil || c.Size != seen || c.Signed(log) != nil || s.Theirs != seen || s.Witness != "w1" {
				t.Errorf("what is kept of the stop: %+v", s)
			}
			if want := map[bool]string{true: "ahead", false: "fork"}[grown == 0]; s.Reason != want {
				t.Errorf("reason %q, want %q", s.Reason, want)
			}

			h.shut()
			h.open()
			h.mustBeStopped("after a restart")
			h.round()
			ws[0].web.Close()
			h.mustBeStopped("with the witness gone")

			h.shut()
			h.putDB(good)
			h.OK(os.Remove(h.config.StopFile))
			h.open()
			h.OK(h.tryAdd())
		})
	}
}

// TestRolledBackUnderTheClient swaps the head row of a running ledger for an older
// one; the witness is ahead of what the database now says.
func TestRolledBackUnderTheClient(t *testing.T) {
	h, _ := witnessed(t, 1, nil, 1)
	h.add(2)
	old, err := h.Ledger.Head(t.Context())
	h.OK(err)
	h.add(2)
	h.round()
	rewind(h, old)
	h.round()
	h.mustBeStopped("a smaller head than was submitted")
}

// TestStolenKey: a second head of one size, signed with our key. If we were first
// the thief gets no signature; if he was first, our writers stop.
func TestStolenKey(t *testing.T) {
	t.Run("we are first", func(t *testing.T) {
		h, ws := witnessed(t, 1, nil, 1)
		h.add(3)
		h.round()
		status, body, _ := ws[0].post(witness.Submission{Old: h.Ledger.Size(), Checkpoint: h.secondHead()}.Encode())
		if status != http.StatusUnprocessableEntity || strings.Contains(body, "—") {
			t.Fatalf("the thief's head: %d %q", status, body)
		}
		h.round()
		h.OK(h.tryAdd())
	})
	for name, more := range map[string]int{"he is first": 0, "he was first": 4} {
		t.Run(name, func(t *testing.T) {
			h, ws := witnessed(t, 1, nil, 1)
			h.add(3)
			if status, _, _ := ws[0].post(witness.Submission{Checkpoint: h.secondHead()}.Encode()); status != http.StatusOK {
				t.Fatalf("the witness cannot know better yet: %d", status)
			}
			h.add(more)
			h.round()
			h.mustBeStopped("another history under our key")
		})
	}
}

// TestOlderWitness answers an equal size with another root as an earlier version of
// the specification did: 409 with that very size.
func TestOlderWitness(t *testing.T) {
	h, ws := witnessed(t, 1, nil, 1)
	h.add(3)
	if status, _, _ := ws[0].post(witness.Submission{Checkpoint: h.secondHead()}.Encode()); status != http.StatusOK {
		t.Fatal(status)
	}
	ws[0].wrap = func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.Header().Set("Content-Type", "text/x.tlog.size")
				w.WriteHeader(http.StatusConflict)
				_, _ = w.Write(append([]byte(sizeText(h.Ledger.Size())), '\n'))
				return
			}
			http.NotFound(w, r) // and shows nothing to monitors
		})
	}
	h.round()
	h.mustBeStopped("another root of our size")
	h.shut()
	h.open()
	h.mustBeStopped("after a restart, without evidence")
}

// TestStopFileThatCannotBeRead is a stop all the same.
func TestStopFileThatCannotBeRead(t *testing.T) {
	h, _ := witnessed(t, 1, nil, 1)
	h.OK(os.MkdirAll(filepath.Dir(h.config.StopFile), 0o700))
	h.OK(os.WriteFile(h.config.StopFile, []byte("not JSON"), 0o600))
	h.connect()
	h.mustBeStopped("a damaged stop file")
}

func sizeText(n uint64) string { return strconv.FormatUint(n, 10) }

// rewind writes an older head over the head row, as somebody with SQL can.
func rewind(h *house, to ledger.Head) {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.Dir, "db")+"?_pragma=busy_timeout(5000)")
	h.OK(err)
	defer db.Close()
	var frontier []byte
	for _, f := range to.Frontier {
		frontier = append(frontier, f[:]...)
	}
	_, err = db.Exec(`UPDATE ledger_head SET size = $1, root = $2, note = $3, frontier = $4, micros = $5, rules = $6`,
		int64(to.Size), to.Root[:], to.Note, frontier, int64(to.Micros), int64(to.Rules))
	h.OK(err)
}
