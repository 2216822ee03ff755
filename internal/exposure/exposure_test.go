package exposure_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// row is one row-disclosure, as the ledger itself tells it.
type row struct {
	Entry   uint64
	Who     pii.PersonID
	Subject pii.Ordinal
	Version pii.Version
	Form    pii.Form
}

// recorded reads the rows out of the ledger's entries.
func recorded(t testing.TB, f *firm.Firm) (rows []row, sets map[exposure.Key][]uint32) {
	t.Helper()
	sets = map[exposure.Key][]uint32{}
	records, err := f.Ledger.Records(t.Context(), 0, int(f.Ledger.Size()))
	f.OK(err)
	for _, r := range records {
		if r.Leaf.Kind != proof.KindDisclosure {
			continue
		}
		r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
			if !l.Shown {
				return true
			}
			rows = append(rows, row{r.Index, pii.PersonID(r.Fact("actor")), o, pii.Version(l.Version), r.Form()})
			for _, field := range r.Fields() {
				k := exposure.Key{Recipient: pii.PersonID(r.Fact("actor")), Field: field, Form: r.Form(), Month: exposure.MonthOf(r.At())}
				if !slices.Contains(sets[k], uint32(o)) {
					sets[k] = append(sets[k], uint32(o))
				}
			}
			return true
		})
	}
	for _, s := range sets {
		slices.Sort(s)
	}
	return rows, sets
}

// equal compares an index with the ledger, row by row and set by set.
func equal(t testing.TB, f *firm.Firm, x *exposure.Index) {
	t.Helper()
	want, sets := recorded(t, f)
	var got []row
	x.Each(func(a *exposure.Act, o pii.Ordinal, v pii.Version) {
		got = append(got, row{a.Entry, a.Recipient, o, v, a.Form})
	})
	order := func(a, b row) int {
		if a.Entry != b.Entry {
			return int(a.Entry) - int(b.Entry)
		}
		return int(a.Subject) - int(b.Subject)
	}
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("rows: %s", diff)
	}
	if len(x.Keys()) != len(sets) {
		t.Fatalf("%d bitmaps, want %d", len(x.Keys()), len(sets))
	}
	for k, s := range sets {
		if b := x.Bitmap(k); b == nil || !slices.Equal(b.ToArray(), s) {
			t.Fatalf("the bitmap of %v differs", k)
		}
	}
	for o := range pii.Ordinal(12) {
		var of []uint64
		for _, r := range want {
			if r.Subject == o {
				of = append(of, r.Entry)
			}
		}
		var saw []uint64
		for _, p := range x.Saw(o) {
			saw = append(saw, p.Entry)
		}
		if !slices.Equal(of, saw) {
			t.Fatalf("subject %d was shown in %v, the index says %v", o, of, saw)
		}
	}
	if diff, err := x.Check(t.Context()); err != nil || diff != nil || x.Size() != f.Ledger.Size() {
		t.Fatalf("check: %v %v; %d of %d entries", diff, err, x.Size(), f.Ledger.Size())
	}
}

// act is one disclosure to be recorded.
type act struct {
	Who       pii.PersonID
	Form      pii.Form
	Fields    []pii.Field
	At, N     int
	Version   uint32
	Later     time.Duration
	NoneShown bool
}

var acts = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
	n := rapid.IntRange(1, 9).Draw(t, "n")
	return act{
		Who:    rapid.SampledFrom([]pii.PersonID{"a001", "a002", "b001"}).Draw(t, "who"),
		Form:   rapid.SampledFrom([]pii.Form{pii.Masked, pii.Plain, pii.Token, pii.Relay}).Draw(t, "form"),
		Fields: rapid.SampledFrom([][]pii.Field{{pii.Phone}, {pii.Name, pii.Phone}, {pii.Email, pii.Name}}).Draw(t, "fields"),
		At:     rapid.IntRange(0, 12-n).Draw(t, "at"), N: n, Version: uint32(rapid.IntRange(1, 3).Draw(t, "version")),
		Later:     rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 9 * time.Hour}).Draw(t, "later"),
		NoneShown: rapid.IntRange(0, 9).Draw(t, "refused") == 0,
	}
}), 0, 6)

// record writes the entry of an act.
func (a act) record(f *firm.Firm, subjects []vault.Subject) {
	e := ledger.Entry{Kind: proof.KindDisclosure, Actor: a.Who, Org: pii.Own, Verb: pii.Read, Form: a.Form, Fields: a.Fields, Purpose: "telesales"}
	for _, s := range subjects[a.At : a.At+a.N] {
		e.Subjects = append(e.Subjects, ledger.Subject{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Shown: !a.NoneShown, Version: a.Version}})
	}
	f.Append(e)
	f.Now = f.Now.Add(a.Later)
}

// TestIndexEqualsTheLedger: after any disclosures, however it was followed, stored,
// merged and read again.
func TestIndexEqualsTheLedger(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *firm.Firm{
		"sqlite":   func(t testing.TB) *firm.Firm { return firm.New(t, 12) },
		"postgres": func(t testing.TB) *firm.Firm { return firm.NewOn(t, 12, pgtest.Start(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			subjects, err := f.Vault.Describe(t.Context(), f.IDs)
			f.OK(err)
			f.Now = f.Now.AddDate(0, 0, 29) // the acts go on into the next month
			x := exposure.New(f.Ledger, f.Store, f.Ring)
			x.SetStep(3)
			most := 0
			for round := range 30 {
				for _, a := range acts.Example(round) {
					a.record(f, subjects)
				}
				if round%3 == 0 {
					f.OK(x.Follow(t.Context()))
					equal(t, f, x)
				}
				if round%7 == 6 { // a new process reads what was stored
					x = exposure.New(f.Ledger, f.Store, f.Ring)
					x.SetStep(3)
				}
				most = max(most, x.Segments())
			}
			f.OK(x.Follow(t.Context()))
			equal(t, f, x)
			if f.Ledger.Size() < 3*8*2 || most > 2*8+1 {
				t.Errorf("%d entries in up to %d segments: nothing was merged", f.Ledger.Size(), most)
			}
			months := map[exposure.Month]bool{}
			for _, k := range x.Keys() {
				months[k.Month] = true
			}
			if len(months) < 2 {
				t.Error("all acts fall into one month")
			}
			f.OK(x.Rebuild(t.Context()))
			equal(t, f, x)
		})
	}
}

// TestForgedSegmentIsMadeAgain: a segment somebody changed or moved is not read.
func TestForgedSegmentIsMadeAgain(t *testing.T) {
	f := firm.New(t, 12)
	work := f.Work(f.IDs...)
	for i := range 9 {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[i]))
		f.OK(err)
	}
	fresh := func() *exposure.Index {
		x := exposure.New(f.Ledger, f.Store, f.Ring)
		x.SetStep(4)
		return x
	}
	stored := func() (all []exposure.Stored) {
		f.OK(f.Store.Segments(t.Context(), func(s exposure.Stored) error { all = append(all, s); return nil }))
		return all
	}
	f.OK(fresh().Follow(t.Context()))
	was := stored()
	if len(was) < 2 {
		t.Fatalf("%d segments stored", len(was))
	}
	for name, forge := range map[string]func(exposure.Stored) exposure.Stored{
		"a changed byte": func(s exposure.Stored) exposure.Stored {
			s.Sealed = slices.Clone(s.Sealed)
			s.Sealed[len(s.Sealed)/2] ^= 1
			return s
		},
		"another's content": func(s exposure.Stored) exposure.Stored { s.Sealed = was[1].Sealed; return s },
		"beyond the end":    func(s exposure.Stored) exposure.Stored { s.Until = 1 << 40; return s },
	} {
		forged := forge(was[0])
		put := append([]exposure.Stored{forged}, was[1:]...)
		if forged.Until != was[0].Until {
			put = put[:1] // the store takes none beside one that covers it
		}
		var drop []exposure.Span
		for _, s := range stored() {
			drop = append(drop, exposure.Span{First: s.First, Until: s.Until})
		}
		f.OK(f.Store.ReplaceSegments(t.Context(), drop, put))
		if _, wrong, err := exposure.Verify(t.Context(), f.Ledger, f.Store, f.Ring); err != nil || len(wrong) == 0 && forged.Until == was[0].Until {
			t.Errorf("%s: verify finds %v, %v", name, wrong, err)
		}
		x := fresh()
		f.OK(x.Follow(t.Context()))
		equal(t, f, x)
		if got := stored(); len(got) != len(was) {
			t.Errorf("%s: %d segments are stored again, want %d", name, len(got), len(was))
		}
	}
}

// TestForgottenIsForgottenHere: when a record key is destroyed, the rows that the
// ledger opens no more go from the index too.
func TestForgottenIsForgottenHere(t *testing.T) {
	f := firm.New(t, 12)
	work := f.Work(f.IDs...)
	for i := range 9 {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[i]))
		f.OK(err)
	}
	gone := map[pii.Ordinal]bool{}
	x := exposure.New(forgetful{f, gone}, f.Store, f.Ring)
	x.SetStep(4)
	f.OK(x.Follow(t.Context()))
	if len(x.Saw(3)) != 1 {
		t.Fatalf("subject 3 was shown %d times", len(x.Saw(3)))
	}
	gone[3] = true
	if _, wrong, err := exposure.Verify(t.Context(), forgetful{f, gone}, f.Store, f.Ring); err != nil || len(wrong) == 0 {
		t.Errorf("verify before the entry: %v, %v", wrong, err)
	}
	f.Append(ledger.Entry{Kind: proof.KindForget})
	if covered, wrong, err := exposure.Verify(t.Context(), forgetful{f, gone}, f.Store, f.Ring); err != nil || wrong != nil || covered == 0 {
		t.Errorf("verify after the entry: %d, %v, %v", covered, wrong, err)
	}
	f.OK(x.Follow(t.Context()))
	if len(x.Saw(3)) != 0 || len(x.Saw(4)) != 1 || x.Size() != f.Ledger.Size() {
		t.Errorf("after forgetting: %d and %d", len(x.Saw(3)), len(x.Saw(4)))
	}
	if diff, err := x.Check(t.Context()); err != nil || diff != nil {
		t.Errorf("check: %v %v", diff, err)
	}
}

// forgetful is the firm's ledger once the record keys of some are destroyed: the
// entries about one of them alone do not open.
type forgetful struct {
	*firm.Firm
	gone map[pii.Ordinal]bool
}

func (l forgetful) Size() uint64 { return l.Ledger.Size() }

func (l forgetful) Records(ctx context.Context, from uint64, n int) ([]*ledger.Record, error) {
	all, err := l.Ledger.Records(ctx, from, n)
	return slices.DeleteFunc(all, func(r *ledger.Record) (drop bool) {
		r.Subjects(func(o pii.Ordinal, _ proof.Line) bool { drop = l.gone[o]; return !drop })
		return drop && r.Leaf.Kind == proof.KindDisclosure
	}), err
}
