package dossier

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

var beijing = time.FixedZone("UTC+8", 8*60*60)

// row is one line of the page: an entry in plain words.
type row struct {
	At, Kind, Who, Org, Fields, Form, Purpose string
	Shown                                     bool
	Index                                     uint64
}

// renderPage writes what the pack shows, and what it does not, in both languages.
func renderPage(p *proof.Pack, now time.Time) ([]byte, error) {
	data := struct {
		Subject, From, Until, Made, Origin, RootKey string
		Rows                                        []row
	}{
		Subject: p.Info.Subject.String(), Origin: p.Info.Origin, RootKey: p.Info.RootKey, Made: clock(now),
		From: clock(time.UnixMicro(int64(p.Info.From))), Until: clock(time.UnixMicro(int64(p.Info.Until))),
	}
	for _, e := range p.Entries {
		leaf, err := proof.DecodeLeaf(e.Leaf)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
		}
		r := row{At: clock(time.UnixMicro(int64(leaf.Micros))), Kind: leaf.Kind.String(), Index: e.Index, Shown: e.Line != nil && e.Line.Shown}
		for _, f := range e.Fields {
			switch f.Name {
			case "actor":
				r.Who = f.Value
			case "org":
				r.Org = f.Value
			case "fields":
				r.Fields = strings.ReplaceAll(f.Value, ",", ", ")
			case "form":
				r.Form = f.Value
			case "purpose":
				r.Purpose = f.Value
			}
		}
		data.Rows = append(data.Rows, r)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		return nil, fault.New(fault.Internal, "internal", "page")
	}
	return b.Bytes(), nil
}

// clock writes a time in Beijing time with its offset.
func clock(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04:05 -07:00") }
