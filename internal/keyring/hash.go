package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/goldbell/goldbell/internal/pii"
)

// prf is HMAC-SHA256 under one key, with its states kept between calls: setting
// one up costs more than hashing a phone number.
type prf struct{ states sync.Pool }

type prfState struct {
	mac hash.Hash
	msg ad
}

func newPRF(k *key) *prf {
	raw := *k
	p := &prf{}
	p.states.New = func() any {
		return &prfState{mac: hmac.New(sha256.New, raw[:]), msg: make(ad, 0, 256)}
	}
	return p
}

// sum hashes what build writes. The message may be a plaintext, so its buffer is
// cleared before anyone else uses it.
func (p *prf) sum(build func(ad) ad) (out [32]byte) {
	s := p.states.Get().(*prfState)
	s.msg = build(s.msg[:0])
	s.mac.Reset()
	s.mac.Write(s.msg)
	s.mac.Sum(out[:0])
	clear(s.msg)
	p.states.Put(s)
	return out
}

// hashes are the ring's keyed hashes.
type hashes struct {
	mac, mask, request *prf
	sourced            *prf
	index, token, seal *key
	byField, byOrg     *sync.Map // derived: fieldNorm → *prf, pii.OrgID → *prf
	byUse              *sync.Map // derived: string → *sealer
}

type fieldNorm struct {
	field pii.Field
	norm  uint16
}

func newHashes(st *state) hashes {
	index, token, seal := *st.named[indexKey], *st.named[tokenKey], *st.named[sealKey]
	return hashes{
		mac: newPRF(st.named[macKey]), mask: newPRF(st.named[maskKey]), request: newPRF(st.named[requestKey]),
		sourced: newPRF(derive(&token, "goldbell sourced subject v1")),
		index:   &index, token: &token, seal: &seal,
		byField: &sync.Map{}, byOrg: &sync.Map{}, byUse: &sync.Map{},
	}
}

// BlindIndex is the keyed hash by which a value is found. Each field has a key
// of its own for each version of its normalisation, so that equal texts in two
// fields, or of two versions, do not meet. canonical is the normalised value.
func (r *Ring) BlindIndex(field pii.Field, norm uint16, canonical string) [32]byte {
	at := fieldNorm{field, norm}
	p, ok := r.hash.byField.Load(at)
	if !ok {
		info := ad(nil).text("goldbell blind index v1").text(string(field)).number(uint64(norm))
		p, _ = r.hash.byField.LoadOrStore(at, newPRF(derive(r.hash.index, string(info))))
	}
	return p.(*prf).sum(func(a ad) ad { return a.text(canonical) })
}

// MAC authenticates a row that gives power under a key that is not in the
// database. kind names the table, so that a row cannot stand in for another's.
func (r *Ring) MAC(kind string, row []byte) []byte {
	sum := r.hash.mac.sum(func(a ad) ad { return a.text(kind).bytes(row) })
	return sum[:]
}

// CheckMAC compares in constant time.
func (r *Ring) CheckMAC(kind string, row, mac []byte) bool {
	return hmac.Equal(r.MAC(kind, row), mac)
}

// MaskKey is a mask as the table that counts how many share it knows it.
func (r *Ring) MaskKey(field pii.Field, level uint8, mask string) [16]byte {
	sum := r.hash.mask.sum(func(a ad) ad { return a.text(string(field)).number(uint64(level)).text(mask) })
	return [16]byte(sum[:16])
}

// Pseudonym is the id by which an organisation knows a subject. Two organisations
// cannot join theirs; nobody can go back without asking for each subject.
func (r *Ring) Pseudonym(org pii.OrgID, id pii.SubjectID) pii.SubjectID {
	p, ok := r.hash.byOrg.Load(org)
	if !ok {
		info := ad(nil).text("goldbell pseudonym v1").text(string(org))
		p, _ = r.hash.byOrg.LoadOrStore(org, newPRF(derive(r.hash.token, string(info))))
	}
	sum := p.(*prf).sum(func(a ad) ad { return a.bytes(id[:]) })
	return pii.SubjectID(sum[:16])
}

// SourcedID is the id of a subject whose values lie in an enrolled table: the same
// whenever it is asked for, and no way back to the key of her row.
func (r *Ring) SourcedID(table, key string) pii.SubjectID {
	sum := r.hash.sourced.sum(func(a ad) ad { return a.text(table).text(key) })
	return pii.SubjectID(sum[:16])
}

// RequestID names the request a caller's Idempotency-Key stands for, within his
// own name and the route.
func (r *Ring) RequestID(principal pii.PersonID, route, idempotencyKey string) pii.RequestID {
	sum := r.hash.request.sum(func(a ad) ad { return a.text(string(principal)).text(route).text(idempotencyKey) })
	return pii.RequestID(sum[:16])
}

// SealFor seals small things that are no personal information but must not be
// read or altered by those who hold them: cursors, secrets in configuration rows.
// use separates them; it is one of our own words, never a caller's.
func (r *Ring) SealFor(use string, context, plaintext []byte) ([]byte, error) {
	nonce := make([]byte, longNonce)
	if err := fill(r.rand, nonce); err != nil {
		return nil, err
	}
	return r.useSealer(use).seal([]byte{byte(intl)}, nonce, plaintext, r.useAD(use, context)), nil
}

// OpenFor opens what SealFor made for the same use and context.
func (r *Ring) OpenFor(use string, context, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || suite(sealed[0]) != intl {
		return nil, ErrSealed
	}
	return r.useSealer(use).open(sealed[1:], r.useAD(use, context))
}

func (r *Ring) useAD(use string, context []byte) []byte {
	return newAD("goldbell use v1", r.Origin()).text(use).bytes(context)
}

func (r *Ring) useSealer(use string) *sealer {
	if s, ok := r.hash.byUse.Load(use); ok {
		return s.(*sealer)
	}
	k := derive(r.hash.seal, string(ad(nil).text("goldbell use v1").text(use)))
	defer k.zero()
	s, _ := r.hash.byUse.LoadOrStore(use, newSealer(k))
	return s.(*sealer)
}
