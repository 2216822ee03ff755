package door_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

// sentence is a form of words with what it does.
type sentence struct {
	form *regexp.Regexp
	do   func(p *play, m []string) error
}

func says(form string, do func(p *play, m []string) error) sentence {
	return sentence{regexp.MustCompile("^" + form + "$"), do}
}

const (
	one  = `([A-Z][a-z0-9]*)`
	many = `([A-Z][a-z0-9]*(?:, [A-Z][a-z0-9]*)*)`
	code = `([a-z][a-z_-]*)`
)

var givens = []sentence{
	says(`(staff|outsourced|partner|officer|sysadmin|secadmin|auditor|service) `+one+`(?: of `+one+`)?((?:, [^,]+)*)`, (*play).person),
	says(`(agency|firm) `+one+`((?:, [^,]+)*)`, (*play).org),
	says(`customers? `+many, (*play).customers),
	says(one+` (consents|withdraws consent) to `+one+` for `+code, (*play).consent),
	says(one+` (refuses|accepts) marketing`, (*play).marketing),
	says(one+` is (held|erased)`, (*play).erase),
	says(code+` `+one+` for `+one+`: `+many+`((?:; [^;]+)*)`, (*play).work),
	says(one+` is closed`, (*play).close),
	says(one+` leaves`, (*play).leaves),
	says(one+` has signed in`, (*play).signIn),
	says(`only (staff|outsourced|partner|post [a-z]+) may hold `+code, (*play).holders),
	says(code+` rests on consent and needs ([a-z_]+(?:, [a-z_]+)*)`, (*play).onConsent),
	says(`the company's rule`, (*play).rule),
	says(`a person may have (\d+) (masked|token|relay|plain) a day`, (*play).cap),
}

func options(list, sep string) []string {
	var out []string
	for _, o := range strings.Split(list, sep) {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

var span = regexp.MustCompile(`^(.*) in (\d+) (minute|hour|day)s?$`)

// when reads "… in 3 days" and says what comes before.
func (p *play) when(o string) (what string, at time.Time) {
	m := span.FindStringSubmatch(o)
	if m == nil {
		return o, time.Time{}
	}
	return m[1], p.now.Add(length(m[2], m[3]))
}

func length(n, unit string) time.Duration {
	count, _ := strconv.Atoi(n)
	return time.Duration(count) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
}

func (p *play) person(m []string) error {
	who := party.Person{
		ID: pii.PersonID(p.name(m[2])), Org: pii.Own, Kind: party.PersonKind(m[1]),
		ContractFrom: p.now.AddDate(-1, 0, 0), TrainedUntil: p.now.AddDate(1, 0, 0),
	}
	if m[3] != "" {
		who.Org = pii.OrgID(p.name(m[3]))
	}
	for _, o := range options(m[4], ",") {
		switch what, at := p.when(o); what {
		case "untrained":
			who.TrainedUntil = time.Time{}
		case "training ends":
			who.TrainedUntil = at
		case "contract ends":
			who.ContractUntil = at
		case "contract starts":
			who.ContractFrom = at
		case "suspended":
			who.Suspended = true
		default:
			if err := setPerson(&who, o); err != nil {
				return err
			}
		}
	}
	p.people[m[2]] = who.ID
	p.append(ledger.Entry{
		Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: &who}}, Revokes: []string{ledger.PersonKey(who.ID)},
	})
	return nil
}

func (p *play) org(m []string) error {
	o := party.Org{ID: pii.OrgID(p.name(m[2])), Title: m[2], Kind: party.Handler}
	if m[1] == "agency" {
		o.Kind = party.Entrusted
	}
	setAgreement(&o, p.now.AddDate(1, 0, 0))
	setAssessment(&o, "PIA-7")
	for _, opt := range options(m[3], ",") {
		switch what, at := p.when(opt); what {
		case "no agreement":
			setAgreement(&o, time.Time{})
		case "agreement ends":
			setAgreement(&o, at)
		case "no assessment":
			setAssessment(&o, "")
		case "suspended":
			o.Suspended = true
		default:
			if err := setOrg(&o, what, at); err != nil {
				return err
			}
		}
	}
	p.append(ledger.Entry{
		Kind: proof.KindParty, Effects: []ledger.Effect{party.OrgPut{Org: &o}}, Revokes: []string{ledger.OrgKey(o.ID)},
	})
	return nil
}

func (p *play) customers(m []string) error {
	names := strings.Split(m[1], ", ")
	first := p.seq + 1
	for i, id := range p.enrol(len(names)) {
		p.subjects[names[i]], p.phones[names[i]] = id, phone(first+i)
	}
	return nil
}

// subject is one of the scenario's customers as the ledger names her.
func (p *play) subject(name string) (ledger.Subject, error) {
	id, ok := p.subjects[name]
	if !ok {
		return ledger.Subject{}, fmt.Errorf("nobody is called %s", name)
	}
	found, err := p.vault.Describe(p.t.Context(), []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	return ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key, Line: proof.Line{Rule: "consent"}}, nil
}

// consent goes through the register, as the company's CRM does.
func (p *play) consent(m []string) error {
	c := register.Consent{
		Subject: p.subjects[m[1]], Purpose: pii.Purpose(m[4]), Recipient: pii.OrgID(p.name(m[3])), Given: m[2] == "consents",
	}
	if m[3] == "Us" {
		c.Recipient = pii.Own
	}
	if c.Given {
		c.Notice, c.Proof = "v1", make([]byte, 32)
	}
	by, err := p.crm()
	if err != nil {
		return err
	}
	return p.register.PutConsent(p.t.Context(), register.Asked{By: by, Request: p.id()}, c)
}

func (p *play) marketing(m []string) error {
	by, err := p.crm()
	if err != nil {
		return err
	}
	return p.register.PutOptOut(p.t.Context(), register.Asked{By: by, Request: p.id()}, p.subjects[m[1]], m[2] == "refuses")
}

// crm is the company's CRM, a named service.
func (p *play) crm() (party.Principal, error) {
	if _, ok := p.people["Crm"]; !ok {
		if err := p.person([]string{"", "service", "Crm", "", ""}); err != nil {
			return party.Principal{}, err
		}
	}
	by, err := p.principal("Crm", false)
	by.Scope = door.ScopeCRM
	return by, err
}

// erase asks for an erasure and approves it, as a clerk and an officer do; who is
// held has an open complaint.
func (p *play) erase(m []string) error {
	if err := p.person([]string{"", "staff", "Eraser", "", ""}); err != nil {
		return err
	}
	if err := p.person([]string{"", "officer", "Approver", "", ""}); err != nil {
		return err
	}
	if err := p.work([]string{"", "rights-request", "Erasing", "Eraser", m[1], ""}); err != nil {
		return err
	}
	clerk, err := p.principal("Eraser", true)
	if err != nil {
		return err
	}
	officer, err := p.principal("Approver", true)
	if err != nil {
		return err
	}
	asked, err := p.door.AskErasure(p.t.Context(), clerk, p.id(), nil, p.subjects[m[1]], p.items["Erasing"])
	if err != nil {
		return err
	}
	err = p.door.ApproveErasure(p.t.Context(), officer, p.id(), nil, asked, held(m[2] == "held"))
	if m[2] == "held" && fault.IsID(err, "held") {
		return nil
	}
	return err
}

// held says of everybody whether an open complaint names her.
type held bool

func (h held) Held(context.Context, pii.Ordinal) (bool, error) { return bool(h), nil }

func (p *play) work(m []string) error {
	who, org, ok, err := p.store.Person(p.t.Context(), p.people[m[3]])
	if err != nil || !ok {
		return fmt.Errorf("nobody is called %s (%w)", m[3], err)
	}
	w := &grant.WorkItem{
		ID: p.id(), Kind: grant.WorkKind(m[1]), Assignee: who.ID, Recipient: org.ID, OpenedBy: "crm",
		OpenedAt: p.now.UTC(), Until: p.now.UTC().Add(24 * time.Hour),
	}
	if !w.Kind.Valid() && !w.IsException() {
		return fmt.Errorf("%s is no kind of work", m[1])
	}
	w.Purpose = purposes[w.Kind]
	for _, o := range options(m[5], ";") {
		switch what, at := p.when(o); {
		case what == "ends":
			w.Until = at.UTC()
		case strings.HasPrefix(o, "opened by "):
			w.OpenedBy = p.people[strings.TrimPrefix(o, "opened by ")]
		case strings.HasPrefix(o, "made out to "):
			w.Recipient = pii.OrgID(p.name(strings.TrimPrefix(o, "made out to ")))
		case strings.HasPrefix(o, "asked for by "):
			w.AskedBy = p.people[strings.TrimPrefix(o, "asked for by ")]
		case o == "frozen":
			w.Frozen = true
		case o == "fresh sign-in due":
			w.FreshSince = p.now.UTC()
		case strings.HasPrefix(o, "allows "): // allows plain of phone name
			form, fields, _ := strings.Cut(strings.TrimPrefix(o, "allows "), " of ")
			if err := w.Highest.UnmarshalText([]byte(form)); err != nil {
				return err
			}
			for _, f := range strings.Fields(fields) {
				w.Fields = append(w.Fields, pii.Field(f))
			}
			w.Budget = 10
		case strings.HasPrefix(o, "purpose "):
			w.Purpose = pii.Purpose(strings.TrimPrefix(o, "purpose "))
		default:
			return fmt.Errorf("a work item cannot be %q", o)
		}
	}
	var members []*grant.Member
	var of []pii.Ordinal
	for _, name := range strings.Split(m[4], ", ") {
		s, err := p.subject(name)
		if err != nil {
			return err
		}
		of = append(of, s.Ordinal)
		members = append(members, &grant.Member{Ordinal: s.Ordinal, Item: w.ID})
	}
	w.Subjects, w.Digest = len(of), grant.Digest(of)
	p.items[m[2]], p.purposes[m[2]] = w.ID, w.Purpose
	p.append(ledger.Entry{Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	return nil
}

// purposes are what each kind of work is usually for.
var purposes = map[grant.WorkKind]pii.Purpose{
	grant.CallTask: grant.Telesales, grant.SupportTicket: grant.Support, grant.ComplaintWork: grant.ComplaintHandling,
	grant.RightsRequest: grant.RightsRequests, grant.Retention: grant.RightsRequests, grant.Inbound: grant.Support,
	grant.PartnerLead: grant.PartnerLeads, grant.ExceptionWork: grant.Support, grant.BreakGlassWork: grant.Support,
}

func (p *play) close(m []string) error {
	w, ok, err := p.store.Item(p.t.Context(), p.items[m[1]])
	if err != nil || !ok {
		return fmt.Errorf("there is no work item %s (%w)", m[1], err)
	}
	w.Closed = true
	p.append(ledger.Entry{
		Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Closed{WorkItem: &w}}, Revokes: []string{ledger.WorkKey(w.ID)},
	})
	return nil
}

func (p *play) leaves(m []string) error {
	by := party.Principal{Person: p.boss, Org: party.Org{ID: pii.Own, Kind: party.OwnCompany}}
	return p.register.EndPerson(p.t.Context(), register.Asked{By: by, Request: p.id()}, p.people[m[1]])
}

func (p *play) rule(m []string) error {
	rules, err := p.load(p.text)
	if err != nil {
		return err
	}
	p.ruled = true
	p.putRules(&door.RuleSet{Version: rules.Version(), Text: p.text, By: "officer", At: p.now.UTC()})
	return nil
}

// holders puts a sheet of the company's own over the one that ships.
func (p *play) holders(m []string) error {
	sheet := grant.Sheets()[pii.Purpose(m[2])]
	sheet.Holders = grant.Holders{Kinds: []string{m[1]}}
	if post, ok := strings.CutPrefix(m[1], "post "); ok {
		sheet.Holders = grant.Holders{Posts: []string{post}}
	}
	sheets, _, err := grant.PutSheet("", sheet)
	if err != nil {
		return err
	}
	p.ruled = true
	p.putRules(&door.RuleSet{Sheets: sheets, By: "officer", At: p.now.UTC()})
	return nil
}

// onConsent puts a sheet of the company's own for support tickets into force.
func (p *play) onConsent(m []string) error {
	sheet := grant.Sheet{
		Purpose: pii.Purpose(m[1]), Zh: "按同意", En: "on consent", Basis: "consent", Work: []grant.WorkKind{grant.SupportTicket},
		Highest: map[pii.Field]pii.Form{}, Why: map[pii.Field]grant.Text{},
	}
	for _, f := range options(m[2], ",") {
		sheet.Highest[pii.Field(f)], sheet.Why[pii.Field(f)] = pii.Plain, grant.Text{Zh: "办理其委托", En: "To do what she asked for."}
	}
	if err := sheet.Check(stageSchema()); err != nil {
		return err
	}
	sheets, _, err := grant.PutSheet("", sheet)
	if err != nil {
		return err
	}
	p.ruled = true
	p.putRules(&door.RuleSet{Sheets: sheets, By: "officer", At: p.now.UTC()})
	return nil
}

func (s *stage) putRules(set *door.RuleSet) {
	s.append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: set}}})
}

func (p *play) cap(m []string) error {
	n, _ := strconv.Atoi(m[1])
	var f pii.Form
	if err := f.UnmarshalText([]byte(m[2])); err != nil {
		return err
	}
	person := map[pii.Form]int64{}
	for k, v := range p.caps.Person {
		person[k] = v
	}
	person[f] = int64(n)
	p.door.Caps.Person = person
	return nil
}
