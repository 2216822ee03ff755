package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Postgres is the company's own database, as its operators see it.
type Postgres interface {
	// Plan says what an enrolment would do, and changes nothing.
	Plan(ctx context.Context, a PostgresAsk) (PostgresPlan, error)
	// Enrol does it, and records it under the id.
	Enrol(ctx context.Context, by party.Principal, id pii.RequestID, a PostgresAsk) (PostgresPlan, error)
	// Undo takes a table out, or says how.
	Undo(ctx context.Context, by party.Principal, id pii.RequestID, dsn, table string, apply bool) (PostgresPlan, error)
	// Tables lists what is enrolled.
	Tables() []*enrolment.Table
	// Check looks for ways round the views.
	Check(ctx context.Context) ([]PostgresHole, error)
	// Adopt finds the subjects of rows, in the order of their keys; a key without a row
	// has the zero id.
	Adopt(ctx context.Context, by party.Principal, table string, keys []string) ([]pii.SubjectID, error)
}

// PostgresAsk is what an operator wants enrolled.
type PostgresAsk struct {
	DSN     string   `json:"dsn" minLength:"1" maxLength:"1024" doc:"of a role that owns the table and may make roles; used now and not kept"`
	Table   string   `json:"table" minLength:"3" maxLength:"128"`
	Subject []string `json:"subject,omitempty" maxItems:"8"`
	Protect []string `json:"protect,omitempty" maxItems:"64"`
	Show    []string `json:"show,omitempty" maxItems:"256"`
	Open    bool     `json:"open,omitempty"`
	Plan    string   `json:"plan,omitempty" maxLength:"16" doc:"apply this plan, as it was answered before"`
}

// PostgresPlan is what an enrolment does, or did.
type PostgresPlan struct {
	Plan    string         `json:"plan,omitempty" doc:"names this plan; kept until the server restarts or many others were made"`
	ID      string         `json:"id,omitempty"`
	View    string         `json:"view,omitempty"`
	SQL     []string       `json:"sql"`
	Undo    []string       `json:"undo,omitempty"`
	Looks   []PostgresLook `json:"looks,omitempty" doc:"columns that look as if they held personal information: protect them, or say that they are shown"`
	Notes   []string       `json:"notes,omitempty"`
	Applied bool           `json:"applied"`
}

// PostgresLook is a column that looks as if it held a field.
type PostgresLook struct {
	Column string `json:"column"`
	Field  string `json:"field"`
	Share  int    `json:"share" doc:"of the sampled values, in hundredths; 0: its name only"`
}

// PostgresHole is a way round the views.
type PostgresHole struct {
	ID  string `json:"id"`
	Of  string `json:"of"`
	SQL string `json:"sql,omitempty" doc:"closes it"`
}

// enrolled database, or the refusal where there is none in this build.
func (a *API) postgres() (Postgres, error) {
	if a.Postgres == nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "postgres")
	}
	return a.Postgres, nil
}

type enrolTableIn struct {
	Body struct {
		PostgresAsk
		Apply bool `json:"apply,omitempty" doc:"without it the plan is answered and nothing changes"`
	}
}

type tablePlanOut struct {
	Status int
	Body   PostgresPlan
}

func enrolTable(a *API, ctx context.Context, c *call, in *enrolTableIn) (*tablePlanOut, error) {
	pg, err := a.postgres()
	if err != nil {
		return nil, err
	}
	out := &tablePlanOut{Status: http.StatusOK}
	if in.Body.Apply {
		out.Status = http.StatusCreated
		out.Body, err = pg.Enrol(ctx, c.who, c.id, in.Body.PostgresAsk)
	} else {
		out.Body, err = pg.Plan(ctx, in.Body.PostgresAsk)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

type undoTableIn struct {
	Body struct {
		DSN   string `json:"dsn" minLength:"1" maxLength:"1024"`
		Table string `json:"table" minLength:"3" maxLength:"128"`
		Apply bool   `json:"apply,omitempty"`
	}
}

type undoTableOut struct{ Body PostgresPlan }

func undoTable(a *API, ctx context.Context, c *call, in *undoTableIn) (*undoTableOut, error) {
	pg, err := a.postgres()
	if err != nil {
		return nil, err
	}
	out := &undoTableOut{}
	out.Body, err = pg.Undo(ctx, c.who, c.id, in.Body.DSN, in.Body.Table, in.Body.Apply)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// enrolledTable is an enrolled table as its operators see it.
type enrolledTable struct {
	ID      string            `json:"id"`
	Table   string            `json:"table"`
	View    string            `json:"view"`
	Of      string            `json:"of,omitempty" doc:"the enrolment whose subjects the rows are about, if not its own"`
	Subject []string          `json:"subject"`
	Protect map[string]string `json:"protect" doc:"protected columns, with the field each holds"`
}

type tablesOut struct {
	Body struct {
		Tables []enrolledTable `json:"tables"`
	}
}

func listTables(a *API, _ context.Context, _ *call, _ *struct{}) (*tablesOut, error) {
	pg, err := a.postgres()
	if err != nil {
		return nil, err
	}
	out := &tablesOut{}
	out.Body.Tables = []enrolledTable{}
	for _, t := range pg.Tables() {
		e := enrolledTable{ID: t.ID.String(), Table: t.Schema + "." + t.Name, View: enrolment.ViewSchema + "." + t.View, Protect: map[string]string{}, Subject: []string{}}
		if t.Of != t.ID && !t.Of.IsZero() {
			e.Of = t.Of.String()
		}
		for _, k := range t.Subject {
			e.Subject = append(e.Subject, k.Column)
		}
		for _, col := range t.Columns {
			e.Protect[col.Name] = string(col.Field)
		}
		out.Body.Tables = append(out.Body.Tables, e)
	}
	return out, nil
}

type checkIn struct{ Body *nothing }

type checkOut struct {
	Body struct {
		Holes []PostgresHole `json:"holes"`
	}
}

func checkPostgres(a *API, ctx context.Context, _ *call, _ *checkIn) (*checkOut, error) {
	pg, err := a.postgres()
	if err != nil {
		return nil, err
	}
	out := &checkOut{}
	if out.Body.Holes, err = pg.Check(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

type adoptIn struct {
	Body struct {
		Table string     `json:"table" pattern:"^[0-9a-f]{16}$" doc:"the enrolment's id"`
		Keys  [][]string `json:"keys" minItems:"1" maxItems:"1000" doc:"of each row, the texts of its key's columns"`
	}
}

type adoptOut struct {
	Body struct {
		Subjects []string `json:"subjects" doc:"in the order of the keys; empty where there is no such row"`
	}
}

func adoptRows(a *API, ctx context.Context, c *call, in *adoptIn) (*adoptOut, error) {
	pg, err := a.postgres()
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(in.Body.Keys))
	for i, k := range in.Body.Keys {
		if len(k) == 0 || len(k) > 8 {
			return nil, fault.New(fault.Invalid, "bad-request", fmt.Sprintf("body.keys[%d]", i))
		}
		keys[i] = enrolment.JoinKey(k)
	}
	ids, err := pg.Adopt(ctx, c.who, in.Body.Table, keys)
	if err != nil {
		return nil, err
	}
	out := &adoptOut{}
	out.Body.Subjects = make([]string, len(ids))
	for i, id := range ids {
		if id != (pii.SubjectID{}) {
			out.Body.Subjects[i] = id.String()
		}
	}
	return out, nil
}

type loginIn struct {
	Body struct {
		Purpose     string `json:"purpose" minLength:"1" maxLength:"64"`
		WorkItem    string `json:"work_item" pattern:"^[0-9a-f]{32}$"`
		Form        string `json:"form,omitempty" enum:"masked,plain" doc:"the highest that is asked for; masked if not given"`
		Minutes     int    `json:"minutes,omitempty" minimum:"1" maximum:"43200" doc:"60 if not given; a person's at most 720"`
		Certificate string `json:"certificate,omitempty" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of a client certificate's public key (SPKI), which is then needed instead of a password"`
	}
}

type loginOut struct {
	Body struct {
		User     string    `json:"user"`
		Password string    `json:"password,omitempty" doc:"shown once"`
		Until    time.Time `json:"until"`
	}
}

// issueLogin answers POST /v1/postgres/logins: purpose and work item of a session of
// the port come from here, never from its statements.
func issueLogin(a *API, ctx context.Context, c *call, in *loginIn) (*loginOut, error) {
	b := &in.Body
	work, err := requestID(b.WorkItem, "body.work_item")
	if err != nil {
		return nil, err
	}
	ask := authn.LoginAsk{Purpose: pii.Purpose(b.Purpose), Work: work, Form: pii.Masked, Life: time.Duration(b.Minutes) * time.Minute}
	sheets, err := a.Door.SheetsInForce(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := sheets[ask.Purpose]; !ok {
		return nil, fault.New(fault.Invalid, "bad-request", "body.purpose")
	}
	if b.Form == pii.Plain.String() {
		ask.Form = pii.Plain
	}
	if b.Certificate != "" {
		if ask.Certificate, err = hash(b.Certificate, "body.certificate"); err != nil {
			return nil, err
		}
	}
	made, err := a.Authn.IssueLogin(ctx, c.who, ask)
	if err != nil {
		return nil, err
	}
	out := &loginOut{}
	out.Body.User, out.Body.Password, out.Body.Until = made.Name, made.Password, made.Until
	return out, nil
}

type loginByName struct {
	Name string `path:"name" minLength:"1" maxLength:"63" pattern:"^[A-Za-z0-9._-]+$"`
	Body *nothing
}

func endLogin(a *API, ctx context.Context, c *call, in *loginByName) (*doneOut, error) {
	if err := a.Authn.EndLogin(ctx, c.who, in.Name); err != nil {
		return nil, err
	}
	return done(c.id), nil
}
