package httpapi

import (
	"github.com/goldbell/goldbell/internal/party"
)

// signInTable is the part of the table about credentials and sessions.
func signInTable() []*route {
	return []*route{
		{method: post, path: "/v1/sessions", who: anybody, summary: "Sign in with a one-time code", status: created, install: handle(signIn)},
		{method: get, path: "/v1/sessions", who: persons, summary: "List my open sessions", install: handle(mySessions)},
		{method: del, path: "/v1/sessions", who: everyone, summary: "Sign out", status: empty, install: handle(signOut)},
		{method: del, path: "/v1/sessions/{session}", who: persons, summary: "End one of my sessions", status: empty, install: handle(endMine)},
		{method: get, path: "/v1/people/{id}/sessions", who: people(party.SecAdmin), summary: "List a person's open sessions", install: handle(personSessions)},
		{method: del, path: "/v1/people/{id}/sessions", who: people(party.SecAdmin), summary: "End all sessions of a person", status: empty, install: handle(endAllOf)},
		{method: del, path: "/v1/people/{id}/sessions/{session}", who: people(party.SecAdmin), summary: "End a session of a person", status: empty, install: handle(endOf)},
		{method: get, path: "/v1/me", who: everyone, summary: "Who I am, and for how long", install: handle(me)},
	}
}
