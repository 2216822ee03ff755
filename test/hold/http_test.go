package hold

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

// TestI1_ThousandClientsOverHTTP is [TestI1_ThousandClients] from outside: every 200
// has exactly one entry, as somebody counts who has only the exported tiles, and no
// agent is shown more customers than his budget holds.
func TestI1_ThousandClientsOverHTTP(t *testing.T) {
	clients := 1000
	if testing.Short() {
		clients = 60
	}
	const agents, own, budget, each = 20, 50, 40, 3
	onEach(t, func(t *testing.T, dsn string) {
		dir := t.TempDir()
		s := serve(t, dir, dsn)
		s.stop()
		caps := openCaps()
		caps.Person[pii.Masked] = budget
		s.ok(server.UpdateSettings(s.dir.Data, func(x *server.Settings) { x.Caps = *caps }))
		s.open()
		ids := s.customers(agents * own)
		works := make([]string, agents)
		for i := range agents {
			works[i] = s.agent(i, ids[own*i:own*(i+1)])
		}
		before := len(s.exported(filepath.Join(dir, "before")))
		c := &crowd{surface: s, answers: map[string]uint64{}, shown: map[int]map[string]bool{}}
		var wg sync.WaitGroup
		for n := range clients {
			wg.Go(func() {
				i := n % agents
				for k := range each {
					id := ids[own*i+(n/agents*each+k)%own]
					if (n+k)%3 == 0 {
						id = ids[(own*i+777)%len(ids)] // another's customer
					}
					c.ask(i, works[i], id)
				}
			})
		}
		wg.Wait()
		c.check(s.exported(filepath.Join(dir, "after"))[before:], budget)
		t.Logf("%d shown, %d refused", len(c.answers), c.refused)
		if len(c.answers) == 0 || c.refused == 0 {
			t.Error("nothing was tested")
		}
	})
}

// customers stores n customers and returns their ids.
func (s *surface) customers(n int) (ids []string) {
	s.t.Helper()
	rows := make([]o, n)
	for i := range rows {
		rows[i] = o{"fields": o{"name": fmt.Sprintf("王小%c", '一'+rune(i)), "phone": fmt.Sprintf("137%08d", i)}}
	}
	imp := s.post("/v1/imports", "import", o{"sha256": hex.EncodeToString(bytes.Repeat([]byte{7}, 32))}).want(201).text("id")
	var out struct{ Results []struct{ Subject string } }
	s.post("/v1/subjects", "import", o{"import": imp, "rows": rows}).want(201).into(&out)
	for _, r := range out.Results {
		ids = append(ids, r.Subject)
	}
	return ids
}

// agent hires somebody and gives him a list.
func (s *surface) agent(i int, list []string) (work string) {
	s.t.Helper()
	id := fmt.Sprintf("h%03d", i)
	s.post("/v1/people", "secadmin", o{"id": id, "org": "own", "kind": "staff", "contract_from": "2020-01-01T00:00:00Z", "trained_until": "2099-01-01T00:00:00Z"}).want(200)
	s.signIn(id, s.post("/v1/people/"+id+"/code", "secadmin", nil).want(201).text("code"))
	return s.work(id, "call-task", "telesales", list...)
}

// crowd is what the clients were answered.
type crowd struct {
	*surface
	mu      sync.Mutex
	answers map[string]uint64       // disclosure id → entry
	shown   map[int]map[string]bool // by agent
	refused int
}

func (c *crowd) ask(i int, work, id string) {
	body, err := json.Marshal(o{"form": "masked", "fields": []string{"name", "phone"}, "purpose": "telesales", "work_item": work, "subjects": []string{id}})
	if err != nil {
		c.t.Error(err)
		return
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.base+"/v1/disclosures", bytes.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.tokens[fmt.Sprintf("h%03d", i)])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	var out struct {
		ID    string
		Entry uint64
	}
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode == http.StatusOK {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		c.t.Error(err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch res.StatusCode {
	case http.StatusOK:
		if _, twice := c.answers[out.ID]; twice {
			c.t.Errorf("two answers are disclosure %s", out.ID)
		}
		c.answers[out.ID] = out.Entry
		if c.shown[i] == nil {
			c.shown[i] = map[string]bool{}
		}
		c.shown[i][id] = true
	case http.StatusForbidden, http.StatusTooManyRequests:
		c.refused++
	default:
		c.t.Errorf("status %d", res.StatusCode)
	}
}

// check compares with the entries that came since.
func (c *crowd) check(since [][]byte, budget int) {
	c.t.Helper()
	entries, disclosures := map[string]int{}, 0
	for _, leaf := range since {
		entries[hex.EncodeToString(leaf[2:18])]++
		if proof.Kind(leaf[1]) == proof.KindDisclosure {
			disclosures++
		}
	}
	for id := range c.answers {
		if entries[id] != 1 {
			c.t.Errorf("an answer has %d entries", entries[id])
		}
	}
	if disclosures != len(c.answers) {
		c.t.Errorf("%d disclosures are recorded, %d were answered", disclosures, len(c.answers))
	}
	for i, of := range c.shown {
		if len(of) > budget {
			c.t.Errorf("agent %d was shown %d customers on a budget of %d", i, len(of), budget)
		}
		if !testing.Short() && len(of) != budget {
			c.t.Errorf("agent %d was shown %d customers, his budget is %d and he asked for more", i, len(of), budget)
		}
	}
}

// exported are the leaves as tlog-tiles files hold them, read without Goldbell's
// code: a bundle is of entries, each after its length of two bytes.
func (s *surface) exported(dir string) (leaves [][]byte) {
	s.t.Helper()
	_, err := server.ExportLedger(s.t.Context(), s.dir, dir, nil)
	s.ok(err)
	note, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	s.ok(err)
	var size int
	_, err = fmt.Sscanf(string(bytes.SplitN(note, []byte("\n"), 3)[1]), "%d", &size)
	s.ok(err)
	for n := 0; len(leaves) < size; n++ {
		name := filepath.Join(dir, "tile", "entries", fmt.Sprintf("%03d", n))
		if rest := size - 256*n; rest < 256 {
			name = filepath.Join(name+".p", fmt.Sprint(rest))
		}
		b, err := os.ReadFile(name)
		s.ok(err)
		for len(b) > 0 {
			k := 2 + int(binary.BigEndian.Uint16(b))
			leaves = append(leaves, b[2:k])
			b = b[k:]
		}
	}
	if len(leaves) != size {
		s.t.Fatalf("%d entries are exported of %d", len(leaves), size)
	}
	return leaves
}
