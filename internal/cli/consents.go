package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/intake"
)

func consentsImportCommand(f *flags) action {
	places, dry := f.Places(), f.Bool("dry-run", false)
	return func(ctx context.Context, c *call) error {
		if c.Getenv("GOLDBELL_TOKEN") == "" {
			return fail(exitRefused, "no-token")
		}
		r := &rosterRun{c: c, path: c.args[0], what: "consents", dry: *dry}
		return r.run(ctx, places, intake.OpenConsents, func(_ *intake.Roster, line intake.RosterRow) *rosterRow {
			row := line.Consent()
			x := &rosterRow{key: fmt.Sprint(line.Number)} // a person may agree twice: the later counts
			if row.Refused != "" {
				x.refuse(row.Refused)
				return x
			}
			x.body = consentBody(row)
			r.byPhone(row.Subject == "")
			return x
		})
	}
}

// byPhone counts the rows that name somebody by phone only.
func (r *rosterRun) byPhone(is bool) {
	if is {
		r.out.ByPhone++
	}
}

// consentBody is what is sent of a row: here, and in the batch it goes into, a phone
// number is revealed, to the server that looks it up.
func consentBody(row intake.ConsentRow) json.RawMessage {
	in := map[string]any{
		"purpose": row.Purpose, "recipient": row.Recipient, "notice": row.Notice, "at": row.At.Format(time.RFC3339Nano), "separate": row.Separate,
	}
	if row.Subject != "" {
		in["subject"] = row.Subject
	} else {
		in["phone"] = row.Phone.Reveal()
	}
	if row.Proof != nil {
		in["proof"] = hex.EncodeToString(row.Proof)
	} else {
		in["reference"] = row.Reference
	}
	b, err := json.Marshal(in)
	if err != nil {
		panic("cli: a row of plain fields did not encode") // impossible state
	}
	return b
}
