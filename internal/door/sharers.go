package door

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// EnoughToHide is how many customers must share a mask that is shown.
const EnoughToHide = vault.EnoughToHide

// Sharers counts the customers who share a mask; ok is false, and the count 0, if
// they are fewer than hide each other: nobody counts the values we hold by it.
func (d *Door) Sharers(ctx context.Context, f pii.Field, mask string) (n int, ok bool, err error) {
	n, err = d.Vault.Sharers(ctx, f, mask)
	if err != nil || n < EnoughToHide {
		return 0, false, err
	}
	return n, true, nil
}
