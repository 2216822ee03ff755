package demo

import (
	"bytes"
	"context"
	"os"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/proof"
)

// firmRule is the firm's own rule of the first play.
const firmRule = `@id("firm-plain-on-work")
@zh("本公司规则：承办工单的人员可以看明文。")
@en("Our own rule: whoever holds the work item sees plain values.")
permit (principal, action == Action::"Read.plain", resource)
when { context.work.assigned };
`

func (f *firm) permitPlain(ctx context.Context) error { return f.putRules(ctx, firmRule) }

// putRules changes the firm's rules: the officer proposes, the change is tried on what
// was asked so far, the security administrator approves.
func (f *firm) putRules(ctx context.Context, text string) error {
	officer, err := f.officer(ctx)
	if err != nil {
		return err
	}
	r := f.srv.Register()
	p, err := r.Propose(ctx, asked(officer), register.Draft{Text: &text})
	if err != nil {
		return err
	}
	next, err := r.Next(ctx, p)
	if err != nil {
		return err
	}
	found, err := f.srv.Exam().Try(ctx, next, func(_, _ uint64) {})
	if err != nil {
		return err
	}
	if err := r.KeepTrial(ctx, asked(officer), p.ID, found); err != nil {
		return err
	}
	if err := f.enter(ctx, f.security); err != nil {
		return err
	}
	if err := f.prove(ctx, f.security); err != nil {
		return err
	}
	_, err = r.Approve(ctx, asked(f.security.now), p.ID)
	return err
}

// investigate is the officer's evening: she asks who the records point to, and has
// a pack made for one of those who complained.
func (f *firm) investigate(ctx context.Context) error {
	f.show.phase("ask")
	officer, err := f.officer(ctx)
	if err != nil {
		return err
	}
	answer, err := f.srv.Inquiry().Ask(ctx, officer, inquiry.Question{
		ID: newID(), From: workday(0, 0, 0), Until: f.clock.Now().AddDate(0, 0, 1),
	})
	if err != nil {
		return err
	}
	f.finding = answer.Finding
	return f.makePack(ctx, officer)
}

func (f *firm) makePack(ctx context.Context, officer party.Principal) error {
	who, err := f.srv.Door().Vault.Describe(ctx, f.subjects([]int{f.complainant()}))
	if err != nil {
		return err
	}
	made, err := f.srv.Dossier().Make(ctx, officer, dossier.Order{
		ID: newID(), Kind: proof.KindSubject,
		Person: dossier.Person{ID: who[0].ID, Of: ledger.Subject{Ordinal: who[0].Ordinal, Key: who[0].Key}},
		From:   workday(0, 0, 0), Until: f.clock.Now().AddDate(0, 0, 1),
	})
	if err != nil {
		return err
	}
	if f.pack, err = f.home.keep(made.Zip, f.Headless); err != nil {
		return err
	}
	f.packVerified, err = f.verifyPack(made.Zip)
	return err
}

// complainant is the first customer of ours who complained: of a call by somebody
// who knew her, if there was one.
func (f *firm) complainant() int {
	best := 0
	for i := len(f.plot.complaints) - 1; i >= 0; i-- {
		x := f.plot.complaints[i]
		if x.customer < f.plot.customers && (x.stolen >= 0 || f.plot.leaker < 0) {
			best = x.customer
		}
	}
	return best
}

// verifyPack does what `goldbell proof verify PACK --policy FILE` does.
func (f *firm) verifyPack(zip []byte) (bool, error) {
	policy, err := f.policy()
	if err != nil {
		return false, err
	}
	pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		return false, err
	}
	report, err := proof.Verify(pack, policy)
	return err == nil && report.LogChecked, err
}

// policy is the one that says whose log this is.
func (f *firm) policy() (*proof.Policy, error) {
	text, err := os.ReadFile(server.PolicyPath(f.home.Data))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "settings-unreadable", "")
	}
	return proof.ParsePolicy(text)
}
