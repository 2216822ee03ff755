package company

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
)

// How many values of a column are looked at, and how many of them must look like a
// field's for the column to be proposed.
const (
	sampled   = 400
	lookShare = 20 // hundredths
)

// kinds are looked for in this order: the first that enough values look like counts.
var kinds = []pii.Kind{pii.KindIDCard, pii.KindPhone, pii.KindEmail, pii.KindCompany, pii.KindAddress, pii.KindName}

// sample looks at the columns that are to be shown as they are: at their names and at
// some of their content. What looks like personal information must be protected, or
// shown on purpose.
func (w *planning) sample(ctx context.Context, t *enrolment.Table) error {
	for _, name := range t.Plain {
		if from, ok := w.derived(t, name); ok && !slices.Contains(w.ask.Show, name) {
			w.plan.Looks = append(w.plan.Looks, Look{Column: name, Field: from.Field, Share: 100})
			continue
		}
		if slices.Contains(w.ask.Show, name) || slices.Contains(columnsOf(rowOf(t)), name) && len(t.Columns) > 0 && !w.looksText(name) {
			continue
		}
		f, named := intake.FieldOf(w.Schema, name)
		l, err := w.look(ctx, t, name)
		if err != nil {
			return err
		}
		switch {
		case l.Field != "":
			w.plan.Looks = append(w.plan.Looks, l)
		case named:
			w.plan.Looks = append(w.plan.Looks, Look{Column: name, Field: f})
		}
	}
	return nil
}

// derived finds a protected column that the database makes this one of.
func (w *planning) derived(t *enrolment.Table, name string) (enrolment.Column, bool) {
	c, _ := w.rel.column(name)
	i := slices.IndexFunc(t.Columns, func(p enrolment.Column) bool { return slices.Contains(c.derived, p.Name) })
	if i < 0 {
		return enrolment.Column{}, false
	}
	return t.Columns[i], true
}

func (w *planning) looksText(name string) bool {
	c, _ := w.rel.column(name)
	return c.text
}

// look samples a column's content; a column of another kind than text or number holds
// nothing that is recognised.
func (w *planning) look(ctx context.Context, t *enrolment.Table, name string) (Look, error) {
	c, _ := w.rel.column(name)
	if !c.text && !slices.Contains([]string{"bigint", "numeric", "json", "jsonb"}, baseType(c.typ)) {
		return Look{}, nil
	}
	text := fmt.Sprintf(`SELECT left(x, 400) FROM (SELECT %[1]s::text AS x FROM %[2]s WHERE %[1]s IS NOT NULL LIMIT 20000) s
WHERE x <> '' ORDER BY md5(x) LIMIT %[3]d`, quote(name), nameOf(t), sampled)
	seen, hits := 0, map[pii.Kind]int{}
	err := rows(ctx, w.conn, text, func(scan func(...any) error) error {
		var x string
		if err := scan(&x); err != nil {
			return err
		}
		seen++
		for _, k := range kinds {
			if pii.Looks(k, x) || k == pii.KindPhone && inside(x) {
				hits[k]++
				break
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		return Look{}, err
	}
	for _, k := range kinds {
		if hits[k]*100 < seen*lookShare {
			continue
		}
		if k == pii.KindPhone && !c.text && baseType(c.typ) == "numeric" && hits[k]*2 < seen {
			continue // amounts that happen to have eleven digits
		}
		for _, spec := range w.Schema {
			if spec.Kind == k {
				return Look{Column: name, Field: spec.Field, Share: hits[k] * 100 / seen}, nil
			}
		}
	}
	return Look{}, nil
}

// inside reports a mobile number inside a longer text: a note or a JSON document.
func inside(x string) bool {
	for _, run := range strings.FieldsFunc(x, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(run) == 11 && pii.Looks(pii.KindPhone, run) {
			return true
		}
	}
	return false
}
