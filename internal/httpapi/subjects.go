package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type enrolIn struct {
	Body struct {
		Import string     `json:"import,omitempty" pattern:"^[0-9a-f]{32}$"`
		Rows   []enrolRow `json:"rows" minItems:"1" maxItems:"1000"`
	}
}

type enrolRow struct {
	Fields map[string]string `json:"fields" maxProperties:"64"`
}

type enrolOut struct {
	Status int
	Body   struct {
		Stored  int        `json:"stored"`
		Refused int        `json:"refused"`
		Results []enrolled `json:"results"`
	}
}

// enrolled is what became of one row.
type enrolled struct {
	Subject string  `json:"subject,omitempty"`
	Errors  []Place `json:"errors,omitempty" doc:"why the row was refused whole"`
}

// enrol answers POST /v1/subjects: a row with any invalid value is refused whole,
// the others are stored as one entry.
func enrol(a *API, ctx context.Context, c *call, in *enrolIn) (*enrolOut, error) {
	e := door.Enrolment{ID: c.id, Hash: c.hash}
	if in.Body.Import != "" {
		var err error
		if e.Import, err = requestID(in.Body.Import, "body.import"); err != nil {
			return nil, err
		}
	}
	out := &enrolOut{Status: http.StatusCreated}
	out.Body.Results = make([]enrolled, len(in.Body.Rows))
	var stored []int // the place of each row that goes in
	for i, row := range in.Body.Rows {
		values, places := a.normalise(row.Fields)
		if places != nil {
			out.Body.Results[i].Errors = places
			out.Body.Refused++
			continue
		}
		e.Rows = append(e.Rows, values)
		stored = append(stored, i)
	}
	if len(stored) == 0 {
		out.Status = http.StatusOK // nothing was created; the results say why
		return out, nil
	}
	ids, err := a.Door.Enrol(ctx, c.who, e)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		out.Body.Results[stored[i]].Subject = id.String()
	}
	out.Body.Stored = len(ids)
	return out, nil
}

// normalise brings a row into canonical form, or says which fields are wrong.
func (a *API) normalise(fields map[string]string) (map[pii.Field]pii.Value, []Place) {
	schema := a.Door.Vault.Schema()
	row := make(map[pii.Field]pii.Value, len(fields))
	var wrong []Place
	for name, text := range fields {
		spec, ok := schema.Spec(pii.Field(name))
		if !ok {
			wrong = append(wrong, Place{Where: "fields"}) // its name is the caller's text
			continue
		}
		v, err := spec.Normalise(text)
		if err != nil {
			wrong = append(wrong, Place{Where: "fields." + name})
			continue
		}
		if !v.IsEmpty() {
			row[spec.Field] = v
		}
	}
	if wrong == nil && row[pii.Phone].IsEmpty() && row[pii.Email].IsEmpty() {
		wrong = []Place{{Where: "fields.phone"}, {Where: "fields.email"}}
	}
	slices.SortFunc(wrong, func(x, y Place) int { return bytes.Compare([]byte(x.Where), []byte(y.Where)) })
	return row, slices.Compact(wrong)
}

type importIn struct {
	Body struct {
		SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of the file"`
	}
}

type idOut struct {
	Body struct {
		ID string `json:"id"`
	}
}

func idAnswer(id pii.RequestID) *idOut {
	out := &idOut{}
	out.Body.ID = id.String()
	return out
}

func openImport(a *API, ctx context.Context, c *call, in *importIn) (*idOut, error) {
	sum, err := hash(in.Body.SHA256, "body.sha256")
	if err != nil {
		return nil, err
	}
	id, err := a.Door.OpenImport(ctx, c.who, c.id, c.hash, sum)
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type finishIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body *nothing
}

type finishOut struct {
	Body struct {
		Stored  int64  `json:"stored"`
		Matches *int64 `json:"matches,omitempty" doc:"how many rows match a subject held before; left out when the lookup budget is used up"`
	}
}

func finishImport(a *API, ctx context.Context, c *call, in *finishIn) (*finishOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	got, err := a.Door.FinishImport(ctx, c.who, c.id, c.hash, id)
	if err != nil {
		return nil, err
	}
	out := &finishOut{}
	out.Body.Stored = got.Stored
	if got.Told {
		out.Body.Matches = &got.Matches
	}
	return out, nil
}

type membersIn struct {
	WorkItem string `query:"work_item" required:"true" pattern:"^[0-9a-f]{32}$"`
	Page
}

type membersOut struct {
	Body struct {
		Subjects []string `json:"subjects"`
		Next     string   `json:"next,omitempty"`
	}
}

// members answers GET /v1/subjects: the ids inside the caller's own open work
// item, in the order of the ids as he knows them. Anything else is no-grant.
func members(a *API, ctx context.Context, c *call, in *membersIn) (*membersOut, error) {
	id, err := requestID(in.WorkItem, "query.work_item")
	if err != nil {
		return nil, err
	}
	list := "members|" + id.String()
	after, err := a.openCursor(c, list, in.Cursor)
	if err != nil {
		return nil, err
	}
	w, ok, err := a.Work.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok || w.Assignee != c.who.Person.ID || w.Recipient != c.who.Org.ID || !w.OpenAt(c.now) || a.Ledger.CheckStamp(&w) != nil {
		return nil, fault.New(fault.Denied, "no-grant", "")
	}
	subjects, err := a.Door.Members(ctx, w)
	if err != nil {
		return nil, err
	}
	ids := make([]pii.SubjectID, 0, len(subjects))
	for _, s := range subjects {
		if s.Known() {
			ids = append(ids, a.knownAs(c.who, s.ID))
		}
	}
	slices.SortFunc(ids, func(x, y pii.SubjectID) int { return bytes.Compare(x[:], y[:]) })
	first, _ := slices.BinarySearchFunc(ids, after, func(id pii.SubjectID, at []byte) int {
		if bytes.Compare(id[:], at) <= 0 {
			return -1
		}
		return 1
	})
	ids = ids[first:]
	out := &membersOut{}
	out.Body.Subjects = make([]string, 0, min(len(ids), in.Limit))
	for i, id := range ids {
		if i == in.Limit {
			out.Body.Next, err = a.cursor(c, list, ids[i-1][:])
			return out, err
		}
		out.Body.Subjects = append(out.Body.Subjects, id.String())
	}
	return out, nil
}

// knownAs is the id a caller knows a subject by.
func (a *API) knownAs(p party.Principal, id pii.SubjectID) pii.SubjectID {
	if p.Org.Kind == party.Handler {
		return a.Door.Vault.Pseudonym(p.Org.ID, id)
	}
	return id
}
