package register

import (
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/party"
)

// action is one thing the register does.
type action uint8

const (
	putOrg action = iota
	putNumber
	putPerson
	decideAsk
	endPerson
	openRound
	confirmPerson
	train
	openWork
	closeWork
	putConsent
	importConsent
	putOptOut
	putNotice
	proposeRules
	tryRules
	approveRules
	askException
	decideException
	breakGlass
	reviewException
	actions // number of actions, for the table's test
)

// role is a person's kind, or "service/" and its scope.
type role string

func roleOf(p party.Principal) role {
	if p.IsService() {
		return role("service/" + p.Scope)
	}
	return role(p.Person.Kind)
}

// duties says who may do what. What is not here is nobody's; whom an action may
// touch is narrowed where the action is.
//
// Those who assign work (officer, CRM) make no sign-in codes for the assignees,
// and the security administrator, who does, assigns no work: nobody can both open
// a work item and sign in as its assignee. System administrator and auditor
// change nothing here.
var duties = map[role][]action{
	"officer": {putOrg, putNumber, putPerson, decideAsk, endPerson, openRound, confirmPerson, train, openWork, closeWork, putConsent, importConsent, putOptOut, putNotice,
		proposeRules, tryRules, approveRules, askException, decideException, reviewException},
	"secadmin":        {putPerson, endPerson, confirmPerson, train, proposeRules, tryRules, approveRules},
	"sysadmin":        {},
	"auditor":         {},
	"staff":           {closeWork, askException, breakGlass, confirmPerson},
	"outsourced":      {closeWork, breakGlass, confirmPerson},
	"partner":         {closeWork, confirmPerson},
	"service/crm":     {openWork, closeWork, putConsent, importConsent, putOptOut},
	"service/switch":  {openWork, closeWork},
	"service/import":  {importConsent},
	"service/metrics": {},
}

// manages says whose rows as persons a role may make, change and end. Services
// are made by authn, on the officer's code; the officer may end them.
var manages = map[role][]party.PersonKind{
	"officer": {
		party.Officer, party.SystemAdmin, party.SecAdmin, party.Auditor,
		party.Staff, party.Outsourced, party.Partner, party.Service,
	},
	"secadmin": {party.Staff, party.Outsourced, party.Partner},
}

// may refuses a principal whose duties do not include the action, and one whose
// power ended since he was authenticated.
func (r *Register) may(ctx context.Context, by party.Principal, do action) error {
	if !slices.Contains(duties[roleOf(by)], do) {
		return notYours()
	}
	p, o, ok, err := r.person(ctx, by.Person.ID, "actor")
	if err != nil {
		return err
	}
	if !ok || p.Kind != by.Person.Kind || p.Suspended || o.Suspended || !p.OpenAt(r.now()) {
		return notYours()
	}
	return nil
}
