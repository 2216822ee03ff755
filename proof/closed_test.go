package proof

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// closing is a log that a test closed.
type closing struct {
	vkey, origin string
	signer       note.Signer
	index        uint64
}

// close ends the log and lets another go on, after missing entries were lost.
func (w *world) close(missing int) {
	w.log.t.Helper()
	l := w.log
	old := closing{l.vkey, l.origin, l.signer, uint64(l.size())}
	next := newTestLog(l.t, fmt.Sprintf("ledger.example.com/custody/e%d", len(w.closings)+1), byte(40+len(w.closings)))
	w.add(old, next.origin, next.vkey, heirText(old, l, next.vkey), missing)
	l.origin, l.vkey, l.signer = next.origin, next.vkey, next.signer
}

func heirText(old closing, l *testLog, heir string) string {
	return "goldbell heir v1\n" + strings.TrimSuffix(l.text(int64(old.index)), "\n") + "\n" + heir + "\n"
}

func (w *world) add(old closing, origin, vkey, text string, missing int) {
	heir, err := note.Sign(&note.Note{Text: text}, old.signer)
	if err != nil {
		w.log.t.Fatal(err)
	}
	w.log.add(KindRestore, []Field{
		{OriginField, origin}, {LogKeyField, vkey}, {HeirField, string(heir)},
		{MissingField, fmt.Sprint(int(old.index) + missing)}, {"actor", "officer-1"},
	}, nil)
	w.closings = append(w.closings, old)
}

// restoredTwice is a pack of a log that continues two others.
func restoredTwice(t testing.TB) *world {
	w := makeWorld(t, func(w *world) {
		w.close(7)
		w.log.add(KindKeys, nil, nil)
		w.close(0)
	})
	for _, c := range w.closings {
		e := w.log.bare(c.index, w.size, 0, 1, 2, 3)
		w.pack.Closed = append(w.pack.Closed, Closed{
			Log: c.vkey, Index: e.Index, Leaf: e.Leaf, Inclusion: e.Inclusion, Fields: e.Fields,
			Consistency: w.log.consistency(int64(c.index), w.size),
		})
	}
	for _, size := range []int64{int64(w.closings[0].index), int64(w.closings[1].index)} {
		w.earlier(size, true)
	}
	return w
}

// at lets the log that signed heads of a size sign.
func (w *world) at(size int64) *testLog {
	l := *w.log
	for _, c := range w.closings {
		if uint64(size) <= c.index {
			l.origin, l.signer, l.vkey = c.origin, c.signer, c.vkey
			break
		}
	}
	return &l
}

// TestClosedLogs: who trusts a log that was closed can follow to the one that goes on,
// and is told so.
func TestClosedLogs(t *testing.T) {
	w := restoredTwice(t)
	file := w.write()
	p, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(p.Page), "The log ledger.example.com/custody was closed after 6 entries, and its key named ledger.example.com/custody/e1") ||
		!strings.Contains(string(p.Page), "7 more entries of it had been seen and are lost") {
		t.Error("the page does not say what was closed")
	}
	kept := w.at(int64(w.closings[0].index)).checkpoint(int64(w.closings[0].index))
	for listed, want := range map[string]string{
		w.closings[0].vkey: "The policy lists the log ledger.example.com/custody; the checkpoint is signed by the log ledger.example.com/custody/e2",
		w.closings[1].vkey: "The policy lists the log ledger.example.com/custody/e1;",
		w.log.vkey:         "The checkpoint is signed by a log that the policy lists.",
		w.closings[0].vkey + "\nlog " + w.log.vkey: "The checkpoint is signed by a log that the policy lists.",
	} {
		policy, err := ParsePolicy([]byte("log " + listed + "\nquorum none\n"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(p, policy, kept)
		if err != nil || !r.LogChecked || len(r.Closed) != 2 || len(r.Kept) != 1 {
			t.Errorf("listed %.40s: %v %+v", listed, err, r.Closed)
			continue
		}
		if s := r.Sentences()[1].En; !strings.HasPrefix(s, want) {
			t.Errorf("it says %q, want %q", s, want)
		}
	}
	policy, err := ParsePolicy([]byte("log " + newTestLog(t, "ledger.example.com/custody", 99).vkey + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(p, policy); why(t, err) != "checkpoint policy-log" {
		t.Errorf("a log of the closed one's name: %v", err)
	}
	// what somebody kept of what is lost, and of what another log signed
	first := *w.log
	first.origin, first.signer = w.closings[0].origin, w.closings[0].signer
	longer, err := note.Sign(&note.Note{Text: strings.Replace(w.at(2).text(2), "\n2\n", fmt.Sprintf("\n%d\n", w.closings[0].index+8), 1)}, first.signer)
	if err != nil {
		t.Fatal(err)
	}
	for want, signed := range map[string][]byte{
		"kept checkpoint kept-lost":   first.checkpoint(int64(w.closings[0].index) + 1),
		"kept checkpoint kept-hidden": longer,
		"kept checkpoint origin":      w.log.checkpoint(2),
	} {
		if _, err := Verify(p, nil, signed); why(t, err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestAClosedLogsWord: what does not lead from a closed log to the pack's is refused.
func TestAClosedLogsWord(t *testing.T) {
	const first, second = "closed/000001.tlog-proof ", "closed/000002.tlog-proof "
	for _, c := range []change{
		{"nothing", "", func(w *world) {}},
		{"out of order", first + "entry-kind", func(w *world) { w.pack.Closed[0], w.pack.Closed[1] = w.pack.Closed[1], w.pack.Closed[0] }},
		{"the same twice", first + "entry-kind", func(w *world) { w.pack.Closed[0] = w.pack.Closed[1] }},
		{"the first left out", "earlier/000001.consistency origin", func(w *world) { w.pack.Closed = w.pack.Closed[1:] }},
		{"the last left out", first + "entry-kind", func(w *world) { w.pack.Closed = w.pack.Closed[:1] }},
		{"another key of its name", first + "heir", func(w *world) {
			w.pack.Closed[0].Log = newTestLog(w.log.t, w.closings[0].origin, 77).vkey
		}},
		{"a key that is none", first + "key", func(w *world) { w.pack.Closed[0].Log = "x" }},
		{"no word", first + "heir", func(w *world) {
			f := w.pack.Closed[0].Fields
			w.pack.Closed[0].Fields = append(f[:2:2], f[3])
		}},
		{"no consistency", first + "heir", func(w *world) { w.pack.Closed[0].Consistency = nil }},
		{"no count", second + "entry-kind", func(w *world) { w.pack.Closed[1].Fields = w.pack.Closed[1].Fields[:3] }},
		{"a field changed", first + "opening", func(w *world) { w.pack.Closed[0].Fields[3].Value = "6" }},
		{"another entry", first + "entry-kind", func(w *world) {
			e := w.log.bare(w.one, w.size)
			c := &w.pack.Closed[0]
			c.Index, c.Leaf, c.Inclusion, c.Fields = e.Index, e.Leaf, e.Inclusion, e.Fields
		}},
		{"too many", "pack too-large", func(w *world) { w.pack.Closed = make([]Closed, MaxClosed+1) }},
	} {
		w := restoredTwice(t)
		w.write()
		c.do(w)
		_, err := Verify(w.pack, nil)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
		} else if got := why(t, err); got != c.want {
			t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAClosedLogsLies: the operator's own log cannot record a word that its old key
// did not give.
func TestAClosedLogsLies(t *testing.T) {
	for name, lie := range map[string]func(w *world, old closing, next *testLog) (signer closing, text string){
		"signed by the heir": func(w *world, old closing, next *testLog) (closing, string) {
			old.signer = next.signer
			return old, heirText(old, w.log, next.vkey)
		},
		"of another size": func(w *world, old closing, next *testLog) (closing, string) {
			short := old
			short.index--
			return old, heirText(short, w.log, next.vkey)
		},
		"of another heir": func(w *world, old closing, _ *testLog) (closing, string) {
			return old, heirText(old, w.log, old.vkey)
		},
		"of another tree": func(w *world, old closing, next *testLog) (closing, string) {
			return old, HeirText(old.origin, old.index, Hash{1}, next.vkey)
		},
		"of another text": func(w *world, old closing, next *testLog) (closing, string) {
			return old, w.log.text(int64(old.index))
		},
	} {
		w := makeWorld(t, func(w *world) {
			l := w.log
			next := newTestLog(l.t, "ledger.example.com/custody/e1", 40)
			old := closing{l.vkey, l.origin, l.signer, uint64(l.size())}
			by, text := lie(w, old, next)
			w.add(by, next.origin, next.vkey, text, 0)
			l.origin, l.vkey, l.signer = next.origin, next.vkey, next.signer
		})
		c := w.closings[0]
		e := w.log.bare(c.index, w.size, 0, 1, 2, 3)
		w.pack.Closed = []Closed{{c.vkey, e.Index, e.Leaf, e.Inclusion, e.Fields, w.log.consistency(int64(c.index), w.size)}}
		if err := w.pack.Write(io.Discard, w.seal); why(t, err) != "closed/000001.tlog-proof heir" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
