package pii

import "strings"

// CallerKey is the text of which a keyed hash names a caller, however the number or
// address he called from was written. It is empty if v is.
func CallerKey(v Value) Value {
	text := strings.TrimSpace(v.Reveal())
	if text == "" {
		return Value{}
	}
	if number, err := calling(text); err == nil {
		text = number
	} else if address, err := Normalise(KindEmail, text); err == nil && address != "" {
		text = address
	}
	return NewValue("caller|" + text)
}

// CallingNumber is the [CallerKey] of a telephone number, and its last four digits.
func CallingNumber(v Value) (key Value, tail string, err error) {
	number, err := calling(v.Reveal())
	if err != nil {
		return Value{}, "", err
	}
	return CallerKey(NewValue(number)), number[max(0, len(number)-4):], nil
}

// calling normalises a number that calls: a telephone number, or one of the short
// ones that only firms have (95588, 10086, 1069…).
func calling(raw string) (string, error) {
	number, err := Normalise(KindPhone, raw)
	if err == nil && number != "" {
		return number, nil
	}
	short, err := compact(raw, phoneSeparator)
	if err != nil || len(short) < 5 || len(short) > 20 || !isDigits(short) {
		return "", BadPhone
	}
	return short, nil
}
