package httpapi

import (
	"context"
	"encoding/hex"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

type consentImportIn struct {
	Body struct {
		SHA256 string       `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of the file; it stands in every entry"`
		DryRun bool         `json:"dry_run,omitempty" doc:"say what would become of the rows and record nothing; of rows with a phone number nobody is looked for"`
		Rows   []consentRow `json:"rows" minItems:"1" maxItems:"500"`
	}
}

type consentRow struct {
	Subject   string  `json:"subject,omitempty" pattern:"^([0-9a-f]{32})?$" doc:"her id, or else"`
	Phone     string  `json:"phone,omitempty" maxLength:"64" doc:"her number: charged to the caller's lookups, and answered as created whoever has it"`
	Purpose   string  `json:"purpose" maxLength:"64"`
	Recipient string  `json:"recipient" maxLength:"200" doc:"its id or its whole title"`
	Notice    string  `json:"notice" maxLength:"200" doc:"version of the notice she was shown"`
	At        instant `json:"at" doc:"when she agreed"`
	Proof     string  `json:"proof,omitempty" pattern:"^([0-9a-f]{64})?$" doc:"SHA-256 of the proof the company keeps, or else"`
	Reference string  `json:"reference,omitempty" maxLength:"200" doc:"where the company keeps the proof"`
	Separate  bool    `json:"separate,omitempty" doc:"it was a separate consent (单独同意)"`
}

// importConsents answers POST /v1/consents/imports.
func importConsents(a *API, ctx context.Context, c *call, in *consentImportIn) (*rowResults, error) {
	sum, err := hash(in.Body.SHA256, "body.sha256")
	if err != nil {
		return nil, err
	}
	f := register.ConsentFile{SHA256: sum, Dry: in.Body.DryRun}
	return eachRow(len(in.Body.Rows), func(i int) (register.Outcome, error) {
		row, err := in.Body.Rows[i].row()
		if err != nil {
			return register.Refused, err
		}
		return a.Register.ImportConsent(ctx, c.askedItem(i), f, row)
	})
}

func (r *consentRow) row() (row register.ConsentRow, err error) {
	row = register.ConsentRow{
		Purpose: pii.Purpose(r.Purpose), Recipient: r.Recipient, Notice: r.Notice, At: r.At.Time, Reference: r.Reference, Separate: r.Separate,
	}
	switch {
	case (r.Subject == "") == (r.Phone == ""):
		return row, bad("subject")
	case r.Subject != "":
		if row.Subject, err = subjectID(r.Subject, "subject"); err != nil {
			return row, err
		}
	default:
		row.ByPhone = true
		row.Phone, err = pii.FieldSpec{Field: pii.Phone, Kind: pii.KindPhone}.Normalise(r.Phone)
		if err != nil || row.Phone.IsEmpty() {
			return row, bad("phone")
		}
	}
	if r.Proof != "" {
		if row.Proof, err = hex.DecodeString(r.Proof); err != nil {
			return row, bad("proof")
		}
	}
	return row, nil
}
