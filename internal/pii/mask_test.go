package pii

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMaskLadder(t *testing.T) {
	cases := []struct {
		kind  Kind
		value string
		want  []string
	}{
		{KindPhone, "13800135678", []string{"尾号 5678", "尾号 78", "号码已隐藏"}},
		{KindPhone, "+85291234567", []string{"尾号 4567", "尾号 67", "号码已隐藏"}},
		{KindName, "王小明", []string{"王**", "**"}},
		{KindName, "欧阳明日", []string{"欧阳**", "**"}},
		{KindName, "欧阳", []string{"欧**", "**"}},
		{KindName, "John Smith", []string{"J**", "**"}},
		{KindName, "王", []string{"**"}},
		{KindName, "13800138000", []string{"**"}},
		{KindEmail, "zhang@qq.com", []string{"***@qq.com", "***"}},
		{KindCompany, "杭州示例有限公司", []string{"杭州***", "***"}},
		{KindCompany, "小米", []string{"***"}},
		{KindAddress, "上海市解放路1号", []string{"上海***", "***"}},
		{KindAddress, "5号楼1室", []string{"***"}},
		{KindIDCard, "11010519491231002X", []string{"证件已隐藏"}},
		{KindText, "任何内容", []string{"***"}},
		{Kind("unknown"), "任何内容", []string{"***"}},
	}
	for _, c := range cases {
		if d := cmp.Diff(c.want, MaskLadder(c.kind, c.value)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.kind, d)
		}
	}
}

// most runes of the value a first mask may show, by kind; the e-mail's domain is
// checked apart.
var mostShown = map[Kind]int{KindPhone: 4, KindName: 2, KindCompany: 2, KindAddress: 2}

// TestMaskShowsNoMoreThanStated cuts the constant parts off each mask; what is
// left must be a part of the value, short enough, and never the whole value.
func TestMaskShowsNoMoreThanStated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(allKinds).Draw(t, "kind")
		raw := rapid.OneOf(rapid.String(), rapid.StringMatching(`\+?[0-9]{7,15}`),
			rapid.StringMatching(`[a-z]{1,5}@[a-z]{2,5}\.[a-z]{2}`), rapid.StringMatching(`[欧阳王小明上海市区]{1,6}`)).Draw(t, "raw")
		value, err := Normalise(kind, raw)
		if err != nil || value == "" {
			return
		}
		masks := MaskLadder(kind, value)
		last := MaskLadder(kind, "")
		if masks[len(masks)-1] != last[len(last)-1] {
			t.Fatal("the last mask must be the same for every value of the kind")
		}
		for _, m := range masks[:len(masks)-1] {
			checkShown(t, kind, value, m)
		}
	})
}

func checkShown(t *rapid.T, kind Kind, value, mask string) {
	shown := strings.TrimPrefix(strings.Trim(mask, "*"), "尾号 ")
	if kind == KindEmail {
		if at := strings.IndexByte(value, '@'); shown != value[at:] {
			t.Fatalf("%+q shows more than the domain", mask)
		}
		return
	}
	if shown == value || !strings.Contains(value, shown) || utf8.RuneCountInString(shown) > mostShown[kind] {
		t.Fatalf("%s: %+q shows too much of %+q", kind, mask, value)
	}
	if kind == KindName && utf8.RuneCountInString(shown) == 2 && !isCompoundSurname(shown) {
		t.Fatalf("%+q shows two characters that are no surname", mask)
	}
}
