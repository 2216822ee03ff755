package trace

import (
	"bytes"
	"strconv"
	"time"
)

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// small reads a small whole number; an empty cell is none.
func (t *table) small(cell []byte, none, low, high int) (int, error) {
	if len(cell) == 0 {
		return none, nil
	}
	neg := cell[0] == '-'
	if neg {
		cell = cell[1:]
	}
	if len(cell) == 0 || len(cell) > 9 {
		return 0, t.fail(msgNumber)
	}
	n := 0
	for _, c := range cell {
		if c < '0' || c > '9' {
			return 0, t.fail(msgNumber)
		}
		n = n*10 + int(c-'0')
	}
	if neg {
		n = -n
	}
	if n < low || n > high {
		return 0, t.fail(msgNumber)
	}
	return n, nil
}

func (t *table) flag(cell []byte) (bool, error) {
	switch {
	case len(cell) == 0, len(cell) == 1 && cell[0] == '0':
		return false, nil
	case len(cell) == 1 && cell[0] == '1':
		return true, nil
	}
	return false, t.fail(msgFlag)
}

// clock reads RFC 3339 times; rows in order of time mostly share the date, so
// the last date's seconds are kept.
type clock struct {
	date [10]byte
	day  int64
	ok   bool
}

func (k *clock) read(t *table, cell []byte) (int64, error) {
	if s, ok := k.quick(cell); ok {
		return s, nil
	}
	at, err := time.Parse(time.RFC3339, string(bytes.TrimSpace(cell)))
	if err != nil {
		return 0, t.fail(msgTime)
	}
	if y := at.Year(); y < 1970 || y > 2200 {
		return 0, t.fail(msgTime)
	}
	return at.Unix(), nil
}

// quick reads 2006-01-02T15:04:05Z and leaves everything else to the library.
func (k *clock) quick(c []byte) (int64, bool) {
	if len(c) != 20 || c[10] != 'T' || c[13] != ':' || c[16] != ':' || c[19] != 'Z' {
		return 0, false
	}
	h, ok1 := two(c[11:])
	m, ok2 := two(c[14:])
	s, ok3 := two(c[17:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	if !k.ok || !bytes.Equal(k.date[:], c[:10]) {
		day, err := time.Parse(time.DateOnly, string(c[:10]))
		if err != nil || day.Year() < 1970 || day.Year() > 2200 {
			return 0, false
		}
		k.day, k.ok = day.Unix(), true
		copy(k.date[:], c)
	}
	return k.day + int64(h*3600+m*60+s), true
}

func two(c []byte) (int, bool) {
	a, b := c[0]-'0', c[1]-'0'
	return int(a)*10 + int(b), a < 10 && b < 10
}
