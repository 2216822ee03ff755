package hold

import (
	"context"
	"encoding/hex"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

const permitAll = `@id("firm-all") @zh("公司规则") @en("company rule") permit(principal, action, resource);`

// TestI9_AdministratorsReadNothing gives every kind of administrator an assigned
// work item and puts a rule into force that permits everything.
func TestI9_AdministratorsReadNothing(t *testing.T) {
	h := newHouse(t, "", 1, 6, options{})
	h.enact(permitAll)
	for _, kind := range []party.PersonKind{party.SystemAdmin, party.SecAdmin, party.Auditor, party.Officer, party.Service} {
		id := pii.PersonID("x-" + string(kind))
		p := &party.Person{ID: id, Org: pii.Own, Kind: kind, ContractFrom: time.Now().AddDate(-1, 0, 0).UTC().Truncate(time.Microsecond),
			TrainedUntil: time.Now().AddDate(1, 0, 0).UTC().Truncate(time.Microsecond)}
		h.record(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: p}}})
		who := h.principal(id)
		if kind == party.Service {
			who.Scope = authn.ScopeCRM
		}
		work := h.forced(id)
		for _, form := range []pii.Form{pii.Masked, pii.Token, pii.Plain} {
			a, err := h.door.Disclose(ctxOf(t), who, read(work, form, h.ids[0]))
			h.ok(err)
			if a.Results[0].Shown || len(a.Results[0].Values) > 0 {
				t.Errorf("%s reads %s", kind, form)
			}
		}
		q := read(work, pii.Relay, h.ids[0])
		q.Verb, q.Fields = pii.Dial, []pii.Field{pii.Phone}
		a, err := h.door.Use(ctxOf(t), who, q, func(_ context.Context, _ door.Answer, _ map[pii.Field]pii.Value) error {
			t.Errorf("%s was handed a number", kind)
			return nil
		})
		if err != nil || a.Results[0].Shown {
			t.Errorf("%s dials: %v", kind, err)
		}
	}
	// the same work item and rules do show an agent everything
	work := h.forced(h.agents[0].Person.ID)
	a, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Plain, h.ids[0]))
	h.ok(err)
	if !a.Results[0].Shown {
		t.Fatalf("an agent is refused (%s): this test would see nothing", a.Results[0].Reasons[0].ID)
	}
}

// record appends an entry past the register, which would refuse some of them.
func (h *house) record(e ledger.Entry) {
	h.t.Helper()
	r, err := h.ledger.Append(ctxOf(h.t), ledger.Item{Request: newID(), Entry: e})
	h.ok(err)
	r.Close()
}

// forced opens a work item for anybody at all.
func (h *house) forced(to pii.PersonID) pii.RequestID {
	h.t.Helper()
	of, _, err := h.vault.Resolve(ctxOf(h.t), h.ids)
	h.ok(err)
	now := time.Now().UTC().Truncate(time.Microsecond)
	w := &grant.WorkItem{
		ID: newID(), Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: to, Recipient: pii.Own, OpenedBy: "crm",
		OpenedAt: now, Until: now.Add(time.Hour), Subjects: len(of), Digest: grant.Digest(of),
	}
	var members []*grant.Member
	for _, o := range of {
		members = append(members, &grant.Member{Ordinal: o, Item: w.ID})
	}
	h.record(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	return w.ID
}

// TestI9_RowsWrittenWithSQL writes, table by table, a row that would give power,
// as somebody with SQL rights can, and asks for what it would give.
func TestI9_RowsWrittenWithSQL(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 2, 20, options{})
		agent, other := h.agents[0], h.agents[1]
		mine := h.calls(agent, h.ids[:5]...)
		bearer := h.session(agent.Person.ID)
		of, _, err := h.vault.Resolve(ctxOf(t), h.ids)
		h.ok(err)
		reads := func(p party.Principal, work pii.RequestID, form pii.Form, id pii.SubjectID) string {
			t.Helper()
			a, err := h.door.Disclose(ctxOf(t), p, read(work, form, id))
			if err != nil {
				return fault.Of(err).ID
			}
			if a.Results[0].Shown {
				return "shown"
			}
			return a.Results[0].Reasons[0].ID
		}
		signsIn := func(secret string) string {
			_, err := h.authn.Principal(ctxOf(t), secret, "test")
			if err == nil {
				return "signed in"
			}
			return fault.Of(err).ID
		}
		if got := reads(agent, mine, pii.Masked, h.ids[0]); got != "shown" {
			t.Fatalf("before anything was written: %s", got)
		}
		if got := signsIn(bearer); got != "signed in" {
			t.Fatalf("before anything was written: %s", got)
		}
		cases := []struct {
			table string
			write func()
			ask   func() string
			want  string
			undo  func()
		}{
			{"work_item_subject, copied stamp", func() {
				h.exec(`INSERT INTO work_item_subject (ordinal, item, entry, mac) SELECT $1, item, entry, mac FROM work_item_subject WHERE item = $2 AND ordinal = $3`,
					int64(of[10]), mine[:], int64(of[0]))
			}, func() string { return reads(agent, mine, pii.Masked, h.ids[10]) }, "no-grant", nil},
			{"work_item, other assignee", func() {
				h.exec(`UPDATE work_item SET assignee = $1 WHERE id = $2`, string(other.Person.ID), mine[:])
			}, func() string { return reads(other, mine, pii.Masked, h.ids[0]) }, "no-grant", func() {
				h.exec(`UPDATE work_item SET assignee = $1 WHERE id = $2`, string(agent.Person.ID), mine[:])
			}},
			{"work_item, reopened", func() {
				h.ok(h.reg.CloseWork(ctxOf(t), h.askedCRM(), mine))
				h.exec(`UPDATE work_item SET closed = $1 WHERE id = $2`, boolOf(dsn, false), mine[:])
			}, func() string { return reads(agent, mine, pii.Masked, h.ids[0]) }, "no-grant", nil},
			{"person, training prolonged", func() {
				h.exec(`UPDATE person SET trained_until = trained_until + 1000000 WHERE id = $1`, string(agent.Person.ID))
			}, func() string { return signsIn(bearer) }, "unauthenticated", func() {
				h.exec(`UPDATE person SET trained_until = trained_until - 1000000 WHERE id = $1`, string(agent.Person.ID))
			}},
			{"org, another kind", func() { h.exec(`UPDATE org SET kind = 'entrusted' WHERE id = 'own'`) },
				func() string { return signsIn(bearer) }, "unauthenticated",
				func() { h.exec(`UPDATE org SET kind = 'own' WHERE id = 'own'`) }},
			{"token, a hash of one's own", func() {
				hash, _ := hex.DecodeString("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08") // SHA-256 of "test"
				h.exec(`INSERT INTO token (hash, person, scope, how, agent, made_at, until, step_up, ended, entry, mac)
					SELECT $1, person, scope, how, agent, made_at, until, step_up, ended, entry, mac FROM token WHERE person = $2`, hash, string(agent.Person.ID))
			}, func() string { return signsIn("test") }, "unauthenticated", nil},
			{"token, prolonged", func() {
				h.exec(`UPDATE token SET until = until + 1000000 WHERE person = $1`, string(agent.Person.ID))
			}, func() string { return signsIn(bearer) }, "unauthenticated", nil},
		}
		for _, c := range cases {
			c.write()
			if got := c.ask(); got != c.want {
				t.Errorf("%s: %s, want %s", c.table, got, c.want)
			}
			if c.undo != nil {
				c.undo()
			}
		}
		h.forgedConsent(dsn)
		h.forgedRules()
	})
}

func boolOf(dsn string, b bool) any {
	if dsn != "" {
		return b
	}
	if b {
		return 1
	}
	return 0
}

// forgedConsent: a withdrawn consent is set to given again.
func (h *house) forgedConsent(dsn string) {
	h.t.Helper()
	now := time.Now()
	h.ok(h.reg.PutOrg(ctxOf(h.t), h.asked(), party.Org{ID: "partner", Kind: party.Handler, Title: "p", Agreement: party.Agreement{Until: now.AddDate(1, 0, 0)}, Assessment: party.Assessment{Reference: "PIA-1"}}))
	p := h.hire("p001", party.Partner, "partner")
	work := h.work(p, grant.PartnerLead, grant.PartnerLeads, h.ids[0])
	consent := register.Consent{
		Subject: h.ids[0], Purpose: grant.PartnerLeads, Recipient: "partner", Given: true, Notice: "v1", Proof: make([]byte, 32),
	}
	ask := func() string {
		q := read(work, pii.Masked, h.vault.Pseudonym("partner", h.ids[0]))
		q.Purpose = grant.PartnerLeads
		a, err := h.door.Disclose(ctxOf(h.t), p, q)
		h.ok(err)
		if a.Results[0].Shown {
			return "shown"
		}
		return a.Results[0].Reasons[0].ID
	}
	h.ok(h.reg.PutConsent(ctxOf(h.t), h.askedCRM(), consent))
	if got := ask(); got != "shown" {
		h.t.Fatalf("with consent: %s", got)
	}
	consent.Given = false
	h.ok(h.reg.PutConsent(ctxOf(h.t), h.askedCRM(), consent))
	refused := ask()
	h.exec(`UPDATE consent SET given = $1`, boolOf(dsn, true))
	if got := ask(); got != refused || got == "shown" {
		h.t.Errorf("a consent set with SQL: %s, before it %s", got, refused)
	}
}

// forgedRules: the text of the rules in force is replaced, and the head is pointed
// at a rule set of one's own.
func (h *house) forgedRules() {
	h.t.Helper()
	h.allowPlain()
	work := h.calls(h.agents[0], h.ids[6])
	h.exec(`UPDATE rule_set SET text = $1`, permitAll)
	h.close()
	if _, err := wire(ctxOf(h.t), h.dir, h.settings, options{}); !fault.Is(err, fault.Unavailable) {
		h.t.Errorf("a door over forged rules opens: %v", err)
	}
	h.exec(`UPDATE rule_set SET text = $1`, plainRule)
	h.open(h.dir, options{})
	h.exec(`INSERT INTO rule_set (entry, version, text, sheets, caps, made_by, at, mac) SELECT entry - 1, version, $1, sheets, caps, made_by, at, mac FROM rule_set`, permitAll)
	h.exec(`UPDATE ledger_head SET rules = rules - 1`)
	a, err := h.door.Disclose(ctxOf(h.t), h.agents[0], read(work, pii.Plain, h.ids[6]))
	released(h.t, a)
	if err == nil {
		h.t.Errorf("a head pointed at other rules: answered, shown %v", a.Results[0].Shown)
	}
}
