package server

import (
	"context"
	"crypto/rand"

	"github.com/goldbell/goldbell/internal/httpapi"
)

func (s *Server) openAPI(context.Context) (err error) {
	s.api, err = httpapi.New(httpapi.Config{
		Door: s.door, Ledger: s.ledger, Authn: s.authn, Register: s.register, People: s.store, Work: s.store,
		Subjects: s.vault, Sealer: s.ring, Holds: s.casework,
		RequestID: s.ring.RequestID, Clock: s.clock, Rand: rand.Reader, Log: s.log, Alarm: s.alarm,
	})
	return err
}
