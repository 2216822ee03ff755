package pii

import "fmt"

// Form is how a value leaves: the ladder of DESIGN.md §3, least revealing first.
type Form uint8

const (
	None   Form = iota // nothing, not even existence
	Masked             // recognisable, not usable
	Token              // a pseudonym for one recipient organisation
	Relay              // the use of the value, never the value
	Alias              // a working address only this recipient was given
	Plain              // the value
)

var formNames = [...]string{"none", "masked", "token", "relay", "alias", "plain"}

func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return "none"
}

func (f Form) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

func (f *Form) UnmarshalText(b []byte) error {
	for i, n := range formNames {
		if n == string(b) {
			*f = Form(i)
			return nil
		}
	}
	return fmt.Errorf("not a form: one of %q is needed", formNames)
}

// Verb is what a request does.
type Verb uint8

const (
	Read Verb = iota + 1
	Dial
	Export
	Provide
)

var verbNames = [...]string{"", "Read", "Dial", "Export", "Provide"}

func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return ""
}

// Action is verb × form as policies write it: "Read.masked", "Dial.relay".
func Action(v Verb, f Form) string { return v.String() + "." + f.String() }
