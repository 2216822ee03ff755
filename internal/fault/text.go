package fault

// Lang is a language we answer in.
type Lang uint8

const (
	ZhCN Lang = iota
	En
)

// Sentence is one message in both languages.
type Sentence struct{ Zh, En string }

// In returns the sentence in the language asked for.
func (s Sentence) In(l Lang) string {
	if l == En {
		return s.En
	}
	return s.Zh
}

// Text returns the sentence of a message id; an unknown id gives the sentence of
// "internal", so that no id, and nothing a caller sent, is ever shown.
func Text(id string) Sentence {
	if s, ok := sentences[id]; ok {
		return s
	}
	return sentences["internal"]
}

// Known reports whether the id has a sentence.
func Known(id string) bool { _, ok := sentences[id]; return ok }

// sentences holds every user-visible sentence that is not a rule's (those live
// with their rules in package policy). Ids are lower case with hyphens.
var sentences = map[string]Sentence{
	"internal":         {"系统出错，未放行任何信息；请联系系统管理员。", "Something failed; nothing was released. Please tell the system administrator."},
	"no-grant":         {"没有覆盖此次请求的已分派工单。", "No open work item assigned to you covers this request."},
	"unauthenticated":  {"没有有效的访问令牌。", "There is no valid access token."},
	"not-yours":        {"此操作不属于您的职责。", "This action is not among your duties."},
	"not-found":        {"没有这个对象。", "There is no such object."},
	"unavailable":      {"暂时无法记录，因此未放行任何信息；请稍后再试。", "The record cannot be written now, so nothing was released. Try again later."},
	"stale":            {"作出决定的依据刚刚变化；请重试。", "The facts changed while this was decided. Try again."},
	"keeper-ahead":     {"见证的账本比本机的长：数据库可能被回退，已停止写入。", "The head keeper has seen a longer ledger than this database holds: it may have been rolled back. Writing has stopped."},
	"budget":           {"本时段的额度已用完。", "The budget for this period is used up."},
	"slow-down":        {"被拒绝的请求过多，请稍后再试。", "Too many refused requests. Slow down."},
	"idempotency-body": {"同一个 Idempotency-Key 用在了不同的请求上。", "This Idempotency-Key was used with another request."},
	"idempotency-late": {"此请求已记录，重试期限已过或依据已撤回；请发起新的请求。", "This request was recorded; the time to retry is over or its ground was withdrawn. Send a new request."},
	"too-large":        {"请求体超过上限。", "The request body is over the size limit."},
	"bad-request":      {"请求的格式不对，请看 errors 里指出的位置。", "The request is malformed; see the place named in errors."},
	"held":             {"该个人的信息已封存，不能开启。", "This person's information is held: stored, not openable."},
	"erased":           {"该个人的信息已删除。", "This person's information was erased."},
	"bad-code":         {"一次性口令无效或已使用。", "The one-time code is wrong or was used."},
	"second-person":    {"此操作需要另一位有权的人批准。", "This needs the approval of a second authorised person."},
	"exists":           {"同名对象已存在。", "An object of that name exists."},
}
