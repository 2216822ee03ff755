package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Restored is the row of a restore, made by the restore's own entry. Its entry is
// the first after what was restored and, of a mirror, put back: that is the number
// in its stamp. If it opened another log, the tree goes on from the restored entries
// and belongs to that log from this entry on.
type Restored struct {
	Origin     string `json:"origin"`     // the log that the entry, and what follows, belongs to
	LogKey     string `json:"log_key"`    // and its verifier key
	Restored   uint64 `json:"restored"`   // how many entries the backup held
	Seen       uint64 `json:"seen"`       // the size of Checkpoint; 0: nobody had kept any
	Checkpoint []byte `json:"checkpoint"` // the highest signed head anybody had seen of the log before
	Heir       []byte `json:"heir"`       // the old key's statement, if this opened another log
	pii.Stamp  `json:"-"`
}

// RestoredPut inserts the row.
type RestoredPut struct{ *Restored }

// StampRow implements [pii.Stamped].
func (r *Restored) StampRow() (string, []byte) {
	row := *r
	row.Checkpoint, row.Heir = append([]byte{}, r.Checkpoint...), append([]byte{}, r.Heir...) // never null
	b, err := json.Marshal(row)
	if err != nil {
		panic("ledger: a row of plain fields did not encode") // impossible state
	}
	return "restore", b
}

// Facts are what the restore's entry commits to, in the format's order.
func (r *Restored) Facts(entry uint64) []proof.Field {
	return []proof.Field{
		{Name: proof.OriginField, Value: r.Origin},
		{Name: proof.LogKeyField, Value: r.LogKey},
		{Name: "restored", Value: fmt.Sprint(r.Restored)},
		{Name: "put-back", Value: fmt.Sprint(entry - r.Restored)},
		{Name: "missing-from", Value: fmt.Sprint(entry)},
		{Name: proof.MissingField, Value: fmt.Sprint(max(r.Seen, entry))},
		{Name: "checkpoint", Value: string(r.Checkpoint)},
		{Name: proof.HeirField, Value: string(r.Heir)},
	}
}

// Lineage reads the rows of all restores, by entry.
type Lineage interface {
	Restores(ctx context.Context) ([]Restored, error)
}

// log is one name the tree has been signed under.
type log struct {
	name     string
	vkey     string
	verifier note.Verifier
	from     uint64 // heads longer than this are signed by it
}

var errClosedLog = fault.New(fault.Unavailable, "closed-log", "")

// lineage reads and checks the rows of restores. With no row there is one log, the
// ring's. A ring that writes another log than the database's last belongs to a later
// restore: this database is an older copy.
func (l *Ledger) lineage(ctx context.Context, from Lineage, restoring bool) error {
	var rows []Restored
	if from != nil {
		var err error
		if rows, err = from.Restores(ctx); err != nil {
			return err
		}
	}
	own := map[string]note.Verifier{}
	for _, vkey := range append(l.ring.Closed(), l.ring.VerifierKey()) {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return fault.Wrap(fault.Internal, "internal", err)
		}
		own[vkey], l.own, l.vkeys = v, append(l.own, v), append(l.vkeys, vkey)
		if v.Name() == l.ring.Origin() {
			l.logs = []log{{v.Name(), vkey, v, 0}}
		}
	}
	if len(l.logs) == 0 {
		return fault.Wrap(fault.Internal, "internal", errTree)
	}
	for i := range rows {
		r := &rows[i]
		v := own[r.LogKey]
		if l.CheckStamp(r) != nil || v == nil || v.Name() != r.Origin || r.Restored > r.GetStamp().Entry {
			return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
		}
		if last := l.logs[len(l.logs)-1]; last.name != r.Origin {
			l.logs = append(l.logs, log{r.Origin, r.LogKey, v, r.GetStamp().Entry})
		}
		l.lost = append(l.lost, span{r.Restored, r.GetStamp().Entry})
	}
	l.restores = rows
	if !restoring && l.logs[len(l.logs)-1].name != l.ring.LogName() {
		return errClosedLog
	}
	return nil
}

// KeyAt is the vkey of the log that signs heads of this size: the one in use, or one
// that a restore closed.
func (l *Ledger) KeyAt(size uint64) string {
	for i := len(l.logs) - 1; i > 0; i-- {
		if size > l.logs[i].from {
			return l.logs[i].vkey
		}
	}
	return l.logs[0].vkey
}

// Closing is a log that a restore closed: its key named the log that goes on from
// Entry, which records the restore.
type Closing struct {
	LogKey string
	Entry  uint64
}

// Closings are the closed logs whose word leads to the log in use, oldest first. A
// log that was left behind by a restore from before its time is not among them.
func (l *Ledger) Closings() []Closing {
	heir := l.logs[len(l.logs)-1].vkey
	var out []Closing
	for i := len(l.restores) - 1; i >= 0; i-- {
		r := &l.restores[i]
		if len(r.Heir) == 0 {
			continue
		}
		k := slices.IndexFunc(l.own, func(v note.Verifier) bool {
			_, err := note.Open(r.Heir, note.VerifierList(v))
			return err == nil
		})
		if k < 0 || r.LogKey != heir {
			break
		}
		heir = l.vkeys[k]
		out = append(out, Closing{heir, r.GetStamp().Entry})
	}
	slices.Reverse(out)
	return out
}

// span is the entries [from, until).
type span struct{ from, until uint64 }

// restoreAt is the row of the restore whose entry is idx; nil: there is none.
func (l *Ledger) restoreAt(idx uint64) *Restored {
	for i := range l.restores {
		if l.restores[i].GetStamp().Entry == idx {
			return &l.restores[i]
		}
	}
	return nil
}

// isLost reports whether a restore put the entry back without its opening.
func (l *Ledger) isLost(idx uint64) bool {
	for _, s := range l.lost {
		if idx >= s.from && idx < s.until {
			return true
		}
	}
	return false
}

// openNote verifies a signed checkpoint of this tree: the log that signs heads of its
// size has signed it.
func (l *Ledger) openNote(signed []byte) (size uint64, root proof.Hash, err error) {
	for i := len(l.logs) - 1; i >= 0; i-- {
		o := l.logs[i]
		size, root, err = openCheckpoint(signed, o.name, o.verifier)
		if err == nil && size > o.from && (i+1 == len(l.logs) || size <= l.logs[i+1].from) {
			return size, root, nil
		}
	}
	return 0, proof.Hash{}, errTree
}

// SeenHead reads a signed checkpoint that somebody else kept, of any log this ring
// has signed: its log's name, size and root.
func SeenHead(c Config, signed []byte) (origin string, size uint64, root proof.Hash, err error) {
	for _, vkey := range append(c.Ring.Closed(), c.Ring.VerifierKey()) {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return "", 0, root, fault.Wrap(fault.Internal, "internal", err)
		}
		if size, root, err = openCheckpoint(signed, v.Name(), v); err == nil {
			return v.Name(), size, root, nil
		}
	}
	return "", 0, proof.Hash{}, errTree
}

// NextOrigin is the name of the log after this one: `.../e1`, `.../e2` and so on,
// which no log of this ring has had.
func NextOrigin(c Config) string {
	return fmt.Sprintf("%s/e%d", c.Ring.Origin(), len(c.Ring.Closed())+1)
}

// restore checks an entry against the rows of restores: it is one exactly if there is
// a row, and one that opened another log carries the word of the log before.
func (v *Audit) restore(idx uint64, kind proof.Kind) {
	row := v.l.restoreAt(idx)
	if (kind == proof.KindRestore) != (row != nil) && !v.l.isLost(idx) {
		v.fault(idx, "the entry of a restore and its row do not go together")
		return
	}
	if row == nil || len(row.Heir) == 0 {
		return
	}
	for _, before := range v.l.own {
		n, err := note.Open(row.Heir, note.VerifierList(before))
		if err == nil && n.Text == proof.HeirText(before.Name(), idx, v.tree.root(), row.LogKey) {
			return
		}
	}
	v.fault(idx, "the log before did not name this one as its heir")
}

// restoreFacts checks the opening of a restore's entry against its row.
func (v *Audit) restoreFacts(r *Record) {
	row := v.l.restoreAt(r.Index)
	if row == nil {
		return // said already
	}
	for _, f := range row.Facts(r.Index) {
		if r.Fact(f.Name) != f.Value {
			v.fault(r.Index, "the row of the restore is not what its entry says")
			return
		}
	}
}

// OwnLine is a signed checkpoint with the log's own signature only.
func OwnLine(signed []byte, origin string) ([]byte, error) {
	text, sigs, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return nil, errTree
	}
	for line := range strings.Lines(sigs) {
		if strings.HasPrefix(line, "— "+origin+" ") {
			return []byte(text + "\n\n" + line), nil
		}
	}
	return nil, errors.New("the checkpoint has no signature of its log")
}
