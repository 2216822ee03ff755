package cli

import (
	"strconv"

	"github.com/goldbell/goldbell/internal/intake"
)

// What one request may hold. The server takes 1,000 rows and 1 MiB. An
// Idempotency-Key names a batch by its first row, so the same file must always be
// cut at the same rows: whoever changes these changes batchFormat as well.
const (
	batchRows   = 1000
	batchBytes  = 1<<20 - 4<<10
	batchFormat = "goldbell import batches v1"
)

// batch is one request's body being written. This file is the one place of the
// package where values are revealed: into the body that stores them.
type batch struct {
	first int // row number of the first subject
	rows  int // subjects
	lines int // rows of the file they are made of
	body  []byte
}

func (b *batch) start(importID string) {
	b.first, b.rows, b.lines = 0, 0, 0
	b.body = append(b.body[:0], `{"import":"`...)
	b.body = append(append(b.body, importID...), `","rows":[`...)
}

// add puts a subject into the body, and reports false if it does not fit any more.
// The first one always fits; if it is too large the server says so.
func (b *batch) add(s intake.Subject) bool {
	if b.rows == batchRows {
		return false
	}
	before := len(b.body)
	if b.rows > 0 {
		b.body = append(b.body, ',')
	}
	b.body = append(b.body, `{"fields":{`...)
	for i, v := range s.Values {
		if i > 0 {
			b.body = append(b.body, ',')
		}
		b.body = appendJSON(b.body, string(v.Field))
		b.body = append(b.body, ':')
		b.body = appendJSON(b.body, v.Value.Reveal())
	}
	b.body = append(b.body, "}}"...)
	if len(b.body)+len("]}") > batchBytes && b.rows > 0 {
		b.body = b.body[:before]
		return false
	}
	if b.rows == 0 {
		b.first = s.Rows[0]
	}
	b.rows++
	b.lines += len(s.Rows)
	return true
}

func (b *batch) end() { b.body = append(b.body, "]}"...) }

// key is the batch's Idempotency-Key.
func (b *batch) key(digest string) string { return digest + "-" + strconv.Itoa(b.first) }

const hexDigits = "0123456789abcdef"

// appendJSON writes a string of valid UTF-8, which intake's values are. It does
// what encoding/json does without its reflection, which is most of its cost.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		if c < 0x20 {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, '\\', c)
		}
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
