package door_test

import (
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

func closing(w *grant.WorkItem) ledger.Entry {
	return ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Closed{WorkItem: w}}, Revokes: []string{ledger.WorkKey(w.ID)}}
}
