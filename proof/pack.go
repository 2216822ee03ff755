package proof

import (
	"crypto/sha256"
	"fmt"
	"io"
)

const packFormat = "goldbell-pack/1"

// Kinds of pack.
const (
	KindSubject     = "subject"      // one person in a window of time
	KindOfOne       = "disclosure"   // one entry
	KindOfRecipient = "recipient"    // one recipient in a window of time
	KindOfCase      = "case"         // one complaint
	RecipientPerson = "person"       // a recipient who is a person or a service
	RecipientOrg    = "organisation" // a recipient that is an organisation
)

const (
	// ManifestField names the field of a pack's own entry that holds the SHA-256
	// of its manifest.json, in hexadecimal digits.
	ManifestField = "manifest"
	// MaxPackEntries is how many entries one pack may hold.
	MaxPackEntries = 60_000
	// MaxEarlier is how many earlier checkpoints one pack may hold.
	MaxEarlier = 100
	maxNumber  = 1<<53 - 1 // RFC 8785
)

// How the root key of the operator is kept, as the operator says (invariant I9).
const (
	RootKeyFile   = "file"   // a file on the machine: root on it can open values
	RootKeyKMS    = "kms"    // in a KMS or HSM
	RootKeyShared = "shared" // unsealed by two of three holders
)

// Info is pack.json: what the pack says it is. All of it is the maker's word until
// [Verify] has compared it with the log; the keys named here are information, and
// never a reason to trust. Which of the optional members a pack has follows from
// its kind.
type Info struct {
	Case       *ID        `json:"case,omitempty"` // the complaint
	Created    uint64     `json:"created"`        // UTC, microseconds since 1970
	Disclosure *ID        `json:"disclosure,omitempty"`
	Entries    int        `json:"entries"`             // how many the operator's index gives
	Forgotten  int        `json:"forgotten,omitempty"` // further ones whose opening the operator has destroyed
	Format     string     `json:"format"`
	From       uint64     `json:"from"` // the window: From ≤ time < Until
	Kind       string     `json:"kind"`
	Log        string     `json:"log"` // vkey
	Origin     string     `json:"origin"`
	Outside    []Outside  `json:"outside,omitempty"` // of Witnesses, who runs those that are not the operator's own
	Recipient  *Recipient `json:"recipient,omitempty"`
	RecordKey  *Hash      `json:"record_key,omitempty"` // Ks: every tag can be computed from it
	RootKey    string     `json:"root_key"`
	Subject    *ID        `json:"subject,omitempty"`
	Until      uint64     `json:"until"`
	Witnesses  []string   `json:"witnesses"` // vkeys of all who cosigned a checkpoint here
}

// Outside says that another organisation runs a witness.
type Outside struct {
	Organisation string `json:"organisation"`
	VKey         string `json:"vkey"`
}

// Recipient is who a pack of kind recipient is about.
type Recipient struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

// Opened is a field of an entry with the salt that its commitment needs.
type Opened struct {
	I     int       `json:"i"` // which commitment, from 0
	Name  string    `json:"name"`
	Salt  FieldSalt `json:"salt"`
	Value string    `json:"value"`
}

// Person is what an entry says of one person, without her record key: nothing
// else can be found with it.
type Person struct {
	Tag      Hash
	ValueKey Hash
	Line     Line
}

// Entry is one entry of the ledger with what a pack proves about it. Of the persons
// it is about it shows one of these:
//
//   - with the pack's record key (Sparse): what it says of her, or, without Line,
//     that she is not in it;
//   - one person without a record key (Sparse and one of Persons);
//   - all of them (Persons, no Sparse): then their number is checked too;
//   - none (neither).
type Entry struct {
	Index     uint64
	Leaf      []byte
	Inclusion []Hash // under the pack's checkpoint
	Fields    []Opened
	Line      *Line
	Sparse    *SparseProof
	Persons   []Person // ascending by tag
	Evidence  []ID     // of a trace: the complaints it rested on, ascending
}

// Earlier is a checkpoint from before the pack's, which the pack's continues.
type Earlier struct {
	Checkpoint  []byte
	Consistency []Hash
}

// Member is a line of the manifest.
type Member struct {
	Name   string `json:"name"`
	SHA256 Hash   `json:"sha256"`
}

// Sealed is the ledger entry that records the making of the pack, with its proof
// under a checkpoint of its own, later than the pack's.
type Sealed struct {
	Index       uint64
	Leaf        []byte
	Inclusion   []Hash
	Fields      []Opened // one of them is ManifestField
	Checkpoint  []byte
	Consistency []Hash // from the pack's checkpoint to this one
}

// Pack is an evidence pack. A maker fills Info (except Format), Enrolment, Entries,
// Attestation, Closed, Checkpoint and Earlier and calls [Pack.Write]; a reader gets it from
// [ReadPack] and calls [Verify].
type Pack struct {
	Info        Info
	Enrolment   *Entry // pins the record key; there if the pack has one
	Entries     []Entry
	Attestation *Entry   // an auditor's word that he scanned the log; may be nil
	Closed      []Closed // the logs that this one continues, oldest first
	Checkpoint  []byte   // the signed note all entries are proven under
	Earlier     []Earlier
	Page        []byte // written by [Pack.Write]
	Manifest    []Member
	Sealed      *Sealed
}

// Write checks the pack, has its manifest recorded by seal, checks that record and
// writes the zip. Nothing is sealed or written if the pack would not verify. seal
// gets the SHA-256 of manifest.json and must answer with the entry that holds it.
func (p *Pack) Write(w io.Writer, seal func(manifest Hash) (*Sealed, error)) error {
	return p.write(w, seal, MaxPackSize)
}

func (p *Pack) write(w io.Writer, seal func(manifest Hash) (*Sealed, error), limit int) error {
	p.Info.Format = packFormat
	head, err := p.checkBody()
	if err != nil {
		return err
	}
	p.Page = p.page(head)
	body := p.body()
	p.Manifest = listMembers(body)
	manifest := p.manifest()
	if p.Sealed, err = seal(sha256.Sum256(manifest)); err != nil {
		return fmt.Errorf("record the pack: %w", err)
	}
	if _, err = p.checkSeal(head, body); err != nil {
		return err
	}
	file := encodeZip(append(body, member{manifestMember, manifest}, member{sealMember, p.Sealed.encode()}))
	if len(file) > limit {
		return fail("pack", "too-large")
	}
	_, err = w.Write(file)
	return err
}

// ReadPack reads a pack and refuses a file that [Pack.Write] would not have
// written, byte for byte. It proves nothing: call [Verify].
func ReadPack(r io.ReaderAt, size int64) (*Pack, error) {
	if size < 0 || size > MaxPackSize {
		return nil, fail("pack", "too-large")
	}
	file := make([]byte, size)
	if n, err := r.ReadAt(file, 0); int64(n) != size {
		return nil, fmt.Errorf("%w (%w)", fail("pack", "unreadable"), err)
	}
	members, err := decodeZip(file)
	if err != nil {
		return nil, err
	}
	return parsePack(members)
}
