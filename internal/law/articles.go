package law

import "time"

const (
	pipl   = "pipl"
	csl    = "csl"
	ndsr   = "ndsr"
	order  = "miit-24"
	civil  = "civil-code"
	cpl    = "consumer"
	report = "incident-report"
	crime  = "judicial-2017-10"
)

var editions = []Edition{
	{Law: pipl, Zh: "个人信息保护法", En: "Personal Information Protection Law", From: day(2021, time.November, 1)},
	{Law: csl, Zh: "网络安全法", En: "Cybersecurity Law", From: day(2017, time.June, 1), Until: day(2026, time.January, 1)},
	{Law: csl, Zh: "网络安全法", En: "Cybersecurity Law", Year: "2025年修正", From: day(2026, time.January, 1)},
	{Law: ndsr, Zh: "网络数据安全管理条例", En: "Network Data Security Regulation", From: day(2025, time.January, 1)},
	{Law: order, Zh: "电信和互联网用户个人信息保护规定", En: "MIIT Order 24", From: day(2013, time.September, 1)},
	{Law: civil, Zh: "民法典", En: "Civil Code", From: day(2021, time.January, 1)},
	{Law: cpl, Zh: "消费者权益保护法", En: "Consumer Protection Law", Year: "2013年修正", From: day(2014, time.March, 15)},
	{Law: report, Zh: "国家网络安全事件报告管理办法", En: "Measures on Reporting Cybersecurity Incidents", From: day(2025, time.November, 1)},
	{Law: crime, Zh: "法释〔2017〕10号", En: "Judicial Interpretation 2017 No. 10", From: day(2017, time.June, 1)},
}

// Duties that the program asks for by name.
const (
	DutyComplaints    = "complaint-mechanism"
	DutyReasons       = "reasons-for-refusal"
	DutyBreach        = "breach-notice"
	DutyWithdrawal    = "easy-withdrawal"
	DutyProvision     = "separate-consent-for-provision"
	DutyNoLeak        = "no-leak-no-provision"
	DutyComplaintPost = "published-complaint-channel"
	DutyNoCalls       = "no-marketing-after-refusal"
	DutyReport        = "incident-report"
	DutyPermissions   = "operation-permissions"
	DutyAccess        = "access-and-copy"
	DutyRegulator     = "right-to-report"
)

var articles = []Article{
	{Law: pipl, Number: "15", Duty: DutyWithdrawal, Mark: Read, Zh: "撤回同意应有便捷的方式。", En: "Consent can be withdrawn easily."},
	{Law: pipl, Number: "23", Duty: DutyProvision, Mark: Read, Zh: "向其他个人信息处理者提供须告知并取得单独同意。", En: "Provision to another handler needs notice and separate consent."},
	{Law: pipl, Number: "45", Duty: DutyAccess, Mark: Read, Zh: "个人有权查阅、复制其个人信息。", En: "The individual may access and copy."},
	{Law: pipl, Number: "50", Duty: DutyReasons, Mark: Read, Zh: "建立便捷的受理机制；拒绝的应说明理由；可以起诉。", En: "Convenient intake; reasons for a refusal; the individual may sue."},
	{Law: pipl, Number: "51", Duty: DutyPermissions, Mark: Read, Zh: "合理确定操作权限，定期培训。", En: "Reasonable operation permissions and regular training."},
	{Law: pipl, Number: "57", Duty: DutyBreach, Mark: Read, Zh: "发生或可能发生泄露、篡改、丢失的，立即补救并通知。", En: "Where leakage, tampering or loss happened or may have: remedy at once and notify."},
	{Law: pipl, Number: "65", Duty: DutyRegulator, Mark: Read, Zh: "任何组织、个人有权投诉、举报；应告知处理结果。", En: "Anyone may complain or report, and is told the result."},
	{Law: csl, Number: "42", Duty: DutyNoLeak, Mark: Read, Zh: "不得泄露、篡改、毁损；未经同意不得提供；补救、告知、报告。", En: "No leak, tampering or damage; no provision without consent; remedy, tell, report."},
	{Law: csl, Number: "44", Duty: DutyNoLeak, Mark: Reported, year: "2025年修正", Zh: "不得泄露、篡改、毁损；未经同意不得提供；补救、告知、报告。", En: "No leak, tampering or damage; no provision without consent; remedy, tell, report."},
	{Law: csl, Number: "42", Duty: "personal-information-system", Mark: Public, year: "2025年修正", Zh: "建立用户信息保护制度；处理个人信息并须遵守民法典和个人信息保护法。", En: "A protection system; handling personal information must also follow the Civil Code and the PIPL."},
	{Law: csl, Number: "49", Duty: DutyComplaintPost, Mark: Read, Zh: "公布投诉、举报方式，及时受理并处理。", En: "Publish how to complain; accept and handle in time."},
	{Law: csl, Number: "51", Duty: DutyComplaintPost, Mark: Reported, year: "2025年修正", Zh: "公布投诉、举报方式，及时受理并处理。", En: "Publish how to complain; accept and handle in time."},
	{Law: ndsr, Number: "11", Duty: "tell-affected", Mark: Read, Zh: "以电话、短信、即时通信、电子邮件或公告告知利害关系人。", En: "Tell interested parties by phone, SMS, message, e-mail or announcement."},
	{Law: ndsr, Number: "20", Duty: "complaint-channel", Mark: Read, Zh: "提供便捷的投诉、举报渠道。", En: "Provide a convenient complaint channel."},
	{Law: order, Number: "12", Duty: DutyComplaints, Mark: Memory, Zh: "建立投诉处理机制，自接到投诉之日起十五日内答复。", En: "A complaint mechanism; reply within fifteen days of receipt."},
	{Law: civil, Number: "1033", Duty: "no-disturbance", Mark: Read, Zh: "不得以电话、短信侵扰他人私人生活安宁。", En: "Nobody may disturb another's peace by phone or SMS."},
	{Law: cpl, Number: "29", Duty: DutyNoCalls, year: "2013年修正", Mark: Read, Zh: "未经同意或明确拒绝的，不得发送商业性信息。", En: "No commercial messages without consent or after refusal."},
	{Law: report, Number: "7", Duty: DutyReport, Mark: Reported, Zh: "报告网络安全事件应包括的内容。", En: "What an incident report contains."},
	{Law: crime, Number: "5", Duty: "criminal-thresholds", Mark: Read, Zh: "情节严重的条数与所得。", En: "Counts and gains that make it grave."},
}
