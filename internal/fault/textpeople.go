package fault

import "maps"

func init() { maps.Copy(sentences, people) }

// people are the sentences about lists of people and their consents.
var people = map[string]Sentence{
	"office-by-file":         {"负责人、管理员和服务账号不能由文件登记或变更。", "Officers, administrators and services are not made or changed by a file."},
	"second-officer":         {"这会让该人员得到更多（例如延长合同），文件不能直接做到；已列出，等待第二位负责人批准。", "This would give the person more (a longer contract, for instance), which a file cannot do by itself; it is listed for a second officer to decide."},
	"no-such-org":            {"没有这个编号或名称的单位，或有多个同名。", "There is no organisation of this id or title, or more than one of this title."},
	"round-open":             {"已有一次权限复核在进行中。", "A recertification is open already."},
	"round-over":             {"这次权限复核已经结束。", "This recertification is over."},
	"not-asked":              {"这次权限复核不涉及该人员。", "This recertification does not ask about the person."},
	"recertification-failed": {"权限复核的到期处理未能完成，将再次尝试。", "What was due of a recertification could not be done; it is tried again."},
	"consent-future":         {"同意时间在将来。", "The consent is dated in the future."},
	"consent-withdrawn":      {"本人在此之后已撤回同意；较早的同意不会使其恢复。", "The person took her consent back after that; an older row does not revive it."},
	"row-twice":              {"与前面某行是同一对象。", "An earlier row is about the same."},
}
