package pii_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/goldbell/goldbell/internal/pii"
)

func TestScrub(t *testing.T) {
	const gone = "［已遮盖］"
	for text, want := range map[string]string{
		"明天上午再联系":                      "明天上午再联系",
		"报价 12800 元，3 月 2 日回复":         "报价 12800 元，3 月 2 日回复",
		"改打 13800138000 找他":            "改打 " + gone + " 找他",
		"改打１３８ ００１３－８０００":              "改打" + gone,
		"一三八零零一三八零零零":                  gone,
		"138\u200b0013\u200b8000":      gone,
		"+86 (138) 0013-8000 ok":       "+" + gone + " ok",
		"身份证 11010519491231002X。":      "身份证 " + gone + "。",
		"写信到 zhang.san@example.com 谢谢": "写信到 " + gone + " 谢谢",
		"写信到 zhang @ example.com":      "写信到 " + gone,
		"010-12345678 转 12":            gone + " 转 12",
		"":                             "",
	} {
		if got := pii.Scrub(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// No run of seven digits is left, whatever stands around it, and scrubbing twice
// changes nothing more.
func FuzzScrub(f *testing.F) {
	for _, s := range []string{"13800138000", "1 3 8-0013  8000", "a@b.c 1234567", "二〇二六年三月二日", "123456x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := pii.Scrub(s)
		n := 0
		for _, r := range got {
			if unicode.IsDigit(r) {
				n++
			} else {
				n = 0
			}
			if n >= 7 {
				t.Fatalf("%q: %q", s, got)
			}
		}
		if again := pii.Scrub(got); again != got && !strings.ContainsAny(s, "@＠") {
			t.Fatalf("%q: %q, then %q", s, got, again)
		}
	})
}
