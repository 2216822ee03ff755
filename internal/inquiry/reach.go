package inquiry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

// Reach is whom a recorded run is about: the complaints it rested on, how many it
// names, and everybody the records say was shown to those, decoys left out.
type Reach struct {
	Entry    uint64
	At       time.Time
	Cases    []pii.RequestID
	LeftOut  []pii.RequestID
	Named    int
	Affected *roaring.Bitmap
}

// Reach reads it from the run's entry and the exposure index. Who was shown to a named
// person outside the window the run found does not count; without a window all do.
func (q *Inquiry) Reach(ctx context.Context, id pii.RequestID) (Reach, error) {
	if q.Exposure == nil {
		return Reach{}, fault.New(fault.Unavailable, "unavailable", "exposure")
	}
	r, run, err := q.past(ctx, id)
	if err != nil {
		return Reach{}, err
	}
	out := Reach{Entry: r.Index, At: r.At(), Affected: roaring.New()}
	for _, ref := range r.Refs() {
		if ref.Kind == ledger.RefCase && len(ref.Key) == len(pii.RequestID{}) {
			out.Cases = append(out.Cases, pii.RequestID(ref.Key))
		}
	}
	for _, text := range run.LeftOut {
		if of, err := pii.ParseRequestID(text); err == nil {
			out.LeftOut = append(out.LeftOut, of)
		}
	}
	var f trace.Finding
	if json.Unmarshal([]byte(r.Fact(proof.FindingField)), &f) != nil {
		return Reach{}, fault.New(fault.Internal, "internal", "finding")
	}
	who := slices.DeleteFunc(strings.Split(r.Fact(namedFact), ","), func(s string) bool { return s == "" })
	if out.Named = len(who); out.Named == 0 {
		return out, nil
	}
	if err := q.Exposure.Follow(ctx); err != nil {
		return Reach{}, err
	}
	q.shownTo(&f, who, out.Affected)
	return out, q.leaveDecoys(ctx, out.Affected)
}

// shownTo adds whom named people were shown, in a form that can be carried away.
func (q *Inquiry) shownTo(f *trace.Finding, who []string, all *roaring.Bitmap) {
	var last *exposure.Act
	counts := false
	q.Exposure.Each(func(a *exposure.Act, o pii.Ordinal, _ pii.Version) {
		if a != last {
			last = a
			counts = (a.Form == pii.Plain || a.Form == pii.Masked || a.Form == pii.Alias) && slices.Contains(who, string(a.Recipient)) &&
				(!hasWindow(f, string(a.Recipient)) || inWindow(f, string(a.Recipient), a.At.Unix()))
		}
		if counts {
			all.Add(uint32(o))
		}
	})
}

// leaveDecoys takes out whom the company made up: there is nobody to be told.
func (q *Inquiry) leaveDecoys(ctx context.Context, all *roaring.Bitmap) error {
	if q.Decoys == nil {
		return nil
	}
	known, err := q.Decoys.Known(ctx)
	for o := range known.Decoys {
		all.Remove(uint32(o))
	}
	return err
}

func hasWindow(f *trace.Finding, recipient string) bool {
	return slices.ContainsFunc(f.Detail.Candidates, func(c trace.Candidate) bool { return c.Recipient == recipient })
}
