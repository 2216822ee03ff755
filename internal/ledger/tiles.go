package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// TilePath is where C2SP tlog-tiles has a tile of hashes: tile/L/N, or tile/L/N.p/W
// if it is not full.
func TilePath(level int, number uint64, width int) string {
	return fmt.Sprintf("tile/%d/%s", level, tileNumber(number, width))
}

// EntriesPath is where tlog-tiles has a bundle of entries.
func EntriesPath(number uint64, width int) string { return "tile/entries/" + tileNumber(number, width) }

// tileNumber writes a number in groups of three digits, all but the last after an x.
func tileNumber(n uint64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width < tileWidth {
		s += fmt.Sprintf(".p/%d", width)
	}
	return s
}

// ParseTileNumber reads N[.p/W], the end of a tile's path.
func ParseTileNumber(s string) (n uint64, width int, ok bool) {
	width = tileWidth
	if number, partial, cut := strings.Cut(s, ".p/"); cut {
		w, err := strconv.ParseUint(partial, 10, 8)
		if err != nil || w == 0 || strconv.FormatUint(w, 10) != partial {
			return 0, 0, false
		}
		s, width = number, int(w)
	}
	groups := strings.Split(s, "/")
	if len(groups) > 5 {
		return 0, 0, false
	}
	for i, g := range groups {
		if i < len(groups)-1 {
			if g, ok = strings.CutPrefix(g, "x"); !ok {
				return 0, 0, false
			}
		}
		if len(g) != 3 || strings.Trim(g, "0123456789") != "" || i == 0 && len(groups) > 1 && g == "000" {
			return 0, 0, false
		}
		d, _ := strconv.ParseUint(g, 10, 64)
		n = n*1000 + d
	}
	return n, width, true
}

// maxLeaf is the longest leaf a bundle can hold.
const maxLeaf = 1<<16 - 1

// AppendBundle appends a leaf as an entry bundle has it: its length in two bytes,
// big endian, then its bytes.
func AppendBundle(b, leaf []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(leaf))), leaf...)
}

var errBundle = errors.New("not an entry bundle")

// SplitBundle is the inverse: the leaves of a bundle.
func SplitBundle(b []byte) ([][]byte, error) {
	var leaves [][]byte
	for len(b) > 0 {
		if len(b) < 2 {
			return nil, errBundle
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n > len(b) || len(leaves) == tileWidth {
			return nil, errBundle
		}
		leaves, b = append(leaves, b[:n:n]), b[n:]
	}
	return leaves, nil
}
