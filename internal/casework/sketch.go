package casework

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/goldbell/goldbell/internal/pii"
)

// A sketch keeps of what was said, for each of sketchParts keyed orders of its
// fragments, the first: two tellings of one script share many of them, and nothing
// of the text can be read from it without the key.
const (
	sketchParts    = 16
	sketchPart     = 4 // bytes
	fragment       = 4 // runes
	mostFragments  = 600
	leastFragments = 8 // less is no script
)

// sketch is nil if little was said.
func (d *Desk) sketch(said pii.Value) []byte {
	text := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, said.Reveal()))
	n := min(len(text)-fragment+1, mostFragments)
	if n < leastFragments {
		return nil
	}
	var least [sketchParts][]byte
	for i := range n {
		h := d.Sealer.Fingerprint(pii.NewValue("script|" + string(text[i:i+fragment])))
		for part := range least {
			at := part * 2 % (len(h) - sketchPart) // overlapping windows of one hash: as many orders
			w := []byte{h[at] ^ byte(part), h[at+1], h[at+2], h[at+3]}
			if least[part] == nil || bytes.Compare(w, least[part]) < 0 {
				least[part] = w
			}
		}
	}
	return bytes.Join(least[:], nil)
}
