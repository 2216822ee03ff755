package proof

import (
	"fmt"
	"strings"
)

// MaxClosed is how many closed logs a pack may follow.
const MaxClosed = 100

// Fields of a restore's entry.
const (
	OriginField  = "origin"        // the log that the entry, and what follows, belongs to
	LogKeyField  = "log-key"       // and its vkey
	HeirField    = "heir"          // the old key's last word; "": no other log was opened
	MissingField = "missing-until" // the first index after those that were seen and are lost
)

// Closed is a log that was closed by a restore: the entry that opened the one after
// it, and the word of its key that this one goes on. Its first Index entries are
// those of the pack's log.
type Closed struct {
	Log         string // the vkey
	Index       uint64
	Leaf        []byte
	Inclusion   []Hash // under the pack's checkpoint
	Fields      []Opened
	Consistency []Hash // from the tree of the first Index entries to the pack's checkpoint
}

// HeirText is what the key of a log that is closed signs as its last: that the log is
// over after size entries with this root, and the vkey of the one that goes on.
func HeirText(origin string, size uint64, root Hash, heir string) string {
	return fmt.Sprintf("goldbell heir v1\n%s\n%d\n%s\n%s\n", origin, size, b64.EncodeToString(root[:]), heir)
}

// parseHeir reads a signed heir text. It verifies nothing.
func parseHeir(signed string) (before Checkpoint, heir string, err error) {
	bad := fail("", "heir")
	text, sigs, ok := strings.Cut(signed, "\n\n")
	lines := strings.Split(text, "\n")
	if !ok || len(lines) != 5 || !strings.HasSuffix(sigs, "\n") {
		return before, "", bad
	}
	size, err1 := parseNumber(lines[2])
	root, err2 := b64.DecodeString(lines[3])
	signatures, err3 := parseSignatures(strings.TrimSuffix(sigs, "\n"))
	if err1 != nil || err2 != nil || err3 != nil || len(root) != HashSize {
		return before, "", bad
	}
	before = Checkpoint{Origin: lines[1], Size: size, Root: Hash(root), Text: text + "\n", Signatures: signatures}
	if before.Text != HeirText(before.Origin, size, before.Root, lines[4]) {
		return before, "", bad
	}
	return before, lines[4], nil
}

// checkClosed verifies that each closed log named the next as its heir, and that the
// pack's checkpoint continues what it held then.
func (p *Pack) checkClosed(head Checkpoint) error {
	if len(p.Closed) > MaxClosed {
		return fail("pack", "too-large")
	}
	seen := map[string]bool{p.Info.Log: true}
	for i := range p.Closed {
		c, heir := &p.Closed[i], p.Info.Log
		if i+1 < len(p.Closed) {
			heir = p.Closed[i+1].Log
		}
		err := c.check(head, heir)
		if err == nil && (seen[c.Log] || i > 0 && c.Index <= p.Closed[i-1].Index) {
			err = fail("", "closed-order")
		}
		if err != nil {
			return at(closedMember(i), err)
		}
		seen[c.Log] = true
	}
	return nil
}

func (c *Closed) check(head Checkpoint, heir string) error {
	key, err := ParseLogKey(c.Log)
	if err != nil {
		return err
	}
	leaf, err := (&Entry{Index: c.Index, Leaf: c.Leaf, Inclusion: c.Inclusion, Fields: c.Fields}).check(head)
	if err != nil {
		return err
	}
	next, err := ParseLogKey(heir)
	if err != nil {
		return err
	}
	signed, _ := openedOnce(c.Fields, HeirField)
	origin, _ := openedOnce(c.Fields, OriginField)
	vkey, _ := openedOnce(c.Fields, LogKeyField)
	if leaf.Kind != KindRestore || origin != next.Name || vkey != heir {
		return fail("", "entry-kind")
	}
	if until, err := parseNumber(c.field(MissingField)); err != nil || until < c.Index {
		return fail("", "entry-kind")
	}
	before, named, err := parseHeir(signed)
	if err != nil {
		return err
	}
	if named != heir || before.Size != c.Index || before.Signed(key) != nil || before.onlyBy([]Key{key}) != nil ||
		CheckConsistency(before, head, c.Consistency) != nil {
		return fail("", "heir")
	}
	return nil
}

func (c *Closed) field(name string) string {
	v, _ := openedOnce(c.Fields, name)
	return v
}

// signer is the key of the log that signs heads of this size: the pack's, or a
// closed one.
func (p *Pack) signer(size uint64) (Key, error) {
	for i := range p.Closed {
		if size <= p.Closed[i].Index {
			return ParseLogKey(p.Closed[i].Log)
		}
	}
	return ParseLogKey(p.Info.Log)
}

// logs are the vkeys of the pack's log and of those closed before it.
func (p *Pack) logs() []string {
	out := []string{p.Info.Log}
	for i := range p.Closed {
		out = append(out, p.Closed[i].Log)
	}
	return out
}

type closedText struct {
	Consistency hashList `json:"consistency"`
	Fields      []Opened `json:"fields"`
	Leaf        []byte   `json:"leaf"`
	Log         string   `json:"log"`
}

func (c *Closed) encode(checkpoint []byte) []byte {
	x := closedText{c.Consistency, append([]Opened{}, c.Fields...), c.Leaf, c.Log}
	return TlogProof{canonicalJSON(x), c.Index, c.Inclusion, checkpoint}.Format()
}

func (c *Closed) parse(text, checkpoint []byte) error {
	var x closedText
	t, err := parseMember(text, checkpoint, &x)
	if err != nil {
		return err
	}
	if x.Fields == nil {
		return fail("proof", "json")
	}
	*c = Closed{x.Log, t.Index, x.Leaf, t.Inclusion, x.Fields, x.Consistency}
	return nil
}

// ClosedLog is a log that the pack's log continues, for the report.
type ClosedLog struct {
	Origin  string
	Size    uint64 // how many of its entries are those of the pack's log
	Missing uint64 // how many more were seen of it and are lost, by the restore's entry
	Heir    string // the origin of the log that goes on
	log     string
}

func (p *Pack) closedLogs() []ClosedLog {
	var out []ClosedLog
	for i := range p.Closed {
		c := &p.Closed[i]
		key, _ := ParseLogKey(c.Log)
		until, _ := parseNumber(c.field(MissingField))
		out = append(out, ClosedLog{key.Name, c.Index, until - c.Index, c.field(OriginField), c.Log})
	}
	return out
}

// continued says which logs were closed before this one.
func (r Report) continued() []Sentence {
	var s []Sentence
	for _, c := range r.Closed {
		line := both("日志 %s 在 %d 个条目之后关闭，其密钥指定由 %s 接续；此前的条目在两个日志中相同。",
			"The log %s was closed after %d entries, and its key named %s as the log that goes on; the entries before that are the same in both.",
			c.Origin, c.Size, c.Heir)
		if c.Missing > 0 {
			more := both("据恢复记录，其后另有 %d 个条目曾被见到而已丢失；在其丢失前制作的证据包仍是证据。",
				" By the record of the restore %d more entries of it had been seen and are lost; a pack made of one of them before is evidence still.", c.Missing)
			line = Sentence{line.Zh + more.Zh, line.En + more.En}
		}
		s = append(s, line)
	}
	return s
}
