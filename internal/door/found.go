package door

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/mark"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// AloneRows is how many rows of a found file an officer may match without a second.
const AloneRows = 1000

// FoundState of a found file.
type FoundState string

const (
	FoundAsked    FoundState = "asked"
	FoundApproved FoundState = "approved"
	FoundMatched  FoundState = "matched" // the approval is used up
)

// FoundFile is a file found outside that is to be matched. Its id follows from the
// case and the file, so the same file is the same row.
type FoundFile struct {
	ID         pii.RequestID `json:"id"`
	Case       pii.RequestID `json:"case"`
	File       []byte        `json:"file"` // SHA-256
	Rows       int64         `json:"rows"`
	AskedBy    pii.PersonID  `json:"asked_by"`
	AskedAt    time.Time     `json:"asked_at"`
	ApprovedBy pii.PersonID  `json:"approved_by"`
	State      FoundState    `json:"state"`
	pii.Stamp  `json:"-"`
}

// StampRow implements [pii.Stamped].
func (f *FoundFile) StampRow() (string, []byte) { return "found-file", canonical(f) }

// RowKey implements [pii.Keyed].
func (f *FoundFile) RowKey() string { return f.ID.String() }

// FoundFilePut inserts or replaces a found file.
type FoundFilePut struct{ *FoundFile }

// Cases says whether a case is open: a found file is matched under one.
type Cases interface {
	Open(ctx context.Context, id pii.RequestID) (bool, error)
}

// FoundClaim names a file to be matched, and the case it is matched under.
type FoundClaim struct {
	Case pii.RequestID
	File []byte // SHA-256 of the file
	Rows int64  // as the officer counted them
}

// id of the file's row.
func (f FoundClaim) id() (id pii.RequestID) {
	h := sha256.New()
	_, _ = h.Write([]byte("goldbell found file v1"))
	_, _ = h.Write(f.Case[:])
	_, _ = h.Write(f.File)
	copy(id[:], h.Sum(nil))
	return id
}

func (f FoundClaim) facts(act FoundState) []proof.Field {
	return []proof.Field{
		fact("act", string(act)), fact("file", hex.EncodeToString(f.File)),
		fact("rows", strconv.FormatInt(f.Rows, 10)), fact("case", f.Case.String()),
	}
}

func (f FoundClaim) check(p party.Principal) error {
	switch {
	case p.Person.Kind != party.Officer:
		return fault.New(fault.Denied, "not-yours", "")
	case len(f.File) != sha256.Size || f.Rows < 1:
		return fault.New(fault.Invalid, "bad-request", "file")
	}
	return nil
}

// AskFound asks for a second officer's approval to match a file. A file that waits
// for one, or has one, is answered as it stands.
func (d *Door) AskFound(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, f FoundClaim, cases Cases) (FoundFile, error) {
	if err := f.check(p); err != nil {
		return FoundFile{}, err
	}
	was, err := d.foundFile(ctx, f.id())
	if err == nil && was.State != FoundMatched && was.Rows == f.Rows {
		return was, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return FoundFile{}, err
	}
	if err := d.underCase(ctx, p, f, cases); err != nil {
		return FoundFile{}, err
	}
	row := &FoundFile{ID: f.id(), Case: f.Case, File: f.File, Rows: f.Rows, AskedBy: p.Person.ID, AskedAt: d.now(), State: FoundAsked}
	_, err = d.record(ctx, id, hash, d.foundEntry(p, row, f.facts(FoundAsked)))
	return *row, err
}

// foundEntry is an entry about a found file: a lookup of as many values as it has
// rows.
func (d *Door) foundEntry(p party.Principal, row *FoundFile, facts []proof.Field) ledger.Entry {
	e := ledger.Entry{
		Kind: proof.KindLookup, Actor: p.Person.ID, Org: p.Org.ID, Verb: pii.Read, Form: pii.None,
		Fields: d.indexed(), Facts: facts,
	}
	if row != nil {
		e.Effects = []ledger.Effect{FoundFilePut{row}}
		e.Refs = []ledger.Ref{{Kind: ledger.RefCase, Key: bytes.Clone(row.Case[:])}}
	}
	return e
}

func (d *Door) indexed() (fields []pii.Field) {
	for _, s := range d.Vault.Schema() {
		if s.Indexed {
			fields = append(fields, s.Field)
		}
	}
	return fields
}

// ApproveFound lets a file be matched, once. Only another officer than the one who
// asked may approve; what he may not is recorded.
func (d *Door) ApproveFound(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, found pii.RequestID, cases Cases) error {
	if p.Person.Kind != party.Officer {
		return fault.New(fault.Denied, "not-yours", "")
	}
	receipt, err := d.Ledger.Decide(ctx, id, hash, func() (ledger.Item, error) {
		row, err := d.foundFile(ctx, found)
		if err != nil {
			return ledger.Item{}, err
		}
		f := FoundClaim{Case: row.Case, File: row.File, Rows: row.Rows}
		if row.State != FoundAsked {
			return ledger.Item{}, fault.New(fault.Conflict, "found-decided", "")
		}
		if row.AskedBy == p.Person.ID {
			return ledger.Item{}, d.refuseFound(ctx, p, f, "second-person")
		}
		if err := d.underCase(ctx, p, f, cases); err != nil {
			return ledger.Item{}, err
		}
		row.ApprovedBy, row.State = p.Person.ID, FoundApproved
		return ledger.Item{
			Entry: d.foundEntry(p, &row, f.facts(FoundApproved)),
			Basis: ledger.Basis{Keys: d.foundBasis(p, f)},
			Actor: actor(p),
		}, nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

func (d *Door) foundBasis(p party.Principal, f FoundClaim) []string {
	return append(d.basis(p, pii.RequestID{}, 0).Keys, ledger.CaseKey(f.Case), "found|"+f.id().String())
}

func (d *Door) foundFile(ctx context.Context, id pii.RequestID) (FoundFile, error) {
	row, ok, err := d.Store.FoundFile(ctx, id)
	if err != nil {
		return row, err
	}
	if !ok || d.Ledger.CheckStamp(&row) != nil {
		return FoundFile{}, fault.New(fault.NotFound, "not-found", "found file")
	}
	return row, nil
}

// underCase refuses, on the record, what rests on no open case.
func (d *Door) underCase(ctx context.Context, p party.Principal, f FoundClaim, cases Cases) error {
	open, err := cases.Open(ctx, f.Case)
	if err != nil || open {
		return err
	}
	return d.refuseFound(ctx, p, f, "no-open-case")
}

// refuseFound records a refusal and returns it.
func (d *Door) refuseFound(ctx context.Context, p party.Principal, f FoundClaim, why string) error {
	id, err := d.newRequest()
	if err != nil {
		return err
	}
	e := d.foundEntry(p, nil, append(f.facts("refused"), fact("rule", why)))
	e.Kind, e.Spends = proof.KindRefusal, d.capsNow().refused(p, d.Clock())
	if _, err := d.record(ctx, id, nil, e); err != nil {
		return err
	}
	return fault.New(fault.Denied, why, "")
}

// Matched is what a found file holds of ours, for the trace: subjects by ordinal.
type Matched struct {
	Entry      uint64 // the lookup's
	Rows       int64
	Unreadable int64 // rows that are no text or far too long
	FirstBad   int   // line of the first of them
	Ours       int64 // rows about anybody of ours
	Subjects   []vault.Match
	Marks      []mark.Seen // different visible marks the file still carries; at most [MostMarks]
}

// MostMarks is how many visible marks of a file are looked into.
const MostMarks = 100

// note collects the visible marks of a row.
func (m *Matched) note(cells []string) {
	for _, c := range cells {
		if !strings.Contains(c, " · ") || len(m.Marks) == MostMarks {
			continue
		}
		if seen, ok := mark.Find(c); ok && !slices.Contains(m.Marks, seen) {
			m.Marks = append(m.Marks, seen)
		}
	}
}

// MatchFound reads a file and finds whose values it holds. Nothing is answered
// before the entry with the file's SHA-256, rows and officer is durable, and none
// is written for another file than was named. Above [AloneRows] rows the file
// needs an approval, which is used up; fewer are charged to the lookup budget.
func (d *Door) MatchFound(ctx context.Context, p party.Principal, f FoundClaim, cases Cases, src io.Reader) (Matched, error) {
	if err := f.check(p); err != nil {
		return Matched{}, err
	}
	if d.Tags == nil {
		return Matched{}, fault.New(fault.Unavailable, "unavailable", "store")
	}
	row, err := d.mayMatch(ctx, p, f, cases)
	if err != nil {
		return Matched{}, err
	}
	basis := d.basis(p, pii.RequestID{}, d.Ledger.Rules())
	basis.Keys = d.foundBasis(p, f)
	out, sum, err := d.readFound(ctx, f, src)
	if err != nil {
		return Matched{}, err
	}
	if !bytes.Equal(sum, f.File) || out.Rows != f.Rows {
		return Matched{}, d.refuseFound(ctx, p, f, "found-differs")
	}
	id, err := d.newRequest()
	if err != nil {
		return Matched{}, err
	}
	entry := d.foundEntry(p, row, f.facts(FoundMatched))
	item := ledger.Item{Request: id, Basis: basis, Actor: actor(p)}
	if row == nil {
		entry.Refs = []ledger.Ref{{Kind: ledger.RefCase, Key: bytes.Clone(f.Case[:])}}
		entry.Spends = d.capsNow().lookups(p, f.Rows, d.Clock())
		refusal := d.foundEntry(p, nil, append(f.facts("refused"), fact("rule", "budget")))
		refusal.Kind, refusal.Spends = proof.KindRefusal, d.capsNow().refused(p, d.Clock())
		item.Refusal = &refusal
	} else {
		entry.Revokes = []string{"found|" + f.id().String()}
	}
	item.Entry = entry
	receipt, err := d.Ledger.Append(ctx, item)
	if ledger.Stale(err) { // the case was closed, the approval used or the officer ended meanwhile
		return Matched{}, fault.New(fault.Conflict, "stale", "")
	}
	if err != nil {
		return Matched{}, err
	}
	defer receipt.Close()
	if receipt.Record().Leaf.Kind != proof.KindLookup {
		return Matched{}, fault.New(fault.Exhausted, "budget", "")
	}
	out.Entry = receipt.Record().Index
	return out, nil
}

// mayMatch says, before the file is read, whether it may be matched; the row is the
// approval that is used up, nil for a small file.
func (d *Door) mayMatch(ctx context.Context, p party.Principal, f FoundClaim, cases Cases) (*FoundFile, error) {
	if err := d.underCase(ctx, p, f, cases); err != nil {
		return nil, err
	}
	if f.Rows <= AloneRows {
		return nil, nil
	}
	row, err := d.foundFile(ctx, f.id())
	switch {
	case err != nil && !fault.Is(err, fault.NotFound):
		return nil, err
	case err != nil, row.State != FoundApproved, row.Rows != f.Rows, row.ApprovedBy == p.Person.ID, row.AskedBy != p.Person.ID:
		return nil, d.refuseFound(ctx, p, f, "second-person")
	}
	row.State = FoundMatched
	return &row, nil
}

// readFound reads the file once: its SHA-256, its rows, and whose values they are.
func (d *Door) readFound(ctx context.Context, f FoundClaim, src io.Reader) (out Matched, sum []byte, err error) {
	whole := sha256.New()
	table, err := intake.OpenStream(io.TeeReader(src, whole))
	if err != nil {
		return out, nil, err
	}
	defer func() { _ = table.Close() }()
	m, err := d.Vault.NewMatcher(ctx, d.Tags, f.Rows)
	if err != nil {
		return out, nil, err
	}
	var kinds []pii.Kind
	var values []pii.Value
	for line, err := range table.Lines() {
		if err != nil {
			return out, nil, err
		}
		if out.Rows++; out.Rows%4096 == 0 && ctx.Err() != nil {
			return out, nil, fault.New(fault.Unavailable, "interrupted", "")
		}
		if line.Fault != "" && line.Fault != intake.KeyEncoding && line.Fault != intake.KeyQuotes {
			if out.Unreadable++; out.Unreadable == 1 {
				out.FirstBad = line.Number
			}
			continue
		}
		out.note(line.Cells)
		kinds, values = kinds[:0], values[:0]
		intake.Contents(line.Cells, func(k pii.Kind, v pii.Value) { kinds, values = append(kinds, k), append(values, v) })
		if len(values) == 0 {
			continue
		}
		if err := m.Row(ctx, kinds, values); err != nil {
			return out, nil, err
		}
	}
	if _, err := io.Copy(whole, src); err != nil {
		return out, nil, fault.New(fault.Invalid, "bad-request", "body")
	}
	out.Subjects, out.Ours, err = m.Found(ctx)
	return out, whole.Sum(nil), err
}
