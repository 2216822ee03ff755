package pii

import (
	"fmt"
	"regexp"
	"slices"
)

// Field names a field of the schema.
type Field string

// The registration fields every data directory starts with.
const (
	Name     Field = "name"
	Phone    Field = "phone"
	Email    Field = "email"
	IDNumber Field = "id_number"
	Company  Field = "company"
	Address  Field = "address"
)

// Kind says how a field's values are normalised, checked and masked.
type Kind string

const (
	KindName    Kind = "name"
	KindPhone   Kind = "phone"
	KindEmail   Kind = "email"
	KindIDCard  Kind = "id_number" // GB 11643
	KindCompany Kind = "company"
	KindAddress Kind = "address"
	KindText    Kind = "text" // own fields: masked whole
)

// MaxLevel is the highest level of a field (GB/T 43697, general data).
const MaxLevel = 4

// Class is how gravely the misuse of a field counts. It follows 法释〔2017〕10号,
// article 5: a crime begins at 50 records of the first class, 500 of the second and
// 5,000 of the rest, half of that if they were obtained in duty or service.
type Class string

const (
	Ordinary  Class = ""          // the rest, such as names and numbers
	Affecting Class = "affecting" // lodging, communication records, health, transactions, what else touches person or property
	Grave     Class = "grave"     // movements, contents of communication, credit, property
)

// Classes lists them, the lightest first.
var Classes = []Class{Ordinary, Affecting, Grave}

// Weight is how many records of the lightest class one of this class is worth.
func (c Class) Weight() int64 {
	switch c {
	case Grave:
		return 100
	case Affecting:
		return 10
	}
	return 1
}

// FieldSpec declares one field.
type FieldSpec struct {
	Field     Field `json:"field"`
	Kind      Kind  `json:"kind"`
	Level     uint8 `json:"level"`     // 1–4, GB/T 43697 general data
	Sensitive bool  `json:"sensitive"` // PIPL 28
	Indexed   bool  `json:"indexed"`   // can be looked up by value
	Days      int   `json:"days"`      // retention in days; 0 = as long as the subject is stored
	Class     Class `json:"class,omitempty"`
}

// Schema is the ordered list of fields.
type Schema []FieldSpec

// Registration is the schema a new data directory starts with.
func Registration() Schema {
	return Schema{
		{Field: Name, Kind: KindName, Level: 2},
		{Field: Phone, Kind: KindPhone, Level: 3, Indexed: true},
		{Field: Email, Kind: KindEmail, Level: 3, Indexed: true},
		{Field: IDNumber, Kind: KindIDCard, Level: 4, Sensitive: true, Indexed: true},
		{Field: Company, Kind: KindCompany, Level: 2},
		{Field: Address, Kind: KindAddress, Level: 3},
	}
}

// Spec finds a field's declaration.
func (s Schema) Spec(f Field) (FieldSpec, bool) {
	i := slices.IndexFunc(s, func(x FieldSpec) bool { return x.Field == f })
	if i < 0 {
		return FieldSpec{}, false
	}
	return s[i], true
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// Check refuses a schema with bad, duplicate or too many fields.
func (s Schema) Check() error {
	if len(s) == 0 || len(s) > 64 {
		return fmt.Errorf("schema: 1 to 64 fields are needed, not %d", len(s))
	}
	seen := map[Field]bool{}
	for i, f := range s {
		if !fieldName.MatchString(string(f.Field)) {
			return fmt.Errorf("schema: field %d: a name is a lower-case letter, then letters, digits or _", i+1)
		}
		if seen[f.Field] {
			return fmt.Errorf("schema: field %d: %q is declared twice", i+1, f.Field)
		}
		if !slices.Contains([]Kind{KindName, KindPhone, KindEmail, KindIDCard, KindCompany, KindAddress, KindText}, f.Kind) {
			return fmt.Errorf("schema: field %q: unknown kind", f.Field)
		}
		if !slices.Contains(Classes, f.Class) {
			return fmt.Errorf("schema: field %q: unknown class", f.Field)
		}
		seen[f.Field] = true
	}
	return nil
}
