// Package switchsim is a telephone switch for demonstrations and tests, run as a
// process of its own: it takes signed call-back requests over HTTPS, pretends to
// ring, and reports what became of each call.
//
// Its one invariant: a number it is given stays in its memory while the call
// lasts and is never written, logged, answered or reported. It calls nobody, and
// it is no model of how a switch of one's own should be secured: it listens on
// loopback only.
package switchsim

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/dial"
)

// Env is what a process hands to [Run].
type Env struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Clock  func() time.Time
	Rand   io.Reader
}

// Secrets is the first line of standard input. Nothing secret is an argument:
// every user of a machine can list those.
type Secrets struct {
	Key   string `json:"key"`   // of the signature, in hexadecimal
	Token string `json:"token"` // the access token reports are made with
}

// Ready is the one line on standard output, written when calls are taken.
type Ready struct {
	URL         string `json:"url"`         // where calls are posted
	Counts      string `json:"counts"`      // where they are counted
	Certificate string `json:"certificate"` // PEM; made at the start and trusted by nobody else
}

// Paths of the simulator.
const (
	callsPath  = "/calls"
	countsPath = "/counts"
)

// Run serves until ctx is done or standard input ends: a process that started the
// simulator takes it along when it ends. Reports still due are then made, for a
// few seconds.
//
// Arguments: -listen, -seed, -report URL, -report-roots FILE, -follow.
func Run(ctx context.Context, e Env) error {
	c, err := configure(e)
	if err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(e.Stdin, 1<<16))
	secrets, err := readSecrets(in)
	if err != nil {
		return err
	}
	if c.Key, err = hex.DecodeString(secrets.Key); err != nil || len(c.Key) < dial.MinKey {
		return errors.New("switch: the key on standard input must be 32 bytes or more, in hexadecimal")
	}
	c.Token = secrets.Token
	l, err := Listen(ctx, c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, in) // until it ends, however it ends
		stop()
	}()
	if err := json.NewEncoder(e.Stdout).Encode(l.Ready()); err != nil {
		return errors.Join(errors.New("switch: the ready line could not be written"), l.Close())
	}
	<-ctx.Done()
	return l.Close()
}

func configure(e Env) (Config, error) {
	c := Config{Clock: e.Clock, Rand: e.Rand}
	f := flag.NewFlagSet("switch", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.Address, "listen", "127.0.0.1:0", "loopback `address` to listen on")
	f.Uint64Var(&c.Seed, "seed", 1, "seed of the outcomes")
	f.StringVar(&c.Report, "report", "", "`URL` outcomes are posted to; empty: nowhere")
	f.BoolVar(&c.Follow, "follow", false, "take the time from signed requests, for a demonstration that plays weeks in a minute")
	roots := f.String("report-roots", "", "PEM `file` of who may vouch for the report URL's certificate")
	if err := f.Parse(e.Args); err != nil || f.NArg() > 0 {
		return c, errors.Join(errors.New("switch: wrong arguments; known are -listen, -seed, -report, -report-roots, -follow"), err)
	}
	if *roots != "" {
		b, err := os.ReadFile(*roots)
		if err != nil {
			return c, fmt.Errorf("switch: -report-roots: %w", err)
		}
		c.ReportRoots = b
	}
	return c, nil
}

func readSecrets(in *bufio.Reader) (s Secrets, err error) {
	line, err := in.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return s, errors.New("switch: standard input cannot be read")
	}
	if json.Unmarshal(line, &s) != nil { // its error could echo a secret
		return s, errors.New(`switch: standard input must begin with a line {"key":"…","token":"…"}`)
	}
	return s, nil
}

// Listener is a running simulator.
type Listener struct {
	sw     *exchange
	server *http.Server
	ready  Ready
	served chan error
	once   sync.Once
	err    error
}

// Listen starts a simulator in this process; tests do so.
func Listen(ctx context.Context, c Config) (*Listener, error) {
	sw, err := newExchange(c)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(c.Address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, errors.New("switch: -listen must be a loopback address with a port")
	}
	cert, err := selfSigned(c.Clock(), c.Rand)
	if err != nil {
		return nil, err
	}
	tcp, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("switch: %w", err)
	}
	l := &Listener{sw: sw, served: make(chan error, 1), server: &http.Server{
		Handler: sw.handler(), ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, TLSConfig: serverTLS(cert),
	}}
	base := "https://" + tcp.Addr().String()
	l.ready = Ready{URL: base + callsPath, Counts: base + countsPath, Certificate: string(pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))}
	go func() { l.served <- l.server.ServeTLS(tcp, "", "") }()
	sw.start()
	return l, nil
}

// Ready says where the simulator listens.
func (l *Listener) Ready() Ready { return l.ready }

// Counts counts what the simulator did so far.
func (l *Listener) Counts() Counts { return l.sw.counts() }

// lastReports is how long reports still due are made after the end.
const lastReports = 5 * time.Second

// Close takes no more calls and makes the reports still due.
func (l *Listener) Close() error {
	l.once.Do(func() { l.err = l.close() })
	return l.err
}

func (l *Listener) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastReports)
	defer cancel()
	err := l.server.Shutdown(ctx)
	if e := <-l.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	l.sw.stop(ctx)
	return err
}
