package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.IncidentStore = (*DB)(nil)

const upsertIncident = `INSERT INTO incident (id, state, opened_at, opened_by, run, affected, body, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, opened_at = excluded.opened_at, opened_by = excluded.opened_by,
	run = excluded.run, affected = excluded.affected, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putIncident(idx uint64, i *casework.Incident) ([]call, error) {
	times := []time.Time{i.OpenedAt, i.First, i.Last, i.RunAt}
	for _, j := range i.Cases {
		times = append(times, j.At)
	}
	if err := exact(times...); err != nil {
		return nil, err
	}
	_, body := i.StampRow()
	return put(idx, i, upsertIncident, i.ID[:], string(i.State), micros(i.OpenedAt), string(i.OpenedBy), i.Run[:], int64(i.Affected), body)
}

// A row is its body; the other columns are what the database looks at.
const incidentColumns = `body, entry, mac`

func incidentInto(i *casework.Incident) []any { return []any{&body{i}, &i.Entry, &i.MAC} }

const (
	selectIncident    = `SELECT ` + incidentColumns + ` FROM incident WHERE id = $1`
	selectIncidents   = `SELECT ` + incidentColumns + ` FROM incident WHERE (opened_at, id) < ($1, $2) ORDER BY opened_at DESC, id DESC LIMIT $3`
	selectIncidentsIn = `SELECT ` + incidentColumns + ` FROM incident WHERE (opened_at, id) < ($1, $2) AND state = $4 ORDER BY opened_at DESC, id DESC LIMIT $3`
	insertDecision    = `INSERT INTO incident_decision (incident, verdict, officer, reason, note, run, affected, body, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	selectDecision  = `SELECT body, entry, mac FROM incident_decision WHERE incident = $1`
	selectOfSubject = `SELECT ` + complaintColumns + ` FROM complaint c WHERE c.ordinal = $1 ORDER BY c.filed_at, c.id`
)

// Incident implements [casework.IncidentStore].
func (db *DB) Incident(ctx context.Context, id pii.RequestID) (i casework.Incident, ok bool, err error) {
	ok, err = db.row(ctx, "incident", selectIncident, incidentInto(&i), id[:])
	return i, ok && i.ID == id, err
}

// Incidents implements [casework.IncidentStore].
func (db *DB) Incidents(ctx context.Context, of casework.IncidentState, before casework.IncidentPlace, n int) (all []casework.Incident, err error) {
	if before.OpenedAt.IsZero() {
		before.OpenedAt = time.Date(9000, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	text, args := selectIncidents, []any{micros(before.OpenedAt), before.ID[:], int64(n)}
	if of != "" {
		text, args = selectIncidentsIn, append(args, string(of))
	}
	err = db.rows(ctx, "incidents", text, func(scan func(...any) error) error {
		var i casework.Incident
		err := scan(incidentInto(&i)...)
		all = append(all, i)
		return err
	}, args...)
	return all, err
}

func putDecision(idx uint64, v *casework.Decision) ([]call, error) {
	if err := exact(v.At); err != nil {
		return nil, err
	}
	_, body := v.StampRow()
	return put(idx, v, insertDecision, v.Incident[:], string(v.Verdict), string(v.Officer), v.Reason, v.Note, v.Run[:], int64(v.Affected), body)
}

func decisionInto(v *casework.Decision) []any { return []any{&body{v}, &v.Entry, &v.MAC} }

// Decision implements [casework.IncidentStore].
func (db *DB) Decision(ctx context.Context, of pii.RequestID) (v casework.Decision, ok bool, err error) {
	ok, err = db.row(ctx, "incident decision", selectDecision, decisionInto(&v), of[:])
	return v, ok && v.Incident == of, err
}

// OfSubject implements [casework.IncidentStore].
func (db *DB) OfSubject(ctx context.Context, of pii.Ordinal) ([]casework.Complaint, error) {
	return db.complaints(ctx, selectOfSubject, int64(of))
}
