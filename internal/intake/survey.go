package intake

import (
	"hash/maphash"
	"iter"
	"math"
	"slices"

	"github.com/goldbell/goldbell/internal/pii"
)

// Report counts where the rows of a file ended. Stored, Merged and Refused add
// up to Rows. Rows are named by number, never by value.
type Report struct {
	Rows      int            `json:"rows"`
	Stored    int            `json:"stored"`
	Merged    int            `json:"merged"`
	Refused   int            `json:"refused"`
	RefusedBy map[string]int `json:"refused_by"`

	// Rows that repeat a value of an earlier row, refused rows left aside.
	DuplicatePhoneRows int               `json:"duplicate_phone_rows"`
	DuplicateRows      map[pii.Field]int `json:"duplicate_rows"`
	Duplicates         []Duplicate       `json:"duplicates"` // the first MostListed

	// Values of merged rows that lost against a different one of an earlier row;
	// known after the second pass.
	MergeConflicts int        `json:"merge_conflicts"`
	Conflicts      []Conflict `json:"conflicts"` // the first MostListed

	NotStored []string `json:"columns_not_stored"`
}

// Duplicate is a row whose value of a field stands in an earlier row.
type Duplicate struct {
	Row   int       `json:"row"`
	First int       `json:"first"`
	Field pii.Field `json:"field"`
}

// Conflict is a merged row's value that was not kept.
type Conflict struct {
	Row   int       `json:"row"`
	Into  int       `json:"into"`
	Field pii.Field `json:"field"`
}

// MostListed bounds the lists of a report; the totals beside them are complete.
const MostListed = 1000

// SurveyOptions direct the first pass.
type SurveyOptions struct {
	MergeBy pii.Field       // merge rows equal in this indexed field; "" = merge nothing
	Refused func(Row) error // gets every refused row in order; may be nil
	Seen    func(Row)       // gets every row, for progress; may be nil
}

// Survey is the result of the first pass: the counts, and which rows belong
// together.
type Survey struct {
	Report Report
	file   *File
	merge  pii.Field
	seed   maphash.Seed
	groups map[uint64]uint32 // hash of a value several rows share → its last row
}

// Survey makes the first pass: it counts, finds duplicates inside the file, and
// hands on the refused rows. It stores nothing and asks nobody. Memory grows by
// 20 to 40 bytes per row and indexed field, not with the length of the rows.
func (f *File) Survey(o SurveyOptions) (*Survey, error) {
	if o.MergeBy != "" && !slices.ContainsFunc(f.binds, func(b binding) bool { return b.spec.Field == o.MergeBy && b.spec.Indexed }) {
		return nil, problem(idMerge, f.fields(func(s pii.FieldSpec) bool { return s.Indexed && f.isBound(s.Field) }))
	}
	s := &Survey{file: f, merge: o.MergeBy, seed: maphash.MakeSeed(), groups: map[uint64]uint32{}, Report: Report{
		RefusedBy: map[string]int{}, DuplicateRows: map[pii.Field]int{}, Duplicates: []Duplicate{},
		Conflicts: []Conflict{}, NotStored: f.plan.NotStored(),
	}}
	seen := map[pii.Field]map[uint64]uint32{}
	for _, b := range f.binds {
		if b.spec.Indexed {
			seen[b.spec.Field] = map[uint64]uint32{}
		}
	}
	for row, err := range f.Rows() {
		if err != nil {
			return nil, err
		}
		if row.Number > math.MaxUint32 {
			return nil, problem(idFileLimit, f.size)
		}
		if err := s.count(row, seen, o); err != nil {
			return nil, err
		}
	}
	s.Report.DuplicatePhoneRows = s.Report.DuplicateRows[pii.Phone]
	return s, nil
}

func (s *Survey) count(row Row, seen map[pii.Field]map[uint64]uint32, o SurveyOptions) error {
	s.Report.Rows++
	if o.Seen != nil {
		o.Seen(row)
	}
	if row.Refusal != nil {
		s.Report.Refused++
		s.Report.RefusedBy[row.Refusal.Key]++
		if o.Refused != nil {
			return o.Refused(row)
		}
		return nil
	}
	merged := false
	for _, v := range row.Values {
		if rows, indexed := seen[v.Field]; indexed {
			merged = s.note(row.Number, v, rows) && v.Field == s.merge || merged
		}
	}
	if merged {
		s.Report.Merged++
	} else {
		s.Report.Stored++
	}
	return nil
}

// note remembers a value and reports whether an earlier row has it. Values are
// kept as hashes under a key of this pass. Two different values of one hash
// among a million are a chance below 1 in 10^7; they would be listed as duplicates
// by mistake, and [Survey.Subjects] stops rather than merge them.
func (s *Survey) note(row int, v FieldValue, rows map[uint64]uint32) bool {
	h := v.Value.Hash(s.seed)
	first, repeated := rows[h]
	if !repeated {
		rows[h] = uint32(row)
		return false
	}
	s.Report.DuplicateRows[v.Field]++
	if len(s.Report.Duplicates) < MostListed {
		s.Report.Duplicates = append(s.Report.Duplicates, Duplicate{Row: row, First: int(first), Field: v.Field})
	}
	if v.Field == s.merge {
		s.groups[h] = uint32(row)
	}
	return true
}

// Subject is one person to store: the values of one row, or of the rows merged.
type Subject struct {
	Rows   []int // the rows it is made of, ascending; the first one names it
	Values []FieldValue
}

// Subjects makes the second pass and gives what is to be stored, each subject
// when its last row has been read. Rows with the same value of the merge field
// become one subject: the first row is kept, later ones fill only what is still
// empty. A different value of a later row is not kept; it is listed in the
// report as a conflict. The order is the same on every run.
//
// A file that changed between the passes ends it with a problem.
func (s *Survey) Subjects() iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		s.Report.MergeConflicts, s.Report.Conflicts = 0, []Conflict{}
		open := map[uint64]*Subject{}
		stored, rows := 0, 0
		for row, err := range s.file.Rows() {
			if err != nil {
				yield(Subject{}, err)
				return
			}
			rows++
			if row.Refusal != nil {
				continue
			}
			done, err := s.join(row, open)
			if err != nil {
				yield(Subject{}, err)
				return
			}
			if done == nil {
				continue
			}
			stored++
			if !yield(*done, nil) {
				return
			}
		}
		if len(open) > 0 || stored != s.Report.Stored || rows != s.Report.Rows {
			yield(Subject{}, problem(idChanged))
		}
	}
}

// join adds a row to its group and returns the subject that is complete with it.
func (s *Survey) join(row Row, open map[uint64]*Subject) (*Subject, error) {
	single := &Subject{Rows: []int{row.Number}, Values: row.Values}
	i := slices.IndexFunc(row.Values, func(v FieldValue) bool { return v.Field == s.merge })
	if i < 0 {
		return single, nil
	}
	h := row.Values[i].Value.Hash(s.seed)
	last, shared := s.groups[h]
	if !shared {
		return single, nil
	}
	first := open[h]
	if first == nil {
		open[h] = single
		return nil, nil
	}
	if j := slices.IndexFunc(first.Values, func(v FieldValue) bool { return v.Field == s.merge }); !first.Values[j].Value.Equal(row.Values[i].Value) {
		return nil, problem(idChanged)
	}
	s.absorb(first, row)
	if uint32(row.Number) < last {
		return nil, nil
	}
	delete(open, h)
	return first, nil
}

// absorb fills the empty fields of a subject, in the schema's order.
func (s *Survey) absorb(into *Subject, row Row) {
	into.Rows = append(into.Rows, row.Number)
	for _, v := range row.Values {
		i := slices.IndexFunc(into.Values, func(have FieldValue) bool { return have.Field == v.Field })
		if i < 0 {
			into.Values = append(into.Values, v)
			continue
		}
		if into.Values[i].Value.Equal(v.Value) {
			continue
		}
		s.Report.MergeConflicts++
		if len(s.Report.Conflicts) < MostListed {
			s.Report.Conflicts = append(s.Report.Conflicts, Conflict{Row: row.Number, Into: into.Rows[0], Field: v.Field})
		}
	}
	order := func(f pii.Field) int {
		return slices.IndexFunc(s.file.binds, func(b binding) bool { return b.spec.Field == f })
	}
	slices.SortFunc(into.Values, func(a, b FieldValue) int { return order(a.Field) - order(b.Field) })
}
