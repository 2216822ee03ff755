package ledger

import (
	"context"

	"github.com/goldbell/goldbell/proof"
)

// Cosignature is a witness's signature line under the checkpoint of a size.
type Cosignature struct {
	Size    uint64
	Witness string
	Line    string // with its newline
}

// cosigned checks the stored signatures of witnesses under the checkpoints of this
// page. Those of witnesses whose keys are not known are counted.
func (a *Audit) cosigned(ctx context.Context, from, to uint64, heads map[uint64][]byte) error {
	rows, err := a.history.AllCosignatures(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range rows {
		switch known, ok := a.cosignature(r, heads[r.Size]); {
		case !known:
			a.report.Strangers++
		case ok:
			a.report.Cosigned++
		default:
			a.fault(r.Size, "a witness's signature of this size does not belong to its checkpoint")
		}
	}
	return nil
}

// cosignature reports whether the witness is known, and whether it signed.
func (a *Audit) cosignature(r Cosignature, head []byte) (known, ok bool) {
	c, err := proof.ParseCheckpoint(append(head[:len(head):len(head)], r.Line...))
	if err != nil {
		return true, false
	}
	last := c.Signatures[len(c.Signatures)-1]
	for name, key := range a.witnesses {
		if name != r.Witness && (key.Name != last.Name || key.ID != last.KeyID) {
			continue
		}
		_, signed, err := c.Cosigned(key)
		return true, signed && err == nil && name == r.Witness
	}
	return false, false
}
