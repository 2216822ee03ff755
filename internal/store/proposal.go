package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

var _ register.ProposalStore = (*DB)(nil)

const upsertProposal = `INSERT INTO rule_proposal (id, at, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putProposal(idx uint64, p *register.Proposal) ([]call, error) {
	if err := exact(p.At, p.TriedAt, p.DecidedAt); err != nil {
		return nil, err
	}
	_, body := p.StampRow()
	return put(idx, p, upsertProposal, p.ID[:], micros(p.At), body)
}

func proposalInto(p *register.Proposal) []any { return []any{&body{p}, &p.Entry, &p.MAC} }

const (
	selectProposal  = `SELECT body, entry, mac FROM rule_proposal WHERE id = $1`
	selectProposals = `SELECT body, entry, mac FROM rule_proposal ORDER BY at DESC, id DESC LIMIT $1`
)

// Proposal implements [register.ProposalStore].
func (db *DB) Proposal(ctx context.Context, id pii.RequestID) (p register.Proposal, ok bool, err error) {
	ok, err = db.row(ctx, "proposal", selectProposal, proposalInto(&p), id[:])
	return p, ok && p.ID == id, err
}

// Proposals implements [register.ProposalStore].
func (db *DB) Proposals(ctx context.Context, n int) (all []register.Proposal, err error) {
	err = db.rows(ctx, "proposals", selectProposals, func(scan func(...any) error) error {
		var p register.Proposal
		err := scan(proposalInto(&p)...)
		all = append(all, p)
		return err
	}, int64(n))
	return all, err
}
