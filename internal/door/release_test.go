package door_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/company"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// enrolled is a firm whose customers lie in its own database.
type enrolled struct {
	*firm.Firm
	testing.TB
	dsn    string
	admin  *pgx.Conn
	table  *enrolment.Table
	orders *enrolment.Table
	ids    []pii.SubjectID
}

const companySchema = `
CREATE TABLE customer (id bigint PRIMARY KEY, name text, phone text, email text, company text);
INSERT INTO customer SELECT n, '王小明', '+86 138 0000 ' || to_char(n, 'FM0000'), 'u' || n || '@example.com', NULL FROM generate_series(1, %d) n;
UPDATE customer SET phone = NULL WHERE id = 7;
UPDATE customer SET phone = 'ask his wife' WHERE id = 8;
CREATE TABLE orders (no int PRIMARY KEY, customer_id bigint REFERENCES customer, contact text);
INSERT INTO orders SELECT n, n %% 10 + 1, '1390000' || to_char(n, 'FM0000') FROM generate_series(1, 40) n`

var crm = party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}

func newEnrolled(t testing.TB, rows int) *enrolled {
	t.Helper()
	e := &enrolled{Firm: firm.New(t, 1), TB: t, dsn: pgtest.Start(t)}
	var err error
	e.admin, err = pgx.Connect(t.Context(), e.dsn)
	e.OK(err)
	e.do(fmt.Sprintf(companySchema, rows))
	var roles company.Roles
	var known []*enrolment.Table
	enrol := func(a company.Ask) *enrolment.Table {
		a.DSN = e.dsn
		p, err := company.Planner{Schema: pii.Registration(), Known: enrolment.NewSet(known), Roles: roles, Rand: rand.Reader}.Plan(t.Context(), a)
		e.OK(err)
		e.OK(company.Run(t.Context(), e.dsn, p.SQL))
		roles, known = p.Roles, append(known, p.Table)
		return p.Table
	}
	e.table = enrol(company.Ask{Table: "public.customer", Protect: []string{"name", "phone", "email", "company"}})
	e.orders = enrol(company.Ask{Table: "public.orders", Subject: []string{"customer_id"}, Protect: []string{"contact=phone"}})
	set := enrolment.NewSet(known)
	source := company.NewSource(func(context.Context, string) (string, error) { return roles.SourceDSN(), nil }, rand.Reader)
	e.Vault.SetSource(source, func() *enrolment.Set { return set })
	e.Door.Tables = func() *enrolment.Set { return set }
	t.Cleanup(func() {
		source.Close()
		_, _ = e.admin.Exec(context.Background(), fmt.Sprintf(`DROP OWNED BY %[1]s, %[2]s CASCADE; DROP ROLE %[1]s, %[2]s`, roles.Reader, roles.Source))
		_ = e.admin.Close(context.Background())
	})
	keys := make([]string, rows)
	for i := range keys {
		keys[i] = strconv.Itoa(i + 1)
	}
	e.ids, err = e.Door.Adopt(t.Context(), crm, e.table, keys)
	e.OK(err)
	return e
}

func (e *enrolled) do(sql string) {
	e.Helper()
	if _, err := e.admin.Exec(e.Context(), sql); err != nil {
		e.Fatalf("%s: %v", sql, err)
	}
}

func (e *enrolled) session(work pii.RequestID, form pii.Form) door.Session {
	return door.Session{Principal: e.Agent, Purpose: "telesales", Work: work, Form: form}
}

// cells are placeholders of the customers with these keys, of the columns with these tags.
func (e *enrolled) cells(tags string, keys ...int) enrolment.Batch {
	var b enrolment.Batch
	for _, k := range keys {
		for _, tag := range tags {
			c, ok := e.table.ByTag(string(tag))
			if !ok {
				e.Fatal("no such column")
			}
			b.Cells = append(b.Cells, enrolment.Cell{Table: e.table, Column: c, Subject: strconv.Itoa(k)})
		}
	}
	return b
}

func told(r door.Released) string {
	var all []string
	for _, a := range r.Answers {
		switch {
		case a.Null:
			all = append(all, "NULL")
		case a.Shown:
			all = append(all, a.Value.Reveal())
		default:
			all = append(all, "-"+a.Reason)
		}
	}
	return strings.Join(all, "|")
}

func (e *enrolled) release(s door.Session, b enrolment.Batch) string {
	e.Helper()
	r, err := e.Door.Release(e.Context(), s, b)
	e.OK(err)
	return told(r)
}

func TestABatchIsRecordedBeforeItIsShown(t *testing.T) {
	e := newEnrolled(t, 30)
	work := e.Work(e.ids[:10]...)
	before := e.Ledger.Size()
	s := e.session(work, pii.Masked)
	if got, want := e.release(s, e.cells("np", 1, 2, 15)), "王**|号码已隐藏|王**|号码已隐藏|-no-grant|-no-grant"; got != want {
		t.Errorf("masked: %s, want %s", got, want)
	}
	if n := e.Ledger.Size() - before; n != 1 {
		t.Fatalf("%d entries for one batch", n)
	}
	r, err := e.Ledger.Record(t.Context(), before)
	e.OK(err)
	shown := 0
	r.Subjects(func(_ pii.Ordinal, l proof.Line) bool {
		if l.Shown && l.Version == 1 {
			shown++
		}
		return true
	})
	if r.Leaf.Kind != proof.KindDisclosure || shown != 2 || r.Fact("fields") != "name,phone" || r.Fact("form") != "masked" ||
		r.Fact("outside") != e.ids[14].String() || r.Fact("surface") != "postgres" || r.Fact("actor") != "a001" {
		t.Errorf("recorded: %v, %d shown, %q %q %q", r.Leaf.Kind, shown, r.Fact("fields"), r.Fact("form"), r.Fact("outside"))
	}
	e.AllowPlain()
	s.Form = pii.Plain
	if got, want := e.release(s, e.cells("np", 1, 7, 8)), "王小明|+86 138 0000 0001|王小明|NULL|王小明|ask his wife"; got != want {
		t.Errorf("plain: %s, want %s", got, want)
	}
	// An address is on no sheet of this purpose: the cell is refused, the row is not.
	before = e.Ledger.Size()
	if got, want := e.release(s, e.cells("pe", 1, 2)), "+86 138 0000 0001|-outside-purpose-sheet|+86 138 0000 0002|-outside-purpose-sheet"; got != want {
		t.Errorf("beyond the sheet: %s, want %s", got, want)
	}
	if r, err = e.Ledger.Record(t.Context(), before); err != nil || r.Fact("fields") != "phone" {
		t.Errorf("what was refused is in the entry as shown: %q, %v", r.Fact("fields"), err)
	}
	verified, err := ledger.Verify(t.Context(), e.LedgerConfig(), e.Store, nil)
	e.OK(err)
	if len(verified.Faults) != 0 {
		t.Errorf("%+v", verified.Faults)
	}
}

func TestForgedPlaceholdersAreDecidedLikeOthers(t *testing.T) {
	e := newEnrolled(t, 30)
	e.AllowPlain()
	s := e.session(e.Work(e.ids[:3]...), pii.Plain)
	contact, _ := e.orders.ByTag("p")
	phone, _ := e.table.ByTag("p")
	order := func(subject, row string) enrolment.Cell {
		return enrolment.Cell{Table: e.orders, Column: contact, Subject: subject, Row: row}
	}
	b := enrolment.Batch{Cells: []enrolment.Cell{
		order("3", "12"),                                 // hers
		order("3", "13"),                                 // another's row under her name
		order("4", "13"),                                 // another's
		order("3", "x"), order("3", "99999999999999999"), // no rows
		{Table: e.table, Column: phone, Subject: "03"},       // hers, written otherwise
		{Table: e.table, Column: phone, Subject: "nobody"},   // nobody's
		{Table: e.table, Column: phone, Subject: "99999999"}, // nobody's
	}}
	if got, want := e.release(s, b), "13900000012|-gone|-no-grant|-gone|-gone|-no-grant|-no-grant|-no-grant"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Another's work item, none, and another purpose.
	other := e.Agent
	other.Person.ID = "a002"
	for name, x := range map[string]door.Session{
		"another's": {Principal: other, Purpose: "telesales", Work: s.Work, Form: pii.Plain},
		"none":      e.session(pii.RequestID{}, pii.Plain),
	} {
		if got := e.release(x, e.cells("p", 1)); got != "-no-grant" {
			t.Errorf("under %s work item: %s", name, got)
		}
	}
	partner := e.Agent
	partner.Org.Kind = party.Handler
	if _, err := e.Door.Release(t.Context(), door.Session{Principal: partner, Purpose: "telesales", Work: s.Work, Form: pii.Plain}, e.cells("p", 1)); fault.Of(err).ID != "not-yours" {
		t.Errorf("a partner: %v", err)
	}
}

func TestAChangedValueIsShownAsItsVersion(t *testing.T) {
	e := newEnrolled(t, 10)
	e.AllowPlain()
	s := e.session(e.Work(e.ids...), pii.Plain)
	if got := e.release(s, e.cells("p", 2)); got != "+86 138 0000 0002" {
		t.Fatal(got)
	}
	e.do(`UPDATE customer SET phone = '13711112222' WHERE id = 2`)
	if got := e.release(s, e.cells("p", 2)); got != "13711112222" {
		t.Fatal(got)
	}
	r, err := e.Ledger.Record(t.Context(), e.Ledger.Size()-1)
	e.OK(err)
	r.Subjects(func(_ pii.Ordinal, l proof.Line) bool {
		if !l.Shown || l.Version != 2 {
			t.Errorf("the last entry names version %d", l.Version)
		}
		return true
	})
	e.do(`UPDATE customer SET phone = '13711113333' WHERE id = 3; DELETE FROM orders; DELETE FROM customer WHERE id = 4`)
	f, err := e.Door.Follow(t.Context(), e.table, "")
	e.OK(err)
	if f.Rows != 9 || f.Changed != 1 || f.New != 0 || f.Last != "10" {
		t.Errorf("%+v", f)
	}
	if got := e.release(s, e.cells("p", 3)); got != "13711113333" {
		t.Error(got)
	}
	if got := e.release(s, e.cells("p", 4)); got != "-gone" { // and its batch is not lost
		t.Errorf("a row that is gone: %s", got)
	}
}

func TestTheBudgetStopsASelectMidway(t *testing.T) {
	e := newEnrolled(t, 100)
	e.AllowPlain()
	s := e.session(e.Work(e.ids...), pii.Plain)
	most := int(door.DefaultCaps().Person[pii.Plain])
	shown := 0
	for k := 1; k <= 100; k += 10 {
		keys := make([]int, 10)
		for i := range keys {
			keys[i] = k + i
		}
		for range 2 { // the same rows again cost nothing
			r, err := e.Door.Release(t.Context(), s, e.cells("p", keys...))
			e.OK(err)
			if over := k > most; r.Over != over || r.Answers[0].Shown == over {
				t.Fatalf("rows %d…: over is %v, shown %v", k, r.Over, r.Answers[0].Shown)
			}
		}
		if k <= most {
			shown += 10
		}
	}
	if shown != most {
		t.Errorf("%d of %d were shown", shown, most)
	}
}

func TestWhatIsTakenAwayShowsNothingMore(t *testing.T) {
	e := newEnrolled(t, 12)
	e.AllowPlain()
	work := e.Work(e.ids...)
	s := e.session(work, pii.Plain)
	if got := e.release(s, e.cells("p", 1)); got != "+86 138 0000 0001" {
		t.Fatal(got)
	}
	item, _, err := e.Store.Item(t.Context(), work)
	e.OK(err)
	item.Closed = true
	e.Append(closing(&item))
	if got := e.release(s, e.cells("p", 1)); got != "-no-grant" {
		t.Errorf("after the work item was closed: %s", got)
	}
	s.Work = e.Work(e.ids...)
	if got := e.release(s, e.cells("p", 1)); got != "+86 138 0000 0001" {
		t.Fatal(got)
	}
	e.Now = e.Now.Add(25 * time.Hour)
	if got := e.release(s, e.cells("p", 1)); got != "-no-grant" {
		t.Errorf("after the work item's time: %s", got)
	}
}

func TestI4LookupsInAnEnrolledTable(t *testing.T) {
	e := newEnrolled(t, 20)
	s := e.session(e.Work(e.ids[:5]...), pii.Masked)
	phone, _ := e.table.ByTag("p")
	name, _ := e.table.ByTag("n")
	before := e.Ledger.Size()
	found, err := e.Door.FindRows(t.Context(), s, e.table, phone, []pii.Value{
		pii.NewValue("138-0000-0003"), pii.NewValue("13800000015"), pii.NewValue("13899999999"), pii.NewValue("nonsense"),
	})
	e.OK(err)
	if got := fmt.Sprint(found); got != "[[3] [] [] []]" {
		t.Errorf("found %s", got)
	}
	if n := e.Ledger.Size() - before; n != 3 {
		t.Errorf("%d entries for three values", n)
	}
	e.do(`UPDATE customer SET phone = '13711112222' WHERE id = 3`)
	if found, err = e.Door.FindRows(t.Context(), s, e.table, phone, []pii.Value{pii.NewValue("13800000003")}); err != nil || len(found[0]) != 0 {
		t.Errorf("a number she does not have any more: %v, %v", found, err)
	}
	if _, err := e.Door.FindRows(t.Context(), s, e.table, name, []pii.Value{pii.NewValue("王小明")}); err == nil {
		t.Error("a column without an index is looked up in")
	}
}

func TestOtherSurfacesReadEnrolledSubjects(t *testing.T) {
	e := newEnrolled(t, 10)
	e.AllowPlain()
	work := e.Work(e.ids...)
	for form, want := range map[pii.Form]string{pii.Plain: "+86 138 0000 0002", pii.Masked: "号码已隐藏"} {
		a, err := e.Door.Disclose(t.Context(), e.Agent, e.Read(work, form, e.ids[1]))
		e.OK(err)
		if got := a.Results[0].Values[pii.Phone].Reveal(); got != want {
			t.Errorf("%v: %s, want %s", form, got, want)
		}
	}
	_, err := e.Door.Use(t.Context(), e.Agent, door.Request{
		ID: firm.NewID(), Verb: pii.Dial, Form: pii.Relay, Fields: []pii.Field{pii.Phone}, Purpose: "telesales", Work: work, Subjects: e.ids[1:2],
	}, func(_ context.Context, _ door.Answer, v map[pii.Field]pii.Value) error {
		if got := v[pii.Phone].Reveal(); got != "13800000002" {
			t.Errorf("the switch is given %s", got)
		}
		return nil
	})
	e.OK(err)
	if _, err := e.Door.Correct(t.Context(), crm, firm.NewID(), nil, e.ids[0], nil); fault.Of(err).ID != "sourced" {
		t.Errorf("a correction: %v", err)
	}
}

// BenchmarkRelease is one batch of 500 rows of two columns, and of one cell.
func BenchmarkRelease(b *testing.B) {
	e := newEnrolled(b, 500)
	e.AllowPlain()
	e.Door.Caps.Person[pii.Plain] = 1_000_000
	s := e.session(e.Work(e.ids...), pii.Plain)
	keys := make([]int, 500)
	for i := range keys {
		keys[i] = i + 1
	}
	for name, batch := range map[string]enrolment.Batch{"one cell": e.cells("p", 1), "500 rows": e.cells("np", keys...)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got, err := e.Door.Release(b.Context(), s, batch); err != nil || !got.Answers[0].Shown {
					b.Fatal(err)
				}
			}
		})
	}
}
