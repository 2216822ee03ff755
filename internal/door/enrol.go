package door

import (
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
	matches, err := d.matches(ctx, p, e)
	if err != nil {
		return nil, err
	}
	stored, enrolled, err := d.Vault.Prepare(ctx, e.Rows)
	if err != nil {
		return nil, err
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
	if !e.Import.IsZero() {
		entry.Refs = append(entry.Refs, importRef(e.Import))
	}
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: e.ID, Hash: e.Hash, Entry: entry})
	if err != nil {
		return nil, err
	}
	defer receipt.Close()
	if receipt.Again() {
		// The first try stored them; their ids were told then, or are listed by the
		// import's work items. Telling them again would need the rows again.
		return nil, fault.New(fault.Conflict, "already-stored", "Idempotency-Key")
	}
	return ids, nil
}

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
	row, err := d.openImport(ctx, p, imp)
	if err != nil {
		return Imported{}, err
	}
	sum, err := d.tally(ctx, imp)
	if err != nil {
		return Imported{}, err
	}
	row.Done = true
	entry := func(told string) ledger.Entry {
		return ledger.Entry{
			Kind: proof.KindImport, Actor: p.Person.ID, Org: p.Org.ID,
			Facts: []proof.Field{
				fact("act", "finished"), fact("import", idText(imp)),
				fact("stored", strconv.FormatInt(sum.Stored, 10)), fact("matches-told", told),
			},
			Effects: []ledger.Effect{ImportPut{&row}},
		}
	}
	answer := entry(strconv.FormatInt(sum.Matches, 10))
	answer.Spends = d.Caps.lookups(p, max(sum.Stored, 1), d.Clock())
	silent := entry("")
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Entry: answer, Refusal: &silent})
	if err != nil {
		return Imported{}, err
	}
	defer receipt.Close()
	if sum.Told = receipt.Over() == ""; !sum.Told {
		sum.Matches = 0
	}
	return sum, nil
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
