package server

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/fault"
)

// SignIn is how people sign in.
type SignIn struct {
	// URL is where people's browsers reach this server, e.g. https://goldbell.example.com.
	// Passkeys, cookies and the identity provider's way back are bound to it; without it
	// the console is tried out on http://localhost. Passkeys do not outlive a change of
	// its host.
	URL  string `json:"url,omitempty"`
	OIDC *OIDC  `json:"oidc,omitempty"`
}

// OIDC is the company's identity provider.
type OIDC struct {
	Issuer string `json:"issuer"`
	Client string `json:"client"`
	// Secret is a file outside the data directory, 0600, or env:NAME.
	Secret string `json:"secret"`
	// Claim holds the staff number; people must not be able to change it themselves.
	Claim string `json:"claim"`
	Roots string `json:"roots,omitempty"` // PEM file of the certificates to trust; empty: the system's
	// StepUp says which answers of the provider stand for a passkey; missing: none.
	StepUp *struct {
		ACR []string `json:"acr,omitempty"`
		AMR []string `json:"amr,omitempty"`
	} `json:"step_up,omitempty"`
}

// oidcReturn is the page of the console that the provider sends browsers back to.
const oidcReturn = "/console/oidc"

// signInURL is the address that was set, without a closing slash.
func (s Settings) signInURL() string {
	if s.SignIn == nil {
		return ""
	}
	return strings.TrimSuffix(s.SignIn.URL, "/")
}

// address is where outsiders reach the pages, as messages name it.
func (s Settings) address() string {
	if s.Address != "" {
		return s.Address
	}
	return s.signInURL()
}

// checkSignIn refuses an address that browsers would not take.
func (s Settings) checkSignIn() error {
	if s.SignIn == nil {
		return nil
	}
	if url := s.signInURL(); s.SignIn.URL != "" && !authn.IsSite(url) || url == "" && s.SignIn.OIDC != nil {
		return fault.New(fault.Invalid, "bad-url", "sign_in.url")
	}
	return nil
}

// provider sets up the identity provider, if the settings name one.
func (s Settings) provider(data string, clock func() time.Time) (*authn.Provider, error) {
	if s.SignIn == nil || s.SignIn.OIDC == nil {
		return nil, nil
	}
	set := s.SignIn.OIDC
	c := authn.OIDCConfig{Issuer: set.Issuer, Client: set.Client, Claim: set.Claim, Redirect: s.signInURL() + oidcReturn}
	var err error
	if c.Secret, err = clientSecret(set.Secret, data); err != nil {
		return nil, err
	}
	if c.Roots, err = oidcRoots(set.Roots); err != nil {
		return nil, err
	}
	if set.StepUp != nil {
		if c.ACR, c.AMR = set.StepUp.ACR, set.StepUp.AMR; len(c.ACR)+len(c.AMR) == 0 {
			return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.step_up")
		}
	}
	return authn.NewProvider(c, clock)
}

// clientSecret reads the secret we share with the provider. A backup of the data
// directory must not hold it.
func clientSecret(from, data string) (string, error) {
	wrong := fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.secret")
	if name, ok := strings.CutPrefix(from, "env:"); ok {
		return os.Getenv(name), nil // an empty one is refused with the rest
	}
	if !filepath.IsAbs(from) || inside(from, data) {
		return "", wrong
	}
	text, err := private(from)
	if err != nil {
		return "", wrong
	}
	return string(text), nil
}

func oidcRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pool, err := trusted(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.roots")
	}
	return pool, nil
}
