package httpapi

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

// appealOut is an appeal with its words, for her and for whoever reads the complaint.
type appealOut struct {
	ID         string     `json:"id"`
	At         time.Time  `json:"at"`
	Due        time.Time  `json:"due"`
	Why        string     `json:"why,omitempty"`
	Outcome    string     `json:"outcome,omitempty" enum:"upheld,dismissed" doc:"absent: not answered yet"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	Answer     string     `json:"answer,omitempty"`
}

func appealsOf(all []casework.Appealed) []appealOut {
	out := make([]appealOut, len(all))
	for n, x := range all {
		out[n] = appealOut{ID: x.ID.String(), At: x.At, Due: x.Due, Why: reveal(x.Why), Outcome: string(x.Outcome), Answer: reveal(x.Answer)}
		if !x.AnsweredAt.IsZero() {
			out[n].AnsweredAt = &x.AnsweredAt
		}
	}
	return out
}

// appealDue is when the answer to a complaint's open appeal is due; nil if there is none.
func (a *API) appealDue(ctx context.Context, of pii.RequestID) (*time.Time, error) {
	x, ok, err := a.Complaints.OpenAppeal(ctx, of)
	if err != nil || !ok {
		return nil, err
	}
	return &x.Due, nil
}

// AppealLine is an appeal in the officer's inbox: not what was said.
type AppealLine struct {
	ID        string    `json:"id"`
	Complaint string    `json:"complaint"`
	Filed     time.Time `json:"complaint_filed_at"`
	State     string    `json:"complaint_state"`
	At        time.Time `json:"at"`
	Due       time.Time `json:"due"`
	Late      bool      `json:"late"`
}

type appealsIn struct{ Page }

type appealsOut struct {
	Body struct {
		Appeals []AppealLine `json:"appeals"`
		Next    string       `json:"next,omitempty"`
	}
}

// listAppeals answers GET /v1/appeals.
func listAppeals(a *API, ctx context.Context, c *call, in *appealsIn) (*appealsOut, error) {
	if a.Complaints == nil || a.Complaints.Appeals == nil {
		return nil, errNoPart
	}
	at, err := a.openCursor(c, "appeals", in.Cursor)
	if err != nil {
		return nil, err
	}
	var since time.Time
	var after pii.RequestID
	if len(at) == 8+len(after) {
		since = time.UnixMicro(int64(binary.BigEndian.Uint64(at)))
		copy(after[:], at[8:])
	}
	rows, err := a.Complaints.Appeals.AppealsAfter(ctx, since, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &appealsOut{}
	out.Body.Appeals = []AppealLine{}
	for n := range rows {
		x := &rows[n]
		row, ok, err := a.Complaints.Store.Complaint(ctx, x.Case)
		if err != nil {
			return nil, err
		}
		if !ok || a.Ledger.CheckStamp(x) != nil || a.Ledger.CheckStamp(&row) != nil {
			continue
		}
		out.Body.Appeals = append(out.Body.Appeals, AppealLine{
			ID: x.ID.String(), Complaint: x.Case.String(), Filed: row.FiledAt, State: string(row.State), At: x.At, Due: x.Due, Late: c.now.After(x.Due),
		})
	}
	if len(rows) == in.Limit {
		last := rows[len(rows)-1]
		next := append(binary.BigEndian.AppendUint64(nil, uint64(last.At.UnixMicro())), last.ID[:]...)
		out.Body.Next, err = a.cursor(c, "appeals", next)
	}
	return out, err
}

type answerAppealIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Outcome string `json:"outcome" enum:"upheld,dismissed" doc:"upheld: the complaint is handled again"`
		Text    string `json:"text" minLength:"10" maxLength:"16000" doc:"the answer, which she reads"`
	}
}

// answerAppeal answers POST /v1/appeals/{id}/answer.
func answerAppeal(a *API, ctx context.Context, c *call, in *answerAppealIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	if err := a.Complaints.AnswerAppeal(ctx, asked, of, casework.Outcome(in.Body.Outcome), pii.NewValue(in.Body.Text)); err != nil {
		return nil, err
	}
	return done(c.id), nil
}
