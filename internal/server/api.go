package server

import (
	"context"
	"crypto/rand"

	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/pages"
	"github.com/goldbell/goldbell/internal/pii"
)

func (s *Server) openAPI(context.Context) (err error) {
	s.packs = &packs{maker: s.dossier, vault: s.vault, cases: s.store, ledger: s.ledger, made: map[pii.RequestID]keptPack{}}
	s.api, err = httpapi.New(httpapi.Config{
		Door: s.door, Ledger: s.ledger, Authn: s.authn, Register: s.register, People: s.store, Asks: s.store, Rounds: s.store, Numbers: s.store, Work: s.store, Team: s.store,
		Sealer: s.ring, Holds: s.casework, Cases: s.casework, Waiting: s.store, Calls: s.dialer, Complaints: s.casework,
		Exceptions: s.store, Meters: s.store, Alerts: s.store, Watch: s.watch, Network: s.network,
		Traces: s.inquiry, Decoys: s.decoys, Packs: s.packs, Verifier: VerifierPage, Records: s.records, Exam: s.exam, Trials: s.trials, Audited: s.auditor.Audited, Witnesses: s.witness,
		Postgres: s.postgres, Port: portView{s.port},
		RequestID: s.ring.RequestID, Clock: s.clock, Rand: rand.Reader, Log: s.log, Alarm: s.alarm, URL: s.settings.signInURL(),
	})
	if err != nil {
		return err
	}
	s.api.Count(s.port.Metrics()...)
	s.pages, err = pages.New(pages.Config{
		Title: s.settings.Title, Desk: s.casework, Register: s.register, Own: s.store, People: s.store, Ledger: s.ledger,
		Sealer: s.ring, Verifier: VerifierPage, RequestID: s.ring.RequestID, Clock: s.clock, Rand: rand.Reader, Log: s.log, Alarm: s.alarm,
	})
	return err
}
