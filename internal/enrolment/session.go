package enrolment

import (
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Verifier is what SCRAM-SHA-256 (RFC 5802, RFC 7677) checks a password with; it
// does not hold the password.
type Verifier struct {
	Salt       []byte `json:"salt"`
	Iterations int    `json:"iterations"`
	StoredKey  []byte `json:"stored_key"`
	ServerKey  []byte `json:"server_key"`
}

// Backend is how the port reaches a company's database: always as [ReaderRole],
// which holds no right on a protected column.
type Backend struct {
	Address  string // host:port, or the path of a Unix socket
	Database string
	User     string
	Password string
	TLS      bool // encrypt, and verify the server's name against Roots or the system's
	Roots    []byte
}

// Identity is who a session of the port belongs to, for the operator's view.
type Identity struct {
	Person  pii.PersonID
	Org     pii.OrgID
	Purpose pii.Purpose
	Work    pii.RequestID
	Until   time.Time // when the login ends
}

// Batch asks for the cells of one batch of rows of one statement. Distinct subjects
// are at most 1,000; cells may repeat.
type Batch struct {
	Cells     []Cell
	Statement [32]byte // SHA-256 of the statement's text
	Portal    string   // where the rows come from: a portal's or a cursor's name; empty: none
	Rows      int      // of the result that the batch makes ready
	Again     bool     // a batch of the same statement was asked for before
}

// Found is what a lookup by value gives: the placeholders of the subjects, covered by
// the session's grant, who hold each value; in the order asked. No placeholder: use
// [Nobody].
type Found [][]string

// Nobody is a text that equals no placeholder of the enrolment.
func (id ID) Nobody() string { return id.Prefix() + "~" }
