package door

import (
	"context"
	"encoding/hex"
	"slices"
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
	imp := &Import{ID: id, By: p.Person.ID, File: file, OpenedAt: d.now()}
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
	stored, enrolled, err := d.Vault.Prepare(ctx, e.Rows)
	if err != nil {
		return nil, err
	}
	entry := ledger.Entry{
		Kind: proof.KindEnrolment, Actor: p.Person.ID, Org: p.Org.ID,
		Facts:   []proof.Field{fact("import", idText(e.Import)), fact("count", strconv.Itoa(len(e.Rows)))},
		Effects: []ledger.Effect{stored},
	}
	ids := make([]pii.SubjectID, len(enrolled))
	for i, s := range enrolled {
		ids[i] = s.ID
		entry.Enrols = append(entry.Enrols, s.Commitment)
		entry.Refs = append(entry.Refs, ledger.SubjectRef(stored.Custody[i].Ordinal))
	}
	receipt, err := d.enrol(ctx, p, e, entry)
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

// enrol records a batch and counts it towards its import.
func (d *Door) enrol(ctx context.Context, p party.Principal, e Enrolment, entry ledger.Entry) (*ledger.Receipt, error) {
	item := ledger.Item{Request: e.ID, Hash: e.Hash, Entry: entry}
	if e.Import.IsZero() {
		return d.Ledger.Append(ctx, item)
	}
	return d.stepImport(ctx, p, e.Import, func(imp Import) (ledger.Item, error) {
		n, err := d.Vault.Matches(ctx, e.Rows)
		if err != nil {
			return item, err
		}
		imp.Stored += int64(len(e.Rows))
		imp.Matches += int64(n)
		next := item
		next.Entry.Effects = append(slices.Clone(entry.Effects), ImportPut{&imp})
		return next, nil
	})
}

// stepImport records what changes an open import's row: one at a time, and, where
// another process did meanwhile, again. A lost change would lose rows from its
// count, or open a finished import again.
func (d *Door) stepImport(ctx context.Context, p party.Principal, id pii.RequestID, step func(Import) (ledger.Item, error)) (*ledger.Receipt, error) {
	select {
	case d.imports <- struct{}{}:
		defer func() { <-d.imports }()
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "unavailable", "time is up")
	}
	key := "import|" + id.String()
	for range tries {
		basis := ledger.Basis{Size: d.Ledger.Size(), Rules: d.Ledger.Rules(), Keys: []string{key}}
		imp, err := d.openImport(ctx, p, id)
		if err != nil {
			return nil, err
		}
		item, err := step(imp)
		if err != nil {
			return nil, err
		}
		item.Basis, item.Entry.Revokes = basis, []string{key}
		if item.Refusal != nil {
			item.Refusal.Revokes = item.Entry.Revokes
		}
		r, err := d.Ledger.Append(ctx, item)
		if !ledger.Stale(err) {
			return r, err
		}
		if err := d.Ledger.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Unavailable, "stale", "")
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
	var row Import
	receipt, err := d.stepImport(ctx, p, imp, func(now Import) (ledger.Item, error) {
		row = now
		row.Done = true
		answer, silent := finished(p, row, strconv.FormatInt(row.Matches, 10)), finished(p, row, "")
		answer.Spends = d.Caps.lookups(p, max(row.Stored, 1), d.Clock())
		return ledger.Item{Request: id, Hash: hash, Entry: answer, Refusal: &silent}, nil
	})
	if err != nil {
		return Imported{}, err
	}
	defer receipt.Close()
	// As recorded: a twin of this request may have found the budget used up.
	out := Imported{Stored: row.Stored, Told: receipt.Record().Fact("matches-told") != ""}
	if out.Told {
		out.Matches = row.Matches
	}
	return out, nil
}

// finished is the entry of an import's end; told is empty if its number is not.
func finished(p party.Principal, row Import, told string) ledger.Entry {
	return ledger.Entry{
		Kind: proof.KindImport, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			fact("act", "finished"), fact("import", idText(row.ID)),
			fact("stored", strconv.FormatInt(row.Stored, 10)), fact("matches-told", told),
		},
		Effects: []ledger.Effect{ImportPut{&row}},
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
