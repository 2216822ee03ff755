package dial

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Limits of the connection to the switch.
const (
	maxConns  = 64
	maxAnswer = 4 << 10
	maxRef    = 64
)

// HTTPSConfig is what the connection to the company's switch is made of.
type HTTPSConfig struct {
	URL   string         // where calls are posted; https only
	Roots *x509.CertPool // who may vouch for the switch's certificate
	Key   []byte         // of the signature, at least [MinKey] bytes
	Clock func() time.Time
	Rand  io.Reader
}

// HTTPS is the carrier that asks the company's switch to call back: it connects
// the agent, then the number. One request is one call; see [CallBody] and
// [SignatureHeader] for what is posted.
type HTTPS struct{ *Poster }

// Poster posts signed JSON to one address of a provider. It follows no redirect,
// uses no proxy and tries once. Package courier uses it too.
type Poster struct {
	url    *url.URL
	key    []byte
	clock  func() time.Time
	rand   io.Reader
	client *http.Client
}

// CallBody is the body of a request to the switch. A call id that the switch has
// seen is answered as before and not called again; a call that has not begun by
// Expires is dropped.
type CallBody struct {
	CallID  pii.RequestID `json:"call_id"`
	Agent   pii.PersonID  `json:"agent"`
	Number  string        `json:"number"`
	Expires time.Time     `json:"expires"`
}

// CallAnswer is the body of the switch's answer, of status 200 to 202: its own
// reference, of letters, digits, hyphens and underscores.
type CallAnswer struct {
	Ref string `json:"ref"`
}

var errConfig = errors.New("the switch needs an https URL without user, query and fragment, trusted roots and a key of 32 bytes or more")

// NewHTTPS makes the carrier. It connects at the first call.
func NewHTTPS(c HTTPSConfig) (*HTTPS, error) {
	p, err := NewPoster(c)
	if err != nil {
		return nil, err
	}
	return &HTTPS{p}, nil
}

// NewPoster makes a poster. It connects at the first post.
func NewPoster(c HTTPSConfig) (*Poster, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		c.Roots == nil || len(c.Key) < MinKey {
		return nil, errConfig // the URL is not echoed: it may hold a password
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return &Poster{url: u, key: bytes.Clone(c.Key), clock: c.Clock, rand: c.Rand, client: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			DialContext:            (&net.Dialer{Timeout: handOver / 2, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:    handOver / 2,
			MaxConnsPerHost:        maxConns,
			MaxIdleConns:           maxConns,
			MaxIdleConnsPerHost:    maxConns,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 2 * maxAnswer,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       handOver,
	}}, nil
}

// Close drops idle connections.
func (h *Poster) Close() { h.client.CloseIdleConnections() }

// Place implements [Carrier].
func (h *HTTPS) Place(ctx context.Context, c Call) (string, error) {
	b, err := h.Post(ctx, CallBody{CallID: c.ID, Agent: c.Agent, Number: c.Number.Reveal(), Expires: c.Deadline.UTC()})
	if err != nil {
		return "", err
	}
	var a CallAnswer
	if json.Unmarshal(b, &a) != nil || !isRef(a.Ref) {
		return "", Garbled
	}
	return a.Ref, nil
}

// Post posts a body and returns the answer, of status 200 to 202. Its error is a
// [Class].
func (h *Poster) Post(ctx context.Context, body any) ([]byte, error) {
	req, err := h.request(ctx, body)
	if err != nil {
		return nil, err
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, reduce(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost with it
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, reduce(ctx, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 202 {
		return nil, Refused
	}
	if len(b) > maxAnswer {
		return nil, Garbled
	}
	return b, nil
}

func (h *Poster) request(ctx context.Context, content any) (*http.Request, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return nil, Failed
	}
	s := Signed{At: h.clock()}
	if _, err := io.ReadFull(h.rand, s.Nonce[:]); err != nil {
		return nil, Failed
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, Failed
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, s.Sign(h.key, req.Method, h.url.EscapedPath(), body))
	return req, nil
}

// reduce keeps the class of an error of the HTTP client: its text may hold what
// the switch sent.
func reduce(ctx context.Context, err error) Class {
	var timeout net.Error
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &verify):
		return Untrusted
	case ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		return Late
	}
	return Unreachable
}

func isRef(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxRef
}
