package demo

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// SwitchCommand is the hidden command under which the program that runs the
// demonstration must call [switchsim.Run].
const SwitchCommand = "switch-sim"

// A day's calls the firm allows a person: above what a list holds, below what two
// lists hold.
const callsADay = 16

// installSwitch connects the firm's telephone switch, a process of its own, goes
// back to the shipped rules, and serves the firm, so that the switch can report.
func (f *firm) installSwitch(ctx context.Context) error {
	f.show.phase("switch")
	if err := f.srv.Close(); err != nil {
		return err
	}
	var err error
	if f.address, err = freeAddress(f.listen()); err != nil {
		return err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	f.sw, err = startSwitch(ctx, f.Executable, f.Seed, "http://"+f.address+"/v1/call-outcomes", key[:], f.switchToken)
	if err != nil {
		return err
	}
	if err := f.connect(key[:]); err != nil {
		return err
	}
	if err := f.open(ctx); err != nil {
		return err
	}
	if err := f.serveInBackground(); err != nil {
		return err
	}
	return f.putRules(ctx, "")
}

func (f *firm) listen() string {
	if f.Headless {
		return "127.0.0.1:0"
	}
	return f.Listen
}

// freeAddress finds out which address a listener would get.
func freeAddress(listen string) (string, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return "", fault.New(fault.Unavailable, "address-in-use", "--listen")
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// connect tells the firm's settings where the switch is.
func (f *firm) connect(key []byte) error {
	roots, secret := filepath.Join(f.home.Keys, "switch.pem"), filepath.Join(f.home.Keys, "switch.key")
	if os.WriteFile(roots, []byte(f.sw.ready.Certificate), 0o600) != nil || os.WriteFile(secret, []byte(hex.EncodeToString(key)+"\n"), 0o600) != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--keys")
	}
	return server.UpdateSettings(f.home.Data, func(s *server.Settings) {
		s.Switch = &server.Switch{URL: f.sw.ready.URL, Roots: roots, Secret: secret}
		person := map[pii.Form]int64{}
		for form, n := range door.DefaultCaps().Person {
			person[form] = n
		}
		person[pii.Relay] = callsADay
		s.Caps.Person = person
	})
}

// serveInBackground serves the firm until it is closed.
func (f *firm) serveInBackground() error {
	ctx, stop := context.WithCancel(context.Background())
	ready, over := make(chan struct{}), make(chan error, 1)
	go func() {
		over <- f.srv.Serve(ctx, server.ServeOptions{Listen: f.address, Ready: func(string) { close(ready) }})
	}()
	f.stopServing = func() error {
		stop()
		return <-over
	}
	select {
	case <-ready:
		return nil
	case err := <-over:
		stop()
		f.stopServing = nil
		return err
	}
}

// switchProcess is the simulated switch.
type switchProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
	ready switchsim.Ready
	http  *http.Client // to its counts
}

func startSwitch(ctx context.Context, program string, seed uint64, report string, key []byte, token string) (*switchProcess, error) {
	broken := fault.New(fault.Unavailable, "unavailable", "switch-sim")
	cmd := exec.CommandContext(ctx, program, SwitchCommand, "-seed", strconv.FormatUint(seed, 10), "-report", report)
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, broken
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return nil, broken
	}
	p := &switchProcess{cmd: cmd, stdin: stdin}
	err = json.NewEncoder(stdin).Encode(switchsim.Secrets{Key: hex.EncodeToString(key), Token: token})
	if err == nil {
		var line []byte
		if line, err = bufio.NewReader(stdout).ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &p.ready)
		}
	}
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM([]byte(p.ready.Certificate)) {
		p.end()
		return nil, broken
	}
	p.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, Timeout: patience}
	return p, nil
}

// patience is how long the switch may take to report what became of the last calls.
const patience = 20 * time.Second

// settle waits until the switch has reported every call.
func (p *switchProcess) settle(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		c, err := p.counts(ctx)
		if err != nil || c.Lost > 0 {
			return fault.New(fault.Unavailable, "unavailable", "switch-sim")
		}
		if c.Ringing == 0 {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "unavailable", "switch-sim")
		}
	}
}

func (p *switchProcess) counts(ctx context.Context) (c switchsim.Counts, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ready.Counts, nil)
	if err != nil {
		return c, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return c, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost with it
	return c, json.NewDecoder(resp.Body).Decode(&c)
}

// lastWords is how long the switch may take for its last reports.
const lastWords = 6 * time.Second

// end lets the switch make its last reports; a switch that takes too long is killed.
func (p *switchProcess) end() {
	if p.http != nil {
		p.http.CloseIdleConnections()
	}
	_ = p.stdin.Close()
	kill := time.AfterFunc(lastWords, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // however it ended, it is gone
	kill.Stop()
}
