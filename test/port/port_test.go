package port

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/pii"
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
