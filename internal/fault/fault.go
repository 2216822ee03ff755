// Package fault gives every failure a kind and a public message id.
//
// The kinds are closed; each surface maps them to its own codes in one table
// (HTTP status, CLI exit code and SQLSTATE in [Kind.HTTPStatus], [Kind.ExitCode]
// and [Kind.SQLState]). A
// fault's text is for operators and never carries a value from a request; what
// a caller reads is the sentence of its message id in his language. The package
// knows no HTTP, no SQL and no domain.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure this is.
type Kind uint8

const (
	Internal    Kind = iota // a defect or a broken invariant; answered as unavailable
	Invalid                 // the request is malformed
	Denied                  // the caller may not
	NotFound                // no such thing, for a caller who may know
	Conflict                // the state does not allow it (a retry too late, a closed case)
	Mismatch                // same idempotency key, another request
	Exhausted               // a budget or a rate is used up
	Unavailable             // the store, the ledger or a key is out of reach
	TooLarge                // the request is over a size limit
	Unauthentic             // no valid credential
	kinds                   // number of kinds, for the table's test
)

// row is one line of the one table that maps kinds to the surfaces' codes.
type row struct {
	name  string
	http  int
	exit  int
	state string // SQLSTATE
}

// Exit codes: 0 ok, 1 failed check, 2 usage, 3 refused, 4 unavailable.
var table = [kinds]row{
	Internal:    {"internal", 503, 4, "58000"},
	Invalid:     {"invalid", 422, 2, "22023"},
	Denied:      {"denied", 403, 3, "42501"},
	NotFound:    {"not-found", 404, 3, "42501"},
	Conflict:    {"conflict", 409, 3, "55000"},
	Mismatch:    {"mismatch", 422, 2, "22023"},
	Exhausted:   {"exhausted", 429, 3, "53400"},
	Unavailable: {"unavailable", 503, 4, "58030"},
	TooLarge:    {"too-large", 413, 2, "54000"},
	Unauthentic: {"unauthenticated", 401, 3, "28P01"},
}

func (k Kind) String() string { return k.row().name }

// HTTPStatus is the status a kind is answered with.
func (k Kind) HTTPStatus() int { return k.row().http }

// ExitCode is the exit code of a command that ends in a fault of this kind.
func (k Kind) ExitCode() int { return k.row().exit }

// SQLState is the error code a kind is answered with on the PostgreSQL port.
func (k Kind) SQLState() string { return k.row().state }

func (k Kind) row() row {
	if k >= kinds {
		return table[Internal]
	}
	return table[k]
}

// Fault is an error with a kind and a public message id (see [Text]).
type Fault struct {
	Kind  Kind
	ID    string // message id, e.g. "no-grant"
	Where string // the field or place, from our own names only; may be empty
	cause error
}

// New makes a fault. where names a field or place of ours, never a value.
func New(kind Kind, id, where string) *Fault { return &Fault{Kind: kind, ID: id, Where: where} }

// Wrap makes a fault that remembers its cause for operators. The cause must not
// carry values: driver errors are reduced to their class before they get here.
func Wrap(kind Kind, id string, cause error) *Fault {
	return &Fault{Kind: kind, ID: id, cause: cause}
}

func (f *Fault) Error() string {
	s := f.ID
	if f.Where != "" {
		s += " at " + f.Where
	}
	if f.cause != nil {
		s = fmt.Sprintf("%s: %v", s, f.cause)
	}
	return s
}

func (f *Fault) Unwrap() error { return f.cause }

// Of returns the fault in err's chain, or an Internal one that wraps err.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Wrap(Internal, "internal", err)
}

// Is reports whether err carries a fault of this kind.
func Is(err error, kind Kind) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == kind
}

// IsID reports whether err carries a fault with this message id.
func IsID(err error, id string) bool {
	var f *Fault
	return errors.As(err, &f) && f.ID == id
}
