// Package proof verifies, offline, what a Goldbell ledger recorded: leaves,
// openings, sparse-tree proofs, inclusion proofs, checkpoints and evidence packs.
//
// It also owns the encodings that are hashed, so that the ledger that writes and
// the stranger who verifies run the same lines; docs/format describes them. The
// package needs only the standard library and golang.org/x/mod. It opens no
// network connection and no database, and holds no secret.
package proof

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of the encoding, in bytes.
const (
	HashSize   = 32
	leafHeader = 128
	// MaxFields is how many field commitments one leaf may carry.
	MaxFields = 48
	// LeafVersion is the only version written so far.
	LeafVersion = 1
	// TagHMAC says that tags are HMAC-SHA256 under the subject's record key.
	TagHMAC = 1
)

// Hash is a SHA-256 value.
type Hash [HashSize]byte

// Kind says what an entry records. Numbers are part of the format: never reused.
type Kind uint8

const (
	KindGenesis         Kind = 1  // the log's first entry
	KindDisclosure      Kind = 2  // values left, in some form
	KindRefusal         Kind = 3  // a request was refused
	KindRefusals        Kind = 4  // a flood of one caller's refusals, folded
	KindAuthnFailed     Kind = 5  // failed sign-ins of one source in one minute
	KindEnrolment       Kind = 6  // subjects were stored
	KindCorrection      Kind = 7  // a subject's values changed
	KindErasure         Kind = 8  // requested, approved or done
	KindHold            Kind = 9  // held, or released
	KindLookup          Kind = 10 // a value was looked up
	KindWorkItem        Kind = 11 // opened or closed
	KindConsent         Kind = 12 // given, withdrawn, opt-out
	KindParty           Kind = 13 // organisation or person added or changed
	KindCredential      Kind = 14 // access token, code or session made or ended
	KindRules           Kind = 15 // a rule set came into force
	KindCallOutcome     Kind = 16 // what became of calls; names the disclosures
	KindComplaint       Kind = 17 // a complaint was filed or changed state
	KindTrace           Kind = 18 // a trace was run
	KindPack            Kind = 19 // an evidence pack was made
	KindKeys            Kind = 20 // a key was rotated or destroyed
	KindForget          Kind = 21 // record keys destroyed
	KindImport          Kind = 22 // an import was opened or finished
	KindDisclosureRetry Kind = 23 // a delivery failed after its entry
	KindRestore         Kind = 24 // a backup was restored; see docs/format/ledger.md
	KindAttestation     Kind = 25 // an auditor's word about what he checked
	KindSample          Kind = 26 // entries were drawn at random and opened for an auditor
	KindAlert           Kind = 27 // a detector raised an alert, or it was judged
	KindException       Kind = 28 // an exception was asked for, decided, opened in an emergency or reviewed
	KindMessage         Kind = 29 // a message to an outsider was asked for, sent, failed, or its code answered
	KindIncident        Kind = 30 // a suspected incident was opened, joined, or decided
	KindQuestion        Kind = 31 // who could see a person, or what somebody saw, was asked
	KindProposal        Kind = 32 // a change of the rules was proposed, tried or taken back; approved, it is a KindRules
	KindSource          Kind = 33 // a table of the company's own database was enrolled, or taken out
	KindHearing         Kind = 34 // a run of a trace was shown to the person it names, or she answered
	KindDecoy           Kind = 35 // decoys were named, or contacts with them reported
	lastKind                 = KindDecoy
)

var kindNames = [...]string{
	KindGenesis: "genesis", KindDisclosure: "disclosure", KindRefusal: "refusal", KindRefusals: "refusals",
	KindAuthnFailed: "authn-failed", KindEnrolment: "enrolment", KindCorrection: "correction", KindErasure: "erasure",
	KindHold: "hold", KindLookup: "lookup", KindWorkItem: "work-item", KindConsent: "consent", KindParty: "party",
	KindCredential: "credential", KindRules: "rules", KindCallOutcome: "call-outcome", KindComplaint: "complaint",
	KindTrace: "trace", KindPack: "pack", KindKeys: "keys", KindForget: "forget", KindImport: "import",
	KindDisclosureRetry: "disclosure-retry", KindRestore: "restore", KindAttestation: "attestation", KindSample: "sample",
	KindAlert: "alert", KindException: "exception", KindMessage: "message", KindIncident: "incident", KindQuestion: "question",
	KindProposal: "proposal", KindSource: "source", KindHearing: "hearing",
	KindDecoy: "decoy",
}

func (k Kind) String() string {
	if k >= KindGenesis && k <= lastKind {
		return kindNames[k]
	}
	return "unknown"
}

// Leaf is what outsiders see of an entry: commitments and pseudonymous tags only.
//
// Encoding, big endian: version 1 | kind 1 | request 16 | time 8 | tag algorithm 1
// | tag 32 | subjects 4 | sparse root 32 | ordinals 32 | k 1 | k commitments of 32.
type Leaf struct {
	Kind        Kind
	Request     [16]byte
	Micros      uint64 // UTC, microseconds since 1970; never less than the entry before
	Tag         Hash   // n = 1: the subject's tag of this entry; otherwise zero
	Subjects    uint32 // n, shown and refused
	Root        Hash   // compact sparse tree over the subjects' tags; zero if n = 0
	Ordinals    Hash   // commitment to the bitmap of internal ordinals; zero if n = 0
	Commitments []Hash
}

var errLeaf = errors.New("not a ledger leaf")

// Encode writes the leaf. It panics if there are more than MaxFields commitments:
// the ledger refuses such an entry before it gets here.
func (l Leaf) Encode() []byte {
	if len(l.Commitments) > MaxFields {
		panic("proof: too many commitments")
	}
	b := make([]byte, 0, leafHeader+HashSize*len(l.Commitments))
	b = append(b, LeafVersion, byte(l.Kind))
	b = append(b, l.Request[:]...)
	b = binary.BigEndian.AppendUint64(b, l.Micros)
	b = append(b, TagHMAC)
	b = append(b, l.Tag[:]...)
	b = binary.BigEndian.AppendUint32(b, l.Subjects)
	b = append(b, l.Root[:]...)
	b = append(b, l.Ordinals[:]...)
	b = append(b, byte(len(l.Commitments)))
	for i := range l.Commitments {
		b = append(b, l.Commitments[i][:]...)
	}
	return b
}

// DecodeLeaf reads what Encode wrote and refuses everything else.
func DecodeLeaf(b []byte) (Leaf, error) {
	if len(b) < leafHeader {
		return Leaf{}, fmt.Errorf("%w: %d bytes are too few", errLeaf, len(b))
	}
	k := int(b[leafHeader-1])
	switch {
	case b[0] != LeafVersion:
		return Leaf{}, fmt.Errorf("%w: unknown version", errLeaf)
	case b[1] < byte(KindGenesis) || b[1] > byte(lastKind):
		return Leaf{}, fmt.Errorf("%w: unknown kind", errLeaf)
	case b[26] != TagHMAC:
		return Leaf{}, fmt.Errorf("%w: unknown tag algorithm", errLeaf)
	case k > MaxFields || len(b) != leafHeader+HashSize*k:
		return Leaf{}, fmt.Errorf("%w: wrong length", errLeaf)
	}
	l := Leaf{Kind: Kind(b[1]), Micros: binary.BigEndian.Uint64(b[18:]), Subjects: binary.BigEndian.Uint32(b[59:])}
	copy(l.Request[:], b[2:])
	copy(l.Tag[:], b[27:])
	copy(l.Root[:], b[63:])
	copy(l.Ordinals[:], b[95:])
	l.Commitments = make([]Hash, k)
	for i := range l.Commitments {
		copy(l.Commitments[i][:], b[leafHeader+HashSize*i:])
	}
	return l, nil
}
