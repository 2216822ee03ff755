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
	person, err := p.person(ctx, o)
	if err != nil {
		return dossier.Made{}, err
	}
	made, err := p.maker.Make(ctx, by, dossier.Order{ID: o.ID, Hash: o.Hash, Person: person, From: o.From, Until: o.Until})
	if err != nil {
		return dossier.Made{}, err
	}
	p.keep(made.ID, keptPack{by.Person.ID, made.Zip})
	return made, nil
}

// person is whom the pack is about: the subject named, or the one a complaint
// names.
func (p *packs) person(ctx context.Context, o httpapi.PackOrder) (dossier.Person, error) {
	var found []vault.Subject
	var err error
	if o.Complaint.IsZero() {
		found, err = p.vault.Describe(ctx, []pii.SubjectID{o.Subject})
	} else {
		var c casework.Complaint
		var ok bool
		c, ok, err = p.cases.Complaint(ctx, o.Complaint)
		if err == nil && ok && p.ledger.CheckStamp(&c) == nil {
			found, err = p.vault.DescribeOrdinals(ctx, []pii.Ordinal{c.Ordinal})
		}
	}
	if err != nil {
		return dossier.Person{}, err
	}
	if len(found) != 1 || !found[0].Known() {
		return dossier.Person{}, fault.New(fault.NotFound, "not-found", "subject")
	}
	return dossier.Person{ID: found[0].ID, Ordinal: found[0].Ordinal, Key: found[0].Key.Bytes()}, nil
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
