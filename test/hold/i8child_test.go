package hold

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// tucked holds values where fmt cannot call their methods.
type tucked struct {
	one  pii.Value
	many []pii.Value
	row  vault.Row
	any  any
	ptr  *pii.Value
}

// held keeps what it is given on a goroutine's stack until the process ends.
func held(ready chan<- struct{}, v pii.Value, row vault.Row, text string, b []byte, a door.Answer, t tucked) {
	defer fmt.Fprint(io.Discard, v, row, text, b, a, t) // never: it keeps them where they are
	ready <- struct{}{}
	select {}
}

// panics opens values, holds them in goroutines and dies in the way the job's
// point names.
func panics(j job) error {
	ctx := context.Background()
	h, err := wire(ctx, j.Places, j.Settings, options{})
	if err != nil {
		return err
	}
	a, err := h.opens(ctx, j)
	if err != nil {
		return err
	}
	row := vault.Row(a.Results[0].Values)
	if !strings.HasPrefix(row[pii.Phone].Reveal(), marks[1]) {
		return fmt.Errorf("nothing was opened")
	}
	key, _, err := h.ring.NewDataKey(j.Subjects[0], time.Now())
	if err != nil {
		return err
	}
	phone := row[pii.Phone]
	t := tucked{one: phone, many: []pii.Value{phone, row[pii.Name]}, row: row, any: phone, ptr: &phone}
	all := []any{
		phone, &phone, row, &row, key, &key, a, &a, a.Results, t, &t, []pii.Value{phone}, [1]pii.Value{phone}, h.ring, h.vault,
		door.Lookup{Value: phone}, door.Inbound{Value: phone}, door.Enrolment{Rows: []vault.Row{row}},
		dial.Call{Number: phone}, casework.Filing{Contacted: phone, Said: row[pii.Name]},
		fault.Wrap(fault.Invalid, "bad-request", fmt.Errorf("with %v", phone)), map[string]any{"x": phone}, struct{ V any }{t},
	}
	ready := make(chan struct{})
	for range 3 {
		go held(ready, phone, row, phone.Reveal(), []byte(row[pii.Name].Reveal()), a, t)
		<-ready
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	jlog := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	for _, x := range all {
		log.Error("x", "value", x)
		jlog.Error("x", "value", x)
		b, err := json.Marshal(x)
		fmt.Printf("%s %v\n", b, err)
	}
	switch j.Point {
	case "printed":
		var text strings.Builder
		for _, x := range all {
			fmt.Fprintf(&text, "%v %+v %#v %x %X %q %s %d %T\n", x, x, x, x, x, x, x, x, x)
		}
		panic(text.String())
	case "value":
		panic(phone)
	case "struct":
		panic(t)
	case "row":
		panic(row)
	case "error":
		panic(fault.Wrap(fault.Internal, "internal", fmt.Errorf("%v %+v", t, row)))
	case "nil map":
		var none vault.Row
		//lint:ignore SA5000 the child is to die here
		none[pii.Field(j.Point)] = phone
	case "index":
		fmt.Println(t.many[len(a.Results)+len(j.Point)])
	case "revealed": // what must be seen if it is there
		panic(phone.Reveal())
	}
	return nil
}

// opens reads the first subject's values as the job's agent.
func (h *parts) opens(ctx context.Context, j job) (door.Answer, error) {
	p, org, _, err := h.db.Person(ctx, j.Agents[0])
	if err != nil {
		return door.Answer{}, err
	}
	who := party.Principal{Person: p, Org: org, StepUp: time.Now()}
	a, err := h.door.Disclose(ctx, who, read(j.Works[0], j.Form, j.Subjects[0]))
	if err == nil && !a.Results[0].Shown {
		err = fmt.Errorf("refused: %s", a.Results[0].Reasons[0].ID)
	}
	return a, err
}

// TestI8PanicsShowNoValue lets processes that hold opened values print them by
// accident and die, with traces of every goroutine.
func TestI8PanicsShowNoValue(t *testing.T) {
	h := newHouse(t, "", 1, 3, options{})
	h.allowPlain()
	j := h.job(pii.Plain, "")
	h.close()
	points := []string{"revealed", "printed", "value", "struct", "row", "error", "nil map", "index"}
	if testing.Short() {
		points = points[:4]
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			j.Point = point
			out, code := dies(t, "panic", j)
			if code != 2 || !bytes.Contains(out, []byte("goroutine ")) || bytes.Count(out, []byte("hold.held(")) < 3 {
				t.Fatalf("exit code %d; no traces of the goroutines that hold values: %.600s", code, out)
			}
			if point == "revealed" {
				if found(out) == nil {
					t.Error("a value in a panic is not seen: the others would prove nothing")
				}
				return
			}
			clean(t, "the output of a panic", out)
		})
	}
}

// dies runs a child's part to its end.
func dies(t testing.TB, part string, j job) (out []byte, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "HOLD_CHILD="+part, "GOTRACEBACK=all")
	cmd.Stdin = bytes.NewReader(in)
	out, _ = cmd.CombinedOutput()
	return out, cmd.ProcessState.ExitCode()
}
