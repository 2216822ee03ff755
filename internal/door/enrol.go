package door

import (
	"bytes"
	"context"
	"encoding/hex"
	"strconv"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Scopes of services, as their access tokens carry them.
const (
	ScopeImport = "import"
	ScopeSwitch = "switch"
	ScopeCRM    = "crm"
)

// Enrolment stores new subjects.
type Enrolment struct {
	ID     pii.RequestID
	Hash   []byte
	Import pii.RequestID // the import they belong to; zero: a single request
	Rows   []vault.Row   // normalised; at most MaxSubjects
}

// OpenImport opens an import of the file with the given SHA-256.
func (d *Door) OpenImport(ctx context.Context, p party.Principal, id pii.RequestID, hash, file []byte) (pii.RequestID, error) {
	if err := mayStore(p); err != nil {
		return id, err
	}
	was, ok, err := d.Store.Import(ctx, id)
	if err != nil {
		return id, err
	}
	if ok && was.By == p.Person.ID && bytes.Equal(was.File, file) && d.Ledger.CheckStamp(&was) == nil {
		return id, nil // the same file again: an import that was interrupted goes on
	}
	before, err := d.Vault.Horizon(ctx)
	if err != nil {
		return id, err
	}
	imp := &Import{ID: id, By: p.Person.ID, File: file, OpenedAt: d.now(), Before: before}
	return d.record(ctx, id, hash, ledger.Entry{
		Kind: proof.KindImport, Actor: p.Person.ID, Org: p.Org.ID,
		Facts:   []proof.Field{fact("act", "opened"), fact("file", hex.EncodeToString(file))},
		Effects: []ledger.Effect{ImportPut{imp}},
	})
}

// Enrol stores the rows and returns their ids, as one entry that pins every
// subject's record key. Rows that match subjects held before are counted towards
// the import's one number; nothing is told here.
func (d *Door) Enrol(ctx context.Context, p party.Principal, e Enrolment) ([]pii.SubjectID, error) {
	if err := mayStore(p); err != nil {
		return nil, err
	}
	if len(e.Rows) == 0 || len(e.Rows) > MaxSubjects {
		return nil, fault.New(fault.Invalid, "bad-request", "subjects")
	}
	var ids []pii.SubjectID
	receipt, err := d.Ledger.Decide(ctx, e.ID, e.Hash, func() (item ledger.Item, err error) {
		item, ids, err = d.enrolment(ctx, p, e)
		return item, err
	})
	if err != nil {
		return nil, err
	}
	defer receipt.Close()
	if receipt.Again() {
		return nil, errStored
	}
	return ids, nil
}

// enrolment seals the rows and makes the entry that stores them.
func (d *Door) enrolment(ctx context.Context, p party.Principal, e Enrolment) (ledger.Item, []pii.SubjectID, error) {
	matches, err := d.matches(ctx, p, e)
	if err != nil {
		return ledger.Item{}, nil, err
	}
	stored, enrolled, err := d.Vault.Prepare(ctx, e.Rows)
	if err != nil {
		return ledger.Item{}, nil, err
	}
	entry := ledger.Entry{
		Kind: proof.KindEnrolment, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			fact("import", idText(e.Import)), fact("count", strconv.Itoa(len(e.Rows))), fact("matches", matches),
		},
		Effects: []ledger.Effect{stored},
	}
	ids := make([]pii.SubjectID, len(enrolled))
	for i, s := range enrolled {
		ids[i] = s.ID
		entry.Enrols = append(entry.Enrols, s.Commitment)
		entry.Refs = append(entry.Refs, ledger.SubjectRef(stored.Custody[i].Ordinal))
	}
	item := ledger.Item{Entry: entry}
	if !e.Import.IsZero() {
		item.Basis.Keys = []string{importEnd(e.Import)}
		item.Entry.Refs = append(entry.Refs, importRef(e.Import))
		item.Entry.Revokes = []string{importBatch(e.Import)}
	}
	return item, ids, nil
}

// Keys of an import: a batch rests on the import not being ended, and an end rests
// on no batch and no other end having come since it counted.
func importEnd(id pii.RequestID) string   { return "import-end|" + id.String() }
func importBatch(id pii.RequestID) string { return "import-batch|" + id.String() }

// errStored answers a retried enrolment: the first try stored the rows and told
// their ids; telling them again would need the rows again.
var errStored = fault.New(fault.Conflict, "already-stored", "Idempotency-Key")

// matches counts the rows of a batch that match somebody stored before its
// import. The number goes into the sealed opening; it is told once, at the end,
// summed over the file.
func (d *Door) matches(ctx context.Context, p party.Principal, e Enrolment) (string, error) {
	if e.Import.IsZero() {
		return "", nil
	}
	imp, err := d.openImport(ctx, p, e.Import)
	if err != nil {
		return "", err
	}
	if imp.Before == pii.Dummy+1 {
		return "0", nil // nobody was stored before
	}
	n, err := d.Vault.Matches(ctx, e.Rows, imp.Before)
	return strconv.Itoa(n), err
}

func importRef(id pii.RequestID) ledger.Ref { return ledger.Ref{Kind: ledger.RefImport, Key: id[:]} }

// tally sums up what the ledger holds of an import.
func (d *Door) tally(ctx context.Context, imp pii.RequestID) (out Imported, err error) {
	for from := uint64(0); ; {
		found, err := d.Ledger.Find(ctx, importRef(imp), from, MaxSubjects)
		if err != nil || len(found) == 0 {
			return out, err
		}
		for _, idx := range found {
			r, err := d.Ledger.Record(ctx, idx)
			if err != nil {
				return out, err
			}
			out.Stored += number(r.Fact("count"))
			out.Matches += number(r.Fact("matches"))
		}
		from = found[len(found)-1] + 1
	}
}

// number reads a fact the door wrote itself.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (d *Door) openImport(ctx context.Context, p party.Principal, id pii.RequestID) (Import, error) {
	imp, ok, err := d.Store.Import(ctx, id)
	if err != nil {
		return imp, err
	}
	if !ok || imp.By != p.Person.ID || d.Ledger.CheckStamp(&imp) != nil {
		return imp, fault.New(fault.NotFound, "not-found", "import")
	}
	if imp.Done {
		return imp, fault.New(fault.Conflict, "import-done", "import")
	}
	return imp, nil
}

// Imported is what the end of an import tells: how many rows were stored, and how
// many of them match a subject that was held before, as one number for the file.
type Imported struct {
	Stored  int64
	Matches int64
	Told    bool // false: the importer's lookup budget is used up, Matches is not told
}

// FinishImport closes an import. The number of matches is charged to the
// importer's lookup budget and recorded.
func (d *Door) FinishImport(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, imp pii.RequestID) (Imported, error) {
	if err := mayStore(p); err != nil {
		return Imported{}, err
	}
	receipt, err := d.Ledger.Decide(ctx, id, hash, func() (ledger.Item, error) {
		row, err := d.openImport(ctx, p, imp)
		if err != nil {
			return ledger.Item{}, err
		}
		sum, err := d.tally(ctx, imp)
		if err != nil {
			return ledger.Item{}, err
		}
		row.Done = true
		answer, silent := finished(p, row, sum, true), finished(p, row, sum, false)
		answer.Spends = d.capsNow().lookups(p, max(sum.Stored, 1), d.Clock())
		return ledger.Item{
			Entry: answer, Refusal: &silent, Basis: ledger.Basis{Keys: []string{importEnd(imp), importBatch(imp)}},
		}, nil
	})
	if err != nil {
		return Imported{}, err
	}
	defer receipt.Close()
	r := receipt.Record() // as recorded: the budget may have been used up
	return Imported{Stored: number(r.Fact("stored")), Matches: number(r.Fact("matches-told")), Told: r.Fact("matches-told") != ""}, nil
}

// finished is the entry of an import's end, with its one number or without.
func finished(p party.Principal, row Import, sum Imported, tell bool) ledger.Entry {
	told := ""
	if tell {
		told = strconv.FormatInt(sum.Matches, 10)
	}
	return ledger.Entry{
		Kind: proof.KindImport, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			fact("act", "finished"), fact("import", idText(row.ID)),
			fact("stored", strconv.FormatInt(sum.Stored, 10)), fact("matches-told", told),
		},
		Effects: []ledger.Effect{ImportPut{&row}},
		Revokes: []string{importEnd(row.ID)},
	}
}

func mayStore(p party.Principal) error {
	if p.Scope == ScopeImport || p.Scope == ScopeCRM {
		return nil
	}
	return fault.New(fault.Denied, "not-yours", "")
}

// record appends an entry that opens nothing and returns its request id.
func (d *Door) record(ctx context.Context, id pii.RequestID, hash []byte, e ledger.Entry) (pii.RequestID, error) {
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Entry: e})
	if err != nil {
		return id, err
	}
	receipt.Close()
	return id, nil
}

func idText(id pii.RequestID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
