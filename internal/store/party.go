package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ party.Store = (*DB)(nil)

const upsertOrg = `INSERT INTO org (id, kind, title, agreement_until, assessment, suspended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, agreement_until = excluded.agreement_until,
	assessment = excluded.assessment, suspended = excluded.suspended, entry = excluded.entry, mac = excluded.mac`

func putOrg(idx uint64, o *party.Org) ([]call, error) {
	if err := exact(o.AgreementUntil); err != nil {
		return nil, err
	}
	return put(idx, o, upsertOrg, string(o.ID), string(o.Kind), o.Title, micros(o.AgreementUntil), o.Assessment, o.Suspended)
}

const upsertPerson = `INSERT INTO person (id, org, kind, contract_from, contract_until, trained_until, suspended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET org = excluded.org, kind = excluded.kind, contract_from = excluded.contract_from,
	contract_until = excluded.contract_until, trained_until = excluded.trained_until, suspended = excluded.suspended,
	entry = excluded.entry, mac = excluded.mac`

func putPerson(idx uint64, p *party.Person) ([]call, error) {
	if err := exact(p.ContractFrom, p.ContractUntil, p.TrainedUntil); err != nil {
		return nil, err
	}
	return put(idx, p, upsertPerson, string(p.ID), string(p.Org), string(p.Kind),
		micros(p.ContractFrom), micros(p.ContractUntil), micros(p.TrainedUntil), p.Suspended)
}

const (
	personColumns = `p.id, p.org, p.kind, p.contract_from, p.contract_until, p.trained_until, p.suspended, p.entry, p.mac`
	orgColumns    = `o.id, o.kind, o.title, o.agreement_until, o.assessment, o.suspended, o.entry, o.mac`
)

func personInto(p *party.Person) []any {
	return []any{&p.ID, &p.Org, &p.Kind, (*instant)(&p.ContractFrom), (*instant)(&p.ContractUntil),
		(*instant)(&p.TrainedUntil), &p.Suspended, &p.Entry, &p.MAC}
}

func orgInto(o *party.Org) []any {
	return []any{&o.ID, &o.Kind, &o.Title, (*instant)(&o.AgreementUntil), &o.Assessment, &o.Suspended, &o.Entry, &o.MAC}
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
