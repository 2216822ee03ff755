package law

// Channel is a place outside the company to take a complaint to.
type Channel struct {
	ID           string
	Zh, En       string // its name
	ForZh, ForEn string // what it is for
	AskZh, AskEn string // what it asks for
	Mark         Mark
}

// Channels lists the outside channels, in the order a complainant may need them.
func Channels() []Channel { return append([]Channel(nil), channels...) }

var channels = []Channel{
	{"12321", "12321 网络不良与垃圾信息举报", "12321, spam and nuisance calls",
		"骚扰电话、垃圾短信、个人信息泄露", "Nuisance calls, spam, leaks",
		"您的手机号（短信验证）、对方号码、类型、通话时间和时长、情况描述；可附录音或截图", "Your mobile (SMS code), the caller's number, the kind, time and length of the call, what happened; a recording or screenshot if you have one", Public},
	{"isc", "互联网信息服务投诉平台", "Internet service complaint platform (ISC)",
		"个人信息保护、服务功能、投诉机制", "Protection of personal information, services, complaint handling",
		"填写表单，指明企业；10个工作日内答复，您可评价结果", "A form that names the company; answered in 10 working days; you rate the result", Public},
	{"cac", "12377 / 网信部门", "12377 and the cyberspace administration (CAC)",
		"违法处理个人信息；处理结果应当告知您", "Unlawful handling of personal information; you are told the result",
		"平台、链接、截图", "The platform, links, screenshots", Memory},
	{"comms", "省通信管理局", "Provincial communications administration",
		"电信和互联网企业", "Telecom and Internet companies",
		"书面事实、证据、此前的处理经过", "The facts in writing, evidence, what was done so far", Memory},
	{"12345", "12345 政务服务热线", "12345, local government line",
		"转交当地部门", "Passes your report to the local authority", "事情经过和联系方式", "What happened, and how to reach you", Memory},
	{"12315", "12315 市场监管", "12315, market regulation",
		"消费者权益", "Consumer rights", "商家名称、订单", "The merchant, the order", Memory},
	{"110", "110 / 公安网安", "110, the police",
		"诈骗、买卖个人信息", "Fraud, trade in personal information",
		"通话记录、录音、付款凭证；请保留原件", "Call records, recordings, payments; keep the originals", Memory},
	{"court", "人民法院", "A people's court",
		"企业拒绝您的请求的，可以起诉", "You may sue if the company refuses your request", "起诉状、证据", "A statement of claim, evidence", Read},
}
