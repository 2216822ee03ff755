package dial

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// MaxOutcomes is how many outcomes one batch may report.
const MaxOutcomes = 1000

// Result is what became of a call.
type Result string

// The results.
const (
	Connected     Result = "connected"
	Busy          Result = "busy"
	NoAnswer      Result = "no-answer"
	Rejected      Result = "rejected"
	NotReached    Result = "unreachable"
	CallFailed    Result = "failed"
	CallCancelled Result = "cancelled"
)

// Results lists every result.
var Results = []Result{Connected, Busy, NoAnswer, Rejected, NotReached, CallFailed, CallCancelled}

// Valid reports whether r is a result.
func (r Result) Valid() bool { return slices.Contains(Results, r) }

// Outcome is what the switch reports of one call.
type Outcome struct {
	CallID  pii.RequestID `json:"call_id"`
	Result  Result        `json:"result"`
	At      time.Time     `json:"at"`      // when the switch began it
	Seconds int           `json:"seconds"` // how long the two talked
}

// Status says what was done with a reported outcome.
type Status string

// The statuses.
const (
	Recorded Status = "recorded"
	Repeated Status = "repeated" // an outcome of this call is recorded already; the first one stands
	Unknown  Status = "unknown"  // no call of this id
)

// Batch is a report of the switch. Switches repeat their reports, late and in any
// order; what is recorded already changes nothing.
type Batch struct {
	ID       pii.RequestID // zero: one is made
	Hash     []byte        // of the request, if it may be retried; nil otherwise
	Outcomes []Outcome     // at most MaxOutcomes
}

// tries is how often a batch is looked up again when another process was quicker.
const tries = 5

// outcomesKey is what every batch of outcomes takes away and rests on: of two that
// overlap the later is sent back and finds the earlier. It makes "once" hold
// between processes too.
const outcomesKey = "call-outcomes"

// Outcomes records what became of calls: one entry for what is new in the batch,
// none if nothing is. The statuses are in the order reported.
func (d *Dialer) Outcomes(ctx context.Context, p party.Principal, b Batch) ([]Status, error) {
	if !p.IsService() || p.Scope != door.ScopeSwitch || p.Person.Suspended || p.Org.Suspended {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	if err := d.check(b.Outcomes); err != nil {
		return nil, err
	}
	if b.ID.IsZero() {
		if _, err := io.ReadFull(d.Rand, b.ID[:]); err != nil {
			return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
		}
	}
	d.outcomes.Lock()
	defer d.outcomes.Unlock()
	for range tries {
		statuses, err := d.record(ctx, p, b)
		if !ledger.Stale(err) {
			return statuses, err
		}
		if err := d.Ledger.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "stale", "")
}

// Absurd times: a switch's clock may be a little ahead, a report long delayed.
const (
	aheadBy  = 5 * time.Minute
	lateBy   = 31 * 24 * time.Hour
	longCall = 24 * 60 * 60
)

func (d *Dialer) check(list []Outcome) error {
	if len(list) == 0 || len(list) > MaxOutcomes {
		return fault.New(fault.Invalid, "bad-request", "outcomes")
	}
	now := d.Clock()
	for i, o := range list {
		bad := ""
		switch {
		case !o.Result.Valid():
			bad = "result"
		case o.At.After(now.Add(aheadBy)) || o.At.Before(now.Add(-lateBy)):
			bad = "at"
		case o.Seconds < 0 || o.Seconds > longCall:
			bad = "seconds"
		}
		if bad != "" {
			return fault.New(fault.Invalid, "bad-request", fmt.Sprintf("outcomes[%d].%s", i, bad))
		}
	}
	return nil
}

func (d *Dialer) record(ctx context.Context, p party.Principal, b Batch) ([]Status, error) {
	// Read before anything is looked up: what is recorded later sends it back.
	basis := ledger.Basis{Size: d.Ledger.Size(), Rules: d.Ledger.Rules(), Keys: []string{outcomesKey}}
	statuses, err := d.statuses(ctx, b.Outcomes)
	if err != nil {
		return nil, err
	}
	var fresh []Outcome
	for i, s := range statuses {
		if s == Recorded {
			fresh = append(fresh, b.Outcomes[i])
		}
	}
	if len(fresh) == 0 {
		return statuses, nil
	}
	entry := outcomeEntry(p, fresh)
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: b.ID, Hash: b.Hash, Entry: entry, Basis: basis})
	if err != nil {
		return nil, err
	}
	defer receipt.Close()
	if receipt.Again() { // an earlier try recorded less than this one would
		return nil, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	return statuses, nil
}

// outcomeEntry names the disclosures and, in one fact, says of each "id result
// time seconds", in lines.
func outcomeEntry(p party.Principal, fresh []Outcome) ledger.Entry {
	e := ledger.Entry{Kind: proof.KindCallOutcome, Actor: p.Person.ID, Org: p.Org.ID, Revokes: []string{outcomesKey}}
	var lines strings.Builder
	for _, o := range fresh {
		fmt.Fprintf(&lines, "%s %s %s %d\n", o.CallID, o.Result, o.At.UTC().Truncate(time.Second).Format(time.RFC3339), o.Seconds)
		e.Refs = append(e.Refs, disclosureRef(o.CallID))
	}
	e.Facts = []proof.Field{
		{Name: "count", Value: strconv.Itoa(len(fresh))},
		{Name: "outcomes", Value: lines.String()},
	}
	return e
}

func disclosureRef(id pii.RequestID) ledger.Ref {
	return ledger.Ref{Kind: ledger.RefDisclosure, Key: id[:]}
}

// statuses says what is to be done with each outcome.
func (d *Dialer) statuses(ctx context.Context, list []Outcome) ([]Status, error) {
	calls, err := d.calls(ctx, list)
	if err != nil {
		return nil, err
	}
	recorded, err := d.recorded(ctx, calls)
	if err != nil {
		return nil, err
	}
	out := make([]Status, len(list))
	seen := make(map[pii.RequestID]bool, len(list))
	for i, o := range list {
		switch {
		case !calls[o.CallID]:
			out[i] = Unknown
			continue
		case seen[o.CallID] || recorded[o.CallID]:
			out[i] = Repeated
			continue
		}
		seen[o.CallID], out[i] = true, Recorded
	}
	return out, nil
}

// recorded says of which calls an outcome is recorded. Entries of other kinds may
// name a disclosure too; there are few.
func (d *Dialer) recorded(ctx context.Context, calls map[pii.RequestID]bool) (map[pii.RequestID]bool, error) {
	keys := make([][]byte, 0, len(calls))
	for id := range calls {
		keys = append(keys, id[:])
	}
	rows, err := d.Ledger.FindAny(ctx, ledger.RefDisclosure, keys)
	if err != nil {
		return nil, err
	}
	recorded := make(map[pii.RequestID]bool, len(rows))
	for _, r := range rows {
		kind, err := d.kindOf(ctx, r.Index)
		if err != nil {
			return nil, err
		}
		if kind == proof.KindCallOutcome {
			recorded[pii.RequestID(r.Ref.Key)] = true
		}
	}
	return recorded, nil
}

func (d *Dialer) kindOf(ctx context.Context, idx uint64) (proof.Kind, error) {
	raw, err := d.Ledger.Leaves(ctx, idx, 1)
	if err != nil {
		return 0, err
	}
	if len(raw) != 1 {
		return 0, fault.New(fault.Unavailable, "ledger-broken", "")
	}
	leaf, err := proof.DecodeLeaf(raw[0])
	if err != nil {
		return 0, fault.New(fault.Unavailable, "ledger-broken", "")
	}
	return leaf.Kind, nil
}

// calls says which of the ids are those of calls.
func (d *Dialer) calls(ctx context.Context, list []Outcome) (map[pii.RequestID]bool, error) {
	ids := make([]pii.RequestID, len(list))
	for i, o := range list {
		ids[i] = o.CallID
	}
	entries, err := d.Ledger.Requests(ctx, ids)
	if err != nil {
		return nil, err
	}
	at := slices.Collect(maps.Values(entries))
	calls := make(map[pii.RequestID]bool, len(at))
	for _, r := range runs(at) {
		records, err := d.Ledger.Records(ctx, r.from, r.n)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			id := rec.Request()
			if _, asked := entries[id]; !asked {
				continue
			}
			calls[id] = rec.Leaf.Kind == proof.KindDisclosure && rec.Verb() == pii.Dial
		}
	}
	return calls, nil
}

// run is a stretch of the ledger.
type run struct {
	from uint64
	n    int
}

// Calls reported together were made at about the same time. Reading a few entries
// in between is cheaper than asking for each.
const (
	maxGap = 16
	maxRun = 1024
)

// runs covers the indices with few stretches.
func runs(at []uint64) []run {
	slices.Sort(at)
	var out []run
	for _, idx := range at {
		if k := len(out) - 1; k >= 0 {
			r := &out[k]
			if idx < r.from+uint64(r.n)+maxGap && idx-r.from < maxRun {
				r.n = int(idx-r.from) + 1
				continue
			}
		}
		out = append(out, run{idx, 1})
	}
	return out
}
