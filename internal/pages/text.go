package pages

import (
	"encoding/hex"
	"html/template"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/pii"
)

// text is one sentence of the pages; a missing one fails the test.
func text(l fault.Lang, id string) string { return texts[id].In(l) }

func funcs(lang fault.Lang) template.FuncMap {
	say := func(prefix string) func(string) string {
		return func(id string) string {
			if s, ok := texts[prefix+id]; ok {
				return s.In(lang)
			}
			return id
		}
	}
	pick := func(zh, en string) string { return fault.Sentence{Zh: zh, En: en}.In(lang) }
	return template.FuncMap{
		"t": func(id string) string { return text(lang, id) }, "state": say("state-"), "what": say("what-"), "by": say("by-"),
		"verb": say("verb-"), "form": say("form-"), "kind": say("kind-"), "did": say("did-"), "outcome": say("outcome-"),
		"field": func(f pii.Field) string { return say("field-")(string(f)) },
		"purpose": func(p string) string {
			if s, ok := grant.Sheets()[pii.Purpose(p)]; ok {
				return pick(s.Zh, s.En)
			}
			return p
		},
		"when":   func(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04") },
		"hex":    func(b []byte) string { return hex.EncodeToString(b) },
		"iso":    func(t time.Time) string { return t.In(beijing).Format(time.RFC3339) },
		"chName": func(c law.Channel) string { return pick(c.Zh, c.En) }, "chFor": func(c law.Channel) string { return pick(c.ForZh, c.ForEn) },
		"chAsk": func(c law.Channel) string { return pick(c.AskZh, c.AskEn) }, "chMark": func(c law.Channel) string { return pick(c.Mark.Zh(), c.Mark.En()) },
		// words reveals what is hers to read: the company's letters and what she said herself.
		"words": func(v pii.Value) string { return v.Reveal() },
	}
}

var texts = map[string]fault.Sentence{
	"skip":        {Zh: "跳到正文", En: "Skip to the content"},
	"other-lang":  {Zh: "English", En: "中文"},
	"nav":         {Zh: "页面", En: "Pages"},
	"home":        {Zh: "个人信息与投诉", En: "Your information and complaints"},
	"home-lead":   {Zh: "无需注册，也不会要求您提供我们没有的信息。", En: "No account is needed, and you are never asked for more than we hold."},
	"complain":    {Zh: "投诉", En: "Complain"},
	"complain-d":  {Zh: "有人拿着您的信息联系了您。", En: "Somebody contacted you with your information."},
	"case":        {Zh: "查询投诉", En: "Follow a complaint"},
	"case-d":      {Zh: "看进展，确认办结，或提出异议。", En: "See how it stands; confirm or contest its closing."},
	"info":        {Zh: "我的信息", En: "My information"},
	"info-d":      {Zh: "谁看过、拨打过、拿到过；撤回同意；拒绝营销来电。", En: "Who has seen, called or received it; withdraw consent; stop marketing calls."},
	"receipt":     {Zh: "核对凭据", En: "Check a receipt"},
	"receipt-d":   {Zh: "输入短码，查看本公司的记录。", En: "Enter a short code; see what this company's records say."},
	"wrong-input": {Zh: "有一栏没有填对，请看标出的一栏。", En: "One input is not right; see the one that is marked."},
	"optional":    {Zh: "（可不填）", En: " (optional)"},
	"send":        {Zh: "提交", En: "Send"},

	"how":         {Zh: "对方怎样联系您？", En: "How were you contacted?"},
	"by-phone":    {Zh: "电话", En: "Telephone"},
	"by-sms":      {Zh: "短信", En: "SMS"},
	"by-email":    {Zh: "电子邮件", En: "E-mail"},
	"contacted":   {Zh: "您被联系的号码或邮箱", En: "Your number or address that was contacted"},
	"called-at":   {Zh: "时间（北京时间）", En: "When (Beijing time)"},
	"called-hint": {Zh: "例如 2026-03-02 14:30；记不清就写大概的时间。", En: "For example 2026-03-02 14:30; roughly, if you are not sure."},
	"caller":      {Zh: "对方的号码或邮箱", En: "The number or address it came from"},
	"said":        {Zh: "对方说了什么", En: "What was said"},
	"company":     {Zh: "对方说出的您的公司名称", En: "The name of your company, if they used it"},
	"knew":        {Zh: "对方知道您的什么？", En: "What did they know about you?"},
	"reply":       {Zh: "答复和口令发到别处", En: "Send answers and codes elsewhere"},
	"reply-hint":  {Zh: "不填就发到您被联系的号码或邮箱。", En: "If empty, to the number or address that was contacted."},
	"reply-by":    {Zh: "那是", En: "That is"},
	"burden":      {Zh: "不需要您证明什么。号码、时间和说了什么就够了，查清楚是我们的事。", En: "You need not prove anything. Number, time and what was said are enough; finding out is our task."},
	"filed":       {Zh: "已受理", En: "Accepted"},
	"filed-keep":  {Zh: "请记下这个查询码。只显示这一次，凭它查看进展。", En: "Write this follow-up code down. It is shown once; with it you follow the complaint."},
	"follow-code": {Zh: "查询码", En: "Follow-up code"},
	"follow":      {Zh: "查看", En: "Show"},

	"state":       {Zh: "状态", En: "State"},
	"filed-at":    {Zh: "受理时间", En: "Accepted at"},
	"due":         {Zh: "最迟答复", En: "Answer due by"},
	"escalated":   {Zh: "您提出了异议，已交个人信息保护负责人。", En: "You contested; it is with the personal information protection officer."},
	"replies":     {Zh: "答复", En: "Answers"},
	"history":     {Zh: "经过（每一步都是账本里的一条记录）", En: "What happened (each step is an entry of the ledger)"},
	"entry":       {Zh: "记录", En: "entry"},
	"reason":      {Zh: "理由", En: "Reason"},
	"yours":       {Zh: "记下的内容", En: "What was taken down"},
	"affirm":      {Zh: "内容属实，正式受理", En: "This is right: file it"},
	"affirm-d":    {Zh: "这件投诉是工作人员替您记下的，您确认后才算受理。", En: "Our staff took this down for you. It counts once you confirm."},
	"close":       {Zh: "确认办结", En: "Confirm the closing"},
	"close-d":     {Zh: "只有您能办结。我们把口令发到提出投诉的号码或邮箱。", En: "Only you close it. We send a code to the number or address that complained."},
	"get-code":    {Zh: "发送口令", En: "Send me a code"},
	"once":        {Zh: "口令（6 位数字）", En: "Code (6 digits)"},
	"close-now":   {Zh: "办结", En: "Close"},
	"contest":     {Zh: "不同意，提出异议", En: "I do not agree: contest"},
	"why":         {Zh: "为什么", En: "Why"},
	"contest-til": {Zh: "在此之前可以提出异议：", En: "You may contest until "},
	"files":       {Zh: "证据文件", En: "Evidence"},
	"files-d":     {Zh: "可以附录音、截图等，任何类型，每个不超过 10 MiB，最多 5 个。文件加密封存，记下哈希和时间，不会在网页上打开。", En: "A recording, a screenshot: any type, up to 10 MiB each, 5 at most. Files are sealed with their hash and time, and never opened in a page."},
	"file":        {Zh: "文件", En: "File"},
	"attach":      {Zh: "附上", En: "Add the file"},
	"bytes":       {Zh: "字节", En: "bytes"},
	"appeals":     {Zh: "您的申诉", En: "Your appeals"},
	"to-officer":  {Zh: "向个人信息保护负责人申诉", En: "Appeal to the protection officer"},
	"to-officer-d": {Zh: "由没有参与办理的负责人亲自书面答复。只需说明为什么不认可（可不填），不用再提供别的；答复前除您本人外谁也不能办结。",
		En: "An officer who had no part in it answers you in writing. She asks for nothing but why you disagree, and not even that; until she answers nobody but you closes."},
	"do-appeal":  {Zh: "提出申诉", En: "Appeal"},
	"appeal":     {Zh: "还可以向谁反映", En: "Where else you can go"},
	"appeal-d":   {Zh: "可以先向本公司个人信息保护负责人申诉（见上）。以下渠道不归我们管。", En: "You may first appeal to our protection officer, above. These are not ours."},
	"appeal-for": {Zh: "适用", En: "For"},
	"appeal-ask": {Zh: "需要", En: "Asks for"},

	"info-lead":   {Zh: "先确认联系方式是您的：我们把口令发到那里。不需要姓名和证件。", En: "First we make sure that the contact is yours: a code goes there. No name, no document."},
	"contact":     {Zh: "手机号或邮箱", En: "Mobile number or e-mail"},
	"contact-by":  {Zh: "口令发到", En: "Send the code by"},
	"code-sent":   {Zh: "如果我们持有这个联系方式，口令已经发出，15 分钟内有效。没有收到，多半是我们没有它。", En: "If we hold this contact, a code is on its way, valid 15 minutes. If none comes, most likely we do not."},
	"record":      {Zh: "与您有关的记录", En: "What is recorded about you"},
	"record-lead": {Zh: "以下是本公司的记录。它只说明记录了什么。", En: "These are this company's own records. They say what was recorded, and no more."},
	"seen":        {Zh: "谁看过、拨打过、拿到过", En: "Who has seen, called or received it"},
	"seen-none":   {Zh: "没有记录。", En: "Nothing is recorded."},
	"seen-more":   {Zh: "只显示最近的记录；要看全部，请提出查阅申请。", En: "Only the newest are shown; ask for access to see all."},
	"consents":    {Zh: "同意", En: "Consents"},
	"cons-none":   {Zh: "没有记录的单独同意。", En: "No separate consent is recorded."},
	"given":       {Zh: "已同意", En: "given"},
	"withdrawn":   {Zh: "已撤回", En: "withdrawn"},
	"withdraw":    {Zh: "撤回同意", En: "Withdraw"},
	"marketing":   {Zh: "营销来电", En: "Marketing calls"},
	"stopped":     {Zh: "您已拒绝营销，不会再有营销来电经由本系统拨出。", En: "You refused marketing: no marketing call goes out through this system any more."},
	"stop":        {Zh: "拒绝营销来电", En: "Stop marketing calls"},
	"to":          {Zh: "接收方", En: "to"},
	"for":         {Zh: "处理目的", En: "for"},

	"code":         {Zh: "短码", En: "Short code"},
	"check":        {Zh: "核对", En: "Check"},
	"receipt-own":  {Zh: "这是本公司自己的回答，不是第三方的证明。要独立核对，请索取证据包，用下面的核验页在您自己的电脑上打开。", En: "This is the company's own answer, not a third party's. To check for yourself, ask for an evidence pack and open it with the verifier page below, on your own machine."},
	"receipt-none": {Zh: "记录中没有这个短码。刚刚产生的记录可能要稍后才能查到。", En: "The records hold no such code. One made just now may take a little while."},
	"verifier":     {Zh: "下载核验页（离线使用）", En: "Download the verifier page (works offline)"},

	"state-unconfirmed": {Zh: "待本人确认", En: "to be confirmed by you"},
	"state-accepted":    {Zh: "受理", En: "accepted"},
	"state-in-handling": {Zh: "办理", En: "in handling"},
	"state-replied":     {Zh: "答复", En: "replied"},
	"state-closed":      {Zh: "办结", En: "closed"},
	"state-reopened":    {Zh: "重新办理", En: "reopened"},

	"what-filed":            {Zh: "受理", En: "accepted"},
	"what-taken-down":       {Zh: "工作人员代为记下", En: "taken down by staff"},
	"what-handed-in":        {Zh: "您附上了文件", En: "you added a file"},
	"what-affirmed":         {Zh: "您确认了记下的内容", En: "you confirmed what was taken down"},
	"what-assigned":         {Zh: "分派承办人", En: "a handler was named"},
	"what-taken-up":         {Zh: "开始办理", En: "handling began"},
	"what-replied":          {Zh: "答复", En: "answered"},
	"what-confirmed":        {Zh: "本人确认办结", En: "closed by you"},
	"what-contested":        {Zh: "您提出异议，重新办理", En: "you contested; reopened"},
	"what-closed-by-second": {Zh: "第二位负责人办结", En: "closed by a second officer"},
	"what-appealed":         {Zh: "您向负责人申诉", En: "you appealed to the officer"},
	"what-appeal-upheld":    {Zh: "申诉成立，重新办理", En: "appeal upheld; handled again"},
	"what-appeal-dismissed": {Zh: "申诉答复：维持答复", En: "appeal answered: the answer stands"},
	"outcome-upheld":        {Zh: "申诉成立，重新办理", En: "Upheld: it is handled again"},
	"outcome-dismissed":     {Zh: "维持原答复", En: "The answer stands"},
	"by-complainant":        {Zh: "您", En: "you"},
	"by-handler":            {Zh: "承办人", En: "handler"},
	"by-officer":            {Zh: "负责人", En: "officer"},

	"verb-Read": {Zh: "查看", En: "saw"}, "verb-Dial": {Zh: "拨打或发送", En: "called or wrote"},
	"verb-Export": {Zh: "导出", En: "exported"}, "verb-Provide": {Zh: "拿到", En: "was given"},
	"form-masked": {Zh: "脱敏展示", En: "masked"}, "form-token": {Zh: "令牌", En: "token"}, "form-relay": {Zh: "不显示号码", En: "without seeing it"},
	"form-alias": {Zh: "别名", En: "alias"}, "form-plain": {Zh: "明文", En: "in full"},
	"kind-staff": {Zh: "员工", En: "staff"}, "kind-outsourced": {Zh: "外包人员", En: "outsourced staff"}, "kind-partner": {Zh: "合作伙伴人员", En: "partner's staff"},
	"kind-officer": {Zh: "个人信息保护负责人", En: "protection officer"}, "kind-courier": {Zh: "发送您的口令", En: "sending your code"}, "kind-service": {Zh: "系统", En: "system"},
	"field-name": {Zh: "姓名", En: "name"}, "field-phone": {Zh: "电话", En: "telephone"}, "field-company": {Zh: "公司", En: "company"},
	"field-email": {Zh: "邮箱", En: "e-mail"}, "field-address": {Zh: "地址", En: "address"}, "field-id_number": {Zh: "证件号码", En: "ID number"},

	"did-affirm":   {Zh: "已正式受理。", En: "Your complaint is filed."},
	"did-code":     {Zh: "口令已发送，15 分钟内有效。", En: "A code is on its way, valid 15 minutes."},
	"did-confirm":  {Zh: "您已办结这件投诉。", En: "You closed the complaint."},
	"did-attach":   {Zh: "文件已封存。", En: "The file is sealed and kept."},
	"did-appeal":   {Zh: "申诉已记录，由没有参与办理的负责人答复。", En: "Your appeal is recorded; an officer who had no part in it answers."},
	"did-contest":  {Zh: "已重新办理，并交个人信息保护负责人。", En: "It is reopened, and with the protection officer."},
	"did-withdraw": {Zh: "已撤回，此刻起生效。", En: "Withdrawn, from this moment."},
	"did-stop":     {Zh: "已拒绝营销，此刻起生效。", En: "Marketing is refused, from this moment."},
}
