// Package dossier makes evidence packs: what the ledger holds about one person, one
// recipient, one disclosure or one complaint, with the proofs a stranger needs to
// check it offline.
//
// Its one invariant: making a pack is a provision, so the pack's manifest is the
// content of a ledger entry, whose proof is the pack's last member. A pack holds
// who was shown what, when and why; it holds no value of a field, and no record key
// of anybody but the one person it is about, if its kind needs that.
package dossier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Maker makes packs. It is safe for concurrent use.
type Maker struct {
	Ledger  *ledger.Ledger
	Clock   func() time.Time
	Rand    io.Reader
	LogKey  string // the log's verifier key
	Origin  string
	RootKey string // who holds the root key: "file", … (keyring)

	// Heads picks the checkpoints that packs are proven under; nil: the newest, which
	// nobody outside signed.
	Heads Heads
	// Complaints lists the ids of the complaints that a trace over [from, until)
	// rested on; nil: packs about a case hold no traces.
	Complaints func(ctx context.Context, from, until time.Time) ([]pii.RequestID, error)
}

// Heads picks checkpoints with the signatures of witnesses. Package witness has it.
type Heads interface {
	// Covering is a checkpoint of at least this size, cosigned if that can be had in
	// a few seconds. Its note carries the cosignatures.
	Covering(ctx context.Context, size uint64) (ledger.Head, error)
	// Witnesses are the vkeys whose signatures the others may hand out.
	Witnesses() []string
	// RunBy is the other organisation that runs a witness; "": it is our own.
	RunBy(vkey string) string
	// FirstSigned is the smallest checkpoint of at least this size that a witness
	// signed, with the cosignatures; ok is false if there is none.
	FirstSigned(ctx context.Context, size uint64) (note []byte, ok bool, err error)
}

// Person is whom a pack is about. Of has no key if it was forgotten.
type Person struct {
	ID pii.SubjectID
	Of ledger.Subject // ordinal and record key; its line is empty
}

func (p Person) key() []byte { return p.Of.Key.Bytes() }
func (p Person) known() bool { return p.Of.Ordinal != pii.Dummy }

// Order asks for a pack.
type Order struct {
	ID   pii.RequestID
	Hash []byte
	Kind string // proof.KindSubject, …

	Person     Person        // subject: needed; disclosure, case: may be unknown
	WithKey    bool          // disclosure: hand out the person's record key, which binds her tag to her
	Disclosure pii.RequestID // disclosure: the request it answered
	Recipient  proof.Recipient
	Case       pii.RequestID
	From       time.Time // subject, recipient: the window
	Until      time.Time

	// Kept are checkpoints the reader has, as signed notes: the pack shows that its
	// own continue them.
	Kept [][]byte
}

// MaxKept is how many kept checkpoints an order may name.
const MaxKept = 16

// Made is a finished pack.
type Made struct {
	ID      pii.RequestID `json:"id"`
	Entry   uint64        `json:"entry"` // that records the making
	SHA256  string        `json:"sha256"`
	Entries int           `json:"entries"`
	Zip     []byte        `json:"-"`
}

// Make builds a pack: every entry the index files under what it is about. Only the
// officer may.
func (m *Maker) Make(ctx context.Context, p party.Principal, o Order) (Made, error) {
	if p.Person.Kind != party.Officer {
		return Made{}, fault.New(fault.Denied, "not-yours", "")
	}
	if len(o.Kept) > MaxKept {
		return Made{}, fault.New(fault.TooLarge, "too-large", "checkpoints")
	}
	past, err := m.past(ctx, p, &o)
	if err != nil {
		return Made{}, err
	}
	c, err := m.collect(ctx, o, past.size)
	if err != nil {
		return Made{}, err
	}
	pack, head, err := m.pack(ctx, o, c, past)
	if err != nil {
		return Made{}, err
	}
	made := Made{ID: o.ID, Entries: len(pack.Entries)}
	var zip bytes.Buffer
	err = pack.Write(&zip, func(manifest proof.Hash) (*proof.Sealed, error) {
		sealed, err := m.seal(ctx, p, o, pack, past, head, manifest)
		if err == nil {
			made.Entry = sealed.Index
		}
		return sealed, err
	})
	if err != nil {
		return Made{}, wrapped(err)
	}
	sum := sha256.Sum256(zip.Bytes())
	made.SHA256, made.Zip = hex.EncodeToString(sum[:]), zip.Bytes()
	return made, nil
}

// seal records the making of the pack and proves that entry. If the pack is about a
// person the entry is about her too: who was given her record is part of it.
func (m *Maker) seal(ctx context.Context, p party.Principal, o Order, pack *proof.Pack, past past, old ledger.Head, manifest proof.Hash) (*proof.Sealed, error) {
	info := &pack.Info
	e := ledger.Entry{
		Kind: proof.KindPack, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			{Name: proof.ManifestField, Value: hex.EncodeToString(manifest[:])},
			{Name: "pack", Value: o.Kind},
			{Name: "from", Value: strconv.FormatUint(info.From, 10)},
			{Name: "until", Value: strconv.FormatUint(info.Until, 10)},
		},
	}
	e.Facts = append(e.Facts, past.facts(pack)...)
	add := func(name, value string) { e.Facts = append(e.Facts, proof.Field{Name: name, Value: value}) }
	if info.Subject != nil {
		e.Subjects = []ledger.Subject{o.Person.Of}
	}
	switch o.Kind {
	case proof.KindOfOne:
		add("disclosure", o.Disclosure.String())
	case proof.KindOfRecipient:
		add("recipient", o.Recipient.ID)
	case proof.KindOfCase:
		add("case", o.Case.String())
		e.Refs = []ledger.Ref{caseRef(o.Case)}
	}
	receipt, err := m.Ledger.Append(ctx, ledger.Item{Request: o.ID, Hash: o.Hash, Actor: ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential), Entry: e})
	if err != nil {
		return nil, err
	}
	defer receipt.Close()
	r := receipt.Record()
	if receipt.Again() && r.Fact(proof.ManifestField) != hex.EncodeToString(manifest[:]) {
		return nil, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	head, err := m.covering(ctx, r.Index+1)
	if err != nil {
		return nil, err
	}
	s := &proof.Sealed{Index: r.Index, Leaf: r.Leaf.Encode(), Checkpoint: head.Note, Fields: opened(r)}
	if s.Inclusion, err = m.Ledger.Inclusion(ctx, head, r.Index); err != nil {
		return nil, err
	}
	s.Consistency, err = m.Ledger.Consistency(ctx, head, old.Size)
	return s, err
}

func caseRef(id pii.RequestID) ledger.Ref { return ledger.Ref{Kind: ledger.RefCase, Key: id[:]} }

func micros(t time.Time) uint64 { return uint64(max(t.UnixMicro(), 0)) }

func notFound(where string) error { return fault.New(fault.NotFound, "not-found", where) }
