package decoy

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
)

// Counts is how many decoys there are and how often they were contacted. Which they
// are it does not tell: the notes hold no number that could be read.
type Counts struct {
	Named    int `json:"named"`  // numbers and addresses, aliases not among them
	Stored   int `json:"stored"` // customers who hold one, controls included
	Controls int `json:"controls"`
	Contacts int `json:"contacts"` // with decoys that were shown
	Stray    int `json:"stray"`    // with controls, which were shown to nobody
	Aliases  int `json:"aliases"`
	// AliasContacts is how often an alias was contacted.
	AliasContacts int `json:"alias_contacts"`
	// StrayEach is how often a control is contacted, with half a contact added: what
	// any decoy of a list nobody leaked may expect.
	StrayEach float64 `json:"stray_each"`
}

// Count counts. Only the officer may.
func (b *Book) Count(ctx context.Context, p party.Principal) (Counts, error) {
	var n Counts
	if p.Person.Kind != party.Officer {
		return n, fault.New(fault.Denied, "not-yours", "")
	}
	all, err := b.read(ctx)
	if err != nil {
		return n, err
	}
	known, err := b.Known(ctx)
	if err != nil {
		return n, err
	}
	n.Stored = len(known.Decoys)
	for _, m := range all.Decoys {
		if m.Given != "" {
			n.Aliases++
		} else {
			n.Named++
		}
	}
	for _, control := range known.Decoys {
		if control {
			n.Controls++
		}
	}
	for _, c := range known.Contacts {
		switch {
		case c.Given != nil:
			n.AliasContacts++
		case known.Decoys[c.Ordinal]:
			n.Stray++
		default:
			n.Contacts++
		}
	}
	if n.Controls > 0 {
		n.StrayEach = (float64(n.Stray) + .5) / float64(n.Controls)
	}
	return n, nil
}
