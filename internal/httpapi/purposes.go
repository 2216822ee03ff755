package httpapi

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
)

// PurposeSheet is a purpose sheet.
type PurposeSheet struct {
	Purpose   string         `json:"purpose" pattern:"^[a-z][a-z0-9-]{0,63}$"`
	Zh        string         `json:"zh" minLength:"1" maxLength:"80"`
	En        string         `json:"en" minLength:"1" maxLength:"80"`
	Basis     string         `json:"basis" enum:"consent,contract,human-resources,legal-duty,emergency,public-interest,disclosed-by-herself" doc:"legal basis, as PIPL 13 counts"`
	Fields    []purposeField `json:"fields" maxItems:"64" doc:"what the purpose needs; none ends the purpose"`
	Days      int            `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"how long work for it may last; 0: 90 days"`
	Marketing bool           `json:"marketing,omitempty"`
	Kinds     []string       `json:"kinds,omitempty" maxItems:"3" enum:"staff,outsourced,partner" doc:"who may hold it; none: all"`
	Posts     []string       `json:"posts,omitempty" maxItems:"64" maxLength:"64"`
	Orgs      []string       `json:"organisations,omitempty" maxItems:"64" maxLength:"40"`
	Work      []string       `json:"work,omitempty" maxItems:"7" enum:"call-task,support-ticket,complaint,rights-request,retention,inbound,partner-lead"`
}

type purposeField struct {
	Field   string `json:"field" minLength:"1" maxLength:"32"`
	Highest string `json:"highest" enum:"masked,token,relay,alias,plain"`
	WhyZh   string `json:"why_zh,omitempty" maxLength:"200" doc:"why the purpose needs it"`
	WhyEn   string `json:"why_en,omitempty" maxLength:"400"`
}

// purposeInForce is a sheet with its version; 0 is as shipped.
type purposeInForce struct {
	PurposeSheet
	Version int        `json:"version"`
	Since   *time.Time `json:"since,omitempty"`
	By      string     `json:"by,omitempty"`
}

type purposesOut struct {
	Body struct {
		Purposes []purposeInForce `json:"purposes"`
	}
}

func listPurposes(a *API, ctx context.Context, _ *call, _ *struct{}) (*purposesOut, error) {
	sheets, err := a.Door.SheetsInForce(ctx)
	if err != nil {
		return nil, err
	}
	out := &purposesOut{}
	for _, p := range slices.Sorted(maps.Keys(sheets)) {
		out.Body.Purposes = append(out.Body.Purposes, purposeOf(sheets[p]))
	}
	return out, nil
}

func purposeOf(s grant.Sheet) purposeInForce {
	p := purposeInForce{Version: s.Version, By: string(s.By), PurposeSheet: PurposeSheet{
		Purpose: string(s.Purpose), Zh: s.Zh, En: s.En, Basis: s.Basis, Days: s.Days, Marketing: s.Marketing,
		Kinds: s.Holders.Kinds, Posts: s.Holders.Posts, Fields: []purposeField{},
	}}
	if !s.Since.IsZero() {
		p.Since = &s.Since
	}
	for f, form := range s.Highest {
		p.Fields = append(p.Fields, purposeField{string(f), form.String(), s.Why[f].Zh, s.Why[f].En})
	}
	slices.SortFunc(p.Fields, func(x, y purposeField) int { return cmp.Compare(x.Field, y.Field) })
	for _, o := range s.Holders.Orgs {
		p.Orgs = append(p.Orgs, string(o))
	}
	for _, k := range grant.WorkKinds {
		if s.For(k) {
			p.Work = append(p.Work, string(k))
		}
	}
	return p
}

// sheet is the purpose sheet that somebody wrote.
func (b PurposeSheet) sheet() (grant.Sheet, error) {
	s := grant.Sheet{
		Purpose: pii.Purpose(b.Purpose), Zh: b.Zh, En: b.En, Basis: b.Basis, Days: b.Days, Marketing: b.Marketing,
		Highest: map[pii.Field]pii.Form{}, Why: map[pii.Field]grant.Text{},
		Holders: grant.Holders{Kinds: b.Kinds, Posts: b.Posts}, Ended: len(b.Fields) == 0,
	}
	for _, o := range b.Orgs {
		s.Holders.Orgs = append(s.Holders.Orgs, pii.OrgID(o))
	}
	for _, k := range b.Work {
		s.Work = append(s.Work, grant.WorkKind(k))
	}
	for _, f := range b.Fields {
		var form pii.Form
		if _, twice := s.Highest[pii.Field(f.Field)]; twice || form.UnmarshalText([]byte(f.Highest)) != nil {
			return s, bad("body.purposes")
		}
		s.Highest[pii.Field(f.Field)], s.Why[pii.Field(f.Field)] = form, grant.Text{Zh: f.WhyZh, En: f.WhyEn}
	}
	return s, nil
}

// caps are budgets as the API spells them.
type caps struct {
	Person   map[string]int64 `json:"person" doc:"form: subjects a person may have in it, a day and purpose"`
	Org      map[string]int64 `json:"organisation" doc:"form: subjects an organisation may have in it, a day and purpose"`
	Requests int64            `json:"requests" minimum:"1" doc:"of a person, an hour"`
	Refused  int64            `json:"refused" minimum:"1" doc:"of a person, a day"`
	Lookups  int64            `json:"lookups" minimum:"0" doc:"of a person or service, a day"`
	Limits   []limit          `json:"limits" maxItems:"16"`
}

type limit struct {
	Of       string `json:"of" enum:"person,organisation,purpose"`
	Purpose  string `json:"purpose,omitempty" maxLength:"64"`
	Class    string `json:"class,omitempty" enum:"ordinary,affecting,grave" doc:"of fields; none: any"`
	Form     string `json:"form" enum:"masked,token,relay,alias,plain" doc:"this one and those above it"`
	Window   string `json:"window" enum:"hour,day,month,ever"`
	Subjects int64  `json:"subjects" minimum:"0"`
}

type capsOut struct {
	Body struct {
		InForce  caps `json:"in_force"`
		Ceilings caps `json:"ceilings"`
	}
}

func getCaps(a *API, ctx context.Context, _ *call, _ *struct{}) (*capsOut, error) {
	now, err := a.Door.CapsInForce(ctx)
	if err != nil {
		return nil, err
	}
	out := &capsOut{}
	out.Body.InForce, out.Body.Ceilings = capsOf(now), capsOf(door.Ceilings())
	return out, nil
}

func capsOf(c door.Caps) caps {
	out := caps{Person: byForm(c.Person), Org: byForm(c.Org), Requests: c.Requests, Refused: c.Refused, Lookups: c.Lookups, Limits: []limit{}}
	for _, l := range c.Limits {
		x := limit{Of: string(l.Of), Purpose: string(l.Purpose), Form: l.Form.String(), Window: string(l.Window), Subjects: l.Subjects}
		if l.Class != nil {
			if x.Class = string(*l.Class); x.Class == "" {
				x.Class = "ordinary"
			}
		}
		out.Limits = append(out.Limits, x)
	}
	return out
}

func byForm(m map[pii.Form]int64) map[string]int64 {
	out := make(map[string]int64, len(m))
	for f, n := range m {
		out[f.String()] = n
	}
	return out
}

// caps are the budgets that somebody wrote.
func (b caps) caps() (door.Caps, error) {
	set := door.Caps{Person: map[pii.Form]int64{}, Org: map[pii.Form]int64{}, Requests: b.Requests, Refused: b.Refused, Lookups: b.Lookups}
	for _, x := range []struct {
		from map[string]int64
		to   map[pii.Form]int64
		at   string
	}{{b.Person, set.Person, "body.caps.person"}, {b.Org, set.Org, "body.caps.organisation"}} {
		for name, n := range x.from {
			var f pii.Form
			if f.UnmarshalText([]byte(name)) != nil {
				return set, bad(x.at)
			}
			x.to[f] = n
		}
	}
	for _, l := range b.Limits {
		y := door.Limit{Of: door.Counted(l.Of), Purpose: pii.Purpose(l.Purpose), Window: door.Window(l.Window), Subjects: l.Subjects}
		if y.Form.UnmarshalText([]byte(l.Form)) != nil {
			return set, bad("body.caps.limits")
		}
		if l.Class != "" {
			class := pii.Class(l.Class)
			if l.Class == "ordinary" {
				class = pii.Ordinary
			}
			y.Class = &class
		}
		set.Limits = append(set.Limits, y)
	}
	return set, nil
}
