package register

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// PutNotice records a version of what people are told about a purpose. Unless it is
// editorial, consents given under the versions before it count no more once it is in
// force: people are asked anew. It never begins in the past, so that nothing that was
// allowed becomes wrong afterwards; a version is never changed.
func (r *Register) PutNotice(ctx context.Context, a Asked, n consent.Notice) error {
	n.Stamp, n.From = pii.Stamp{}, exact(n.From)
	if err := r.checkNotice(ctx, n); err != nil {
		return err
	}
	return r.decide(ctx, a, putNotice, func(now time.Time) (decision, error) {
		if n.From.IsZero() {
			n.From = now
		}
		if n.From.Before(now) {
			return decision{}, invalid("from")
		}
		var names, fields []string
		for i, id := range n.Recipients {
			org, ok, err := r.People.Org(ctx, id)
			if err != nil {
				return decision{}, err
			}
			if !ok || r.trusted("recipient", &org) != nil {
				return decision{}, invalid("recipients[" + strconv.Itoa(i) + "]")
			}
			names = append(names, string(id))
		}
		for _, f := range n.Fields {
			fields = append(fields, string(f))
		}
		before, err := r.Consents.Notices(ctx, n.Purpose)
		if err != nil {
			return decision{}, err
		}
		for _, b := range before {
			if b.Version == n.Version {
				return decision{}, fault.New(fault.Conflict, "notice-version", "version")
			}
		}
		row := n
		return decision{
			kind: proof.KindConsent, purpose: n.Purpose,
			effects: []ledger.Effect{consent.NoticePut{Notice: &row}},
			keys:    []string{ledger.NoticeKey(n.Purpose)},
			revokes: []string{ledger.NoticeKey(n.Purpose)},
			settle:  true,
			facts: []proof.Field{
				fact("what", "notice"), fact("notice", n.Version), fact("digest", hex.EncodeToString(n.Digest)),
				fact("recipients", strings.Join(names, ",")), fact("notice-fields", strings.Join(fields, ",")),
				fact("from", n.From.Format(time.RFC3339Nano)), fact("editorial", strconv.FormatBool(n.Editorial)),
			},
		}, nil
	})
}

// maxNamed bounds the recipients and the fields of a notice.
const maxNamed = 100

func (r *Register) checkNotice(ctx context.Context, n consent.Notice) error {
	sheets, err := r.sheets(ctx)
	if err != nil {
		return err
	}
	if _, ok := sheets[n.Purpose]; !ok {
		return invalid("purpose")
	}
	switch {
	case n.Version == "" || !isText(n.Version):
		return invalid("version")
	case len(n.Digest) != 32:
		return invalid("digest")
	case len(n.Recipients) > maxNamed:
		return invalid("recipients")
	case len(n.Fields) > maxNamed:
		return invalid("fields")
	}
	for i, f := range n.Fields {
		if _, ok := r.Schema.Spec(f); !ok {
			return invalid("fields[" + strconv.Itoa(i) + "]")
		}
	}
	return nil
}
