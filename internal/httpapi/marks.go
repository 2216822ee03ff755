package httpapi

import (
	"context"
	"crypto/sha256"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

type markReportIn struct {
	Body struct {
		Disclosure string `json:"disclosure" pattern:"^[0-9a-f]{32}$" doc:"the answer whose mark is missing on the page"`
	}
}

// reportMark answers POST /v1/watermark-reports: the caller's own console found that
// the visible mark was taken off the page. It is an alert in the ledger, once for an
// answer, and tells nobody anything.
func reportMark(a *API, ctx context.Context, c *call, in *markReportIn) (*doneOut, error) {
	of, err := requestID(in.Body.Disclosure, "body.disclosure")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(of[:])
	id := a.RequestID(c.who.Person.ID, "watermark", of.String())
	receipt, err := a.Ledger.Append(ctx, ledger.Item{Request: id, Hash: sum[:], Entry: ledger.Entry{
		Kind: proof.KindAlert, Actor: c.who.Person.ID, Org: c.who.Org.ID,
		Facts: []proof.Field{{Name: "what", Value: "watermark-removed"}, {Name: "disclosure", Value: of.String()}},
	}})
	if err != nil {
		return nil, err
	}
	if !receipt.Again() {
		a.Alarm("watermark-removed")
	}
	receipt.Close()
	return done(id), nil
}
