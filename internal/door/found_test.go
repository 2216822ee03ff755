package door_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// openCases are the cases that are open.
type openCases map[pii.RequestID]bool

func (c openCases) Open(_ context.Context, id pii.RequestID) (bool, error) { return c[id], nil }

func officer(f *firm.Firm, id pii.PersonID) party.Principal {
	p := f.Agent
	p.Person.ID, p.Person.Kind = id, party.Officer
	return p
}

// claim is what an officer truthfully says about a file.
func claim(of pii.RequestID, file string, rows int64) door.FoundClaim {
	sum := sha256.Sum256([]byte(file))
	return door.FoundClaim{Case: of, File: sum[:], Rows: rows}
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, customers int, test func(*testing.T, *firm.Firm)) {
	t.Run("sqlite", func(t *testing.T) { test(t, firm.New(t, customers)) })
	t.Run("postgres", func(t *testing.T) { test(t, firm.NewOn(t, customers, pgtest.Start(t))) })
}

// ordinals of the matches.
func ordinals(m door.Matched) (all []pii.Ordinal) {
	for _, s := range m.Subjects {
		all = append(all, s.Ordinal)
	}
	return all
}

// TestFoundFileIsMatched reads a file of any header: numbers in any writing are
// found by content, one entry records the lookup, and it holds no value.
func TestFoundFileIsMatched(t *testing.T) {
	engines(t, 9, func(t *testing.T, f *firm.Firm) {
		boss, work := officer(f, "boss"), firm.NewID()
		file := "序号,x,随便\n1,+86 138-0000-0001,甲\n2,13999999999,乙\n3,U2@EXAMPLE.com,\n4,\"１３８００００００３３/13800000004\",丙\n5,电话13800000005。,\n6,13800000001,again\n"
		before := f.Ledger.Size()
		m, err := f.Door.MatchFound(t.Context(), boss, claim(work, file, 6), openCases{work: true}, strings.NewReader(file))
		f.OK(err)
		if diff := cmp.Diff([]pii.Ordinal{1, 2, 4, 5}, ordinals(m)); diff != "" {
			t.Errorf("found: %s", diff)
		}
		if m.Rows != 6 || m.Ours != 5 || m.Unreadable != 0 {
			t.Errorf("%d rows, %d ours, %d unreadable; want 6, 5, 0", m.Rows, m.Ours, m.Unreadable)
		}
		if f.Ledger.Size() != before+1 || m.Entry != before {
			t.Fatalf("%d entries for one matching", f.Ledger.Size()-before)
		}
		r, err := f.Ledger.Record(t.Context(), m.Entry)
		f.OK(err)
		if r.Leaf.Kind != proof.KindLookup || r.Fact("actor") != "boss" || r.Fact("rows") != "6" ||
			r.Fact("file") != fmt.Sprintf("%x", sha256.Sum256([]byte(file))) || r.Fact("case") != work.String() || r.Fact("act") != "matched" {
			t.Errorf("the entry says %v", r.Facts())
		}
		n := 0
		r.Subjects(func(pii.Ordinal, proof.Line) bool { n++; return true })
		if n != 0 {
			t.Errorf("the entry names %d subjects", n)
		}
	})
}

// TestFoundFileNeedsCaseAndTruth: what may not be matched is refused on the record,
// before anything of the answer is known.
func TestFoundFileNeedsCaseAndTruth(t *testing.T) {
	f := firm.New(t, 9)
	boss, work := officer(f, "boss"), firm.NewID()
	file := "phone\n13800000001\n13800000002\n"
	for _, c := range []struct {
		name  string
		who   party.Principal
		claim door.FoundClaim
		open  bool
		want  string
		kept  int // entries
	}{
		{"no open case", boss, claim(work, file, 2), false, "no-open-case", 1},
		{"another file", boss, claim(work, file+" ", 2), true, "found-differs", 1},
		{"other rows", boss, claim(work, file, 3), true, "found-differs", 1},
		{"no rows", boss, claim(work, file, 0), true, "bad-request", 0},
		{"an agent", f.Agent, claim(work, file, 2), true, "not-yours", 0},
		{"rows that need a second", boss, claim(work, file, door.AloneRows+1), true, "second-person", 1},
	} {
		before := f.Ledger.Size()
		m, err := f.Door.MatchFound(t.Context(), c.who, c.claim, openCases{work: c.open}, strings.NewReader(file))
		if !fault.IsID(err, c.want) || m.Subjects != nil {
			t.Errorf("%s: %v with %d subjects, want %s", c.name, err, len(m.Subjects), c.want)
		}
		if got := f.Ledger.Size() - before; got != uint64(c.kept) {
			t.Errorf("%s: %d entries, want %d", c.name, got, c.kept)
			continue
		}
		if c.kept == 1 {
			r, err := f.Ledger.Record(t.Context(), before)
			f.OK(err)
			if r.Leaf.Kind != proof.KindRefusal || r.Fact("rule") != c.want {
				t.Errorf("%s: recorded as %v %q", c.name, r.Leaf.Kind, r.Fact("rule"))
			}
		}
	}
}

// bigFile has n rows; those of the first customers are ours.
func bigFile(n int) string {
	var b bytes.Buffer
	b.WriteString("name;phone\n")
	for i := range n {
		fmt.Fprintf(&b, "x;138%08d\n", i+1)
	}
	return b.String()
}

// TestFoundFileSecondOfficer: above a thousand rows another officer approves, once.
func TestFoundFileSecondOfficer(t *testing.T) {
	engines(t, 30, func(t *testing.T, f *firm.Firm) {
		ctx, work := t.Context(), firm.NewID()
		boss, second := officer(f, "boss"), officer(f, "second")
		open := openCases{work: true}
		file := bigFile(12_000) // more than the small table is skipped for
		c := claim(work, file, 12_000)
		match := func(p party.Principal) error {
			_, err := f.Door.MatchFound(ctx, p, c, open, strings.NewReader(file))
			return err
		}
		want := func(what string, err error, id string) {
			t.Helper()
			if id == "" && err != nil || id != "" && !fault.IsID(err, id) {
				t.Fatalf("%s: %v, want %q", what, err, id)
			}
		}
		want("before anybody asked", match(boss), "second-person")
		row, err := f.Door.AskFound(ctx, boss, firm.NewID(), nil, c, open)
		f.OK(err)
		again, err := f.Door.AskFound(ctx, boss, firm.NewID(), nil, c, open)
		f.OK(err)
		if row.ID != again.ID || again.State != door.FoundAsked {
			t.Fatalf("asked twice: %v, then %v in state %s", row.ID, again.ID, again.State)
		}
		want("unapproved", match(boss), "second-person")
		want("by oneself", f.Door.ApproveFound(ctx, boss, firm.NewID(), nil, row.ID, open), "second-person")
		want("by an agent", f.Door.ApproveFound(ctx, f.Agent, firm.NewID(), nil, row.ID, open), "not-yours")
		want("with the case closed", f.Door.ApproveFound(ctx, second, firm.NewID(), nil, row.ID, openCases{}), "no-open-case")
		want("another's", f.Door.ApproveFound(ctx, second, firm.NewID(), nil, firm.NewID(), open), "not-found")
		want("by the second", f.Door.ApproveFound(ctx, second, firm.NewID(), nil, row.ID, open), "")
		want("approved twice", f.Door.ApproveFound(ctx, second, firm.NewID(), nil, row.ID, open), "found-decided")
		want("by the approver", match(second), "second-person")
		m, err := f.Door.MatchFound(ctx, boss, c, open, strings.NewReader(file))
		f.OK(err)
		if len(m.Subjects) != 30 || m.Rows != 12_000 || m.Ours != 30 {
			t.Errorf("%d subjects of %d rows", len(m.Subjects), m.Rows)
		}
		want("used up", match(boss), "second-person")
	})
}

// TestFoundFileDatesTheCopy: a value that was replaced is found as the version it
// was, and one that never changed tells nothing; erased subjects are not found.
func TestFoundFileDatesTheCopy(t *testing.T) {
	engines(t, 6, func(t *testing.T, f *firm.Firm) {
		f.Now = f.Now.Add(time.Hour)
		crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
		for i, phone := range []string{"13700000001", "13700000002"} {
			_, err := f.Door.Correct(t.Context(), crm, firm.NewID(), nil, f.IDs[i], vault.Row{
				pii.Phone: pii.NewValue(phone), pii.Email: pii.NewValue(fmt.Sprintf("u%d@example.com", i+1)),
			})
			f.OK(err)
		}
		work := firm.NewID()
		file := "tel,mail\n13800000001,u1@example.com\n13700000002,u2@example.com\n13800000003,\n,u2@example.com\n"
		m, err := f.Door.MatchFound(t.Context(), officer(f, "boss"), claim(work, file, 4), openCases{work: true}, strings.NewReader(file))
		f.OK(err)
		want := []vault.Match{
			{Ordinal: 1, Fields: []pii.Field{pii.Email, pii.Phone}, Versions: 1},
			{Ordinal: 2, Fields: []pii.Field{pii.Email, pii.Phone}, Versions: 2},
			{Ordinal: 3, Fields: []pii.Field{pii.Phone}},
		}
		if diff := cmp.Diff(want, m.Subjects); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFoundFileBudget: small files are charged to the lookup budget.
func TestFoundFileBudget(t *testing.T) {
	f := firm.New(t, 3)
	f.Door.Caps.Lookups = 10
	boss, work := officer(f, "boss"), firm.NewID()
	file := bigFile(6)
	ask := func() error {
		_, err := f.Door.MatchFound(t.Context(), boss, claim(work, file, 6), openCases{work: true}, strings.NewReader(file))
		return err
	}
	f.OK(ask())
	if err := ask(); !fault.IsID(err, "budget") {
		t.Fatalf("12 values out of a budget of 10: %v", err)
	}
	r, err := f.Ledger.Record(t.Context(), f.Ledger.Size()-1)
	f.OK(err)
	if r.Leaf.Kind != proof.KindRefusal {
		t.Errorf("the refusal is recorded as %v", r.Leaf.Kind)
	}
}
