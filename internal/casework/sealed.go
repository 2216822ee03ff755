package casework

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// account is what a complaint's Sealed holds: JSON, filled with spaces to a whole
// number of blocks, so that its length says little.
type account struct {
	Contacted string   `json:"contacted"`
	Caller    string   `json:"caller"`
	Company   string   `json:"company"`
	Said      string   `json:"said"`
	Reply     string   `json:"reply"`    // where she wants answers; empty: at the contacted number or address
	ReplyBy   string   `json:"reply_by"` // its channel
	Letters   []letter `json:"letters"`
}

// contact is the contact that complained: codes and notices go there.
func (a account) contact() string {
	if a.Reply != "" {
		return a.Reply
	}
	return a.Contacted
}

func (a account) contactChannel(c Complaint) string {
	if a.Reply != "" {
		return a.ReplyBy
	}
	return c.Channel
}

// letter is one message of the handler or the complainant.
type letter struct {
	At   time.Time `json:"at"`
	Hers bool      `json:"hers"`
	Text string    `json:"text"`
}

const accountBlock = 1024

func (d *Desk) seal(c *Complaint, a account) error {
	plain, err := json.Marshal(a)
	if err != nil {
		return fault.New(fault.Internal, "internal", "account")
	}
	for len(plain)%accountBlock != 0 {
		plain = append(plain, ' ')
	}
	defer clear(plain)
	c.Sealed, c.Month, err = d.Sealer.Seal(d.now(), sealContext(c.ID), plain)
	return err
}

func (d *Desk) open(c Complaint) (a account, err error) {
	plain, err := d.Sealer.Open(sealContext(c.ID), c.Sealed)
	if err != nil {
		return a, err
	}
	defer clear(plain)
	if json.Unmarshal(plain, &a) != nil {
		return account{}, fault.New(fault.Internal, "internal", "account")
	}
	return a, nil
}

func sealContext(id pii.RequestID) []byte { return append([]byte("complaint|"), id[:]...) }

// codeText writes codes: 20 letters and digits, 100 bits.
var codeText = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const codeLength = 20

// code is the follow-up code of a filing. It is derived from the request under a
// key, so that a complainant whose connection broke gets the same one by sending
// the same request again; nobody else can compute it.
func (d *Desk) code(f Filing) string {
	return spaced(d.Sealer.Fingerprint(pii.NewValue("code|" + f.Request.String() + "|" + hex.EncodeToString(f.Hash))))
}

// takenCode is the follow-up code of a complaint that a handler took down. It is
// sent to the contact and shown to nobody before she confirmed with it.
func (d *Desk) takenCode(id pii.RequestID) string {
	return spaced(d.Sealer.Fingerprint(pii.NewValue("taken-code|" + id.String())))
}

func spaced(seed []byte) string {
	text := codeText.EncodeToString(seed)[:codeLength]
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:]
}

// codeHash hashes a code as typed: case, spaces and hyphens do not matter.
func codeHash(typed string) []byte {
	sum := sha256.Sum256([]byte("goldbell complaint code v1\x00" + strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(typed))))
	return sum[:]
}

// hers says whether the code is the complaint's.
func hers(c Complaint, typed string) bool {
	return len(c.CodeHash) == sha256.Size && subtle.ConstantTimeCompare(c.CodeHash, codeHash(typed)) == 1
}
