package cli

import "github.com/goldbell/goldbell/internal/fault"

// sessionText holds the sentences about people's sessions.
var sessionText = map[string]fault.Sentence{
	"sessions list":          {Zh: "列出自己的会话，或（安全管理员）某人的会话", En: "list your sessions, or (security administrator) a person's"},
	"sessions list +":        {Zh: "以 GOLDBELL_TOKEN 的身份询问。只有编号、登录方式和时间，没有口令或令牌。", En: "It asks as the principal of GOLDBELL_TOKEN. It tells ids, ways and times, never a secret."},
	"sessions list --person": {Zh: "某人的`工号`；不写则为自己", En: "a person's `STAFF-NUMBER`; without it your own"},
	"sessions end":           {Zh: "终止一个会话，或某人的全部会话", En: "end a session, or all of a person's"},
	"sessions end +":         {Zh: "命令返回之后，该会话此前的请求也不再能打开任何内容。令牌对应的人须为本人或安全管理员。", En: "When it returns, nothing can be opened any more on what the session asked for before. The token must be the person's own or the security administrator's."},
	"sessions end --person":  {Zh: "某人的`工号`；不写则为自己", En: "a person's `STAFF-NUMBER`; without it your own"},
	"sessions end --session": {Zh: "会话的`编号`，见 sessions list", En: "the session's `ID`, as sessions list tells it"},
	"sessions end --all":     {Zh: "此人的全部会话（与 --person 同用）", En: "all sessions of the person (with --person)"},
	"session-open":           {Zh: "%s  登录方式 %s  %s  自 %s  至 %s", En: "%s  by %s  %s  from %s  until %s"},
	"session-cookie":         {Zh: "浏览器", En: "in a browser"},
	"session-token":          {Zh: "令牌", En: "as a token"},
	"session-current":        {Zh: "  （当前会话）", En: "  (this session)"},
	"session-none":           {Zh: "没有会话。", En: "There is no session."},
	"session-ended":          {Zh: "已终止。", En: "Ended."},
}
