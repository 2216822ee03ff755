package hold

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// ageing is a house whose clock the test moves and whose fields have a retention.
type ageing struct {
	*house
	now   time.Time
	names holders
}

// holders are whom an open case names.
type holders map[pii.Ordinal]bool

func (h holders) Held(_ context.Context, of pii.Ordinal) (bool, error) { return h[of], nil }

func newAgeing(t *testing.T, dsn string, days map[pii.Field]int) *ageing {
	a := &ageing{now: time.Now().UTC().Truncate(time.Second), names: holders{}}
	o := options{clock: func() time.Time { return a.now }}
	a.house = initHouse(t, dsn, o)
	a.close()
	a.ok(server.UpdateSettings(a.dir.Data, func(s *server.Settings) {
		for i := range s.Schema {
			s.Schema[i].Days = days[s.Schema[i].Field]
		}
	}))
	a.settings = settingsOf(t, a.dir.Data)
	a.open(a.dir, o)
	a.enrol(5)
	return a
}

func (a *ageing) later(days int) {
	a.t.Helper()
	a.now = a.now.AddDate(0, 0, days)
	_, err := a.ring.StartPeriod(a.now)
	a.ok(err)
}

// run does what the daily job does.
func (a *ageing) run() int {
	a.t.Helper()
	n, err := a.door.EraseDue(ctxOf(a.t), a.names)
	a.ok(err)
	return n
}

func (a *ageing) due() map[pii.Field]door.Due {
	a.t.Helper()
	all, err := a.door.Due(ctxOf(a.t))
	a.ok(err)
	out := map[pii.Field]door.Due{}
	for _, d := range all {
		if d.People+d.Replaced+d.Held > 0 {
			out[d.Field] = d
		}
	}
	return out
}

// holds opens a version of a subject on an entry, past every rule: what it yields is
// what is there.
func (a *ageing) holds(id pii.SubjectID, v pii.Version) map[pii.Field]string {
	a.t.Helper()
	s := a.describe(id)
	fields := []pii.Field{pii.Name, pii.Phone, pii.Email, pii.Note}
	r, err := a.ledger.Append(ctxOf(a.t), ledger.Item{Request: newID(), Entry: ledger.Entry{
		Kind: proof.KindDisclosure, Actor: "a0001", Org: pii.Own, Verb: pii.Read, Form: pii.Plain, Fields: fields,
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Shown: true, Version: uint32(v)}}},
	}})
	a.ok(err)
	defer r.Close()
	opened, err := a.vault.Open(ctxOf(a.t), r)
	a.ok(err)
	out := map[pii.Field]string{}
	for f, val := range opened[0].Values {
		out[f] = val.Reveal()
	}
	return out
}

func (a *ageing) describe(id pii.SubjectID) vault.Subject {
	a.t.Helper()
	found, err := a.vault.Describe(ctxOf(a.t), []pii.SubjectID{id})
	a.ok(err)
	return found[0]
}

// is compares what is there with the fields of the row that were stored.
func (a *ageing) is(what string, id pii.SubjectID, v pii.Version, row vault.Row, fields ...pii.Field) {
	a.t.Helper()
	got, want := a.holds(id, v), map[pii.Field]string{}
	for _, f := range fields {
		want[f] = row[f].Reveal()
	}
	delete(got, pii.Note)
	if !maps.Equal(got, want) {
		a.t.Errorf("%s: version %d holds %d fields, want %d, or other values", what, v, len(got), len(want))
	}
}

func (a *ageing) count(text string, args ...any) (n int) {
	a.t.Helper()
	a.ok(a.sqlOf().QueryRow(text, args...).Scan(&n))
	return n
}

// keeps puts a sheet into force whose work needs a field for some days.
func (a *ageing) keeps(p pii.Purpose, days int, f pii.Field) {
	a.t.Helper()
	s := grant.Sheets()[p]
	s.Days, s.Highest, s.Why = days, map[pii.Field]pii.Form{f: pii.Plain}, map[pii.Field]grant.Text{f: {Zh: "开票需要保存", En: "Invoices have to be kept."}}
	b, err := json.Marshal([]grant.Sheet{s})
	a.ok(err)
	_, err = a.ledger.Append(ctxOf(a.t), ledger.Item{Request: newID(), Entry: ledger.Entry{
		Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: &door.RuleSet{Sheets: string(b), At: a.now}}},
	}})
	a.ok(err)
}

// TestI7_RetentionErases: a field goes when its retention ends, of replaced versions
// too, unless another purpose keeps it or its person is held; what stays still opens,
// and each step is an entry before it is done.
func TestI7_RetentionErases(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		a := newAgeing(t, dsn, map[pii.Field]int{pii.Email: 30, pii.Phone: 60})
		a.keeps(grant.Billing, 90, pii.Phone)
		ids, rows := a.ids, a.rows
		if n := a.run(); n != 0 || len(a.due()) != 0 {
			t.Fatalf("%d erased, %v due on the first day", n, a.due())
		}
		a.note(ids[2])
		a.later(10)
		corrected := maps.Clone(rows[0])
		corrected[pii.Email] = pii.NewValue("canary-new@example.com")
		if _, err := a.door.Correct(ctxOf(t), a.crm, newID(), nil, ids[0], corrected); err != nil {
			t.Fatal(err)
		}
		a.later(20)
		a.names[a.describe(ids[1]).Ordinal] = true
		want := map[pii.Field]door.Due{pii.Email: {Field: pii.Email, Days: 30, People: 4, Replaced: 1}}
		if diff := cmp.Diff(want, a.due()); diff != "" {
			t.Error("due:", diff)
		}
		key := a.wrappedKey(ids[3])
		before, err := a.ledger.Head(ctxOf(t))
		a.ok(err)
		if n := a.run(); n != 4 { // three now, one replaced; one is held
			t.Errorf("%d people, want 4", n)
		}
		a.is("corrected", ids[0], 2, corrected, pii.Name, pii.Phone, pii.Email)
		a.is("replaced", ids[0], 1, rows[0], pii.Name, pii.Phone)
		a.is("held", ids[1], 1, rows[1], pii.Name, pii.Phone, pii.Email)
		for i := 2; i < 5; i++ {
			a.is("lapsed", ids[i], 1, rows[i], pii.Name, pii.Phone)
		}
		if !strings.Contains(a.holds(ids[2], 1)[pii.Note], "call again") {
			t.Error("her note is gone, or does not open")
		}
		if n := a.count(`SELECT COUNT(*) FROM blind_index WHERE field = 'email'`) + a.count(`SELECT COUNT(*) FROM blind_index_past WHERE field = 'email'`); n != 2 {
			t.Errorf("%d people are found by e-mail, want 2", n)
		}
		a.begunBefore(before.Size, pii.Email, 3, 1)
		if dsn == "" && contains(t, filepath.Dir(a.dir.Data), key) > 0 {
			t.Error("a file still holds the key that the lapsed value was sealed under")
		}
		head, err := a.ledger.Head(ctxOf(t))
		a.ok(err)
		if n := a.run(); n != 0 {
			t.Errorf("a second run erases of %d people", n)
		}
		if again, err := a.ledger.Head(ctxOf(t)); err != nil || again.Size != head.Size {
			t.Errorf("a run with nothing to do writes %d entries: %v", again.Size-head.Size, err)
		}

		clear(a.names) // the case is closed
		a.later(31)    // 61 days: the phones are past their own retention, not past the sheet's
		if n := a.run(); n != 2 {
			t.Errorf("%d people, want the one who was held and the one who was corrected", n)
		}
		a.is("kept by another purpose", ids[3], 1, rows[3], pii.Name, pii.Phone)
		a.later(30)
		if n := a.run(); n != 5 { // of the corrected one, the replaced number
			t.Errorf("%d people at the end of the sheet's days, want 5", n)
		}
		a.is("after the sheet's days", ids[3], 1, rows[3], pii.Name)
		a.close()
		a.open(a.dir, options{clock: func() time.Time { return a.now }})
		a.is("opened anew", ids[1], 1, rows[1], pii.Name)
		a.verified()
	})
}

// TestI7_RetentionErasesAll: a subject of whom nothing is left is erased as a whole,
// and held she is not.
func TestI7_RetentionErasesAll(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		a := newAgeing(t, dsn, map[pii.Field]int{pii.Name: 20, pii.Email: 30, pii.Phone: 20, pii.IDNumber: 20, pii.Company: 20, pii.Address: 20})
		a.later(20)
		a.run()
		held := a.describe(a.ids[0])
		_, err := a.ledger.Append(ctxOf(t), ledger.Item{Request: newID(), Settle: true, Entry: ledger.Entry{
			Kind: proof.KindHold, Facts: []proof.Field{{Name: "act", Value: "held"}}, Revokes: []string{ledger.SubjectKey(held.Ordinal)},
			Subjects: []ledger.Subject{{Ordinal: held.Ordinal, Key: held.Key}}, Effects: []ledger.Effect{vault.HoldSet{Ordinal: held.Ordinal, Held: true}},
		}})
		a.ok(err)
		a.later(10)
		if diff := cmp.Diff(door.Due{Field: pii.Email, Days: 30, People: 4, Held: 1}, a.due()[pii.Email]); diff != "" {
			t.Error(diff)
		}
		if n := a.run(); n != 4 {
			t.Errorf("%d people, want 4", n)
		}
		for i, id := range a.ids {
			want := vault.Erased
			if i == 0 {
				want = vault.Held
			}
			if got := a.describe(id); got.State != want || a.ring.Erased(id) != (want == vault.Erased) {
				t.Errorf("subject %d: state %d, want %d; on the key ring's list: %v", i, got.State, want, a.ring.Erased(id))
			}
		}
		if len(a.due()) != 1 {
			t.Errorf("due: %v", a.due())
		}
		a.verified()
	})
}

// TestI7_RetentionKilled kills the process between the entry that begins a lapse and
// the erasure, and right after the erasure: the next run does what is left.
func TestI7_RetentionKilled(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		for _, point := range []string{"between", "after the commit"} {
			if dsn != "" && point != "between" {
				continue // one directory on each server
			}
			t.Run(point, func(t *testing.T) {
				a := newAgeing(t, dsn, map[pii.Field]int{pii.Email: 30})
				a.close()
				cmd, lines := start(t, "lapse", job{Places: a.dir, Settings: a.settings, Point: point})
				if !lines.Scan() || lines.Text() != "at "+point {
					t.Fatalf("the child did not get there: %q", lines.Text())
				}
				a.ok(cmd.Process.Signal(syscall.SIGKILL))
				killed(t, cmd)
				a.now = a.now.AddDate(0, 0, 31)
				a.open(a.dir, options{clock: func() time.Time { return a.now }})
				left := 0
				if point == "between" {
					left = 5
					a.is("before the erasure", a.ids[0], 1, a.rows[0], pii.Name, pii.Phone, pii.Email)
				}
				if n := a.run(); n != left {
					t.Errorf("%d people are left to erase, want %d", n, left)
				}
				for i, id := range a.ids {
					a.is("after the next run", id, 1, a.rows[i], pii.Name, pii.Phone)
				}
				ended, err := a.ledger.Find(ctxOf(t), ledger.LapseRef, 0, 100)
				a.ok(err)
				last, err := a.ledger.Record(ctxOf(t), ended[len(ended)-1])
				a.ok(err)
				if last.Fact("act") != door.RunEnded {
					t.Errorf("the last step is %q", last.Fact("act"))
				}
				a.verified()
			})
		}
	})
}

// stopLapse stops when what stays of a lapse is read, after its first entry, or, armed
// there, at the commit that comes next.
type stopLapse struct {
	vault.Store
	*stops
}

func (s stopLapse) ContactNotes(ctx context.Context, of []pii.Ordinal, n int) ([]vault.Note, error) {
	s.armed.Store(true)
	s.at("between")
	return s.Store.ContactNotes(ctx, of, n)
}

func lapses(j job) error {
	st := &stops{point: j.Point}
	clock := func() time.Time { return time.Now().AddDate(0, 0, 31) }
	h, err := wire(context.Background(), j.Places, j.Settings, options{
		clock:   clock,
		records: func(s ledger.Store) ledger.Store { return stopLedger{s, st} },
		custody: func(s vault.Store) vault.Store { return stopLapse{s, st} },
	})
	if err != nil {
		return err
	}
	n, err := h.door.EraseDue(context.Background(), holders{})
	fmt.Fprintln(os.Stderr, "not stopped:", n, err)
	return err
}

// note stores a note about a subject.
func (a *ageing) note(id pii.SubjectID) {
	a.t.Helper()
	s, n := a.describe(id), newID()
	note, err := a.vault.SealNote(s, n, "a0001", a.now, pii.NewValue("call again on Monday"))
	a.ok(err)
	_, err = a.ledger.Append(ctxOf(a.t), ledger.Item{Request: n, Entry: ledger.Entry{
		Kind: proof.KindWorkItem, Effects: []ledger.Effect{*note}, Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key}},
	}})
	a.ok(err)
}

// begunBefore looks for the entries of a run: each erasure follows one that names it.
func (a *ageing) begunBefore(from uint64, f pii.Field, sizes ...int) {
	a.t.Helper()
	records, err := a.ledger.Records(ctxOf(a.t), from, 100)
	a.ok(err)
	var got []string
	for _, r := range records {
		if act := r.Fact("act"); r.Leaf.Kind == proof.KindErasure {
			got = append(got, fmt.Sprintf("%s %s %d", act, r.Fact("fields"), r.Leaf.Subjects))
		}
	}
	var want []string
	for _, n := range sizes {
		for _, act := range []string{door.LapseBegun, door.LapseDone} {
			want = append(want, fmt.Sprintf("%s %s %d", act, f, n))
		}
	}
	want = append(want, door.RunEnded+"  0")
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Error("entries of the run:", diff)
	}
}
