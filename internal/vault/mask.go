package vault

import (
	"context"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// mask replaces every value by the most telling mask that enough customers share.
// The choice depends on the value alone, never on the surface or the reader, so
// that masks of one person cannot be put together.
func (v *Vault) mask(ctx context.Context, opened []Opened) error {
	var keys [][16]byte
	for _, o := range opened {
		for f, val := range o.Values {
			keys = append(keys, v.maskKeys(f, val)...)
		}
	}
	sharing, err := v.shared.counts(ctx, v.store, keys, v.clock())
	if err != nil {
		return err
	}
	for _, o := range opened {
		for f, val := range o.Values {
			if o.odd[f] { // as no customer's: the mask that says nothing
				val = pii.Value{}
			}
			o.Values[f] = pii.NewValue(v.pick(f, val, sharing))
		}
	}
	return nil
}

func (v *Vault) pick(f pii.Field, val pii.Value, sharing map[[16]byte]int) string {
	ladder := v.ladder(f, val)
	for i, key := range v.maskKeys(f, val) {
		if sharing[key] >= EnoughToHide {
			return ladder[i]
		}
	}
	return ladder[len(ladder)-1]
}

func (v *Vault) ladder(f pii.Field, val pii.Value) []string {
	kind := pii.KindText
	if spec, ok := v.schema.Spec(f); ok {
		kind = spec.Kind
	}
	return pii.MaskLadder(kind, val.Reveal())
}

// maskKeys names the masks of a value, most telling first. The last rung says
// nothing of the value, so nobody counts it.
func (v *Vault) maskKeys(f pii.Field, val pii.Value) [][16]byte {
	ladder := v.ladder(f, val)
	keys := make([][16]byte, len(ladder)-1)
	for i := range keys {
		keys[i] = v.ring.MaskKey(f, uint8(i), ladder[i])
	}
	return keys
}

// How long a count of sharers is kept in memory, and how many are. A count that is
// a minute old is as good as a new one: no mask becomes telling in a minute.
const (
	sharingLife = time.Minute
	sharingKept = 100_000
)

// sharing remembers how many customers share a mask. The zero value is ready.
type sharing struct {
	mu    sync.Mutex
	until time.Time
	known map[[16]byte]int
}

// counts answers from memory what it can and reads the rest.
func (s *sharing) counts(ctx context.Context, store Store, keys [][16]byte, now time.Time) (map[[16]byte]int, error) {
	out := make(map[[16]byte]int, len(keys))
	missing := s.recall(keys, out, now)
	if len(missing) == 0 {
		return out, nil
	}
	read, err := store.Sharing(ctx, missing)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range missing {
		out[k], s.known[k] = read[k], read[k]
	}
	return out, nil
}

func (s *sharing) recall(keys [][16]byte, out map[[16]byte]int, now time.Time) (missing [][16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.Before(s.until) || len(s.known) > sharingKept {
		s.known, s.until = map[[16]byte]int{}, now.Add(sharingLife)
	}
	for _, k := range keys {
		if n, ok := s.known[k]; ok {
			out[k] = n
		} else {
			missing = append(missing, k)
		}
	}
	return missing
}

// rungs is how many masks of a ladder are counted at most.
const rungs = 2

// Sharers counts the customers who share a mask, as the pages show it. The count may
// be a minute old. Callers tell nobody a number below [EnoughToHide].
func (v *Vault) Sharers(ctx context.Context, f pii.Field, mask string) (most int, err error) {
	if _, ok := v.schema.Spec(f); !ok {
		return 0, fault.New(fault.Invalid, "bad-request", "field")
	}
	keys := make([][16]byte, rungs)
	for i := range keys {
		keys[i] = v.ring.MaskKey(f, uint8(i), mask)
	}
	counts, err := v.shared.counts(ctx, v.store, keys, v.clock())
	for _, n := range counts {
		most = max(most, n)
	}
	return most, err
}
