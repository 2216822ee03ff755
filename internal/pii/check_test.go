package pii

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// referencePhone is the rule of normalisePhone as a list of patterns: slow and
// plain. It sees the number after full-width folding and stripping.
func referencePhone(raw string) string {
	s := strings.NewReplacer("\u200b", "", "\u200e", "", "\u200f", "", "\u2060", "", "\ufeff", "",
		"\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "",
		"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "").Replace(raw)
	for wide := '！'; wide <= '～'; wide++ {
		s = strings.ReplaceAll(s, string(wide), string(wide-0xFEE0))
	}
	s = regexp.MustCompile(`[\s\v\x{85}\p{Z}()\-‐‑‒–—―−]`).ReplaceAllString(s, "")
	for _, rule := range []struct{ pattern, form string }{
		{`^(?:(?:\+|00)?86|(?:\+|00)860|0)?(1[3-9]\d{9})$`, "${1}"},
		{`^(?:(?:\+|00)86)?([48]00\d{7})$`, "${1}"},
		{`^((?:010|02\d)[2-8]\d{7})$`, "${1}"},
		{`^(?:\+|00)86(0?)((?:10|2\d)[2-8]\d{7})$`, "0${2}"},
		{`^(0[3-9]\d\d[2-8]\d{6,7})$`, "${1}"},
		{`^(?:\+|00)86(0?)([3-9]\d\d[2-8]\d{6,7})$`, "0${2}"},
		{`^(?:\+|00)([1-9]\d{7,14})$`, "+${1}"},
	} {
		re := regexp.MustCompile(rule.pattern)
		if m := re.FindString(s); m != "" {
			form := re.ReplaceAllString(s, rule.form)
			if strings.HasPrefix(form, "+86") {
				return ""
			}
			return form
		}
	}
	return ""
}

func comparePhone(t interface{ Fatalf(string, ...any) }, raw string) {
	got, _ := Normalise(KindPhone, raw)
	if want := referencePhone(raw); got != want {
		t.Fatalf("%+q: got %+q, the reference says %+q", raw, got, want)
	}
}

func TestPhoneAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comparePhone(t, rapid.OneOf(
			rapid.StringMatching(`(\+|00|0)?(86)?0?1[0-9]{9,11}`),
			rapid.StringMatching(`(\+86|0086|86)?0?(10|2[0-9]|[3-9][0-9]{2})[- ]?[0-9]{6,9}`),
			rapid.StringMatching(`[48]00-?[0-9]{3}-?[0-9]{3,5}`),
			rapid.StringMatching(`(\+|00)[0-9]{6,16}`),
			rapid.StringMatching(`[0-9+ -]{0,16}`),
		).Draw(t, "phone"))
	})
}

// standardCheck is GB 11643's formula as printed: weights 2^(18-i) mod 11.
func standardCheck(digits string) byte {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return "10X98765432"[sum%11]
}

func validID(first17 string) string { return first17 + string(standardCheck(first17)) }

func TestIDNumberCheckDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.StringMatching(`[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}`).Draw(t, "first 17")
		for _, c := range "0123456789X" {
			got, err := Normalise(KindIDCard, first+string(c))
			right := byte(c) == standardCheck(first)
			if right && (err != nil || got != first+string(c)) || !right && err != BadIDNumber {
				t.Fatalf("check digit %c of %s: %v", c, first, err)
			}
		}
	})
}

func TestBirthDates(t *testing.T) {
	for date, want := range map[string]bool{
		"20000229": true, "20040229": true, "19491231": true, "18800101": true,
		"19000229": false, "20010229": false, "19990431": false, "19991301": false,
		"19990001": false, "19990100": false, "18490101": false, "21000101": false,
	} {
		_, err := Normalise(KindIDCard, validID("110105"+date+"002"))
		if (err == nil) != want {
			t.Errorf("birth date %s: accepted is %v, want %v", date, err == nil, want)
		}
	}
}

func TestIDsAreNobodysNumber(t *testing.T) {
	for id, want := range map[PersonID]bool{
		"a001": true, "crm": true, "EMP-2019.07_3": true, "20190731": true, "1": true, "x-officer": true,
		"": false, "13947110061": false, "86-13947110061": false, "0571-87654321": false,
		PersonID(validID("33010619500101061")): false, "王小明": false, "a@b.cn": false, "a b": false, "\x00": false,
	} {
		if got := id.IsWellFormed(); got != want {
			t.Errorf("%q is well formed: %v, want %v", id, got, want)
		}
		if OrgID(id).IsWellFormed() && !want {
			t.Errorf("an organisation may be called %q", id)
		}
	}
}

// fmt calls no method of a field that is not exported.
func TestValueDoesNotPrintFromInside(t *testing.T) {
	v := NewValue("13947110061")
	inside := struct {
		one  Value
		many []Value
		row  map[Field]Value
		any  any
	}{v, []Value{v}, map[Field]Value{Phone: v}, v}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		if text := fmt.Sprintf(verb, inside) + fmt.Sprintf(verb, &inside); strings.Contains(text, "139471") || strings.Contains(text, "313339") {
			t.Errorf("%s shows a value", verb)
		}
	}
}

func TestPurposesAreWords(t *testing.T) {
	for name, want := range map[Purpose]bool{
		"telesales": true, "complaint-handling": true,
		"": false, "-": false, "13800138000": false, "a13800138000": false, "tele sales": false, "Telesales": false,
	} {
		if got := name.IsWellFormed(); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
