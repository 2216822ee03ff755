package pages

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
)

// readFile reads a form with a file, part by part, into memory: nothing of it is ever
// in a temporary file, and nothing unpacks or decodes it.
func (v *visit) readFile(r *http.Request) error {
	select {
	case v.p.room <- struct{}{}:
		defer func() { <-v.p.room }()
	default:
		return fault.New(fault.Exhausted, "slow-down", "")
	}
	tooLarge := fault.New(fault.TooLarge, "file-too-large", "file")
	r.Body = http.MaxBytesReader(v.w, r.Body, casework.MaxFile+maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "bad-request", "file")
	}
	sum := sha256.New()
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			v.hash = sum.Sum(nil)
			return nil
		}
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return tooLarge
		}
		if err != nil {
			return fault.New(fault.Invalid, "bad-request", "file")
		}
		most := int64(4 << 10)
		if part.FormName() == "file" {
			most = casework.MaxFile
		}
		b, err := io.ReadAll(io.LimitReader(part, most+1))
		if err != nil || int64(len(b)) > most {
			return tooLarge
		}
		sum.Write(b)
		if part.FormName() == "file" {
			v.name, v.file = part.FileName(), b
			continue
		}
		v.form.Set(part.FormName(), string(b))
	}
}
