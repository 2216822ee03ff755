package hold

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

// servesHTTP is a whole server in a process of its own. At its point, which is on one
// side of the handler or the other, it waits to be killed.
func servesHTTP(j job) error {
	clock := func() time.Time { return time.Now().Add(j.Ahead) }
	srv, err := server.Open(context.Background(), server.Options{Places: j.Places, Clock: clock})
	if err != nil {
		return err
	}
	st := &stops{point: j.Point}
	st.armed.Store(true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st.at("before the request")
		srv.Handler().ServeHTTP(stopWriter{w, st}, r)
	}))
}

// stopWriter stands between the handler and the wire.
type stopWriter struct {
	http.ResponseWriter
	*stops
}

func (w stopWriter) WriteHeader(status int) {
	w.at("before the answer")
	w.ResponseWriter.WriteHeader(status)
}

func (w stopWriter) Write(b []byte) (int, error) {
	w.at("before the answer")
	return w.ResponseWriter.Write(b)
}

func (w stopWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestI1_KilledOverHTTP kills a whole server before it takes a request, when it has
// recorded and not answered, and at random moments in between. Whatever was answered is
// recorded; what was not is answered under its Idempotency-Key by the server that
// starts then, and has one entry.
func TestI1_KilledOverHTTP(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	onEach(t, func(t *testing.T, dsn string) {
		dir := t.TempDir()
		s := serve(t, dir, dsn)
		ids := s.customers(5)
		work := s.agent(1, ids)
		s.stop()
		s.stop = func() {}
		k := &killing{s: s, work: work, rng: rand.New(rand.NewPCG(3, uint64(len(dsn)))), entries: map[string]uint64{}}
		k.round("before the request", ids[0])
		if k.found != 0 {
			t.Error("what was not taken is recorded")
		}
		k.round("before the answer", ids[1])
		if k.found != 1 {
			t.Error("what was recorded and not answered is not found again")
		}
		for n := range rounds {
			k.round("", ids[n%len(ids)])
		}
		counts := map[string]int{}
		leaves := s.exported(filepath.Join(dir, "after"))
		for _, leaf := range leaves {
			counts[hex.EncodeToString(leaf[2:18])]++
		}
		for id, entry := range k.entries {
			if counts[id] != 1 || hex.EncodeToString(leaves[entry][2:18]) != id || proof.Kind(leaves[entry][1]) == proof.KindRefusal {
				t.Errorf("request %s has %d entries; it was told %d", id, counts[id], entry)
			}
		}
		t.Logf("%d rounds: %d answered before the kill, %d recorded and not answered", rounds+2, k.answered, k.found)
	})
}

// killing kills servers and asks those that come after them.
type killing struct {
	s        *surface
	work     string
	rng      *rand.Rand
	n        int
	answered int // before the kill
	found    int // recorded, and answered by the next server
	entries  map[string]uint64
}

func (k *killing) round(point, subject string) {
	k.s.t.Helper()
	k.n++
	key := fmt.Sprint("k", k.n)
	cmd, out := start(k.s.t, "http", job{Places: k.s.dir, Point: point})
	if !out.Scan() {
		k.s.t.Fatal("the server did not start")
	}
	url := "http://" + out.Text()
	type reply struct {
		id    string
		entry uint64
		err   error
	}
	told := make(chan reply, 1)
	go func() {
		id, entry, err := k.ask(url, key, subject)
		told <- reply{id, entry, err}
	}()
	if point != "" {
		if !out.Scan() || out.Text() != "at "+point {
			k.s.t.Fatalf("the server says %q", out.Text())
		}
	} else { // a moment, so that the kill falls anywhere
		<-time.After(time.Duration(k.rng.IntN(40_000)) * time.Microsecond)
	}
	k.s.ok(cmd.Process.Kill())
	killed(k.s.t, cmd)
	first := <-told
	there := k.recorded()

	next, out := start(k.s.t, "http", job{Places: k.s.dir})
	if !out.Scan() {
		k.s.t.Fatal("no server starts after the kill")
	}
	id, entry, err := k.ask("http://"+out.Text(), key, subject)
	k.s.ok(err)
	switch at, recorded := there[id]; {
	case first.err == nil && (!recorded || first.id != id || first.entry != at):
		k.s.t.Errorf("answered as %s in entry %d; recorded %v", first.id, first.entry, recorded)
	case recorded && entry != at:
		k.s.t.Errorf("recorded as entry %d, and answered again as %d", at, entry)
	case first.err == nil:
		k.answered++
	case recorded:
		k.found++
	}
	k.entries[id] = entry
	k.s.ok(next.Process.Kill())
	killed(k.s.t, next)
}

// recorded are the requests in the files, which must verify, and their entries.
func (k *killing) recorded() map[string]uint64 {
	k.s.t.Helper()
	r, err := server.VerifyLedger(k.s.t.Context(), k.s.dir, nil)
	k.s.ok(err)
	if len(r.Faults) > 0 {
		k.s.t.Fatalf("after a kill: %+v", r.Faults[0])
	}
	out := map[string]uint64{}
	for i, leaf := range k.s.exported(filepath.Join(k.s.t.TempDir(), "tiles")) {
		out[hex.EncodeToString(leaf[2:18])] = uint64(i)
	}
	return out
}

// ask reads a name, once.
func (k *killing) ask(url, key, subject string) (id string, entry uint64, err error) {
	body, err := json.Marshal(o{"form": "masked", "fields": []string{"name"}, "purpose": "telesales", "work_item": k.work, "subjects": []string{subject}})
	if err != nil {
		return "", 0, err
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/v1/disclosures", bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+k.s.tokens["h001"])
	r.Header.Set("Idempotency-Key", key)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	res, err := client.Do(r)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return "", 0, err
	}
	var out struct {
		ID    string
		Entry uint64
	}
	if res.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("status %d %s", res.StatusCode, strings.TrimSpace(string(b)))
	}
	err = json.Unmarshal(b, &out)
	return out.ID, out.Entry, err
}
