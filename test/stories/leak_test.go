package stories

import (
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/register/registertest"
	"github.com/goldbell/goldbell/internal/vault"
)

// How large the past of the firm is: customers, those each agent was shown, and
// those of the leaker's who complained.
const (
	pastCustomers = 600
	pastEach      = 50
	voices        = 16
)

// agents of the past; the first passes customers on.
var agents = []pii.PersonID{"l001", "l002", "l003", "l004"}

const plainRule = `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`

// checkersRule is what the firm allows since then: one post reads plain.
const checkersRule = `@id("firm-checkers") @zh("核对岗位") @en("checkers") permit(principal, action == Action::"Read.plain", resource) when { principal.post == "checker" && context.work.assigned };`

// leak plays the firm's past: agents read their lists in plain, as the firm's rules
// then allowed, and some whom the first was shown are called by strangers.
func (s *stage) leak(officer, security, crm, imports party.Principal) {
	s.Helper()
	ids := s.past(imports)
	security.StepUp = time.Now().Add(-s.ago)
	registertest.Rules(s.Context(), s, s.srv.Register(), officer, security, plainRule)
	for i, id := range agents {
		s.put(security, id, party.Staff)
		who, _ := s.signIn(s.invite(security, id))
		who.StepUp = time.Now().Add(-s.ago)
		s.read(who, crm, ids[i*pastEach:(i+1)*pastEach])
	}
	registertest.Rules(s.Context(), s, s.srv.Register(), officer, security, checkersRule)
	s.ago = 24 * time.Hour
	for i := range voices {
		filed, err := s.srv.Casework().File(s.Context(), casework.Filing{
			Channel: casework.ByPhone, Contacted: pii.NewValue(pastPhone(i * 3)), CalledAt: time.Now().Add(-s.ago - time.Hour),
			Caller: pii.NewValue(fmt.Sprintf("1700000%04d", i)), Known: []pii.Field{pii.Name, pii.Company},
			Said: pii.NewValue("知道我的姓名和公司"), Source: fmt.Sprintf("192.0.2.%d", i), Request: newID(),
		})
		s.ok(err)
		if i == voices-1 {
			s.script.Case, s.script.CaseCode = filed.ID.String(), filed.Code
		}
	}
}

func pastPhone(i int) string { return fmt.Sprintf("1380013%04d", 1000+i) }

func (s *stage) past(imports party.Principal) []pii.SubjectID {
	s.Helper()
	e := door.Enrolment{ID: newID()}
	for i := range pastCustomers {
		e.Rows = append(e.Rows, vault.Row{
			pii.Name: pii.NewValue("司马" + string(rune('一'+i))), pii.Phone: pii.NewValue(pastPhone(i)), pii.Company: pii.NewValue("往事公司"),
		})
	}
	ids, err := s.srv.Door().Enrol(s.Context(), imports, e)
	s.ok(err)
	return ids
}

// read shows an agent a list, a customer at a time.
func (s *stage) read(who, crm party.Principal, list []pii.SubjectID) {
	s.Helper()
	work, err := s.srv.Register().OpenWork(s.Context(), register.Asked{By: crm, Request: newID()}, register.Work{
		Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: who.Person.ID, Subjects: list, Until: time.Now().Add(24 * time.Hour),
	})
	s.ok(err)
	for _, id := range list {
		got, err := s.srv.Door().Disclose(s.Context(), who, door.Request{
			ID: newID(), Verb: pii.Read, Form: pii.Plain, Fields: []pii.Field{pii.Name, pii.Phone, pii.Company}, Purpose: grant.Telesales,
			Work: work, Subjects: []pii.SubjectID{id},
		})
		s.ok(err)
		if !got.Results[0].Shown {
			s.Fatalf("the past did not happen: %v", got.Results[0].Reasons)
		}
	}
}
