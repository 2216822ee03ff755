package door

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/vault"
)

// Session is who reads an enrolled database, why, and the highest form he asks for:
// all of it from his login, nothing from his statements.
type Session struct {
	Principal party.Principal
	Purpose   pii.Purpose
	Work      pii.RequestID
	Form      pii.Form // Masked or Plain
}

// Released is what came of a batch, with an answer for each of its cells.
type Released struct {
	Answers []enrolment.Answer
	Over    bool // a budget is used up: nothing of the batch is shown
}

// Release answers for cells of an enrolled database: verb Read, each cell in the
// highest form that is asked for and allowed. Everything shown is in entries that are
// durable before a value is read: one for the batch, or, where its cells differ in
// form or in fields, one for each such part, in one commit.
func (d *Door) Release(ctx context.Context, s Session, b enrolment.Batch) (Released, error) {
	if err := d.checkRelease(s, b); err != nil {
		return Released{}, err
	}
	for range tries {
		out, err := d.tryRelease(ctx, s, b)
		if !ledger.Stale(err) && !errors.Is(err, vault.ErrChanged) {
			return out, err
		}
		d.grounds.forget(s)
		if err := d.catchUp(ctx, b, errors.Is(err, vault.ErrChanged)); err != nil {
			return Released{}, err
		}
	}
	return Released{}, fault.New(fault.Unavailable, "stale", "")
}

// catchUp makes the next try rest on what is true now.
func (d *Door) catchUp(ctx context.Context, b enrolment.Batch, changed bool) error {
	if !changed {
		return d.Ledger.Refresh(ctx)
	}
	byTable := map[*enrolment.Table][]string{}
	for _, c := range b.Cells {
		if t, ok := d.Tables().Table(c.Table.Of); ok && !slices.Contains(byTable[t], c.Subject) {
			byTable[t] = append(byTable[t], c.Subject)
		}
	}
	for t, keys := range byTable {
		if _, err := d.adopt(ctx, party.Principal{}, t, keys, "", 0); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) checkRelease(s Session, b enrolment.Batch) error {
	if s.Form != pii.Masked && s.Form != pii.Plain || len(b.Cells) == 0 {
		return fault.New(fault.Invalid, "bad-request", "form")
	}
	if s.Principal.Org.Kind == party.Handler { // the keys of rows are not pseudonyms
		return fault.New(fault.Denied, "not-yours", "")
	}
	return nil
}

// part is those of a batch's subjects who are shown the same fields in the same form.
type part struct {
	form    pii.Form
	fields  []pii.Field
	cases   []subjectCase // shown, and, in the first part, those refused whole
	outside []string      // in the first part: ids that the work item does not cover
	cells   []int         // of the batch
	receipt *ledger.Receipt
	charged []ledger.Spend
}

// asked is one subject of a batch.
type asked struct {
	id     pii.SubjectID
	fields []pii.Field // each once
	cells  []int
}

func (d *Door) tryRelease(ctx context.Context, s Session, b enrolment.Batch) (out Released, err error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return out, err
	}
	if _, ok := rules.sheets[s.Purpose]; !ok {
		return out, fault.New(fault.Invalid, "bad-request", "purpose")
	}
	g, err := d.ground(ctx, s)
	if err != nil {
		return out, err
	}
	subjects := d.subjectsOf(b)
	if len(subjects) > MaxSubjects {
		return out, fault.New(fault.TooLarge, "too-large", "subjects")
	}
	out.Answers = make([]enrolment.Answer, len(b.Cells))
	j := judging{d: d, s: s, rules: rules, ground: g, batch: b, answers: out.Answers}
	parts := j.judge(subjects)
	if !j.shown {
		folded, err := d.flood.refusedBatch(ctx, s.Principal.Person.ID, b.Again)
		if folded || err != nil {
			return out, err
		}
	}
	basis := d.basis(s.Principal, s.Work, rules.entry)
	basis.Keys = append(basis.Keys, ledger.NoticeKey(s.Purpose))
	basis.Size = min(basis.Size, g.size)
	for _, p := range parts {
		for _, c := range p.cases {
			basis.Keys = append(basis.Keys, ledger.SubjectKey(c.subject.Ordinal))
		}
	}
	if err := d.appendParts(ctx, s, b, parts, basis, rules, g); err != nil {
		closeParts(parts)
		return out, err
	}
	defer closeParts(parts)
	return out, d.openParts(ctx, b, parts, &out)
}

// subjectsOf groups a batch's cells by subject.
func (d *Door) subjectsOf(b enrolment.Batch) []asked {
	type name struct {
		of  enrolment.ID
		key string
	}
	at := map[name]int{}
	var all []asked
	for i, c := range b.Cells {
		n := name{c.Table.Of, c.Subject}
		k, ok := at[n]
		if !ok {
			k = len(all)
			at[n] = k
			all = append(all, asked{id: d.Vault.SourcedID(c.Table, c.Subject)})
		}
		if !slices.Contains(all[k].fields, c.Column.Field) {
			all[k].fields = append(all[k].fields, c.Column.Field)
		}
		all[k].cells = append(all[k].cells, i)
	}
	return all
}

// judging decides about the cells of one batch.
type judging struct {
	d       *Door
	s       Session
	rules   *loadedRules
	ground  *releaseGround
	batch   enrolment.Batch
	answers []enrolment.Answer
	shown   bool
	known   map[judged]ruling
	matters map[pii.Field]fieldMatter
}

// fieldMatter is what is on record about asking for one field.
type fieldMatter struct {
	Matter
	request Request
	facts   policy.Facts
}

// judged is all a ruling depends on within a batch.
type judged struct {
	field   pii.Field
	subject policy.Subject
}

type ruling struct {
	form    pii.Form // None: refused
	reasons []policy.Reason
	facts   policy.Facts // that it was decided on
}

// judge splits the batch into parts that are recorded alike.
func (j *judging) judge(subjects []asked) []*part {
	j.known, j.matters = map[judged]ruling{}, map[pii.Field]fieldMatter{}
	byKey := map[string]*part{}
	var parts []*part
	var refused []subjectCase
	var outside []string
	for _, a := range subjects {
		in, ok := j.ground.byID[a.id]
		if !ok {
			outside = append(outside, a.id.String())
			j.refuse(a.cells, noGrant.ID)
			continue
		}
		split := map[pii.Form]*subjectPart{}
		var why ruling
		for _, f := range a.fields {
			r := j.rule(f, in)
			if r.form == pii.None {
				why = r
				j.refuse(j.cellsOf(a, f), r.reasons[0].ID)
				continue
			}
			p := split[r.form]
			if p == nil {
				p = &subjectPart{ruling: r}
				split[r.form] = p
			}
			p.fields = append(p.fields, f)
			p.cells = append(p.cells, j.cellsOf(a, f)...)
		}
		if len(split) == 0 {
			refused = append(refused, subjectCase{subject: in.subject, covered: true, reasons: why.reasons, facts: why.facts})
			continue
		}
		for form, sp := range split {
			slices.Sort(sp.fields)
			key := form.String() + "|" + string(policy.FieldsOf(sp.fields...))
			p := byKey[key]
			if p == nil {
				p = &part{form: form, fields: sp.fields}
				byKey[key], parts = p, append(parts, p)
			}
			p.cases = append(p.cases, subjectCase{subject: in.subject, covered: true, allow: true, reasons: sp.reasons, facts: sp.facts})
			p.cells = append(p.cells, sp.cells...)
			j.shown = true
		}
	}
	if len(parts) == 0 {
		parts = []*part{{form: j.s.Form, fields: j.allFields()}}
	}
	parts[0].cases, parts[0].outside = append(parts[0].cases, refused...), outside
	return parts
}

// subjectPart is what one subject is shown in one form.
type subjectPart struct {
	ruling
	fields []pii.Field
	cells  []int
}

func (j *judging) allFields() []pii.Field {
	var all []pii.Field
	for _, c := range j.batch.Cells {
		if !slices.Contains(all, c.Column.Field) {
			all = append(all, c.Column.Field)
		}
	}
	return all
}

func (j *judging) cellsOf(a asked, f pii.Field) []int {
	if len(a.fields) == 1 {
		return a.cells
	}
	var of []int
	for _, i := range a.cells {
		if j.batch.Cells[i].Column.Field == f {
			of = append(of, i)
		}
	}
	return of
}

func (j *judging) refuse(cells []int, reason string) {
	for _, i := range cells {
		j.answers[i] = enrolment.Answer{Reason: reason}
	}
}

// rule asks the rules about one field of a member: for the form of the session, and,
// if that is refused, for the masked one.
func (j *judging) rule(f pii.Field, in grounded) ruling {
	m, ok := j.matters[f]
	if !ok {
		m.request = Request{Verb: pii.Read, Form: j.s.Form, Fields: []pii.Field{f}, Purpose: j.s.Purpose, Work: j.s.Work}
		m.Matter = j.d.matter(j.s.Principal, m.request, j.ground.work, j.rules.sheets[j.s.Purpose])
		m.facts = m.Facts(m.request)
		j.matters[f] = m
	}
	facts := m.About(m.facts, m.request, in.bearing)
	key := judged{f, facts.Subject}
	if r, ok := j.known[key]; ok {
		return r
	}
	r := ruling{form: j.s.Form}
	verdict := j.rules.Decide(facts)
	if !verdict.Allow && facts.Form > pii.Masked {
		facts.Form, r.form = pii.Masked, pii.Masked
		verdict = j.rules.Decide(facts)
	}
	if r.reasons, r.facts = verdict.Reasons, facts; !verdict.Allow {
		r.form = pii.None
	}
	j.known[key] = r
	return r
}

// appendParts records the parts, all in one commit.
func (d *Door) appendParts(ctx context.Context, s Session, b enrolment.Batch, parts []*part, basis ledger.Basis, rules *loadedRules, g *releaseGround) error {
	errs := make([]error, len(parts))
	record := func(i int) {
		item, err := d.partItem(s, b, parts[i], basis, rules, g)
		if err == nil {
			parts[i].receipt, err = d.Ledger.Append(ctx, item)
		}
		errs[i] = err
	}
	var wg sync.WaitGroup
	for i := range parts[1:] {
		wg.Go(func() { record(i + 1) })
	}
	record(0)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		for _, e := range errs { // a stale one is told as such
			if ledger.Stale(e) {
				return e
			}
		}
		return err
	}
	for _, p := range parts {
		if p.receipt.Over() == "" {
			g.spent(p.charged)
		}
	}
	return nil
}

func closeParts(parts []*part) {
	for _, p := range parts {
		p.receipt.Close()
	}
}

// partItem is what the ledger is asked to record of a part.
func (d *Door) partItem(s Session, b enrolment.Batch, p *part, basis ledger.Basis, rules *loadedRules, g *releaseGround) (ledger.Item, error) {
	id, err := d.newRequest()
	if err != nil {
		return ledger.Item{}, err
	}
	dec := &decision{principal: s.Principal, rules: rules, work: g.work, cases: p.cases, request: Request{
		ID: id, Verb: pii.Read, Form: p.form, Fields: p.fields, Purpose: s.Purpose, Work: s.Work,
	}}
	now := d.Clock()
	entry, refusal := dec.entry(), dec.overBudget()
	for _, e := range []*ledger.Entry{&entry, &refusal} {
		for i := range e.Facts {
			if e.Facts[i].Name == "outside" {
				e.Facts[i].Value = strings.Join(p.outside, ",")
			}
		}
		e.Facts = append(e.Facts,
			fact("surface", "postgres"), fact("statement", hex.EncodeToString(b.Statement[:])),
			fact("portal", b.Portal[:min(len(b.Portal), 63)]), fact("result-rows", strconv.Itoa(b.Rows)))
	}
	caps := d.capsOf(rules)
	refused := caps.refused(s.Principal, now)
	refusal.Spends = refused
	if dec.anyShown() {
		p.charged = g.unspent(caps.spends(taken{
			by: s.Principal, request: dec.request, work: g.work, classes: classesOf(d.Vault.Schema(), p.fields), shown: dec.shown(), at: now,
		}))
		entry.Spends = p.charged
	} else {
		entry.Spends = refused
	}
	return ledger.Item{Request: id, Entry: entry, Refusal: &refusal, Basis: basis}, nil
}

// openParts opens what the receipts name and puts it into the answers.
func (d *Door) openParts(ctx context.Context, b enrolment.Batch, parts []*part, out *Released) error {
	for _, p := range parts {
		if len(p.cells) == 0 {
			continue
		}
		if p.receipt.Over() != "" {
			out.Over = true
			for _, i := range p.cells {
				out.Answers[i] = enrolment.Answer{Reason: "budget"}
			}
			continue
		}
		cells := make([]vault.Cell, len(p.cells))
		subjects := make([]vault.Subject, len(p.cases))
		ordinal := make(map[pii.SubjectID]pii.Ordinal, len(p.cases))
		for i, c := range p.cases {
			subjects[i] = c.subject
			ordinal[c.subject.ID] = c.subject.Ordinal
		}
		for i, at := range p.cells {
			c := b.Cells[at]
			cells[i] = vault.Cell{Ordinal: ordinal[d.Vault.SourcedID(c.Table, c.Subject)], Cell: c}
		}
		raw, err := d.Vault.OpenCells(ctx, p.receipt, cells, subjects...)
		if err != nil {
			return err
		}
		for i, at := range p.cells {
			if raw[i].Gone { // recorded as shown all the same: the entry came first
				out.Answers[at] = enrolment.Answer{Reason: "gone"}
				continue
			}
			out.Answers[at] = enrolment.Answer{Shown: true, Null: raw[i].Null, Value: raw[i].Value}
		}
	}
	return nil
}

// workOf reads the work item of a session; another's is none.
func (d *Door) workOf(ctx context.Context, s Session) (grant.WorkItem, error) {
	w, err := d.workItem(ctx, s.Work)
	if err != nil || w.Assignee != s.Principal.Person.ID || w.Recipient != s.Principal.Org.ID {
		return grant.WorkItem{}, err
	}
	return w, nil
}
