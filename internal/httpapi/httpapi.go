// Package httpapi is the JSON API: it maps HTTP to the packages that decide and
// back, from one table of routes.
//
// Its one invariant: nothing a caller sent comes back to him, in no error, header
// or log line, and values leave in the answers of POST /v1/disclosures only. A
// route cannot be registered without naming its audience. It holds no rule about
// personal information and no SQL; pages for people are not its business.
package httpapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/watch"
	"github.com/goldbell/goldbell/internal/witness"
)

// Limits of one request.
const (
	maxBody   = 1 << 20
	maxBatch  = 1000
	maxDepth  = 12
	timeLimit = 20 * time.Second
	// A route that streams takes a file of any size a company may find, and as long
	// as matching it takes.
	maxStream   = 1 << 38
	streamLimit = 4 * time.Hour
)

// Sealer seals what is handed to a caller to be handed back: cursors. The key
// ring implements it.
type Sealer interface {
	SealFor(use string, context, plaintext []byte) ([]byte, error)
	OpenFor(use string, context, sealed []byte) ([]byte, error)
}

// Audited is how far the audit in the background is, and what it found.
type Audited struct {
	Size   uint64 // of the ledger when the pass began
	Next   uint64 // entries of it that were read
	Faults int    // since the last pass that found nothing
	Passes int    // finished in this process
}

// Witnesses are who outside watches that the ledger only grows.
type Witnesses interface {
	// Checkpoint is the checkpoint to serve, with the cosignatures it has.
	Checkpoint(ctx context.Context) ([]byte, error)
	Status() witness.Status
}

// Config is what an API is made of.
type Config struct {
	Door     *door.Door
	Ledger   *ledger.Ledger
	Authn    *authn.Authn
	Register *register.Register
	People   party.Store
	Numbers  party.NumberStore
	Asks     party.AskStore
	Rounds   party.RoundStore
	Work     grant.Store
	Team     grant.TeamStore
	Sealer   Sealer

	// Parts that may be missing: their routes answer that they are unavailable.
	Calls      *dial.Dialer
	Complaints *casework.Desk
	Holds      door.Holds
	Cases      door.Cases
	Waiting    Waiting
	Traces     Tracer
	Decoys     *decoy.Book
	Packs      Packs
	Records    *records.Keeper
	Exam       *exam.Examiner
	Trials     Trials
	Audited    func() Audited
	Witnesses  Witnesses
	Postgres   Postgres
	Port       PortSessions
	Verifier   func() ([]byte, error) // the verifier page; nil: this build has none

	// Exceptions, meters and alerts; Watch nil: nobody watches.
	Exceptions grant.ExceptionStore
	Meters     grant.Meters
	Alerts     grant.AlertStore
	Watch      *watch.Watch
	// Network is a pseudonym of a network, so that entries hold no address; nil: none.
	Network func(prefix string) string

	// RequestID derives the id of a request from its Idempotency-Key.
	RequestID func(who pii.PersonID, route, key string) pii.RequestID
	Clock     func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
	Alarm     func(id string) // what operators must see, as a message id
	Version   string
	// URL is where people's browsers reach this API; empty: localhost.
	URL string
}

// API serves the routes of the table. It is safe for concurrent use.
type API struct {
	Config
	mux     *http.ServeMux
	huma    huma.API
	routes  []*route
	spec    []byte // the OpenAPI document
	metrics *metrics
	// crossOrigin refuses what a page of another site makes a browser send.
	crossOrigin *http.CrossOriginProtection
}

// New builds the API. It refuses a configuration without what every answer needs.
func New(c Config) (*API, error) {
	if c.Door == nil || c.Ledger == nil || c.Authn == nil || c.RequestID == nil || c.Clock == nil || c.Rand == nil || c.Sealer == nil {
		return nil, errors.New("httpapi: the configuration is incomplete")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Alarm == nil {
		c.Alarm = func(string) {}
	}
	a := &API{Config: c, mux: http.NewServeMux(), crossOrigin: http.NewCrossOriginProtection(), metrics: newMetrics(c.Ledger.Size, c.Witnesses)}
	if c.URL != "" { // a proxy may have changed the Host header
		if err := a.crossOrigin.AddTrustedOrigin(c.URL); err != nil {
			return nil, errors.New("httpapi: the address is no origin")
		}
	}
	if c.Audited != nil {
		a.metrics.audit(c.Audited)
	}
	if err := a.build(table(), c.Door.Vault.Schema()); err != nil {
		return nil, err
	}
	return a, nil
}

// Document is the OpenAPI document of this version's API, for building clients; it
// needs no data directory. It changes what names places may have, so a process that
// serves an API does not call it.
func Document() ([]byte, error) {
	a := &API{mux: http.NewServeMux()}
	err := a.build(table(), pii.Registration())
	return a.spec, err
}

// Handler serves the API.
func (a *API) Handler() http.Handler { return http.HandlerFunc(a.serve) }

// NewServer makes a server with the time and size limits the API is meant for.
// It logs nothing of its own: what net/http would print may quote a request.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      6*timeLimit + 10*time.Second, // longer than the slowest route's own limit
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}
