package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
)

// suite says by which algorithms bytes were sealed. It is the first byte of
// everything sealed and part of the associated data.
type suite byte

const intl suite = 1 // AES-256-GCM, HMAC-SHA256, HKDF-SHA256

const (
	keySize   = 32
	tagSize   = 16
	longNonce = 24
	gcmNonce  = 12
	hiddenKey = "[key]"
)

// key is raw key material. It never prints itself.
type key [keySize]byte

func newKey(rand io.Reader) (*key, error) {
	k := new(key)
	if err := fill(rand, k[:]); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *key) zero() { clear(k[:]) }

func (k key) String() string               { return hiddenKey }
func (k key) GoString() string             { return hiddenKey }
func (k key) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hiddenKey) }
func (k key) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }

func fill(rand io.Reader, b []byte) error {
	if _, err := io.ReadFull(rand, b); err != nil {
		return fmt.Errorf("read randomness: %w", err)
	}
	return nil
}

// sealer seals under a key that sees many messages. It is XAES-256-GCM
// (c2sp.org/XAES-256-GCM): a key of its own per message, derived from half of a
// 192-bit random nonce, so that random nonces stay safe for 2^80 messages where
// AES-GCM's 96 bits are meant for 2^32 per key, all months' rewrapping included.
type sealer struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newSealer(k *key) *sealer {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic("keyring: a key of 32 bytes was refused")
	}
	s := &sealer{block: block}
	block.Encrypt(s.k1[:], s.k1[:])
	var msb byte
	for i := len(s.k1) - 1; i >= 0; i-- {
		msb, s.k1[i] = s.k1[i]>>7, s.k1[i]<<1|msb
	}
	s.k1[len(s.k1)-1] ^= msb * 0x87
	return s
}

// forNonce derives the AEAD of one message from the first half of its nonce.
func (s *sealer) forNonce(nonce []byte) cipher.AEAD {
	var k key
	defer k.zero()
	for i := range 2 {
		half := k[i*aes.BlockSize : (i+1)*aes.BlockSize]
		half[1], half[2] = byte(i+1), 'X'
		copy(half[4:], nonce[:12])
		for j := range half {
			half[j] ^= s.k1[j]
		}
		s.block.Encrypt(half, half)
	}
	return newGCM(&k)
}

// seal appends nonce, ciphertext and tag to dst. nonce must be fresh.
func (s *sealer) seal(dst, nonce, plaintext, ad []byte) []byte {
	dst = append(dst, nonce...)
	return s.forNonce(nonce).Seal(dst, nonce[12:longNonce], plaintext, ad)
}

// open undoes seal.
func (s *sealer) open(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < longNonce+tagSize {
		return nil, ErrSealed
	}
	nonce := sealed[:longNonce]
	plain, err := s.forNonce(nonce).Open(nil, nonce[12:], sealed[longNonce:], ad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func newGCM(k *key) cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic("keyring: a key of 32 bytes was refused")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("keyring: AES has no GCM")
	}
	return aead
}

// ad collects associated data: every part is preceded by its length, so that no
// two different lists of parts give the same bytes.
type ad []byte

// newAD begins associated data with what every sealing shares.
func newAD(label, origin string) ad {
	a := make(ad, 0, 160)
	return a.text(label).text(origin).bytes([]byte{byte(intl)})
}

func (a ad) text(s string) ad {
	return append(binary.BigEndian.AppendUint32(a, uint32(len(s))), s...)
}

func (a ad) bytes(b []byte) ad {
	return append(binary.BigEndian.AppendUint32(a, uint32(len(b))), b...)
}

func (a ad) number(n uint64) ad {
	return binary.BigEndian.AppendUint64(append(a, 0, 0, 0, 8), n)
}
