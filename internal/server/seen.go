package server

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// Seen is a signed head that somebody outside the backup kept.
type Seen struct {
	From string     `json:"from"` // keeper, checkpoint, witness, mirror
	Name string     `json:"name"` // the log's
	Size uint64     `json:"size"`
	Root proof.Hash `json:"root"`
	note []byte
}

const (
	maxCheckpoint = 64 << 10
	maxBundle     = 256 * (2 + 1<<16)
	sourceTime    = 30 * time.Second
	bundleWidth   = 256
)

// gather asks everybody who was named. One who does not answer ends the restore:
// he may be the one who has seen more.
func (r *restore) gather(ctx context.Context) error {
	r.logs = logsFrom(r.ring, r.opened.LogName())
	for _, log := range r.logs {
		if err := r.askOf(ctx, log); err != nil {
			return err
		}
	}
	for _, file := range r.o.Checkpoints {
		b, err := readSmall(file)
		if err != nil {
			return fault.New(fault.Invalid, "seen-unreadable", "--checkpoint")
		}
		if err := r.saw("checkpoint", b); err != nil {
			return err
		}
	}
	if r.o.Mirror == "" {
		return nil
	}
	b, err := r.mirrored(ctx, "checkpoint", maxCheckpoint)
	if err != nil {
		return fault.New(fault.Unavailable, "seen-unreadable", "--mirror")
	}
	return r.saw("mirror", b)
}

// logsFrom are the names of a log and of those that restores opened after it, of
// which the key ring knows: a restore that ended early has closed one already.
func logsFrom(ring *keyring.Ring, first string) (names []string) {
	for _, vkey := range append(ring.Closed(), ring.VerifierKey()) {
		name, _, _ := strings.Cut(vkey, "+")
		if name == first || len(names) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// askOf asks the head keeper and the witnesses for one log.
func (r *restore) askOf(ctx context.Context, log string) error {
	keeper, err := os.ReadFile(r.keeperFile(log))
	if err == nil {
		err = r.saw("keeper", keeper)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	} else {
		err = fault.New(fault.Unavailable, "keeper-unreadable", "")
	}
	if err != nil {
		return err
	}
	for _, w := range r.policy.Witnesses {
		if w.URL == "" {
			continue
		}
		sum := sha256.Sum256([]byte(log))
		b, err := r.fetch(ctx, strings.TrimRight(w.URL, "/")+"/"+hex.EncodeToString(sum[:])+"/checkpoint", maxCheckpoint)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has not heard of this log
		}
		if err != nil {
			return fault.New(fault.Unavailable, "seen-unreadable", "witness")
		}
		if err := r.saw("witness", b); err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) saw(from string, signed []byte) error {
	name, size, root, err := ledger.SeenHead(ledger.Config{Ring: r.ring}, signed)
	if err != nil {
		return fault.New(fault.Invalid, "seen-unreadable", from)
	}
	own, err := ledger.OwnLine(signed, name)
	if err != nil {
		return fault.New(fault.Invalid, "seen-unreadable", from)
	}
	r.seen = append(r.seen, Seen{from, name, size, root, own})
	return nil
}

// highest is the longest head that was seen of the backup's log and those after it;
// nil: none was.
func (r *restore) highest() *Seen {
	var best *Seen
	for i := range r.seen {
		if s := &r.seen[i]; slices.Contains(r.logs, s.Name) && (best == nil || s.Size > best.Size) {
			best = s
		}
	}
	return best
}

func readSmall(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, maxCheckpoint)
}

func limited(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = errors.New("too long")
	}
	return b, err
}

// mirrored reads a resource of the mirror: a directory, or a URL prefix, laid out by
// C2SP tlog-tiles.
func (r *restore) mirrored(ctx context.Context, path string, most int64) ([]byte, error) {
	if !isURL(r.o.Mirror) {
		f, err := os.Open(filepath.Join(r.o.Mirror, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return limited(f, most)
	}
	return r.fetch(ctx, strings.TrimRight(r.o.Mirror, "/")+"/"+path, most)
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// fetch reads what is checked against our own signature afterwards.
func (r *restore) fetch(ctx context.Context, from string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	answer, err := r.web.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return limited(answer.Body, most)
	case http.StatusNotFound:
		return nil, fs.ErrNotExist
	}
	return nil, errors.New("no answer")
}

// spool copies the entries [from, until) of the mirror into a file, so that what is
// compared is what is put back.
func (r *restore) spool(ctx context.Context, file string, from, until uint64) (ledger.Entries, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for at := from; at < until; {
		bundle, err := r.bundle(ctx, at/bundleWidth, int(min(bundleWidth, until-at/bundleWidth*bundleWidth)))
		if err != nil {
			return nil, err
		}
		for _, leaf := range bundle[at%bundleWidth:] {
			if _, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(leaf))), leaf...)); err != nil {
				return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
			}
			at++
		}
		r.progress("restore-mirror", int64(at-from), int64(until-from))
	}
	if w.Flush() != nil {
		return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return func(each func([]byte) error) error { return spooled(file, each) }, nil
}

func spooled(file string, each func([]byte) error) error {
	f, err := os.Open(file)
	if err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for {
		var n [2]byte
		if _, err := io.ReadFull(in, n[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
		leaf := make([]byte, binary.BigEndian.Uint16(n[:]))
		if _, err := io.ReadFull(in, leaf); err != nil {
			return fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
		if err := each(leaf); err != nil {
			return err
		}
	}
}

// bundle reads the first width entries of bundle n. A mirror that has grown may hold
// the full bundle only.
func (r *restore) bundle(ctx context.Context, n uint64, width int) ([][]byte, error) {
	path := "tile/entries/" + tilePath(n)
	var b []byte
	var err error = fs.ErrNotExist
	if width < bundleWidth {
		b, err = r.mirrored(ctx, path+".p/"+strconv.Itoa(width), maxBundle)
	}
	if errors.Is(err, fs.ErrNotExist) {
		b, err = r.mirrored(ctx, path, maxBundle)
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "seen-unreadable", "--mirror")
	}
	var all [][]byte
	for len(b) >= 2 && len(all) < width {
		size := int(binary.BigEndian.Uint16(b))
		if len(b)-2 < size {
			break
		}
		all, b = append(all, b[2:2+size]), b[2+size:]
	}
	if len(all) < width {
		return nil, fault.New(fault.Conflict, "mirror-differs", "--mirror")
	}
	return all, nil
}

// tilePath writes a tile's number: groups of three digits, all but the last after an x.
func tilePath(n uint64) string {
	text := strconv.FormatUint(n, 10)
	text = strings.Repeat("0", (3-len(text)%3)%3) + text
	var groups []string
	for ; len(text) > 3; text = text[3:] {
		groups = append(groups, "x"+text[:3])
	}
	return strings.Join(append(groups, text), "/")
}
