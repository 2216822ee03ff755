package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

// TestLedgerTable prints what the ledger's appender does beside bare inserts of the
// same bytes, in one run. It asserts nothing.
func TestLedgerTable(t *testing.T) {
	if os.Getenv("BENCH_APPENDER") != "" {
		appender(t)
	}
	if os.Getenv("GOLDBELL_BENCH_LEDGER") == "" {
		t.Skip("set GOLDBELL_BENCH_LEDGER=1, or run make bench-ledger")
	}
	tab := &table{}
	tab.add("measure", "writers", "ledger", "bare", "ratio", "note")
	for _, e := range engines(t) {
		appends(t, tab, e)
		if e.dsn != "" {
			together(t, tab, e)
		}
	}
	fmt.Println(tab)
}

// together measures several processes that append to one PostgreSQL, 64 writers
// each, beside one process.
func together(t *testing.T, tab *table, e engine) {
	dir := t.TempDir()
	e.dsn = pgtest.Start(t)
	_, err := keyring.Create(filepath.Join(dir, "keys"), origin, time.Now(), rand.Reader)
	ok(t, err)
	alone := 0.0
	for _, n := range []int{1, 2, 4} {
		var all sync.WaitGroup
		counts := make([]int, n)
		for i := range n {
			all.Go(func() {
				cmd := exec.Command(os.Args[0], "-test.run=^TestLedgerTable$")
				cmd.Env = append(os.Environ(), "BENCH_APPENDER="+e.dsn, "BENCH_DIR="+dir, "BENCH_KEEPER="+fmt.Sprint(n, "-", i))
				out, err := cmd.Output()
				if err == nil {
					_, err = fmt.Sscan(string(out), &counts[i])
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		sum := 0.0
		for _, c := range counts {
			sum += float64(c) / processSpan.Seconds()
		}
		if n == 1 {
			alone = sum
		}
		tab.add("postgres: entries/s of several processes", fmt.Sprintf("%d × 64", n), fmt.Sprintf("%.0f/s", sum), fmt.Sprintf("%.0f/s", alone), ratio(sum, alone), "baseline: one process")
	}
}

// processSpan is how long each process appends.
const processSpan = 2 * turn

// appender is one of several processes.
func appender(t *testing.T) {
	dir := os.Getenv("BENCH_DIR")
	ring, err := keyring.Open(filepath.Join(dir, "keys"), rand.Reader)
	ok(t, err)
	b := openBook(t, engine{dsn: os.Getenv("BENCH_APPENDER")}, ring, filepath.Join(dir, os.Getenv("BENCH_KEEPER")))
	fmt.Println(hammer(t, 64, processSpan, func(n int) error { return b.append(n, false) }).n)
	b.close()
	os.Exit(0) // the test's own words are not wanted
}

const origin = "bench.invalid/log"

// appends measures Append of a disclosure of one subject, with opening, index rows,
// tree and signature, beside a group commit that inserts the same bytes as one row.
func appends(t *testing.T, tab *table, e engine) {
	book, bare := newBook(t, e), newGroup(t, e)
	for _, writers := range []int{1, 8, 64, 256} {
		var plain, budget, rows []point
		for range rounds { // in turn, so that all meet the same machine
			rows = append(rows, hammer(t, writers, turn, bare.insert))
			plain = append(plain, hammer(t, writers, turn, func(n int) error { return book.append(n, false) }))
			budget = append(budget, hammer(t, writers, turn, func(n int) error { return book.append(n, true) }))
		}
		r, p, b := middle(rows), middle(plain), middle(budget)
		var note, half string
		switch writers {
		case 1:
			most := map[bool]float64{true: 1.5, false: 2.5}[e.name == "sqlite"]
			half = target(fmt.Sprintf("≤ %.1f", most), float64(p.p50) <= most*float64(r.p50))
		case 64, 256:
			note = target("≥ 0.8", p.rate >= 0.8*r.rate)
		}
		tab.add(e.name+": entries/s", fmt.Sprint(writers), rate(p), rate(r), ratio(p.rate, r.rate), note)
		tab.add("  p50", "", us(p.p50), us(r.p50), ratio(float64(p.p50), float64(r.p50)), half)
		tab.add("  p99", "", us(p.p99), us(r.p99), ratio(float64(p.p99), float64(r.p99)), "")
		tab.add("  with two budgets: entries/s", "", rate(b), rate(r), ratio(b.rate, r.rate), "")
	}
}

const (
	rounds = 3
	turn   = time.Second
)

// middle is the round of median rate.
func middle(all []point) point {
	slices.SortFunc(all, func(a, b point) int { return int(a.rate - b.rate) })
	return all[len(all)/2]
}

func us(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

// hammer calls f in a closed loop from as many writers.
func hammer(t *testing.T, writers int, span time.Duration, f func(n int) error) point {
	times := make([][]time.Duration, writers)
	var wait sync.WaitGroup
	start := time.Now()
	for w := range writers {
		wait.Go(func() {
			for n := w; time.Since(start) < span; n += writers {
				began := time.Now()
				if err := f(n); err != nil {
					t.Error(err)
					return
				}
				times[w] = append(times[w], time.Since(began))
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	all := slices.Concat(times...)
	slices.Sort(all)
	if len(all) == 0 {
		t.Fatal("nothing was recorded")
	}
	return point{len(all), float64(len(all)) / took.Seconds(), all[len(all)/2], all[len(all)*99/100]}
}

// people and customers are how many actors and subjects the entries name.
const people, subjects = 100, 100_000

// book is a ledger on a store of its own.
type book struct {
	*ledger.Ledger
	key   keyring.RecordKey
	close func()
}

func newBook(t *testing.T, e engine) *book {
	dir := t.TempDir()
	ring, err := keyring.Create(filepath.Join(dir, "keys"), origin, time.Now(), rand.Reader)
	ok(t, err)
	b := openBook(t, e, ring, dir)
	t.Cleanup(b.close)
	return b
}

func openBook(t *testing.T, e engine, ring *keyring.Ring, dir string) *book {
	config := store.Config{Driver: "sqlite", Path: filepath.Join(dir, "db")}
	if e.dsn != "" {
		config = store.Config{Driver: "postgres", DSN: e.dsn}
	}
	db, err := store.Open(t.Context(), config)
	ok(t, err)
	b := &book{}
	b.key, _, err = ring.NewRecordKey(pii.SubjectID{1}, time.Now())
	ok(t, err)
	b.Ledger, err = ledger.Open(t.Context(), ledger.Config{
		Store: db, Ring: ring, Keeper: ledger.NewKeeper(filepath.Join(dir, "head"), origin),
		Clock: time.Now, Rand: rand.Reader,
	})
	ok(t, err)
	b.close = func() { _ = b.Close(); _ = db.Close() }
	return b
}

// append records a disclosure as the door does.
func (b *book) append(n int, budgets bool) error {
	item := ledger.Item{Entry: b.entry(n)}
	if _, err := rand.Read(item.Request[:]); err != nil {
		return err
	}
	if budgets {
		who := string(item.Entry.Actor)
		of := []pii.Ordinal{item.Entry.Subjects[0].Ordinal}
		until := time.Now().Add(24 * time.Hour)
		item.Entry.Spends = []ledger.Spend{
			{Key: "subjects|" + who, Cap: 1 << 40, Subjects: of, Until: until},
			{Key: "requests|" + who, Cap: 1 << 40, Amount: 1, Until: until},
		}
	}
	r, err := b.Append(context.Background(), item)
	if err == nil {
		r.Close()
	}
	return err
}

func (b *book) entry(n int) ledger.Entry {
	return ledger.Entry{
		Kind: proof.KindDisclosure, Actor: pii.PersonID(fmt.Sprintf("a%04d", n%people)), Org: pii.Own,
		Verb: pii.Read, Form: pii.Masked, Fields: []pii.Field{pii.Name, pii.Phone}, Purpose: "telesales",
		Work: pii.RequestID{byte(n), 1},
		Subjects: []ledger.Subject{{
			Ordinal: pii.Ordinal(1 + n*7919%subjects), Key: b.key, Line: proof.Line{Shown: true, Version: 1, Rule: "staff-assigned"},
		}},
	}
}

// group is the baseline: one table, one writer that inserts what has queued while
// the last commit ran, with the settings of Goldbell's store.
type group struct {
	queue chan *row
	write func(first int, rows []*row) error
	next  int
}

type row struct {
	data []byte
	done chan error
}

// entryBytes is what a leaf and its sealed opening take together.
const entryBytes = 391 + 541

var entryPayload = func() []byte {
	b := make([]byte, entryBytes)
	_, _ = rand.Read(b)
	return b
}()

func newGroup(t *testing.T, e engine) *group {
	g := &group{queue: make(chan *row, 4096)}
	if e.dsn != "" {
		g.postgres(t, e)
	} else {
		g.sqlite(t)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for first := range g.queue {
			batch := []*row{first}
			for len(batch) < 1024 && len(g.queue) > 0 {
				batch = append(batch, <-g.queue)
			}
			err := g.write(g.next, batch)
			g.next += len(batch)
			for _, r := range batch {
				r.done <- err
			}
		}
	}()
	t.Cleanup(func() { close(g.queue); <-stopped })
	return g
}

func (g *group) insert(int) error {
	r := &row{data: entryPayload, done: make(chan error, 1)}
	g.queue <- r
	return <-r.done
}

func (g *group) sqlite(t *testing.T) {
	dsn := "file:" + filepath.Join(t.TempDir(), "bare.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(2048)&_pragma=cache_size(-65536)"
	db, err := sql.Open("sqlite", dsn)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE bare (idx INTEGER NOT NULL PRIMARY KEY, data BLOB NOT NULL) STRICT`)
	ok(t, err)
	conn, err := db.Conn(t.Context())
	ok(t, err)
	stmts := map[int]*sql.Stmt{}
	run := func(n int, args []any) error {
		s := stmts[n]
		if s == nil {
			if s, err = conn.PrepareContext(context.Background(), `INSERT INTO bare (idx, data) VALUES (?, ?)`+strings.Repeat(", (?, ?)", n-1)); err != nil {
				return err
			}
			stmts[n] = s
		}
		_, err := s.Exec(args...)
		return err
	}
	begin, err := conn.PrepareContext(t.Context(), "BEGIN IMMEDIATE")
	ok(t, err)
	commit, err := conn.PrepareContext(t.Context(), "COMMIT")
	ok(t, err)
	g.write = func(first int, rows []*row) error {
		if _, err := begin.Exec(); err != nil {
			return err
		}
		for len(rows) > 0 {
			n := width(len(rows), 1, 8, 64, 256)
			if err := run(n, flat(first, rows[:n])); err != nil {
				return err
			}
			first, rows = first+n, rows[n:]
		}
		_, err := commit.Exec()
		return err
	}
}

func (g *group) postgres(t *testing.T, e engine) {
	conn, err := pgx.Connect(t.Context(), e.bare)
	ok(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `CREATE TABLE grouped (idx BIGINT NOT NULL PRIMARY KEY, data BYTEA NOT NULL)`)
	ok(t, err)
	texts := map[int]string{}
	text := func(n int) string {
		if texts[n] == "" {
			s := `INSERT INTO grouped (idx, data) VALUES ($1, $2)`
			for i := 1; i < n; i++ {
				s += fmt.Sprintf(", ($%d, $%d)", 2*i+1, 2*i+2)
			}
			texts[n] = s
		}
		return texts[n]
	}
	g.write = func(first int, rows []*row) error {
		var b pgx.Batch // one implicit transaction, one round trip
		for len(rows) > 0 {
			n := width(len(rows), 1, 16, 256, 1000)
			b.Queue(text(n), flat(first, rows[:n])...)
			first, rows = first+n, rows[n:]
		}
		return conn.SendBatch(context.Background(), &b).Close()
	}
}

// width is the widest statement that so many rows fill.
func width(n int, of ...int) int {
	best := 1
	for _, w := range of {
		if w <= n {
			best = w
		}
	}
	return best
}

func flat(first int, rows []*row) []any {
	args := make([]any, 0, 2*len(rows))
	for i, r := range rows {
		args = append(args, int64(first+i), r.data)
	}
	return args
}
