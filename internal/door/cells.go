package door

import (
	"context"
	"errors"
	"sync"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// FindRows looks values up in a protected column of an enrolled table, for a session:
// of each value the keys of rows whose subjects the session's work item covers and who
// hold it. Each value is a lookup with its own entry, charged to the caller's budget. A
// value the column cannot hold is nobody's, and is not recorded.
func (d *Door) FindRows(ctx context.Context, s Session, t *enrolment.Table, c enrolment.Column, values []pii.Value) ([][]string, error) {
	if s.Principal.Org.Kind == party.Handler {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	if len(values) > MaxSubjects || !c.Find || len(t.Row) > 0 {
		return nil, fault.New(fault.Invalid, "bad-request", "values")
	}
	found, errs := make([][]string, len(values)), make([]error, len(values))
	var wg sync.WaitGroup
	turn := make(chan struct{}, abreast)
	for i, typed := range values {
		val, ok := d.Vault.Canonical(c.Field, typed)
		if !ok {
			continue
		}
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			found[i], errs[i] = d.findRow(ctx, s, t, c, val)
		})
	}
	wg.Wait()
	return found, errors.Join(errs...)
}

// abreast is how many lookups of a statement are recorded at a time: they share
// commits.
const abreast = 16

func (d *Door) findRow(ctx context.Context, s Session, t *enrolment.Table, c enrolment.Column, val pii.Value) ([]string, error) {
	id, err := d.newRequest()
	if err != nil {
		return nil, err
	}
	f, err := d.Find(ctx, s.Principal, Lookup{
		ID: id, Field: c.Field, Value: val, Purpose: s.Purpose, Work: s.Work, In: t, Column: c,
	})
	if err != nil || !f.Hit {
		return nil, err
	}
	return []string{f.Key}, nil
}
