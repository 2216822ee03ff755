package pgwire_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pgwire"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

const (
	prefix   = "~0123456789abcdef:"
	user     = "A-001.telesales"
	password = "gbp_correct-horse"
)

// schema enrols a table by hand, for tests of the protocol: customers 1 to n.
const schema = `
DO $$ BEGIN CREATE ROLE reader_%[1]s LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE public.customer (id bigint PRIMARY KEY, name text, phone text UNIQUE, company text);
INSERT INTO public.customer SELECT g, 'name ' || g, '139' || lpad(g::text, 8, '0'), 'company ' || g %% 7 FROM generate_series(1, %[2]d) g;
CREATE SCHEMA goldbell;
CREATE VIEW goldbell.customer AS SELECT id, '` + prefix + `n:' || id::text || '~' AS name, '` + prefix + `p:' || id::text || '~' AS phone, company FROM public.customer;
CREATE VIEW goldbell.plain AS SELECT id, company FROM public.customer;
GRANT USAGE ON SCHEMA goldbell TO reader_%[1]s;
GRANT SELECT, UPDATE, INSERT ON goldbell.customer, goldbell.plain TO reader_%[1]s;
ALTER ROLE reader_%[1]s SET search_path = goldbell;
`

// book is the door of the protocol's tests: it shows customers 1 to 100, and writes
// down what it was asked before it answers.
type book struct {
	enrolled pgwire.Enrolled
	secret   *enrolment.Verifier

	mu       sync.Mutex
	released []enrolment.Batch
	lookups  []pgwire.Lookup
	failing  error
	failures int
	over     bool
	ended    bool
	unsafe   error
	hold     chan struct{}
	asked    chan struct{} // gets one when the door is asked while it is held
}

func (b *book) Enrolled(context.Context, pgwire.Login, bool) (pgwire.Enrolled, error) {
	return b.enrolled, nil
}

func (b *book) Serving(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unsafe
}

func (b *book) Login(_ context.Context, name, _ string) (pgwire.Login, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name != user || b.ended {
		return pgwire.Login{}, false, nil
	}
	return pgwire.Login{
		ID: "1", User: user, Principal: party.Principal{Person: party.Person{ID: "A-001"}}, Purpose: "telesales",
		Until: time.Now().Add(time.Hour), Secret: b.secret,
	}, true, nil
}

func (b *book) Failed(context.Context, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
}

func (b *book) Release(ctx context.Context, _ pgwire.Login, batch enrolment.Batch) ([]enrolment.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hold != nil {
		b.asked <- struct{}{}
		<-b.hold
	}
	if b.failing != nil {
		return nil, b.failing
	}
	batch.Cells = append([]enrolment.Cell(nil), batch.Cells...)
	b.released = append(b.released, batch)
	var answers []enrolment.Answer
	for _, c := range batch.Cells {
		n, err := strconv.Atoi(c.Subject)
		switch {
		case b.over:
			answers = append(answers, enrolment.Answer{Reason: "budget"})
		case err != nil || n < 1 || n > 100:
			answers = append(answers, enrolment.Answer{Reason: "no-grant"})
		case n == 99:
			answers = append(answers, enrolment.Answer{Shown: true, Null: true})
		case c.Column.Name == "name":
			answers = append(answers, enrolment.Answer{Shown: true, Value: pii.NewValue(fmt.Sprintf("name %d", n))})
		default:
			answers = append(answers, enrolment.Answer{Shown: true, Value: pii.NewValue(fmt.Sprintf("139%08d", n))})
		}
	}
	return answers, nil
}

func (b *book) Lookup(_ context.Context, _ pgwire.Login, q pgwire.Lookup) ([][]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing != nil {
		return nil, b.failing
	}
	b.lookups = append(b.lookups, q)
	found := make([][]string, len(q.Values))
	for i, v := range q.Values {
		var n int
		if _, err := fmt.Sscanf(v.Reveal(), "139%08d", &n); err == nil && n >= 1 && n <= 100 {
			found[i] = []string{fmt.Sprintf("%s%s:%d~", prefix, q.Column.Tag, n)}
		}
	}
	return found, nil
}

func (b *book) batches() []enrolment.Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]enrolment.Batch(nil), b.released...)
}

// house is a port in front of a database.
type house struct {
	book *book
	port *pgwire.Port
	addr string
	raw  string // connects past the port, as the owner
}

// setting changes how a house is built.
type setting func(*plans)

type plans struct {
	config pgwire.Config
	dsn    string
	server []string // settings of a server of its own
}

// apart gives the house a server of its own.
func apart(p *plans) { p.dsn = "apart" }

// crowded gives it one that takes many connections, and time to sign in for all.
func crowded(p *plans) {
	p.dsn, p.server = "apart", []string{"max_connections=600"}
	p.config.Limits.SignIn = 2 * time.Minute
}

func open(t *testing.T, customers int, settings ...setting) *house {
	t.Helper()
	p := plans{config: pgwire.Config{Parser: pgwire.Words{}, Clock: time.Now, Rand: rand.Reader, Limits: pgwire.DefaultLimits}}
	p.config.Limits.Recheck = 50 * time.Millisecond
	for _, f := range settings {
		f(&p)
	}
	var dsn string
	if p.dsn == "apart" {
		dsn = pgtest.New(t, p.server...).Database(t)
	} else {
		dsn = pgtest.Start(t)
	}
	ctx := context.Background()
	owner, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(ctx)
	var database string
	if err := owner.QueryRow(ctx, "SELECT current_database()").Scan(&database); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(ctx, fmt.Sprintf(schema, database, customers)); err != nil {
		t.Fatal(err)
	}
	secret, err := pgwire.NewSecret(password, []byte("0123456789abcdef"), pgwire.Iterations)
	if err != nil {
		t.Fatal(err)
	}
	table := &enrolment.Table{
		Database: database, View: "customer", Plain: []string{"id", "company"}, Subject: []enrolment.Key{{Column: "id", Type: "bigint"}},
		Columns: []enrolment.Column{{Name: "name", Tag: "n", Type: "text", Text: true}, {Name: "phone", Tag: "p", Type: "text", Text: true, Find: true}},
	}
	if err := table.ID.UnmarshalText([]byte(prefix[1:17])); err != nil {
		t.Fatal(err)
	}
	b := &book{secret: secret, asked: make(chan struct{}, 100), enrolled: pgwire.Enrolled{
		DSN: strings.Replace(dsn, "postgres@", "reader_"+database+"@", 1), Database: database,
		Tables: enrolment.NewSet([]*enrolment.Table{table}),
	}}
	p.config.Door = b
	port, err := pgwire.New(p.config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- port.Serve(serve, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return &house{book: b, port: port, addr: l.Addr().String(), raw: dsn}
}

func (h *house) dsn() string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", user, password, h.addr, user)
}

func (h *house) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), h.dsn())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// rows reads a query as text.
func rows(t *testing.T, c *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	got, err := tryRows(c, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func tryRows(c *pgx.Conn, sql string, args ...any) ([]string, error) {
	r, err := c.Query(context.Background(), sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, func(r pgx.CollectableRow) (string, error) {
		v, err := r.Values()
		return strings.TrimSuffix(fmt.Sprintln(v...), "\n"), err
	})
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestSelectIsReleased(t *testing.T) {
	h := open(t, 200)
	c := h.connect(t)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec} {
		got := rows(t, c, "SELECT id, phone, company FROM customer WHERE id IN (5, 150) ORDER BY id", mode)
		want := []string{"5 13900000005 company 5", "150 *** company 3"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: got %q, want %q", mode, got, want)
		}
	}
	for _, b := range h.book.batches() {
		if b.Statement == [32]byte{} || b.Rows != 2 || len(b.Cells) != 2 {
			t.Errorf("a batch is described wrongly: %d rows, %d cells", b.Rows, len(b.Cells))
		}
	}
}

// TestNotificationsOfOthers: what the company's own connections notify may hold values;
// sessions hear themselves and each other only.
func TestNotificationsOfOthers(t *testing.T) {
	h := open(t, 10)
	c, other := h.connect(t), h.connect(t)
	rows(t, c, "LISTEN changes")
	change(t, h.raw, "SELECT pg_notify('changes', phone) FROM public.customer WHERE id = 5")
	rows(t, c, "SELECT 1") // the database hands over what waits before it answers
	rows(t, other, "NOTIFY changes, 'from a colleague'")
	change(t, h.raw, "NOTIFY changes, '13900000005'")
	rows(t, c, "NOTIFY changes, 'from myself'")
	for _, want := range []string{"from a colleague", "from myself"} {
		n, err := c.WaitForNotification(context.Background())
		if err != nil || n.Payload != want {
			t.Fatalf("heard %+v, %v; want %q", n, err, want)
		}
	}
}

func TestLookups(t *testing.T) {
	h := open(t, 200)
	c := h.connect(t)
	phone := func(n int) string { return fmt.Sprintf("139%08d", n) }
	for _, q := range []struct {
		sql  string
		args []any
		want string
	}{
		{"SELECT id FROM customer WHERE phone = '" + phone(7) + "'", nil, "[7]"},
		{"SELECT id FROM customer WHERE '" + phone(7) + "' = phone", nil, "[7]"},
		{"SELECT id FROM customer c WHERE c.phone = '" + phone(7) + "'::text AND c.id > 0", nil, "[7]"},
		{"SELECT id FROM customer WHERE phone = $1", []any{phone(8)}, "[8]"},
		{"SELECT id FROM customer WHERE phone = $1", []any{phone(150)}, "[]"},
		{"SELECT id FROM customer WHERE phone = $1", []any{nil}, "[]"},
		{"SELECT id FROM customer WHERE phone IN ($1, $2) ORDER BY id", []any{phone(8), phone(9)}, "[8 9]"},
		{"SELECT id FROM customer WHERE phone IN ($1, '" + phone(10) + "') ORDER BY id", []any{phone(8)}, "[8 10]"},
		{"SELECT id FROM customer WHERE phone = ANY($1) ORDER BY id", []any{[]string{phone(8), phone(9), "x"}}, "[8 9]"},
		{"SELECT id FROM customer WHERE phone = $1 OR company = $1 ORDER BY id", []any{phone(8)}, "[8]"},
		{"SELECT id FROM customer WHERE phone = $1 AND id = $2", []any{phone(8), 8}, "[8]"},
		{"SELECT count(*) FROM customer WHERE phone = '" + phone(150) + "'", nil, "[0]"},
		{"SELECT id FROM customer WHERE phone IN (SELECT goldbell.lookup('phone', $1))", []any{phone(11)}, "[11]"},
		{"SELECT goldbell.lookup('customer.phone', '" + phone(11) + "')", nil, "[13900000011]"},
		{"SELECT a.id FROM customer a JOIN plain b USING (id) WHERE a.phone = '" + phone(12) + "'", nil, "[12]"},
	} {
		modes := []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec}
		if q.args == nil {
			modes = append(modes, pgx.QueryExecModeSimpleProtocol)
		}
		for _, mode := range modes {
			got, err := tryRows(c, q.sql, append([]any{mode}, q.args...)...)
			if err != nil || fmt.Sprint(got) != q.want {
				t.Errorf("%v: %s: got %v (%v), want %s", mode, q.sql, got, err, q.want)
			}
		}
	}
	if len(h.book.lookups) == 0 {
		t.Error("no lookup reached the door")
	}
}

func TestRefusedByTheParser(t *testing.T) {
	h := open(t, 10)
	c := h.connect(t)
	for sql, want := range map[string]string{
		"SELECT id FROM customer WHERE phone LIKE '139%'":                     "0A000",
		"SELECT id FROM customer WHERE phone > '1'":                           "0A000",
		"SELECT id FROM customer WHERE '1' < phone":                           "0A000",
		"SELECT id FROM customer WHERE phone NOT BETWEEN '1' AND '2'":         "0A000",
		"SELECT id FROM customer ORDER BY phone":                              "0A000",
		"SELECT id FROM customer ORDER BY id, lower(name) DESC":               "0A000",
		"UPDATE customer SET phone = '1' WHERE id = 1":                        "42501",
		"INSERT INTO customer (id, phone) VALUES (1000, '1')":                 "42501",
		"INSERT INTO plain (id, company) VALUES (1000, '" + prefix + "p:5~')": "42501",
		"SELECT goldbell.lookup('company', 'x')":                              "42703",
		"SELECT goldbell.lookup()":                                            "42883",
	} {
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec} {
			if _, err := tryRows(c, sql, mode); code(err) != want {
				t.Errorf("%v: %s: %v, want %s", mode, sql, err, want)
			}
		}
	}
	// A refused statement fails its transaction as any other would.
	tx, err := c.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = tryRows(c, "SELECT id FROM customer ORDER BY phone")
	if _, err := tryRows(c, "SELECT 1"); code(err) != "25P02" {
		t.Errorf("after a refused statement: %v", err)
	}
	_ = tx.Rollback(context.Background())
	if got := rows(t, c, "SELECT id FROM customer WHERE id < 3 ORDER BY id"); len(got) != 2 {
		t.Errorf("the session does not go on: %v", got)
	}
	if got := rows(t, c, "UPDATE plain SET company = 'x' WHERE id = 1 RETURNING company"); fmt.Sprint(got) != "[x]" {
		t.Errorf("a write to another column: %v", got)
	}
}

func TestWhoMaySignIn(t *testing.T) {
	h := open(t, 1)
	for _, dsn := range []string{
		strings.Replace(h.dsn(), password, "wrong", 1),
		strings.Replace(h.dsn(), user+":", "nobody:", 1),
	} {
		if _, err := pgx.Connect(context.Background(), dsn); err == nil || !strings.Contains(err.Error(), "28P01") {
			t.Errorf("got %v, want 28P01", err)
		}
	}
	if h.book.failures != 2 {
		t.Errorf("%d failures were counted, want 2", h.book.failures)
	}
	for _, more := range []string{"&replication=database", "&options=-c%20search_path%3Dpublic", "&search_path=public", "&client_encoding=GBK", "&session_preload_libraries=x"} {
		if _, err := pgx.Connect(context.Background(), h.dsn()+more); err == nil {
			t.Errorf("signed in with %s", more)
		}
	}
	c, err := pgx.Connect(context.Background(), h.dsn()+"&application_name=x&timezone=UTC&client_encoding=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close(context.Background())
}

func TestNothingWithoutARecord(t *testing.T) {
	h := open(t, 10)
	c := h.connect(t)
	h.book.mu.Lock()
	h.book.failing = fault.New(fault.Unavailable, "unavailable", "")
	h.book.mu.Unlock()
	got, err := tryRows(c, "SELECT phone FROM customer")
	if code(err) != "58030" || len(got) > 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if !c.IsClosed() {
		t.Error("the session goes on")
	}
}
