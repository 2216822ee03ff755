package port

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

func TestThroughTheDoor(t *testing.T) {
	h := build(t, plans{customers: 30, covered: 20})
	c := h.connect(h.login(h.work(1, 10), pii.Plain))
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeCacheStatement} {
		got, err := query(c, "SELECT id, name, phone, company FROM customer WHERE id IN (5, 15, 25) ORDER BY id", mode)
		if err != nil || fmt.Sprint(got) != "[5 王小明 13900000005 company 5 15 *** *** company 1 25 *** *** company 4]" {
			t.Errorf("%v: %q, %v", mode, got, err)
		}
	}
	masked := h.connect(h.login(h.work(1, 10), pii.Masked))
	got, err := query(masked, "SELECT phone FROM customer WHERE id = 5")
	if err != nil || len(got) != 1 || got[0] == "13900000005" || got[0] == "***" {
		t.Errorf("masked: %q, %v", got, err)
	}
	got, err = query(c, "SELECT id FROM customer WHERE phone = $1", "13900000007")
	if err != nil || fmt.Sprint(got) != "[7]" {
		t.Errorf("looked up: %q, %v", got, err)
	}
	got, err = query(c, "SELECT count(*) FROM customer WHERE phone IN ('13900000017', '13900000027', '13900000999')")
	if err != nil || fmt.Sprint(got) != "[0]" {
		t.Errorf("looked up outside the grant: %q, %v", got, err)
	}
	if n := h.recorded(); len(n) != 1 {
		t.Errorf("the ledger names %d subjects, want customer 5", len(n))
	}
}

// TestARowThatIsGone: one that was deleted between the view and the vault hides its own
// cells and no others.
func TestARowThatIsGone(t *testing.T) {
	h := build(t, plans{customers: 10})
	c := h.connect(h.login(h.work(1, 10), pii.Plain))
	h.do("DELETE FROM public.customer WHERE id = 5")
	got, err := query(c, "SELECT id, phone FROM customer WHERE id < 4 UNION ALL SELECT 5, '~"+h.table+":p:5~' ORDER BY 1")
	if err != nil || fmt.Sprint(got) != "[1 13900000001 2 13900000002 3 13900000003 5 ***]" {
		t.Errorf("got %q, %v", got, err)
	}
	h.do("INSERT INTO public.customer VALUES (5, '王小明', '13900000555', 'x')")
	if got, err = query(c, "SELECT phone FROM customer WHERE id = 5"); err != nil || fmt.Sprint(got) != "[13900000555]" {
		t.Errorf("a row that came back: %q, %v", got, err)
	}
}

// TestEntriesNameTheNetwork: of a session as of a request.
func TestEntriesNameTheNetwork(t *testing.T) {
	h := build(t, plans{customers: 3})
	c := h.connect(h.login(h.work(1, 3), pii.Plain))
	if _, err := query(c, "SELECT phone FROM customer WHERE phone = '13900000002'"); err != nil {
		t.Fatal(err)
	}
	named := 0
	for i := uint64(0); i < h.srv.Ledger().Size(); i++ {
		r, err := h.srv.Ledger().Record(context.Background(), i)
		h.ok(err)
		if r.Leaf.Kind == proof.KindDisclosure || r.Leaf.Kind == proof.KindLookup {
			if n := r.Fact("network"); len(n) != 16 {
				t.Errorf("an entry names network %q", n)
			}
			named++
		}
	}
	if named != 2 {
		t.Errorf("%d entries, want a lookup and a disclosure", named)
	}
}
