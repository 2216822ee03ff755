package httpapi

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/witness"
)

// metrics count per route. No label names a person.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

func newMetrics(size func() uint64, w Witnesses) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "goldbell_http_requests_total", Help: "Requests by route and status.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "goldbell_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 20},
		}, []string{"method", "route"}),
	}
	m.registry.MustRegister(m.requests, m.took, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "goldbell_ledger_size", Help: "Entries this process has seen committed.",
	}, func() float64 { return float64(size()) }))
	if w != nil {
		m.watch(w)
	}
	return m
}

// audit adds what the audit in the background says. An alarm belongs on the faults,
// and on passes that do not grow.
func (m *metrics) audit(now func() Audited) {
	for _, g := range []struct {
		name, help string
		of         func(Audited) float64
	}{
		{"goldbell_audit_faults", "Faults the audit found since its last pass without one.", func(a Audited) float64 { return float64(a.Faults) }},
		{"goldbell_audit_next", "Entries the pass under way has read.", func(a Audited) float64 { return float64(a.Next) }},
		{"goldbell_audit_size", "Entries of the pass under way.", func(a Audited) float64 { return float64(a.Size) }},
		{"goldbell_audit_passes", "Passes this process has finished.", func(a Audited) float64 { return float64(a.Passes) }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.name, Help: g.help}, func() float64 { return g.of(now()) }))
	}
}

// watch adds what the outside witnesses say. An alarm belongs on the second: it
// grows while no quorum signs what is new.
func (m *metrics) watch(w Witnesses) {
	gauge := func(name, help string, of func(witness.Status) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return of(w.Status()) }))
	}
	gauge("goldbell_witnessed_size", "Entries under the newest head that a quorum of witnesses signed.",
		func(s witness.Status) float64 { return float64(s.Covered) })
	gauge("goldbell_witness_wait_seconds", "How long entries have waited for a quorum of witnesses.",
		func(s witness.Status) float64 { return s.Waited.Seconds() })
	gauge("goldbell_witness_failures", "Submissions that a witness did not sign, since the start.",
		func(s witness.Status) float64 { return float64(s.Failed) })
	gauge("goldbell_witness_outside", "1 if a witness of another organisation is set up.",
		func(s witness.Status) float64 { return one(s.Outside) })
	gauge("goldbell_witness_stopped", "1 if a witness stopped all writers.",
		func(s witness.Status) float64 { return one(s.Stopped) })
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *metrics) saw(rt *route, status int, took time.Duration) {
	m.requests.WithLabelValues(rt.method, rt.path, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(rt.method, rt.path).Observe(took.Seconds())
}

// MetricsHandler serves the metrics page, for a port of its own: to the machine
// itself, or to a service whose scope it is.
func (a *API) MetricsHandler() http.Handler {
	page := promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r) {
			who, err := a.Authn.Principal(r.Context(), bearerOf(r), sourceOf(r))
			if err == nil && who.Scope != authn.ScopeMetrics {
				err = fault.New(fault.Denied, "not-yours", "")
			}
			if err != nil {
				writeProblem(w, problem(err, language(r)))
				return
			}
		}
		page.ServeHTTP(w, r)
	})
}

func isLoopback(r *http.Request) bool {
	ip := net.ParseIP(sourceOf(r))
	return ip != nil && ip.IsLoopback()
}
