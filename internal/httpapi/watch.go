package httpapi

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// seen is one entry of a list of who saw whom. It holds no value.
type seen struct {
	Entry    uint64    `json:"entry"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	ID       string    `json:"id"`
	Actor    string    `json:"actor"`
	Org      string    `json:"org"`
	Verb     string    `json:"verb"`
	Form     string    `json:"form"`
	Fields   []string  `json:"fields"`
	Purpose  string    `json:"purpose"`
	WorkItem string    `json:"work_item,omitempty"`
	Shown    int       `json:"shown" doc:"how many subjects were shown"`
	Refused  int       `json:"refused" doc:"how many were not"`
	Rule     string    `json:"rule,omitempty" doc:"why this subject was refused"`
}

type seenOut struct {
	Body struct {
		Disclosures []seen `json:"disclosures"`
		Next        string `json:"next,omitempty"`
	}
}

type seenIn struct {
	ID string `path:"id" minLength:"1" maxLength:"64"`
	Page
}

// whoSaw answers GET /v1/subjects/{id}/disclosures. Of an id that is nobody's the
// list is empty: the dummy subject's entries are not hers.
func whoSaw(a *API, ctx context.Context, c *call, in *seenIn) (*seenOut, error) {
	id, err := subjectID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	found, err := a.Door.Vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return nil, err
	}
	list := "subject|" + id.String()
	if _, err := a.openCursor(c, list, in.Cursor); err != nil {
		return nil, err
	}
	if !found[0].Known() {
		out := &seenOut{}
		out.Body.Disclosures = []seen{}
		return out, nil
	}
	return a.list(ctx, c, list, ledger.SubjectRef(found[0].Ordinal), found[0].Ordinal, &in.Page)
}

// whatGot answers GET /v1/recipients/{id}/disclosures: of an organisation, or of
// one of the people.
func whatGot(a *API, ctx context.Context, c *call, in *seenIn) (*seenOut, error) {
	if !pii.PersonID(in.ID).IsWellFormed() {
		return nil, bad("path.id") // looked for, it would stand in the database's log
	}
	ref := ledger.Ref{Kind: ledger.RefPerson, Key: []byte(in.ID)}
	if _, ok, err := a.People.Org(ctx, pii.OrgID(in.ID)); err != nil {
		return nil, err
	} else if ok {
		ref.Kind = ledger.RefOrg
	}
	return a.list(ctx, c, "recipient|"+in.ID, ref, pii.Dummy, &in.Page)
}

// list reads a page of the entries filed under a reference; of is the subject it
// is about, or the dummy.
func (a *API) list(ctx context.Context, c *call, name string, ref ledger.Ref, of pii.Ordinal, p *Page) (*seenOut, error) {
	at, err := a.openCursor(c, name, p.Cursor)
	if err != nil {
		return nil, err
	}
	from := uint64(0)
	if len(at) == 8 {
		from = binary.BigEndian.Uint64(at)
	}
	entries, err := a.Ledger.Find(ctx, ref, from, p.Limit)
	if err != nil {
		return nil, err
	}
	out := &seenOut{}
	out.Body.Disclosures = make([]seen, 0, len(entries))
	for _, idx := range entries {
		records, err := a.Ledger.Records(ctx, idx, 1)
		if err != nil {
			return nil, err
		}
		if len(records) == 1 && records[0].Verb() != 0 {
			out.Body.Disclosures = append(out.Body.Disclosures, seenOf(records[0], of))
		}
	}
	if len(entries) == p.Limit {
		next := binary.BigEndian.AppendUint64(nil, entries[len(entries)-1]+1)
		if out.Body.Next, err = a.cursor(c, name, next); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func seenOf(r *ledger.Record, of pii.Ordinal) seen {
	s := seen{
		Entry: r.Index, At: r.At(), Kind: r.Leaf.Kind.String(), ID: r.Request().String(),
		Actor: r.Fact("actor"), Org: r.Fact("org"), Verb: r.Verb().String(), Form: r.Form().String(),
		Fields: []string{}, Purpose: r.Fact("purpose"), WorkItem: r.Fact("work"),
	}
	for _, f := range r.Fields() {
		s.Fields = append(s.Fields, string(f))
	}
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		if of != pii.Dummy && o != of {
			return true
		}
		if l.Shown && r.Leaf.Kind == proof.KindDisclosure {
			s.Shown++
		} else if o != pii.Dummy {
			s.Refused++
			s.Rule = l.Rule
		}
		return true
	})
	return s
}

type entryIn struct {
	Index uint64 `path:"index"`
}

type entryOut struct {
	Body struct {
		Index    uint64         `json:"index"`
		At       time.Time      `json:"at"`
		Kind     string         `json:"kind"`
		ID       string         `json:"id"`
		Facts    []factOut      `json:"facts"`
		Subjects []entrySubject `json:"subjects"`
	}
}

type factOut struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type entrySubject struct {
	Subject string `json:"subject,omitempty" doc:"left out once her record was forgotten"`
	Shown   bool   `json:"shown"`
	Version uint32 `json:"version,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// entry answers GET /v1/ledger/entries/{index}: the facts an entry commits to.
// Values of subjects are in none of them.
func entry(a *API, ctx context.Context, _ *call, in *entryIn) (*entryOut, error) {
	r, err := a.Ledger.Record(ctx, in.Index)
	if err != nil {
		return nil, err
	}
	out := &entryOut{}
	b := &out.Body
	b.Index, b.At, b.Kind, b.ID = r.Index, r.At(), r.Leaf.Kind.String(), r.Request().String()
	b.Facts, b.Subjects = []factOut{}, []entrySubject{}
	hidden := byPhone(r)
	for _, f := range r.Facts() {
		if hidden && !rowsOwn[f.Name] {
			continue
		}
		b.Facts = append(b.Facts, factOut{f.Name, strings.ToValidUTF8(f.Value, "?")})
	}
	if hidden {
		return out, nil
	}
	var of []pii.Ordinal
	r.Subjects(func(o pii.Ordinal, _ proof.Line) bool { of = append(of, o); return true })
	ids, err := a.ids(ctx, of)
	if err != nil {
		return nil, err
	}
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		if o != pii.Dummy {
			b.Subjects = append(b.Subjects, entrySubject{ids[o], l.Shown, l.Version, l.Rule})
		}
		return true
	})
	return out, nil
}

func (a *API) ids(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]string, error) {
	if len(of) == 0 {
		return nil, nil
	}
	found, err := a.Door.Vault.DescribeOrdinals(ctx, of)
	if err != nil {
		return nil, err
	}
	ids := make(map[pii.Ordinal]string, len(found))
	for _, s := range found {
		ids[s.Ordinal] = s.ID.String()
	}
	return ids, nil
}
