package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/proof"
)

type sampleIn struct {
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" doc:"the officer's one-time code"`
		Count int    `json:"count" minimum:"1" maximum:"1000" doc:"how many entries"`
	}
}

type sampleOut struct {
	Body struct {
		Entry      uint64       `json:"entry" doc:"the entry that records the draw"`
		Size       uint64       `json:"size" doc:"the entries it was drawn from"`
		Checkpoint string       `json:"checkpoint" doc:"the signed head that the paths lead to"`
		Drawn      []drawnEntry `json:"drawn"`
		NextCode   string       `json:"next_code" doc:"the next one-time code of the person whose code was used; shown once"`
	}
}

type drawnEntry struct {
	Index    uint64         `json:"index"`
	At       time.Time      `json:"at"`
	Kind     string         `json:"kind"`
	Leaf     []byte         `json:"leaf"`
	Path     []proof.Hash   `json:"path" doc:"inclusion, leaf to root"`
	Closed   bool           `json:"closed,omitempty" doc:"its record key is destroyed"`
	Fields   []proof.Opened `json:"fields"`
	Subjects []drawnSubject `json:"subjects"`
}

type drawnSubject struct {
	Subject  string      `json:"subject,omitempty" doc:"left out if she was forgotten, or is nobody"`
	Shown    bool        `json:"shown"`
	Version  uint32      `json:"version,omitempty"`
	Rule     string      `json:"rule,omitempty"`
	Tag      proof.Hash  `json:"tag" doc:"her key in the entry's sparse tree"`
	Value    proof.Hash  `json:"value"`
	ValueKey *proof.Hash `json:"value_key,omitempty" doc:"left out if she was forgotten"`
}

// sample answers POST /v1/ledger/samples. No values of subjects are in an entry.
func sample(a *API, ctx context.Context, c *call, in *sampleIn) (*sampleOut, error) {
	if a.Records == nil {
		return nil, errNoPart
	}
	by, next, err := a.approval(ctx, c, in.Body.Code, party.Officer)
	if err != nil {
		return nil, err
	}
	s, err := a.Records.Sample(ctx, c.id, in.Body.Count, by)
	if err != nil {
		return nil, err
	}
	out := &sampleOut{}
	b := &out.Body
	b.Entry, b.Size, b.Checkpoint, b.NextCode = s.Entry, s.Size, string(s.Checkpoint), next
	b.Drawn = make([]drawnEntry, len(s.Drawn))
	for i := range s.Drawn {
		b.Drawn[i] = drawnOf(&s.Drawn[i])
	}
	return out, nil
}

func drawnOf(d *records.Drawn) drawnEntry {
	e := drawnEntry{
		Index: d.Index, At: d.At, Kind: d.Kind, Leaf: d.Leaf, Path: d.Path, Closed: d.Closed,
		Fields: d.Fields, Subjects: make([]drawnSubject, len(d.Subjects)),
	}
	if e.Fields == nil {
		e.Fields = []proof.Opened{}
	}
	for i, n := range d.Subjects {
		s := drawnSubject{Shown: n.Line.Shown, Version: n.Line.Version, Rule: n.Line.Rule, Tag: n.Pair.Key, Value: n.Pair.Value}
		if n.Known {
			key := n.ValueKey
			s.ValueKey = &key
		}
		if n.Ordinal != pii.Dummy && d.IDs[i] != (pii.SubjectID{}) {
			s.Subject = d.IDs[i].String()
		}
		e.Subjects[i] = s
	}
	return e
}

// approval turns a one-time code into what the record needs of it.
func (a *API) approval(ctx context.Context, c *call, code string, kinds ...party.PersonKind) (records.Approval, string, error) {
	spent, err := a.Authn.UseCode(ctx, code, c.source, kinds...)
	if err != nil {
		return records.Approval{}, "", err
	}
	return records.Approval{Person: spent.Person, Effect: spent.Effect, Keys: spent.Keys}, spent.Next, nil
}

type forgetIn struct {
	Body struct {
		Subject    string `json:"subject" pattern:"^[0-9a-f]{32}$"`
		Code       string `json:"code" minLength:"1" maxLength:"64" doc:"the officer's one-time code"`
		SecondCode string `json:"second_code" minLength:"1" maxLength:"64" doc:"another officer's, or an auditor's"`
	}
}

type forgetOut struct {
	Body struct {
		Entry     uint64   `json:"entry"`
		NextCodes []string `json:"next_codes" doc:"the next one-time codes of the two; shown once"`
	}
}

// forget answers POST /v1/ledger/forgettings.
func forget(a *API, ctx context.Context, c *call, in *forgetIn) (*forgetOut, error) {
	if a.Records == nil {
		return nil, errNoPart
	}
	subject, err := subjectID(in.Body.Subject, "body.subject")
	if err != nil {
		return nil, err
	}
	by, next, err := a.approval(ctx, c, in.Body.Code, party.Officer)
	if err != nil {
		return nil, err
	}
	second, secondNext, err := a.approval(ctx, c, in.Body.SecondCode, party.Officer, party.Auditor)
	if err != nil {
		return nil, err
	}
	out := &forgetOut{}
	out.Body.NextCodes = []string{next, secondNext}
	out.Body.Entry, err = a.Records.Forget(ctx, c.id, subject, by, second)
	if err != nil {
		return nil, err
	}
	return out, nil
}
