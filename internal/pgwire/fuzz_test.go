package pgwire

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/pii"
)

func testCatalog(t testing.TB) (*catalog, Enrolled) {
	table := &enrolment.Table{
		Database: "d", View: "customer", Plain: []string{"id", "company"},
		Columns: []enrolment.Column{{Name: "name", Tag: "n", Text: true}, {Name: "phone", Tag: "p", Text: true, Find: true}},
	}
	if err := table.ID.UnmarshalText([]byte("0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	e := Enrolled{Database: "d", Tables: enrolment.NewSet([]*enrolment.Table{table})}
	return newCatalog(e), e
}

func corpus(f *testing.F) []string {
	var all []string
	for _, name := range []string{"expressions", "predicates", "programs", "catalogue"} {
		b, err := os.ReadFile("testdata/noninterference/" + name + ".sql")
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, strings.Split(string(b), "\n\n")...)
	}
	return all
}

// FuzzStatements: whatever the text, reading it ends, and what is sent on keeps what
// no condition covers.
func FuzzStatements(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s)
	}
	c, _ := testCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		tokens, ok := tokens(sql, nil)
		at := 0
		for _, k := range tokens {
			if k.from < at || k.to <= k.from || k.to > len(sql) {
				t.Fatalf("a token from %d to %d after %d", k.from, k.to, at)
			}
			at = k.to
		}
		if !ok {
			return
		}
		p := (Words{}).Read(sql, tokens, c)
		if p == nil || p.refuse != nil {
			return
		}
		none := func(_ place, values []pii.Value) ([][]string, error) { return make([][]string, len(values)), nil }
		for _, parameters := range []bool{false, true} {
			sent, err := p.render(sql, parameters, none)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(sent, sql[:p.first()]) || !strings.HasSuffix(sent, sql[p.last():]) {
				t.Errorf("%q became %q", sql, sent)
			}
		}
	})
}

func (p *plan) first() int {
	n := p.swaps[0].from
	for _, s := range p.swaps {
		n = min(n, s.from)
	}
	return n
}

func (p *plan) last() int {
	n := 0
	for _, s := range p.swaps {
		n = max(n, s.to)
	}
	return n
}

// FuzzMessages: bodies of messages that are no such bodies.
func FuzzMessages(f *testing.F) {
	f.Add(parse{name: "s", sql: "SELECT 1", types: []uint32{25}}.bytes())
	f.Add(bind{formats: []uint16{1}, values: [][]byte{[]byte("x"), nil}, results: []byte{0, 0}}.bytes())
	f.Add(message('D', []byte{0, 1, 0, 0, 0, 25}, []byte("~0123456789abcdef:p:150~~")))
	f.Add(message('t', []byte{0, 1, 0, 0, 3, 241}))
	f.Add(problem{severity: failed, state: "0A000", id: "pg-range", hint: "pg-hint-range"}.bytes())
	_, e := testCatalog(f)
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) < header {
			return
		}
		binary.BigEndian.PutUint32(frame[1:], uint32(len(frame)-1))
		body := frame[header:]
		if m, ok := readParse(body); ok && !bytes.Equal(m.bytes()[header:], body) {
			t.Error("a Parse message changed by being read")
		}
		if m, ok := readBind(body); ok && !bytes.Equal(m.bytes()[header:], body) {
			t.Error("a Bind message changed by being read")
		}
		_, _, _ = fields(body)
		_, _ = arrayText(string(body))
		_, _ = arrayBinary(body)
		_, _, _ = readHello(body)
		var b batch
		b.init(e, &ration{})
		if _, err := b.scan(frame); err != nil {
			return
		}
		b.add(frame)
		with := make([]shown, len(b.list))
		n := 0
		if err := b.write(with, func(out []byte) error {
			if int(binary.BigEndian.Uint32(out[1:]))+1 != len(out) {
				t.Error("a row's length is wrong")
			}
			n++
			return nil
		}); err != nil || n != 1 {
			t.Errorf("%d rows: %v", n, err)
		}
	})
}

// FuzzFrames cuts a stream at every place: what comes out is what went in, or an
// error.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("Q\x00\x00\x00\x06a\x00S\x00\x00\x00\x04"), uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		var shared ration
		shared.left.Store(1 << 20)
		r := newFrames(&steps{b: stream, n: int(step)%7 + 1}, &shared)
		var out []byte
		for {
			_, size, err := r.head()
			if err != nil {
				break
			}
			if size%2 == 0 {
				b, err := r.whole(size)
				if err != nil {
					break
				}
				out = append(out, b...)
				continue
			}
			if err := r.pass(size, func(b []byte) error { out = append(out, b...); return nil }); err != nil {
				break
			}
		}
		if !bytes.HasPrefix(stream, out) {
			t.Error("other bytes came out than went in")
		}
		r.release()
		if shared.left.Load() != 1<<20 {
			t.Error("memory was not given back")
		}
	})
}

type steps struct {
	b []byte
	n int
}

func (s *steps) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, os.ErrClosed
	}
	n := copy(p, s.b[:min(s.n, len(s.b))])
	s.b = s.b[n:]
	return n, nil
}

// TestArrays: what is written as an array is read back the same.
func TestArrays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.StringOf(rapid.RuneFrom([]rune("aN,{}\"\\ 王~")))).Draw(t, "values")
		out, ok := arrayText(asArray(in))
		if !ok || !cmp.Equal(append([]string{}, in...), append([]string{}, out...)) {
			t.Fatalf("%q became %q", in, out)
		}
	})
	for s, want := range map[string][]string{"{}": {}, "{a,NULL,\"NULL\"}": {"a", "NULL"}, " { a , b } ": {"a", "b"}} {
		if got, ok := arrayText(s); !ok || !cmp.Equal(append([]string{}, got...), want) {
			t.Errorf("%q: %q", s, got)
		}
	}
	for _, s := range []string{"", "{", "{a", "{a,}", "{{a}}", "{\"a}", "{a\"b}"} {
		if _, ok := arrayText(s); ok {
			t.Errorf("%q was read", s)
		}
	}
}

// TestReading says what becomes of statements; every number is held by somebody.
func TestReading(t *testing.T) {
	c, _ := testCatalog(t)
	found := func(_ place, values []pii.Value) ([][]string, error) {
		out := make([][]string, len(values))
		for i := range out {
			out[i] = []string{"~" + values[i].Reveal() + "~"}
		}
		return out, nil
	}
	for _, c2 := range []struct{ sql, want string }{
		{"SELECT 1 FROM customer WHERE phone = '1'", `SELECT 1 FROM customer WHERE phone = ANY('{"~1~"}'::text[])`},
		{"SELECT 1 FROM customer c WHERE c.phone='1' AND id=2", `SELECT 1 FROM customer c WHERE c.phone = ANY('{"~1~"}'::text[]) AND id=2`},
		{"SELECT 1 FROM goldbell.customer WHERE goldbell.customer.phone = '1'", `SELECT 1 FROM goldbell.customer WHERE goldbell.customer.phone = ANY('{"~1~"}'::text[])`},
		{"SELECT 1 FROM customer WHERE '1'=phone", `SELECT 1 FROM customer WHERE phone = ANY('{"~1~"}'::text[])`},
		{"SELECT 1 FROM customer WHERE phone IN ('1', $1)", `SELECT 1 FROM customer WHERE phone = ANY('{"~1~"}'::text[] || $1::text[])`},
		{"SELECT 1 FROM customer WHERE phone = $1 OR company = $1", `SELECT 1 FROM customer WHERE phone = ANY($2::text[]) OR company = $1`},
		{"SELECT 1 FROM customer WHERE phone = $2 AND company = $1", `SELECT 1 FROM customer WHERE phone = ANY($2::text[]) AND company = $1`},
		{"SELECT 1 FROM customer WHERE phone = ANY ('{1,2}'::text[])", `SELECT 1 FROM customer WHERE phone = ANY('{"~1~","~2~"}'::text[])`},
		{"SELECT 1 FROM customer WHERE phone = ANY (ARRAY['1', '2']::varchar[])", `SELECT 1 FROM customer WHERE phone = ANY('{"~1~"}'::text[] || '{"~2~"}'::text[])`},
		{"UPDATE customer SET company = 'x' WHERE phone = '1'", `UPDATE customer SET company = 'x' WHERE phone = ANY('{"~1~"}'::text[])`},
		{"SELECT goldbell.lookup('phone', '1')", `SELECT unnest('{"~1~"}'::text[])`},
		// Left alone:
		{"SELECT 1 FROM other WHERE phone = '1'", ""},
		{"SELECT 1 FROM customer, other o WHERE o.phone = '1'", ""},
		{"SELECT 1 FROM customer WHERE company = '1'", ""},
		{"SELECT 1 FROM customer WHERE phone = '1' || '2'", ""},
		{"SELECT 1 FROM customer WHERE phone || '' = '1'", ""},
		{"SELECT 1 FROM customer WHERE phone <> '1'", ""},
		{"SELECT 1 FROM customer WHERE lower(phone) = '1'", ""},
		{"SELECT 1 FROM customer WHERE phone = company", ""},
		{"SELECT 'customer WHERE phone = ''1''' FROM customer", ""},
		{"SELECT 1 FROM customer /* WHERE phone = '1' */", ""},
		{"SELECT 1 FROM customer WHERE \"Phone\" = '1'", ""},
		{"SELECT 1 FROM customer WHERE name = '1'", ""}, // protected, but not indexed
		{"INSERT INTO customer (id, company) VALUES (1, '2')", ""},
		{"INSERT INTO customer (id, company) SELECT id, 'x' FROM customer WHERE id = 1", ""},
	} {
		tokens, _ := tokens(c2.sql, nil)
		p := (Words{}).Read(c2.sql, tokens, c)
		got := ""
		if p != nil && p.refuse != nil {
			got = p.refuse.id
		} else if p != nil {
			got, _ = p.render(c2.sql, true, found)
		}
		if got != c2.want {
			t.Errorf("%s\n got %s\nwant %s", c2.sql, got, c2.want)
		}
	}
}
