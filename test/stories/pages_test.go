package stories

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/courier"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/mark"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/vault"
)

// outsiders is what the stories of the pages for people outside are told.
type outsiders struct {
	Phone    string            `json:"phone"`    // POST {"to": number} answers with her next message
	Tokens   map[string]string `json:"tokens"`   // of people inside, by person
	Readers  []string          `json:"readers"`  // numbers of two customers, one a language
	Callers  []string          `json:"callers"`  // numbers of two who call to complain
	Lead     string            `json:"lead"`     // the partner's work item
	Withdraw string            `json:"withdraw"` // number of its customer
	Receipt  string            `json:"receipt"`  // short code of one disclosure
}

func TestPagesOnSQLite(t *testing.T) { playPages(t, "") }

// On PostgreSQL what the pages look like is not read a second time in Chinese.
func TestPagesOnPostgres(t *testing.T) {
	tools(t)
	playPages(t, pgtest.Start(t), "InEnglish", "withdrawn")
}

// playPages plays what people outside do, on a firm with a partner and a provider of
// text messages.
func playPages(t *testing.T, dsn string, only ...string) {
	node, chromium := tools(t)
	s := &stage{T: t, dir: t.TempDir()}
	s.script = script{Chromium: chromium, Codes: map[string]string{}, Shots: os.Getenv("GOLDBELL_STORIES_SHOTS"), Only: cmp.Or(os.Getenv("GOLDBELL_STORIES_ONLY"), strings.Join(only, ","))}
	s.script.Outside = &outsiders{Tokens: map[string]string{}}
	s.foundForPages(dsn)
	s.carry()
	s.run(s.listen())
	s.tell(node)
}

// foundForPages makes a firm with a clerk, a partner, and customers who agreed that the
// partner gets their names.
func (s *stage) foundForPages(dsn string) {
	s.Helper()
	s.places = server.Places{
		Data: filepath.Join(s.dir, "data"), Keys: filepath.Join(s.dir, "keys"), Keeper: filepath.Join(s.dir, "keeper"),
	}
	made, err := server.Init(s.Context(), server.InitOptions{
		Places: s.places, Title: "Story Ltd", Origin: "stories.invalid/log", DSN: dsn, Clock: time.Now,
	})
	s.ok(err)
	s.srv, err = server.Open(s.Context(), server.Options{Places: server.Places{Data: made.Data}, Clock: time.Now})
	s.ok(err)
	officer, code := s.signInAs("officer", made.SetupCode)
	crm, code := s.service(code, authn.ScopeCRM)
	imports, _ := s.service(code, authn.ScopeImport)
	security := s.staff(officer)
	s.put(security, "h001", party.Staff)
	s.ok(s.srv.Register().PutOrg(s.Context(), register.Asked{By: officer, Request: newID()}, party.Org{
		ID: "partner", Kind: party.Handler, Title: "Partner Ltd",
		Agreement: party.Agreement{Until: time.Now().AddDate(1, 0, 0)}, Assessment: party.Assessment{Reference: "PIA-1"},
	}))
	s.put(security, "p001", party.Partner, func(p *party.Person) { p.Org = "partner" })
	clerk, _ := s.signInAs("h001", s.invite(security, "h001"))
	s.signInAs("p001", s.invite(security, "p001"))
	s.leads(crm, clerk, s.enrolForPages(imports))
	s.ok(s.srv.Close())
}

// signInAs signs a person in, here and for the stories.
func (s *stage) signInAs(id, code string) (p party.Principal, next string) {
	s.Helper()
	issued, err := s.srv.Authn().SignIn(s.Context(), code, "test")
	s.ok(err)
	s.script.Outside.Tokens[id] = issued.Secret
	p, err = s.srv.Authn().Principal(s.Context(), issued.Secret, "test")
	s.ok(err)
	return p, issued.NextCode
}

func (s *stage) service(code, scope string) (p party.Principal, next string) {
	s.Helper()
	issued, err := s.srv.Authn().CreateToken(s.Context(), code, "stories-"+scope, scope, "test")
	s.ok(err)
	p, err = s.srv.Authn().Principal(s.Context(), issued.Secret, "test")
	s.ok(err)
	return p, issued.NextCode
}

func (s *stage) enrolForPages(by party.Principal) []pii.SubjectID {
	s.Helper()
	numbers := []string{"13900131001", "13900131002", "13900131003"}
	s.script.Outside.Readers, s.script.Outside.Withdraw = numbers[:2], numbers[2]
	s.script.Outside.Callers = []string{"13900132001", "13900132002"}
	e := door.Enrolment{ID: newID()}
	for _, number := range numbers {
		e.Rows = append(e.Rows, vault.Row{pii.Name: pii.NewValue("诸葛一"), pii.Phone: pii.NewValue(number)})
	}
	ids, err := s.srv.Door().Enrol(s.Context(), by, e)
	s.ok(err)
	return ids
}

// leads are people who agreed to the partner; a clerk of the firm has seen their names.
func (s *stage) leads(crm, clerk party.Principal, ids []pii.SubjectID) {
	s.Helper()
	for _, id := range ids {
		s.ok(s.srv.Register().PutConsent(s.Context(), register.Asked{By: crm, Request: newID()}, register.Consent{
			Subject: id, Purpose: grant.PartnerLeads, Recipient: "partner", Given: true, Notice: "v1", Proof: make([]byte, 32),
		}))
	}
	open := func(to pii.PersonID, kind grant.WorkKind, purpose pii.Purpose) pii.RequestID {
		work, err := s.srv.Register().OpenWork(s.Context(), register.Asked{By: crm, Request: newID()}, register.Work{
			Kind: kind, Purpose: purpose, Assignee: to, Subjects: ids, Until: time.Now().Add(24 * time.Hour),
		})
		s.ok(err)
		return work
	}
	s.script.Outside.Lead = open("p001", grant.PartnerLead, grant.PartnerLeads).String()
	shown := door.Request{
		ID: newID(), Verb: pii.Read, Form: pii.Masked, Fields: []pii.Field{pii.Name}, Purpose: grant.Telesales,
		Work: open("h001", grant.CallTask, grant.Telesales), Subjects: ids,
	}
	got, err := s.srv.Door().Disclose(s.Context(), clerk, shown)
	s.ok(err)
	if !got.Results[0].Shown {
		s.Fatalf("the clerk was shown nothing: %v", got.Results[0].Reasons)
	}
	s.script.Outside.Receipt = mark.Code(shown.ID)
}

// carry runs the provider that the firm sends its text messages through, and the
// telephones they arrive at.
func (s *stage) carry() {
	s.Helper()
	var key [32]byte
	_, _ = rand.Read(key[:])
	var phones sync.Map
	at := func(number string) chan string {
		c, _ := phones.LoadOrStore(number, make(chan string, 16))
		return c.(chan string)
	}
	provider := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m courier.SMSBody
		_, signed := dial.CheckSignature(key[:], r.Header.Get(dial.SignatureHeader), r.Method, r.URL.EscapedPath(), body)
		if !signed || json.Unmarshal(body, &m) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		at(m.To) <- m.Text
		_, _ = io.WriteString(w, "{}")
	}))
	s.Cleanup(provider.Close)
	phone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask struct{ To string }
		if json.NewDecoder(r.Body).Decode(&ask) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		select {
		case text := <-at(ask.To):
			_, _ = io.WriteString(w, text)
		case <-r.Context().Done():
		}
	}))
	s.Cleanup(phone.Close)
	s.script.Outside.Phone = phone.URL
	roots, secret := filepath.Join(s.dir, "sms.pem"), filepath.Join(s.dir, "sms.key")
	s.ok(os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600))
	s.ok(os.WriteFile(secret, []byte(hex.EncodeToString(key[:])+"\n"), 0o600))
	s.ok(server.UpdateSettings(s.places.Data, func(x *server.Settings) {
		x.Courier = &server.Courier{SMS: &server.Switch{URL: provider.URL + "/sms", Roots: roots, Secret: secret}}
	}))
}
