package hold

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// inUse is how long the other process uses the value: far longer than a
// withdrawal that waits for nobody takes, and less than a receipt lives.
const inUse = 1500 * time.Millisecond

// TestI1_WithdrawalWaitsForTheOther: while one process uses a value, the other
// takes the ground away. It is acknowledged when the use is over, not before.
func TestI1_WithdrawalWaitsForTheOther(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 1, options{caps: openCaps()})
		h.settings.Caps = *openCaps()
		j := apartJob{
			Places: h.dir, Settings: h.settings, Agent: h.agents[0].Person.ID,
			Work: h.calls(h.agents[0], h.ids...), Subjects: h.ids,
		}
		j.Places.Keeper = ""
		j.Settings.Keeper = filepath.Join(t.TempDir(), "apart.head")
		cmd, out := startJob(t, "use", j)
		if !out.Scan() || out.Text() != "using" {
			t.Fatalf("the other process says %q", out.Text())
		}
		h.ok(h.reg.PutOptOut(ctxOf(t), register.Asked{By: h.crm, Request: newID()}, h.ids[0], true))
		acknowledged := time.Now()
		if !out.Scan() {
			t.Fatal("the other process did not end well")
		}
		nanos, err := strconv.ParseInt(out.Text(), 10, 64)
		h.ok(err)
		h.ok(cmd.Wait())
		if over := time.Unix(0, nanos); acknowledged.Before(over) {
			t.Errorf("acknowledged %v before the value was out of use", over.Sub(acknowledged))
		}
	})
}

// usesBeside is the other process: it says when it uses the value, and at the end
// until when it did.
func usesBeside() int {
	var j apartJob
	err := json.NewDecoder(os.Stdin).Decode(&j)
	if err == nil {
		err = useBeside(context.Background(), j)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func useBeside(ctx context.Context, j apartJob) error {
	h, err := wire(ctx, j.Places, j.Settings, options{caps: openCaps()})
	if err != nil {
		return err
	}
	defer h.close()
	agent, err := principalOf(ctx, h, j.Agent)
	if err != nil {
		return err
	}
	q := read(j.Work, pii.Relay, j.Subjects[0])
	q.Verb, q.Fields = pii.Dial, []pii.Field{pii.Phone}
	var over int64
	_, err = h.door.Use(ctx, agent, q, func(context.Context, door.Answer, map[pii.Field]pii.Value) error {
		fmt.Println("using")
		<-time.After(inUse)
		over = time.Now().UnixNano()
		return nil
	})
	fmt.Println(over)
	return err
}

// TestI1_WithdrawalThatCannotWait: a withdrawal whose caller gives up while the
// value is in use is not acknowledged.
func TestI1_WithdrawalThatCannotWait(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 1, options{caps: openCaps()})
		q := read(h.calls(h.agents[0], h.ids...), pii.Relay, h.ids[0])
		q.Verb, q.Fields = pii.Dial, []pii.Field{pii.Phone}
		asked := register.Asked{By: h.crm, Request: newID(), Hash: bytes.Repeat([]byte{1}, 32)}
		_, err := h.door.Use(ctxOf(t), h.agents[0], q, func(context.Context, door.Answer, map[pii.Field]pii.Value) error {
			ctx, cancel := context.WithTimeout(ctxOf(t), 300*time.Millisecond)
			defer cancel()
			if err := h.reg.PutOptOut(ctx, asked, h.ids[0], true); !fault.Is(err, fault.Unavailable) {
				t.Errorf("while the value is in use: %v", err)
			}
			return nil
		})
		h.ok(err)
		h.ok(h.reg.PutOptOut(ctxOf(t), asked, h.ids[0], true)) // the retry waits again
	})
}
