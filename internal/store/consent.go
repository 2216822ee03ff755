package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ consent.Store = (*DB)(nil)

const upsertConsent = `INSERT INTO consent (ordinal, purpose, recipient, given, general, notice, proof, at, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (ordinal, purpose, recipient) DO UPDATE SET given = excluded.given, general = excluded.general, notice = excluded.notice,
	proof = excluded.proof, at = excluded.at, entry = excluded.entry, mac = excluded.mac`

func putConsent(idx uint64, c *consent.Consent) ([]call, error) {
	if err := exact(c.At); err != nil {
		return nil, err
	}
	return put(idx, c, upsertConsent, int64(c.Ordinal), string(c.Purpose), string(c.Recipient), c.Given, c.General, c.Notice, c.Proof, micros(c.At))
}

const upsertOptOut = `INSERT INTO opt_out (ordinal, refused, at, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ordinal) DO UPDATE SET refused = excluded.refused, at = excluded.at, entry = excluded.entry, mac = excluded.mac`

func putOptOut(idx uint64, o *consent.OptOut) ([]call, error) {
	if err := exact(o.At); err != nil {
		return nil, err
	}
	return put(idx, o, upsertOptOut, int64(o.Ordinal), o.Refused, micros(o.At))
}

const (
	consentColumns = `ordinal, purpose, recipient, given, general, notice, proof, at, entry, mac`
	optOutColumns  = `ordinal, refused, at, entry, mac`
	noticeColumns  = `purpose, version, digest, recipients, fields, since, editorial, entry, mac`
)

func consentInto(c *consent.Consent) []any {
	return []any{&c.Ordinal, &c.Purpose, &c.Recipient, &c.Given, &c.General, &c.Notice, (*blob)(&c.Proof), (*instant)(&c.At), &c.Entry, &c.MAC}
}

func optOutInto(o *consent.OptOut) []any {
	return []any{&o.Ordinal, &o.Refused, (*instant)(&o.At), &o.Entry, &o.MAC}
}

func noticeInto(n *consent.Notice) []any {
	return []any{&n.Purpose, &n.Version, (*blob)(&n.Digest), (*orgs)(&n.Recipients), (*fields)(&n.Fields), (*instant)(&n.From),
		&n.Editorial, &n.Entry, &n.MAC}
}

var inConsents = in(`SELECT `+consentColumns+` FROM consent
WHERE purpose = $1 AND recipient = $2 AND ordinal IN `, 2, ` ORDER BY ordinal`)

// Consents implements [consent.Store].
func (db *DB) Consents(ctx context.Context, of []pii.Ordinal, p pii.Purpose, to pii.OrgID) (all []consent.Consent, err error) {
	err = db.d.each(inConsents, []any{string(p), string(to)}, ordinals(of), func(text string, args []any) error {
		return db.rows(ctx, "consents", text, func(scan func(...any) error) error {
			var c consent.Consent
			err := scan(consentInto(&c)...)
			all = append(all, c)
			return err
		}, args...)
	})
	return all, err
}

const insertNotice = `INSERT INTO notice (purpose, version, digest, recipients, fields, since, editorial, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

func putNotice(idx uint64, n *consent.Notice) ([]call, error) {
	if err := exact(n.From); err != nil {
		return nil, err
	}
	recipients, err := joined(n.Recipients)
	if err != nil {
		return nil, err
	}
	fields, err := joined(n.Fields)
	if err != nil {
		return nil, err
	}
	return put(idx, n, insertNotice, string(n.Purpose), n.Version, n.Digest, recipients, fields, micros(n.From), n.Editorial)
}

const selectNotices = `SELECT ` + noticeColumns + ` FROM notice WHERE purpose = $1`

// Notices implements [consent.Store].
func (db *DB) Notices(ctx context.Context, p pii.Purpose) (all []consent.Notice, err error) {
	err = db.rows(ctx, "notices", selectNotices, func(scan func(...any) error) error {
		var n consent.Notice
		err := scan(noticeInto(&n)...)
		all = append(all, n)
		return err
	}, string(p))
	return all, err
}

const selectConsentsOf = `SELECT ordinal, purpose, recipient, given, general, notice, proof, at, entry, mac FROM consent
WHERE ordinal = $1 ORDER BY purpose, recipient LIMIT 1000`

// ConsentsOf lists all that one subject consented to or took back; the pages for
// outsiders ask.
func (db *DB) ConsentsOf(ctx context.Context, of pii.Ordinal) (all []consent.Consent, err error) {
	err = db.rows(ctx, "consents", selectConsentsOf, func(scan func(...any) error) error {
		var c consent.Consent
		err := scan(&c.Ordinal, &c.Purpose, &c.Recipient, &c.Given, &c.General, &c.Notice, (*blob)(&c.Proof), (*instant)(&c.At), &c.Entry, &c.MAC)
		all = append(all, c)
		return err
	}, int64(of))
	return all, err
}

const selectOptOutOf = `SELECT ordinal, refused, at, entry, mac FROM opt_out WHERE ordinal = $1`

// OptOutOf reads one subject's refusal of marketing.
func (db *DB) OptOutOf(ctx context.Context, of pii.Ordinal) (o consent.OptOut, ok bool, err error) {
	ok, err = db.row(ctx, "opt-out", selectOptOutOf, []any{&o.Ordinal, &o.Refused, (*instant)(&o.At), &o.Entry, &o.MAC}, int64(of))
	return o, ok, err
}
