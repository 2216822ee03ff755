package httpapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
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
	n, width, isTile := ledger.ParseTileNumber(rest)
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
	n, width, ok := ledger.ParseTileNumber(in.Rest)
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
		b = ledger.AppendBundle(b, l)
	}
	return &raw{"application/octet-stream", b}, nil
}

// within says whether the row of size hashes has the first width of tile n.
func within(n uint64, width int, size uint64) bool {
	return n <= size/tileWidth && n*tileWidth+uint64(width) <= size
}

// decimal reads a small number without leading zeros.
func decimal(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}
