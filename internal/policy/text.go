package policy

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// Text writes what a decision knew, as an entry keeps it: words that an auditor can
// read. What every entry states anyway is left out: verb, form, fields, purpose,
// person and organisation.
func (f Facts) Text() string {
	words := []string{named("kind", f.Principal.Kind), named("org-kind", f.Principal.OrgKind), named("post", f.Principal.Post),
		named("work", f.Work.Kind), named("sheet", f.Sheet.Highest.String()), number("level", f.Level), number("post-level", f.Principal.Level)}
	for _, x := range flags {
		if *x.of(&f) {
			words = append(words, x.name)
		}
	}
	return strings.Join(words, " ")
}

// flags are what a text names when it is true.
var flags = []struct {
	name string
	of   func(*Facts) *bool
}{
	{"sensitive", func(f *Facts) *bool { return &f.Sensitive }},
	{"contract", func(f *Facts) *bool { return &f.Principal.ContractOpen }},
	{"trained", func(f *Facts) *bool { return &f.Principal.TrainingValid }},
	{"step-up", func(f *Facts) *bool { return &f.Principal.StepUp }},
	{"suspended", func(f *Facts) *bool { return &f.Principal.Suspended }},
	{"open", func(f *Facts) *bool { return &f.Work.Open }},
	{"assigned", func(f *Facts) *bool { return &f.Work.Assigned }},
	{"self-made", func(f *Facts) *bool { return &f.Work.SelfMade }},
	{"frozen", func(f *Facts) *bool { return &f.Work.Frozen }},
	{"fresh-due", func(f *Facts) *bool { return &f.Work.FreshDue }},
	{"approved", func(f *Facts) *bool { return &f.Work.Approved }},
	{"covers", func(f *Facts) *bool { return &f.Sheet.Covers }},
	{"holder", func(f *Facts) *bool { return &f.Sheet.Holder }},
	{"other-basis", func(f *Facts) *bool { return &f.Sheet.OtherBasis }},
	{"marketing", func(f *Facts) *bool { return &f.Sheet.Marketing }},
	{"consent", func(f *Facts) *bool { return &f.Subject.Consent }},
	{"opted-out", func(f *Facts) *bool { return &f.Subject.OptedOut }},
	{"retained", func(f *Facts) *bool { return &f.Subject.Retained }},
	{"held", func(f *Facts) *bool { return &f.Subject.Held }},
	{"erased", func(f *Facts) *bool { return &f.Subject.Erased }},
	{"agreement", func(f *Facts) *bool { return &f.Agreement.Live }},
	{"assessed", func(f *Facts) *bool { return &f.Agreement.Assessed }},
	{"agreed", func(f *Facts) *bool { return &f.Agreement.Covers }},
	{"home", func(f *Facts) *bool { return &f.Transfer.Home }},
	{"basis", func(f *Facts) *bool { return &f.Transfer.Basis }},
}

func named(name, value string) string        { return name + "=" + url.QueryEscape(value) }
func number(name string, value uint8) string { return name + "=" + strconv.Itoa(int(value)) }

// ParseFacts reads what [Facts.Text] wrote. A word that this version does not know
// is an error: the text is a newer one's, or nobody's.
func ParseFacts(text string) (f Facts, err error) {
	for _, w := range strings.Fields(text) {
		if err := f.learn(w); err != nil {
			return Facts{}, err
		}
	}
	return f, nil
}

func (f *Facts) learn(word string) error {
	name, value, isNamed := strings.Cut(word, "=")
	if !isNamed {
		for _, x := range flags {
			if x.name == word {
				*x.of(f) = true
				return nil
			}
		}
		return fmt.Errorf("facts: %q is not known", word)
	}
	value, err := url.QueryUnescape(value)
	if err != nil {
		return fmt.Errorf("facts: %q: %w", name, err)
	}
	switch name {
	case "kind":
		f.Principal.Kind = value
	case "org-kind":
		f.Principal.OrgKind = value
	case "post":
		f.Principal.Post = value
	case "work":
		f.Work.Kind = value
	case "sheet":
		return f.Sheet.Highest.UnmarshalText([]byte(value))
	case "level":
		f.Level, err = small(value)
	case "post-level":
		f.Principal.Level, err = small(value)
	default:
		return fmt.Errorf("facts: %q is not known", name)
	}
	return err
}

func small(s string) (uint8, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err
}

// Asked completes facts with what their entry states.
func (f Facts) Asked(v pii.Verb, form pii.Form, fields []pii.Field, p pii.Purpose, who pii.PersonID, org pii.OrgID) Facts {
	f.Verb, f.Form, f.Fields, f.Purpose = v, form, FieldsOf(fields...), p
	f.Principal.ID, f.Principal.Org = who, org
	return f
}
