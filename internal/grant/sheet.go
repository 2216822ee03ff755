package grant

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Sheet is a purpose sheet: what a purpose needs, and no more. A sheet is the most a
// purpose can ever need; the rules decide below it.
type Sheet struct {
	Purpose   pii.Purpose            `json:"purpose"`
	Zh        string                 `json:"zh"`
	En        string                 `json:"en"`
	Basis     string                 `json:"basis"`     // legal basis, one of [Bases]
	Highest   map[pii.Field]pii.Form `json:"highest"`   // fields the purpose needs, with the highest form each may take
	Why       map[pii.Field]Text     `json:"why"`       // why each is necessary
	Days      int                    `json:"days"`      // how long work for it may need the information; 0: as long as a work item may be open
	Marketing bool                   `json:"marketing"` // an opt-out (拒绝营销) stops it
	Holders   Holders                `json:"holders"`
	Work      []WorkKind             `json:"work"` // kinds of work that may have it; none: those of the shipped sheet

	Version int          `json:"version"` // 0: as shipped
	Since   time.Time    `json:"since"`   // of this version; zero: as shipped
	By      pii.PersonID `json:"by"`      // who made this version; empty: as shipped
	Ended   bool         `json:"ended"`   // nobody may have the purpose any more
}

// Text is a sentence in both languages.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Holders says who may hold a purpose. An empty list allows all.
type Holders struct {
	Kinds []string    `json:"kinds,omitempty"` // of persons: staff, outsourced, partner
	Posts []string    `json:"posts,omitempty"`
	Orgs  []pii.OrgID `json:"organisations,omitempty"`
}

// Bases are the legal bases PIPL 13 counts.
var Bases = []string{"consent", "contract", "human-resources", "legal-duty", "emergency", "public-interest", "disclosed-by-herself"}

// OnConsent reports whether the purpose rests on the person's consent (PIPL 13(1)).
func (s Sheet) OnConsent() bool { return s.Basis == "consent" }

// Allows reports whether the sheet covers every field in this form.
func (s Sheet) Allows(fields []pii.Field, f pii.Form) bool {
	covers, highest := s.Answer(fields)
	return covers && f <= highest && len(fields) > 0
}

// Answer says whether the sheet names every field, and the highest form it allows
// for all of them.
func (s Sheet) Answer(fields []pii.Field) (covers bool, highest pii.Form) {
	highest = pii.Plain
	for _, f := range fields {
		h, ok := s.Highest[f]
		if !ok {
			return false, pii.None
		}
		highest = min(highest, h)
	}
	return true, highest
}

// For reports whether a kind of work may have the purpose. An exception rests on
// work that may.
func (s Sheet) For(k WorkKind) bool {
	if len(s.Work) > 0 {
		return slices.Contains(s.Work, k)
	}
	return k.Allows(s.Purpose)
}

// Holds reports whether somebody may hold the purpose.
func (h Holders) Holds(kind, post string, org pii.OrgID) bool {
	return within(h.Kinds, kind) && within(h.Posts, post) && within(h.Orgs, org)
}

func within[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

var purposeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// workers are the kinds of persons that may hold a purpose: the others read nothing.
var workers = []string{"staff", "outsourced", "partner"}

// Check refuses a sheet that is incomplete, or that the rules could not bound: its
// fault names the place.
func (s Sheet) Check(schema pii.Schema) error {
	if s.Ended && purposeName.MatchString(string(s.Purpose)) {
		return nil
	}
	shipped, ours := Sheets()[s.Purpose]
	marketing := slices.ContainsFunc([]WorkKind{CallTask, PartnerLead}, s.For)
	switch {
	case !purposeName.MatchString(string(s.Purpose)):
		return wrong("purpose")
	case !isTitle(s.Zh) || !isTitle(s.En):
		return wrong("title")
	case !slices.Contains(Bases, s.Basis), s.Marketing && s.Basis != "consent", ours && s.Basis != shipped.Basis:
		return wrong("basis")
	case marketing && !s.Marketing, ours && s.Marketing != shipped.Marketing: // or an opt-out could be walked around
		return wrong("marketing")
	case s.Days < 0 || s.Days > 3650:
		return wrong("days")
	case len(s.Highest) == 0 || len(s.Why) != len(s.Highest):
		return wrong("fields")
	case !ours && len(s.Work) == 0 || slices.ContainsFunc(s.Work, func(k WorkKind) bool { return !k.Valid() }):
		return wrong("work")
	case slices.ContainsFunc(s.Holders.Kinds, func(k string) bool { return !slices.Contains(workers, k) }), len(s.Holders.Posts) > 64, len(s.Holders.Orgs) > 64:
		return wrong("holders")
	}
	for _, f := range slices.Sorted(maps.Keys(s.Highest)) {
		spec, known := schema.Spec(f)
		switch form := s.Highest[f]; {
		case f == pii.Note && form != pii.Masked: // what people wrote is never shown but scrubbed
			return wrong("fields")
		case !known && f != pii.Note || form == pii.None || form > pii.Plain:
			return wrong("fields")
		case spec.Sensitive && s.Basis != "legal-duty" && s.Basis != "consent" && s.Basis != "emergency": // PIPL 28, 29
			return fault.New(fault.Invalid, "sheet-sensitive", "fields."+string(f))
		case !isReason(s.Why[f]):
			return fault.New(fault.Invalid, "sheet-why", "fields."+string(f))
		}
	}
	return nil
}

func isTitle(s string) bool { return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= 80 }

// isReason wants a sentence, not a word.
func isReason(t Text) bool {
	n := max(utf8.RuneCountInString(t.Zh), utf8.RuneCountInString(t.En)/2)
	return n >= 4 && utf8.ValidString(t.Zh) && utf8.ValidString(t.En) && len(t.Zh) <= 600 && len(t.En) <= 600
}

func wrong(where string) error { return fault.New(fault.Invalid, "bad-request", where) }

// Overlay is the shipped sheets with a company's own, as JSON, put over them.
func Overlay(shipped map[pii.Purpose]Sheet, company string) (map[pii.Purpose]Sheet, error) {
	all := maps.Clone(shipped)
	own, err := readSheets(company)
	if err != nil {
		return nil, err
	}
	for _, s := range own {
		if s.Ended {
			delete(all, s.Purpose)
			continue
		}
		all[s.Purpose] = s
	}
	return all, nil
}

func readSheets(company string) (own []Sheet, err error) {
	if company == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(company), &own); err != nil {
		return nil, fault.New(fault.Unavailable, "rules-missing", "sheets")
	}
	return own, nil
}

// MaxSheets is how many sheets of its own a company may have.
const MaxSheets = 200

// PutSheet puts one sheet into a company's own, and gives it the next version.
func PutSheet(company string, s Sheet) (string, Sheet, error) {
	own, err := readSheets(company)
	if err != nil {
		return "", s, err
	}
	i := slices.IndexFunc(own, func(x Sheet) bool { return x.Purpose == s.Purpose })
	if s.Version = 1; i >= 0 {
		s.Version = own[i].Version + 1
		own[i] = s
	} else {
		own = append(own, s)
	}
	if len(own) > MaxSheets {
		return "", s, fault.New(fault.TooLarge, "too-large", "sheets")
	}
	slices.SortFunc(own, func(a, b Sheet) int { return cmp.Compare(a.Purpose, b.Purpose) })
	b, err := json.Marshal(own)
	if err != nil {
		return "", s, fault.Wrap(fault.Internal, "internal", err)
	}
	return string(b), s, nil
}
