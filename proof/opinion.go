package proof

import (
	"bytes"
	"errors"
)

// Opinion is everything there is to say of a file that is handed in as a pack. The
// command line and the verifier page say it from here, so that they cannot differ.
type Opinion struct {
	Verified   bool // whole, and of a log that the policy lists, witnessed as it asks
	Consistent bool // agrees with itself
	Verdict    Sentence
	Sentences  []Sentence // what was checked and what was not, or what is wrong
	Report     Report     // of a pack without Failure
	Failure    *Failure   // what is wrong; nil: nothing
}

var (
	verdictVerified  = Sentence{"核验通过。", "Verified."}
	verdictFailed    = Sentence{"核验未通过：", "Not verified:"}
	verdictUnchecked = Sentence{"只核对了内部；没有给出策略。", "Only compared with itself; no policy was given."}
)

// Judge reads and verifies a pack. policy is the text of a policy, or nil; kept are
// checkpoints the reader has.
func Judge(pack, policy []byte, kept ...[]byte) Opinion {
	o, err := judge(pack, policy, kept)
	switch {
	case err != nil:
		if !errors.As(err, &o.Failure) {
			o.Failure = &Failure{Where: "pack", Why: "unreadable"}
		}
		o.Verdict, o.Sentences = verdictFailed, []Sentence{o.Failure.Sentence()}
	case o.Report.LogChecked:
		o.Verified, o.Verdict, o.Sentences = true, verdictVerified, o.Report.Sentences()
	default:
		o.Verdict, o.Sentences = verdictUnchecked, o.Report.Sentences()
	}
	return o
}

func judge(pack, policyText []byte, kept [][]byte) (o Opinion, err error) {
	var policy *Policy
	if policyText != nil {
		if policy, err = ParsePolicy(policyText); err != nil {
			return o, err
		}
	}
	p, err := ReadPack(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		return o, err
	}
	if o.Report, err = Verify(p, policy, kept...); err != nil {
		// It may still agree with itself: the policy or a kept checkpoint is then
		// what does not fit.
		_, alone := Verify(p, nil)
		o.Consistent = alone == nil
		return o, err
	}
	o.Consistent = true
	return o, nil
}
