// Package decoy keeps which customers are nobody: people the company made up, whose
// numbers and addresses it holds itself. Whoever contacts one has had a list. It also
// keeps aliases: numbers that one recipient was given in place of a customer's.
//
// Its one invariant: nothing but its own sealed notes tells a decoy from a customer.
// Decoys are stored, shown, exported and counted as everybody else is. It finds
// nobody; package inquiry turns what it knows into evidence.
package decoy

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Note is one act: decoys were named, or contacts with them were reported. Both are
// sealed alike, and filled to whole blocks, so that a note does not tell which.
type Note struct {
	ID        pii.RequestID `json:"id"`
	Sealed    []byte        `json:"sealed"`
	pii.Stamp `json:"-"`
}

// RowKey implements [pii.Keyed].
func (n *Note) RowKey() string { return n.ID.String() }

// StampRow implements [pii.Stamped].
func (n *Note) StampRow() (string, []byte) {
	b, err := json.Marshal(n)
	if err != nil {
		panic("decoy: a row of plain fields did not encode") // impossible state
	}
	return "decoy-note", b
}

// NotePut inserts a note.
type NotePut struct{ *Note }

// Store keeps notes.
type Store interface {
	// Notes returns all of them.
	Notes(ctx context.Context) ([]Note, error)
}

// Sealer seals notes; the key ring is one.
type Sealer interface {
	SealFor(use string, context, plaintext []byte) ([]byte, error)
	OpenFor(use string, context, sealed []byte) ([]byte, error)
}

// Index finds customers by the keyed hash of a value; the vault is one.
type Index interface {
	// Tag is the hash of a normalised value in a field.
	Tag(f pii.Field, v pii.Value) [32]byte
	// Tagged finds who holds, or held, a value with each tag.
	Tagged(ctx context.Context, f pii.Field, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error)
	// Fingerprint is a keyed hash of a value that is not a customer's.
	Fingerprint(v pii.Value) []byte
}

// Book is what is known of decoys. It is safe for concurrent use.
type Book struct {
	Store  Store
	Sealer Sealer
	Index  Index
	Ledger *ledger.Ledger
}

// MostAtOnce bounds one act.
const MostAtOnce = 1000

// Act names a request.
type Act struct {
	ID   pii.RequestID
	Hash []byte
}

// Value is a decoy's number or address.
type Value struct {
	Field pii.Field
	Value pii.Value // normalised
	// Control decoys are shown to nobody: how often they are contacted is how often
	// any number is.
	Control bool
	// Recipient makes it an alias: a number or address that stands for a customer's in
	// what this recipient was given, and in nobody else's list.
	Recipient pii.PersonID
}

// Contact is that somebody contacted a decoy, or an alias.
type Contact struct {
	Field  pii.Field
	Value  pii.Value // normalised
	At     time.Time
	Caller pii.Value   // the number or address it came from; may be empty
	Known  []pii.Field // what the caller knew besides
}

// body is what a note holds.
type body struct {
	Decoys   []mark    `json:"decoys,omitempty"`
	Contacts []contact `json:"contacts,omitempty"`
}

type mark struct {
	Field   pii.Field `json:"field"`
	Tag     []byte    `json:"tag"`
	Control bool      `json:"control,omitempty"`
	Given   string    `json:"given,omitempty"` // an alias: to whom
}

type contact struct {
	Field  pii.Field   `json:"field"`
	Tag    []byte      `json:"tag"`
	At     int64       `json:"at"`
	Caller []byte      `json:"caller,omitempty"`
	Known  []pii.Field `json:"known,omitempty"`
}

// Name says which numbers and addresses are decoys' or aliases, whether or not a
// customer with them is stored yet: the answer is the same. Only the officer may.
func (b *Book) Name(ctx context.Context, p party.Principal, act Act, of []Value) (uint64, error) {
	if err := mayKnow(p, len(of)); err != nil {
		return 0, err
	}
	var note body
	for _, v := range of {
		tag := b.Index.Tag(v.Field, v.Value)
		note.Decoys = append(note.Decoys, mark{v.Field, tag[:], v.Control, string(v.Recipient)})
	}
	return b.record(ctx, p, act, note, len(of))
}

// Report takes down contacts with decoys and aliases. One that is neither's refuses
// all: it would be a complaint, which is filed elsewhere. Only the officer may.
func (b *Book) Report(ctx context.Context, p party.Principal, act Act, of []Contact) (uint64, error) {
	if err := mayKnow(p, len(of)); err != nil {
		return 0, err
	}
	known, err := b.read(ctx)
	if err != nil {
		return 0, err
	}
	decoys := map[string]bool{}
	for _, m := range known.Decoys {
		decoys[m.key()] = true
	}
	var note body
	for i, c := range of {
		tag := b.Index.Tag(c.Field, c.Value)
		if !decoys[mark{Field: c.Field, Tag: tag[:]}.key()] {
			return 0, fault.New(fault.Conflict, "no-decoy", "contacts["+strconv.Itoa(i)+"]")
		}
		line := contact{Field: c.Field, Tag: tag[:], At: c.At.Unix(), Known: c.Known}
		if !c.Caller.IsEmpty() {
			line.Caller = b.Index.Fingerprint(c.Caller)
		}
		note.Contacts = append(note.Contacts, line)
	}
	return b.record(ctx, p, act, note, len(of))
}

func mayKnow(p party.Principal, n int) error {
	if p.Person.Kind != party.Officer {
		return fault.New(fault.Denied, "not-yours", "")
	}
	if n == 0 || n > MostAtOnce {
		return fault.New(fault.Invalid, "bad-request", "body")
	}
	return nil
}

const (
	sealUse = "decoy-note"
	block   = 4096
)

func (b *Book) record(ctx context.Context, p party.Principal, act Act, note body, n int) (uint64, error) {
	plain, err := json.Marshal(note)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, "internal", err)
	}
	for len(plain)%block != 0 {
		plain = append(plain, ' ')
	}
	row := &Note{ID: act.ID}
	if row.Sealed, err = b.Sealer.SealFor(sealUse, act.ID[:], plain); err != nil {
		return 0, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	receipt, err := b.Ledger.Append(ctx, ledger.Item{Request: act.ID, Hash: act.Hash, Actor: ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential), Entry: ledger.Entry{
		Kind: proof.KindDecoy, Actor: p.Person.ID, Org: p.Org.ID,
		Facts:   []proof.Field{{Name: "count", Value: strconv.Itoa(n)}},
		Effects: []ledger.Effect{NotePut{row}},
	}})
	if err != nil {
		return 0, err
	}
	receipt.Close()
	return receipt.Record().Index, nil
}

// read opens all notes. One that the ledger did not write is an error: a decoy that
// somebody took away, or made up, would turn the evidence.
func (b *Book) read(ctx context.Context) (all body, err error) {
	notes, err := b.Store.Notes(ctx)
	if err != nil {
		return all, err
	}
	for i := range notes {
		n := &notes[i]
		if b.Ledger.CheckStamp(n) != nil {
			return all, fault.New(fault.Unavailable, "row-forged", "decoy note")
		}
		plain, err := b.Sealer.OpenFor(sealUse, n.ID[:], n.Sealed)
		if err != nil {
			return all, fault.Wrap(fault.Unavailable, "unavailable", err)
		}
		var one body
		if err := json.Unmarshal(plain, &one); err != nil {
			return all, fault.Wrap(fault.Internal, "internal", err)
		}
		all.Decoys, all.Contacts = append(all.Decoys, one.Decoys...), append(all.Contacts, one.Contacts...)
	}
	return all, nil
}

// Known is what a trace reads.
type Known struct {
	Decoys   map[pii.Ordinal]bool // whether it is a control
	Given    []pii.PersonID       // who were given aliases
	Contacts []Made
}

// Made is a contact with a decoy who is stored, or with an alias.
type Made struct {
	Ordinal pii.Ordinal    // Dummy: an alias, which nobody stored has
	Given   []pii.PersonID // an alias: to whom it was given; nil: a decoy
	Field   pii.Field      // by which it was contacted
	At      int64          // Unix seconds
	Caller  []byte         // keyed hash; nil: not known
	Known   []pii.Field
}

// Known finds which customers are decoys.
func (b *Book) Known(ctx context.Context) (Known, error) {
	out := Known{Decoys: map[pii.Ordinal]bool{}}
	all, err := b.read(ctx)
	if err != nil {
		return out, err
	}
	asked := map[pii.Field][][32]byte{}
	for _, m := range all.Decoys {
		asked[m.Field] = append(asked[m.Field], [32]byte(m.Tag))
	}
	found := map[pii.Field]map[[32]byte][]pii.Ordinal{}
	for f, tags := range asked {
		if found[f], err = b.Index.Tagged(ctx, f, tags); err != nil {
			return out, err
		}
	}
	given := map[string][]pii.PersonID{}
	for _, m := range all.Decoys {
		for _, o := range found[m.Field][[32]byte(m.Tag)] {
			out.Decoys[o] = m.Control
		}
		if who := pii.PersonID(m.Given); who != "" {
			given[m.key()] = append(given[m.key()], who)
			out.Given = append(out.Given, who)
		}
	}
	slices.Sort(out.Given)
	out.Given = slices.Compact(out.Given)
	for _, c := range all.Contacts {
		if who := given[mark{Field: c.Field, Tag: c.Tag}.key()]; who != nil {
			out.Contacts = append(out.Contacts, Made{Given: who, Field: c.Field, At: c.At, Caller: c.Caller, Known: c.Known})
			continue
		}
		for _, o := range found[c.Field][[32]byte(c.Tag)] {
			out.Contacts = append(out.Contacts, Made{Ordinal: o, Field: c.Field, At: c.At, Caller: c.Caller, Known: c.Known})
		}
	}
	return out, nil
}

// key is what marks and contacts of one value share.
func (m mark) key() string { return string(m.Field) + string(m.Tag) }
