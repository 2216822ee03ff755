package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

var _ ledger.Rows = (*DB)(nil)

// powerTable is a table of rows that give power, as a verification reads it.
type powerTable struct {
	name    string // with the alias the columns are named by, if any
	columns string
	key     string // the primary key's columns
	row     func() (pii.Keyed, []any)
	at      func(pii.Keyed) []any // its primary key
}

// power lists every table whose rows carry a stamp and are replaced by later entries.
// A test compares it with the schema.
var power = []powerTable{
	{"org o", orgColumns, "o.id", func() (pii.Keyed, []any) { o := &party.Org{}; return o, orgInto(o) },
		func(k pii.Keyed) []any { return []any{string(k.(*party.Org).ID)} }},
	{"person p", personColumns, "p.id", func() (pii.Keyed, []any) { p := &party.Person{}; return p, personInto(p) },
		func(k pii.Keyed) []any { return []any{string(k.(*party.Person).ID)} }},
	{"person_ask", "body, entry, mac", "person", func() (pii.Keyed, []any) {
		a := &party.Ask{}
		return a, []any{&body{a}, &a.Entry, &a.MAC}
	}, func(k pii.Keyed) []any { return []any{string(k.(*party.Ask).Wanted.ID)} }},
	{"recertification", "body, entry, mac", "id", func() (pii.Keyed, []any) {
		r := &party.Round{}
		return r, []any{&body{r}, &r.Entry, &r.MAC}
	}, func(k pii.Keyed) []any { r := k.(*party.Round); return []any{r.ID[:]} }},
	{"confirmation", "body, entry, mac", "round, person", func() (pii.Keyed, []any) {
		c := &party.Confirmation{}
		return c, []any{&body{c}, &c.Entry, &c.MAC}
	}, func(k pii.Keyed) []any { c := k.(*party.Confirmation); return []any{c.Round[:], string(c.Person)} }},
	{"training", trainingColumns, "person, course, at", func() (pii.Keyed, []any) { t := &party.Training{}; return t, trainingInto(t) },
		func(k pii.Keyed) []any {
			t := k.(*party.Training)
			return []any{string(t.Person), t.Course, micros(t.At)}
		}},
	{"org_number", numberColumns, "tag, org, since", func() (pii.Keyed, []any) { n := &party.Number{}; return n, numberInto(n) },
		func(k pii.Keyed) []any {
			n := k.(*party.Number)
			return []any{notNil(n.Tag), string(n.Org), micros(n.From)}
		}},
	{"token t", tokenColumns, "t.hash", func() (pii.Keyed, []any) { t := &authn.Token{}; return t, tokenInto(t) },
		func(k pii.Keyed) []any { return []any{notNil(k.(*authn.Token).Hash)} }},
	{"code", codeColumns, "person", func() (pii.Keyed, []any) { c := &authn.Code{}; return c, codeInto(c) },
		func(k pii.Keyed) []any { return []any{string(k.(*authn.Code).Person)} }},
	{"local_account", localColumns, "person", func() (pii.Keyed, []any) { l := &authn.Local{}; return l, localInto(l) },
		func(k pii.Keyed) []any { return []any{string(k.(*authn.Local).Person)} }},
	{"passkey", passkeyNames, "id", func() (pii.Keyed, []any) { k := &authn.Passkey{}; return k, passkeyInto(k) },
		func(k pii.Keyed) []any { return []any{notNil(k.(*authn.Passkey).ID)} }},
	{"work_item w", workColumns, "w.id", func() (pii.Keyed, []any) { w := &grant.WorkItem{}; return w, workInto(w) },
		func(k pii.Keyed) []any { w := k.(*grant.WorkItem); return []any{w.ID[:]} }},
	{"exception", "body, entry, mac", "id", func() (pii.Keyed, []any) { e := &grant.Exception{}; return e, exceptionInto(e) },
		func(k pii.Keyed) []any { e := k.(*grant.Exception); return []any{e.ID[:]} }},
	{"alert", "body, entry, mac", "id", func() (pii.Keyed, []any) {
		a := &grant.Alert{}
		return a, []any{&body{a}, &a.Entry, &a.MAC}
	}, func(k pii.Keyed) []any { a := k.(*grant.Alert); return []any{a.ID[:]} }},
	{"consent", consentColumns, "ordinal, purpose, recipient", func() (pii.Keyed, []any) { c := &consent.Consent{}; return c, consentInto(c) },
		func(k pii.Keyed) []any {
			c := k.(*consent.Consent)
			return []any{int64(c.Ordinal), string(c.Purpose), string(c.Recipient)}
		}},
	{"notice", noticeColumns, "purpose, version", func() (pii.Keyed, []any) { n := &consent.Notice{}; return n, noticeInto(n) },
		func(k pii.Keyed) []any { n := k.(*consent.Notice); return []any{string(n.Purpose), n.Version} }},
	{"opt_out", optOutColumns, "ordinal", func() (pii.Keyed, []any) { o := &consent.OptOut{}; return o, optOutInto(o) },
		func(k pii.Keyed) []any { return []any{int64(k.(*consent.OptOut).Ordinal)} }},
	{"complaint c", complaintColumns, "c.id", func() (pii.Keyed, []any) { c := &casework.Complaint{}; return c, complaintInto(c) },
		func(k pii.Keyed) []any { c := k.(*casework.Complaint); return []any{c.ID[:]} }},
	{"one_time_code", oneTimeColumns, "id", func() (pii.Keyed, []any) { o := &casework.OneTime{}; return o, oneTimeInto(o) },
		func(k pii.Keyed) []any { o := k.(*casework.OneTime); return []any{o.ID[:]} }},
	{"complaint_closing", closingColumns, "complaint", func() (pii.Keyed, []any) { c := &casework.Closing{}; return c, closingInto(c) },
		func(k pii.Keyed) []any { c := k.(*casework.Closing); return []any{c.Case[:]} }},
	{"appeal", "body, entry, mac", "id", func() (pii.Keyed, []any) { a := &casework.Appeal{}; return a, appealInto(a) },
		func(k pii.Keyed) []any { a := k.(*casework.Appeal); return []any{a.ID[:]} }},
	{"incident", incidentColumns, "id", func() (pii.Keyed, []any) { i := &casework.Incident{}; return i, incidentInto(i) },
		func(k pii.Keyed) []any { i := k.(*casework.Incident); return []any{i.ID[:]} }},
	{"incident_decision", incidentColumns, "incident", func() (pii.Keyed, []any) { v := &casework.Decision{}; return v, decisionInto(v) },
		func(k pii.Keyed) []any { v := k.(*casework.Decision); return []any{v.Incident[:]} }},
	{"import", importColumns, "id", func() (pii.Keyed, []any) { i := &door.Import{}; return i, importInto(i) },
		func(k pii.Keyed) []any { i := k.(*door.Import); return []any{i.ID[:]} }},
	{"erasure", erasureNames, "id", func() (pii.Keyed, []any) { e := &door.Erasure{}; return e, erasureInto(e) },
		func(k pii.Keyed) []any { e := k.(*door.Erasure); return []any{e.ID[:]} }},
	{"found_file", foundColumns, "id", func() (pii.Keyed, []any) { f := &door.FoundFile{}; return f, foundInto(f) },
		func(k pii.Keyed) []any { f := k.(*door.FoundFile); return []any{f.ID[:]} }},
	{"decoy_note", "id, sealed, entry, mac", "id", func() (pii.Keyed, []any) {
		n := &decoy.Note{}
		return n, []any{(*id16)(&n.ID), (*blob)(&n.Sealed), &n.Entry, &n.MAC}
	}, func(k pii.Keyed) []any { n := k.(*decoy.Note); return []any{n.ID[:]} }},
	{"complaint_file", "complaint, n, at, size, sha256, month, digest, entry, mac", "complaint, n", func() (pii.Keyed, []any) { e := &casework.Evidence{}; return e, evidenceInto(e) },
		func(k pii.Keyed) []any { e := k.(*casework.Evidence); return []any{e.Case[:], int64(e.N)} }},
	{"outcome", outcomeColumns, "ordinal, item", func() (pii.Keyed, []any) { o := &door.Outcome{}; return o, outcomeInto(o) },
		func(k pii.Keyed) []any { o := k.(*door.Outcome); return []any{int64(o.Ordinal), o.Item[:]} }},
	{"enrolled_table", "body, entry, mac", "id", func() (pii.Keyed, []any) {
		t := &enrolment.Table{}
		return t, []any{&body{t}, &t.Entry, &t.MAC}
	}, func(k pii.Keyed) []any { t := k.(*enrolment.Table); return []any{t.ID[:]} }},
	{"company_database", "sealed, entry, mac", "id", func() (pii.Keyed, []any) {
		c := &enrolment.Company{}
		return c, []any{(*blob)(&c.Sealed), &c.Entry, &c.MAC}
	}, func(pii.Keyed) []any { return []any{int64(1)} }},
	{"database_login", "body, entry, mac", "name", func() (pii.Keyed, []any) {
		l := &authn.Login{}
		return l, []any{&body{l}, &l.Entry, &l.MAC}
	}, func(k pii.Keyed) []any { return []any{k.(*authn.Login).Name} }},
	{"rule_proposal", "body, entry, mac", "id", func() (pii.Keyed, []any) { p := &register.Proposal{}; return p, proposalInto(p) },
		func(k pii.Keyed) []any { p := k.(*register.Proposal); return []any{p.ID[:]} }},
	{"rule_set", ruleColumns, "entry", func() (pii.Keyed, []any) { r := &door.RuleSet{}; return r, ruleInto(r) },
		func(k pii.Keyed) []any { return []any{int64(k.GetStamp().Entry)} }},
}

func (t powerTable) table() string { name, _, _ := strings.Cut(t.name, " "); return name }

// PowerTables implements [ledger.Rows].
func (db *DB) PowerTables() []string {
	names := make([]string, len(power))
	for i, t := range power {
		names[i] = t.table()
	}
	return names
}

// RowsAfter implements [ledger.Rows].
func (db *DB) RowsAfter(ctx context.Context, table string, last pii.Keyed, n int) (all []pii.Keyed, err error) {
	for _, t := range power {
		if t.table() != table {
			continue
		}
		text, args := t.page(last, n)
		err = db.rows(ctx, "rows", text, func(scan func(...any) error) error {
			row, into := t.row()
			err := scan(into...)
			all = append(all, row)
			return err
		}, args...)
		return all, err
	}
	return nil, fault.Wrap(fault.Internal, "internal", fmt.Errorf("store: no such table of power"))
}

// page is the question for the rows after last.
func (t powerTable) page(last pii.Keyed, n int) (text string, args []any) {
	where := ""
	if last != nil {
		args = t.at(last)
		marks := make([]string, len(args))
		for i := range args {
			marks[i] = "$" + strconv.Itoa(i+1)
		}
		where = "WHERE (" + t.key + ") > (" + strings.Join(marks, ", ") + ") "
	}
	args = append(args, int64(n))
	return "SELECT " + t.columns + " FROM " + t.name + " " + where + "ORDER BY " + t.key + " LIMIT $" + strconv.Itoa(len(args)), args
}
