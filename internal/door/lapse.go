package door

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// What entries of kind erasure say was done because a retention ended, as their fact
// "act". A lapse is begun before anything is opened and done with the erasure itself;
// a run is ended when the erased bytes have left the database's own files.
const (
	LapseBegun = "lapse-begun"
	LapseDone  = "lapse-done"
	RunEnded   = "lapse-run-ended"
)

// lapsePage is how many rows are looked at together, and lapseBatch how many subjects
// one entry erases fields of.
const (
	lapsePage  = 1000
	lapseBatch = 100
)

// Due says how much of a field is past its time.
type Due struct {
	Field    pii.Field
	Days     int // after how many days it is erased
	People   int // how many people's current values are
	Replaced int // values that corrections replaced
	Held     int // people whose values stay while they are held; in neither number
}

// lapsing is a subject of whom something is past its time.
type lapsing struct {
	vault.Subject
	vault.Lapse
	past []vault.SealedVersion
}

// keeping says after how many days each field is erased: at the end of its retention,
// or later if a purpose sheet in force that names it says that its work needs more
// days. Past its retention it is shown to nobody, whichever sheet keeps it. Fields
// without a retention are not among them.
func keeping(schema pii.Schema, sheets map[pii.Purpose]grant.Sheet) map[pii.Field]int {
	days := map[pii.Field]int{}
	for _, spec := range schema {
		if spec.Days < 1 {
			continue
		}
		days[spec.Field] = spec.Days
		for _, s := range sheets {
			if _, named := s.Highest[spec.Field]; named {
				days[spec.Field] = max(days[spec.Field], s.Days)
			}
		}
	}
	return days
}

func over(stored time.Time, days int, now time.Time) bool {
	return days > 0 && !now.Before(stored.AddDate(0, 0, days))
}

// Due counts what the next run of [Door.EraseDue] would erase. Whom an open case
// names is looked up when it runs.
func (d *Door) Due(ctx context.Context) ([]Due, error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return nil, err
	}
	keep := keeping(d.Vault.Schema(), rules.sheets)
	all := map[pii.Field]*Due{}
	for f, days := range keep {
		all[f] = &Due{Field: f, Days: days}
	}
	err = d.eachDue(ctx, keep, func(found []lapsing) error {
		for _, l := range found {
			for _, f := range l.Current {
				if l.State == vault.Held {
					all[f].Held++
				} else {
					all[f].People++
				}
			}
			for _, fields := range l.Replaced {
				for _, f := range fields {
					if l.State != vault.Held {
						all[f].Replaced++
					}
				}
			}
		}
		return nil
	})
	out := make([]Due, 0, len(all))
	for _, spec := range d.Vault.Schema() {
		if x := all[spec.Field]; x != nil {
			out = append(out, *x)
		}
	}
	return out, err
}

// eachDue goes through everybody of whom something is past its time, once: first by
// the values held now, then by those that were replaced.
func (d *Door) eachDue(ctx context.Context, keep map[pii.Field]int, f func([]lapsing) error) error {
	if len(keep) == 0 || d.Aging == nil {
		return nil
	}
	now := d.Clock()
	until := now.AddDate(0, 0, -slices.Min(slices.Collect(maps.Values(keep))))
	handle := func(page []vault.Aged, current bool) error {
		found, err := d.lapsings(ctx, page, keep, now)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(l lapsing) bool { return current == (len(l.Current) == 0) })
		if len(found) == 0 {
			return nil
		}
		return f(found)
	}
	for after := pii.Dummy; ; {
		page, err := d.Aging.Aged(ctx, until, after, lapsePage)
		if err != nil || len(page) == 0 {
			if err != nil {
				return err
			}
			break
		}
		after = page[len(page)-1].Ordinal
		if err := handle(page, true); err != nil {
			return err
		}
	}
	for after := (vault.Aged{}); ; {
		page, err := d.Aging.AgedReplaced(ctx, until, after, lapsePage)
		if err != nil || len(page) == 0 {
			return err
		}
		next := page[len(page)-1]
		// the rest of the last one's versions are handled with those of this page
		after = vault.Aged{Ordinal: next.Ordinal, Version: ^pii.Version(0) >> 1}
		if err := handle(page, false); err != nil {
			return err
		}
	}
}

// lapsings says what of the subjects of a page is past its time. Subjects of enrolled
// tables are left out: their values are the company's database's to delete.
func (d *Door) lapsings(ctx context.Context, page []vault.Aged, keep map[pii.Field]int, now time.Time) ([]lapsing, error) {
	var of []pii.Ordinal
	for _, a := range page {
		isOver := func(f pii.Field) bool { return over(a.At, keep[f], now) }
		if a.Ordinal != pii.Dummy && slices.ContainsFunc(a.Fields, isOver) && (len(of) == 0 || of[len(of)-1] != a.Ordinal) {
			of = append(of, a.Ordinal)
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	subjects, err := d.Vault.DescribeOrdinals(ctx, of)
	if err != nil {
		return nil, err
	}
	past, err := d.Aging.Past(ctx, of)
	if err != nil {
		return nil, err
	}
	versions := map[pii.Ordinal][]vault.SealedVersion{}
	for _, v := range past {
		versions[v.Ordinal] = append(versions[v.Ordinal], v)
	}
	var out []lapsing
	for _, s := range subjects {
		if s.State == vault.Erased || s.IsSourced() {
			continue
		}
		l := lapsing{Subject: s, Lapse: vault.Lapse{Ordinal: s.Ordinal, Replaced: map[pii.Version][]pii.Field{}}, past: versions[s.Ordinal]}
		l.Current = overdue(s.Fields, s.Stored(), keep, now)
		for _, v := range l.past {
			if fields := overdue(v.Fields, v.At, keep, now); fields != nil {
				l.Replaced[v.Version] = fields
			}
		}
		if l.Current != nil || len(l.Replaced) > 0 {
			out = append(out, l)
		}
	}
	return out, nil
}

func overdue(fields []pii.Field, stored time.Time, keep map[pii.Field]int, now time.Time) (due []pii.Field) {
	for _, f := range fields {
		if over(stored, keep[f], now) {
			due = append(due, f)
		}
	}
	return due
}

// EraseDue erases what is past its time, and says of how many people: every field of
// which an entry says so before, in batches. Whoever is held, or named by an open case,
// keeps hers until that ends. A subject of whom nothing is left is erased as a whole.
// It may be cut off anywhere and run again; of two runs beside each other one erases.
func (d *Door) EraseDue(ctx context.Context, holds Holds) (people int, err error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return 0, err
	}
	keep := keeping(d.Vault.Schema(), rules.sheets)
	unfinished, err := d.unfinishedRun(ctx)
	if err != nil {
		return 0, err
	}
	err = d.eachDue(ctx, keep, func(found []lapsing) error {
		for batch := range slices.Chunk(found, lapseBatch) {
			n, err := d.eraseBatch(ctx, holds, batch, rules.entry)
			people += n
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || people == 0 && !unfinished {
		return people, err
	}
	if err := d.Vault.Purge(ctx); err != nil {
		return people, err
	}
	return people, d.recordLapse(ctx, ledger.Entry{
		Kind: proof.KindErasure, Facts: []proof.Field{fact("act", RunEnded), fact("count", strconv.Itoa(people))}, Refs: []ledger.Ref{ledger.LapseRef},
	})
}

// unfinishedRun reports whether a run was cut off before the erased bytes left the
// files.
func (d *Door) unfinishedRun(ctx context.Context) (bool, error) {
	last := ""
	for from := uint64(0); ; {
		found, err := d.Ledger.Find(ctx, ledger.LapseRef, from, lapsePage)
		if err != nil {
			return false, err
		}
		if len(found) < lapsePage {
			if len(found) > 0 {
				r, err := d.Ledger.Record(ctx, found[len(found)-1])
				if err != nil {
					return false, err
				}
				last = r.Fact("act")
			}
			return last != "" && last != RunEnded, nil
		}
		from = found[len(found)-1]
	}
}

func (d *Door) eraseBatch(ctx context.Context, holds Holds, batch []lapsing, rules uint64) (int, error) {
	basis := ledger.Basis{Size: d.Ledger.Size(), Rules: rules}
	groups := map[string][]lapsing{}
	n := 0
	for _, l := range batch {
		held, err := holds.Held(ctx, l.Subject.Ordinal)
		if err != nil {
			return n, err
		}
		switch {
		case held || l.State == vault.Held:
		case len(l.Current) == len(l.Fields):
			if err := d.eraseWhole(ctx, l.Subject, basis); err == nil {
				n++
			} else if !moved(err) {
				return n, err
			}
		default:
			groups[l.group()] = append(groups[l.group()], l)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		err := d.eraseFields(ctx, groups[key], basis)
		if err == nil {
			n += len(groups[key])
		} else if !moved(err) {
			return n, err
		}
	}
	return n, nil
}

// moved says that something about a subject changed meanwhile: the next run looks
// again.
func moved(err error) bool { return ledger.Stale(err) || fault.Is(err, fault.Conflict) }

// group is what an entry can say of several subjects together.
func (l lapsing) group() string {
	return joinFields(l.Current) + "|" + joinFields(l.replaced())
}

// replaced are the fields of any replaced version that go.
func (l lapsing) replaced() (fields []pii.Field) {
	for _, v := range l.Replaced {
		fields = append(fields, v...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// eraseFields erases fields of some subjects, the same of each: an entry says what goes,
// and another comes with the erasure.
func (d *Door) eraseFields(ctx context.Context, of []lapsing, basis ledger.Basis) error {
	current, replaced := of[0].Current, of[0].replaced()
	fields := slices.Concat(current, replaced)
	slices.Sort(fields)
	entry := ledger.Entry{
		Kind: proof.KindErasure, Fields: slices.Compact(fields), Refs: []ledger.Ref{ledger.LapseRef},
		Facts: []proof.Field{fact("act", LapseBegun), fact("current", joinFields(current)), fact("replaced", joinFields(replaced))},
	}
	lapses := make([]vault.Lapse, len(of))
	var past []vault.SealedVersion
	for i, l := range of {
		lapses[i] = l.Lapse
		past = append(past, l.past...)
		basis.Keys = append(basis.Keys, ledger.SubjectKey(l.Subject.Ordinal))
		entry.Subjects = append(entry.Subjects, ledger.Subject{Ordinal: l.Subject.Ordinal, Key: l.Key, Line: proof.Line{Shown: true, Version: uint32(l.Version)}})
	}
	id, err := d.newRequest()
	if err != nil {
		return err
	}
	begun, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Basis: basis, Entry: entry})
	if err != nil {
		return err
	}
	defer begun.Close()
	lapsed, err := d.Vault.PrepareLapse(ctx, begun, lapses, past)
	if err != nil {
		return err
	}
	begun.Close()
	entry.Facts = slices.Clone(entry.Facts)
	entry.Facts[0] = fact("act", LapseDone)
	entry.Subjects = slices.Clone(entry.Subjects)
	for i := range entry.Subjects {
		entry.Subjects[i].Line = proof.Line{}
		entry.Revokes = append(entry.Revokes, ledger.SubjectKey(entry.Subjects[i].Ordinal))
	}
	entry.Effects = []ledger.Effect{lapsed}
	if id, err = d.newRequest(); err != nil {
		return err
	}
	done, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Basis: basis, Settle: true, Entry: entry})
	if err != nil {
		return err
	}
	done.Close()
	return nil
}

// eraseWhole erases a subject of whom every value is past its time, as an approved
// erasure does; nobody asked for it but the clock.
func (d *Door) eraseWhole(ctx context.Context, s vault.Subject, basis ledger.Basis) error {
	id, err := d.newRequest()
	if err != nil {
		return err
	}
	basis.Keys = []string{ledger.SubjectKey(s.Ordinal)}
	row := Erasure{ID: id, Ordinal: s.Ordinal, AskedAt: d.now()}
	if err := d.destroy(ctx, party.Principal{}, id, nil, row, s, basis); err != nil {
		return err
	}
	return d.Vault.Shred(s.ID)
}

func (d *Door) recordLapse(ctx context.Context, e ledger.Entry) error {
	id, err := d.newRequest()
	if err != nil {
		return err
	}
	_, err = d.record(ctx, id, nil, e)
	return err
}

func joinFields(fields []pii.Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, string(f))
	}
	return strings.Join(names, ",")
}
