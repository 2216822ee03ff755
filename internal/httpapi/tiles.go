package httpapi

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
)

const tileWidth = 256

var errNoTile = fault.New(fault.NotFound, "not-found", "")

// checkpoint answers GET /v1/ledger/checkpoint with the newest witnessed head, or,
// where there is none of late, the newest head.
func checkpoint(a *API, ctx context.Context, _ *call, _ *struct{}) (*raw, error) {
	if a.Witnesses != nil {
		signed, err := a.Witnesses.Checkpoint(ctx)
		if err != nil {
			return nil, err
		}
		return &raw{"text/plain; charset=utf-8", signed}, nil
	}
	h, err := a.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	return &raw{"text/plain; charset=utf-8", h.Note}, nil
}

type tileIn struct {
	Rest string `path:"rest" maxLength:"100"`
}

// tile answers GET /v1/ledger/tile/L/N[.p/W], a tile of hashes as C2SP
// tlog-tiles lays it out.
func tile(a *API, ctx context.Context, _ *call, in *tileIn) (*raw, error) {
	level, rest, ok := strings.Cut(in.Rest, "/")
	l, isLevel := decimal(level)
	n, width, isTile := parseTile(rest)
	if !ok || !isLevel || l > 7 || !isTile {
		return nil, errNoTile
	}
	h, err := a.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	if !within(n, width, h.Size>>(8*l)) {
		return nil, errNoTile
	}
	b, err := a.Ledger.Tile(ctx, int(l), n, width)
	if err != nil {
		return nil, err
	}
	return &raw{"application/octet-stream", b}, nil
}

// entryTile answers GET /v1/ledger/tile/entries/N[.p/W]: leaves, each with its
// length in two bytes in front.
func entryTile(a *API, ctx context.Context, _ *call, in *tileIn) (*raw, error) {
	n, width, ok := parseTile(in.Rest)
	if !ok {
		return nil, errNoTile
	}
	h, err := a.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	if !within(n, width, h.Size) {
		return nil, errNoTile
	}
	leaves, err := a.Ledger.Leaves(ctx, n*tileWidth, width)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, l := range leaves {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(l))), l...)
	}
	return &raw{"application/octet-stream", b}, nil
}

// within says whether the row of size hashes has the first width of tile n.
func within(n uint64, width int, size uint64) bool {
	return n <= size/tileWidth && n*tileWidth+uint64(width) <= size
}

// parseTile reads N[.p/W]: groups of three digits, all but the last after an x.
func parseTile(s string) (n uint64, width int, ok bool) {
	width = tileWidth
	if number, partial, cut := strings.Cut(s, ".p/"); cut {
		w, isWidth := decimal(partial)
		if !isWidth || w == 0 || w >= tileWidth {
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

// decimal reads a small number without leading zeros.
func decimal(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}
