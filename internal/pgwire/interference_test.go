package pgwire_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/pgwire/pgwiretest"
)

// temporary names the schema of temporary objects, which depends on who came first.
var temporary = regexp.MustCompile(`pg_temp_[0-9]+|pg_toast_temp_[0-9]+`)

func TestI4_TwoWorldsLookAlike(t *testing.T) {
	w := pgwiretest.World{A: "13900000150", B: "13911112222", Prefix: prefix}
	a, b := open(t, 200, apart), open(t, 200, apart)
	change(t, b.raw, "UPDATE public.customer SET phone = '"+w.B+"' WHERE id = 150")
	for _, h := range []*house{a, b} {
		change(t, h.raw, "ALTER TABLE public.customer SET (autovacuum_enabled = off)")
		change(t, h.raw, "VACUUM (FULL, ANALYZE) public.customer")
	}
	blocks, err := pgwiretest.Corpus(os.DirFS("testdata/noninterference"))
	if err != nil || len(blocks) < 400 {
		t.Fatalf("%d blocks: %v", len(blocks), err)
	}
	for _, block := range blocks {
		compare(t, block.Name, func(h *house) ([]byte, error) { return block.Play(h.dsn(), w) }, a, b, w)
	}
	for _, trick := range pgwiretest.Tricks {
		compare(t, trick.Name, func(h *house) ([]byte, error) { return trick.Run(h.dsn(), w) }, a, b, w)
	}
	for name := range pgwiretest.Starts("postgres://x") {
		compare(t, name, func(h *house) ([]byte, error) {
			_, err := pgx.Connect(context.Background(), pgwiretest.Starts(h.dsn())[name])
			if err == nil {
				t.Errorf("%s: signed in", name)
			}
			return nil, nil
		}, a, b, w)
	}
}

func compare(t *testing.T, name string, play func(*house) ([]byte, error), a, b *house, w pgwiretest.World) {
	t.Helper()
	inA, errA := play(a)
	inB, errB := play(b)
	if errA != nil || errB != nil {
		t.Errorf("%s: %v, %v", name, errA, errB)
		return
	}
	inA, inB = temporary.ReplaceAll(inA, []byte("pg_temp")), temporary.ReplaceAll(inB, []byte("pg_temp"))
	inA, inB = pgwiretest.Level(inA), pgwiretest.Level(inB)
	if !bytes.Equal(inA, inB) {
		t.Errorf("%s: the worlds differ:\n%q\n%q", name, inA, inB)
	}
	if os.Getenv("GOLDBELL_SHOW") != "" {
		fmt.Printf("%s\n   %q\n", name, inA)
	}
}

// change does something as the owner of the database.
func change(t *testing.T, dsn, sql string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
}
