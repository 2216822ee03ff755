package httpapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// What checkJSON accepts, encoding/json reads, and writing it again loses nothing:
// no name was dropped, no character replaced.
func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1,"b":[{"c":"x"}]}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[1,2`, `{"a":"\ud800"}`, `1e999`, `"é"`, `{"a":{"a":{"a":1}}}`,
		`{"":1,"":2}`, `{"a.b":1}`, "\xff", ` {"a" : null} `, `nul`, `{"a":1}{"a":1}`, `[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]`, `-0`, `{"a":1,}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		where, ok := checkJSON(body)
		if !ok {
			if !strings.HasPrefix(where, "body") {
				t.Fatalf("place %q", where)
			}
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatal("accepted what is no JSON")
		}
		if n := names1(t, body); n != bytes.Count(rewrite(t, body), []byte{':'})-colons(t, body) {
			t.Fatal("a name was lost")
		}
	})
}

func rewrite(t *testing.T, body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal("accepted what does not decode")
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// names1 counts the names of all objects, colons those inside text.
func names1(t *testing.T, body []byte) (n int) {
	inObject := []bool{}
	atName := false
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := d.Token()
		if err != nil {
			return n
		}
		if atName {
			if _, ok := tok.(string); ok {
				n, atName = n+1, false
				continue
			}
		}
		switch tok {
		case json.Delim('{'):
			inObject = append(inObject, true)
		case json.Delim('['):
			inObject = append(inObject, false)
		case json.Delim('}'), json.Delim(']'):
			inObject = inObject[:len(inObject)-1]
		}
		atName = len(inObject) > 0 && inObject[len(inObject)-1]
	}
}

func colons(t *testing.T, body []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := d.Token()
		if err != nil {
			return n
		}
		if s, ok := tok.(string); ok {
			n += strings.Count(s, ":")
		}
	}
}

func TestKnownKeepsOurWordsOnly(t *testing.T) {
	before := names.Load()
	t.Cleanup(func() { names.Store(before) })
	names.Store(&map[string]bool{"body": true, "rows": true, "phone": true})
	for location, want := range map[string]string{
		"body.rows[3].phone": "body.rows[3].phone", "body.rows[3].13913579999": "body.rows[3]", "13913579999": "body", "": "body",
		"body.rows[x].phone": "body", "body.rows[].phone": "body", "body.phone.rows": "body.phone.rows", "body.phonex": "body", "body.rows[1]x": "body",
	} {
		if got := known(location); got != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}

func TestAudienceMustBeNamed(t *testing.T) {
	a := &API{}
	rt := &route{method: get, path: "/x", install: func(*API, *route) { t.Error("registered") }}
	if rt.who.isNamed() {
		t.Fatal("the zero audience names somebody")
	}
	defer func() {
		if recover() == nil {
			t.Error("a route outside the table was registered")
		}
	}()
	(&guardedMux{api: a, routes: map[string]*route{}}).HandleFunc("GET /y", nil)
}
