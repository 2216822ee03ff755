package proof

import (
	"fmt"
	"strings"
	"time"
)

// Fact is what the log says in one entry, as far as the pack opens it.
type Fact struct {
	Index    uint64
	Time     time.Time // as the ledger wrote it
	Kind     Kind
	Request  ID
	Subjects uint32 // how many persons the entry is about
	Line     *Line  // what it says of the person; nil: she is not in it
	Fields   []Field
	Hidden   int // fields committed to and not opened
}

// Witnessed says that a witness of the policy signed a checkpoint, and when.
type Witnessed struct {
	Name string // in the policy
	Time time.Time
}

// Report is what a pack that verifies shows.
type Report struct {
	Info     Info
	Size     uint64 // of the checkpoint the entries are proven under
	Enrolled Fact
	Entries  []Fact
	Sealed   Fact // the making of the pack
	SealedAt uint64
	ByIndex  int // entries about the person, as many as the operator's index gives

	// LogChecked says that a policy was given, that it lists the log, and that its
	// quorum is met. Without it nobody has said whose log this is.
	LogChecked bool
	// Witnesses of the policy that signed a checkpoint which covers the entries.
	Witnesses []Witnessed
	// SealWitnessed says that the quorum also covers the entry that records the
	// pack itself.
	SealWitnessed bool
}

func (p *Pack) report(head, later Checkpoint) Report {
	r := Report{Info: p.Info, Size: head.Size, SealedAt: later.Size, ByIndex: p.present()}
	r.Enrolled = fact(&p.Enrolment)
	for i := range p.Entries {
		r.Entries = append(r.Entries, fact(&p.Entries[i]))
	}
	r.Sealed = fact(&Entry{Index: p.Sealed.Index, Leaf: p.Sealed.Leaf, Fields: p.Sealed.Fields})
	return r
}

// fact reads an entry that was checked.
func fact(e *Entry) Fact {
	leaf, _ := DecodeLeaf(e.Leaf)
	f := Fact{
		Index: e.Index, Time: micros(leaf.Micros), Kind: leaf.Kind, Request: leaf.Request,
		Subjects: leaf.Subjects, Line: e.Line, Hidden: len(leaf.Commitments) - len(e.Fields),
	}
	for _, o := range e.Fields {
		f.Fields = append(f.Fields, Field{o.Name, o.Value})
	}
	return f
}

// apply asks the policy about the log and its witnesses. A witness that signed
// the later checkpoint has seen the earlier one too: it is a prefix.
func (r *Report) apply(policy *Policy, log string, head, later Checkpoint) error {
	if err := policy.trusts(log); err != nil {
		return err
	}
	entries, seal := map[string]bool{}, map[string]bool{}
	for _, w := range policy.Witnesses {
		first, onHead, err := head.Cosigned(w.Key)
		if err != nil {
			return at(headMember, err)
		}
		second, onSeal, err := later.Cosigned(w.Key)
		if err != nil {
			return at(sealMember, err)
		}
		if !onHead {
			first = second
		}
		if onHead || onSeal {
			r.Witnesses = append(r.Witnesses, Witnessed{w.Name, first})
			entries[w.Name], seal[w.Name] = true, onSeal
		}
	}
	if !policy.Met(entries) {
		return fail(headMember, "policy-unmet")
	}
	r.LogChecked, r.SealWitnessed = true, len(r.Witnesses) > 0 && policy.Met(seal)
	return nil
}

// Sentences say what was checked and what was not, for people.
func (r Report) Sentences() []Sentence {
	s := []Sentence{
		{
			fmt.Sprintf("证据包内部一致：%d 个条目都在日志 %s 大小为 %d 的检查点之下，公开的内容与条目相符。", len(r.Entries), r.Info.Origin, r.Size),
			fmt.Sprintf("The pack is consistent with itself: its %d entries are in the log %s under the checkpoint of size %d, and what is opened matches them.", len(r.Entries), r.Info.Origin, r.Size),
		},
		r.trust(),
		r.witness(),
		{
			fmt.Sprintf("其中 %d 个条目涉及此人，数目与经营者的索引一致；索引本身是否完整，本包不能说明，可用记录密钥扫描整个日志核对。", r.ByIndex),
			fmt.Sprintf("%d of them are about this person, as many as the operator's index gives for the window; the pack does not show that the index is complete, which a scan of the whole log with the record key can.", r.ByIndex),
		},
		{
			"涉及多人的条目所述总人数，须公开全部内容才能核对。",
			"The number of persons an entry gives can be checked only by opening all of it.",
		},
		{
			"自该检查点起，已记入的内容若被改动、删除或调换，持有本包的人都能发现；不能说明不存在未经记录的途径。",
			"From this checkpoint on, whoever holds this pack can notice if what was entered is altered, removed or reordered; the pack cannot show that no way around the record existed.",
		},
	}
	return append(s, rootKey[r.Info.RootKey])
}

// Unchecked is the sentence for a pack that was verified without a policy.
var Unchecked = Sentence{
	"内部一致；未核对这是谁的日志。",
	"Consistent with itself; whose log this is was not checked.",
}

func (r Report) trust() Sentence {
	if !r.LogChecked {
		return Unchecked
	}
	return Sentence{
		"检查点由策略所列的日志签名。",
		"The checkpoint is signed by a log that the policy lists.",
	}
}

func (r Report) witness() Sentence {
	if len(r.Witnesses) == 0 {
		return Sentence{
			"没有外部见证：无法排除经营者向不同的人出示不同的日志。",
			"No outside witness: it cannot be ruled out that the operator shows different logs to different people.",
		}
	}
	names := make([]string, len(r.Witnesses))
	for i, w := range r.Witnesses {
		names[i] = w.Name + " (" + w.Time.Format(time.RFC3339) + ")"
	}
	s := Sentence{"外部见证：" + strings.Join(names, "、") + "。", "Outside witnesses: " + strings.Join(names, ", ") + "."}
	if !r.SealWitnessed {
		s.Zh += "制作本包的记录尚未得到足够的外部见证。"
		s.En += " The record of this pack itself has not been witnessed enough yet."
	}
	return s
}

var rootKey = map[string]Sentence{
	RootKeyFile: {
		"经营者称根密钥是同一台机器上的文件：拥有该机器最高权限的人可以绕过记录读取数据。",
		"The operator says the root key is a file on the machine: whoever has root there can read data around the record.",
	},
	RootKeyKMS: {
		"经营者称根密钥保管在密钥管理系统或硬件中。",
		"The operator says the root key is kept in a key management system or hardware module.",
	},
	RootKeyShared: {
		"经营者称根密钥须由三名持有人中的两名共同解封。",
		"The operator says the root key is unsealed by two of three holders.",
	},
}
