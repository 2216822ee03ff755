package proof

import (
	"fmt"
	"strings"
	"time"
)

func both(zh, en string, args ...any) Sentence {
	return Sentence{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

// Sentences say what was checked and what was not, for people.
func (r Report) Sentences() []Sentence {
	s := append([]Sentence{r.consistent(), r.trust(), r.witness()}, r.continued()...)
	for _, n := range r.Kept {
		s = append(s, both("本日志延续了您留存的大小为 %d 的检查点。", "The log continues the checkpoint of size %d that you kept.", n))
	}
	s = append(s, r.shows()...)
	return append(s, r.showsNot()...)
}

// Unchecked is the sentence for a pack that was verified without a policy.
var Unchecked = Sentence{
	"内部一致；未核对这是谁的日志。",
	"Consistent with itself; whose log this is was not checked.",
}

func (r Report) consistent() Sentence {
	return both("证据包内部一致：%d 个条目都在日志 %s 大小为 %d 的检查点之下，公开的内容与条目相符。",
		"The pack is consistent with itself: its %d entries are in the log %s under the checkpoint of size %d, and what is opened matches them.",
		len(r.Entries), r.Info.Origin, r.Size)
}

func (r Report) trust() Sentence {
	if !r.LogChecked {
		return Unchecked
	}
	if r.Listed != r.Info.Origin {
		return both("策略列有日志 %s；检查点由接续它的日志 %s 签名。不能说明其密钥没有另外指定过别的日志。",
			"The policy lists the log %s; the checkpoint is signed by the log %s that continues it. It is not shown that its key named no other.", r.Listed, r.Info.Origin)
	}
	return Sentence{
		"检查点由策略所列的日志签名。",
		"The checkpoint is signed by a log that the policy lists.",
	}
}

// noWitness is said where nobody outside has signed.
var noWitness = Sentence{
	"没有外部见证：无法排除经营者向不同的人出示不同的日志。",
	"No outside witness: it cannot be ruled out that the operator shows different logs to different people.",
}

func (r Report) witness() Sentence {
	if len(r.Witnesses) == 0 {
		return noWitness
	}
	var s Sentence
	outside, others := parted(r.Witnesses)
	if len(outside) > 0 {
		zh, en := names(outside)
		s = Sentence{"您的策略所列、已签名的外部见证：" + zh + "。" + r.delay().Zh, "Outside witnesses of your policy that signed: " + en + "." + spaced(r.delay().En)}
	}
	if len(others) > 0 {
		zh, en := names(others)
		s.Zh += "您的策略所列、已签名的其他见证：" + zh + "。"
		s.En += spacedAfter(s.En) + "Other witnesses of your policy that signed: " + en + "."
	}
	if len(outside) == 0 {
		s.Zh += r.delay().Zh + "策略没有写明它们由另一组织运行；若由经营者自己运行，就没有外部见证。"
		s.En += spaced(r.delay().En) + " The policy does not say that another organisation runs them; if the operator does, there is no outside witness."
	}
	if !r.SealWitnessed {
		s.Zh += "制作本包的记录尚未得到足够的见证。"
		s.En += " The record of this pack itself has not been witnessed enough yet."
	}
	return s
}

func names(of []Witnessed) (zh, en string) {
	list := make([]string, len(of))
	for i, w := range of {
		run := ""
		if w.Outside != "" {
			run = w.Outside + ", "
		}
		list[i] = w.Name + " (" + run + w.Time.Format(time.RFC3339) + ")"
	}
	return strings.Join(list, "、"), strings.Join(list, ", ")
}

func spacedAfter(s string) string {
	if s == "" {
		return ""
	}
	return " "
}

// delay says how long after the entries the first signature came: of an outside witness,
// if anybody says who is.
func (r Report) delay() Sentence {
	if len(r.Entries) == 0 || r.Oldest.Signed.IsZero() {
		return Sentence{}
	}
	oldest := after(r.Oldest)
	if len(r.Entries) == 1 {
		return Sentence{"对该条目的首个见证签名" + oldest.Zh + "。", "The first signature of a witness over the entry came " + oldest.En + "."}
	}
	s := Sentence{"对最早条目的首个见证签名" + oldest.Zh + "；", "The first signature of a witness over the oldest entry came " + oldest.En}
	if r.Newest.Signed.IsZero() {
		return Sentence{s.Zh + "最新条目尚无此签名。", s.En + "; the newest has none yet."}
	}
	newest := after(r.Newest)
	return Sentence{s.Zh + "对最新条目的" + newest.Zh + "。", s.En + ", over the newest " + newest.En + "."}
}

func after(s Seen) Sentence {
	d := s.Signed.Sub(s.At.Truncate(time.Second))
	if d < 0 {
		return Sentence{"时间早于条目（两台时钟不一致）", "at a time before it (the two clocks differ)"}
	}
	return Sentence{"在其后 " + lasting(d, zhUnits), lasting(d, enUnits) + " after it"}
}

var zhUnits, enUnits = [4]string{" 天", " 小时", " 分", " 秒"}, [4]string{" d", " h", " min", " s"}

// lasting writes a duration with its two largest units.
func lasting(d time.Duration, units [4]string) string {
	left, parts := int64(d/time.Second), []string{}
	for i, size := range [4]int64{86400, 3600, 60, 1} {
		n := left / size
		left %= size
		if n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d%s", n, units[i]))
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "0" + units[3]
	}
	return strings.Join(parts, " ")
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// shows says what the entries of this kind of pack show. Each sentence is of what
// Verify has checked.
func (r Report) shows() []Sentence {
	var s []Sentence
	switch r.Info.Kind {
	case KindSubject:
		s = append(s, both("其中 %d 个条目涉及此人，数目与经营者的索引一致。",
			"%d of them are about this person, as many as the operator's index gives for the window.", r.ByIndex))
	case KindOfOne:
		s = append(s, r.ofOne()...)
	case KindOfRecipient:
		s = append(s, both("%d 个条目都写明接收方为 %s，数目与经营者的索引一致。",
			"All %d entries name the recipient %s, as many as the operator's index gives for the window.", r.ByIndex, plain(r.Info.Recipient.ID)))
	case KindOfCase:
		s = append(s, r.ofCase()...)
	}
	if r.Attested != nil {
		s = append(s, both("审计员 %s 于 %s 在条目 %d 中声明：已逐条扫描最初的 %d 个条目，与索引相符。",
			"Auditor %s attests, at %s in entry %d, a scan of the first %d entries against the index.",
			plain(r.Attested.Who), clock(r.Attested.At), r.Attested.Index, r.Attested.Scanned))
	}
	return append(s, Sentence{
		"自该检查点起，已记入的内容若被改动、删除或调换，持有本包的人都能发现。",
		"From this checkpoint on, whoever holds this pack can notice if what was entered is altered, removed or reordered.",
	})
}

func (r Report) ofOne() []Sentence {
	f := r.Entries[0]
	s := []Sentence{both("条目 %d 是对请求 %s 的答复。", "Entry %d is the answer to request %s.", f.Index, f.Request)}
	switch {
	case r.Info.RecordKey != nil && f.Line == nil:
		return append(s, Sentence{"此人不在该条目之中。", "The person is not in the entry."})
	case r.Info.RecordKey != nil:
		return append(s, result(f.Line.Shown))
	case r.Info.Subject != nil:
		return append(s, result(f.Shown > 0))
	case f.Opened:
		return append(s, both("该条目涉及的 %d 人全部公开（只有标签，不指明是谁）：提供 %d，未提供 %d。",
			"All %d persons the entry is about are opened, by tags that name nobody: given %d, not given %d.", f.Subjects, f.Shown, f.Refused))
	}
	return s
}

func result(shown bool) Sentence {
	if shown {
		return Sentence{"对此人的结果：提供。", "The result for the person: given."}
	}
	return Sentence{"对此人的结果：未提供。", "The result for the person: not given."}
}

func (r Report) ofCase() []Sentence {
	steps, traces, heard, hers, rest := 0, 0, 0, 0, 0
	for _, f := range r.Entries {
		switch {
		case f.Kind == KindTrace:
			traces++
		case f.Kind == KindHearing:
			heard++
		case f.Field("case") == r.Info.Case.String():
			steps++
		case f.Line != nil:
			hers++
		default:
			rest++
		}
	}
	s := []Sentence{both("投诉 %s：办理步骤 %d 个；以其为依据之一的溯源 %d 次；涉及所述本人的条目 %d 个。数目与经营者的索引一致。",
		"Complaint %s: %d steps, %d traces that rested on it among others, %d entries about the person it names, as many as the operator's index gives.",
		r.Info.Case, steps, traces, hers)}
	if rest > 0 {
		s = append(s, both("另有 %d 个条目是溯源所依据的提供及其工作来源，不显示涉及何人；给名单上的人员看过溯源或其作答 %d 次。",
			"%d further entries are the disclosures that a trace rested on and how the work was given; they show nobody. The traces were shown to persons they name, or answered by them, %d times.", rest, heard))
	}
	return s
}

// showsNot says what no check of this pack can show.
func (r Report) showsNot() []Sentence {
	var s []Sentence
	switch {
	case r.Info.Kind == KindOfOne && r.Info.Subject != nil && r.Info.RecordKey == nil:
		s = append(s, Sentence{
			"不能说明该标签就是此人的：这是制作者的说法，持有其记录密钥的人可以核对。",
			"It does not show that the tag is this person's: that is the maker's word; whoever holds her record key can check it.",
		})
	case r.Info.Kind == KindOfRecipient:
		s = append(s, Sentence{
			"不能说明索引完整：条目对外不写明接收方，只有持有记录密钥的审计员抽查或全部核验才能发现遗漏。",
			"It does not show that the index is complete: outsiders cannot read the recipient from an entry; an auditor's sample, or a full verification with the record keys, finds what is missing.",
		})
	case r.Info.RecordKey != nil && r.Info.Kind != KindOfOne:
		s = append(s, Sentence{
			"不能说明索引完整。扫描核对：取日志全部条目的副本，用记录密钥对每个条目的请求编号计算标签并比对（n 大于 1 的条目须索取稀疏树证明）。",
			"It does not show that the index is complete. To check by a scan: take a copy of all entries of the log, compute the tag of each entry's request with the record key and compare (for entries with n above 1 ask for a sparse proof).",
		})
	}
	if r.Info.Kind == KindOfCase && r.Info.RecordKey != nil {
		s = append(s, Sentence{
			"涉及此人的条目并未全部收录：制作者只取投诉提交之前的查询与提供，之后的及其他事项见关于此人的证据包。",
			"It does not hold all entries about the person: its maker takes what was asked before the complaint was filed; what came later, and other matters, are in a pack about her.",
		})
	}
	if r.Info.Forgotten > 0 {
		s = append(s, both("索引还列有 %d 个条目，其内容已按期销毁，本包不含。",
			"The index lists %d more entries, whose content was destroyed on schedule; they are not in the pack.", r.Info.Forgotten))
	}
	if r.Attested == nil && r.Info.Kind != KindOfOne {
		s = append(s, Sentence{"本包没有审计员的扫描声明。", "No auditor attests a scan in this pack."})
	}
	for _, f := range r.Entries {
		if !f.Opened {
			s = append(s, Sentence{
				"涉及多人的条目所述总人数，须公开全部内容才能核对。",
				"The number of persons an entry gives can be checked only by opening all of it.",
			})
			break
		}
	}
	s = append(s, Sentence{
		"条目的时间出自日志自身的时钟，只有外部见证给出外部时间。",
		"The times of entries are the ledger's own; outside time comes from witnesses only.",
	}, Sentence{
		"不能说明不存在未经记录的途径。",
		"It cannot show that no way around the record existed.",
	})
	return append(s, rootKey[r.Info.RootKey])
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
