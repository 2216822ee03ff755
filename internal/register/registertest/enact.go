// Package registertest brings rules into force for tests of other packages, on the way
// that they come into force: proposed by one person, approved by another.
//
// Its one invariant: it goes through the register. It tries nothing on past requests,
// and is not for product code.
package registertest

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
)

// Enact has one person propose a draft and another approve it.
func Enact(ctx context.Context, t testing.TB, r *register.Register, proposer, approver party.Principal, d register.Draft) register.Proposal {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	asked := func(by party.Principal) register.Asked {
		a := register.Asked{By: by}
		_, err := rand.Read(a.Request[:])
		ok(err)
		return a
	}
	p, err := r.Propose(ctx, asked(proposer), d)
	ok(err)
	ok(r.KeepTrial(ctx, asked(proposer), p.ID, policy.Trial{}))
	p, err = r.Approve(ctx, asked(approver), p.ID)
	ok(err)
	return p
}

// Rules has one person propose the company's own rules and another approve them.
func Rules(ctx context.Context, t testing.TB, r *register.Register, proposer, approver party.Principal, text string) register.Proposal {
	t.Helper()
	return Enact(ctx, t, r, proposer, approver, register.Draft{Text: &text})
}
