package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Limits of what a complainant may hand in. Any type is taken: nothing here decodes,
// unpacks or shows a file, so that a hostile one is bytes like any other.
const (
	MaxFile  = 10 << 20 // bytes
	MaxFiles = 5        // of one complaint
	maxName  = 200
)

// Evidence is a file a complainant handed in. Its name and content are sealed.
type Evidence struct {
	Case      pii.RequestID `json:"case"`
	N         int           `json:"n"` // from 1
	At        time.Time     `json:"at"`
	Size      int64         `json:"size"`
	SHA256    []byte        `json:"sha256"` // of the file as it came
	Month     string        `json:"month"`
	Sealed    []byte        `json:"-"` // covered by Digest
	Digest    []byte        `json:"digest"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (e *Evidence) StampRow() (string, []byte) { return "evidence", canonical(e) }

// RowKey implements [pii.Keyed].
func (e *Evidence) RowKey() string { return e.Case.String() + "|" + strconv.Itoa(e.N) }

// EvidencePut inserts a file.
type EvidencePut struct{ *Evidence }

// Cabinet keeps evidence. [EvidencePut] is an effect.
type Cabinet interface {
	// Evidence lists a complaint's files without their content.
	Evidence(ctx context.Context, of pii.RequestID) ([]Evidence, error)
	// EvidenceFile reads one with its content.
	EvidenceFile(ctx context.Context, of pii.RequestID, n int) (Evidence, bool, error)
}

// inside is what Sealed holds: the length of a JSON header, the header, the file.
type inside struct {
	Name string `json:"name"`
}

func evidenceContext(of pii.RequestID, n int) []byte {
	return append(append([]byte("evidence|"), of[:]...), byte(n))
}

// HandIn adds a file to a complaint, with its hash and time.
func (d *Desk) HandIn(ctx context.Context, h Her, name string, content []byte) error {
	c, err := d.hers(ctx, h.Case, h.Code, h.Source)
	if err != nil {
		return err
	}
	switch {
	case d.Cabinet == nil:
		return fault.New(fault.Unavailable, "unavailable", "file")
	case len(content) > MaxFile:
		return fault.New(fault.TooLarge, "file-too-large", "file")
	case len(content) == 0:
		return invalid("file")
	case c.State == Closed:
		return fault.New(fault.Conflict, "closed", "complaint")
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName {
		name = "file"
	}
	r, err := d.Ledger.Decide(ctx, h.Request, h.Hash, func() (ledger.Item, error) {
		have, err := d.Cabinet.Evidence(ctx, c.ID)
		if err != nil {
			return ledger.Item{}, err
		}
		if len(have) >= MaxFiles {
			return ledger.Item{}, fault.New(fault.TooLarge, "too-many-files", "file")
		}
		e, err := d.sealFile(c.ID, len(have)+1, name, content)
		if err != nil {
			return ledger.Item{}, err
		}
		entry := ledger.Entry{
			Kind: proof.KindComplaint, Refs: []ledger.Ref{caseRef(c.ID)}, Effects: []ledger.Effect{EvidencePut{Evidence: e}},
			Facts: []proof.Field{
				fact("what", string(handedIn)), fact("case", c.ID.String()), fact("file", strconv.Itoa(e.N)),
				fact("sha256", hex.EncodeToString(e.SHA256)), fact("size", strconv.FormatInt(e.Size, 10)),
			},
			Spends:  d.fileSpends(h.Source, e.Size),
			Revokes: []string{filesKey(c.ID)},
		}
		return ledger.Item{Entry: entry, Basis: ledger.Basis{Keys: []string{filesKey(c.ID)}}}, nil
	})
	if fault.Is(err, fault.Exhausted) {
		return fault.New(fault.Exhausted, "slow-down", "")
	}
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

func filesKey(of pii.RequestID) string { return "files|" + of.String() }

func (d *Desk) sealFile(of pii.RequestID, n int, name string, content []byte) (*Evidence, error) {
	header, err := json.Marshal(inside{Name: name})
	if err != nil {
		return nil, fault.New(fault.Internal, "internal", "file")
	}
	now := d.now()
	plain := append([]byte{byte(len(header) >> 8), byte(len(header))}, header...)
	plain = append(plain, content...)
	defer clear(plain)
	sum := sha256.Sum256(content)
	e := &Evidence{Case: of, N: n, At: now, Size: int64(len(content)), SHA256: sum[:]}
	if e.Sealed, e.Month, err = d.Sealer.Seal(now, evidenceContext(of, n), plain); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(e.Sealed)
	e.Digest = digest[:]
	return e, nil
}

func (d *Desk) fileSpends(source string, size int64) []ledger.Spend {
	who := hex.EncodeToString(d.Sealer.Fingerprint(pii.NewValue("source|" + source))[:16])
	name, end := today(d.now())
	return []ledger.Spend{{Key: "evidence|day|" + who + "|" + name, Cap: d.Limits.AttachmentBytesSource, Amount: size, Until: end}}
}

// HandedIn lists a complaint's files, for her.
func (d *Desk) HandedIn(ctx context.Context, of pii.RequestID) ([]Evidence, error) {
	if d.Cabinet == nil {
		return nil, nil
	}
	return d.Cabinet.Evidence(ctx, of)
}

// File is a file as it came.
type File struct {
	Evidence
	Name    pii.Value
	Content []byte
}

// FetchFile opens a file for the complaint's handler or the officer. That it was
// fetched is an entry first.
func (d *Desk) FetchFile(ctx context.Context, a Asked, id, work pii.RequestID, n int) (File, error) {
	if d.Cabinet == nil {
		return File{}, fault.New(fault.NotFound, "not-found", "file")
	}
	var e Evidence
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		c, ok, err := d.complaint(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		keys, err := d.mayRead(ctx, a, c, work, d.now())
		if err != nil {
			return ledger.Item{}, err
		}
		if ok {
			e, ok, err = d.Cabinet.EvidenceFile(ctx, id, n)
		}
		if err != nil {
			return ledger.Item{}, err
		}
		if !ok {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "file")
		}
		if digest := sha256.Sum256(e.Sealed); d.Ledger.CheckStamp(&e) != nil || string(digest[:]) != string(e.Digest) {
			return ledger.Item{}, fault.New(fault.Denied, "row-forged", "file")
		}
		entry := ledger.Entry{
			Kind: proof.KindComplaint, Actor: a.By.Person.ID, Org: a.By.Org.ID, Work: work, Purpose: grant.ComplaintHandling,
			Facts: []proof.Field{fact("what", "fetched"), fact("case", id.String()), fact("file", strconv.Itoa(n))},
			Refs:  []ledger.Ref{caseRef(id)},
		}
		return ledger.Item{Entry: entry, Basis: ledger.Basis{Keys: append(keys, ledger.CaseKey(id))}, Actor: actor(a.By)}, nil
	})
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	if r.Again() {
		return File{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	plain, err := d.Sealer.Open(evidenceContext(id, n), e.Sealed)
	if err != nil {
		return File{}, err
	}
	if len(plain) < 2 {
		return File{}, fault.New(fault.Internal, "internal", "file")
	}
	head := int(plain[0])<<8 | int(plain[1])
	var in inside
	if len(plain) < 2+head || json.Unmarshal(plain[2:2+head], &in) != nil {
		return File{}, fault.New(fault.Internal, "internal", "file")
	}
	return File{Evidence: e, Name: pii.NewValue(in.Name), Content: plain[2+head:]}, nil
}
