// Package server assembles Goldbell: it opens a data directory, wires the
// packages to each other, runs the background jobs and ends them in order.
//
// Its one invariant: one process owns a data directory, and it serves nothing
// before restored backups are erased again and the ledger's head is verified.
// It holds no rules and answers no request itself.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/console"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pages"
	"github.com/goldbell/goldbell/internal/pgwire"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/internal/watch"
	"github.com/goldbell/goldbell/internal/witness"
)

// Options are what a server is opened with.
type Options struct {
	Places
	Clock   func() time.Time // nil: the machine's
	Log     *slog.Logger     // nil: none
	Console fs.FS            // the console's files; nil: a page says that it was not built
	fresh   bool             // the data directory is being made
}

// Server is an opened data directory.
type Server struct {
	settings Settings
	data     string
	clock    func() time.Time
	log      *slog.Logger
	lock     *os.File
	keysLock *os.File // shared by the processes that use the keys; a restore wants it alone

	ring     *keyring.Ring
	store    *store.DB
	ledger   *ledger.Ledger
	vault    *vault.Vault
	door     *door.Door
	authn    *authn.Authn
	register *register.Register
	casework *casework.Desk
	inquiry  *inquiry.Inquiry
	exposure *exposure.Index
	decoys   *decoy.Book
	reported string // the week of the last report of recipients whom complaints cannot separate
	watch    *watch.Watch
	dossier  *dossier.Maker
	records  *records.Keeper
	exam     *exam.Examiner
	trials   *exam.Trials
	auditor  *auditor
	witness  *witness.Client
	dialer   *dial.Dialer // nil: no switch is set up
	postgres *postgres
	port     *pgwire.Port
	packs    *packs
	api      *httpapi.API
	pages    *pages.Pages
	console  *console.Console

	stop context.CancelFunc
	jobs sync.WaitGroup
	once sync.Once
	err  error
}

// Open opens a data directory: keys, database, ledger, then what stands on them.
func Open(ctx context.Context, o Options) (*Server, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	settings, err := readSettings(o.Places)
	if err != nil {
		return nil, err
	}
	s := &Server{settings: settings, data: o.Data, clock: o.Clock, log: o.Log}
	s.console = console.New(o.Console, rand.Reader, func() { s.alarm("console-policy") })
	if s.lock, err = lock(o.Data, o.Clock()); err != nil {
		return nil, err
	}
	if err := s.assemble(ctx, o.fresh); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// assemble wires the floors, from below.
func (s *Server) assemble(ctx context.Context, fresh bool) error {
	steps := []func(context.Context) error{s.openKeys, s.openStore, s.eraseAgain, s.openLedger}
	if !fresh {
		steps = append(steps, s.finishErasures, s.finishForgetting, s.openWitness, s.openPostgres, s.openDoor, s.openDesks, s.openRecords, s.openAuditor, s.openDialer, s.openPort, s.openAPI)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	jobs, stop := context.WithCancel(context.Background())
	s.stop = stop
	if !fresh {
		s.startJobs(jobs)
	}
	return nil
}

func (s *Server) openKeys(context.Context) (err error) {
	if s.keysLock, err = lockKeys(s.settings.Keys, false); err != nil {
		return err
	}
	if s.ring, err = keyring.Open(s.settings.Keys, rand.Reader); err != nil {
		return err
	}
	_, err = s.ring.StartPeriod(s.clock())
	return err
}

func (s *Server) openStore(ctx context.Context) (err error) {
	s.store, err = store.Open(ctx, store.Config{
		Driver: s.settings.Driver, Path: filepath.Join(s.data, databaseFile), DSN: s.settings.DSN,
	})
	if err != nil {
		return err
	}
	if unfinished, err := s.store.Unfinished(ctx); err != nil || unfinished {
		return errors.Join(err, fault.New(fault.Unavailable, "restore-unfinished", ""))
	}
	return nil
}

func (s *Server) openLedger(ctx context.Context) (err error) {
	idp, err := s.settings.provider(s.data, s.clock)
	if err != nil {
		return err
	}
	s.vault = vault.New(s.store, s.store, s.ring, s.settings.Schema, s.clock, rand.Reader)
	s.ledger, err = ledger.Open(ctx, ledger.Config{
		Store: s.store, Peers: s.store, Ring: s.ring, Keeper: ledger.NewKeeper(s.settings.Keeper, s.settings.Origin),
		Clock: s.clock, Rand: rand.Reader, Alarm: s.alarm, Keys: s.vault.RecordKeys, Remains: s.store, Restores: s.store,
	})
	if err != nil {
		return err
	}
	s.authn = authn.New(authn.Config{
		Store: s.store, Logins: s.store, Accounts: s.store, People: s.store, Ledger: s.ledger, Sealer: s.ring, Clock: s.clock, Rand: rand.Reader,
		URL: s.settings.signInURL(), Provider: idp,
	})
	return nil
}

func (s *Server) openDoor(ctx context.Context) (err error) {
	s.door, err = door.New(ctx, door.Config{
		Store: s.store, Grants: s.store, Consent: s.store, Vault: s.vault, Tags: s.store, Aging: s.store, Ledger: s.ledger,
		Tables: s.postgres.tables.Load, Sheets: grant.Sheets(), Caps: s.settings.Caps, Clock: s.clock, Rand: rand.Reader,
	})
	return err
}

// Handler serves the API and, on paths of their own, the pages for outsiders and the
// console.
func (s *Server) Handler() http.Handler {
	api := s.api.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, pages.Prefix):
			s.pages.ServeHTTP(w, r)
			return
		case console.Is(r.URL.Path):
			s.console.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// What the server is made of, for the demonstration, which plays a firm's days in
// this process through the same door.

func (s *Server) Door() *door.Door             { return s.door }
func (s *Server) Register() *register.Register { return s.register }
func (s *Server) Exam() *exam.Examiner         { return s.exam }
func (s *Server) Authn() *authn.Authn          { return s.authn }
func (s *Server) Casework() *casework.Desk     { return s.casework }

// Exposure is the index of who was shown whom; it follows when it is asked to.
func (s *Server) Exposure() *exposure.Index { return s.exposure }

// Watch raises alerts; it follows when it is asked to.
func (s *Server) Watch() *watch.Watch { return s.watch }

func (s *Server) Inquiry() *inquiry.Inquiry { return s.inquiry }
func (s *Server) Dossier() *dossier.Maker   { return s.dossier }
func (s *Server) Dialer() *dial.Dialer      { return s.dialer }
func (s *Server) Ledger() *ledger.Ledger    { return s.ledger }

// Settings are the data directory's settings.
func (s *Server) Settings() Settings { return s.settings }

// alarm tells operators of a condition by its message id, never with values.
func (s *Server) alarm(id string) { s.log.Error("alarm", "id", id) }

// Close ends the jobs, records what was counted, and closes what was opened, from
// above.
func (s *Server) Close() error {
	s.once.Do(func() { s.err = s.close() })
	return s.err
}

func (s *Server) close() error {
	if s.stop != nil {
		s.stop()
	}
	if s.trials != nil {
		s.trials.Close()
	}
	s.jobs.Wait()
	var errs []error
	if s.ledger != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if s.door != nil {
			s.door.Close(ctx)
		}
		s.authn.Flush(ctx, time.Time{})
		errs = append(errs, s.ledger.Close())
	}
	if s.postgres != nil {
		s.postgres.source.Close()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	for _, lock := range []*os.File{s.keysLock, s.lock} {
		if lock != nil {
			errs = append(errs, lock.Close())
		}
	}
	return errors.Join(errs...)
}
