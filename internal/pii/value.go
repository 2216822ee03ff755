// Package pii holds the vocabulary of personal information: subjects, fields,
// forms, values and how they are normalised, checked and masked.
//
// Its one invariant: a [Value] never prints itself. Formatting, JSON, slog and
// panics show a constant. The package holds no key and opens nothing.
package pii

import (
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
)

const hidden = "[pii]"

// Value is one plaintext. It exists only between the vault and the answer, or
// between a reader of input and the vault.
//
// The text stands behind a pointer: of a field that is not exported fmt calls no
// method, and prints what it finds. Values are compared with Equal; the compiler
// refuses ==, which would compare the pointers.
type Value struct {
	_    [0]func()
	text *string
}

// NewValue wraps a plaintext.
func NewValue(text string) Value { return Value{text: &text} }

// Reveal returns the plaintext. Only the packages that put a value into its form
// or seal it may call it; the architecture test lists them.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Equal reports whether both are the same text.
func (v Value) Equal(w Value) bool { return v.Reveal() == w.Reveal() }

// Hash is a hash for tables that live as long as the seed.
func (v Value) Hash(seed maphash.Seed) uint64 { return maphash.String(seed, v.Reveal()) }

// IsEmpty reports whether there is no value.
func (v Value) IsEmpty() bool { return v.text == nil || *v.text == "" }

func (v Value) String() string               { return hidden }
func (v Value) GoString() string             { return hidden }
func (v Value) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (v Value) MarshalText() ([]byte, error) { return nil, errPrint }
func (v Value) MarshalJSON() ([]byte, error) { return nil, errPrint }

// Format keeps every verb, %x and %#v included, from printing the text.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

var errPrint = errors.New("a pii.Value does not encode itself")
