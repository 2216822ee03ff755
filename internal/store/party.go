package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

var (
	_ party.Store       = (*DB)(nil)
	_ party.NumberStore = (*DB)(nil)
)

const upsertOrg = `INSERT INTO org (id, kind, title, agreement, agreement_until, agreement_purposes, agreement_fields,
	assessment, assessment_on, region, transfer_basis, transfer, transfer_until, suspended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, agreement = excluded.agreement,
	agreement_until = excluded.agreement_until, agreement_purposes = excluded.agreement_purposes,
	agreement_fields = excluded.agreement_fields, assessment = excluded.assessment, assessment_on = excluded.assessment_on,
	region = excluded.region, transfer_basis = excluded.transfer_basis, transfer = excluded.transfer,
	transfer_until = excluded.transfer_until, suspended = excluded.suspended, entry = excluded.entry, mac = excluded.mac`

func putOrg(idx uint64, o *party.Org) ([]call, error) {
	a, t := o.Agreement, o.Transfer
	if err := exact(a.Until, o.Assessment.On, t.Until); err != nil {
		return nil, err
	}
	purposes, err := joined(a.Purposes)
	if err != nil {
		return nil, err
	}
	fields, err := joined(a.Fields)
	if err != nil {
		return nil, err
	}
	return put(idx, o, upsertOrg, string(o.ID), string(o.Kind), o.Title, a.Reference, micros(a.Until), purposes, fields,
		o.Assessment.Reference, micros(o.Assessment.On), o.Region, string(t.Basis), t.Reference, micros(t.Until), o.Suspended)
}

const upsertPerson = `INSERT INTO person (id, org, kind, post, level, manager, contract_from, contract_until, trained_until,
	suspended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET org = excluded.org, kind = excluded.kind, post = excluded.post, level = excluded.level,
	manager = excluded.manager, contract_from = excluded.contract_from, contract_until = excluded.contract_until,
	trained_until = excluded.trained_until, suspended = excluded.suspended, entry = excluded.entry, mac = excluded.mac`

func putPerson(idx uint64, p *party.Person) ([]call, error) {
	if err := exact(p.ContractFrom, p.ContractUntil, p.TrainedUntil); err != nil {
		return nil, err
	}
	return put(idx, p, upsertPerson, string(p.ID), string(p.Org), string(p.Kind), p.Post, int64(p.Level), string(p.Manager),
		micros(p.ContractFrom), micros(p.ContractUntil), micros(p.TrainedUntil), p.Suspended)
}

const upsertTraining = `INSERT INTO training (person, course, at, until, reference, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (person, course, at) DO UPDATE SET until = excluded.until, reference = excluded.reference,
	entry = excluded.entry, mac = excluded.mac`

func putTraining(idx uint64, t *party.Training) ([]call, error) {
	if err := exact(t.At, t.Until); err != nil {
		return nil, err
	}
	return put(idx, t, upsertTraining, string(t.Person), t.Course, micros(t.At), micros(t.Until), t.Reference)
}

const upsertNumber = `INSERT INTO org_number (org, tag, tail, since, until, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tag, org, since) DO UPDATE SET tail = excluded.tail, until = excluded.until, entry = excluded.entry, mac = excluded.mac`

func putNumber(idx uint64, n *party.Number) ([]call, error) {
	if err := exact(n.From, n.Until); err != nil {
		return nil, err
	}
	return put(idx, n, upsertNumber, string(n.Org), notNil(n.Tag), n.Tail, micros(n.From), micros(n.Until))
}

const (
	personColumns = `p.id, p.org, p.kind, p.post, p.level, p.manager, p.contract_from, p.contract_until, p.trained_until,
	p.suspended, p.entry, p.mac`
	orgColumns = `o.id, o.kind, o.title, o.agreement, o.agreement_until, o.agreement_purposes, o.agreement_fields,
	o.assessment, o.assessment_on, o.region, o.transfer_basis, o.transfer, o.transfer_until, o.suspended, o.entry, o.mac`
)

func personInto(p *party.Person) []any {
	return []any{&p.ID, &p.Org, &p.Kind, &p.Post, &p.Level, &p.Manager, (*instant)(&p.ContractFrom), (*instant)(&p.ContractUntil),
		(*instant)(&p.TrainedUntil), &p.Suspended, &p.Entry, &p.MAC}
}

func orgInto(o *party.Org) []any {
	a, t := &o.Agreement, &o.Transfer
	return []any{&o.ID, &o.Kind, &o.Title, &a.Reference, (*instant)(&a.Until), (*purposes)(&a.Purposes), (*fields)(&a.Fields),
		&o.Assessment.Reference, (*instant)(&o.Assessment.On), &o.Region, &t.Basis, &t.Reference, (*instant)(&t.Until),
		&o.Suspended, &o.Entry, &o.MAC}
}

const selectPerson = `SELECT ` + personColumns + `, ` + orgColumns + `
FROM person p JOIN org o ON o.id = p.org WHERE p.id = $1`

// Person implements [party.Store].
func (db *DB) Person(ctx context.Context, id pii.PersonID) (p party.Person, o party.Org, ok bool, err error) {
	if !id.IsWellFormed() {
		return p, o, false, nil // nobody's; the text may be a customer's number, and queries are logged
	}
	ok, err = db.row(ctx, "person", selectPerson, append(personInto(&p), orgInto(&o)...), string(id))
	return p, o, ok, err
}

const selectOrg = `SELECT ` + orgColumns + ` FROM org o WHERE o.id = $1`

// Org implements [party.Store].
func (db *DB) Org(ctx context.Context, id pii.OrgID) (o party.Org, ok bool, err error) {
	if !id.IsWellFormed() {
		return o, false, nil
	}
	ok, err = db.row(ctx, "org", selectOrg, orgInto(&o), string(id))
	return o, ok, err
}

const selectPersons = `SELECT ` + personColumns + ` FROM person p WHERE p.id > $1 ORDER BY p.id LIMIT $2`

// Persons implements [party.Store].
func (db *DB) Persons(ctx context.Context, after pii.PersonID, n int) (all []party.Person, err error) {
	if after != "" && !after.IsWellFormed() { // it may be a number that was sent in its place
		return nil, nil
	}
	err = db.rows(ctx, "persons", selectPersons, func(scan func(...any) error) error {
		var p party.Person
		if err := scan(personInto(&p)...); err != nil {
			return err
		}
		all = append(all, p)
		return nil
	}, string(after), int64(n))
	return all, err
}

const selectOrgs = `SELECT ` + orgColumns + ` FROM org o WHERE o.id > $1 ORDER BY o.id LIMIT $2`

// Orgs implements [party.Store].
func (db *DB) Orgs(ctx context.Context, after pii.OrgID, n int) (all []party.Org, err error) {
	if after != "" && !after.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "orgs", selectOrgs, func(scan func(...any) error) error {
		var o party.Org
		err := scan(orgInto(&o)...)
		all = append(all, o)
		return err
	}, string(after), int64(n))
	return all, err
}

const (
	trainingColumns = `person, course, at, until, reference, entry, mac`
	selectTraining  = `SELECT ` + trainingColumns + ` FROM training WHERE person = $1 ORDER BY at DESC, course`
)

func trainingInto(t *party.Training) []any {
	return []any{&t.Person, &t.Course, (*instant)(&t.At), (*instant)(&t.Until), &t.Reference, &t.Entry, &t.MAC}
}

// Training implements [party.Store].
func (db *DB) Training(ctx context.Context, of pii.PersonID) (all []party.Training, err error) {
	if !of.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "training", selectTraining, func(scan func(...any) error) error {
		var t party.Training
		err := scan(trainingInto(&t)...)
		all = append(all, t)
		return err
	}, string(of))
	return all, err
}

const (
	numberColumns = `org, tag, tail, since, until, entry, mac`
	numbersByTag  = `SELECT ` + numberColumns + ` FROM org_number WHERE tag = $1 ORDER BY org, since`
	numbersByOrg  = `SELECT ` + numberColumns + ` FROM org_number WHERE org = $1 ORDER BY since, tag LIMIT $2`
)

func numberInto(n *party.Number) []any {
	return []any{&n.Org, (*blob)(&n.Tag), &n.Tail, (*instant)(&n.From), (*instant)(&n.Until), &n.Entry, &n.MAC}
}

// NumbersByTag implements [party.NumberStore].
func (db *DB) NumbersByTag(ctx context.Context, tag []byte) ([]party.Number, error) {
	return db.numbers(ctx, numbersByTag, notNil(tag))
}

// Numbers implements [party.NumberStore].
func (db *DB) Numbers(ctx context.Context, of pii.OrgID, n int) ([]party.Number, error) {
	if !of.IsWellFormed() { // it may be a number that was sent in its place
		return nil, nil
	}
	return db.numbers(ctx, numbersByOrg, string(of), int64(n))
}

func (db *DB) numbers(ctx context.Context, text string, args ...any) (all []party.Number, err error) {
	err = db.rows(ctx, "numbers", text, func(scan func(...any) error) error {
		var n party.Number
		err := scan(numberInto(&n)...)
		all = append(all, n)
		return err
	}, args...)
	return all, err
}
