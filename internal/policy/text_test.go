package policy

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/pii"
)

// TestFactsAreWrittenWhole: facts that differ are written differently, whichever
// of their fields it is, and are read back as they were.
func TestFactsAreWrittenWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Facts
		draw(t, reflect.ValueOf(&f).Elem())
		f.Sheet.Highest = pii.Form(rapid.IntRange(0, int(pii.Plain)).Draw(t, "highest"))
		back, err := ParseFacts(f.Text())
		if err != nil {
			t.Fatal(err)
		}
		back.Verb, back.Form, back.Fields, back.Purpose = f.Verb, f.Form, f.Fields, f.Purpose
		back.Principal.ID, back.Principal.Org = f.Principal.ID, f.Principal.Org
		if back != f {
			t.Fatalf("%+v was read as %+v", f, back)
		}
	})
}

func draw(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		switch x := v.Field(i); x.Kind() {
		case reflect.Struct:
			draw(t, x)
		case reflect.Bool:
			x.SetBool(rapid.Bool().Draw(t, "flag"))
		case reflect.String:
			x.SetString(rapid.String().Draw(t, "word"))
		case reflect.Uint8:
			x.SetUint(uint64(rapid.Uint8().Draw(t, "number")))
		default:
			t.Fatal("a kind of fact that is not drawn: ", x.Kind())
		}
	}
}

func TestFactsOfAnotherVersionAreRefused(t *testing.T) {
	for _, text := range []string{"flies", "kind=staff colour=blue", "level=300", "level=", "kind=%zz", "sheet=naked"} {
		if f, err := ParseFacts(text); err == nil || f != (Facts{}) {
			t.Errorf("%q was read as %+v", text, f)
		}
	}
}
