package authn_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const password = "correct horse battery"

// account is a house whose staff member has a passkey.
func account(t *testing.T) (*authntest.House, party.Principal, *authntest.Key) {
	t.Helper()
	h, s := firm(t)
	k := h.EnrolKey(again(t, h, s.Secret), false)
	return h, again(t, h, s.Secret), k
}

// passworded is one who has a password, too.
func passworded(t *testing.T) (*authntest.House, party.Principal, *authntest.Key) {
	t.Helper()
	h, p, k := account(t)
	if err := h.Authn.SetPassword(t.Context(), p, password); err != nil {
		t.Fatal(err)
	}
	return h, p, k
}

func again(t *testing.T, h *authntest.House, secret string) party.Principal {
	t.Helper()
	return must[party.Principal](t)(h.Authn.Principal(t.Context(), secret, source))
}

func answer(t *testing.T, h *authntest.House, k *authntest.Key, withPassword bool) authn.Answer {
	t.Helper()
	o, err := h.Authn.BeginSignIn(withPassword)
	return h.Answered(k, o, err)
}

func TestPasskeySignIn(t *testing.T) {
	h, _, k := account(t)
	h.Pass(time.Hour)
	before := len(h.Records(proof.KindCredential))
	in := answer(t, h, k, false)
	got := must[authn.Issued](t)(h.Authn.SignInByPasskey(t.Context(), in, authn.Client{Source: source}))
	p := again(t, h, got.Secret)
	if p.Person.ID != "a1" || !p.SteppedUp(h.Now()) || !p.MayApprove(h.Now()) || got.NextCode != "" {
		t.Fatalf("signed in as %+v", p)
	}
	h.Pass(party.StepUpLife)
	if p.SteppedUp(h.Now()) || p.MayApprove(h.Now()) {
		t.Error("a passkey counts as fresh for ever")
	}
	all := h.Records(proof.KindCredential)
	if len(all) != before+1 || all[before].Fact("what") != "session" || all[before].Fact("how") != "passkey" || all[before].Fact("source") != source {
		t.Errorf("%d entries", len(all)-before)
	}
	_, err := h.Authn.SignInByPasskey(t.Context(), in, authn.Client{Source: source})
	wantID(t, err, "sign-in-refused")
}

func TestPasswordSignIn(t *testing.T) {
	h, _, k := passworded(t)
	by := func(person pii.PersonID, word string, in authn.Answer) error {
		_, err := h.Authn.SignInByPassword(t.Context(), person, word, in, authn.Client{Source: source})
		return err
	}
	k.Authenticator.Options.UserNotVerified = true // a key that only sees a touch
	if err := by("a1", password, answer(t, h, k, true)); err != nil {
		t.Fatal(err)
	}
	s := must[authn.Issued](t)(h.Authn.SignInByPassword(t.Context(), "a1", password, answer(t, h, k, true), authn.Client{Source: source}))
	if again(t, h, s.Secret).SteppedUp(h.Now()) {
		t.Error("a touch counts as a verified owner")
	}
	for name, err := range map[string]error{
		"a wrong password":           by("a1", password+"!", answer(t, h, k, true)),
		"no password":                by("a1", "", answer(t, h, k, true)),
		"another's name":             by("sec", password, answer(t, h, k, true)),
		"nobody's name":              by("nobody", password, answer(t, h, k, true)),
		"another's passkey":          by("a1", password, answer(t, h, authntest.NewKey(), true)),
		"of a sign-in without one":   by("a1", password, answer(t, h, k, false)),
		"a touch in place of a face": signInBy(h, k, answer(t, h, k, false)),
	} {
		if !fault.IsID(err, "sign-in-refused") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func signInBy(h *authntest.House, _ *authntest.Key, in authn.Answer) error {
	_, err := h.Authn.SignInByPasskey(h.T.Context(), in, authn.Client{Source: source})
	return err
}

// Whatever is wrong with a ceremony, the answer is the same, and nothing is opened.
func TestCeremoniesRefused(t *testing.T) {
	ctx := func(h *authntest.House, o authn.Options, err error) authn.Options { h.T.Helper(); return o }
	for name, spoil := range map[string]func(h *authntest.House, k *authntest.Key) authn.Answer{
		"another origin": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Site.Origin = "http://evil.example:8470"
			return answer(t, h, k, false)
		},
		"a neighbour of localhost": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Site.Origin = "http://localhost.evil.example"
			return answer(t, h, k, false)
		},
		"another site": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Site.ID = "evil.example"
			return answer(t, h, k, false)
		},
		"nobody verified": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Authenticator.Options.UserNotVerified = true
			return answer(t, h, k, false)
		},
		"nobody present": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Authenticator.Options.UserNotPresent = true
			return answer(t, h, k, false)
		},
		"another key": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Credential.Key = authntest.NewKey().Credential.Key
			return answer(t, h, k, false)
		},
		"an unknown passkey": func(h *authntest.House, k *authntest.Key) authn.Answer {
			return answer(t, h, authntest.NewKey(), false)
		},
		"another's handle": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Authenticator.Options.UserHandle = []byte("somebody else")
			return answer(t, h, k, false)
		},
		"a clone": func(h *authntest.House, k *authntest.Key) authn.Answer {
			k.Credential.Counter += 5
			if err := signInBy(h, k, answer(t, h, k, false)); err != nil {
				h.T.Fatal(err)
			}
			k.Credential.Counter -= 3
			return answer(t, h, k, false)
		},
		"too late": func(h *authntest.House, k *authntest.Key) authn.Answer {
			in := answer(t, h, k, false)
			h.Pass(5 * time.Minute)
			return in
		},
		"another ceremony": func(h *authntest.House, k *authntest.Key) authn.Answer {
			in := answer(t, h, k, false)
			in.Ceremony = ctx(h, must2(h.Authn.BeginSignIn(false)), nil).Ceremony
			return in
		},
		"a step-up's ceremony": func(h *authntest.House, k *authntest.Key) authn.Answer {
			o, err := h.Authn.BeginStepUp(h.T.Context(), h.Principal("a1", ""))
			return h.Answered(k, o, err)
		},
		"a forged ceremony": func(h *authntest.House, k *authntest.Key) authn.Answer {
			in := answer(t, h, k, false)
			in.Ceremony = strings.Repeat("A", len(in.Ceremony))
			return in
		},
		"no JSON": func(h *authntest.House, k *authntest.Key) authn.Answer {
			in := answer(t, h, k, false)
			in.Credential = []byte("x")
			return in
		},
		"a forged key": func(h *authntest.House, k *authntest.Key) authn.Answer {
			h.Forge(`UPDATE passkey SET person = 'sec'`)
			return answer(t, h, k, false)
		},
		"a forged counter": func(h *authntest.House, k *authntest.Key) authn.Answer {
			h.Forge(`UPDATE passkey SET uses = 0`)
			return answer(t, h, k, false)
		},
		"an account that was ended": func(h *authntest.House, k *authntest.Key) authn.Answer {
			if err := h.Authn.EndAccount(h.T.Context(), h.Principal("sec", ""), "a1"); err != nil {
				h.T.Fatal(err)
			}
			return answer(t, h, k, false)
		},
		"a leaver": func(h *authntest.House, k *authntest.Key) authn.Answer {
			change(party.Person{Suspended: true})(h, authn.Issued{})
			return answer(t, h, k, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, _, k := account(t)
			h.T = t
			if err := signInBy(h, k, answer(t, h, k, false)); err != nil {
				t.Fatalf("unspoilt: %v", err)
			}
			in := spoil(h, k)
			if err := signInBy(h, k, in); err == nil || err.Error() != fault.New(fault.Unauthentic, "sign-in-refused", "").Error() {
				t.Fatalf("%v", err)
			}
		})
	}
}

func must2(o authn.Options, err error) authn.Options {
	if err != nil {
		panic(err)
	}
	return o
}

func TestStepUp(t *testing.T) {
	h, p, k := account(t)
	ctx := t.Context()
	h.Pass(party.StepUpLife)
	if p.SteppedUp(h.Now()) {
		t.Fatal("enrolment counts for ever")
	}
	begin := func(by party.Principal) authn.Answer {
		o, err := h.Authn.BeginStepUp(ctx, by)
		return h.Answered(k, o, err)
	}
	in := begin(p)
	until := must[time.Time](t)(h.Authn.StepUp(ctx, p, in, source))
	if !until.Equal(h.Now().Add(party.StepUpLife)) {
		t.Errorf("until %v", until)
	}
	_, err := h.Authn.StepUp(ctx, p, in, source)
	wantID(t, err, "passkey-refused")

	k.Authenticator.Options.UserNotVerified = true
	_, err = h.Authn.StepUp(ctx, p, begin(p), source)
	wantID(t, err, "passkey-refused")
	k.Authenticator.Options.UserNotVerified = false

	// Begun in one session it does not serve in another, nor another's passkey in hers.
	in = begin(p)
	s := must[authn.Issued](t)(h.Authn.SignInByPasskey(ctx, answer(t, h, k, false), authn.Client{Source: source}))
	_, err = h.Authn.StepUp(ctx, again(t, h, s.Secret), in, source)
	wantID(t, err, "passkey-refused")
	_, err = h.Authn.StepUp(ctx, p, begin(p), source)
	wantID(t, err, "unauthenticated") // her older session has ended
	sec := must[string](t)(h.Authn.Invite(ctx, h.Principal("officer", ""), "sec"))
	other := must[authn.Issued](t)(h.Authn.SignIn(ctx, sec, source))
	_, err = h.Authn.BeginStepUp(ctx, again(t, h, other.Secret))
	wantID(t, err, "no-passkey")
}

// A code alone adds no passkey where there is one: it replaces all, which their owner
// will notice.
func TestEnrolment(t *testing.T) {
	h, p, old := account(t)
	ctx := t.Context()
	second := h.EnrolKey(p, false) // stepped up by the first
	h.Pass(party.StepUpLife)
	_, err := h.Authn.BeginEnrolment(ctx, p, false)
	wantID(t, err, "step-up-needed")
	if err := h.Authn.SetPassword(ctx, p, password); !fault.IsID(err, "step-up-needed") {
		t.Errorf("a password is set in an old session: %v", err)
	}
	code := must[string](t)(h.Authn.Invite(ctx, h.Principal("sec", ""), "a1"))
	s := must[authn.Issued](t)(h.Authn.SignIn(ctx, code, source))
	p = again(t, h, s.Secret)
	_, err = h.Authn.BeginEnrolment(ctx, p, false)
	wantID(t, err, "step-up-needed")
	if err := h.Authn.SetPassword(ctx, p, password); !fault.IsID(err, "step-up-needed") {
		t.Errorf("a code sets a password beside a passkey: %v", err)
	}
	fresh := h.EnrolKey(p, true)
	for _, k := range []*authntest.Key{old, second} {
		if err := signInBy(h, k, answer(t, h, k, false)); !fault.IsID(err, "sign-in-refused") {
			t.Errorf("a replaced passkey: %v", err)
		}
	}
	if err := signInBy(h, fresh, answer(t, h, fresh, false)); err != nil {
		t.Error(err)
	}
	h.Pass(time.Hour)
	code = must[string](t)(h.Authn.Invite(ctx, h.Principal("sec", ""), "a1"))
	s = must[authn.Issued](t)(h.Authn.SignIn(ctx, code, source))
	h.Pass(party.StepUpLife)
	_, err = h.Authn.BeginEnrolment(ctx, again(t, h, s.Secret), true)
	wantID(t, err, "step-up-needed")
}

func TestSignInByCodeIsNoStepUp(t *testing.T) {
	h, s := firm(t)
	p := again(t, h, s.Secret)
	if p.SteppedUp(h.Now()) || p.MayApprove(h.Now()) {
		t.Error("a code is a step-up, or serves for approvals of who has no passkey")
	}
	h.EnrolKey(p, false)
	s = must[authn.Issued](t)(h.Authn.SignIn(t.Context(), s.NextCode, source))
	if p := again(t, h, s.Secret); p.SteppedUp(h.Now()) || p.MayApprove(h.Now()) {
		t.Error("a code serves for approvals of who has a passkey")
	}
}

// Whatever others do under her name, from wherever, she signs in.
func TestNobodyIsLockedOut(t *testing.T) {
	h, _, k := passworded(t)
	ctx, from := t.Context(), authn.Client{Source: source}
	for range 50 {
		_, err := h.Authn.SignInByPassword(ctx, "a1", "guess", answer(t, h, authntest.NewKey(), true), from)
		wantID(t, err, "sign-in-refused")
		_, err = h.Authn.SignIn(ctx, "00000-00000-00000-00000", source)
		wantID(t, err, "bad-code")
	}
	if _, err := h.Authn.SignInByPassword(ctx, "a1", password, answer(t, h, k, true), from); err != nil {
		t.Fatal(err)
	}
	// Whoever holds the passkey has ten guesses at the password, and no more in an hour.
	for range 10 {
		_, err := h.Authn.SignInByPassword(ctx, "a1", "guess", answer(t, h, k, true), from)
		wantID(t, err, "sign-in-refused")
	}
	_, err := h.Authn.SignInByPassword(ctx, "a1", password, answer(t, h, k, true), from)
	wantID(t, err, "sign-in-refused")
	if err := signInBy(h, k, answer(t, h, k, false)); err != nil {
		t.Errorf("the passkey alone: %v", err)
	}
	h.Pass(time.Hour)
	if _, err := h.Authn.SignInByPassword(ctx, "a1", password, answer(t, h, k, true), from); err != nil {
		t.Error(err)
	}
}

// A sign-in takes the same steps whoever is named and whatever is kept of her: one hash
// beside a passkey that signed, none beside one that did not.
func TestSignInTakesTheSameSteps(t *testing.T) {
	h, p, k := passworded(t)
	ctx, from := t.Context(), authn.Client{Source: source}
	hashes := h.Authn.CountHashes()
	try := func(person pii.PersonID, word string, key *authntest.Key) (int, error) {
		before := hashes()
		_, err := h.Authn.SignInByPassword(ctx, person, word, answer(t, h, key, true), from)
		return hashes() - before, err
	}
	if n, err := try("a1", password, k); err != nil || n != 1 {
		t.Errorf("the right password: %d hashes, %v", n, err)
	}
	for _, person := range []pii.PersonID{"a1", "sec", "officer", "nobody", ""} {
		n, err := try(person, "guess", authntest.NewKey())
		if wantID(t, err, "sign-in-refused"); n != 0 {
			t.Errorf("%q without her passkey: %d hashes", person, n)
		}
		n, err = try(person, "guess", k)
		if wantID(t, err, "sign-in-refused"); n != 1 {
			t.Errorf("%q beside a passkey: %d hashes", person, n)
		}
	}
	for range 5 { // until that passkey takes none any more
		n, err := try("a1", "guess", k)
		if wantID(t, err, "sign-in-refused"); n != 1 {
			t.Errorf("%d hashes", n)
		}
	}
	if n, err := try("a1", password, k); !fault.IsID(err, "sign-in-refused") || n != 1 {
		t.Errorf("resting: %d hashes, %v", n, err)
	}
	h.Pass(time.Hour)
	if err := h.Authn.EndAccount(ctx, h.Principal("sec", ""), p.Person.ID); err != nil {
		t.Fatal(err)
	}
	code := must[string](t)(h.Authn.Invite(ctx, h.Principal("sec", ""), "a1"))
	s := must[authn.Issued](t)(h.Authn.SignIn(ctx, code, source))
	k = h.EnrolKey(again(t, h, s.Secret), false)
	if n, err := try("a1", "", k); !fault.IsID(err, "sign-in-refused") || n != 1 {
		t.Errorf("without a password: %d hashes, %v", n, err)
	}
}

func TestPasswordsHaveLimits(t *testing.T) {
	h, p, _ := passworded(t)
	for _, bad := range []string{"", "short", strings.Repeat("ab", 10), strings.Repeat("x", 129), "a1"} {
		if err := h.Authn.SetPassword(t.Context(), p, bad); !fault.IsID(err, "bad-password") {
			t.Errorf("%d characters: %v", len(bad), err)
		}
	}
	for _, file := range h.Files() {
		if strings.Contains(string(file), password) {
			t.Error("the password lies in the database")
		}
	}
}

// As many sessions as were allowed, the oldest ending first.
func TestAllowedSessions(t *testing.T) {
	h, _, k := account(t)
	ctx := t.Context()
	if err := h.Authn.AllowSessions(ctx, h.Principal("officer", ""), "a1", 2); !fault.IsID(err, "not-yours") {
		t.Errorf("an officer allows sessions: %v", err)
	}
	if err := h.Authn.AllowSessions(ctx, h.Principal("sec", ""), "a1", 2); err != nil {
		t.Fatal(err)
	}
	var all []authn.Issued
	for range 3 {
		h.Pass(time.Minute)
		all = append(all, must[authn.Issued](t)(h.Authn.SignInByPasskey(ctx, answer(t, h, k, false), authn.Client{Source: source})))
	}
	open := must[[]authn.Session](t)(h.Authn.Sessions(ctx, h.Principal("sec", ""), "a1"))
	if len(open) != 2 {
		t.Fatalf("%d sessions", len(open))
	}
	_, err := h.Authn.Principal(ctx, all[0].Secret, source)
	wantID(t, err, "unauthenticated")
	again(t, h, all[1].Secret)
	again(t, h, all[2].Secret)
}

// Two sign-ins at once leave one session.
func TestSessionsAtOnce(t *testing.T) {
	h, _, k := account(t)
	const n = 6
	answers := make([]authn.Answer, n)
	for i := range answers {
		answers[i] = answer(t, h, k, false)
	}
	done := make(chan error, n)
	for _, in := range answers {
		go func() {
			_, err := h.Authn.SignInByPasskey(t.Context(), in, authn.Client{Source: source})
			done <- err
		}()
	}
	won := 0
	for range n {
		if <-done == nil {
			won++
		}
	}
	open := must[[]authn.Session](t)(h.Authn.Sessions(t.Context(), h.Principal("sec", ""), "a1"))
	if won == 0 || len(open) != 1 {
		t.Fatalf("%d signed in, %d sessions", won, len(open))
	}
}

// Rows that open a session are refused when SQL made or changed them.
func TestForgedLogins(t *testing.T) {
	for name, query := range map[string]string{
		"password":  `UPDATE local_account SET password = ''`,
		"handle":    `UPDATE local_account SET handle = x'00'`,
		"sessions":  `UPDATE local_account SET sessions = 5`,
		"key":       `UPDATE passkey SET public_key = x'00'`,
		"un-ended":  `UPDATE passkey SET ended = NOT ended`,
		"owner":     `UPDATE passkey SET person = 'officer'`,
		"the entry": `UPDATE passkey SET entry = entry + 1`,
	} {
		h, _, k := passworded(t)
		in := answer(t, h, k, true)
		h.Forge(query)
		if _, err := h.Authn.SignInByPassword(t.Context(), "a1", password, in, authn.Client{Source: source}); err == nil {
			t.Errorf("%s: signed in", name)
		}
		if name != "un-ended" && !slices.Contains(h.Alarms(), "row-forged") {
			t.Errorf("%s: nobody was told", name)
		}
	}
}

// Guesses that are made at once are counted as those one after the other.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	h, _, k := passworded(t)
	var wg sync.WaitGroup
	const atOnce = 14
	compared := h.Authn.CountComparisons(atOnce)
	for range atOnce {
		in := answer(t, h, k, true)
		wg.Go(func() {
			if _, err := h.Authn.SignInByPassword(t.Context(), "a1", "guess", in, authn.Client{Source: source}); err == nil {
				t.Error("a wrong password signs in")
			}
		})
	}
	wg.Wait()
	if n := compared(); n != 10 {
		t.Errorf("%d guesses were compared, want 10", n)
	}
}
