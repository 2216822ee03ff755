package pgwire

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Door is what the port asks of the path. The port itself holds no connection that
// can read a raw value, no key and no rule: all it can do is ask here.
type Door interface {
	// Enrolled describes the enrolled database, for a login that was proved. The port
	// asks at the start of each session and keeps what it got for that session; again
	// says that it could not connect with what it got before.
	Enrolled(ctx context.Context, l Login, again bool) (Enrolled, error)
	// Serving returns nil while the check of the enrolled database finds no way
	// around the views. Sessions end soon after it returns an error.
	Serving(ctx context.Context) error
	// Login finds who may sign in under a user name from a source, the client's address
	// without its port; ok is false if nobody may, or no longer. The port asks before it
	// has seen any proof, and again while a session lasts.
	Login(ctx context.Context, user, source string) (l Login, ok bool, err error)
	// Failed counts a sign-in that failed, by where it came from.
	Failed(ctx context.Context, source string)
	// Release decides about the cells of one batch of rows, for one person, purpose
	// and work item. When it returns without an error one entry that names every
	// subject and field is durable, and there is an answer for each cell, in their
	// order. A login that was ended shows nothing. An error means that nothing may be
	// shown: the session ends. The batch must not be kept.
	Release(ctx context.Context, l Login, b enrolment.Batch) ([]enrolment.Answer, error)
	// Lookup finds, for each value, the placeholders that stand for it in a protected
	// column. Only subjects whom the login's work item covers are found; a value held
	// elsewhere and a value held nowhere give the same answer: none. It is recorded
	// and capped.
	Lookup(ctx context.Context, l Login, q Lookup) ([][]string, error)
}

// Enrolled is the enrolled database as the port needs it.
type Enrolled struct {
	DSN      string // connects as the person's role, which sees the views and nothing else
	Database string // as clients name it
	Tables   *enrolment.Set
}

// Login is who may sign in under a user name, for what. What proves it is Secret,
// Certificate or both; a login with neither lets nobody in.
type Login struct {
	ID          string // names this login among the person's; changes when it is issued anew
	User        string
	Source      string // where the client is; decisions name its network
	Principal   party.Principal
	Purpose     pii.Purpose
	Work        pii.RequestID
	Form        pii.Form            // the highest it asks for
	Until       time.Time           // sessions under it end then
	Secret      *enrolment.Verifier // of the password; nil: none
	Certificate []byte              // SHA-256 of the client certificate's public key (SPKI)
}

// Lookup asks for the subjects behind values in one column.
type Lookup struct {
	Table  *enrolment.Table
	Column enrolment.Column
	Values []pii.Value // as the client wrote them, each once; at most MaxLookup
}

// A batch holds so many cells, of so many subjects.
const (
	maxCells  = 4000
	maxPeople = 1000
)

// MaxLookup is how many values one statement may look up.
const MaxLookup = 1000
