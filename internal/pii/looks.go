package pii

import (
	"strings"
	"unicode"
)

// Looks reports whether a cell looks like a value of this kind: what a column is
// recognised by when its header does not say. Phones, e-mails and ID numbers are
// judged by their rules; a number a spreadsheet rounded still looks like one.
// Names, companies and addresses are judged by habit and may be wrong.
func Looks(kind Kind, raw string) bool {
	s, err := Normalise(kind, raw)
	switch kind {
	case KindPhone, KindIDCard:
		return err == nil && s != "" || err == DigitsLost
	case KindEmail:
		return err == nil && s != ""
	case KindCompany:
		return err == nil && hasAny(strings.ToLower(s), companyWords)
	case KindAddress:
		return err == nil && !hasAny(s, companyWords) && countRunes(s, "省市区县镇乡村路街道巷号弄栋室") >= 2
	case KindName:
		return err == nil && looksLikeName(s)
	}
	return false
}

var companyWords = []string{"公司", "集团", "工作室", "有限", "事务所", "合作社", "经营部", "商行", "co.", "ltd", " inc", "gmbh", " llc"}

func hasAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func countRunes(s, set string) (n int) {
	for _, r := range s {
		if strings.ContainsRune(set, r) {
			n++
		}
	}
	return n
}

const commonSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤施水窦章云奚郎鲁昌苗凤花俞柳褚卫尤"

func looksLikeName(s string) bool {
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
		n++
	}
	switch {
	case n < 2 || n > 4:
		return false
	case n > 2 && isCompoundSurname(s[:6]):
		return true
	}
	return n < 4 && strings.ContainsRune(commonSurnames, []rune(s)[0])
}
