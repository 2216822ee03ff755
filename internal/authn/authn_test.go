package authn_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const source = "192.0.2.7"

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantID(t *testing.T, err error, id string) {
	t.Helper()
	if !fault.IsID(err, id) {
		t.Fatalf("got %v, want %s", err, id)
	}
}

func TestSetUpSignInAndToken(t *testing.T) {
	h := authntest.Open(t)
	code := h.SetUp()
	if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(code) {
		t.Fatal("the code is not four groups of five characters")
	}
	if _, err := h.Authn.SetUp(t.Context(), "Again"); !fault.IsID(err, "exists") {
		t.Fatalf("a second set-up: %v", err)
	}
	session := must[authn.Issued](t)(h.Authn.SignIn(t.Context(), strings.ToLower(strings.ReplaceAll(code, "-", " ")), source))
	officer := must[party.Principal](t)(h.Authn.Principal(t.Context(), session.Secret, source))
	if officer.Person.Kind != party.Officer || officer.Scope != "" || !officer.StepUp.IsZero() {
		t.Fatalf("signed in as %+v", officer)
	}
	_, err := h.Authn.SignIn(t.Context(), code, source)
	wantID(t, err, "bad-code")

	token := must[authn.Issued](t)(h.Authn.CreateToken(t.Context(), session.NextCode, "crm-1", authn.ScopeCRM, source))
	if !regexp.MustCompile(`^gbt_[A-Za-z0-9_-]{43}$`).MatchString(token.Secret) {
		t.Fatal("the token has another form")
	}
	crm := must[party.Principal](t)(h.Authn.Principal(t.Context(), token.Secret, source))
	if crm.Person.ID != "crm-1" || crm.Scope != authn.ScopeCRM || !crm.StepUp.IsZero() {
		t.Fatalf("the token is %+v", crm)
	}
	if got, want := token.Until, authntest.Start.Add(365*24*time.Hour); !got.Equal(want) {
		t.Fatalf("until %v, want %v", got, want)
	}
	_, err = h.Authn.CreateToken(t.Context(), token.NextCode, "crm-1", authn.ScopeCRM, source)
	wantID(t, err, "exists")
	loader := must[authn.Issued](t)(h.Authn.CreateToken(t.Context(), token.NextCode, "loader", authn.ScopeImport, source))
	must[party.Principal](t)(h.Authn.Principal(t.Context(), loader.Secret, source))
	h.Pass(30 * 24 * time.Hour)
	_, err = h.Authn.Principal(t.Context(), loader.Secret, source)
	wantID(t, err, "unauthenticated")
	must[party.Principal](t)(h.Authn.Principal(t.Context(), token.Secret, source))
	token.NextCode = loader.NextCode
	// A refused use leaves the code usable.
	must[authn.Issued](t)(h.Authn.SignIn(t.Context(), token.NextCode, source))
	if n := len(h.Records(proof.KindCredential)); n != 4 {
		t.Fatalf("%d credential entries, want 4", n)
	}
}

// A decision that starts where the principal was read is sent back if he was
// ended in between.
func TestPrincipalSaysWhenHeWasRead(t *testing.T) {
	h, s := firm(t)
	p := must[party.Principal](t)(h.Authn.Principal(t.Context(), s.Secret, source))
	decide := func() error {
		_, err := h.Ledger.Append(t.Context(), ledger.Item{
			Request: h.Request(), Entry: ledger.Entry{Kind: proof.KindDisclosure},
			Basis: ledger.Basis{Size: p.Seen, Keys: []string{ledger.CredentialKey(p.Credential)}},
		})
		return err
	}
	if err := decide(); err != nil || p.Seen == 0 {
		t.Fatalf("read at %d: %v", p.Seen, err)
	}
	if err := h.Authn.SignOut(t.Context(), s.Secret, source); err != nil {
		t.Fatal(err)
	}
	if err := decide(); !ledger.Stale(err) {
		t.Fatalf("a decision outlives the credential: %v", err)
	}
}

func TestCreateTokenRefuses(t *testing.T) {
	h := authntest.Open(t)
	code := h.SetUp()
	for _, c := range []struct{ name, scope, id string }{
		{"x", "root", "bad-request"}, {"x", "", "bad-request"}, {"", authn.ScopeCRM, "bad-request"},
		{"Upper", authn.ScopeCRM, "bad-request"}, {strings.Repeat("a", 41), authn.ScopeCRM, "bad-request"},
		{"officer", authn.ScopeCRM, "exists"},
	} {
		_, err := h.Authn.CreateToken(t.Context(), code, c.name, c.scope, source)
		wantID(t, err, c.id)
	}
	h.Person("sys", party.SystemAdmin, pii.Own)
	officer := h.Principal("officer", "")
	admin := must[string](t)(h.Authn.Invite(t.Context(), officer, "sys"))
	_, err := h.Authn.CreateToken(t.Context(), admin, "crm", authn.ScopeCRM, source)
	wantID(t, err, "not-yours")
}

// A code that many try at once serves exactly one of them.
func TestCodeServesOnce(t *testing.T) {
	h := authntest.Open(t)
	code := h.SetUp()
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = h.Authn.CreateToken(t.Context(), code, fmt.Sprintf("svc-%d", i), authn.ScopeImport, source)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantID(t, err, "bad-code")
	}
	if won != 1 || len(h.Records(proof.KindCredential)) != 1 {
		t.Fatalf("%d succeeded with %d entries, want one of each", won, len(h.Records(proof.KindCredential)))
	}
}

// firm is a house with a signed-in staff member.
func firm(t *testing.T) (*authntest.House, authn.Issued) {
	h := authntest.Open(t)
	h.SetUp()
	h.Person("sec", party.SecAdmin, pii.Own)
	h.Person("a1", party.Staff, pii.Own)
	code := must[string](t)(h.Authn.Invite(t.Context(), h.Principal("sec", ""), "a1"))
	return h, must[authn.Issued](t)(h.Authn.SignIn(t.Context(), code, source))
}

func TestEveryFailureIsTheSameAnswer(t *testing.T) {
	cases := map[string]func(h *authntest.House, s authn.Issued) (bearer string){
		"empty":          func(_ *authntest.House, _ authn.Issued) string { return "" },
		"unknown":        func(_ *authntest.House, s authn.Issued) string { return s.Secret[:len(s.Secret)-1] + "!" },
		"code as bearer": func(_ *authntest.House, s authn.Issued) string { return s.NextCode },
		"expired": func(h *authntest.House, s authn.Issued) string {
			h.Pass(12 * time.Hour)
			return s.Secret
		},
		"ended": func(h *authntest.House, s authn.Issued) string {
			if err := h.Authn.SignOut(h.T.Context(), s.Secret, source); err != nil {
				h.T.Fatal(err)
			}
			return s.Secret
		},
		"forged life":    forge(`UPDATE token SET until = until + 1`),
		"forged person":  forge(`UPDATE token SET person = 'officer'`),
		"forged scope":   forge(`UPDATE token SET scope = 'crm'`),
		"forged kind":    forge(`UPDATE person SET kind = 'officer' WHERE id = 'a1'`),
		"forged org":     forge(`UPDATE org SET title = 'Other'`),
		"forged entry":   forge(`UPDATE person SET entry = entry + 1 WHERE id = 'a1'`),
		"another's row":  forge(`UPDATE person SET kind = 'secadmin', mac = (SELECT mac FROM person WHERE id = 'sec') WHERE id = 'a1'`),
		"contract over":  change(party.Person{ContractUntil: authntest.Start}),
		"suspended":      change(party.Person{Suspended: true}),
		"not yet joined": change(party.Person{ContractFrom: authntest.Start.Add(time.Second)}),
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			h, s := firm(t)
			must[party.Principal](t)(h.Authn.Principal(t.Context(), s.Secret, source))
			bearer := spoil(h, s)
			p, err := h.Authn.Principal(t.Context(), bearer, source)
			if diff := cmp.Diff(fault.New(fault.Unauthentic, "unauthenticated", "").Error(), err.Error()); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(party.Principal{}, p); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func forge(query string) func(*authntest.House, authn.Issued) string {
	return func(h *authntest.House, s authn.Issued) string {
		h.Forge(query)
		return s.Secret
	}
}

// change replaces the staff member's row through the ledger.
func change(p party.Person) func(*authntest.House, authn.Issued) string {
	return func(h *authntest.House, s authn.Issued) string {
		p.ID, p.Org, p.Kind = "a1", pii.Own, party.Staff
		if p.ContractFrom.IsZero() {
			p.ContractFrom = authntest.Start.Add(-time.Hour)
		}
		h.Put(proof.KindParty, party.PersonPut{Person: &p})
		return s.Secret
	}
}

// A forged code row authorises nothing: a thief of the database cannot plant his
// own code's hash.
func TestForgedCode(t *testing.T) {
	h, s := firm(t)
	h.Forge(`UPDATE code SET person = 'officer2', until = until + 1 WHERE person = 'a1'`)
	_, err := h.Authn.SignIn(t.Context(), s.NextCode, source)
	wantID(t, err, "bad-code")
	if !slices.Contains(h.Alarms(), "row-forged") {
		t.Fatal("nobody was told of the forged row")
	}
}

func TestInvite(t *testing.T) {
	h := authntest.Open(t)
	h.SetUp()
	h.Org("agency", party.Entrusted)
	h.Org("reseller", party.Handler)
	people := map[party.PersonKind]pii.OrgID{
		party.Officer: pii.Own, party.SystemAdmin: pii.Own, party.SecAdmin: pii.Own, party.Auditor: pii.Own,
		party.Staff: pii.Own, party.Outsourced: "agency", party.Partner: "reseller", party.Service: pii.Own,
	}
	allowed := map[[2]party.PersonKind]bool{}
	for _, k := range []party.PersonKind{party.Officer, party.SystemAdmin, party.SecAdmin, party.Auditor} {
		allowed[[2]party.PersonKind{party.Officer, k}] = true
	}
	for _, k := range []party.PersonKind{party.Staff, party.Outsourced, party.Partner} {
		allowed[[2]party.PersonKind{party.SecAdmin, k}] = true
	}
	by := map[party.PersonKind]party.Principal{}
	for k, org := range people {
		by[k] = h.Person(pii.PersonID("by-"+k), k, org)
		h.Person(pii.PersonID("to-"+k), k, org)
	}
	for from, p := range by {
		for to := range people {
			_, err := h.Authn.Invite(t.Context(), p, pii.PersonID("to-"+to))
			if ok := err == nil; ok != allowed[[2]party.PersonKind{from, to}] {
				t.Errorf("%s invites %s: %v", from, to, err)
			}
		}
		_, err := h.Authn.Invite(t.Context(), p, p.Person.ID)
		wantID(t, err, "not-yours")
	}
	_, err := h.Authn.Invite(t.Context(), by[party.Officer], "nobody")
	wantID(t, err, "not-found")
}

func TestInviteReplacesALostCode(t *testing.T) {
	h, s := firm(t)
	fresh := must[string](t)(h.Authn.Invite(t.Context(), h.Principal("sec", ""), "a1"))
	_, err := h.Authn.SignIn(t.Context(), s.NextCode, source)
	wantID(t, err, "bad-code")
	h.Pass(14 * 24 * time.Hour)
	_, err = h.Authn.SignIn(t.Context(), fresh, source)
	wantID(t, err, "bad-code")
}

// An inviter whose own power ended after he was authenticated invites nobody.
func TestInviteByALeaver(t *testing.T) {
	h, _ := firm(t)
	sec := h.Principal("sec", "")
	h.Put(proof.KindParty, party.PersonPut{Person: &party.Person{
		ID: "sec", Org: pii.Own, Kind: party.SecAdmin, ContractFrom: authntest.Start.Add(-time.Hour), Suspended: true,
	}})
	_, err := h.Authn.Invite(t.Context(), sec, "a1")
	wantID(t, err, "not-yours")
}

func TestFailuresAreOneEntryPerSourceAndMinute(t *testing.T) {
	h, s := firm(t)
	ctx := t.Context()
	for range 5 {
		_, err := h.Authn.Principal(ctx, "gbs_wrong", "198.51.100.1")
		wantID(t, err, "unauthenticated")
	}
	_, err := h.Authn.SignIn(ctx, "WRONG", "198.51.100.2")
	wantID(t, err, "bad-code")
	must[party.Principal](t)(h.Authn.Principal(ctx, s.Secret, "198.51.100.3"))
	h.Pass(time.Minute)
	h.Authn.Flush(ctx, h.Now())
	got := map[string]string{}
	for _, r := range h.Records(proof.KindAuthnFailed) {
		got[r.Fact("source")] = r.Fact("count")
	}
	if diff := cmp.Diff(map[string]string{"198.51.100.1": "5", "198.51.100.2": "1"}, got); diff != "" {
		t.Fatal(diff)
	}
}

// Many sources do not make many entries.
func TestFailuresOfManySources(t *testing.T) {
	h, _ := firm(t)
	const n = 300
	for i := range n {
		_, err := h.Authn.Principal(t.Context(), "gbs_wrong", fmt.Sprintf("2001:db8::%x", i))
		wantID(t, err, "unauthenticated")
	}
	h.Authn.Flush(t.Context(), time.Time{})
	records, total := h.Records(proof.KindAuthnFailed), 0
	for _, r := range records {
		var c int
		if _, err := fmt.Sscan(r.Fact("count"), &c); err != nil {
			t.Fatal(err)
		}
		total += c
	}
	if len(records) != 257 || total != n {
		t.Fatalf("%d entries count %d failures, want 257 and %d", len(records), total, n)
	}
}

// No secret is in the database: neither tokens, sessions nor codes.
func TestSecretsAreNotStored(t *testing.T) {
	h, s := firm(t)
	for _, r := range h.Records(proof.KindCredential) {
		for _, f := range r.Facts() {
			if strings.Contains(f.Value, s.Secret) || strings.Contains(f.Value, s.NextCode) {
				t.Fatalf("fact %s carries a secret", f.Name)
			}
		}
	}
	for _, b := range h.Files() {
		if strings.Contains(string(b), s.Secret) || strings.Contains(string(b), s.NextCode) {
			t.Fatal("a file of the data directory carries a secret")
		}
	}
}

// A code may be typed as people type: case, spaces, hyphens and look-alikes.
func TestCodeAsTyped(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		code := rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{20}`).Draw(r, "code")
		typed := ""
		for _, c := range code {
			switch {
			case c == '0' && rapid.Bool().Draw(r, "O"):
				c = 'o'
			case c == '1' && rapid.Bool().Draw(r, "l"):
				c = rapid.SampledFrom([]rune("Il")).Draw(r, "which")
			}
			typed += rapid.SampledFrom([]string{"", "-", " "}).Draw(r, "gap") + string(c)
		}
		if rapid.Bool().Draw(r, "lower") {
			typed = strings.ToLower(typed)
		}
		if string(authn.CodeHash(code)) != string(authn.CodeHash(typed)) {
			r.Fatal("a code typed differently is another code")
		}
		other := code[:19] + string("01"[b2i(code[19] == '0')])
		if other != code && string(authn.CodeHash(code)) == string(authn.CodeHash(other)) {
			r.Fatal("two codes have one hash")
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
