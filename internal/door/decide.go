package door

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// decision is what was found about a request and what the rules say.
type decision struct {
	principal party.Principal
	request   Request
	basis     ledger.Basis
	rules     *loadedRules
	work      grant.WorkItem // the request names; none if its stamp does not check
	cases     []subjectCase
}

// subjectCase is one subject of a request.
type subjectCase struct {
	subject vault.Subject
	covered bool // by the principal's open work item: outside it nothing is told
	allow   bool
	reasons []policy.Reason
	highest pii.Form
	facts   policy.Facts
}

func (d *decision) anyShown() bool {
	for _, c := range d.cases {
		if c.allow {
			return true
		}
	}
	return false
}

// decide gathers the facts and asks the rules. The basis is read first: what is
// taken away later sends the item back.
func (d *Door) decide(ctx context.Context, p party.Principal, r Request) (*decision, error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return nil, err
	}
	dec := &decision{principal: p, request: r, rules: rules}
	dec.basis = d.basis(p, r.Work, rules.entry)
	dec.basis.Keys = append(dec.basis.Keys, ledger.NoticeKey(r.Purpose))
	ids, err := d.known(ctx, p, r)
	if err != nil {
		return nil, err
	}
	ground, err := d.Store.Ground(ctx, Question{Work: r.Work, Assignee: p.Person.ID, Of: p.Org.ID, Subjects: ids})
	if err != nil {
		return nil, err
	}
	subjects, err := d.Vault.Recognise(ctx, ids, ground.custody())
	if err != nil {
		return nil, err
	}
	dec.work = d.genuine(ground.Work)
	facts, err := d.gather(ctx, dec, ground, subjects)
	if err != nil {
		return nil, err
	}
	for i, s := range subjects {
		dec.cases = append(dec.cases, decideOne(rules.Rules, s, facts[i]))
		if dec.cases[i].covered { // of others nothing may show, not even that they exist
			dec.basis.Keys = append(dec.basis.Keys, ledger.SubjectKey(s.Ordinal))
		}
	}
	return dec, nil
}

// basis is what a decision for the principal rests on. It reaches back to when his
// credential was read: somebody who was ended since is decided about again.
func (d *Door) basis(p party.Principal, work pii.RequestID, rules uint64) ledger.Basis {
	b := ledger.Basis{Size: d.Ledger.Size(), Rules: rules, Keys: []string{
		ledger.PersonKey(p.Person.ID), ledger.OrgKey(p.Org.ID), ledger.WorkKey(work),
	}}
	if p.Seen > 0 {
		b.Size = min(b.Size, p.Seen)
	}
	if len(p.Credential) > 0 {
		b.Keys = append(b.Keys, ledger.CredentialKey(p.Credential))
	}
	return b
}

// actor is what the principal's own power rests on since he was authenticated.
func actor(p party.Principal) ledger.Basis {
	return ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential)
}

// decideOne asks the rules about one subject. Outside the work item every answer
// is the same; the rules are asked all the same, so that it takes as long.
func decideOne(rules *policy.Rules, s vault.Subject, f policy.Facts) subjectCase {
	c := subjectCase{subject: s, facts: f, covered: f.Work.Open && f.Work.Assigned && s.Known()}
	verdict := rules.Decide(f)
	switch {
	case !c.covered:
		c.reasons = []policy.Reason{noGrant}
	case verdict.Allow:
		c.allow, c.reasons = true, verdict.Reasons
	default:
		c.reasons, c.highest = verdict.Reasons, rules.Highest(f)
	}
	return c
}

// workItem reads the work item a request names; an unknown or forged one is none.
func (d *Door) workItem(ctx context.Context, id pii.RequestID) (grant.WorkItem, error) {
	w, _, err := d.Grants.Item(ctx, id)
	if err != nil {
		return grant.WorkItem{}, err
	}
	return d.genuine(w), nil
}

// genuine is the work item, or none if its stamp does not check.
func (d *Door) genuine(w grant.WorkItem) grant.WorkItem {
	if w.ID.IsZero() || d.Ledger.CheckStamp(&w) != nil {
		return grant.WorkItem{}
	}
	return w
}

// known are the ids by which we know the subjects a caller names. A person of
// another organisation that handles information for itself knows pseudonyms, which
// only the members of his own work item can stand behind.
func (d *Door) known(ctx context.Context, p party.Principal, r Request) ([]pii.SubjectID, error) {
	if p.Org.Kind != party.Handler {
		return r.Subjects, nil
	}
	work, err := d.workItem(ctx, r.Work)
	if err != nil {
		return nil, err
	}
	if work.Assignee != p.Person.ID || work.Recipient != p.Org.ID {
		work = grant.WorkItem{} // reading another's members would take as long as they are many
	}
	members, err := d.Members(ctx, work)
	if err != nil {
		return nil, err
	}
	real := make(map[pii.SubjectID]pii.SubjectID, len(members))
	for _, m := range members {
		real[d.Vault.Pseudonym(p.Org.ID, m.ID)] = m.ID
	}
	own := make([]pii.SubjectID, len(r.Subjects))
	for i, id := range r.Subjects {
		own[i] = real[id] // an unknown pseudonym is the dummy's id
	}
	return own, nil
}

// Members describes the subjects of a work item.
func (d *Door) Members(ctx context.Context, w grant.WorkItem) ([]vault.Subject, error) {
	if w.ID.IsZero() {
		return nil, nil
	}
	rows, err := d.Grants.MembersAfter(ctx, w.ID, pii.Dummy, MaxSubjects)
	if err != nil {
		return nil, err
	}
	var of []pii.Ordinal
	for i := range rows {
		if d.Ledger.CheckStamp(&rows[i]) == nil {
			of = append(of, rows[i].Ordinal)
		}
	}
	return d.Vault.DescribeOrdinals(ctx, of)
}

// gather puts the facts about every subject of the request together. In a work item
// that is not his a caller's question is about no one, and beside its members only
// the dummy's facts are asked for: a row about a hidden subject takes time to read.
func (d *Door) gather(ctx context.Context, dec *decision, g Ground, subjects []vault.Subject) ([]policy.Facts, error) {
	p, r := dec.principal, dec.request
	m := d.matter(p, r, dec.work, dec.rules.sheets[r.Purpose])
	base := m.Facts(r)
	members := d.members(g, base.Work.Open && base.Work.Assigned)
	agreed, err := d.consents(ctx, m, r, members, subjects)
	if err != nil {
		return nil, err
	}
	facts := make([]policy.Facts, len(subjects))
	for i, s := range subjects {
		standing, in := members[s.Ordinal]
		facts[i] = m.About(base, r, Bearing{
			Covered: in, Consent: agreed[s.Ordinal], OptedOut: in && d.refuses(standing.OptOut), Stored: standing.Custody.At,
			Held: s.State == vault.Held, Erased: s.State == vault.Erased,
		})
	}
	return facts, nil
}

func (g Ground) custody() []vault.Custody {
	rows := make([]vault.Custody, len(g.Found))
	for i := range g.Found {
		rows[i] = g.Found[i].Custody
	}
	return rows
}

// members are the subjects whom the work item covers; a row without a stamp covers
// nobody.
func (d *Door) members(g Ground, open bool) map[pii.Ordinal]Standing {
	set := make(map[pii.Ordinal]Standing, len(g.Found))
	for i := range g.Found {
		s := &g.Found[i]
		if open && len(s.Member.MAC) > 0 && s.Member.Ordinal != pii.Dummy && d.Ledger.CheckStamp(&s.Member) == nil {
			set[s.Member.Ordinal] = *s
		}
	}
	return set
}

// refuses reports whether a subject refused marketing. A forged row counts as a
// refusal.
func (d *Door) refuses(o consent.OptOut) bool {
	return o.Refused || len(o.MAC) > 0 && d.Ledger.CheckStamp(&o) != nil
}

// matter is what is on record about a request.
func (d *Door) matter(p party.Principal, r Request, w grant.WorkItem, sheet grant.Sheet) Matter {
	return Matter{
		At: d.Clock(), Person: p.Person, Org: p.Org, StepUp: p.StepUp, Work: w, Sheet: sheet, Schema: d.Vault.Schema(),
	}
}

func (d *Door) memberSet(ctx context.Context, w grant.WorkItem, of []pii.Ordinal) (map[pii.Ordinal]bool, error) {
	rows, err := d.Grants.Members(ctx, w.ID, of)
	if err != nil {
		return nil, err
	}
	set := make(map[pii.Ordinal]bool, len(rows))
	for i := range rows {
		if rows[i].Ordinal != pii.Dummy && d.Ledger.CheckStamp(&rows[i]) == nil {
			set[rows[i].Ordinal] = true
		}
	}
	return set, nil
}

// consents finds live separate consent, where it is needed.
func (d *Door) consents(ctx context.Context, m Matter, r Request, members map[pii.Ordinal]Standing, subjects []vault.Subject) (map[pii.Ordinal]bool, error) {
	if !m.NeedsConsent(r.Fields) {
		return nil, nil
	}
	of := make([]pii.Ordinal, len(subjects))
	for i, s := range subjects {
		of[i] = pii.Dummy
		if _, in := members[s.Ordinal]; in {
			of[i] = s.Ordinal
		}
	}
	return d.agreed(ctx, of, r.Purpose, m.ConsentTo(), m.At)
}

// agreed says which of the subjects gave a consent that counts now.
func (d *Door) agreed(ctx context.Context, of []pii.Ordinal, p pii.Purpose, to pii.OrgID, at time.Time) (map[pii.Ordinal]bool, error) {
	rows, err := d.Consent.Consents(ctx, of, p, to)
	if err != nil {
		return nil, err
	}
	notices, err := d.Consent.Notices(ctx, p)
	if err != nil {
		return nil, err
	}
	for i := range notices {
		if d.Ledger.CheckStamp(&notices[i]) != nil {
			return nil, nil // which of them count cannot be told: nobody agreed
		}
	}
	inForce := consent.InForce(notices, at)
	set := make(map[pii.Ordinal]bool, len(rows))
	for i := range rows {
		set[rows[i].Ordinal] = rows[i].Counts(inForce) && d.Ledger.CheckStamp(&rows[i]) == nil
	}
	return set, nil
}

// item is what the ledger is asked to record: the answer, and the refusal it
// becomes if a budget is used up.
func (dec *decision) item(d *Door, p party.Principal, r Request) ledger.Item {
	entry, refusal := dec.entry(), dec.overBudget()
	caps := d.capsOf(dec.rules)
	entry.Spends = caps.spends(taken{
		by: p, request: r, work: dec.work, classes: classesOf(d.Vault.Schema(), r.Fields), shown: dec.shown(), at: d.Clock(),
	})
	refused := caps.refused(p, d.Clock())
	if !dec.anyShown() {
		entry.Spends = refused
	}
	refusal.Spends = refused
	return ledger.Item{Request: r.ID, Hash: r.Hash, Entry: entry, Refusal: &refusal, Basis: dec.basis}
}

// subjects are those the decision was taken about.
func (dec *decision) subjects() []vault.Subject {
	all := make([]vault.Subject, len(dec.cases))
	for i, c := range dec.cases {
		all[i] = c.subject
	}
	return all
}

func (dec *decision) shown() []pii.Ordinal {
	var of []pii.Ordinal
	for _, c := range dec.cases {
		if c.allow {
			of = append(of, c.subject.Ordinal)
		}
	}
	return of
}

// entry is the one entry of the answer: two subject sets, shown and refused, and
// the ids outside the grant, which it does not tie to any subject.
func (dec *decision) entry() ledger.Entry {
	return dec.entryWith(func(c subjectCase) proof.Line {
		if c.allow {
			return proof.Line{Shown: true, Version: uint32(c.subject.Version)}
		}
		return proof.Line{Rule: c.reasons[0].ID}
	})
}

// overBudget is the refusal that is recorded if a budget is used up.
func (dec *decision) overBudget() ledger.Entry {
	return dec.entryWith(func(c subjectCase) proof.Line {
		if c.allow {
			return proof.Line{Rule: policy.Budget}
		}
		return proof.Line{Rule: c.reasons[0].ID}
	})
}

func (dec *decision) entryWith(line func(subjectCase) proof.Line) ledger.Entry {
	r := dec.request
	e := ledger.Entry{
		Kind: proof.KindRefusal, Actor: dec.principal.Person.ID, Org: dec.principal.Org.ID,
		Verb: r.Verb, Form: r.Form, Fields: r.Fields, Purpose: r.Purpose, Work: r.Work,
	}
	var outside []string
	for i, c := range dec.cases {
		if !c.covered {
			outside = append(outside, r.Subjects[i].String())
			continue
		}
		l := line(c)
		if l.Shown {
			e.Kind = proof.KindDisclosure
		}
		e.Subjects = append(e.Subjects, ledger.Subject{Ordinal: c.subject.Ordinal, Key: c.subject.Key, Line: l})
	}
	e.Facts = []proof.Field{
		fact("rules", dec.rules.Version()),
		fact("reasons", dec.reasonIDs()),
		fact("outside", strings.Join(outside, ",")),
		fact("known", dec.known()),
		fact("network", dec.principal.Network),
	}
	return e
}

// known is what the decision knew about the subjects inside the grant, with how
// many of them it is true of. Rules to come are tried on it.
func (dec *decision) known() string {
	count := map[policy.Facts]int{}
	var order []policy.Facts
	for _, c := range dec.cases {
		if !c.covered {
			continue
		}
		if count[c.facts]++; count[c.facts] == 1 {
			order = append(order, c.facts)
		}
	}
	said := make([]string, len(order))
	for i, f := range order {
		said[i] = strconv.Itoa(count[f]) + " " + f.Text()
	}
	return strings.Join(said, ";")
}

// reasonIDs lists the rules that determined the decisions, each once.
func (dec *decision) reasonIDs() string {
	seen := map[string]bool{}
	var ids []string
	for _, c := range dec.cases {
		for _, r := range c.reasons {
			if !seen[r.ID] {
				seen[r.ID] = true
				ids = append(ids, r.ID)
			}
		}
	}
	return strings.Join(ids, ",")
}

// settleRetry makes the decision agree with what was recorded: the budget's
// refusal, or, for a retry, the recorded entry, whose ground must still hold.
func (dec *decision) settleRetry(r *ledger.Receipt) error {
	if !r.Again() && r.Over() == "" {
		return nil
	}
	recorded := map[pii.Ordinal]proof.Line{}
	r.Record().Subjects(func(o pii.Ordinal, l proof.Line) bool {
		recorded[o] = l
		return true
	})
	for i := range dec.cases {
		c := &dec.cases[i]
		l := recorded[c.subject.Ordinal]
		switch {
		case l.Shown && !c.allow:
			return fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
		case !l.Shown && c.allow:
			c.allow, c.reasons = false, []policy.Reason{recordedReason(l.Rule)}
		}
	}
	return nil
}

func recordedReason(rule string) policy.Reason {
	if rule == "" {
		return noGrant
	}
	return textReason(rule)
}

// answer is what the caller is told, without values.
func (dec *decision) answer(r Request, record *ledger.Record) Answer {
	a := Answer{ID: r.ID, Results: make([]Result, len(dec.cases))}
	if record != nil {
		a.ID, a.Entry, a.At = record.Request(), record.Index, record.At()
	}
	for i, c := range dec.cases {
		a.Results[i] = Result{Subject: r.Subjects[i], Shown: c.allow}
		if !c.allow {
			a.Results[i].Reasons, a.Results[i].Highest = c.reasons, c.highest
		}
	}
	return a
}
