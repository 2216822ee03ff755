package demo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/goldbell/goldbell/internal/authn"
)

// passkey is a worker's authenticator: what a phone or a security key does, in
// software. It verifies whoever asks it, being a part of the play.
type passkey struct {
	key    *ecdsa.PrivateKey
	id     []byte
	handle string
	uses   uint32
}

const console = "http://localhost:8470"

var b64 = base64.RawURLEncoding

// Flags of authenticator data: present, verified, and with a new credential.
const (
	userPresent   = 1 << 0
	userVerified  = 1 << 2
	newCredential = 1 << 6
)

// create makes a key and answers the options of an enrolment.
func (k *passkey) create(o authn.Options) (a authn.Answer, err error) {
	in, err := wantedOf(o)
	if err != nil {
		return a, err
	}
	if k.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return a, err
	}
	k.id, k.handle = make([]byte, 16), in.User.ID
	_, _ = rand.Read(k.id) // never fails
	point, err := k.key.PublicKey.Bytes()
	if err != nil {
		return a, err
	}
	data := k.data(userPresent|userVerified|newCredential, in)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(data, k.id...)
	// The key in COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20)
	data = append(append(append(data, point[1:33]...), 0x22, 0x58, 0x20), point[33:]...)
	// {"fmt": "none", "attStmt": {}, "authData": data}
	object := append([]byte{0xa3}, "\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"...)
	object = append(binary.BigEndian.AppendUint16(object, uint16(len(data))), data...)
	return k.answer(o, map[string]string{
		"clientDataJSON": b64.EncodeToString(clientData("webauthn.create", in)), "attestationObject": b64.EncodeToString(object),
	})
}

// get answers the options of a sign-in or a step-up.
func (k *passkey) get(o authn.Options) (a authn.Answer, err error) {
	in, err := wantedOf(o)
	if err != nil {
		return a, err
	}
	k.uses++
	data, client := k.data(userPresent|userVerified, in), clientData("webauthn.get", in)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(data[:len(data):len(data)], hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, digest[:])
	if err != nil {
		return a, err
	}
	return k.answer(o, map[string]string{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": k.handle,
	})
}

// wanted is the part of WebAuthn's options an authenticator needs.
type wanted struct {
	Challenge string
	RPID      string
	RP        struct{ ID string }
	User      struct{ ID string }
}

func wantedOf(o authn.Options) (in wanted, err error) {
	b, err := json.Marshal(o.PublicKey)
	if err != nil {
		return in, err
	}
	err = json.Unmarshal(b, &in)
	if in.RPID == "" {
		in.RPID = in.RP.ID
	}
	return in, err
}

func clientData(kind string, in wanted) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": in.Challenge, "origin": console, "crossOrigin": false})
	if err != nil {
		panic("demo: client data did not encode") // impossible state
	}
	return b
}

func (k *passkey) data(flags byte, in wanted) []byte {
	site := sha256.Sum256([]byte(in.RPID))
	return binary.BigEndian.AppendUint32(append(site[:], flags), k.uses)
}

func (k *passkey) answer(o authn.Options, response map[string]string) (authn.Answer, error) {
	id := b64.EncodeToString(k.id)
	b, err := json.Marshal(map[string]any{
		"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	return authn.Answer{Ceremony: o.Ceremony, Credential: b}, err
}

// enter signs a worker in: the first time with her one-time code, on which she
// enrols a passkey; from then on with that.
func (f *firm) enter(ctx context.Context, w *worker) (err error) {
	a := f.srv.Authn()
	if w.key == nil {
		if w.session, w.now, err = f.signIn(ctx, &w.code); err != nil {
			return err
		}
		o, err := a.BeginEnrolment(ctx, w.now, false)
		if err != nil {
			return err
		}
		w.key = &passkey{}
		in, err := w.key.create(o)
		if err != nil {
			return err
		}
		_, err = a.Enrol(ctx, w.now, in, "demo")
		return err
	}
	o, err := a.BeginSignIn(false)
	if err != nil {
		return err
	}
	in, err := w.key.get(o)
	if err != nil {
		return err
	}
	issued, err := a.SignInByPasskey(ctx, in, authn.Client{Source: "demo"})
	if err != nil {
		return err
	}
	w.session = issued.Secret
	w.now, err = a.Principal(ctx, w.session, "demo")
	return err
}

// prove has a worker's passkey verify her, unless it did so shortly before: plain
// values are shown to nobody else.
func (f *firm) prove(ctx context.Context, w *worker) (err error) {
	if w.now.SteppedUp(f.clock.Now()) {
		return nil
	}
	a := f.srv.Authn()
	o, err := a.BeginStepUp(ctx, w.now)
	if err != nil {
		return err
	}
	in, err := w.key.get(o)
	if err != nil {
		return err
	}
	if _, err = a.StepUp(ctx, w.now, in, "demo"); err != nil {
		return err
	}
	w.now, err = a.Principal(ctx, w.session, "demo")
	return err
}
