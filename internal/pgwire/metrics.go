package pgwire

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are the port's metrics. No label names a person or a statement.
type counters struct {
	sessions prometheus.Gauge
	defects  prometheus.Counter
	copied   prometheus.Counter
	refused  *prometheus.CounterVec
	failures *prometheus.CounterVec
	cells    *prometheus.CounterVec
	releases *prometheus.HistogramVec
	lookups  *prometheus.HistogramVec

	statements prometheus.Histogram
}

func newCounters() *counters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 20},
		}, []string{"outcome"})
	}
	return &counters{
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{Name: "goldbell_pg_sessions", Help: "Sessions on the PostgreSQL port."}),
		defects:  prometheus.NewCounter(prometheus.CounterOpts{Name: "goldbell_pg_defects_total", Help: "Sessions ended by a defect of ours."}),
		copied:   prometheus.NewCounter(prometheus.CounterOpts{Name: "goldbell_pg_copy_messages_total", Help: "Messages of COPY TO, in which placeholders stay."}),
		refused:  counter("goldbell_pg_ended_total", "Sessions refused or ended, by reason.", "reason"),
		failures: counter("goldbell_pg_errors_total", "Errors of statements by class of SQLSTATE.", "class"),
		cells:    counter("goldbell_pg_cells_total", "Protected cells by outcome.", "outcome"),
		releases: histogram("goldbell_pg_release_seconds", "How long the door took about a batch of rows."),
		statements: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "goldbell_pg_statement_seconds", Help: "How long statements took, from when they came to when their answer was complete.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 20},
		}),
		lookups: histogram("goldbell_pg_lookup_seconds", "How long the door took about values to look up."),
	}
}

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "answered"
}

func (c *counters) released(took time.Duration, err error) {
	c.releases.WithLabelValues(outcome(err)).Observe(took.Seconds())
}

func (c *counters) looked(took time.Duration, err error) {
	c.lookups.WithLabelValues(outcome(err)).Observe(took.Seconds())
}

// Metrics are for the registry of the metrics page.
func (p *Port) Metrics() []prometheus.Collector {
	c := p.count
	return []prometheus.Collector{c.sessions, c.defects, c.copied, c.refused, c.failures, c.cells, c.releases, c.lookups, c.statements}
}
