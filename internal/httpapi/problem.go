package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// Problem is an RFC 9457 problem. It holds our own sentences and names only.
type Problem struct {
	Type    string   `json:"type" doc:"always about:blank"`
	Title   string   `json:"title"`
	Status  int      `json:"status"`
	Code    string   `json:"code" doc:"the message id"`
	Detail  string   `json:"detail" doc:"the message in the language asked for"`
	ID      string   `json:"id,omitempty" doc:"the id of the refusal, as the ledger keeps it"`
	Reasons []Reason `json:"reasons,omitempty"`
	Highest string   `json:"highest,omitempty" doc:"the highest form that would be allowed instead"`
	Errors  []Place  `json:"errors,omitempty" doc:"where the request is malformed"`
}

// Place is where a request is malformed; never what stood there.
type Place struct {
	Where string `json:"where"`
	Line  int    `json:"line,omitempty" doc:"of a text of several lines"`
}

// Reason is a rule that refused, in both languages.
type Reason struct {
	ID        string `json:"id"`
	Law       string `json:"law,omitempty"`
	Zh        string `json:"zh"`
	En        string `json:"en"`
	UnblockZh string `json:"unblock_zh,omitempty"`
	UnblockEn string `json:"unblock_en,omitempty"`
}

func reasonsOf(rs []policy.Reason) []Reason {
	out := make([]Reason, len(rs))
	for i, r := range rs {
		out[i] = Reason(r)
	}
	return out
}

// Error, GetStatus and ContentType make a Problem an error of huma's.
func (p *Problem) Error() string             { return p.Code }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// problem turns an error into what the caller reads. Only the fault's kind, id
// and place are used, never its text.
func problem(err error, l fault.Lang) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	f := fault.Of(err)
	status := f.Kind.HTTPStatus()
	p = &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: f.ID, Detail: fault.Text(f.ID).In(l),
	}
	if !fault.Known(f.ID) {
		p.Code = "internal"
	}
	if f.Where != "" && status/100 == 4 {
		p.Errors = []Place{{Where: known(f.Where)}}
	}
	return p
}

// refusal is the answer to a request for one subject that was refused. Outside a
// grant it is the same but for the id, and always as long.
func refusal(id pii.RequestID, reasons []policy.Reason, highest pii.Form, l fault.Lang) *Problem {
	if len(reasons) == 0 {
		reasons = []policy.Reason{door.NoGrant()}
	}
	first := reasons[0]
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(http.StatusForbidden), Status: http.StatusForbidden,
		Code: first.ID, Detail: fault.Sentence{Zh: first.Zh, En: first.En}.In(l),
		ID: id.String(), Reasons: reasonsOf(reasons),
	}
	if highest != pii.None {
		p.Highest = highest.String()
	}
	return p
}

// writeProblem answers with a problem before huma is reached.
func writeProblem(w http.ResponseWriter, p *Problem) {
	b, err := json.Marshal(p)
	if err != nil {
		panic("httpapi: a problem of plain fields did not encode") // impossible state
	}
	w.Header().Set("Content-Type", problemType)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(b, '\n')) // the client may be gone
}

// names are the words that may stand in a place: the properties and parameters
// the OpenAPI document declares. Every API has the same table, and so the same.
var names atomic.Pointer[map[string]bool]

// known cuts a location at the first part that is not one of our names: an
// unknown field's name, or a map's key, is the caller's text.
func known(location string) string {
	declared := names.Load()
	var kept []string
	for _, part := range strings.Split(location, ".") {
		name, _, _ := strings.Cut(part, "[")
		if declared == nil || !(*declared)[name] || !isIndexed(part[len(name):]) {
			break
		}
		kept = append(kept, part)
	}
	if len(kept) == 0 {
		return "body"
	}
	return strings.Join(kept, ".")
}

// isIndexed accepts nothing, or [n].
func isIndexed(s string) bool {
	if s == "" {
		return true
	}
	return len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' && strings.Trim(s[1:len(s)-1], "0123456789") == ""
}

// declare collects the names of the document.
func declare(doc *huma.OpenAPI, schema pii.Schema) {
	all := map[string]bool{"body": true, "path": true, "query": true, "header": true}
	for _, s := range doc.Components.Schemas.Map() {
		for name := range s.Properties {
			all[name] = true
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete, item.Put} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				all[p.Name] = true
			}
		}
	}
	for _, f := range schema {
		all[string(f.Field)] = true
	}
	for _, place := range places {
		all[place] = true
	}
	names.Store(&all)
}

// places are the names faults use that no request declares.
var places = []string{"store", "ledger", "closing", "time", "randomness", "own", "person", "org", "rules", "import", "erasure"}

// useOwnErrors replaces huma's errors, which quote what was sent in five places.
// They are package variables, so this is done once.
var useOwnErrors = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true // "Form" is not "form"
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return malformed(status, fault.ZhCN, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		l := fault.ZhCN
		if ctx != nil && ctx.Context() != nil {
			if c, ok := ctx.Context().Value(callKey{}).(*call); ok {
				l = c.lang
			}
		}
		return malformed(status, l, errs)
	}
})

// malformed is the problem of a request huma refused.
func malformed(status int, l fault.Lang, errs []error) *Problem {
	id := "bad-request"
	switch {
	case status == http.StatusRequestEntityTooLarge:
		id = "too-large"
	case status >= 500 || status == 0:
		id, status = "internal", http.StatusServiceUnavailable
	default:
		status = http.StatusUnprocessableEntity
	}
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: id, Detail: fault.Text(id).In(l),
	}
	seen := map[string]bool{}
	for _, e := range errs {
		d, ok := e.(*huma.ErrorDetail)
		if !ok {
			continue
		}
		if where := known(d.Location); !seen[where] {
			seen[where] = true
			p.Errors = append(p.Errors, Place{Where: where})
		}
	}
	return p
}

func bad(where string) error { return fault.New(fault.Invalid, "bad-request", where) }
