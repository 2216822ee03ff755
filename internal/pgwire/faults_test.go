package pgwire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pgwire/pgwiretest"
	"github.com/goldbell/goldbell/internal/pii"
)

// until waits for a condition, looking often.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// TestNoRowBeforeItsRecord holds the door while rows wait: not one may have come.
func TestNoRowBeforeItsRecord(t *testing.T) {
	h := open(t, 100)
	c, err := pgwiretest.Dial(h.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hold := make(chan struct{})
	h.book.hold = hold
	c.Send(pgwiretest.Message('Q', "SELECT phone, id FROM customer ORDER BY id"))
	<-h.book.asked
	var b [1]byte
	_ = c.Conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _ := c.Conn.Read(b[:]); n > 0 {
		t.Errorf("a byte of type %q came while the door was still asked", b[0])
	}
	close(hold)
	if !c.Until('Z', 1) {
		t.Error("no answer after the door had answered")
	}
}

func TestBudgetStopsAStatement(t *testing.T) {
	h := open(t, 3000)
	h.book.mu.Lock()
	h.book.over = true
	h.book.mu.Unlock()
	c := h.connect(t)
	var seen int
	r, err := c.Query(context.Background(), "SELECT phone FROM customer a CROSS JOIN generate_series(1, 400)", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		seen++
		if v, _ := r.Values(); v[0] != "***" {
			t.Fatal("a cell is shown after the budget was used up")
		}
	}
	if code(r.Err()) != "53400" || len(h.book.batches()) != 2 {
		t.Errorf("ended with %v after %d rows and %d batches; want 53400 and 2", r.Err(), seen, len(h.book.batches()))
	}
	if got := rows(t, c, "SELECT 1"); len(got) != 1 {
		t.Error("the session does not go on")
	}
	// What fits one batch is shown masked, without an error.
	if got := rows(t, c, "SELECT phone FROM customer WHERE id < 4"); len(got) != 3 {
		t.Errorf("a small result: %v", got)
	}
}

func TestNoticeOncePerStatement(t *testing.T) {
	h := open(t, 5000)
	var said []string
	config, err := pgx.ParseConfig(h.dsn())
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { said = append(said, n.Message) }
	c, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	rows(t, c, "SELECT phone, name FROM customer")
	if len(said) != 1 || !strings.HasPrefix(said[0], "no-grant: ") {
		t.Errorf("notices: %q", said)
	}
	said = nil
	if _, err := c.Exec(context.Background(), "BEGIN; DECLARE c CURSOR FOR SELECT phone FROM customer WHERE id > 200; FETCH 10 FROM c; FETCH 10 FROM c; COMMIT"); err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 {
		t.Errorf("two statements said %q", said)
	}
}

func TestEndings(t *testing.T) {
	h := open(t, 10)
	ended := func(name string, c *pgx.Conn, want string) {
		t.Helper()
		until(t, name, func() bool { return len(h.port.Sessions()) == 0 })
		if _, err := tryRows(c, "SELECT 1"); code(err) != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	c := h.connect(t)
	rows(t, c, "SELECT phone FROM customer WHERE id < 4")
	all := h.port.Sessions()
	if len(all) != 1 || all[0].Person != "A-001" || all[0].Shown != 3 || all[0].Subjects != 3 || all[0].Rows != 3 {
		t.Fatalf("the operator sees %+v", all)
	}
	if s := all[0]; s.Half <= 0 || s.Most < s.Half || s.Most > time.Hour {
		t.Errorf("half of the statements are said to take %v, most %v", s.Half, s.Most)
	}
	if err := h.port.Kill(all[0].ID); err != nil {
		t.Error(err)
	}
	ended("killed", c, "57P01")
	if err := h.port.Kill(pii.RequestID{1}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a session there is not: %v", err)
	}

	c = h.connect(t)
	h.book.mu.Lock()
	h.book.ended = true
	h.book.mu.Unlock()
	ended("login ended", c, "57P01")
	h.book.mu.Lock()
	h.book.ended = false
	h.book.mu.Unlock()

	c = h.connect(t)
	h.book.mu.Lock()
	h.book.unsafe = fault.New(fault.Unavailable, "pg-check", "")
	h.book.mu.Unlock()
	ended("a way around was found", c, "57P01")
	if _, err := pgx.Connect(context.Background(), h.dsn()); err == nil {
		t.Error("signed in although there is a way around")
	}
}

// TestKilledWhileItWrites ends a session whose client takes nothing.
func TestKilledWhileItWrites(t *testing.T) {
	h := open(t, 100)
	c, err := pgwiretest.Dial(h.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Send(pgwiretest.Message('Q', "SELECT phone, repeat('x', 10000) FROM customer, generate_series(1, 10000)"))
	until(t, "rows", func() bool { s := h.port.Sessions(); return len(s) == 1 && s[0].Rows > 100 })
	if err := h.port.Kill(h.port.Sessions()[0].ID); err != nil {
		t.Fatal(err)
	}
	until(t, "the session is gone", func() bool { return len(h.port.Sessions()) == 0 })
}

// TestSlowAndSilentClients: clients that take nothing or say nothing cost a bounded
// amount of memory and do not hinder others.
func TestSlowAndSilentClients(t *testing.T) {
	if testing.Short() {
		t.Skip("opens many connections")
	}
	h := open(t, 100, func(p *plans) { p.config.Limits.SignIn = 2 * time.Second })
	other := h.connect(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var silent []net.Conn
	for i := range 200 { // never sign in
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			_, _ = c.Write([]byte{0, 0, 0, 100, 0, 3})
		}
		silent = append(silent, c)
	}
	for range 60 { // sign in, ask for much, and take nothing
		c, err := pgwiretest.Dial(h.dsn())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Send(pgwiretest.Message('Q', "SELECT phone, repeat('x', 10000) FROM customer, generate_series(1, 100000)"))
	}
	if got := rows(t, other, "SELECT phone FROM customer WHERE id = 7"); fmt.Sprint(got) != "[13900000007]" {
		t.Errorf("another client got %v", got)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 128<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	for _, c := range silent { // each is hung up on
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal("a client that never signed in is still waited for")
		}
	}
}

func TestManySessions(t *testing.T) {
	if testing.Short() {
		t.Skip("opens many sessions")
	}
	const sessions, each = 500, 3
	h := open(t, 100, crowded)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	all := make(chan struct{}) // closed when every one is there
	var there sync.WaitGroup
	there.Add(sessions)
	go func() { there.Wait(); close(all) }()
	errs := make(chan error, sessions)
	for i := range sessions {
		wg.Go(func() {
			c, err := pgx.Connect(context.Background(), h.dsn())
			there.Done()
			if err != nil {
				errs <- err
				return
			}
			defer c.Close(context.Background())
			<-all
			for k := range each {
				n := (i*each+k)%100 + 1
				want := fmt.Sprintf("%d 139%08d", n, n)
				if n == 99 {
					want = "99 <nil>"
				}
				got, err := tryRows(c, "SELECT id, phone FROM customer WHERE id = $1", n)
				if err != nil || fmt.Sprint(got) != "["+want+"]" {
					errs <- fmt.Errorf("customer %d: %v %v", n, got, err)
					return
				}
			}
		})
	}
	<-all
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 256<<20 {
		t.Errorf("%d sessions and their clients took %d MiB", sessions, grown>>20)
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	until(t, "sessions end", func() bool { return len(h.port.Sessions()) == 0 })
}

// TestLargeMessages: what is too large is refused or passes in pieces.
func TestLargeMessages(t *testing.T) {
	h := open(t, 10, func(p *plans) { p.config.Limits.Large = 8 << 20 })
	c := h.connect(t)
	if got := rows(t, c, "SELECT length($1::text), phone FROM customer WHERE id = 3", strings.Repeat("x", 24<<20)); fmt.Sprint(got) != "[25165824 13900000003]" {
		t.Errorf("a large parameter: %v", got)
	}
	if got := rows(t, c, "SELECT length(repeat('y', 30000000)), repeat('y', 3000000), phone FROM customer WHERE id = 3"); !strings.Contains(got[0], prefix) {
		t.Error("the placeholder of a row too long to read does not stay")
	}
	if got := rows(t, c, "SELECT phone FROM customer WHERE id = 3 AND '"+strings.Repeat("z", 5<<20)+"' <> ''"); fmt.Sprint(got) != "[13900000003]" {
		t.Errorf("a long statement: %v", got)
	}
	if _, err := tryRows(c, "SELECT '"+strings.Repeat("z", 12<<20)+"'", pgx.QueryExecModeSimpleProtocol); code(err) != "53200" {
		t.Errorf("a statement over the share: %v", err)
	}
	c = h.connect(t)
	if _, err := tryRows(c, "SELECT '"+strings.Repeat("z", 17<<20)+"'", pgx.QueryExecModeSimpleProtocol); code(err) != "54000" {
		t.Errorf("a statement over the limit: %v", err)
	}
	if got := rows(t, h.connect(t), "SELECT phone FROM customer WHERE id = 3"); len(got) != 1 {
		t.Error("the share was not given back")
	}
}

// TestTheDatabaseDies: the client hears of it, and gets no row.
func TestTheDatabaseDies(t *testing.T) {
	h := open(t, 100)
	c := h.connect(t)
	rows(t, c, "SELECT phone FROM customer WHERE id = 3")
	change(t, h.raw, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'reader%'")
	if _, err := tryRows(c, "SELECT phone FROM customer"); code(err) != "57P01" {
		t.Errorf("got %v", err)
	}
}

// TestForgedMessages gives the port what no client sends; it hangs up, and others
// are not harmed.
func TestForgedMessages(t *testing.T) {
	h := open(t, 10)
	start := func(s string) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(s)+9))
		return append(append(binary.BigEndian.AppendUint32(b, 3<<16), s...), 0)
	}
	for name, sent := range map[string][]byte{
		"nothing":             {},
		"http":                []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"tls at once":         {0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3},
		"length zero":         {0, 0, 0, 0, 0, 3, 0, 0},
		"length huge":         {0x7f, 255, 255, 255, 0, 3, 0, 0},
		"version 2":           {0, 0, 0, 8, 0, 2, 0, 0},
		"no user":             start("database\x00x\x00"),
		"no end":              {0, 0, 0, 12, 0, 3, 0, 0, 'u', 's', 'e', 'r'},
		"cancel, short":       {0, 0, 0, 12, 4, 210, 22, 46, 0, 0, 0, 0},
		"cancel, wrong":       {0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 1},
		"tls, tls, tls":       bytes.Repeat([]byte{0, 0, 0, 8, 4, 210, 22, 47}, 3),
		"query, not signed":   append(start("user\x00"+user+"\x00"), pgwiretest.Message('Q', "SELECT 1")...),
		"password, no scheme": append(start("user\x00"+user+"\x00"), pgwiretest.Message('p', "x")...),
		"scheme there is not": append(start("user\x00"+user+"\x00"), pgwiretest.Message('p', "MD5", int32(3), []byte("abc"))...),
		"scram, nonsense":     append(start("user\x00"+user+"\x00"), pgwiretest.Message('p', "SCRAM-SHA-256", int32(3), []byte("abc"))...),
		"scram, bound":        append(start("user\x00"+user+"\x00"), pgwiretest.Message('p', "SCRAM-SHA-256-PLUS", int32(30), []byte("p=tls-server-end-point,,n=,r=abcdefghij"))...),
	} {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(sent)
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		got, err := io.ReadAll(c)
		if err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: not hung up on", name)
		}
		if bytes.Contains(got, []byte{'R', 0, 0, 0, 8, 0, 0, 0, 0}) {
			t.Errorf("%s: signed in", name)
		}
		_ = c.Close()
	}
	if got := rows(t, h.connect(t), "SELECT phone FROM customer WHERE id = 3"); len(got) != 1 {
		t.Error("others are harmed")
	}
}

// TestWithoutAParser: conditions act on placeholders, and nothing leaks.
func TestWithoutAParser(t *testing.T) {
	h := open(t, 10, func(p *plans) { p.config.Parser = nil })
	c := h.connect(t)
	if got := rows(t, c, "SELECT id FROM customer WHERE phone = '13900000003'"); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	if got := rows(t, c, "SELECT phone FROM customer WHERE id = 3 ORDER BY phone"); fmt.Sprint(got) != "[13900000003]" {
		t.Errorf("got %v", got)
	}
}

// TestNoPlaceholderIsStored by any of the ways data comes in.
func TestNoPlaceholderIsStored(t *testing.T) {
	h := open(t, 10)
	forged := prefix + "p:5~"
	c := h.connect(t)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
		if _, err := tryRows(c, "UPDATE plain SET company = $1 WHERE id = 1", mode, forged); code(err) != "42501" {
			t.Errorf("%v: bound: %v", mode, err)
		}
	}
	if _, err := c.Exec(context.Background(), "CREATE TEMP TABLE t (p text)"); err != nil {
		t.Fatal(err)
	}
	for cut := range len(forged) {
		raw, err := pgwiretest.Dial(h.dsn())
		if err != nil {
			t.Fatal(err)
		}
		raw.Query("CREATE TEMP TABLE t (p text)")
		raw.Send(pgwiretest.Message('Q', "COPY t FROM STDIN"))
		raw.Until('G', 1)
		raw.Send(pgwiretest.Message('d', []byte("x\n"+forged[:cut])), pgwiretest.Message('d', []byte(forged[cut:]+"\n")), pgwiretest.Message('c'))
		if raw.Until('Z', 1) || !bytes.Contains(raw.Got, []byte("C42501")) {
			t.Errorf("copied in, cut at %d: %q", cut, raw.Got)
		}
		raw.Close()
	}
}
