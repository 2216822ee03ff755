package port

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pgwire/pgwiretest"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

const corpus = "../../internal/pgwire/testdata/noninterference"

// generous are caps that a run over the corpus does not use up.
func generous(c *door.Caps) {
	for _, f := range []pii.Form{pii.Token, pii.Masked, pii.Plain} {
		c.Person[f], c.Org[f] = 1e9, 1e9
	}
	c.Requests, c.Refused, c.Lookups, c.Limits = 1e9, 1e9, 1e9, nil
}

// worlds is one company, kept as it was when both worlds were the same: its database's
// files and Goldbell's.
type worlds struct {
	*house
	cluster *pgtest.Cluster
	kept    string
	users   []authn.IssuedLogin // one for each thing that is tried
}

func (w *worlds) copyTree(from, to string) {
	w.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
}

// hire gives n agents a login each, over customers 1 to 20: who tries much has his work
// frozen, and is slowed, so everything is tried by somebody else.
func (w *worlds) hire(n int) {
	w.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	for i := range n {
		p := w.agent.Person
		p.ID, p.Stamp = pii.PersonID(fmt.Sprintf("b%03d", i)), pii.Stamp{}
		w.append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: &p}}})
		w.agent = party.Principal{Person: p, Org: w.agent.Org, StepUp: now}
		l, err := w.srv.Authn().IssueLogin(context.Background(), w.agent, authn.LoginAsk{
			Purpose: "telesales", Work: w.work(1, 20), Form: pii.Plain, Life: 12 * time.Hour,
		})
		w.ok(err)
		w.users = append(w.users, l)
	}
}

// makeWorlds enrols a company, gives agents their logins, and keeps everything as it is
// then.
func makeWorlds(t *testing.T, blocks []pgwiretest.Block) *worlds {
	w := &worlds{cluster: pgtest.New(t)}
	w.house = build(t, plans{customers: 200, dsn: w.cluster.Database(t), caps: generous})
	w.do(`CREATE TABLE public.plain AS SELECT id, company FROM public.customer; ALTER TABLE public.plain ADD PRIMARY KEY (id)`)
	_, err := w.srv.Postgres().Enrol(context.Background(), w.agent, newID(), httpapi.PostgresAsk{DSN: w.raw, Table: "public.plain", Open: true, Show: []string{"company"}})
	w.ok(err)
	w.hire(len(blocks) + len(pgwiretest.Tricks) + 1)
	w.stop()
	w.kept = filepath.Join(filepath.Dir(w.cluster.DataDir()), "kept")
	w.ok(os.Mkdir(w.kept, 0o700))
	w.cluster.Stop(t)
	w.copyTree(w.cluster.DataDir(), filepath.Join(w.kept, "cluster"))
	w.copyTree(filepath.Dir(w.places.Data), filepath.Join(w.kept, "goldbell"))
	w.cluster.Start(t)
	return w
}

// enter goes back to what was kept, gives customer 150 her number, and opens the port.
func (w *worlds) enter(t *testing.T, phone string) {
	t.Helper()
	w.stop()
	w.cluster.Stop(t)
	w.ok(os.RemoveAll(w.cluster.DataDir()))
	w.copyTree(filepath.Join(w.kept, "cluster"), w.cluster.DataDir())
	ours := filepath.Dir(w.places.Data)
	w.ok(os.RemoveAll(ours))
	w.copyTree(filepath.Join(w.kept, "goldbell"), ours)
	w.cluster.Start(t)
	w.do("UPDATE public.customer SET phone = '" + phone + "' WHERE id = 150")
	for _, table := range []string{"customer", "plain"} {
		w.do("VACUUM (FULL, ANALYZE) public." + table)
	}
	w.open()
	w.adopt(200)
	w.serve(server.PortOptions{})
}

func (w *worlds) dsn(i int) string {
	l := w.users[i]
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", l.Name, l.Password, w.addr, l.Name)
}

// volatile is what depends on who came first, or on when.
var volatile = regexp.MustCompile(`pg_temp_[0-9]+|pg_toast_temp_[0-9]+`)

// play plays everything there is to one world, and keeps what came back by name.
func (w *worlds) play(t *testing.T, blocks []pgwiretest.Block, world pgwiretest.World) map[string][]byte {
	t.Helper()
	got := map[string][]byte{}
	keep := func(name string, b []byte, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got[name] = pgwiretest.Level(volatile.ReplaceAll(b, []byte("pg_temp")))
	}
	for i, b := range blocks {
		out, err := b.Play(w.dsn(i), world)
		keep(b.Name, out, err)
	}
	for i, trick := range pgwiretest.Tricks {
		out, err := trick.Run(w.dsn(len(blocks)+i), world)
		keep(trick.Name, out, err)
	}
	for name := range pgwiretest.Starts("postgres://x") {
		if _, err := pgx.Connect(context.Background(), pgwiretest.Starts(w.dsn(0))[name]); err == nil {
			t.Errorf("%s: signed in", name)
		}
	}
	return got
}

// TestI4_TwoWorldsThroughTheDoor plays the corpus to the real server in two worlds that
// differ in one protected value: a client who may not see it cannot tell them apart.
func TestI4_TwoWorldsThroughTheDoor(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the corpus twice")
	}
	blocks, err := pgwiretest.Corpus(os.DirFS(corpus))
	if err != nil {
		t.Fatal(err)
	}
	w := makeWorlds(t, blocks)
	world := pgwiretest.World{A: "13900000150", B: "13911112222", Prefix: "~" + w.table + ":"}
	var got [2]map[string][]byte
	for i, phone := range []string{world.A, world.B} {
		w.enter(t, phone)
		got[i] = w.play(t, blocks, world)
		if err := w.holesNow(); err != "" {
			t.Errorf("after the corpus the port does not serve: %s", err)
		}
		c := w.connect(w.dsn(len(w.users) - 1))
		if rows, err := query(c, "SELECT phone FROM customer WHERE id IN (7, 150) ORDER BY id"); err != nil || fmt.Sprint(rows) != "[13900000007 ***]" {
			t.Errorf("after the corpus: %v, %v", rows, err)
		}
	}
	for name, a := range got[0] {
		if b := got[1][name]; !bytes.Equal(a, b) {
			t.Errorf("%s: the worlds differ:\n%q\n%q", name, a, b)
		}
		if os.Getenv("GOLDBELL_SHOW") != "" {
			fmt.Printf("%s\n   %q\n", name, a)
		}
	}
	if len(got[0]) < 450 {
		t.Errorf("only %d blocks and tricks were played", len(got[0]))
	}
}

// holesNow is what a check finds now.
func (w *worlds) holesNow() string {
	holes, err := w.srv.Postgres().Check(context.Background())
	if err != nil {
		return err.Error()
	}
	if len(holes) > 0 {
		return fmt.Sprint(holes)
	}
	return ""
}
