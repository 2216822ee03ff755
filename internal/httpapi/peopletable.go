package httpapi

import (
	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/party"
)

// managers may have people whose manager they are.
var managers = people(party.Staff, party.Outsourced, party.Partner, party.Officer, party.SecAdmin, party.Auditor)

// peopleTable is the part of the table about lists of people: imports, what they ask
// for, and who came and went.
func peopleTable() []*route {
	return []*route{
		{method: post, path: "/v1/people/imports", who: staffing, summary: "Import up to 500 rows of a list of people", slow: true, install: handle(importPeople)},
		{method: get, path: "/v1/people-asks", who: overseeing, summary: "What files ask for and a second officer decides", install: handle(listAsks)},
		{method: post, path: "/v1/people/{id}/ask/decision", who: officers, summary: "Allow what a file asked for, or refuse it", install: handle(decideAsk)},
		{method: post, path: "/v1/consents/imports", who: officers.orServices(authn.ScopeCRM, authn.ScopeImport), summary: "Import up to 500 rows of consents given before", slow: true, install: handle(importConsents)},
		{method: post, path: "/v1/recertifications", who: officers, summary: "Open a recertification of what everybody holds", status: created, install: handle(openRound)},
		{method: get, path: "/v1/recertifications", who: managers, summary: "List recertifications, the newest first", install: handle(listRounds)},
		{method: get, path: "/v1/recertifications/{id}/people", who: managers, summary: "Who holds what since when: all of it to officers and auditors, to a manager of his people", install: handle(listHeld)},
		{method: post, path: "/v1/recertifications/{id}/people/{person}", who: people(party.Staff, party.Outsourced, party.Partner, party.Officer, party.SecAdmin), summary: "Confirm what a person holds, or end it", install: handle(confirmPerson)},
		{method: post, path: "/v1/questions/moves", who: watchers, summary: "Joiners, movers and leavers of a time", slow: true, install: handle(moves)},
	}
}
