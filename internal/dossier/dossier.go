// Package dossier makes evidence packs: what the ledger holds about one person in
// a window of time, with the proofs a stranger needs to check it offline.
//
// Its one invariant: making a pack is a provision, so the pack's manifest is the
// content of a ledger entry, whose proof is the pack's last member. A pack holds
// who was shown what, when and why; it holds no value of a field.
package dossier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

const page = 1000

// kept closed in every pack: facts that speak of others than the person.
var closed = []string{"outside", "request-hash"}

// Maker makes packs. It is safe for concurrent use.
type Maker struct {
	Ledger  *ledger.Ledger
	Clock   func() time.Time
	Rand    io.Reader
	LogKey  string // the log's verifier key
	Origin  string
	RootKey string // who holds the root key: "file", … (keyring)
	Heads   Heads  // nil: the newest heads, which nobody outside signed
}

// Heads picks the checkpoint a pack is proven under.
type Heads interface {
	// Covering is a checkpoint of at least this size, cosigned if that can be had in
	// a few seconds. Its note carries the cosignatures.
	Covering(ctx context.Context, size uint64) (ledger.Head, error)
	// Witnesses are the vkeys whose signatures Covering may hand out.
	Witnesses() []string
	// FirstOutside says which witness of another organisation signed an entry first,
	// and when, for the page; ok is false if none has.
	FirstOutside(ctx context.Context, idx uint64) (first witness.Signed, ok bool, err error)
}

// head is a checkpoint that covers what was recorded until now.
func (m *Maker) head(ctx context.Context) (ledger.Head, error) {
	h, err := m.Ledger.Head(ctx)
	if err != nil || m.Heads == nil {
		return h, err
	}
	return m.Heads.Covering(ctx, h.Size)
}

func (m *Maker) witnesses() []string {
	if m.Heads == nil {
		return []string{}
	}
	return m.Heads.Witnesses()
}

// Person is whom a pack is about.
type Person struct {
	ID      pii.SubjectID
	Ordinal pii.Ordinal
	Key     []byte // her record key, so that every tag can be computed again; nil: forgotten
}

// Order asks for a pack.
type Order struct {
	ID          pii.RequestID
	Hash        []byte
	Person      Person
	From, Until time.Time
}

// Made is a finished pack.
type Made struct {
	ID      pii.RequestID `json:"id"`
	Entry   uint64        `json:"entry"` // that records the making
	SHA256  string        `json:"sha256"`
	Entries int           `json:"entries"`
	Zip     []byte        `json:"-"`
}

// Make builds a pack about one person: every entry the index files under her in
// the window. Only the officer may.
func (m *Maker) Make(ctx context.Context, p party.Principal, o Order) (Made, error) {
	if p.Person.Kind != party.Officer {
		return Made{}, fault.New(fault.Denied, "not-yours", "")
	}
	if o.Person.Ordinal == pii.Dummy || o.Person.Key == nil {
		return Made{}, fault.New(fault.NotFound, "not-found", "subject")
	}
	head, err := m.head(ctx)
	if err != nil {
		return Made{}, err
	}
	records, err := m.records(ctx, o)
	if err != nil {
		return Made{}, err
	}
	pack, err := m.pack(ctx, head, o, records)
	if err != nil {
		return Made{}, err
	}
	made := Made{ID: o.ID, Entries: len(pack.Entries)}
	var zip bytes.Buffer
	err = pack.Write(&zip, func(manifest proof.Hash) (*proof.Sealed, error) {
		sealed, err := m.seal(ctx, p, o, head, manifest)
		if err == nil {
			made.Entry = sealed.Index
		}
		return sealed, err
	})
	if err != nil {
		return Made{}, fault.Wrap(fault.Of(err).Kind, fault.Of(err).ID, err)
	}
	sum := sha256.Sum256(zip.Bytes())
	made.SHA256, made.Zip = hex.EncodeToString(sum[:]), zip.Bytes()
	return made, nil
}

// records reads the entries about the person: all enrolments, and the rest that
// fall into the window.
func (m *Maker) records(ctx context.Context, o Order) ([]*ledger.Record, error) {
	var out []*ledger.Record
	for from := uint64(0); ; {
		found, err := m.Ledger.Find(ctx, ledger.SubjectRef(o.Person.Ordinal), from, page)
		if err != nil || len(found) == 0 {
			return out, err
		}
		for _, idx := range found {
			r, err := m.Ledger.Record(ctx, idx)
			if err != nil {
				return nil, err
			}
			inside := !r.At().Before(o.From) && r.At().Before(o.Until)
			if inside || r.Leaf.Kind == proof.KindEnrolment {
				out = append(out, r)
			}
		}
		from = found[len(found)-1] + 1
	}
}

func (m *Maker) pack(ctx context.Context, head ledger.Head, o Order, records []*ledger.Record) (*proof.Pack, error) {
	p := &proof.Pack{Checkpoint: head.Note, Info: proof.Info{
		Created: micros(m.Clock()), From: micros(o.From), Until: micros(o.Until), Kind: proof.KindSubject,
		Log: m.LogKey, Origin: m.Origin, RecordKey: proof.Hash(o.Person.Key), RootKey: m.RootKey,
		Subject: proof.ID(o.Person.ID), Witnesses: m.witnesses(),
	}}
	enrolled := false
	for _, r := range records {
		if r.Index >= head.Size {
			continue // recorded after the checkpoint was read
		}
		e, err := m.entry(ctx, head, o, r)
		if err != nil {
			return nil, err
		}
		if r.Leaf.Kind == proof.KindEnrolment && !enrolled {
			p.Enrolment, enrolled = e, true
			continue
		}
		p.Entries = append(p.Entries, e)
	}
	if !enrolled {
		return nil, fault.New(fault.NotFound, "not-found", "enrolment")
	}
	p.Info.Entries = len(p.Entries)
	var err error
	p.Page, err = renderPage(p, m.Clock())
	return p, err
}

// entry opens one entry as far as it is about the person, and proves it.
func (m *Maker) entry(ctx context.Context, head ledger.Head, o Order, r *ledger.Record) (proof.Entry, error) {
	inclusion, err := m.Ledger.Inclusion(ctx, head, r.Index)
	if err != nil {
		return proof.Entry{}, err
	}
	e := proof.Entry{Index: r.Index, Leaf: r.Leaf.Encode(), Inclusion: inclusion, Fields: opened(r)}
	if r.Leaf.Kind == proof.KindEnrolment {
		commitment := proof.SubjectCommitment(o.Person.Key, o.Person.ID)
		pairs := make([]proof.Pair, 0, len(r.Enrols()))
		for _, c := range r.Enrols() {
			pairs = append(pairs, proof.Pair{Key: c, Value: proof.EnrolledHash(c)})
		}
		e.Sparse, err = proof.ProveSparse(pairs, commitment)
		return e, err
	}
	r.Subjects(func(at pii.Ordinal, line proof.Line) bool {
		if at == o.Person.Ordinal {
			l := line
			e.Line = &l
		}
		return at != o.Person.Ordinal
	})
	pairs, err := m.Ledger.Pairs(ctx, r)
	if err != nil {
		return proof.Entry{}, err
	}
	e.Sparse, err = proof.ProveSparse(pairs, proof.Tag(o.Person.Key, r.Request()))
	return e, err
}

func opened(r *ledger.Record) []proof.Opened {
	out := []proof.Opened{}
	for i, f := range r.Facts() {
		if f.Value != "" && !slices.Contains(closed, f.Name) {
			out = append(out, proof.Opened{I: i, Name: f.Name, Salt: r.Salt(i), Value: f.Value})
		}
	}
	return out
}

// seal records the making of the pack and proves that entry.
func (m *Maker) seal(ctx context.Context, p party.Principal, o Order, old ledger.Head, manifest proof.Hash) (*proof.Sealed, error) {
	receipt, err := m.Ledger.Append(ctx, ledger.Item{Request: o.ID, Hash: o.Hash, Entry: ledger.Entry{
		Kind: proof.KindPack, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			{Name: proof.ManifestField, Value: hex.EncodeToString(manifest[:])},
			{Name: "subject", Value: o.Person.ID.String()},
			{Name: "from", Value: strconv.FormatUint(micros(o.From), 10)},
			{Name: "until", Value: strconv.FormatUint(micros(o.Until), 10)},
		},
	}})
	if err != nil {
		return nil, err
	}
	defer receipt.Close()
	r := receipt.Record()
	if receipt.Again() && r.Fact(proof.ManifestField) != hex.EncodeToString(manifest[:]) {
		return nil, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	head, err := m.head(ctx)
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

func micros(t time.Time) uint64 { return uint64(max(t.UnixMicro(), 0)) }
