package pii

import "strings"

// normalisePhone gives mainland mobiles as their 11 digits, mainland fixed lines
// with area code as digits with the leading 0, 400 and 800 numbers as 10 digits,
// and every other country's numbers as + and digits (E.164). The + keeps a
// number of another country from ever equalling a mainland one.
func normalisePhone(raw string) (string, error) {
	if isMobile(raw) {
		return raw, nil
	}
	s, err := compact(raw, phoneSeparator)
	if err != nil || s == "" {
		return "", err
	}
	if isScientific(s) {
		return "", DigitsLost
	}
	plus := s[0] == '+'
	s = strings.TrimPrefix(s, "+")
	if !isDigits(s) || len(s) > 19 {
		return "", BadPhone
	}
	if !plus && strings.HasPrefix(s, "00") {
		plus, s = true, s[2:]
	}
	if plus && !strings.HasPrefix(s, "86") {
		return international(s)
	}
	return mainland(s, plus)
}

// mainland reads digits of China's own numbering plan; coded tells that the
// country code was marked as one.
func mainland(s string, coded bool) (string, error) {
	if coded || len(s) == 13 && strings.HasPrefix(s, "861") {
		s = s[2:]
		if !isServiceNumber(s) && isFixedLine("0"+s) {
			s = "0" + s // +86 10 … drops the trunk 0 of 010
		}
	}
	switch {
	case isMobile(s):
		return s, nil
	case len(s) == 12 && s[0] == '0' && isMobile(s[1:]): // trunk 0 before a mobile
		return s[1:], nil
	case isFixedLine(s), isServiceNumber(s):
		return s, nil
	}
	return "", BadPhone
}

// international accepts what E.164 allows: 8 to 15 digits, no leading 0. Shorter
// numbers exist on some islands; they are refused rather than guessed.
func international(s string) (string, error) {
	if len(s) < 8 || len(s) > 15 || s[0] == '0' {
		return "", BadPhone
	}
	return "+" + s, nil
}

// isMobile is the fast path: 1, then 3–9, then nine digits.
func isMobile(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && s[1] <= '9' && isDigits(s[2:])
}

// isFixedLine reports area code and subscriber number. Three-digit areas have
// eight-digit subscribers; four-digit areas seven or eight. Subscriber numbers
// begin with 2–8.
func isFixedLine(s string) bool {
	if len(s) < 11 || len(s) > 12 || s[0] != '0' || !isDigits(s) {
		return false
	}
	area := 4
	switch {
	case s[1] == '1' && s[2] == '0', s[1] == '2':
		area = 3
	case s[1] < '3':
		return false
	}
	if area == 3 && len(s) != 11 {
		return false
	}
	return s[area] >= '2' && s[area] <= '8'
}

func isServiceNumber(s string) bool {
	return len(s) == 10 && (s[:3] == "400" || s[:3] == "800") && isDigits(s)
}

// phoneSeparator reports what people put between the digits of a number. A dot
// is not among them: 1381234567.8 is a broken number, not a written one.
func phoneSeparator(r rune) bool {
	switch r {
	case '-', '(', ')', '‐', '‑', '‒', '–', '—', '―', '−':
		return true
	}
	return false
}

// isScientific reports a number a spreadsheet rounded, such as 1.38E+10.
func isScientific(s string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(s), "E")
	if !ok {
		return false
	}
	exponent = strings.TrimLeft(exponent, "+")
	whole, part, _ := strings.Cut(strings.TrimLeft(mantissa, "+"), ".")
	return whole != "" && exponent != "" && isDigits(whole) && isDigits(part) && isDigits(exponent)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// normaliseEmail lower-cases the whole address: domains do not tell case apart,
// and no mail provider that matters does so before the @. Space at the ends is
// dropped; a space inside is a fault, not decoration.
func normaliseEmail(raw string) (string, error) {
	s := raw
	if !isPlainASCII(raw) {
		c, err := compact(raw, func(rune) bool { return false })
		if err != nil || c == "" {
			return "", err
		}
		if len(strings.Fields(visible(raw))) > 1 || !isPlainASCII(c) {
			return "", BadEmail
		}
		s = c
	}
	s = strings.ToLower(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || !isLocalPart(local) || !isDomain(domain) {
		return "", BadEmail
	}
	return s, nil
}

func isLocalPart(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", s[i]) < 0 {
			return false
		}
	}
	return true
}

// isDomain wants two labels or more; the last one is a name, not a number.
func isDomain(s string) bool {
	labels, last := 0, ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isAlnum(label[i]) && label[i] != '-' {
				return false
			}
		}
		labels, last = labels+1, label
	}
	return labels >= 2 && len(last) >= 2 && !isDigits(last)
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// normaliseIDNumber accepts the 18-digit citizen identity number of GB 11643 with
// a birth date that exists and the right check digit. The 15-digit numbers
// issued before 1999 have no check digit and are refused.
func normaliseIDNumber(raw string) (string, error) {
	s, err := compact(raw, func(rune) bool { return false })
	if err != nil || s == "" {
		return "", err
	}
	if isScientific(s) {
		return "", DigitsLost
	}
	if len(s) != 18 || s[0] == '0' || !isDigits(s[:17]) || !isBirthDate(s[6:14]) {
		return "", BadIDNumber
	}
	if s[17] == 'x' {
		s = s[:17] + "X"
	}
	if s[17] != checkDigit(s[:17]) {
		return "", BadIDNumber
	}
	return s, nil
}

// checkDigit is ISO 7064 MOD 11-2 over the first 17 digits.
func checkDigit(digits string) byte {
	p := 0
	for i := range len(digits) {
		p = (p + int(digits[i]-'0')) * 2 % 11
	}
	return "0123456789X"[(12-p)%11]
}

// isBirthDate checks yyyymmdd against the calendar, from 1850 to 2099. What is
// in the future depends on today, which this package does not know.
func isBirthDate(s string) bool {
	n := func(t string) (v int) {
		for i := range len(t) {
			v = v*10 + int(t[i]-'0')
		}
		return v
	}
	year, month, day := n(s[:4]), n(s[4:6]), n(s[6:])
	if year < 1850 || year > 2099 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
