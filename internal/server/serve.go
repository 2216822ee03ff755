package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
)

// ServeOptions say where a server listens.
type ServeOptions struct {
	Listen  string // TCP address of the API, e.g. 127.0.0.1:8470
	Metrics string // TCP address of the metrics; empty: none
	Port    PortOptions
	// Ready is called with the API's address when it answers.
	Ready func(addr string)
}

// graceful is how long requests under way may take when the server stops.
const graceful = 5 * time.Second

// Serve answers on TCP and on the Unix socket in the data directory until ctx
// ends.
func (s *Server) Serve(ctx context.Context, o ServeOptions) error {
	tcp, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "address-in-use", "--listen")
	}
	socket, err := s.listenSocket()
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	api := httpapi.NewServer(s.Handler())
	listeners := map[net.Listener]*http.Server{tcp: api, socket: api}
	if o.Metrics != "" {
		l, err := net.Listen("tcp", o.Metrics)
		if err != nil {
			return errors.Join(fault.New(fault.Unavailable, "address-in-use", "--metrics"), tcp.Close(), socket.Close())
		}
		listeners[l] = httpapi.NewServer(s.api.MetricsHandler())
	}
	failed := make(chan error, len(listeners)+1)
	ended, err := s.servePort(ctx, o.Port, failed)
	if err != nil {
		return errors.Join(err, shutdown(listeners), tcp.Close(), socket.Close())
	}
	defer ended()
	for l, srv := range listeners {
		go func() { failed <- srv.Serve(l) }()
	}
	if o.Ready != nil {
		o.Ready(tcp.Addr().String())
	}
	var why error
	select {
	case <-ctx.Done():
	case <-failed:
		why = fault.New(fault.Unavailable, "unavailable", "listener")
	}
	return errors.Join(why, shutdown(listeners))
}

func shutdown(listeners map[net.Listener]*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceful)
	defer cancel()
	for _, srv := range listeners {
		if srv.Shutdown(ctx) != nil {
			_ = srv.Close() // what is still under way is cut off; its entry stays
		}
	}
	return nil
}

// listenSocket opens the socket for commands on this machine; a socket left by a
// process that died is replaced, which the lock makes safe.
func (s *Server) listenSocket() (net.Listener, error) {
	name := filepath.Join(s.data, socketFile)
	_ = os.Remove(name)
	l, err := net.Listen("unix", name)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "data-unwritable", "--data"), l.Close())
	}
	return l, nil
}

// Client talks to the server of a data directory.
type Client struct {
	HTTP  *http.Client
	Base  string // the URL in front of every path
	Owned bool   // the server runs in this process
	close func() error
}

// Close ends the connection, and the server if it runs in this process.
func (c *Client) Close() error {
	c.HTTP.CloseIdleConnections()
	return c.close()
}

// Connect talks to the server that owns the data directory, over its Unix socket,
// or starts the same server in this process if none runs.
func Connect(ctx context.Context, p Places) (*Client, error) {
	if _, err := readSettings(p); err != nil {
		return nil, err
	}
	socket := filepath.Join(p.Data, socketFile)
	if c, err := net.Dial("unix", socket); err == nil {
		_ = c.Close()
		return newClient(socket, false, func() error { return nil }), nil
	}
	s, err := Open(ctx, Options{Places: p})
	if err != nil {
		return nil, err
	}
	l, err := s.listenSocket()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	srv := httpapi.NewServer(s.Handler())
	go func() { _ = srv.Serve(l) }()
	return newClient(socket, true, func() error {
		return errors.Join(shutdown(map[net.Listener]*http.Server{l: srv}), s.Close())
	}), nil
}

func newClient(socket string, owned bool, end func() error) *Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
		MaxIdleConnsPerHost: 8,
	}
	return &Client{HTTP: &http.Client{Transport: transport}, Base: "http://goldbell", Owned: owned, close: end}
}
