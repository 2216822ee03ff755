package door

import "context"

// CutRehearsal takes the dummy step out of the reads and lookups that are chosen.
func (d *Door) CutRehearsal(read func(Request) bool, lookup func(Lookup) bool) {
	r, l := d.rehearseRead, d.rehearseLookup
	d.rehearseRead = func(ctx context.Context, x Request) error {
		if read(x) {
			return nil
		}
		return r(ctx, x)
	}
	d.rehearseLookup = func(ctx context.Context, x Lookup) error {
		if lookup(x) {
			return nil
		}
		return l(ctx, x)
	}
}
