package exposure

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/goldbell/goldbell/internal/fault"
)

const (
	// stepEntries is how many entries the smallest stored segment covers; what came
	// after the last is kept in memory and made again after a start.
	stepEntries = 4096
	// fan is how many neighbours of a size are merged into one.
	fan = 8
	// mostRows bounds a segment: larger ones are not merged further.
	mostRows = 8 << 20
)

// Index follows a ledger. It is safe for concurrent use; readers never wait.
type Index struct {
	ledger Ledger
	store  Store
	sealer Sealer
	step   uint64 // stepEntries, but in tests

	mu     sync.Mutex // held by whoever follows, and guards what follows
	opened bool
	forgot uint64 // one above the last entry that destroyed a record key and is dealt with
	stored []*segment
	view   atomic.Pointer[view]
}

// view is what readers see: segments in the ledger's order, without gaps.
type view struct {
	segments []*segment
	size     uint64
}

// New makes an index; nothing is read before Follow is called.
func New(l Ledger, s Store, k Sealer) *Index {
	x := &Index{ledger: l, store: s, sealer: k, step: stepEntries}
	x.view.Store(&view{})
	return x
}

// load reads the stored segments. Those that are broken, leave a gap or lie beyond
// the ledger's end are thrown away with all after them: Follow makes them again.
func (x *Index) load(ctx context.Context) error {
	if x.opened {
		return nil
	}
	next, size := uint64(0), x.ledger.Size()
	var stored []*segment
	var drop []Span
	err := x.store.Segments(ctx, func(st Stored) error {
		seg := x.open(st)
		if seg == nil || len(drop) > 0 || st.First != next || st.Until > size {
			drop = append(drop, Span{st.First, st.Until})
			return nil
		}
		stored, next = append(stored, seg), st.Until
		return nil
	})
	if err == nil && drop != nil {
		err = x.store.ReplaceSegments(ctx, drop, nil)
	}
	if err == nil {
		x.stored, x.opened = stored, true
		x.show(nil)
	}
	return err
}

func (x *Index) open(st Stored) *segment {
	plain, err := x.sealer.OpenFor(sealUse, place(st.First, st.Until), st.Sealed)
	if err != nil {
		return nil
	}
	seg, err := decode(plain)
	if err != nil || seg.first != st.First || seg.until != st.Until {
		return nil
	}
	return seg
}

func place(first, until uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, first), until)
}

func (x *Index) show(tail *segment) {
	v := &view{segments: append([]*segment(nil), x.stored...)}
	if tail != nil {
		v.segments = append(v.segments, tail)
	}
	if n := len(v.segments); n > 0 {
		v.size = v.segments[n-1].until
	}
	x.view.Store(v)
}

// Follow reads what the ledger got since, stores the segments that are full and
// merges neighbours. When it returns nil the index equals the ledger as it was when
// Follow was called. If a record key was destroyed since, all is made again: what
// the ledger forgot is forgotten here.
//
// Several processes may follow one ledger. Whoever finds that another has stored a
// segment meanwhile reads what is stored and goes on from there.
func (x *Index) Follow(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.follow(ctx)
	for range mostCollisions {
		if !fault.Is(err, fault.Conflict) {
			break
		}
		x.opened = false
		err = x.follow(ctx)
	}
	return err
}

// mostCollisions bounds how often one call gives way to other processes.
const mostCollisions = 16

func (x *Index) follow(ctx context.Context) error {
	if err := x.load(ctx); err != nil {
		return err
	}
	size := x.ledger.Size()
	if x.view.Load().size == size {
		return nil
	}
	forgot, err := x.advance(ctx, size, x.view.Load().size > 0)
	if err != nil || forgot <= x.forgot {
		return err
	}
	if err := x.clear(ctx); err != nil {
		return err
	}
	if _, err = x.advance(ctx, size, false); err == nil {
		x.forgot = forgot
	}
	return err
}

// advance goes on to size. It stops at an entry that forgets, if asked to.
func (x *Index) advance(ctx context.Context, size uint64, stop bool) (forgot uint64, err error) {
	for x.storedUntil()+x.step <= size {
		from := x.storedUntil()
		seg, forgot, err := build(ctx, x.ledger, from, from+x.step)
		if err != nil || stop && forgot > x.forgot {
			return forgot, err
		}
		if err := x.put(ctx, seg); err != nil {
			return 0, err
		}
		x.show(nil)
	}
	tail, forgot, err := build(ctx, x.ledger, x.storedUntil(), size)
	if err != nil || stop && forgot > x.forgot {
		return forgot, err
	}
	x.show(tail)
	return 0, nil
}

// clear throws everything away.
func (x *Index) clear(ctx context.Context) error {
	var drop []Span
	err := x.store.Segments(ctx, func(st Stored) error { drop = append(drop, Span{st.First, st.Until}); return nil })
	if err == nil && drop != nil {
		err = x.store.ReplaceSegments(ctx, drop, nil)
	}
	if err == nil {
		x.stored, x.opened = nil, true
		x.view.Store(&view{})
	}
	return err
}

func (x *Index) storedUntil() uint64 {
	if n := len(x.stored); n > 0 {
		return x.stored[n-1].until
	}
	return 0
}

// put stores a segment; it and as many neighbours of its size as make a fan become
// one.
func (x *Index) put(ctx context.Context, seg *segment) error {
	kept := x.stored
	var drop []Span
	for {
		n, rows := 0, len(seg.rows)
		width := seg.until - seg.first
		for n < len(kept) && n < fan-1 && kept[len(kept)-1-n].until-kept[len(kept)-1-n].first == width {
			rows += len(kept[len(kept)-1-n].rows)
			n++
		}
		if n < fan-1 || rows > mostRows {
			break
		}
		parts := append(append([]*segment(nil), kept[len(kept)-n:]...), seg)
		for _, p := range parts[:n] {
			drop = append(drop, Span{p.first, p.until})
		}
		kept, seg = kept[:len(kept)-n], merge(parts)
	}
	sealed, err := x.sealer.SealFor(sealUse, place(seg.first, seg.until), seg.encode())
	if err != nil {
		return fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	if err := x.store.ReplaceSegments(ctx, drop, []Stored{{seg.first, seg.until, sealed}}); err != nil {
		return err
	}
	x.stored = append(append([]*segment(nil), kept...), seg)
	return nil
}

// Rebuild throws the index away and makes it again from the ledger.
func (x *Index) Rebuild(ctx context.Context) error {
	x.mu.Lock()
	err := x.clear(ctx)
	x.mu.Unlock()
	if err != nil {
		return err
	}
	return x.Follow(ctx)
}
