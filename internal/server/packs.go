package server

import (
	"context"
	"sync"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// keptPacks is how many finished packs wait to be fetched. The oldest goes first;
// a pack can always be made again, as a new entry.
const keptPacks = 32

// packs makes evidence packs and keeps the newest in memory until they are
// fetched: a pack holds a record key, so it does not lie about in files.
type packs struct {
	maker  *dossier.Maker
	vault  *vault.Vault
	cases  casework.Store
	ledger *ledger.Ledger

	mu    sync.Mutex
	order []pii.RequestID
	made  map[pii.RequestID]keptPack
}

type keptPack struct {
	by  pii.PersonID
	zip []byte
}

// Make implements [httpapi.Packs].
func (p *packs) Make(ctx context.Context, by party.Principal, o httpapi.PackOrder) (dossier.Made, error) {
	order := dossier.Order{
		ID: o.ID, Hash: o.Hash, Kind: o.Kind, Disclosure: o.Disclosure, WithKey: o.WithKey, Case: o.Complaint,
		Recipient: proof.Recipient{ID: o.Recipient, Kind: proof.RecipientPerson}, From: o.From, Until: o.Until, Kept: o.Kept,
	}
	if o.Org {
		order.Recipient.Kind = proof.RecipientOrg
	}
	var err error
	if order.Person, err = p.person(ctx, o); err != nil {
		return dossier.Made{}, err
	}
	made, err := p.maker.Make(ctx, by, order)
	if err != nil {
		return dossier.Made{}, err
	}
	p.keep(made.ID, keptPack{by.Person.ID, made.Zip})
	return made, nil
}

// Attest implements [httpapi.Packs].
func (p *packs) Attest(ctx context.Context, by party.Principal, a dossier.Attestation) (uint64, error) {
	return p.maker.Attest(ctx, by, a)
}

// person is whom the pack is about: the subject named, or the one a complaint
// names. A case may name nobody we know.
func (p *packs) person(ctx context.Context, o httpapi.PackOrder) (dossier.Person, error) {
	var found []vault.Subject
	var err error
	switch {
	case !o.Complaint.IsZero():
		var c casework.Complaint
		var ok bool
		c, ok, err = p.cases.Complaint(ctx, o.Complaint)
		if err == nil && ok && p.ledger.CheckStamp(&c) == nil {
			found, err = p.vault.DescribeOrdinals(ctx, []pii.Ordinal{c.Ordinal})
		}
	case o.Subject != (pii.SubjectID{}):
		found, err = p.vault.Describe(ctx, []pii.SubjectID{o.Subject})
	default:
		return dossier.Person{}, nil
	}
	if err != nil {
		return dossier.Person{}, err
	}
	if len(found) != 1 || !found[0].Known() {
		if o.Kind == proof.KindOfCase {
			return dossier.Person{}, nil
		}
		return dossier.Person{}, fault.New(fault.NotFound, "not-found", "subject")
	}
	return dossier.Person{ID: found[0].ID, Of: ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}}, nil
}

func (p *packs) keep(id pii.RequestID, k keptPack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.made[id]; !ok {
		p.order = append(p.order, id)
	}
	p.made[id] = k
	if len(p.order) > keptPacks {
		delete(p.made, p.order[0])
		p.order = p.order[1:]
	}
}

// Zip implements [httpapi.Packs].
func (p *packs) Zip(_ context.Context, by party.Principal, id pii.RequestID) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.made[id]
	if !ok || k.by != by.Person.ID {
		return nil, fault.New(fault.NotFound, "not-found", "pack")
	}
	return k.zip, nil
}
