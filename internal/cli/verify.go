package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/goldbell/goldbell/proof"
)

// verified is what `proof verify --json` prints.
type verified struct {
	Verified   bool      `json:"verified"`    // the pack is whole, and a policy lists its log
	Consistent bool      `json:"consistent"`  // the pack agrees with itself
	LogChecked bool      `json:"log_checked"` // whose log it is was checked
	Kind       string    `json:"kind,omitempty"`
	Origin     string    `json:"origin,omitempty"`
	Size       uint64    `json:"size,omitempty"`
	Entries    int       `json:"entries"`
	ByIndex    int       `json:"by_index"`
	Sealed     uint64    `json:"sealed,omitempty"` // the entry that records the pack
	Witnesses  []string  `json:"witnesses"`
	Kept       []uint64  `json:"kept"` // sizes of the reader's checkpoints, which the log continues
	RootKey    string    `json:"root_key,omitempty"`
	Sentences  []sayings `json:"sentences"`
	Failure    *failure  `json:"failure,omitempty"`
}

type sayings struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

func proofCommand(f *flags) action {
	policy := f.String("policy", "")
	kept := f.String("checkpoint", "")
	return func(_ context.Context, c *call) error {
		o, err := judgeFiles(c.args[0], *policy, *kept)
		if err != nil {
			return err
		}
		v := tell(o)
		if err := c.answer(v, func(w io.Writer) { c.sayPack(w, o) }); err != nil {
			return err
		}
		if !v.Verified {
			return said(exitFailed)
		}
		return nil
	}
}

// judgeFiles reads a pack, the policy that says whose log is trusted, and the
// checkpoints that were kept.
func judgeFiles(packFile, policyFile, keptFiles string) (proof.Opinion, error) {
	var policy []byte
	var kept [][]byte
	var err error
	if policyFile != "" {
		if policy, err = readInput(policyFile, maxNote, "policy-unreadable"); err != nil {
			return proof.Opinion{}, err
		}
	}
	if keptFiles != "" {
		for name := range strings.SplitSeq(keptFiles, ",") {
			b, err := readInput(name, maxNote, "checkpoint-unreadable")
			if err != nil {
				return proof.Opinion{}, err
			}
			kept = append(kept, b)
		}
	}
	pack, err := readInput(packFile, proof.MaxPackSize, "file-unreadable")
	if err != nil {
		return proof.Opinion{}, err
	}
	return proof.Judge(pack, policy, kept...), nil
}

// maxNote bounds what is read besides the pack, in bytes.
const maxNote = 1 << 20

// readInput reads a file of at most limit bytes, and one more of a longer file, so
// that whoever judges it sees that it is too long.
func readInput(name string, limit int64, unreadable string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, fail(exitUsage, unreadable)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fail(exitUsage, unreadable)
	}
	defer func() { _ = file.Close() }()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fail(exitUsage, unreadable)
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}

// tell puts an opinion into the form that programs read.
func tell(o proof.Opinion) verified {
	v := verified{Verified: o.Verified, Consistent: o.Consistent, Witnesses: []string{}, Kept: []uint64{}, Sentences: []sayings{}}
	for _, s := range o.Sentences {
		v.Sentences = append(v.Sentences, sayings(s))
	}
	if o.Failure != nil {
		v.Failure = explain(o.Failure)
		return v
	}
	r := o.Report
	v.LogChecked, v.Kind, v.Origin, v.Size, v.Sealed, v.RootKey = r.LogChecked, r.Info.Kind, r.Info.Origin, r.Size, r.Sealed.Index, r.Info.RootKey
	v.Entries, v.ByIndex, v.Kept = len(r.Entries), r.ByIndex, append(v.Kept, r.Kept...)
	for _, w := range r.Witnesses {
		v.Witnesses = append(v.Witnesses, w.Name)
	}
	return v
}

// sayPack says what is proven, one sentence a line, the verdict first.
func (c *call) sayPack(w io.Writer, o proof.Opinion) {
	c.line(w, o.Verdict.Zh, o.Verdict.En)
	for _, s := range o.Sentences {
		c.line(w, s.Zh, s.En)
	}
}
