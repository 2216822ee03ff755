package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkJSON refuses what JSON readers disagree about: invalid UTF-8, keys given
// twice, text after the end, deep nesting. where names the place in the caller's
// words and must pass [known] before it is shown.
func checkJSON(body []byte) (where string, ok bool) {
	if !utf8.Valid(body) {
		return "body", false
	}
	s := shape{dec: json.NewDecoder(bytes.NewReader(body))}
	s.dec.UseNumber()
	if !s.value(0) {
		return s.where(), false
	}
	if _, err := s.dec.Token(); err != io.EOF {
		return "body", false
	}
	return "", true
}

// shape walks the tokens of a document.
type shape struct {
	dec  *json.Decoder
	path []string
}

func (s *shape) where() string {
	var b strings.Builder
	b.WriteString("body")
	for _, p := range s.path {
		if p[0] != '[' {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}

func (s *shape) value(depth int) bool {
	if depth > maxDepth {
		return false
	}
	t, err := s.dec.Token()
	if err != nil {
		return false
	}
	switch t := t.(type) {
	case string:
		return isWhole(t)
	case json.Number:
		_, err := t.Float64()
		return err == nil // 1e999 is a number to JSON and to nobody else
	case json.Delim:
		if t == '{' {
			return s.object(depth)
		}
		return s.array(depth)
	}
	return true
}

// isWhole refuses text in which something did not decode: half a surrogate pair
// reads as the replacement character.
func isWhole(s string) bool { return !strings.ContainsRune(s, utf8.RuneError) }

func (s *shape) object(depth int) bool {
	var few []string // most objects are small
	var many map[string]bool
	for s.dec.More() {
		t, err := s.dec.Token()
		if err != nil {
			return false
		}
		key, ok := t.(string)
		if !ok || !isWhole(key) {
			return false
		}
		s.path = append(s.path, step(key))
		if many[key] || has(few, key) || !s.value(depth+1) {
			return false
		}
		s.path = s.path[:len(s.path)-1]
		switch {
		case many != nil:
			many[key] = true
		case len(few) < 16:
			few = append(few, key)
		default:
			many = map[string]bool{key: true}
			for _, k := range few {
				many[k] = true
			}
			few = nil
		}
	}
	_, err := s.dec.Token()
	return err == nil
}

// step is a key as part of a place; one that could be taken for more than one
// part is not ours.
func step(key string) string {
	if key == "" || strings.ContainsAny(key, ".[") {
		return "?"
	}
	return key
}

func (s *shape) array(depth int) bool {
	for i := 0; s.dec.More(); i++ {
		s.path = append(s.path, "["+strconv.Itoa(i)+"]")
		if !s.value(depth + 1) {
			return false
		}
		s.path = s.path[:len(s.path)-1]
	}
	_, err := s.dec.Token()
	return err == nil
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
