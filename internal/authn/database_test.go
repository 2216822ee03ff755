package authn_test

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

func house(t *testing.T) *authntest.House {
	h := authntest.Open(t)
	h.SetUp()
	return h
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask() authn.LoginAsk {
	return authn.LoginAsk{Purpose: "telesales", Work: pii.RequestID{1}, Form: pii.Masked}
}

// TestALoginToThePort: it is for one person, purpose and work item, and ends with its
// time, with its person, and when she ends it.
func TestALoginToThePort(t *testing.T) {
	h := house(t)
	p := h.Person("a001", party.Staff, pii.Own)
	made, err := h.Authn.IssueLogin(t.Context(), p, ask())
	ok(t, err)
	l, who, may, err := h.Authn.DatabaseLogin(t.Context(), made.Name)
	ok(t, err)
	if !may || who.Person.ID != p.Person.ID || l.Purpose != "telesales" || l.Work != ask().Work || l.Form != pii.Masked || !strings.HasPrefix(made.Name, "a001.") {
		t.Fatalf("%+v of %v, %v", l, who.Person.ID, may)
	}
	salted, err := pbkdf2.Key(sha256.New, made.Password, l.Verifier.Salt, l.Verifier.Iterations, sha256.Size)
	ok(t, err)
	m := hmac.New(sha256.New, salted)
	m.Write([]byte("Client Key"))
	if stored := sha256.Sum256(m.Sum(nil)); !hmac.Equal(stored[:], l.Verifier.StoredKey) {
		t.Error("the verifier is of another password")
	}
	mayNot := func(name, why string) {
		t.Helper()
		if _, _, may, err := h.Authn.DatabaseLogin(t.Context(), name); may || err != nil {
			t.Errorf("%s: may sign in: %v, %v", why, may, err)
		}
	}
	mayNot("a001.0000000000000000", "a name nobody has")
	mayNot(strings.Repeat("x", 64), "a long name")
	other := p
	other.Person.ID = "a002"
	if err := h.Authn.EndLogin(t.Context(), other, made.Name); fault.Of(err).ID != "not-found" {
		t.Errorf("another's login is ended: %v", err)
	}
	ok(t, h.Authn.EndLogin(t.Context(), p, made.Name))
	mayNot(made.Name, "an ended login")
	again, err := h.Authn.IssueLogin(t.Context(), p, ask())
	ok(t, err)
	h.Pass(61 * time.Minute)
	mayNot(again.Name, "a login whose time is over")
}

func TestWhoGetsALoginToThePort(t *testing.T) {
	h := house(t)
	p := h.Person("a001", party.Staff, pii.Own)
	for name, c := range map[string]struct {
		change func(*party.Principal, *authn.LoginAsk)
		id     string
	}{
		"an old sign-in":     {func(p *party.Principal, _ *authn.LoginAsk) { p.StepUp = h.Now().Add(-11 * time.Minute) }, "step-up-needed"},
		"never signed in":    {func(p *party.Principal, _ *authn.LoginAsk) { p.StepUp = time.Time{} }, "step-up-needed"},
		"a partner":          {func(p *party.Principal, _ *authn.LoginAsk) { p.Org.Kind = party.Handler }, "not-yours"},
		"a service":          {func(p *party.Principal, _ *authn.LoginAsk) { p.Person.Kind, p.Scope = party.Service, authn.ScopeCRM }, "not-yours"},
		"another form":       {func(_ *party.Principal, a *authn.LoginAsk) { a.Form = pii.Token }, "bad-request"},
		"too long":           {func(_ *party.Principal, a *authn.LoginAsk) { a.Life = 13 * time.Hour }, "bad-request"},
		"half a certificate": {func(_ *party.Principal, a *authn.LoginAsk) { a.Certificate = []byte{1} }, "bad-request"},
	} {
		who, a := p, ask()
		c.change(&who, &a)
		if _, err := h.Authn.IssueLogin(t.Context(), who, a); fault.Of(err).ID != c.id {
			t.Errorf("%s: %v, want %s", name, err, c.id)
		}
	}
	a := ask()
	a.Certificate = make([]byte, 32)
	made, err := h.Authn.IssueLogin(t.Context(), p, a)
	ok(t, err)
	if l, _, may, err := h.Authn.DatabaseLogin(t.Context(), made.Name); !may || err != nil || made.Password != "" || l.Verifier.Iterations != 0 {
		t.Errorf("with a certificate: %v, %v, password %v", may, err, made.Password != "")
	}
}

// TestLoginsToThePortEndWithTheAccount: who loses a device loses what is stored on it:
// ending all sessions, or the account, ends the logins to the port too.
func TestLoginsToThePortEndWithTheAccount(t *testing.T) {
	h := house(t)
	p := h.Person("a001", party.Staff, pii.Own)
	sec := h.Person("sec", party.SecAdmin, pii.Own)
	other := h.Person("a002", party.Staff, pii.Own)
	for name, end := range map[string]func() error{
		"account":  func() error { return h.Authn.EndAccount(t.Context(), sec, "a001") },
		"sessions": func() error { return h.Authn.EndSessions(t.Context(), sec, "a001", nil) },
	} {
		made, err := h.Authn.IssueLogin(t.Context(), p, ask())
		ok(t, err)
		others, err := h.Authn.IssueLogin(t.Context(), other, ask())
		ok(t, err)
		ok(t, end())
		if _, _, may, err := h.Authn.DatabaseLogin(t.Context(), made.Name); may || err != nil {
			t.Errorf("%s: the login still signs in, %v", name, err)
		}
		if _, _, may, err := h.Authn.DatabaseLogin(t.Context(), others.Name); !may || err != nil {
			t.Errorf("%s: another's login was ended, %v", name, err)
		}
	}
	for range 32 {
		_, err := h.Authn.IssueLogin(t.Context(), p, ask())
		ok(t, err)
	}
	if _, err := h.Authn.IssueLogin(t.Context(), p, ask()); fault.Of(err).ID != "too-many-logins" {
		t.Errorf("one login too many: %v", err)
	}
	ok(t, h.Authn.EndAccount(t.Context(), sec, "a001"))
	_, err := h.Authn.IssueLogin(t.Context(), p, ask())
	ok(t, err)
}
