package intake

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/pii"
)

// Plan says how a file was understood. Its column names are safe to show: a name
// that looks like a value is replaced by the column's number.
type Plan struct {
	Format      string   `json:"format"` // csv, xlsx, jsonl
	Encoding    string   `json:"encoding,omitempty"`
	Delimiter   string   `json:"delimiter,omitempty"`
	Sheet       string   `json:"sheet,omitempty"`
	OtherSheets []string `json:"sheets_not_read,omitempty"`
	Columns     []Column `json:"columns"`
}

// Column is one column of the file.
type Column struct {
	Name  string    `json:"name"`
	Field pii.Field `json:"field,omitempty"` // "" = not stored
	By    string    `json:"by,omitempty"`    // header, content or map
}

// NotStored names the columns no field needs.
func (p Plan) NotStored() []string {
	names := []string{}
	for _, c := range p.Columns {
		if c.Field == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// binding ties a field to its column; the bindings stand in the schema's order.
type binding struct {
	spec   pii.FieldSpec
	column int
}

// maxColumns is more than any list of customers has.
const maxColumns = 1000

// sampled is how many rows the content of columns is judged by.
const sampled = 200

// ParseMap reads the arguments of --map: COLUMN=FIELD, several by commas. The
// last = of a pair divides it, so a column name may hold one.
func ParseMap(args ...string) (map[string]string, error) {
	m := map[string]string{}
	for _, arg := range args {
		for pair := range strings.SplitSeq(arg, ",") {
			i := strings.LastIndexByte(pair, '=')
			if i < 1 || strings.TrimSpace(pair[:i]) == "" || strings.TrimSpace(pair[i+1:]) == "" {
				return nil, problem(idMapSyntax)
			}
			column := strings.TrimSpace(pair[:i])
			if _, twice := m[column]; twice {
				return nil, problem(idMapSyntax)
			}
			m[column] = strings.TrimSpace(pair[i+1:])
		}
	}
	return m, nil
}

// understand decides which column is which field: by --map, else by header with
// the content as a check, else by content alone.
func (f *File) understand(mapping map[string]string) error {
	names := f.format.header()
	f.width = len(names)
	if looksLikeData(names) {
		return problem(idNoHeader)
	}
	if len(names) > maxColumns {
		return problem(idHeaderBroken)
	}
	for i, n := range names {
		f.plan.Columns = append(f.plan.Columns, Column{Name: shown(n, i)})
	}
	counts, err := f.sample()
	if err != nil {
		return err
	}
	left, err := f.bindMap(names, mapping)
	if err != nil {
		return err
	}
	if left, err = f.bindHeader(names, left, counts); err != nil {
		return err
	}
	if err := f.bindContent(names, left, counts); err != nil {
		return err
	}
	return f.finish()
}

// looksLikeData reports a first row with a phone, an e-mail or an ID number in it.
func looksLikeData(cells []string) bool {
	return slices.ContainsFunc(cells, looksLikeValue)
}

func looksLikeValue(s string) bool {
	return slices.ContainsFunc(checkable, func(k pii.Kind) bool { return pii.Looks(k, s) })
}

// checkable kinds have rules strict enough to recognise a column by.
var checkable = []pii.Kind{pii.KindPhone, pii.KindEmail, pii.KindIDCard}

// shown is a column name fit for sentences and reports.
func shown(name string, i int) string {
	s := strings.Join(strings.Fields(name), " ")
	odd := strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
	if s == "" || odd || utf8.RuneCountInString(s) > 40 || hasLongNumber(s) || looksLikeValue(s) {
		return fmt.Sprintf("#%d", i+1)
	}
	return s
}

// hasLongNumber reports seven digits in a row, or an @: more than a name needs.
func hasLongNumber(s string) bool {
	run := 0
	for _, r := range s {
		if r == '@' || r == '＠' {
			return true
		}
		if !unicode.IsDigit(r) {
			run = 0
			continue
		}
		if run++; run >= 7 {
			return true
		}
	}
	return false
}

// tally counts what the sampled cells of one column look like.
type tally struct {
	filled int
	like   map[pii.Kind]int
}

func (t tally) share(k pii.Kind) float64 {
	if t.filled == 0 {
		return 0
	}
	return float64(t.like[k]) / float64(t.filled)
}

// sample reads the first rows. A file without rows is refused here.
func (f *File) sample() ([]tally, error) {
	counts := make([]tally, f.width)
	for i := range counts {
		counts[i].like = map[pii.Kind]int{}
	}
	r, err := f.format.rows()
	if err != nil {
		return nil, err
	}
	for n := range sampled {
		rec, err := r.next()
		if err == io.EOF && n == 0 {
			return nil, problem(idEmpty)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if rec.fault != "" {
			continue
		}
		for i, c := range rec.cells[:min(len(rec.cells), f.width)] {
			counts[i].add(c)
		}
	}
	return counts, nil
}

func (t *tally) add(cell string) {
	if strings.TrimSpace(cell) == "" {
		return
	}
	t.filled++
	for _, k := range checkable {
		if pii.Looks(k, cell) {
			t.like[k]++
		}
	}
}

// bindMap follows --map and returns the columns it does not name.
func (f *File) bindMap(names []string, mapping map[string]string) ([]int, error) {
	named := map[int]bool{}
	for _, column := range slices.Sorted(maps.Keys(mapping)) {
		i, err := f.column(names, column)
		if err != nil {
			return nil, err
		}
		named[i] = true
		if mapping[column] == LeaveOut {
			continue
		}
		spec, ok := f.schema.Spec(pii.Field(mapping[column]))
		if !ok {
			return nil, problem(idMapField, f.fields(func(pii.FieldSpec) bool { return true }))
		}
		if err := f.bind(spec.Field, []int{i}, "map"); err != nil {
			return nil, err
		}
	}
	var left []int
	for i := range names {
		if !named[i] {
			left = append(left, i)
		}
	}
	return left, nil
}

// column finds the column --map names; a column without a usable name can be
// named by its number as the plan shows it.
func (f *File) column(names []string, want string) (int, error) {
	found := -1
	for i, n := range names {
		if strings.TrimSpace(n) != want && f.plan.Columns[i].Name != want {
			continue
		}
		if found >= 0 {
			return 0, problem(idMapTwice, f.plan.Columns[i].Name)
		}
		found = i
	}
	if found < 0 {
		return 0, problem(idMapColumn, f.columnNames(nil))
	}
	return found, nil
}

// bind ties a field to the one column found for it. Columns found later for a
// field that --map or the header has settled are left alone by the callers.
func (f *File) bind(field pii.Field, columns []int, by string) error {
	if len(columns) > 1 || f.isBound(field) {
		if i := f.columnOf(field); i >= 0 {
			columns = append([]int{i}, columns...)
		}
		return problem(idTwoColumns, field, f.columnNames(columns))
	}
	f.plan.Columns[columns[0]].Field, f.plan.Columns[columns[0]].By = field, by
	return nil
}

func (f *File) isBound(field pii.Field) bool { return f.columnOf(field) >= 0 }

func (f *File) columnOf(field pii.Field) int {
	return slices.IndexFunc(f.plan.Columns, func(c Column) bool { return c.Field == field })
}

// bindHeader binds columns by name where the content does not contradict it. A
// field --map has settled is not looked for again.
func (f *File) bindHeader(names []string, left []int, counts []tally) ([]int, error) {
	found, rest := map[pii.Field][]int{}, []int(nil)
	for _, i := range left {
		field, ok := byName(f.schema, names[i])
		if !ok {
			rest = append(rest, i)
			continue
		}
		if !f.isBound(field) {
			found[field] = append(found[field], i)
		}
	}
	for _, s := range f.schema {
		columns := found[s.Field]
		if len(columns) == 0 {
			continue
		}
		if err := f.bind(s.Field, columns, "header"); err != nil {
			return nil, err
		}
		if contradicts(counts[columns[0]], s.Kind) {
			return nil, problem(idConflict, f.plan.Columns[columns[0]].Name, s.Field)
		}
	}
	return rest, nil
}

// contradicts reports content that is something else than the header says: most
// cells of a fair sample fail the rule, or nearly all pass another kind's. Few
// bad cells are no contradiction; their rows are refused one by one.
func contradicts(t tally, kind pii.Kind) bool {
	if slices.Contains(checkable, kind) && t.filled >= 10 && t.share(kind) < 0.5 {
		return true
	}
	return slices.ContainsFunc(checkable, func(k pii.Kind) bool {
		return k != kind && kind != pii.KindText && t.filled >= 2 && t.share(k) >= 0.8 && t.share(kind) < 0.5
	})
}

// bindContent looks at the columns whose names say nothing or too little.
func (f *File) bindContent(names []string, left []int, counts []tally) error {
	found := map[pii.Field][]int{}
	for _, i := range left {
		vague := undecided[plainName(names[i])]
		field, ok := f.byContent(counts[i], vague)
		switch {
		case vague && !ok && counts[i].filled > 0:
			return problem(idUndecided, f.plan.Columns[i].Name)
		case !ok || f.isBound(field) || !vague && isForeign(names[i]):
			continue
		}
		found[field] = append(found[field], i)
	}
	for _, s := range f.schema {
		if columns := found[s.Field]; len(columns) > 0 {
			if err := f.bind(s.Field, columns, "content"); err != nil {
				return err
			}
		}
	}
	return nil
}

// byContent finds the registration field a column's cells are values of.
func (f *File) byContent(t tally, vague bool) (pii.Field, bool) {
	least, enough := 3, 0.8
	if vague {
		least, enough = 1, 0.6
	}
	for _, field := range []pii.Field{pii.IDNumber, pii.Phone, pii.Email} {
		s, ok := f.schema.Spec(field)
		if ok && t.filled >= least && t.share(s.Kind) >= enough && !(vague && field == pii.IDNumber) {
			return field, true
		}
	}
	return "", false
}

// finish orders the bindings and refuses a file no row of which could be stored.
func (f *File) finish() error {
	contact := false
	for _, s := range f.schema {
		if i := f.columnOf(s.Field); i >= 0 {
			f.binds = append(f.binds, binding{s, i})
			contact = contact || isContact(s.Kind)
		}
	}
	if !contact {
		return problem(idNoContact, f.columnNames(nil))
	}
	return nil
}

// columnNames lists columns for a sentence; nil means all.
func (f *File) columnNames(columns []int) string {
	var names []string
	for i, c := range f.plan.Columns {
		if columns == nil || slices.Contains(columns, i) {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}

// fields lists the schema's fields for a sentence.
func (f *File) fields(want func(pii.FieldSpec) bool) string {
	var names []string
	for _, s := range f.schema {
		if want(s) {
			names = append(names, string(s.Field))
		}
	}
	return strings.Join(names, ", ")
}
