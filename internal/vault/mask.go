package vault

import (
	"context"

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
	sharing, err := v.store.Sharing(ctx, keys)
	if err != nil {
		return err
	}
	for _, o := range opened {
		for f, val := range o.Values {
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
