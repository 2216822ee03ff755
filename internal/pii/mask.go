package pii

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maskPhone = "号码已隐藏"
	maskID    = "证件已隐藏"
	maskName  = "**"
	maskText  = "***"
)

// MaskLadder returns the masks of a canonical value from the most revealing to
// the least. The last is the same for every value of the kind. Whoever shows a
// mask picks the first one that enough subjects share. A value too short for a
// step skips it: a mask never shows more than the stated part, nor the whole.
func MaskLadder(kind Kind, canonical string) []string {
	switch kind {
	case KindPhone:
		return phoneMasks(canonical)
	case KindName:
		return oneStep(surname(canonical), maskName)
	case KindEmail:
		if at := strings.LastIndexByte(canonical, '@'); at > 0 {
			return []string{maskText + canonical[at:], maskText}
		}
		return []string{maskText}
	case KindIDCard:
		return []string{maskID}
	case KindCompany, KindAddress:
		return oneStep(firstTwo(canonical), maskText)
	}
	return []string{maskText}
}

func oneStep(shown, rest string) []string {
	if shown == "" {
		return []string{rest}
	}
	return []string{shown + rest, rest}
}

// phoneMasks shows the last four digits, then two. Numbers under eight digits
// show none: four would be half of them.
func phoneMasks(s string) []string {
	if len(s) < 8 || !isDigits(s[len(s)-4:]) {
		return []string{maskPhone}
	}
	return []string{"尾号 " + s[len(s)-4:], "尾号 " + s[len(s)-2:], maskPhone}
}

// surname is what may be shown of a name: the surname of a Chinese one, the first
// letter of any other, nothing of a name of one letter.
func surname(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if len(s) == n || !unicode.IsLetter(r) {
		return ""
	}
	if unicode.Is(unicode.Han, r) {
		_, second := utf8.DecodeRuneInString(s[n:])
		if two := s[:n+second]; len(s) > len(two) && isCompoundSurname(two) {
			return two
		}
	}
	return s[:n]
}

var compoundSurnames = strings.Fields(`欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯
	宇文 长孙 轩辕 端木 独孤 南宫 西门 东郭 百里 呼延 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙
	钟离 闾丘 司空 司寇 赫连 拓跋 万俟 闻人 第五 完颜 歐陽 司馬 諸葛 東方 尉遲 長孫 軒轅 獨孤 南宮 西門 東郭`)

func isCompoundSurname(two string) bool { return slices.Contains(compoundSurnames, two) }

// firstTwo is the place most companies and addresses begin with. Digits and
// signs are not shown, nor anything of a value under four characters.
func firstTwo(s string) string {
	if utf8.RuneCountInString(s) < 4 {
		return ""
	}
	end := 0
	for range 2 {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsLetter(r) {
			return ""
		}
		end += n
	}
	return s[:end]
}
