package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// filed hands complaints to a trace.
type filed struct{ store casework.Store }

func (f filed) Filed(ctx context.Context, from, until time.Time) (out []inquiry.Complaint, err error) {
	rows, err := f.store.Complaints(ctx, from, until, 1000)
	for _, c := range rows {
		out = append(out, inquiry.Complaint{
			ID: c.ID, Ordinal: c.Ordinal, At: c.CalledAt, Contact: pii.Phone, Known: c.Known,
			Caller: hex.EncodeToString(c.Caller), Verified: c.Verified,
		})
	}
	return out, err
}

// shelf makes packs and keeps them.
type shelf struct {
	f     *firm
	maker *dossier.Maker
	made  map[pii.RequestID][]byte
}

func (s *shelf) Make(ctx context.Context, p party.Principal, o httpapi.PackOrder) (dossier.Made, error) {
	order := dossier.Order{
		ID: o.ID, Hash: o.Hash, Kind: o.Kind, From: o.From, Until: o.Until, Disclosure: o.Disclosure, WithKey: o.WithKey,
		Case: o.Complaint, Recipient: proof.Recipient{ID: o.Recipient, Kind: "person"}, Kept: o.Kept,
	}
	if o.Org {
		order.Recipient.Kind = "organisation"
	}
	if o.Subject != (pii.SubjectID{}) {
		found, err := s.f.vault.Describe(ctx, []pii.SubjectID{o.Subject})
		if err != nil || !found[0].Known() {
			return dossier.Made{}, fault.New(fault.NotFound, "not-found", "subject")
		}
		order.Person = dossier.Person{ID: found[0].ID, Of: ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}}
	}
	made, err := s.maker.Make(ctx, p, order)
	s.made[made.ID] = made.Zip
	return made, err
}

func (s *shelf) Attest(ctx context.Context, p party.Principal, a dossier.Attestation) (uint64, error) {
	return s.maker.Attest(ctx, p, a)
}

func (s *shelf) Zip(_ context.Context, _ party.Principal, id pii.RequestID) ([]byte, error) {
	if b, ok := s.made[id]; ok {
		return b, nil
	}
	return nil, fault.New(fault.NotFound, "not-found", "pack")
}

// withDesks gives the firm its trace engine and its pack maker.
func (f *firm) withDesks() {
	f.traces = &inquiry.Inquiry{Ledger: f.ledger, Complaints: filed{f.store}, People: f.store, Subjects: f.store, Exposure: exposure.New(f.ledger, f.store, f.ring)}
	f.packs = &shelf{f: f, made: map[pii.RequestID][]byte{}, maker: &dossier.Maker{
		Ledger: f.ledger, Clock: f.clock, Rand: rand.Reader, LogKey: f.ring.VerifierKey(), Origin: "test.invalid/log", RootKey: f.ring.RootHolder(),
	}}
	f.serve()
}

func TestTraceAndPack(t *testing.T) {
	f := newFirm(t, 3)
	f.withDesks()
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects...)).want(200)
	f.post("/v1/complaints", "", m{"channel": "phone", "contacted": customer(0)["phone"], "called_at": f.clock().Format(time.RFC3339)}).want(201)
	window := m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}}
	r := f.post("/v1/traces", "officer", window).want(201)
	f.clean("the finding", r.body)
	if v := r.text("verdict"); v == "accuse" {
		t.Fatalf("one complaint accuses: %s", r.body)
	}
	f.post("/v1/traces", "auditor", window).problem(403, "not-yours")
	f.post("/v1/traces", "officer", m{"complaints": m{"from": "2027-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}).problem(422, "bad-request")

	p := f.post("/v1/evidence-packs", "officer", m{"kind": "subject", "subject": f.subjects[0]}).want(201)
	zip := f.get("/v1/evidence-packs/"+p.text("id"), "officer").want(200)
	sum := sha256.Sum256(zip.body)
	if hex.EncodeToString(sum[:]) != p.text("sha256") || zip.header.Get("Content-Type") != "application/zip" {
		t.Error("the zip is not the one announced")
	}
	f.clean("the pack", zip.body) // members are stored, not compressed
	f.post("/v1/evidence-packs", "officer", m{"kind": "subject"}).problem(422, "bad-request")
	f.get("/v1/evidence-packs/"+strings.Repeat("0", 32), "officer").problem(404, "not-found")
}

// TestPacksOfEveryKind: each kind is made by the officer alone, names what it is
// about and nothing it has no use for.
func TestPacksOfEveryKind(t *testing.T) {
	f := newFirm(t, 3)
	f.withDesks()
	work := f.work("a001", "call-task", "telesales", f.subjects[:2]...)
	answer := f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[:2]...)).want(200)
	filed := f.post("/v1/complaints", "", m{"channel": "phone", "contacted": customer(0)["phone"], "called_at": f.clock().Format(time.RFC3339)}).want(201)
	note := string(f.get("/v1/ledger/checkpoint", "officer").want(200).body)
	at := f.post("/v1/ledger/attestations", "auditor", m{"scanned": 3}).want(201)
	f.post("/v1/ledger/attestations", "officer", m{"scanned": 3}).problem(403, "not-yours")
	f.post("/v1/ledger/attestations", "auditor", m{"scanned": 100000}).problem(422, "bad-request")
	if at.text("id") == "" {
		t.Error("an attestation without an id")
	}
	her, other, id := f.subjects[0], f.subjects[2], answer.text("id")
	good := []m{
		{"kind": "subject", "subject": her, "checkpoints": []string{note}},
		{"kind": "disclosure", "disclosure": id},
		{"kind": "disclosure", "disclosure": id, "subject": her},
		{"kind": "disclosure", "disclosure": id, "subject": other, "record_key": true},
		{"kind": "recipient", "recipient": "a001"},
		{"kind": "recipient", "recipient": "agency"},
		{"kind": "case", "complaint": filed.text("id")},
	}
	for _, order := range good {
		f.post("/v1/evidence-packs", "auditor", order).problem(403, "not-yours")
		p := f.post("/v1/evidence-packs", "officer", order).want(201)
		zip := f.get("/v1/evidence-packs/"+p.text("id"), "officer").want(200).body
		f.clean("the pack", zip)
		pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
		f.ok(err)
		if _, err := proof.Verify(pack, nil, []byte(note)); (err == nil) != (order["checkpoints"] != nil) {
			t.Errorf("%v: against the kept checkpoint: %v", order["kind"], err)
		}
		if keyed := pack.Info.RecordKey != nil; keyed != (order["kind"] == "subject" || order["record_key"] != nil) {
			t.Errorf("%v: record key %v", order, keyed)
		}
	}
	f.post("/v1/evidence-packs", "officer", m{"kind": "disclosure", "disclosure": id, "subject": other}).problem(409, "needs-record-key")
	f.post("/v1/evidence-packs", "officer", m{"kind": "subject", "subject": her, "checkpoints": []string{"not a note"}}).problem(422, "kept-foreign")
	for _, bad := range []m{
		{"kind": "subject", "subject": her, "disclosure": id}, {"kind": "disclosure"}, {"kind": "disclosure", "disclosure": id, "from": "2026-01-01T00:00:00Z"},
		{"kind": "disclosure", "disclosure": id, "record_key": true}, {"kind": "recipient", "recipient": "own"}, {"kind": "recipient", "recipient": "a b"},
		{"kind": "recipient", "recipient": "a001", "subject": her}, {"kind": "case", "subject": her}, {"kind": "case"}, {"kind": "all"},
	} {
		f.post("/v1/evidence-packs", "officer", bad).problem(422, "bad-request")
	}
}

// TestTheVerifierPageIsAFile: it is handed out as a file, and is not shown by a
// browser as a page of ours.
func TestTheVerifierPageIsAFile(t *testing.T) {
	f := newFirm(t, 0)
	f.get("/v1/verifier", "officer").problem(404, "not-found")
	f.verifier = func() ([]byte, error) { return []byte("<!doctype html><p>verifier"), nil }
	f.serve()
	r := f.get("/v1/verifier", "officer").want(200)
	if !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") || r.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") || !bytes.HasPrefix(r.body, []byte("<!doctype")) {
		t.Error(r.header)
	}
}

// broken is a tracer that panics with what must not be seen.
type broken struct{ httpapi.Tracer }

func (broken) Ask(context.Context, party.Principal, inquiry.Question) (inquiry.Answer, error) {
	panic(secret)
}

func (broken) File(context.Context, party.Principal, inquiry.FileQuestion, io.Reader) (inquiry.FileAnswer, error) {
	panic(secret)
}

func TestPanicIsRecoveredWithoutItsText(t *testing.T) {
	f := newFirm(t, 0)
	f.traces = broken{}
	f.serve()
	r := f.post("/v1/traces", "officer", m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}})
	r.problem(503, "internal")
	sweep(t, r)
	if strings.Contains(f.log.String(), "CANARY") || !strings.Contains(f.log.String(), "route=/v1/traces status=503") {
		t.Error("the log")
	}
	if !slices.Contains(f.alarms, "panic") {
		t.Errorf("alarms %v", f.alarms)
	}
}

func TestMissingPartsAreUnavailable(t *testing.T) {
	f := newFirm(t, 0)
	f.post("/v1/traces", "officer", m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}}).problem(503, "unavailable")
	f.post("/v1/evidence-packs", "officer", m{"kind": "subject", "subject": strings.Repeat("0", 32)}).problem(503, "unavailable")
	if _, err := httpapi.New(httpapi.Config{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}

// The ledger closed is the store failing: nothing is released.
func TestNothingIsReleasedUnrecorded(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0])).want(200)
	f.ok(f.ledger.Close())
	r := f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0]))
	r.problem(503, "unavailable")
	if bytes.Contains(r.body, []byte("values")) {
		t.Error("values in a refusal")
	}
	f.post("/v1/calls", "a001", m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work}).want(503)
	if len(f.carrier.calls) != 0 {
		t.Error("a call went out unrecorded")
	}
	f.get("/healthz", "").want(200)
}

func TestMetricsAreForTheMachineAndTheScope(t *testing.T) {
	f := newFirm(t, 0)
	page := f.api.MetricsHandler()
	for name, c := range map[string]struct {
		from, who string
		want      int
	}{
		"this machine":    {"127.0.0.1:9", "", 200},
		"this machine, 6": {"[::1]:9", "", 200},
		"another":         {"192.0.2.1:9", "", 401},
		"the scope":       {"192.0.2.1:9", "metrics", 200},
		"another scope":   {"192.0.2.1:9", "crm", 403},
		"a person":        {"192.0.2.1:9", "officer", 403},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.from
		if c.who != "" {
			r.Header.Set("Authorization", "Bearer "+f.tokens[c.who])
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
		for _, who := range []string{"a001", "officer", "crm"} {
			if strings.Contains(w.Body.String(), `"`+who+`"`) {
				t.Errorf("%s: a label names %s", name, who)
			}
		}
	}
}
