package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type callKey struct{}

// call is what is known of a request before its handler runs.
type call struct {
	who    party.Principal
	lang   fault.Lang
	source string
	agent  string // what the browser calls itself
	bearer string // empty if the session is in a cookie
	cookie bool   // the session is in a cookie, or is to be
	id     pii.RequestID
	hash   []byte // nil: without an Idempotency-Key
	now    time.Time
	body   io.Reader // of a route that streams
}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic("httpapi: a handler ran outside its guard") // impossible state
	}
	return c
}

// serve is the outermost handler: paths that ServeMux would redirect, quoting
// them, are refused first.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Path
	if p == "" || p[0] != '/' || p != "/" && (path.Clean(p) != p || r.Method == http.MethodConnect) {
		a.guard(unknownRoute, nil)(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// unknownRoute stands for whatever is not in the table.
var unknownRoute = &route{path: "unknown", who: anybody}

// unknown answers a request that no route takes.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	a.guard(unknownRoute, nil)(w, r)
}

// guard does what every request needs before its handler and after it: headers,
// recovery, who asks, whether the route is for him, the body's shape, the log.
func (a *API) guard(rt *route, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{lang: language(r), now: a.Clock(), source: networkOf(sourceOf(r)), agent: r.UserAgent()}
		out := &answer{ResponseWriter: w}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		defer a.finish(rt, c, r, out)
		if next == nil {
			writeProblem(out, problem(fault.New(fault.NotFound, "not-found", ""), c.lang))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), rt.limit())
		defer cancel()
		r, err := a.admit(ctx, rt, c, w, r)
		if err != nil {
			writeProblem(out, problem(err, c.lang))
			return
		}
		next(out, r.WithContext(context.WithValue(ctx, callKey{}, c)))
	}
}

// finish recovers what a handler did not, and writes the one log line.
func (a *API) finish(rt *route, c *call, r *http.Request, out *answer) {
	p := recover()
	if p != nil {
		a.Alarm("panic") // its text may hold anything: it is never written
		if out.status == 0 {
			writeProblem(out, problem(fault.New(fault.Internal, "internal", ""), c.lang))
		}
	}
	took := a.Clock().Sub(c.now)
	a.metrics.saw(rt, out.status, took)
	a.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request",
		slog.String("method", methodName(r.Method)), slog.String("route", rt.path),
		slog.Int("status", out.status), slog.Duration("took", took), slog.String("request", c.id.String()))
	if p != nil && out.status != http.StatusServiceUnavailable {
		panic(http.ErrAbortHandler) // part of an answer is out: cut it off
	}
}

// methodName keeps invented methods out of the log.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch:
		return m
	}
	return "other"
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// admit finds out who asks, checks the audience and reads the body.
func (a *API) admit(ctx context.Context, rt *route, c *call, w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if _, err := io.ReadFull(a.Rand, c.id[:]); err != nil {
		return r, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	if err := a.crossOrigin.Check(r); err != nil {
		return r, fault.New(fault.Denied, "cross-origin", "")
	}
	if !rt.who.open {
		who, err := a.authenticate(ctx, c, r)
		if err != nil {
			return r, err
		}
		if !rt.who.includes(who) {
			return r, fault.New(fault.Denied, "not-yours", "")
		}
		if !rt.freshEnough(who, c.now) {
			return r, fault.New(fault.Denied, "step-up-needed", "")
		}
		c.who = who
		if a.Network != nil {
			c.who.Network = a.Network(PrefixOf(c.source))
		}
	}
	if r.Method != http.MethodPost {
		return r, nil
	}
	if rt.stream {
		return r, a.stream(rt, c, w, r)
	}
	body, err := readBody(w, r)
	if err != nil {
		return r, err
	}
	if err := a.name(rt, c, r, body); err != nil {
		return r, err
	}
	if len(body) > 0 { // whether a body is needed, the route says
		if where, ok := checkJSON(body); !ok {
			return r, bad(where)
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r, nil
}

// stream hands the body to the handler as it comes, for as long as the route may
// take. It cannot be retried: nobody knows its hash before it was read.
func (a *API) stream(rt *route, c *call, w http.ResponseWriter, r *http.Request) error {
	if len(r.Header.Values("Idempotency-Key")) > 0 {
		return bad("header.Idempotency-Key")
	}
	until := a.Clock().Add(rt.limit() + timeLimit)
	control := http.NewResponseController(w)
	_, _ = control.SetReadDeadline(until), control.SetWriteDeadline(until) // where there is no connection there is no deadline
	c.body = http.MaxBytesReader(w, r.Body, maxStream)
	r.Body = http.NoBody
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, fault.New(fault.TooLarge, "too-large", "body")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.TooLarge, "too-large", "body")
	case err != nil:
		return nil, bad("body")
	}
	return body, nil
}

// name gives the request its id: random, or, if it may be retried, derived from
// the caller, the route and his key, with a hash of all he sent.
func (a *API) name(rt *route, c *call, r *http.Request, body []byte) error {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return nil
	}
	if len(keys) > 1 || !isKey(keys[0]) || !rt.repeatable() {
		return bad("header.Idempotency-Key")
	}
	who := c.who.Person.ID
	if who == "" {
		who = pii.PersonID("source|" + c.source) // strangers' keys are theirs alone
	}
	c.id = a.RequestID(who, rt.name(), keys[0])
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath()} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(body)
	c.hash = h.Sum(nil)
	return nil
}

// isKey accepts 1 to 128 visible ASCII characters.
func isKey(k string) bool {
	return k != "" && len(k) <= 128 && strings.IndexFunc(k, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

func bearerOf(r *http.Request) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(secret) > 256 {
		return ""
	}
	return secret
}

// sourceOf is the address a request came from.
func sourceOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	return host
}

// networkOf is what a source is counted by: of IPv6 the network of 64 bits, which
// one household or server has to itself, so that its addresses are no end of sources.
func networkOf(source string) string {
	ip, err := netip.ParseAddr(source)
	if err != nil || ip.Unmap().Is4() {
		return source
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().Addr().String()
}

// PrefixOf is the network of a source that people move about in: 24 bits of IPv4, 48
// of IPv6.
func PrefixOf(source string) string {
	ip, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	bits := 48
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}

// language is the first of Chinese and English that Accept-Language names.
func language(r *http.Request) fault.Lang {
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag := strings.ToLower(strings.TrimSpace(part))
		switch {
		case strings.HasPrefix(tag, "zh"):
			return fault.ZhCN
		case strings.HasPrefix(tag, "en"):
			return fault.En
		}
	}
	return fault.ZhCN
}
