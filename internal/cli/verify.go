package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/goldbell/goldbell/proof"
)

// verified is what `proof verify --json` prints.
type verified struct {
	Verified   bool      `json:"verified"`    // the pack is whole, and a policy lists its log
	Consistent bool      `json:"consistent"`  // the pack agrees with itself
	LogChecked bool      `json:"log_checked"` // whose log it is was checked
	Origin     string    `json:"origin,omitempty"`
	Size       uint64    `json:"size,omitempty"`
	Entries    int       `json:"entries"`
	ByIndex    int       `json:"by_index"`
	Sealed     uint64    `json:"sealed,omitempty"` // the entry that records the pack
	Witnesses  []string  `json:"witnesses"`
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
	return func(_ context.Context, c *call) error {
		v, err := verifyPack(c.args[0], *policy)
		var broken *proof.Failure
		if err != nil && !errors.As(err, &broken) {
			return err
		}
		if broken != nil {
			v.Failure = explain(err)
			v.Sentences = append(v.Sentences, sayings{v.Failure.Zh, v.Failure.En})
		}
		if err := c.answer(v, func(w io.Writer) { c.sayPack(w, v) }); err != nil {
			return err
		}
		if !v.Verified {
			return said(exitFailed)
		}
		return nil
	}
}

// verifyPack reads a pack and the policy that says whose log is trusted.
func verifyPack(packFile, policyFile string) (verified, error) {
	v := verified{Witnesses: []string{}, Sentences: []sayings{}}
	var policy *proof.Policy
	if policyFile != "" {
		text, err := os.ReadFile(policyFile)
		if err != nil {
			return v, fail(exitUsage, "policy-unreadable")
		}
		if policy, err = proof.ParsePolicy(text); err != nil {
			return v, err
		}
	}
	file, err := os.Open(packFile)
	if err != nil {
		return v, fail(exitUsage, "file-unreadable")
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return v, fail(exitUsage, "file-unreadable")
	}
	pack, err := proof.ReadPack(file, info.Size())
	if err != nil {
		return v, err
	}
	report, err := proof.Verify(pack, policy)
	if err != nil {
		// It may still agree with itself: the policy is then what does not fit.
		_, alone := proof.Verify(pack, nil)
		v.Consistent = alone == nil
		return v, err
	}
	v.fill(report)
	return v, nil
}

func (v *verified) fill(r proof.Report) {
	v.Consistent, v.LogChecked, v.Verified = true, r.LogChecked, r.LogChecked
	v.Origin, v.Size, v.Sealed, v.RootKey = r.Info.Origin, r.Size, r.Sealed.Index, r.Info.RootKey
	v.Entries, v.ByIndex = len(r.Entries), r.ByIndex
	for _, w := range r.Witnesses {
		v.Witnesses = append(v.Witnesses, w.Name)
	}
	for _, s := range r.Sentences() {
		v.Sentences = append(v.Sentences, sayings(s))
	}
}

// sayPack says what is proven, one sentence a line, the verdict first.
func (c *call) sayPack(w io.Writer, v verified) {
	switch {
	case v.Verified:
		c.say(w, "pack-verified")
	case v.Failure != nil:
		c.say(w, "pack-failed")
	default:
		c.say(w, "pack-unchecked")
	}
	for _, s := range v.Sentences {
		c.line(w, s.Zh, s.En)
	}
}
