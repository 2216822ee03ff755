package demo

import (
	"context"
	"crypto/sha256"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// Who works with customers beside the agents: the service desk, its supervisor and
// the partners.

const leadsAWeek = 5

// leads are the customers a partner's person is given this week. One in five has
// not agreed to it.
func (d today) leads(w *worker) []int {
	x := roll(d.f.Seed, "leads "+string(w.id), d.n)
	return x.order(d.f.plot.customers)[:leadsAWeek]
}

// sample is what the supervisor looks over on Fridays.
func (d today) sample() []int {
	const many = 30
	return roll(d.f.Seed, "sample", d.n).order(d.f.plot.customers)[:many]
}

func (d today) isPartner(w *worker) bool { return w.kind == party.Partner }

// arriveElsewhere assigns what is assigned to the supervisor and the partners.
func (d today) arriveElsewhere(ctx context.Context, w *worker) error {
	switch {
	case d.isPartner(w) && d.n%5 == 0:
		return d.offer(ctx, w)
	case w == d.f.lead && d.n%5 == 4:
		return d.assign(ctx, w, grant.SupportTicket, grant.Support, d.sample())
	}
	return nil
}

// offer gives a partner's person the week's leads, with their consents.
func (d today) offer(ctx context.Context, w *worker) error {
	list := d.leads(w)
	for i, c := range list {
		if d.act.number > 0 || i == 0 {
			continue // given before; the first of five never agreed
		}
		signed := sha256.Sum256(d.f.ids[c][:])
		if err := d.f.srv.Register().PutConsent(ctx, asked(d.f.crm), register.Consent{
			Subject: d.f.ids[c], Purpose: grant.PartnerLeads, Recipient: w.org, Given: true, Notice: "2025-01", Proof: signed[:],
		}); err != nil {
			return err
		}
	}
	return d.assign(ctx, w, grant.PartnerLead, grant.PartnerLeads, list)
}

// readElsewhere is the day's first page of the supervisor or of a partner, who
// knows customers by pseudonyms.
func (d today) readElsewhere(ctx context.Context, w *worker) error {
	if !d.isPartner(w) {
		_, err := d.read(ctx, w, pii.Masked, grant.Support, []pii.Field{pii.Name, pii.Phone, pii.Email}, d.f.subjects(d.sample()))
		return err
	}
	form := pii.Plain
	if d.act.dials {
		form = pii.Masked
	}
	_, err := d.read(ctx, w, form, grant.PartnerLeads, callFields, d.pseudonyms(w))
	return err
}

func (d today) pseudonyms(w *worker) []pii.SubjectID {
	ids := d.f.subjects(d.leads(w))
	for i := range ids {
		ids[i] = d.f.srv.Door().Vault.Pseudonym(w.org, ids[i])
	}
	return ids
}

// shiftElsewhere: the desk takes calls; partners call one of their leads a shift.
func (d today) shiftElsewhere(ctx context.Context, i, s int) error {
	w := d.f.workers[i]
	switch {
	case d.isPartner(w) && d.act.dials && !w.work.IsZero():
		_, err := d.call(ctx, w, grant.PartnerLeads, d.pseudonyms(w)[s])
		return err
	case i < len(d.f.plot.agents)+len(d.f.desk):
		return d.takeCall(ctx, w, roll(d.f.Seed, "inbound "+string(w.id), d.n, s))
	}
	return nil
}

// takeCall answers the telephone: the switch posts the caller as a work item. One
// caller in five is nobody we know; the desk is told nothing of him.
func (d today) takeCall(ctx context.Context, w *worker, x *dice) (err error) {
	number := x.below(d.f.plot.customers)
	if x.chance(200) {
		number += d.f.plot.customers
	}
	w.work, err = d.f.srv.Door().Inbound(ctx, d.f.pbx, door.Inbound{
		ID: newID(), Value: d.f.people.phone(number), Purpose: grant.Support, Assignee: w.now.Person,
	})
	if err != nil {
		return err
	}
	item, _, err := d.f.srv.Door().Grants.Item(ctx, w.work)
	if err != nil {
		return err
	}
	who, err := d.f.srv.Door().Members(ctx, item)
	if err != nil {
		return err
	}
	if len(who) == 0 {
		return nil
	}
	form := pii.Plain
	if d.act.dials {
		form = pii.Masked
	}
	_, err = d.read(ctx, w, form, grant.Support, []pii.Field{pii.Name, pii.Email}, []pii.SubjectID{who[0].ID})
	return err
}
