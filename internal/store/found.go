package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

var _ vault.Tags = (*DB)(nil)

const (
	tagsAfter     = `SELECT tag FROM blind_index WHERE field = $1 AND norm = $2 AND tag > $3 ORDER BY tag LIMIT $4`
	pastTagsAfter = `SELECT tag FROM blind_index_past WHERE field = $1 AND norm = $2 AND tag > $3 ORDER BY tag LIMIT $4`
)

// TagsAfter implements [vault.Tags].
func (db *DB) TagsAfter(ctx context.Context, f pii.Field, norm uint8, past bool, after [32]byte, n int) (all [][32]byte, err error) {
	text := tagsAfter
	if past {
		text = pastTagsAfter
	}
	err = db.rows(ctx, "tags", text, func(scan func(...any) error) error {
		var tag [32]byte
		err := scan((*hash32)(&tag))
		all = append(all, tag)
		return err
	}, string(f), int64(norm), after[:], int64(n))
	return all, err
}

var (
	inHeld = in(`SELECT b.tag, b.ordinal, c.version, c.version FROM blind_index b JOIN custody c ON c.ordinal = b.ordinal
WHERE b.field = $1 AND b.norm = $2 AND b.tag IN `, 2, ``)
	inPast = in(`SELECT p.tag, p.ordinal, p.version, c.version FROM blind_index_past p JOIN custody c ON c.ordinal = p.ordinal
WHERE p.field = $1 AND p.norm = $2 AND p.tag IN `, 2, ``)
)

// Holders implements [vault.Tags].
func (db *DB) Holders(ctx context.Context, f pii.Field, norm uint8, tags [][32]byte) (all []vault.TagHolder, err error) {
	vals := make([]any, len(tags))
	for i := range tags {
		vals[i] = tags[i][:]
	}
	for _, l := range []list{inHeld, inPast} {
		err := db.d.each(l, []any{string(f), int64(norm)}, vals, func(text string, args []any) error {
			return db.rows(ctx, "holders", text, func(scan func(...any) error) error {
				var h vault.TagHolder
				err := scan((*hash32)(&h.Tag), &h.Ordinal, &h.Version, &h.Current)
				all = append(all, h)
				return err
			}, args...)
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

const (
	selectReplacedTimes = `SELECT ordinal, version, at FROM subject_version ORDER BY ordinal, version`
	selectChangedTimes  = `SELECT ordinal, version, at FROM custody WHERE version > 1 AND ordinal > $1 ORDER BY ordinal`
)

// Changed lists, for the subjects whose values ever changed, when each version was
// stored, in Unix seconds, the first version first.
func (db *DB) Changed(ctx context.Context) (map[pii.Ordinal][]int64, error) {
	all := map[pii.Ordinal][]int64{}
	add := func(scan func(...any) error) error {
		var o pii.Ordinal
		var v, at int64
		if err := scan(&o, &v, &at); err != nil {
			return err
		}
		all[o] = append(all[o], at/1e6)
		return nil
	}
	if err := db.rows(ctx, "changed", selectReplacedTimes, add); err != nil {
		return nil, err
	}
	return all, db.rows(ctx, "changed", selectChangedTimes, add, int64(pii.Dummy))
}
