package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

type packIn struct {
	Body struct {
		Kind        string   `json:"kind" enum:"subject,disclosure,recipient,case"`
		Subject     string   `json:"subject,omitempty" pattern:"^[0-9a-f]{32}$" doc:"kind subject: whom it is about; kind disclosure: only what the answer says of her"`
		Complaint   string   `json:"complaint,omitempty" pattern:"^[0-9a-f]{32}$" doc:"kind case; kind subject: the person it names, instead of subject"`
		Disclosure  string   `json:"disclosure,omitempty" pattern:"^[0-9a-f]{32}$" doc:"kind disclosure: the id of the answer"`
		RecordKey   bool     `json:"record_key,omitempty" doc:"kind disclosure: hand out the subject's record key, which binds the entry's tag to her and is needed to show that she is not in it"`
		Recipient   string   `json:"recipient,omitempty" maxLength:"64" doc:"kind recipient: a person, service or organisation"`
		From        *instant `json:"from,omitempty" doc:"kinds subject and recipient"`
		Until       *instant `json:"until,omitempty" doc:"kinds subject and recipient"`
		Checkpoints []string `json:"checkpoints,omitempty" maxItems:"16" doc:"signed checkpoints the reader kept: the pack shows that the ledger continues them"`
	}
}

type packOut struct{ Body dossier.Made }

// maxNote bounds a kept checkpoint, in bytes.
const maxNote = 16 << 10

func makePack(a *API, ctx context.Context, c *call, in *packIn) (*packOut, error) {
	if a.Packs == nil {
		return nil, errNoPart
	}
	o, err := a.packOrder(ctx, c, in)
	if err != nil {
		return nil, err
	}
	made, err := a.Packs.Make(ctx, c.who, o)
	if err != nil {
		return nil, err
	}
	return &packOut{made}, nil
}

// packOrder reads an order; what its kind has no use for is refused, so that nobody
// thinks it narrowed the pack.
func (a *API) packOrder(ctx context.Context, c *call, in *packIn) (PackOrder, error) {
	b := &in.Body
	o := PackOrder{ID: c.id, Hash: c.hash, Kind: b.Kind, WithKey: b.RecordKey, From: earliest, Until: c.now.Add(time.Second)}
	subject, one, whom, about := b.Subject != "", b.Disclosure != "", b.Recipient != "", b.Complaint != ""
	windowed := b.Kind == proof.KindSubject || b.Kind == proof.KindOfRecipient
	switch {
	case b.Kind == proof.KindSubject && (subject == about || one || whom):
		return o, bad("body.subject")
	case b.Kind == proof.KindOfOne && (!one || whom || about):
		return o, bad("body.disclosure")
	case b.Kind == proof.KindOfRecipient && (!whom || subject || one || about):
		return o, bad("body.recipient")
	case b.Kind == proof.KindOfCase && (!about || subject || one || whom):
		return o, bad("body.complaint")
	case b.RecordKey && (b.Kind != proof.KindOfOne || !subject):
		return o, bad("body.record_key")
	case !windowed && (b.From != nil || b.Until != nil):
		return o, bad("body.from")
	}
	if err := o.ids(b.Subject, b.Complaint, b.Disclosure); err != nil {
		return o, err
	}
	if b.From != nil {
		o.From = b.From.Time
	}
	if b.Until != nil {
		o.Until = b.Until.Time
	}
	if !o.From.Before(o.Until) {
		return o, bad("body.until")
	}
	for _, note := range b.Checkpoints {
		if len(note) > maxNote {
			return o, bad("body.checkpoints")
		}
		o.Kept = append(o.Kept, []byte(note))
	}
	return o, a.recipient(ctx, b.Recipient, &o)
}

func (o *PackOrder) ids(subject, complaint, disclosure string) (err error) {
	if subject != "" {
		if o.Subject, err = subjectID(subject, "body.subject"); err != nil {
			return err
		}
	}
	if complaint != "" {
		if o.Complaint, err = requestID(complaint, "body.complaint"); err != nil {
			return err
		}
	}
	if disclosure != "" {
		o.Disclosure, err = requestID(disclosure, "body.disclosure")
	}
	return err
}

// recipient says of which kind a recipient is. Our own company is none: its people
// are.
func (a *API) recipient(ctx context.Context, id string, o *PackOrder) error {
	if id == "" {
		return nil
	}
	if !pii.PersonID(id).IsWellFormed() || id == string(pii.Own) {
		return bad("body.recipient")
	}
	_, ok, err := a.People.Org(ctx, pii.OrgID(id))
	o.Recipient, o.Org = id, ok
	return err
}

type packByID struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func packZip(a *API, ctx context.Context, c *call, in *packByID) (*raw, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if a.Packs == nil {
		return nil, errNoPart
	}
	b, err := a.Packs.Zip(ctx, c.who, id)
	if err != nil {
		return nil, err
	}
	return &raw{"application/zip", b}, nil
}

type attestIn struct {
	Body struct {
		Scanned uint64 `json:"scanned" minimum:"1" doc:"how many entries, from the first, were compared with the index"`
	}
}

type attestOut struct {
	Body struct {
		ID    string `json:"id"`
		Entry uint64 `json:"entry"`
	}
}

// attest answers POST /v1/ledger/attestations: an auditor's word, in his name, which
// packs made later carry.
func attest(a *API, ctx context.Context, c *call, in *attestIn) (*attestOut, error) {
	if a.Packs == nil {
		return nil, errNoPart
	}
	entry, err := a.Packs.Attest(ctx, c.who, dossier.Attestation{ID: c.id, Hash: c.hash, Scanned: in.Body.Scanned})
	if err != nil {
		return nil, err
	}
	out := &attestOut{}
	out.Body.ID, out.Body.Entry = c.id.String(), entry
	return out, nil
}

var errNoVerifier = fault.New(fault.NotFound, "not-found", "verifier")

type verifierOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// verifierPage answers GET /v1/verifier with the verifier page as a file to keep. It
// is never shown from here: a page that checks us must not be a page of ours.
func verifierPage(a *API, _ context.Context, _ *call, _ *struct{}) (*verifierOut, error) {
	if a.Verifier == nil {
		return nil, errNoVerifier
	}
	b, err := a.Verifier()
	if err != nil {
		return nil, errNoVerifier
	}
	return &verifierOut{
		ContentType: "application/octet-stream", Disposition: `attachment; filename="goldbell-verifier.html"`,
		Policy: "sandbox; default-src 'none'", Body: b,
	}, nil
}
