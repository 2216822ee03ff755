package inquiry

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Weekly is the last report of recipients whom complaints cannot separate.
type Weekly struct {
	Entry uint64    `json:"entry"` // that recorded it
	At    time.Time `json:"at"`
	Total int       `json:"total" doc:"pairs found; the nearest are kept"`
	Pairs []Pair    `json:"pairs"`
}

// The report is filed where runs are, under an id no run has.
var weeklyKey = []byte("recipient pairs.")

const (
	weeklyAct  = "recipient-pairs"
	totalFact  = "total"
	pairsFact  = "pairs"
	mostWeekly = 100
)

var beijing = time.FixedZone("UTC+8", 8*60*60)

// Week numbers the weeks of UTC+8 by the year and week of ISO 8601.
func Week(now time.Time) string {
	year, week := now.In(beijing).ISOWeek()
	return strconv.Itoa(year) + "-" + strconv.Itoa(week)
}

// ReportPairs records the week's report; id names the week, so that it is recorded
// once, whoever comes first. As long as nobody was shown anything there is none.
func (q *Inquiry) ReportPairs(ctx context.Context, id pii.RequestID, now time.Time) (recorded bool, err error) {
	known, err := q.Ledger.Requests(ctx, []pii.RequestID{id})
	if err != nil || len(known) > 0 {
		return len(known) > 0, err
	}
	pairs, err := q.pairs(ctx, now)
	if err != nil || q.Exposure.Rows() == 0 {
		return false, err
	}
	text, err := json.Marshal(pairs[:min(len(pairs), mostWeekly)])
	if err != nil {
		return false, fault.Wrap(fault.Internal, "internal", err)
	}
	receipt, err := q.Ledger.Append(ctx, ledger.Item{Request: id, Entry: ledger.Entry{
		Kind: proof.KindQuestion, Refs: []ledger.Ref{{Kind: ledger.RefRun, Key: weeklyKey}},
		Facts: []proof.Field{
			{Name: "question", Value: weeklyAct}, {Name: "at", Value: now.UTC().Format(time.RFC3339)},
			{Name: totalFact, Value: strconv.Itoa(len(pairs))}, {Name: pairsFact, Value: string(text)},
		},
	}})
	if err != nil {
		return false, err
	}
	receipt.Close()
	return true, nil
}

// LastReport is the newest weekly report; nil before the first. Only the officer may.
func (q *Inquiry) LastReport(ctx context.Context, p party.Principal) (*Weekly, error) {
	if p.Person.Kind != party.Officer {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	var last []uint64
	for from := uint64(0); ; {
		found, err := q.Ledger.Find(ctx, ledger.Ref{Kind: ledger.RefRun, Key: weeklyKey}, from, page)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			break
		}
		last, from = found, found[len(found)-1]+1
	}
	if last == nil {
		return nil, nil
	}
	r, err := q.Ledger.Record(ctx, last[len(last)-1])
	if fault.Is(err, fault.NotFound) {
		return nil, nil // its record key was destroyed
	}
	if err != nil {
		return nil, err
	}
	out := &Weekly{Entry: r.Index, At: r.At()}
	total, err := strconv.Atoi(r.Fact(totalFact))
	if err != nil || json.Unmarshal([]byte(r.Fact(pairsFact)), &out.Pairs) != nil {
		return nil, fault.New(fault.Internal, "internal", pairsFact)
	}
	out.Total = total
	return out, nil
}
