package pii

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var allKinds = []Kind{KindName, KindPhone, KindEmail, KindIDCard, KindCompany, KindAddress, KindText}

func TestNormalise(t *testing.T) {
	long := strings.Repeat("长", 101)
	cases := []struct {
		kind Kind
		raw  string
		want string
		err  error
	}{
		{KindPhone, "13800138000", "13800138000", nil},
		{KindPhone, "+86 138-0013-8000", "13800138000", nil},
		{KindPhone, "008613800138000", "13800138000", nil},
		{KindPhone, "86 13800138000", "13800138000", nil},
		{KindPhone, "＋８６１３８００１３８０００", "13800138000", nil},
		{KindPhone, "\u202d13800138000\u202c", "13800138000", nil},
		{KindPhone, "\u3000138 0013 8000\t", "13800138000", nil},
		{KindPhone, "013800138000", "13800138000", nil},
		{KindPhone, "010-87654321", "01087654321", nil},
		{KindPhone, "(0755) 8765 4321", "075587654321", nil},
		{KindPhone, "+86 10 8765 4321", "01087654321", nil},
		{KindPhone, "+86 755 87654321", "075587654321", nil},
		{KindPhone, "0571-8765432", "05718765432", nil},
		{KindPhone, "400-810-0000", "4008100000", nil},
		{KindPhone, "+86 400-810-0000", "4008100000", nil},
		{KindPhone, "+852 9123 4567", "+85291234567", nil},
		{KindPhone, "0085291234567", "+85291234567", nil},
		{KindPhone, "+1 380 013 8000", "+13800138000", nil},
		{KindPhone, "", "", nil},
		{KindPhone, "  ", "", nil},
		{KindPhone, "1380013800", "", BadPhone},
		{KindPhone, "138001380000", "", BadPhone},
		{KindPhone, "12800138000", "", BadPhone},
		{KindPhone, "+8612800138000", "", BadPhone},
		{KindPhone, "861380013800", "", BadPhone},
		{KindPhone, "87654321", "", BadPhone},
		{KindPhone, "010-17654321", "", BadPhone},
		{KindPhone, "13800138000/13900139000", "", BadPhone},
		{KindPhone, "13800138000.0", "", BadPhone},
		{KindPhone, "1380013800.0", "", BadPhone},
		{KindPhone, "+1234567890123456", "", BadPhone},
		{KindPhone, "+", "", BadPhone},
		{KindPhone, "+86", "", BadPhone},
		{KindPhone, "-", "", nil},
		{KindPhone, "1.38E+10", "", DigitsLost},
		{KindPhone, "１．３８Ｅ＋１０", "", DigitsLost},
		{KindPhone, "1.38e10", "", DigitsLost},
		{KindPhone, "138\x0013800", "", BadControl},
		{KindPhone, "138\xff13800", "", BadEncoding},
		{KindEmail, " Zhang.San@QQ.COM ", "zhang.san@qq.com", nil},
		{KindEmail, "ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "zhang@qq.com", nil},
		{KindEmail, "a+b@x-y.example.cn", "a+b@x-y.example.cn", nil},
		{KindEmail, "u1#qq.com", "", BadEmail},
		{KindEmail, "a b@qq.com", "", BadEmail},
		{KindEmail, "a@b@qq.com", "", BadEmail},
		{KindEmail, "a@qq", "", BadEmail},
		{KindEmail, "a@-qq.com", "", BadEmail},
		{KindEmail, "a..b@qq.com", "", BadEmail},
		{KindEmail, "a@1.2.3.4", "", BadEmail},
		{KindEmail, "\u212a@qq.com", "", BadEmail}, // the Kelvin sign lower-cases to k
		{KindIDCard, "11010519491231002x", "11010519491231002X", nil},
		{KindIDCard, "４４０５２４１８８００１０１００１４", "440524188001010014", nil},
		{KindIDCard, "110105 19491231 002X", "11010519491231002X", nil},
		{KindIDCard, "110105194912310021", "", BadIDNumber},
		{KindIDCard, "130503670401001", "", BadIDNumber},
		{KindIDCard, "1.10105E+17", "", DigitsLost},
		{KindName, " 张　三 ", "张 三", nil},
		{KindName, "e\u0301lan", "élan", nil},
		{KindName, "张\u200b三", "张三", nil},
		{KindName, "张\x07三", "", BadControl},
		{KindName, "张\ufffd", "", BadEncoding},
		{KindName, long, "", TooLong},
		{KindCompany, long, long, nil},
		{KindCompany, "甲（乙）\r\n有限公司", "甲（乙） 有限公司", nil},
		{KindText, "第一行\r\n  第二行\n", "第一行\n第二行", nil},
		{KindText, strings.Repeat("x", longestRaw+1), "", TooLong},
	}
	for _, c := range cases {
		got, err := Normalise(c.kind, c.raw)
		if got != c.want || err != c.err {
			t.Errorf("%s %+q: got %+q, %v; want %+q, %v", c.kind, c.raw, got, err, c.want, c.err)
		}
	}
}

func TestSpecNormaliseHidesTheValue(t *testing.T) {
	v, err := FieldSpec{Field: Phone, Kind: KindPhone}.Normalise("+86 13800138000")
	if err != nil || v.Reveal() != "13800138000" || v.String() != hidden {
		t.Fatal("a spec must normalise by its kind into a value that does not print itself")
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"+86 138", "a@b.cn", "11010519491231002x", "张　三", " \u0301", "e\u200b\u0301", "\u1100\u200b\u1161", "1.3E5", "\ufeff"} {
		for i := range allKinds {
			f.Add(i, s)
		}
	}
	f.Fuzz(func(t *testing.T, k int, raw string) {
		kind := allKinds[uint(k)%uint(len(allKinds))]
		once, err := Normalise(kind, raw)
		if err != nil {
			if once != "" {
				t.Fatal("a refused value came back")
			}
			return
		}
		twice, err := Normalise(kind, once)
		if err != nil || twice != once {
			t.Fatalf("%s: %+q became %+q (%v) the second time", kind, once, twice, err)
		}
		if !utf8.ValidString(once) || strings.TrimSpace(once) != once {
			t.Fatalf("%s: %+q is not canonical", kind, once)
		}
		if kind == KindPhone && once != "" {
			comparePhone(t, raw)
		}
	})
}

// TestWritingsAgree writes one canonical value in many ways.
func TestWritingsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mobile := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "mobile")
		prefix := rapid.SampledFrom([]string{"", "+86", "0086", "86", "＋８６", "+86 ", "(+86)"}).Draw(t, "prefix")
		agree(t, KindPhone, mobile, prefix+dress(t, mobile, []string{"", " ", "-", "\u00a0", "—"}))
		mail := rapid.StringMatching(`[a-z0-9]{1,8}@[a-z0-9]{2,8}\.(com|cn)`).Draw(t, "mail")
		agree(t, KindEmail, mail, "\u3000"+dress(t, strings.ToUpper(mail), []string{""})+" ")
		id := validID(rapid.StringMatching(`[1-8][1-5][0-9]{4}19[0-9]{2}0[1-9]1[0-9][0-9]{3}`).Draw(t, "id"))
		agree(t, KindIDCard, id, dress(t, strings.ToLower(id), []string{"", " "}))
	})
}

func agree(t *rapid.T, kind Kind, canonical, written string) {
	got, err := Normalise(kind, written)
	if err != nil || got != canonical {
		t.Fatalf("%s %+q: got %+q, %v; want %+q", kind, written, got, err, canonical)
	}
}

// dress widens some characters and puts separators between them.
func dress(t *rapid.T, s string, separators []string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteString(rapid.SampledFrom(separators).Draw(t, "separator"))
		}
		if rapid.Bool().Draw(t, "wide") {
			r += 0xFEE0
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestLooks(t *testing.T) {
	samples := map[string][]Kind{
		"+86 13800138000":    {KindPhone},
		"1.38E+10":           {KindPhone, KindIDCard},
		"a@b.cn":             {KindEmail},
		"11010519491231002X": {KindIDCard},
		"张三丰":                {KindName},
		"欧阳明日":               {KindName},
		"杭州示例科技有限公司":         {KindCompany},
		"杭州市西湖区文一西路 1 号":     {KindAddress},
		"老客户要回访":             nil,
		"C8000024":           nil,
		"2020-01-02":         nil,
		"":                   nil,
	}
	for s, want := range samples {
		var got []Kind
		for _, k := range allKinds {
			if Looks(k, s) {
				got = append(got, k)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", s, d)
		}
	}
}

func BenchmarkNormalisePhone(b *testing.B) {
	for b.Loop() {
		_, _ = Normalise(KindPhone, "+86 138 0013 8000")
	}
}
