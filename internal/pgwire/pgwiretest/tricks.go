package pgwiretest

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Trick is something done with raw messages.
type Trick struct {
	Name string
	Play func(c *Client, w World)
}

func (t Trick) Run(dsn string, w World) ([]byte, error) {
	c, err := Dial(dsn)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	t.Play(c, w)
	return c.Got, nil
}

const one = "SELECT id, phone FROM customer WHERE id = 150"

func parse(name, sql string, types ...int32) []byte {
	parts := []any{name, sql, int16(len(types))}
	for _, t := range types {
		parts = append(parts, t)
	}
	return Message('P', parts...)
}

// bind binds text parameters; format is of the results.
func bind(portal, statement string, format int16, values ...string) []byte {
	parts := []any{portal, statement, int16(0), int16(len(values))}
	for _, v := range values {
		parts = append(parts, int32(len(v)), []byte(v))
	}
	return Message('B', append(parts, int16(1), format)...)
}

func execute(portal string, rows int32) []byte { return Message('E', portal, rows) }

var (
	sync  = Message('S')
	flush = Message('H')
)

func describe(what byte, name string) []byte { return Message('D', what, name) }
func shut(what byte, name string) []byte     { return Message('C', what, name) }

// Tricks are what a hostile client tries beside SQL.
var Tricks = []Trick{
	{"binary format of everything", func(c *Client, w World) {
		c.Send(parse("", one), bind("", "", 1), describe('P', ""), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"result formats one by one", func(c *Client, w World) {
		c.Send(parse("", one), Message('B', "", "", int16(0), int16(0), int16(2), int16(0), int16(1)), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"more result formats than columns", func(c *Client, w World) {
		c.Send(parse("", one), Message('B', "", "", int16(0), int16(0), int16(3), int16(0), int16(1), int16(1)), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"described and never executed", func(c *Client, w World) {
		c.Send(parse("s", "SELECT id FROM customer WHERE phone = $1"), describe('S', "s"), sync)
		c.Until('Z', 1)
	}},
	{"bound value, right number", func(c *Client, w World) {
		c.Send(parse("", "SELECT id FROM customer WHERE phone = $1"), bind("", "", 0, w.A), execute("", 0), sync)
		c.Until('Z', 1)
		c.Send(parse("", "SELECT id FROM customer WHERE phone = $1"), bind("", "", 0, w.B), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"bound value, declared as varchar and as name", func(c *Client, w World) {
		for _, oid := range []int32{1043, 19, 25, 20, 1009} {
			c.Send(parse("", "SELECT count(*) FROM customer WHERE phone = $1", oid), bind("", "", 0, w.A), execute("", 0), sync)
			c.Until('Z', 1)
		}
	}},
	{"bound array", func(c *Client, w World) {
		c.Send(parse("", "SELECT id FROM customer WHERE phone = ANY ($1)"), bind("", "", 0, "{"+w.A+","+w.B+"}"), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"bound array, binary and broken", func(c *Client, w World) {
		b := binary.BigEndian.AppendUint32(nil, 1)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 200, 0, 0, 0, 1)
		c.Send(parse("", "SELECT id FROM customer WHERE phone = ANY ($1)", 1009),
			Message('B', "", "", int16(1), int16(1), int16(1), int32(len(b)), b, int16(0)), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"portal read row by row", func(c *Client, w World) {
		c.Send(parse("", "SELECT id, phone FROM customer WHERE id BETWEEN 149 AND 151 ORDER BY id"), bind("p", "", 0),
			execute("p", 1), execute("p", 1), execute("p", 1), execute("p", 1), sync)
		c.Until('Z', 1)
	}},
	{"portal suspended across statements", func(c *Client, w World) {
		c.Query("BEGIN")
		c.Send(parse("", one+" UNION ALL SELECT id, phone FROM customer WHERE id = 151"), bind("p", "", 0), execute("p", 1), sync)
		c.Until('Z', 1)
		c.Query("SELECT 1")
		c.Send(execute("p", 0), sync)
		c.Until('Z', 1)
	}},
	{"many statements in flight", func(c *Client, w World) {
		var all []byte
		for i := range 60 {
			id := 1 + i*7%20
			if i%4 == 3 {
				id = 150
			}
			all = append(all, parse("", fmt.Sprintf("SELECT phone, %d FROM customer WHERE id = %d", i, id))...)
			all = append(all, bind("", "", int16(i%2))...)
			all = append(all, execute("", 0)...)
			all = append(all, sync...)
		}
		c.Send(all)
		c.Until('Z', 60)
	}},
	{"error in the middle of a pipeline", func(c *Client, w World) {
		c.Send(parse("", one), bind("", "", 0), execute("", 0), parse("", "SELECT 1 / 0"), bind("", "", 0), execute("", 0),
			parse("", one), bind("", "", 0), execute("", 0), sync, Message('Q', one))
		c.Until('Z', 2)
	}},
	{"simple query among extended ones", func(c *Client, w World) {
		c.Send(parse("", one), bind("", "", 0), Message('Q', one), execute("", 0), sync)
		c.Until('Z', 2)
	}},
	{"flush instead of sync", func(c *Client, w World) {
		c.Send(parse("", one), bind("", "", 0), describe('P', ""), execute("", 0), flush)
		c.Until('C', 1)
		c.Send(sync)
		c.Until('Z', 1)
	}},
	{"the name means another table between Parse and Bind", func(c *Client, w World) {
		c.Send(parse("s", "SELECT phone FROM customer"), sync)
		c.Until('Z', 1)
		c.Query("CREATE TEMP TABLE customer AS SELECT '" + w.A + "'::text AS phone")
		c.Send(bind("", "s", 0), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"the search path changes between Parse and Bind", func(c *Client, w World) {
		c.Send(parse("s", "SELECT phone FROM customer WHERE id = 150"), sync)
		c.Until('Z', 1)
		c.Query("SET search_path = public")
		c.Send(bind("", "s", 0), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"a statement's name used again", func(c *Client, w World) {
		c.Send(parse("s", "SELECT company FROM customer WHERE id = 150"), parse("s", one), bind("", "s", 0), execute("", 0), sync)
		c.Until('Z', 1)
		c.Send(shut('S', "s"), parse("s", one), bind("", "s", 1), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"function call", func(c *Client, w World) {
		for _, oid := range []int32{1258, 2078, 1376} { // textcat, set_config, and one there is not
			c.Send(Message('F', oid, int16(0), int16(2), int32(len(w.A)), []byte(w.A), int32(1), []byte("x"), int16(0)))
			c.Until('Z', 1)
		}
	}},
	{"copy out, extended", func(c *Client, w World) {
		c.Send(parse("", "COPY (SELECT phone FROM customer WHERE id = 150) TO STDOUT"), bind("", "", 0), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"copy in, ended early", func(c *Client, w World) {
		c.Query("CREATE TEMP TABLE t (p text)")
		c.Send(Message('Q', "COPY t FROM STDIN"))
		c.Until('G', 1)
		c.Send(Message('d', []byte("x\n")), Message('f', "no"))
		c.Until('Z', 1)
		c.Send(Message('d', []byte("x\n")), Message('c'), Message('Q', one))
		c.Until('Z', 1)
	}},
	{"copy in, extended, with syncs inside", func(c *Client, w World) {
		c.Query("CREATE TEMP TABLE t (p text)")
		c.Send(parse("", "COPY t FROM STDIN"), bind("", "", 0), execute("", 0), sync)
		c.Until('G', 1)
		c.Send(Message('d', []byte("x\n")), Message('c'), sync)
		c.Until('Z', 1)
		c.Query("SELECT * FROM t")
	}},
	{"copy in, extended, that fails", func(c *Client, w World) {
		c.Query("CREATE TEMP TABLE t (p int)")
		c.Send(parse("", "COPY t FROM STDIN"), bind("", "", 0), execute("", 0), sync)
		c.Until('G', 1)
		c.Send(Message('d', []byte("x\n")), Message('c'), sync)
		c.Until('Z', 1)
		c.Query(one)
	}},
	{"another message during a copy", func(c *Client, w World) {
		c.Query("CREATE TEMP TABLE t (p text)")
		c.Send(Message('Q', "COPY t FROM STDIN"))
		c.Until('G', 1)
		c.Send(Message('Q', one))
		c.Until('Z', 1)
	}},
	{"cancelled", func(c *Client, w World) {
		c.Send(Message('Q', "DO $$ BEGIN RAISE NOTICE 'begun'; PERFORM pg_sleep(60) FROM customer WHERE id = 150; END $$"))
		c.Until('N', 1)
		Cancel(c.Conn.RemoteAddr(), c.PID, c.Secret)
		c.Until('Z', 1)
		c.Got = nil // where it was cancelled is chance
		c.Query(one)
	}},
	{"cancelled with a wrong secret", func(c *Client, w World) {
		Cancel(c.Conn.RemoteAddr(), c.PID, []byte{0, 0, 0, 0})
		c.Query(one)
	}},
	{"encoding changed", func(c *Client, w World) {
		c.Query("SET client_encoding = 'LATIN1'")
		c.Query(one)
	}},
	{"strings that may escape", func(c *Client, w World) {
		c.Query("SET standard_conforming_strings = off")
		c.Query(one)
	}},
	{"a length that lies: short", func(c *Client, w World) {
		m := Message('Q', one)
		binary.BigEndian.PutUint32(m[1:], 10)
		c.Send(m)
		c.Until('Z', 2)
	}},
	{"a length that lies: negative", func(c *Client, w World) {
		m := Message('Q', one)
		binary.BigEndian.PutUint32(m[1:], 1<<32-1)
		c.Send(m)
		c.Until('Z', 1)
	}},
	{"a text without an end", func(c *Client, w World) {
		c.Send(Message('Q', []byte(one)))
		c.Until('Z', 1)
	}},
	{"a text with an end inside", func(c *Client, w World) {
		c.Send(Message('Q', "SELECT 1", one))
		c.Until('Z', 1)
	}},
	{"a message there is not", func(c *Client, w World) {
		c.Send(Message('~', one))
		c.Until('Z', 1)
	}},
	{"a row limit of one on everything", func(c *Client, w World) {
		for _, sql := range []string{one, "SELECT phone FROM customer WHERE phone = '" + w.A + "' OR id = 150", "SELECT 1 FROM customer WHERE left(phone, 4) = '1391'"} {
			c.Send(parse("", sql), bind("", "", 1), execute("", 1), execute("", 1), execute("", 0), sync)
			c.Until('Z', 1)
		}
	}},
	{"a portal described before and after", func(c *Client, w World) {
		c.Send(parse("", one), bind("p", "", 0), describe('P', "p"), execute("p", 0), describe('P', "p"), execute("p", 0), shut('P', "p"), sync)
		c.Until('Z', 1)
	}},
	{"names that are values", func(c *Client, w World) {
		c.Send(parse(w.A, one), describe('S', w.A), bind(w.B, w.A, 0), execute(w.B, 0), shut('S', w.A), sync)
		c.Until('Z', 1)
	}},
	{"portals and statements there are not", func(c *Client, w World) {
		c.Send(bind("", "none", 0), sync, execute("none", 0), sync, describe('S', "none"), sync, describe('P', "none"), sync, shut('S', "none"), sync)
		c.Until('Z', 5)
	}},
	{"bound placeholder", func(c *Client, w World) {
		for _, sql := range []string{"SELECT $1::text", "SELECT id FROM customer WHERE phone = $1", "SELECT id FROM customer WHERE phone || '' = $1::text"} {
			c.Send(parse("", sql), bind("", "", 0, w.Prefix+"p:150~"), execute("", 0), sync)
			c.Until('Z', 1)
		}
	}},
	{"bound placeholder, binary, stored", func(c *Client, w World) {
		v := w.Prefix + "p:150~"
		c.Send(parse("", "UPDATE plain SET company = $1 WHERE id = 150"),
			Message('B', "", "", int16(1), int16(1), int16(1), int32(len(v)), []byte(v), int16(0)), execute("", 0), sync)
		c.Until('Z', 1)
		c.Query("SELECT company FROM plain WHERE id = 150")
	}},
	{"one parameter for a value and for a sum", func(c *Client, w World) {
		c.Send(parse("", "SELECT id, $1::text FROM customer WHERE phone = $1 OR company = $1"), bind("", "", 0, w.A), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"too few and too many parameters", func(c *Client, w World) {
		for _, v := range [][]string{{}, {w.A, w.B}} {
			c.Send(parse("", "SELECT id FROM customer WHERE phone = $1"), bind("", "", 0, v...), execute("", 0), sync)
			c.Until('Z', 1)
		}
	}},
	{"null for the value", func(c *Client, w World) {
		c.Send(parse("", "SELECT id FROM customer WHERE phone = $1"), Message('B', "", "", int16(0), int16(1), int32(-1), int16(0)), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"formats that lie", func(c *Client, w World) {
		c.Send(parse("", "SELECT id FROM customer WHERE phone = $1"), Message('B', "", "", int16(2), int16(0), int16(1), int16(1), int32(3), []byte("139"), int16(0)), execute("", 0), sync)
		c.Until('Z', 1)
		c.Send(parse("", one), bind("", "", 7), execute("", 0), sync)
		c.Until('Z', 1)
	}},
	{"a statement that ends the transaction in a pipeline", func(c *Client, w World) {
		for _, sql := range []string{"BEGIN", one, "COMMIT", "SELECT count(*) FROM customer WHERE phone = '" + w.A + "'"} {
			c.Send(parse("", sql), bind("", "", 0), execute("", 0))
		}
		c.Send(sync)
		c.Until('Z', 1)
	}},
	{"simple queries in a row without waiting", func(c *Client, w World) {
		c.Send(Message('Q', one), Message('Q', "SELECT 1 / 0"), Message('Q', "SELECT id FROM customer WHERE phone = '"+w.A+"'"), Message('Q', ""))
		c.Until('Z', 4)
	}},
	{"a cursor of SQL read by a portal", func(c *Client, w World) {
		c.Query("BEGIN")
		c.Query("DECLARE c CURSOR FOR SELECT id, phone FROM customer WHERE id IN (149, 150) ORDER BY id")
		c.Send(bind("p", "", 0), sync)
		c.Until('Z', 1)
		c.Send(describe('P', "c"), execute("c", 1), sync)
		c.Until('Z', 1)
	}},
	{"a cursor of SQL executed over the wire", func(c *Client, w World) {
		c.Query("BEGIN")
		c.Query("DECLARE c BINARY CURSOR FOR SELECT phone FROM customer WHERE id = 150")
		c.Send(execute("c", 0), sync)
		c.Until('Z', 1)
	}},
	{"function call of a string function", func(c *Client, w World) {
		sql := "SELECT phone FROM customer WHERE id = 150"
		c.Send(Message('F', int32(2923), int16(0), int16(4), int32(len(sql)), []byte(sql), int32(1), []byte("t"), int32(1), []byte("f"), int32(0), int16(0))) // query_to_xml
		c.Until('Z', 1)
		c.Send(Message('F', int32(3455), int16(0), int16(0), int16(1))) // current user's settings, or nothing
		c.Until('Z', 1)
	}},
	{"copy data without a copy", func(c *Client, w World) {
		c.Send(Message('d', []byte("x")), Message('c'), Message('Q', one))
		c.Until('Z', 1)
	}},
	{"copy both, asked for", func(c *Client, w World) {
		c.Query("START_REPLICATION SLOT x LOGICAL 0/0")
		c.Query("IDENTIFY_SYSTEM")
		c.Query("BASE_BACKUP")
	}},
	{"a password message in a session", func(c *Client, w World) {
		c.Send(Message('p', w.A))
		c.Until('Z', 1)
	}},
	{"a notification that comes between", func(c *Client, w World) {
		c.Query("LISTEN n")
		c.Send(parse("", "SELECT pg_notify('n', CASE WHEN phone = '"+w.A+"' THEN 'yes' ELSE 'no' END) FROM customer WHERE id = 150"), bind("", "", 0), execute("", 0), sync)
		c.Until('Z', 1)
		c.Query("SELECT 1")
	}},
	{"a statement of many kilobytes", func(c *Client, w World) {
		c.Query("SELECT /*" + strings.Repeat("x", 100_000) + "*/ id, phone FROM customer WHERE id = 150 OR phone = '" + w.A + "'")
	}},
	{"settings by start-up kept through a reset", func(c *Client, w World) {
		c.Query("SET search_path = public; RESET ALL; SHOW search_path")
		c.Query("DISCARD ALL")
		c.Query(one)
	}},
	{"a start-up message in a session", func(c *Client, w World) {
		c.Send([]byte{0, 0, 0, 8, 4, 210, 22, 47})
		c.Until('Z', 1)
	}},
}

// Cancel sends a cancel request.
func Cancel(to net.Addr, pid uint32, secret []byte) {
	c, err := net.DialTimeout(to.Network(), to.String(), patience)
	if err != nil {
		return
	}
	defer c.Close()
	b := []byte{0, 0, 0, 16, 4, 210, 22, 46}
	b = binary.BigEndian.AppendUint32(b, pid)
	_, _ = c.Write(append(b, secret...))
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = c.Read(make([]byte, 1)) // the port closes when it is done
}

// Starts are start-up attempts, each with what its answer begins with.
func Starts(dsn string) map[string]string {
	add := func(name, value string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			return dsn
		}
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	return map[string]string{
		"replication of the database": add("replication", "database"),
		"physical replication":        add("replication", "true"),
		"options":                     add("options", "-c search_path=public"),
		"search path":                 add("search_path", "public"),
		"encoding":                    add("client_encoding", "GB18030"),
		"role":                        add("role", "postgres"),
		"another parameter":           add("session_replication_role", "replica"),
	}
}
