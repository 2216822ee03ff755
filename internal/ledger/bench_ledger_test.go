package ledger_test

import (
	"testing"

	"github.com/goldbell/goldbell/internal/ledger"
)

// BenchmarkLedgerAppend is one writer's entry, from the facts to the durable
// receipt, on SQLite.
func BenchmarkLedgerAppend(b *testing.B) {
	k := newBook(b)
	for b.Loop() {
		r, err := k.Append(ctx, ledger.Item{Request: newID(), Entry: k.shown()})
		k.ok(err)
		r.Close()
	}
}
