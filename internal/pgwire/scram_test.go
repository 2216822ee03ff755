package pgwire

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/enrolment"
)

// TestScramExample is the exchange of RFC 7677, section 3.
func TestScramExample(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := NewSecret("pencil", salt, 4096)
	if err != nil {
		t.Fatal(err)
	}
	begin := func() *exchange {
		x := &exchange{secret: secret, rand: bytes.NewReader(make([]byte, 100))}
		if _, err := x.begin("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"); err != nil {
			t.Fatal(err)
		}
		x.nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" // the example's, not random
		x.reply = "r=" + x.nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
		return x
	}
	const final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	got, err := begin().finish(final)
	if err != nil || got != "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, wrong := range []string{
		"", "p=", final[:len(final)-4], strings.Replace(final, "c=biws", "c=eSws", 1), strings.Replace(final, "NlF$k0", "NlF$k1", 1),
		strings.Replace(final, "p=dHz", "p=eHz", 1), strings.Replace(final, ",p=", ",x=1,p=", 1),
	} {
		if _, err := begin().finish(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

func TestScramFirstMessages(t *testing.T) {
	for first, want := range map[string]struct{ plain, bound bool }{
		"n,,n=,r=0123456789abcdef":                      {true, false},
		"y,,n=,r=0123456789abcdef":                      {false, false}, // we offer the bound one
		"p=tls-server-end-point,,n=,r=0123456789abcdef": {false, true},
		"p=tls-unique,,n=,r=0123456789abcdef":           {false, false},
		"n,,r=0123456789abcdef":                         {false, false},
		"n,,n=,r=":                                      {false, false},
		"n,x,n=,r=0123456789abcdef":                     {false, false},
		"":                                              {false, false},
	} {
		for _, bound := range []bool{false, true} {
			x := &exchange{secret: &enrolment.Verifier{}, bound: bound, binding: []byte("b"), rand: bytes.NewReader(make([]byte, 100))}
			_, err := x.begin(first)
			if ok := err == nil; ok != (bound && want.bound || !bound && want.plain) {
				t.Errorf("%q, bound %v: %v", first, bound, err)
			}
		}
	}
}
