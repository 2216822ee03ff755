// Package storetest is the one suite that every engine of package store passes:
// the contracts of the stores' consumers, concurrency and failure included.
//
// Its one invariant: an engine skips no case. It knows no engine; what only one
// of them can do is tested beside package store.
package storetest

import (
	"testing"

	"github.com/goldbell/goldbell/internal/store"
)

// Run runs the suite. open returns a new, empty database each time.
func Run(t *testing.T, open func(*testing.T) *store.DB) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *store.DB)
	}{
		{"entries are read back", testEntries},
		{"a failed append leaves nothing", testFailedAppend},
		{"a stale head is refused", testStaleHead},
		{"requests are recorded once", testRequestOnce},
		{"revocations since", testRevoked},
		{"an unknown effect fails the entry", testUnknownEffect},
		{"a row without its stamp fails the entry", testUnstamped},
		{"a time that would not be read back fails the entry", testInexactTime},
		{"stamped rows keep every byte", testStampedRows},
		{"the ground of a decision", testGround},
		{"rows are replaced", testReplaced},
		{"lists", testLists},
		{"the work of a team", testTeam},
		{"one code serves once", testCode},
		{"cosignatures", testCosignatures},
		{"budgets of requests", testAmounts},
		{"budgets of distinct subjects", testSubjects},
		{"budgets of one batch", testBatchOfSpends},
		{"budgets of one entry", testAllOrNone},
		{"budgets are exact under many spenders", testSpenders},
		{"two appenders make one history", testAppenders},
		{"custody", testCustody},
		{"corrections", testCorrected},
		{"tags of found files", testTags},
		{"segments of the exposure index", testSegments},
		{"holds and erasure", testErasure},
		{"ordinals are reserved once", testOrdinals},
		{"a key wrapped anew", testRewrap},
		{"fields past their time", testLapsed},
		{"long lists", testLongLists},
		{"what an audit reads", testHistory},
		{"what forgetting leaves", testForgotten},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, open(t))
		})
	}
}
