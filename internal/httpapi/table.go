package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// audience says who may call a route at all; what he may do there is decided
// behind it. The zero audience is nobody.
type audience struct {
	open   bool // no account is needed
	kinds  []party.PersonKind
	scopes []string
}

// anybody needs no account.
var anybody = audience{open: true}

func people(kinds ...party.PersonKind) audience { return audience{kinds: kinds} }

// orServices adds services of these scopes.
func (a audience) orServices(scopes ...string) audience {
	a.scopes = scopes
	return a
}

func (a audience) includes(p party.Principal) bool {
	if p.IsService() {
		return slices.Contains(a.scopes, p.Scope)
	}
	return slices.Contains(a.kinds, p.Person.Kind)
}

func (a audience) isNamed() bool { return a.open || len(a.kinds)+len(a.scopes) > 0 }

func (a audience) String() string {
	if a.open {
		return "no account"
	}
	var all []string
	for _, k := range a.kinds {
		all = append(all, string(k))
	}
	for _, s := range a.scopes {
		all = append(all, "service:"+s)
	}
	return strings.Join(all, ", ")
}

// route is one line of the table.
type route struct {
	method, path string
	who          audience
	summary      string
	status       int // of the usual answer; 0: 200
	slow         bool
	fresh        bool // an approval: she must have proved herself just now
	stream       bool // the body is no JSON and is read as it comes
	install      func(*API, *route)
}

// name is the operation's id.
func (rt *route) name() string {
	words := strings.FieldsFunc(rt.path, func(r rune) bool { return strings.ContainsRune("/{}.:", r) })
	return strings.ToLower(rt.method) + "-" + strings.Join(words, "-")
}

func (rt *route) limit() time.Duration {
	if rt.stream {
		return streamLimit
	}
	if rt.slow {
		return 6 * timeLimit
	}
	return timeLimit
}

// handle makes a route's install from a handler of decoded requests.
func handle[I, O any](h func(a *API, ctx context.Context, c *call, in *I) (*O, error)) func(*API, *route) {
	return func(a *API, rt *route) {
		huma.Register(a.huma, a.operation(rt), func(ctx context.Context, in *I) (*O, error) {
			c := callOf(ctx)
			out, err := h(a, ctx, c, in)
			if err != nil {
				return nil, problem(err, c.lang)
			}
			return out, nil
		})
	}
}

// operation describes a route in the OpenAPI document.
func (a *API) operation(rt *route) huma.Operation {
	op := huma.Operation{
		OperationID: rt.name(), Method: rt.method, Path: rt.path, Summary: rt.summary,
		Description: rt.describe(), DefaultStatus: rt.status, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}
	if !rt.who.open {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "Accept-Language", In: "header", Description: "zh or en: the language of detail",
		Schema: &huma.Schema{Type: "string"},
	})
	if rt.stream {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		}}
		op.MaxBodyBytes = maxStream
	} else if rt.method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge)
	}
	if rt.method == http.MethodPost && rt.repeatable() {
		longest := 128
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header",
			Description: "A retry with the same key and body within 10 minutes finds the entry of the first try.",
			Schema:      &huma.Schema{Type: "string", MaxLength: &longest},
		})
	}
	return op
}

// describe says who may call a route, in the words the document uses.
func (rt *route) describe() string {
	s := "For: " + rt.who.String() + "."
	if rt.fresh {
		s += " She must have proved herself afresh in the last ten minutes."
	}
	if rt.method == http.MethodPost && !rt.repeatable() {
		s += " It takes no Idempotency-Key. " + unrepeatable[rt.path]
	}
	return s
}

// build registers the table.
func (a *API) build(routes []*route, schema pii.Schema) error {
	useOwnErrors()
	cfg := huma.DefaultConfig("Goldbell", a.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.RejectUnknownQueryParameters = true
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}}
	guarded := &guardedMux{api: a, routes: map[string]*route{}}
	a.huma = humago.New(guarded, cfg)
	for _, rt := range routes {
		if !rt.who.isNamed() {
			return fmt.Errorf("httpapi: %s %s names no audience", rt.method, rt.path)
		}
		guarded.routes[rt.method+" "+rt.path] = rt
		rt.install(a, rt)
	}
	a.routes = routes
	a.mux.HandleFunc("/", a.unknown)
	a.mux.HandleFunc("/v1/ledger/tile", a.unknown) // ServeMux would redirect it, quoting the query
	a.plainPaths()
	declare(a.huma.OpenAPI(), schema)
	var err error
	a.spec, err = json.Marshal(a.huma.OpenAPI())
	return err
}

// plainPaths writes "{rest...}" as OpenAPI does.
func (a *API) plainPaths() {
	paths := a.huma.OpenAPI().Paths
	for p, item := range paths {
		if plain := documented(p); plain != p {
			paths[plain] = item
			delete(paths, p)
		}
	}
}

// documented is a route's path in the document.
func documented(path string) string { return strings.Replace(path, "...}", "}", 1) }

// guardedMux is the only way to the mux: what is not in the table, with its
// audience, cannot be registered.
type guardedMux struct {
	api    *API
	routes map[string]*route
}

func (m *guardedMux) HandleFunc(pattern string, next func(http.ResponseWriter, *http.Request)) {
	rt, ok := m.routes[pattern]
	if !ok {
		panic("httpapi: a route outside the table: " + pattern) // impossible state
	}
	m.api.mux.HandleFunc(pattern, m.api.guard(rt, next))
}

func (m *guardedMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.api.serve(w, r) }

// Routes lists the table, sorted, as the document spells it.
func (a *API) Routes() []string {
	var all []string
	for _, rt := range a.routes {
		all = append(all, rt.method+" "+documented(rt.path))
	}
	slices.Sort(all)
	return all
}
