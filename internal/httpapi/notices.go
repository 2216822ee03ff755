package httpapi

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/pii"
)

type noticeIn struct {
	Body struct {
		Purpose    string   `json:"purpose" minLength:"1" maxLength:"64"`
		Version    string   `json:"version" minLength:"1" maxLength:"200"`
		SHA256     string   `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of the text, which stays with the company"`
		Recipients []string `json:"recipients,omitempty" maxItems:"100" maxLength:"40" doc:"other organisations it names"`
		Fields     []string `json:"fields,omitempty" maxItems:"100" maxLength:"32" doc:"what it says they get"`
		From       *instant `json:"from,omitempty" doc:"when it comes into force; left out: now; never in the past"`
		Editorial  bool     `json:"editorial,omitempty" doc:"words only: what was agreed to under the version before still counts"`
	}
}

// putNotice answers POST /v1/notices.
func putNotice(a *API, ctx context.Context, c *call, in *noticeIn) (*doneOut, error) {
	b := &in.Body
	digest, err := hash(b.SHA256, "body.sha256")
	if err != nil {
		return nil, err
	}
	n := consent.Notice{Purpose: pii.Purpose(b.Purpose), Version: b.Version, Digest: digest, Editorial: b.Editorial, From: b.From.orZero()}
	for _, o := range b.Recipients {
		n.Recipients = append(n.Recipients, pii.OrgID(o))
	}
	for _, f := range b.Fields {
		n.Fields = append(n.Fields, pii.Field(f))
	}
	if err := a.Register.PutNotice(ctx, c.asked(), n); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type noticesIn struct {
	Purpose string `query:"purpose" required:"true" minLength:"1" maxLength:"64"`
}

type noticeOut struct {
	Version    string    `json:"version"`
	SHA256     string    `json:"sha256"`
	Recipients []string  `json:"recipients"`
	Fields     []string  `json:"fields"`
	From       time.Time `json:"from"`
	Editorial  bool      `json:"editorial"`
	Counts     bool      `json:"counts" doc:"consents given under it count now"`
}

type noticesOut struct {
	Body struct {
		Notices []noticeOut `json:"notices"`
	}
}

// listNotices answers GET /v1/notices. Rows the ledger did not make are left out.
func listNotices(a *API, ctx context.Context, c *call, in *noticesIn) (*noticesOut, error) {
	purpose := pii.Purpose(in.Purpose)
	if !purpose.IsWellFormed() { // it may be a number that was sent in its place
		return nil, bad("query.purpose")
	}
	rows, err := a.Door.Consent.Notices(ctx, purpose)
	if err != nil {
		return nil, err
	}
	counts := map[string]bool{}
	for _, n := range consent.InForce(rows, c.now) {
		counts[n.Version] = true
	}
	out := &noticesOut{}
	out.Body.Notices = []noticeOut{}
	for i := range rows {
		if n := &rows[i]; a.Ledger.CheckStamp(n) == nil {
			out.Body.Notices = append(out.Body.Notices, noticeOut{
				n.Version, hex.EncodeToString(n.Digest), texts(n.Recipients), texts(n.Fields), n.From, n.Editorial, counts[n.Version],
			})
		}
	}
	return out, nil
}
