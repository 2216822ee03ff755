package httpapi

import (
	"net/http"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/party"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
	del  = http.MethodDelete

	created  = http.StatusCreated
	accepted = http.StatusAccepted
	empty    = http.StatusNoContent
)

// The audiences of the table.
var (
	workers    = people(party.Staff, party.Outsourced, party.Partner)
	watchers   = people(party.Officer, party.Auditor)
	officers   = people(party.Officer)
	operators  = people(party.SystemAdmin)
	staffing   = people(party.Officer, party.SecAdmin)
	overseeing = people(party.Officer, party.SecAdmin, party.Auditor)
	persons    = people(party.Staff, party.Outsourced, party.Partner, party.Officer, party.SystemAdmin, party.SecAdmin, party.Auditor)
	everyone   = persons.orServices(authn.ScopeImport, authn.ScopeSwitch, authn.ScopeCRM, authn.ScopeMetrics, authn.ScopeWitness, authn.ScopePostgres)
	hearable   = people(party.Staff, party.Outsourced, party.Partner, party.Officer)
	storing    = services(authn.ScopeImport, authn.ScopeCRM)
	switching  = services(authn.ScopeSwitch)
)

func services(scopes ...string) audience { return audience{}.orServices(scopes...) }

// table lists every route with its audience.
func table() []*route {
	return append(append(signInTable(), peopleTable()...), []*route{
		{method: post, path: "/v1/subjects", who: storing, summary: "Store up to 1,000 subjects", status: created, slow: true, install: handle(enrol)},
		{method: get, path: "/v1/subjects", who: workers, summary: "List the ids inside a work item", install: handle(members)},
		{method: post, path: "/v1/subjects/{id}/corrections", who: services(authn.ScopeCRM), summary: "Store a new version of a subject's fields", status: created, install: handle(correct)},
		{method: post, path: "/v1/imports", who: storing, summary: "Open the import of a file", status: created, install: handle(openImport)},
		{method: post, path: "/v1/imports/{id}/finish", who: storing, summary: "Finish an import", install: handle(finishImport)},

		{method: post, path: "/v1/disclosures", who: workers, summary: "Ask for values of subjects", install: handle(disclose)},
		{method: post, path: "/v1/calls", who: workers, summary: "Call a subject without the number", status: created, install: handle(placeCall)},
		{method: post, path: "/v1/call-outcomes", who: switching, summary: "Report what became of calls", install: handle(callOutcomes)},
		{method: post, path: "/v1/lookups", who: workers.orServices(authn.ScopeSwitch), summary: "Look a value up inside a work item; post an inbound caller", install: handle(lookup)},

		{method: post, path: "/v1/work-items", who: officers.orServices(authn.ScopeCRM, authn.ScopeSwitch), summary: "Open a work item", status: created, install: handle(openWork)},
		{method: get, path: "/v1/work-items", who: workers, summary: "List my open work items", install: handle(myWork)},
		{method: post, path: "/v1/work-items/{id}/close", who: people(party.Staff, party.Outsourced, party.Partner, party.Officer).orServices(authn.ScopeCRM, authn.ScopeSwitch), summary: "Close a work item", install: handle(closeWork)},
		{method: get, path: "/v1/purposes", who: persons, summary: "The purpose sheets in force", install: handle(listPurposes)},
		{method: get, path: "/v1/caps", who: overseeing, summary: "The budgets in force, and how high they may be", install: handle(getCaps)},
		{method: post, path: "/v1/exceptions", who: people(party.Staff, party.Officer), summary: "Ask for an exception for another person", status: created, install: handle(askException)},
		{method: get, path: "/v1/exceptions", who: watchers, summary: "Exceptions: how many, which fields, for whom, until when, and the meters; never data", install: handle(listExceptions)},
		{method: post, path: "/v1/exceptions/{id}/decision", who: officers, summary: "Approve an exception, or refuse it", install: handle(decideException)},
		{method: post, path: "/v1/exceptions/{id}/review", who: officers, summary: "Review break-glass", install: handle(reviewException)},
		{method: post, path: "/v1/break-glass", who: people(party.Staff, party.Outsourced), summary: "Break the glass: look now, be reviewed", status: created, install: handle(breakGlass)},
		{method: get, path: "/v1/alerts", who: watchers, summary: "Alerts with the entries they rest on, and how good the detectors are", install: handle(listAlerts)},
		{method: post, path: "/v1/alerts/{id}/judgement", who: officers, summary: "Confirm an alert, or call it false", install: handle(judgeAlert)},
		{method: get, path: "/v1/lines", who: watchers, summary: "What a person or recipient has taken towards the law's line", install: handle(getLine)},

		{method: post, path: "/v1/notices", who: officers, summary: "Record a version of what people are told about a purpose", status: created, install: handle(putNotice)},
		{method: get, path: "/v1/notices", who: watchers, summary: "List the versions of a purpose's notice", install: handle(listNotices)},
		{method: get, path: "/v1/work-items/{id}/outcomes", who: workers, summary: "What became of the customers of my work item", install: handle(listOutcomes)},
		{method: post, path: "/v1/work-items/{id}/outcomes", who: workers, summary: "Record what became of a contact, with a note", status: created, install: handle(recordOutcome)},
		{method: post, path: "/v1/watermark-reports", who: workers, summary: "Report that the visible mark was taken off a page", status: created, install: handle(reportMark)},
		{method: post, path: "/v1/consents", who: officers.orServices(authn.ScopeCRM), summary: "Record consents, withdrawals and opt-outs", slow: true, install: handle(consents)},

		{method: post, path: "/v1/questions/who-can", who: watchers, summary: "Who can see a field, of a subject, on a day", slow: true, install: handle(whoCan)},
		{method: post, path: "/v1/questions/could", who: watchers, summary: "Could a person see a field of a subject on a day, and by which rule", slow: true, install: handle(could)},
		{method: post, path: "/v1/questions/saw", who: watchers, summary: "What a person saw between two times", slow: true, install: handle(saw)},
		{method: post, path: "/v1/questions/changes", who: watchers, summary: "Changes of permissions, before and after, and who approved", slow: true, install: handle(changes)},
		{method: post, path: "/v1/questions/coverage", who: watchers, summary: "The share of people who can read a field in plain", slow: true, install: handle(coverage)},
		{method: post, path: "/v1/questions/written", who: watchers, summary: "Each written rule beside what enforces it", install: handle(written)},
		{method: post, path: "/v1/questions/shared-mask", who: watchers, summary: "How many customers share a mask", install: handle(shared)},
		{method: get, path: "/v1/subjects/{id}/disclosures", who: watchers, summary: "Who saw this person", install: handle(whoSaw)},
		{method: get, path: "/v1/recipients/{id}/disclosures", who: watchers, summary: "What a person or an organisation was shown", install: handle(whatGot)},
		{method: post, path: "/v1/subjects/{id}/erasure", who: workers, summary: "Ask for a subject to be erased", status: accepted, install: handle(askErasure)},
		{method: get, path: "/v1/erasures", who: watchers, summary: "Erasures that wait for a second person", install: handle(listErasures)},
		{method: get, path: "/v1/retention", who: watchers, summary: "What the next daily run would erase because its retention is over", slow: true, install: handle(retention)},
		{method: post, path: "/v1/erasures/{id}/approve", who: officers, fresh: true, summary: "Approve an erasure as the second person", install: handle(approveErasure)},

		{method: post, path: "/v1/complaints", who: anybody, summary: "File a complaint; no account is needed", status: created, install: handle(fileComplaint)},
		{method: get, path: "/v1/complaints", who: officers, summary: "List complaints", install: handle(listComplaints)},
		{method: post, path: "/v1/complaints/taken-down", who: people(party.Staff, party.Officer), summary: "Take a complaint down for somebody; her contact confirms it", status: created, install: handle(takeDown)},
		{method: post, path: "/v1/complaints/{id}/account", who: people(party.Staff, party.Officer), summary: "Read what the complainant wrote", install: handle(readComplaint)},
		{method: post, path: "/v1/complaints/{id}/files/{n}", who: people(party.Staff, party.Officer), summary: "Fetch a file the complainant handed in", install: handle(fetchFile)},
		{method: post, path: "/v1/complaints/{id}/assignment", who: officers, summary: "Give a complaint to a handler", status: created, install: handle(assignComplaint)},
		{method: post, path: "/v1/complaints/{id}/handling", who: people(party.Staff), summary: "Take a complaint up, or reply", install: handle(handleComplaint)},
		{method: post, path: "/v1/complaints/{id}/closing", who: officers, fresh: true, summary: "Close a complaint as a second officer", install: handle(closeComplaint)},
		{method: post, path: "/v1/complaints/{id}/mine", who: anybody, summary: "Follow, confirm or contest with the complaint's code", install: handle(hers)},
		{method: get, path: "/v1/appeals", who: officers, summary: "Appeals that wait for an officer's answer, the oldest first", install: handle(listAppeals)},
		{method: post, path: "/v1/appeals/{id}/answer", who: officers, fresh: true, summary: "Answer an appeal, as an officer who had no part in the complaint", install: handle(answerAppeal)},
		{method: get, path: "/v1/incidents", who: watchers, summary: "Incidents, the newest first, with clocks and decisions", install: handle(listIncidents)},
		{method: post, path: "/v1/incidents", who: officers, summary: "Open a suspected incident by hand", status: created, install: handle(openIncident)},
		{method: get, path: "/v1/incidents/{id}", who: watchers, summary: "An incident with its complaints", install: handle(getIncident)},
		{method: post, path: "/v1/incidents/{id}/complaints", who: officers, summary: "Add complaints to an incident", install: handle(joinIncident)},
		{method: post, path: "/v1/incidents/{id}/assessment", who: officers, summary: "Count whom an incident affects, from a run of a trace", slow: true, install: handle(assessIncident)},
		{method: post, path: "/v1/incidents/{id}/decision", who: officers, fresh: true, summary: "Decide whether the persons are notified, which closes the incident", install: handle(decideIncident)},
		{method: post, path: "/v1/incidents/{id}/note", who: watchers, summary: "Read the note of a decision", install: handle(readDecisionNote)},
		{method: post, path: "/v1/traces", who: officers, summary: "Ask who the records point to", status: created, slow: true, install: handle(runTrace)},
		{method: get, path: "/v1/traces/{id}", who: hearable, summary: "A run of a trace, as it was recorded", install: handle(pastTrace)},
		{method: get, path: "/v1/trace-pairs", who: officers, summary: "Recipients whom complaints cannot separate, and what would", slow: true, install: handle(tracePairs)},
		{method: post, path: "/v1/traces/{id}/showing", who: officers, summary: "Let a person whom a run names read it", status: created, install: handle(showTrace)},
		{method: post, path: "/v1/traces/{id}/answer", who: hearable, summary: "Answer a run that names me", status: created, install: handle(answerTrace)},
		{method: post, path: "/v1/decoys", who: officers, summary: "Say which numbers and addresses are decoys'", status: created, install: handle(nameDecoys)},
		{method: post, path: "/v1/decoys/contacts", who: officers, summary: "Report contacts with decoys", status: created, install: handle(reportContacts)},
		{method: get, path: "/v1/decoys", who: officers, summary: "How many decoys there are, and how often they were contacted", install: handle(countDecoys)},
		{method: get, path: "/v1/decoys/plan", who: officers, summary: "How many decoys a batch needs", install: handle(planDecoys)},
		{method: post, path: "/v1/found-files", who: officers, summary: "Ask for a second officer's approval to match a found file", status: accepted, install: handle(askFound)},
		{method: get, path: "/v1/found-files", who: watchers, summary: "Found files that wait for a second officer", install: handle(listFound)},
		{method: post, path: "/v1/found-files/{id}/approve", who: officers, fresh: true, summary: "Approve the matching of a found file as the second person", install: handle(approveFound)},
		{method: post, path: "/v1/found-files/matching", who: officers, summary: "Match a found file and ask who the records point to", status: created, stream: true, install: handle(matchFound)},
		{method: post, path: "/v1/evidence-packs", who: officers, summary: "Make an evidence pack", status: created, slow: true, install: handle(makePack)},
		{method: get, path: "/v1/evidence-packs/{id}", who: officers, summary: "Fetch a pack", slow: true, install: handle(packZip)},
		{method: get, path: "/v1/verifier", who: everyone, summary: "The verifier page, as a file to keep", install: handle(verifierPage)},

		{method: get, path: "/v1/ledger/checkpoint", who: everyone, summary: "The newest signed checkpoint", install: handle(checkpoint)},
		{method: get, path: "/v1/ledger/tile/{rest...}", who: everyone, summary: "A tile of hashes (C2SP tlog-tiles): L/N or L/N.p/W", install: handle(tile)},
		{method: get, path: "/v1/ledger/tile/entries/{rest...}", who: people(party.Auditor).orServices(authn.ScopeWitness), summary: "A tile of entries: N or N.p/W", install: handle(entryTile)},
		{method: post, path: "/v1/ledger/attestations", who: people(party.Auditor), summary: "Attest that entries were compared with the index", status: created, install: handle(attest)},
		{method: get, path: "/v1/ledger/entries", who: watchers, summary: "The entries, the newest first, a page by index", install: handle(listEntries)},
		{method: get, path: "/v1/ledger/entries/{index}", who: watchers, summary: "The facts of one entry", install: handle(entry)},
		{method: post, path: "/v1/ledger/samples", who: anybody, summary: "Open entries drawn at random, on the officer's code", status: created, slow: true, install: handle(sample)},
		{method: post, path: "/v1/ledger/forgettings", who: anybody, summary: "Destroy a person's record key, on two persons' codes", status: created, slow: true, install: handle(forget)},

		{method: post, path: "/v1/people", who: staffing, summary: "Add or change a person", install: handle(putPerson)},
		{method: get, path: "/v1/people", who: overseeing, summary: "List persons and services", install: handle(listPeople)},
		{method: get, path: "/v1/team", who: people(party.Staff, party.Officer, party.SecAdmin), summary: "Those who work with customers: their work, its outcomes, their contracts", install: handle(team)},
		{method: post, path: "/v1/people/{id}/trainings", who: staffing, summary: "Record a training", status: created, install: handle(putTraining)},
		{method: get, path: "/v1/people/{id}/trainings", who: overseeing, summary: "List a person's trainings", install: handle(listTraining)},
		{method: post, path: "/v1/people/{id}/end", who: staffing, summary: "End a person's contract now", install: handle(endPerson)},
		{method: post, path: "/v1/people/{id}/code", who: staffing, summary: "Give a person a one-time code", status: created, install: handle(invite)},
		{method: post, path: "/v1/organisations", who: officers, summary: "Add or change an organisation", install: handle(putOrg)},
		{method: get, path: "/v1/organisations", who: overseeing, summary: "List organisations", install: handle(listOrgs)},
		{method: post, path: "/v1/organisations/{id}/numbers", who: officers, summary: "Record a number an organisation calls from", status: created, install: handle(putNumber)},
		{method: get, path: "/v1/organisations/{id}/numbers", who: overseeing, summary: "List the numbers an organisation calls from", install: handle(listNumbers)},
		{method: get, path: "/v1/rules", who: overseeing, summary: "The rules in force, and who proposed and approved them", install: handle(getRules)},
		{method: post, path: "/v1/rule-proposals", who: staffing, summary: "Propose a change of the rules, purpose sheets or budgets", status: created, install: handle(propose)},
		{method: get, path: "/v1/rule-proposals", who: overseeing, summary: "Proposed changes of the rules, the newest first", install: handle(listProposals)},
		{method: get, path: "/v1/rule-proposals/{id}", who: overseeing, summary: "A proposal with what its trial found", install: handle(proposed(seeProposal))},
		{method: post, path: "/v1/rule-proposals/{id}/trial", who: staffing, summary: "Try a proposal on the requests of the last 30 days; it goes on without me", status: accepted, install: handle(tryProposal)},
		{method: post, path: "/v1/rule-proposals/{id}/approval", who: staffing, fresh: true, summary: "Bring a proposal of another person into force", install: handle(proposed(approveProposal))},
		{method: post, path: "/v1/rule-proposals/{id}/withdrawal", who: staffing, summary: "Take a proposal back", install: handle(proposed(withdrawProposal))},
		{method: post, path: "/v1/tokens", who: anybody, summary: "Make a service's access token, on the officer's code", status: created, install: handle(makeToken)},

		{method: post, path: "/v1/postgres/enrolments", who: operators, summary: "Plan or apply the enrolment of a table of the company's database", status: created, slow: true, install: handle(enrolTable)},
		{method: get, path: "/v1/postgres/enrolments", who: people(party.SystemAdmin, party.Officer, party.Auditor).orServices(authn.ScopeImport, authn.ScopeCRM), summary: "List the enrolled tables", install: handle(listTables)},
		{method: post, path: "/v1/postgres/enrolments/undo", who: operators, summary: "Take an enrolled table out", slow: true, install: handle(undoTable)},
		{method: post, path: "/v1/postgres/checks", who: people(party.SystemAdmin, party.Officer, party.Auditor), summary: "Look for ways round the views now", slow: true, install: handle(checkPostgres)},
		{method: post, path: "/v1/postgres/subjects", who: storing, summary: "The ids of the subjects of up to 1,000 rows of an enrolled table", slow: true, install: handle(adoptRows)},
		{method: post, path: "/v1/postgres/logins", who: people(party.Staff, party.Outsourced).orServices(authn.ScopePostgres), summary: "A short-lived login to the PostgreSQL port, for one purpose and work item", status: created, install: handle(issueLogin)},
		{method: post, path: "/v1/postgres/logins/{name}/end", who: people(party.Staff, party.Outsourced).orServices(authn.ScopePostgres), summary: "End a login to the PostgreSQL port", install: handle(endLogin)},

		{method: get, path: "/v1/postgres/sessions", who: people(party.SystemAdmin, party.Officer, party.Auditor), summary: "The sessions of the PostgreSQL port: who and how much", install: handle(listPortSessions)},
		{method: post, path: "/v1/postgres/sessions/{id}/end", who: people(party.SystemAdmin, party.SecAdmin, party.Officer), summary: "End a session of the PostgreSQL port", install: handle(endPortSession)},

		{method: get, path: "/healthz", who: anybody, summary: "The process answers", install: handle(healthy)},
		{method: get, path: "/readyz", who: anybody, summary: "Entries can be recorded", install: handle(ready)},
		{method: get, path: "/openapi.json", who: anybody, summary: "This document", install: handle(document)},
	}...)
}
