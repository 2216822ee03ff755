package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// instant is a time in a request. Before 2000 and more than 100 years ahead it is
// absurd: a mistake of units or of a library, not a date.
type instant struct{ time.Time }

// Schema implements huma's description.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Resolve refuses absurd times when the body is decoded.
func (t *instant) Resolve(ctx huma.Context, at *huma.PathBuffer) []error {
	if t.Before(earliest) || t.After(callOf(ctx.Context()).now.AddDate(100, 0, 0)) {
		return []error{&huma.ErrorDetail{Location: at.String()}}
	}
	return nil
}

// orZero is the time, or none.
func (t *instant) orZero() time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

func requestID(text, where string) (id pii.RequestID, err error) {
	if id.UnmarshalText([]byte(text)) != nil {
		return id, bad(where)
	}
	return id, nil
}

func subjectID(text, where string) (id pii.SubjectID, err error) {
	if id.UnmarshalText([]byte(text)) != nil {
		return id, bad(where)
	}
	return id, nil
}

// asked is who asks, under which request id.
func (c *call) asked() register.Asked {
	return register.Asked{By: c.who, Request: c.id, Hash: c.hash}
}

// askedItem is the same for one item of a batch: each is an entry of its own.
func (c *call) askedItem(i int) register.Asked {
	a := c.asked()
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte("item"), c.id[:]...), uint32(i)))
	copy(a.Request[:], sum[:])
	return a
}

// A cursor says where the next page begins. It is sealed for one caller and one
// list: nobody reads a position out of it, and two callers cannot compare theirs.
func (a *API) cursor(c *call, list string, at []byte) (string, error) {
	b, err := a.Sealer.SealFor("cursor", []byte(string(c.who.Person.ID)+"|"+list), at)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// openCursor reads a cursor; an empty one is the beginning.
func (a *API) openCursor(c *call, list, cursor string) ([]byte, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad("query.cursor")
	}
	at, err := a.Sealer.OpenFor("cursor", []byte(string(c.who.Person.ID)+"|"+list), b)
	if err != nil {
		return nil, bad("query.cursor")
	}
	return at, nil
}

// Page is what every list takes.
type Page struct {
	Cursor string `query:"cursor" maxLength:"400"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// nothing is an optional, empty body.
type nothing struct{}

// raw is an answer that is not JSON.
type raw struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// hash reads a SHA-256 in hexadecimal.
func hash(text, where string) ([]byte, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != sha256.Size {
		return nil, bad(where)
	}
	return b, nil
}
