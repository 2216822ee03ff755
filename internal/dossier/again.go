package dossier

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Facts of a pack's entry that a retry makes the same pack from. A pack does not open
// them but for the time: they say nothing that is not in it.
const (
	createdFact = "created"
	seenFact    = "seen" // how long the ledger was when the entries were collected
	headFact    = "head" // the checkpoint
	earlierFact = "earlier"
)

// past is what a pack depends on besides what is asked: if the order was carried out
// before, what it was then.
type past struct {
	again   bool
	created uint64 // microseconds
	size    uint64 // of the ledger
	head    ledger.Head
	earlier [][]byte
}

// past finds what an order with this id was made from, or starts it now. The window
// of a retry is the one of the first try: "until now" was another moment.
func (m *Maker) past(ctx context.Context, p party.Principal, o *Order) (past, error) {
	at, err := m.Ledger.Requests(ctx, []pii.RequestID{o.ID})
	if err != nil {
		return past{}, err
	}
	idx, ok := at[o.ID]
	if !ok {
		head, err := m.Ledger.Head(ctx)
		return past{created: micros(m.Clock()), size: head.Size}, err
	}
	r, err := m.Ledger.Record(ctx, idx)
	if err != nil {
		return past{}, err
	}
	switch {
	case r.Fact("request-hash") != hex.EncodeToString(o.Hash):
		return past{}, fault.New(fault.Mismatch, "idempotency-body", "Idempotency-Key")
	case m.Clock().Sub(r.At()) > ledger.RetryWindow:
		return past{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	made := past{again: true}
	var err1, err2, err3, err4 error
	made.created, err1 = strconv.ParseUint(r.Fact(createdFact), 10, 64)
	made.size, err2 = strconv.ParseUint(r.Fact(seenFact), 10, 64)
	c, err3 := proof.ParseCheckpoint([]byte(r.Fact(headFact)))
	err4 = json.Unmarshal([]byte(r.Fact(earlierFact)), &made.earlier)
	from, err5 := strconv.ParseInt(r.Fact("from"), 10, 64)
	until, err6 := strconv.ParseInt(r.Fact("until"), 10, 64)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err != nil || r.Leaf.Kind != proof.KindPack || r.Fact("actor") != string(p.Person.ID) {
			return past{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
		}
	}
	made.head = ledger.Head{Size: c.Size, Root: c.Root, Note: []byte(r.Fact(headFact))}
	o.From, o.Until = time.UnixMicro(from).UTC(), time.UnixMicro(until).UTC()
	return made, nil
}

// facts are what a retry will need.
func (m past) facts(pack *proof.Pack) []proof.Field {
	notes := [][]byte{}
	for _, e := range pack.Earlier {
		notes = append(notes, e.Checkpoint)
	}
	earlier, err := json.Marshal(notes)
	if err != nil {
		panic("dossier: a list of bytes did not encode") // impossible state
	}
	return []proof.Field{
		{Name: createdFact, Value: strconv.FormatUint(m.created, 10)},
		{Name: seenFact, Value: strconv.FormatUint(m.size, 10)},
		{Name: headFact, Value: string(pack.Checkpoint)},
		{Name: earlierFact, Value: string(earlier)},
	}
}
