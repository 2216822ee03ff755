package door_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// What the rows of people and organisations hold, in one place.

func setAgreement(o *party.Org, until time.Time) {
	o.Agreement.Reference, o.Agreement.Until = "contract", until
}

func setAssessment(o *party.Org, reference string) { o.Assessment.Reference = reference }

func setPerson(p *party.Person, o string) error {
	word, value, _ := strings.Cut(o, " ")
	switch word {
	case "level":
		n, err := strconv.ParseUint(value, 10, 8)
		p.Level = uint8(n)
		return err
	case "post":
		p.Post = value
		return nil
	}
	return fmt.Errorf("a person cannot be %q", o)
}

func setOrg(o *party.Org, what string, until time.Time) error {
	word, value, _ := strings.Cut(what, " ")
	switch {
	case what == "abroad":
		o.Region = "SG"
	case word == "basis": // basis standard-contract ends in 10 days
		o.Transfer = party.Transfer{Basis: party.TransferBasis(strings.TrimSuffix(value, " ends")), Reference: "SC-1", Until: until}
	case word == "agreed": // agreed for telesales support
		for _, p := range strings.Fields(value)[1:] {
			o.Agreement.Purposes = append(o.Agreement.Purposes, pii.Purpose(p))
		}
	case word == "agreed-fields":
		for _, f := range strings.Fields(value) {
			o.Agreement.Fields = append(o.Agreement.Fields, pii.Field(f))
		}
	default:
		return fmt.Errorf("an organisation cannot be %q", what)
	}
	return nil
}
