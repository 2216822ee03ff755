// Package pages serves people outside the company: complain, follow a complaint,
// see what is recorded about oneself, stop it, check a receipt. Plain HTML, no
// scripts, no cookies, no account.
//
// Its one invariant: no code, token or word about a person is ever in a URL, and
// nothing is loaded from anywhere else. A form carries all it needs, so that there
// is nothing a stranger's page could borrow. It decides nothing: what may be done is
// for casework and register.
package pages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// Prefix is the path under which the pages lie.
const Prefix = "/my/"

// Limits of a request.
const (
	maxForm   = 64 << 10
	timeLimit = 20 * time.Second
)

// Own reads what is recorded of one person's own decisions.
type Own interface {
	// ConsentsOf lists her consents, given and withdrawn.
	ConsentsOf(ctx context.Context, of pii.Ordinal) ([]consent.Consent, error)
	// OptOutOf is her refusal of marketing; ok is false if there is none.
	OptOutOf(ctx context.Context, of pii.Ordinal) (o consent.OptOut, ok bool, err error)
	// RequestsAfter lists requests by id after the given one, at most n.
	RequestsAfter(ctx context.Context, after pii.RequestID, n int) ([]ledger.RequestRow, error)
}

// Sealer seals the token that a form carries from page to page.
type Sealer interface {
	SealFor(use string, context, plaintext []byte) ([]byte, error)
	OpenFor(use string, context, sealed []byte) ([]byte, error)
}

// Config is what the pages are made of.
type Config struct {
	Title    string // the company's name
	Desk     *casework.Desk
	Register *register.Register
	Own      Own
	People   party.Store
	Ledger   *ledger.Ledger
	Sealer   Sealer
	Verifier func() ([]byte, error)
	// RequestID derives the id of a request from the form it came with, so that a
	// form sent twice is one request.
	RequestID func(who pii.PersonID, route, key string) pii.RequestID
	Clock     func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
	Alarm     func(id string)
}

// Pages serve. They are safe for concurrent use.
type Pages struct {
	Config
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
	views  map[fault.Lang]*template.Template
	limits *limits
	room   chan struct{} // files that are being read at a time
}

//go:embed templates
var files embed.FS

// New makes the pages.
func New(c Config) (*Pages, error) {
	if c.Desk == nil || c.Register == nil || c.Own == nil || c.Ledger == nil || c.Sealer == nil || c.RequestID == nil || c.Clock == nil || c.Rand == nil {
		return nil, errors.New("pages: the configuration is incomplete")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Alarm == nil {
		c.Alarm = func(string) {}
	}
	p := &Pages{Config: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), views: map[fault.Lang]*template.Template{}, limits: newLimits(c.Clock), room: make(chan struct{}, 4)}
	for _, lang := range []fault.Lang{fault.ZhCN, fault.En} {
		v, err := template.New("").Funcs(funcs(lang)).ParseFS(files, "templates/*.html")
		if err != nil {
			return nil, err
		}
		p.views[lang] = v
	}
	for path, h := range map[string]handler{
		"GET /my/{$}":          home,
		"GET /my/complaint":    complaintForm,
		"POST /my/complaint":   fileComplaint,
		"GET /my/case":         caseForm,
		"POST /my/case":        followCase,
		"GET /my/information":  informationForm,
		"POST /my/information": information,
		"GET /my/receipt":      receiptForm,
		"POST /my/receipt":     checkReceipt,
		"GET /my/verifier":     verifier,
	} {
		p.mux.HandleFunc(path, p.serve(path, h))
	}
	p.mux.HandleFunc("GET /my/style.css", style)
	p.mux.HandleFunc("/", p.serve("unknown", nil))
	return p, nil
}

// ServeHTTP implements [http.Handler].
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// visit is one request to a page.
type visit struct {
	p      *Pages
	ctx    context.Context
	w      http.ResponseWriter
	lang   fault.Lang
	source string
	form   url.Values
	hash   []byte // of the form
	route  string
	name   string // of the file that came with the form
	file   []byte
}

// handler answers a visit: with a page's name and what it shows, or with an error.
type handler func(v *visit) (page string, data any, err error)

// page is what every template is given.
type page struct {
	Lang, Tag, Other string // the page's language, as addresses name it, and the other one
	Path             string
	Title            string // the company's
	Form             string // names the next form that is sent
	Error            string
	Field            string // which input the error is about
	Typed            url.Values
	Data             any
}

func style(w http.ResponseWriter, _ *http.Request) {
	b, err := files.ReadFile("templates/style.css")
	if err != nil {
		http.NotFound(w, nil)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(b)
}

// policy of what a page may load and do: its own style sheet and forms.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// serve does what every page needs: headers, limits, language, recovery, the log.
func (p *Pages) serve(route string, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began, status := p.Clock(), http.StatusOK
		for k, v := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY",
		} {
			w.Header().Set(k, v)
		}
		defer func() {
			if recover() != nil {
				p.Alarm("panic") // its text may hold anything: it is never written
				status = http.StatusServiceUnavailable
				w.WriteHeader(status)
			}
			p.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "page",
				slog.String("route", route), slog.Int("status", status), slog.Duration("took", p.Clock().Sub(began)))
		}()
		ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
		defer cancel()
		v := &visit{p: p, ctx: ctx, w: w, lang: language(r), source: networkOf(r.RemoteAddr), route: route, form: url.Values{}}
		status = v.answer(r, h)
	}
}

func (v *visit) answer(r *http.Request, h handler) (status int) {
	if h == nil {
		return v.show("message", fault.New(fault.NotFound, "not-found", ""), nil)
	}
	if err := v.read(r); err != nil {
		return v.show("message", err, nil)
	}
	name, data, err := h(v)
	if name == "" && err == nil {
		return http.StatusOK // it answered itself
	}
	return v.show(name, err, data)
}

// read reads the form of a POST that came from our own page.
func (v *visit) read(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if v.p.cross.Check(r) != nil {
		return fault.New(fault.Denied, "not-yours", "")
	}
	if !v.p.limits.allow(v.source) {
		return fault.New(fault.Exhausted, "slow-down", "")
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") && v.route == "POST /my/case" {
		return v.readFile(r)
	}
	body, err := io.ReadAll(http.MaxBytesReader(v.w, r.Body, maxForm))
	if err != nil {
		return fault.New(fault.TooLarge, "too-large", "")
	}
	defer clear(body)
	if v.form, err = url.ParseQuery(string(body)); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		v.form = url.Values{}
		return fault.New(fault.Invalid, "bad-request", "")
	}
	sum := sha256.Sum256(body)
	v.hash = sum[:]
	return nil
}

// show writes a page; err is told on it.
func (v *visit) show(name string, err error, data any) int {
	out := page{Lang: "zh-CN", Tag: "zh", Other: "en", Path: v.path(), Title: v.p.Title, Typed: v.form, Data: data}
	if v.lang == fault.En {
		out.Lang, out.Tag, out.Other = "en", "en", "zh"
	}
	status := http.StatusOK
	if err != nil {
		f := fault.Of(err)
		out.Error, out.Field, status = fault.Text(f.ID).In(v.lang), f.Where, f.Kind.HTTPStatus()
		if f.ID == "bad-request" {
			out.Error = text(v.lang, "wrong-input")
		}
		if f.Kind == fault.Internal {
			v.p.Alarm("page-failed")
		}
	}
	var id [16]byte
	if _, err := io.ReadFull(v.p.Rand, id[:]); err != nil {
		status = http.StatusServiceUnavailable
	}
	out.Form = hex.EncodeToString(id[:])
	var b bytes.Buffer
	if v.p.views[v.lang].ExecuteTemplate(&b, name, out) != nil {
		v.p.Alarm("page-failed")
		status = http.StatusServiceUnavailable
		b.Reset()
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes())
	return status
}

func (v *visit) path() string {
	_, path, _ := strings.Cut(v.route, " ")
	if !strings.HasPrefix(path, Prefix) || path == Prefix+"{$}" {
		return Prefix
	}
	return path
}

// request is the id of what the form asks for: the same form is the same request.
func (v *visit) request(act string) (pii.RequestID, []byte) {
	return v.p.RequestID(pii.PersonID("source|"+v.source), v.route+"|"+act, v.form.Get("form")), v.hash
}

func (v *visit) value(name string) pii.Value {
	return pii.NewValue(strings.TrimSpace(v.form.Get(name)))
}

// language is what the visitor chose, or the first of Chinese and English that the
// browser names.
func language(r *http.Request) fault.Lang {
	for _, part := range append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...) {
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

// networkOf is what a source is counted by: of IPv6 the network of 64 bits.
func networkOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return "unknown"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Unmap().Is4() {
		return host
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().Addr().String()
}
