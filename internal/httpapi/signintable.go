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
		{method: post, path: "/v1/sign-in/passkey/options", who: anybody, summary: "Begin to sign in with a passkey", install: handle(signInOptions)},
		{method: post, path: "/v1/sign-in/passkey", who: anybody, summary: "Sign in with a passkey that verifies its owner", status: created, install: handle(signInByPasskey)},
		{method: post, path: "/v1/sign-in/password", who: anybody, summary: "Sign in with a password and a passkey", status: created, install: handle(signInByPassword)},
		{method: get, path: "/v1/sign-in", who: anybody, summary: "How people may sign in beside codes and passkeys", install: handle(waysToSignIn)},
		{method: post, path: "/v1/sign-in/oidc/options", who: anybody, summary: "Leave for the company's identity provider", install: handle(beginOIDC)},
		{method: post, path: "/v1/sign-in/oidc", who: anybody, summary: "Sign in with what the identity provider answered", status: created, install: handle(signInByOIDC)},
		{method: get, path: "/v1/account", who: persons, summary: "What I sign in with", install: handle(myAccount)},
		{method: post, path: "/v1/password", who: persons, summary: "Set my password", status: empty, install: handle(setPassword)},
		{method: post, path: "/v1/passkeys/options", who: persons, summary: "Begin to enrol a passkey", install: handle(enrolOptions)},
		{method: post, path: "/v1/passkeys", who: persons, summary: "Enrol a passkey", status: created, install: handle(enrolPasskey)},
		{method: del, path: "/v1/passkeys/{id}", who: persons, summary: "End one of my passkeys", status: empty, install: handle(endPasskey)},
		{method: post, path: "/v1/step-up/options", who: persons, summary: "Begin to prove myself afresh", install: handle(stepUpOptions)},
		{method: post, path: "/v1/step-up", who: persons, summary: "Prove myself afresh with a passkey", install: handle(stepUp)},
		{method: post, path: "/v1/step-up/oidc/options", who: persons, summary: "Leave for the identity provider to prove myself afresh", install: handle(beginStepUpOIDC)},
		{method: post, path: "/v1/step-up/oidc", who: persons, summary: "Prove myself afresh with what the identity provider answered", install: handle(stepUpByOIDC)},
		{method: get, path: "/v1/people/{id}/account", who: people(party.SecAdmin), summary: "What a person signs in with", install: handle(personAccount)},
		{method: del, path: "/v1/people/{id}/account", who: people(party.SecAdmin), summary: "End a person's passkeys, password and sessions", status: empty, install: handle(endAccount)},
		{method: post, path: "/v1/people/{id}/sessions", who: people(party.SecAdmin), summary: "Say how many sessions a person may have at a time", status: empty, install: handle(allowSessions)},
		{method: get, path: "/v1/me", who: everyone, summary: "Who I am, and for how long", install: handle(me)},
	}
}
