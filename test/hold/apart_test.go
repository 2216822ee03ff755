package hold

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

// apartJob is what each of two processes does: readers that dial anybody, and
// opt-outs of its own half.
type apartJob struct {
	Places   server.Places
	Settings server.Settings
	Agent    pii.PersonID
	CRM      party.Principal
	Work     pii.RequestID
	Subjects []pii.SubjectID
	Mine     int // 0 or 1: the subjects of this remainder by two
	Ended    string
}

// apartResult is what one of them saw.
type apartResult struct {
	Opened int64 // values
	Late   int64 // of them, after the opt-out was acknowledged, in whichever process
}

// ends are bytes both processes see: which subject's opt-out was acknowledged.
func ends(name string, n int) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return unix.Mmap(int(f.Fd()), 0, 4*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// ended is the word of a subject.
func ended(shared []byte, i int) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(&shared[4*i]))
}

var errAgain error = fault.New(fault.Conflict, "stale", "")

// apart runs one process's part.
func apart(ctx context.Context, h *parts, j apartJob) (out apartResult, err error) {
	agent, err := principalOf(ctx, h, j.Agent)
	if err != nil {
		return out, err
	}
	n := len(j.Subjects)
	shared, err := ends(j.Ended, n+3)
	if err != nil {
		return out, err
	}
	both := ended(shared, n) // how many of the two have withdrawn all
	next := [2]*atomic.Uint32{ended(shared, n+1), ended(shared, n+2)}
	var opened, late atomic.Int64
	failed := make(chan error, 82)
	var readers, withdrawers sync.WaitGroup
	for r := range 32 {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), uint64(j.Mine)))
			for both.Load() < 2 {
				// whom one of the two withdraws about now
				side := rng.IntN(2)
				i := min(2*(int(next[side].Load())+rng.IntN(20)-5), n-2) + side
				i = max(i, 0)
				q := read(j.Work, pii.Relay, j.Subjects[i])
				q.Verb, q.Fields = pii.Dial, []pii.Field{pii.Phone}
				_, err := h.door.Use(ctx, agent, q, func(context.Context, door.Answer, map[pii.Field]pii.Value) error {
					opened.Add(1)
					if j.Mine == 1 && r%4 == 0 {
						<-time.After(60 * time.Millisecond) // the value is in use in that process only
					}
					late.Add(int64(ended(shared, i).Load()))
					return nil
				})
				if err != nil && !fault.IsID(err, "stale") && !fault.Is(err, fault.Unavailable) {
					failed <- err
					return
				}
			}
		})
	}
	for range 50 {
		withdrawers.Go(func() {
			for {
				i := 2*int(next[j.Mine].Add(1)-1) + j.Mine
				if i >= n {
					return
				}
				err := errAgain
				for fault.IsID(err, "stale") {
					err = h.reg.PutOptOut(ctx, register.Asked{By: j.CRM, Request: newID()}, j.Subjects[i], true)
				}
				if err != nil {
					failed <- err
					return
				}
				ended(shared, i).Store(1)
			}
		})
	}
	withdrawers.Wait()
	both.Add(1)
	readers.Wait()
	select {
	case err = <-failed:
	default:
	}
	return apartResult{opened.Load(), late.Load()}, err
}

func principalOf(ctx context.Context, h *parts, id pii.PersonID) (party.Principal, error) {
	p, o, ok, err := h.db.Person(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("no person %s", id)
	}
	return party.Principal{Person: p, Org: o, StepUp: time.Now()}, err
}

// withdrawBeside is the other process.
func withdrawBeside() int {
	var j apartJob
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return 2
	}
	ctx := context.Background()
	h, err := wire(ctx, j.Places, j.Settings, options{caps: openCaps()})
	if err == nil {
		fmt.Println("open")
		var r apartResult
		r, err = apart(ctx, h, j)
		h.close()
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// TestI1_WithdrawalsApart lets two processes on one database read, with 32 readers
// each, while each takes 500 grounds away. No disclosure lies after the entry that
// ended its ground, and what one process acknowledged the other does not open.
func TestI1_WithdrawalsApart(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 60
	}
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, n, options{caps: openCaps()})
		h.settings.Caps = *openCaps()
		j := apartJob{
			Places: h.dir, Settings: h.settings, Agent: h.agents[0].Person.ID, CRM: h.crm,
			Work: h.calls(h.agents[0], h.ids...), Subjects: h.ids, Ended: filepath.Join(t.TempDir(), "ended"),
		}
		h.ok(os.WriteFile(j.Ended, make([]byte, 4*(n+3)), 0o600))
		begin := h.ledger.Size()
		theirs := j
		theirs.Mine, theirs.Places.Keeper = 1, ""
		theirs.Settings.Keeper += "-apart"
		cmd, out := startJob(t, "withdraw", theirs)
		if !out.Scan() || out.Text() != "open" {
			t.Fatalf("the other process says %q", out.Text())
		}
		ours, err := apart(ctxOf(t), h.parts, j)
		h.ok(err)
		if !out.Scan() {
			t.Fatal("the other process did not end well")
		}
		var got apartResult
		h.ok(json.Unmarshal(out.Bytes(), &got))
		h.ok(cmd.Wait())
		if ours.Opened == 0 || got.Opened == 0 {
			t.Errorf("%d and %d values were opened: nothing was tested", ours.Opened, got.Opened)
		}
		if ours.Late+got.Late > 0 {
			t.Errorf("%d values were opened after the withdrawal was acknowledged", ours.Late+got.Late)
		}
		h.endsAreEnds(begin)
		t.Logf("%d and %d values opened", ours.Opened, got.Opened)
		h.verified()
	})
}

// endsAreEnds reads the entries back: nobody is shown after her opt-out.
func (h *house) endsAreEnds(from uint64) {
	h.t.Helper()
	head, err := h.ledger.Head(ctxOf(h.t))
	h.ok(err)
	ended := map[pii.Ordinal]uint64{}
	disclosed := 0
	for ; from < head.Size; from += 1000 {
		records, err := h.ledger.Records(ctxOf(h.t), from, 1000)
		h.ok(err)
		for _, x := range records {
			x.Subjects(func(o pii.Ordinal, line proof.Line) bool {
				if x.Leaf.Kind == proof.KindConsent {
					ended[o] = x.Index
				}
				if x.Leaf.Kind == proof.KindDisclosure && line.Shown {
					disclosed++
					if end, there := ended[o]; there {
						h.t.Errorf("entry %d discloses what ended at %d", x.Index, end)
					}
				}
				return true
			})
		}
	}
	if len(ended) != len(h.ids) || disclosed == 0 {
		h.t.Errorf("%d of %d ended, %d disclosures", len(ended), len(h.ids), disclosed)
	}
}
