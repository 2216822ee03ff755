package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The client and secret that identity providers of tests know.
const (
	Client = "goldbell"
	Secret = "s3cret of the client"
)

// IDP is an identity provider that does what it must, unless it is told to answer
// wrongly: over HTTP, with keys, codes that serve once, PKCE and exact addresses.
type IDP struct {
	URL      string
	Redirect string
	Person   string         // who signs in there, as the claim "staff"
	Alg      string         // of its tokens
	Says     map[string]any // put over its metadata
	Claims   map[string]any // put over its tokens' claims; nil values are left out
	Foreign  bool           // it signs with a key that it does not publish
	Lax      bool           // its codes serve again

	t     testing.TB
	now   func() time.Time
	mu    sync.Mutex // guards codes
	codes map[string]url.Values
}

var keysOfIDP = sync.OnceValue(func() (k struct {
	rsa, foreign *rsa.PrivateKey
	ec           *ecdsa.PrivateKey
	ed           ed25519.PrivateKey
}) {
	var errs [4]error
	k.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.foreign, errs[1] = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.ed, errs[3] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return k
})

// OpenIDP starts a provider; it ends with the test.
func OpenIDP(t testing.TB, now func() time.Time, redirect string) *IDP {
	t.Helper()
	p := &IDP{Redirect: redirect, Alg: "RS256", t: t, now: now, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.metadata)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p.URL = s.URL
	return p
}

func (p *IDP) metadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "EdDSA", "HS256", "none"},
	}
	maps.Copy(m, p.Says)
	answer(w, http.StatusOK, m)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (p *IDP) keys(w http.ResponseWriter, _ *http.Request) {
	k := keysOfIDP()
	point, err := k.ec.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	answer(w, http.StatusOK, map[string]any{"keys": []map[string]any{
		{"kty": "RSA", "kid": "RS256", "use": "sig", "n": text64(k.rsa.N.Bytes()), "e": "AQAB"},
		{"kty": "EC", "kid": "ES256", "use": "sig", "crv": "P-256", "x": text64(point[1:33]), "y": text64(point[33:])},
		{"kty": "OKP", "kid": "EdDSA", "use": "sig", "crv": "Ed25519", "x": text64(k.ed.Public().(ed25519.PublicKey))},
	}})
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Visit is a browser at the provider's address, where its person agrees: what the
// browser is sent back with. An address the provider would not take fails the test.
func (p *IDP) Visit(address string) (code, state string) {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("client_id") != Client || q.Get("redirect_uri") != p.Redirect || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 32 || len(q.Get("nonce")) < 32 {
		p.t.Fatalf("the provider does not take %s", u.Redacted())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code = rand.Text()
	p.codes[code] = q
	return code, q.Get("state")
}

func (p *IDP) token(w http.ResponseWriter, r *http.Request) {
	user, word, _ := r.BasicAuth()
	word, _ = url.QueryUnescape(word)
	p.mu.Lock()
	q, ok := p.codes[r.PostFormValue("code")]
	if !p.Lax {
		delete(p.codes, r.PostFormValue("code"))
	}
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || user != Client || word != Secret || r.PostFormValue("grant_type") != "authorization_code" ||
		r.PostFormValue("redirect_uri") != q.Get("redirect_uri") || text64(sum[:]) != q.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := p.now()
	claims := map[string]any{
		"iss": p.URL, "sub": "4711", "aud": Client, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": q.Get("nonce"),
		"staff": p.Person, "auth_time": now.Unix(),
	}
	for name, v := range p.Claims {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(claims)})
}

func (p *IDP) sign(claims map[string]any) string {
	head, err := json.Marshal(map[string]string{"alg": p.Alg, "kid": p.Alg, "typ": "JWT"})
	if err != nil {
		panic(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed := text64(head) + "." + text64(body)
	return signed + "." + text64(p.signature([]byte(signed)))
}

func (p *IDP) signature(b []byte) (sig []byte) {
	k, sum := keysOfIDP(), sha256.Sum256(b)
	var err error
	switch p.Alg {
	case "RS256":
		key := k.rsa
		if p.Foreign {
			key = k.foreign
		}
		sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	case "ES256":
		r, s, e := ecdsa.Sign(rand.Reader, k.ec, sum[:])
		if err = e; err == nil {
			sig = make([]byte, 64)
			r.FillBytes(sig[:32])
			s.FillBytes(sig[32:])
		}
	case "EdDSA":
		sig = ed25519.Sign(k.ed, b)
	case "HS256": // with what everybody knows: the public key
		der, e := x509.MarshalPKIXPublicKey(&k.rsa.PublicKey)
		err = e
		m := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		m.Write(b)
		sig = m.Sum(nil)
	}
	if err != nil {
		panic(err)
	}
	return sig
}
