package ledger

import (
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// receiptLife is how long after its request was queued a receipt opens anything.
const receiptLife = 5 * time.Second

// Scope is what a receipt's entry names: the vault opens nothing else.
type Scope struct {
	Entry     uint64
	Request   pii.RequestID
	Verb      pii.Verb
	Form      pii.Form // the highest form the entry names
	Fields    []pii.Field
	Recipient pii.OrgID
	Shown     []ShownVersion
}

// ShownVersion is one subject of a scope with the value version named.
type ShownVersion struct {
	Ordinal pii.Ordinal
	Version pii.Version
}

// Receipt says that an entry is durable. It is made only by [Ledger.Append], is
// used once, expires 5 s after its request was queued and never leaves the
// process. The zero Receipt opens nothing.
type Receipt struct {
	ledger *Ledger
	record *Record
	scope  Scope
	again  bool
	over   string
	until  time.Time
	clock  func() time.Time

	mu   sync.Mutex
	used bool
	late bool          // a withdrawal came before it was redeemed
	done chan struct{} // closed when the values were opened, or never will be
}

// Redeem hands the scope to the vault, once and in time.
func (r *Receipt) Redeem() (Scope, error) {
	if r == nil || r.done == nil {
		return Scope{}, fault.New(fault.Denied, "no-receipt", "")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used && !r.late {
		return Scope{}, fault.New(fault.Denied, "receipt-used", "")
	}
	r.used = true
	if r.late || !r.clock().Before(r.until) {
		return Scope{}, fault.New(fault.Unavailable, "receipt-late", "")
	}
	return r.scope, nil
}

// inUse makes the receipt useless to whoever has not redeemed it, and reports
// whether somebody has and is still at it.
func (r *Receipt) inUse() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.used
	r.used, r.late = true, r.late || !r.used
	select {
	case <-r.done:
		return false
	default:
		return was
	}
}

// Close says that nothing will be opened with this receipt any more. The door
// calls it when it has answered; a withdrawal waits for it.
func (r *Receipt) Close() {
	if r == nil || r.done == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = true
	select {
	case <-r.done:
	default:
		close(r.done)
		r.ledger.forget(r)
	}
}

// Record is the entry the receipt is for.
func (r *Receipt) Record() *Record { return r.record }

// Again says that the entry was recorded by an earlier try of the same request.
func (r *Receipt) Again() bool { return r.again }

// Over names the budget that was used up, so that the refusal was recorded
// instead of the answer; empty if none was.
func (r *Receipt) Over() string { return r.over }
