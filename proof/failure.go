package proof

import "errors"

// Sentence is one message for people, in both languages.
type Sentence struct{ Zh, En string }

// Failure says in one sentence what is wrong and where: in which member of a
// pack, or on which line of a policy. It never carries a value that was read.
type Failure struct {
	Where string // a member's name, "pack" or "policy line 3"
	Why   string // the reason's id; see reasons
	// Need says, for a quorum that is not met, which witnesses of the policy were
	// asked for and which are missing, by their names in it.
	Need *Sentence
}

func fail(where, why string) error { return &Failure{Where: where, Why: why} }

// at gives an error of this package the place where it happened.
func at(where string, err error) error {
	var f *Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return &Failure{where, f.Why, f.Need}
	}
	return fail(where, "malformed")
}

// Sentence is the failure in both languages.
func (f *Failure) Sentence() Sentence {
	s, ok := reasons[f.Why]
	if !ok {
		s = reasons["malformed"]
	}
	if f.Need != nil {
		s = Sentence{s.Zh + "：" + f.Need.Zh, s.En + ": " + f.Need.En}
	}
	return Sentence{f.Where + "：" + s.Zh + "。", f.Where + ": " + s.En + "."}
}

func (f *Failure) Error() string { return f.Sentence().En }

var reasons = map[string]Sentence{
	"malformed":    {"格式不符合规定", "it is not in the form the format asks for"},
	"too-large":    {"超过允许的大小", "it is larger than allowed"},
	"unreadable":   {"无法读取", "it cannot be read"},
	"zip":          {"不是规定形式的 zip 文件（顺序、多余字节或头部不一致）", "it is not the canonical zip (order, extra bytes or differing headers)"},
	"crc":          {"内容与文件中的校验值不符", "its bytes do not match the checksum in the file"},
	"cut":          {"文件不完整：结尾缺失", "the file is not whole: its end is missing"},
	"repacked":     {"成员被压缩或由其他程序重新打包；请使用原始文件", "a member is compressed or was packed anew by another program; use the file as it was made"},
	"foreign":      {"含有不属于证据包的成员", "it holds a member that is not one of a pack's"},
	"twice":        {"同名成员出现两次", "this member is there twice"},
	"order":        {"成员的顺序不对，或多出了这个成员", "this member is out of order or should not be there"},
	"missing":      {"缺少这个成员", "this member is missing"},
	"page":         {"页面所写与证据包所示不符", "it does not say what the pack shows"},
	"earlier":      {"其检查点不早于后面的检查点，或没有证明是其前身", "its checkpoint is not shown to come before the pack's checkpoint"},
	"role":         {"条目不属于这种证据包所述的对象", "the entry is not about what the pack is about"},
	"persons":      {"所列人员与条目的稀疏树根或人数不符", "the persons listed do not match the entry's sparse root and number"},
	"persons-form": {"人员的公开方式不属于这种证据包", "it shows persons in a way that this kind of pack does not have"},
	"evidence":     {"所列投诉与溯源条目所记的不符", "the complaints listed are not those the trace entry records"},
	"outside":      {"所列外部见证不在见证之中，或顺序、名称有误", "what it says of outside witnesses is of none of its witnesses, out of order or without a name"},
	"key-twice":    {"同一密钥列出两次", "it names a key twice"},
	"kept-fork":    {"与证据包的检查点大小相同而内容不同：该日志有两个版本", "it has the size of a checkpoint in the pack and another content: the log has shown two histories"},
	"kept-newer":   {"比证据包更新；请索取更新的证据包，或在其后制作的证据包中核对", "it is newer than the pack; ask for a pack made after it"},
	"kept-lost":    {"属于已关闭的日志，且超出其被恢复的部分：其后的条目在恢复时已丢失", "it is of a log that was closed and longer than what was restored of it: the entries beyond that were lost"},
	"kept-hidden":  {"属于已关闭的日志，且超出恢复记录所称曾见到的大小：丢失或隐瞒的多于其所述", "it is of a log that was closed and longer than the restore says had been seen: more was lost or hidden than it says"},
	"heir":         {"已关闭日志的密钥没有指定由下一个日志从此处接续", "the closed log's key did not name the next log as the one that goes on from there"},
	"closed-order": {"已关闭的日志顺序有误或重复", "the closed logs are not in order, each once"},
	"kept-absent":  {"证据包没有从它出发的一致性证明；请连同它一起索取新的证据包", "the pack carries no consistency proof from it; ask for the pack to be made again with this checkpoint"},
	"json":         {"不是规定形式的 JSON", "it is not the canonical JSON of its kind"},
	"text":         {"含有不是 UTF-8 的文字", "it holds text that is not UTF-8"},
	"kind":         {"不是本程序认识的证据包种类或版本", "it is not a kind or version of pack known here"},
	"window":       {"时间范围无效", "its window of time is not valid"},
	"root-key":     {"没有说明根密钥的保管方式", "it does not say how the root key is kept"},
	"key":          {"密钥不是所需类型的验证密钥", "a key is not a verifier key of the type needed"},
	"origin":       {"检查点的来源与证据包所述的日志不符", "the checkpoint's origin is not the log the pack names"},
	"unsigned":     {"检查点没有该日志的签名", "the checkpoint is not signed by the log"},
	"signature":    {"检查点上的一个签名不成立", "a signature on the checkpoint is not valid"},
	"stranger":     {"检查点带有 pack.json 未列出的密钥的签名", "the checkpoint carries a signature of a key that pack.json does not name"},
	"repeated":     {"检查点上同一密钥的签名出现两次", "the checkpoint carries two signatures of one key"},
	"checkpoint":   {"所附检查点不是证据包的检查点", "it is a proof against another checkpoint than the pack's"},
	"inclusion":    {"条目不在该检查点的日志中", "the entry is not in the log under this checkpoint"},
	"consistency":  {"没有证明其检查点是证据包检查点的延续", "its checkpoint is not shown to continue the pack's checkpoint"},
	"leaf":         {"叶子不是台账条目", "the leaf is not a ledger entry"},
	"entry-kind":   {"条目种类不对", "the entry is of the wrong kind for this place"},
	"entry-order":  {"条目顺序或重复有误", "the entries are not in ascending order, each once and after the enrolment"},
	"entry-time":   {"条目时间不在所述范围内或倒退", "the entry's time is outside the window or goes back"},
	"opening":      {"公开的字段与条目中的承诺不符", "an opened field does not match the entry's commitment"},
	"enrolment":    {"登记条目没有确认此人的记录密钥", "the enrolment entry does not pin this person's record key"},
	"tag":          {"条目的标签不是此人的标签", "the entry's tag is not this person's"},
	"sparse":       {"所述内容与条目的稀疏树根不符", "what it says of this person does not match the entry's sparse root"},
	"subjects":     {"条目所述人数少于证明中出现的人数", "the entry counts fewer persons than its proof shows"},
	"count":        {"条目数与 pack.json 所述不符", "the number of entries is not the one pack.json gives"},
	"manifest":     {"内容与清单记载的摘要不符", "its SHA-256 is not the one the manifest lists"},
	"members":      {"清单所列成员与文件不符", "it does not list the members the pack has"},
	"unsealed":     {"证据包没有封存记录", "the pack carries no record of its own making"},
	"other-pack":   {"封存记录属于另一份清单", "it is the record of another manifest"},
	"seal-order":   {"封存记录早于证据包的检查点", "it is the record of an entry made before the pack's checkpoint"},

	"policy-bytes":  {"含有不允许的控制字符（例如回车）", "it holds a control character that is not allowed (a carriage return, perhaps)"},
	"policy-line":   {"不认识的行或参数个数不对", "the line is unknown or has the wrong number of items"},
	"policy-name":   {"名称重复、未定义或被保留", "a name is taken, reserved or not defined above"},
	"policy-twice":  {"同一密钥、成员或 quorum 出现两次", "a key, a member or the quorum is there twice"},
	"policy-k":      {"组的门槛不在 1 与成员数之间", "the group's threshold is not between 1 and its size"},
	"policy-quorum": {"没有 quorum 行", "there is no quorum line"},
	"policy-no-log": {"没有列出任何日志", "it names no log"},
	"policy-log":    {"签名的日志不在所给的策略中", "the log that signed is not in the policy given"},
	"policy-unmet":  {"缺少策略要求的见证", "witnesses that the policy asks for are missing"},
}
