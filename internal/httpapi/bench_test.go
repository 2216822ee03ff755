package httpapi_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// BenchmarkRead compares a Read over the API with the same Read at the door, and
// with what the API costs where nothing is decided: a malformed purpose.
func BenchmarkRead(b *testing.B) {
	f := newFirm(b, 10)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	body := f.read(work, "masked", f.subjects[0])
	b.Run("door", func(b *testing.B) {
		p, o, _, err := f.store.Person(b.Context(), "a001")
		f.ok(err)
		r := door.Request{Verb: pii.Read, Form: pii.Masked, Fields: []pii.Field{pii.Name, pii.Phone}, Purpose: "telesales", Subjects: make([]pii.SubjectID, 1)}
		f.ok(r.Work.UnmarshalText([]byte(work)))
		f.ok(r.Subjects[0].UnmarshalText([]byte(f.subjects[0])))
		for b.Loop() {
			_, _ = rand.Read(r.ID[:])
			f.pass(3e9)
			if _, err := f.door.Disclose(b.Context(), party.Principal{Person: p, Org: o}, r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("api", func(b *testing.B) {
		for b.Loop() {
			f.pass(3e9)
			f.bench(b, body, 200)
		}
	})
	b.Run("api-refusing", func(b *testing.B) {
		wrong := f.read(work, "masked", f.subjects[0])
		wrong["purpose"] = "none"
		for b.Loop() {
			f.bench(b, wrong, 422)
		}
	})
}

func (f *firm) bench(b *testing.B, body m, want int) {
	text, _ := json.Marshal(body)
	r := httptest.NewRequest("POST", "/v1/disclosures", strings.NewReader(string(text)))
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + f.tokens["a001"]}}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%d: %s", w.Code, w.Body)
	}
}
