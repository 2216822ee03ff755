package grant

import (
	"maps"

	"github.com/goldbell/goldbell/internal/pii"
)

// The purposes a data directory starts with.
const (
	Telesales         pii.Purpose = "telesales"
	Support           pii.Purpose = "support"
	Billing           pii.Purpose = "billing"
	PartnerLeads      pii.Purpose = "partner-lead"
	ComplaintHandling pii.Purpose = "complaint-handling"
	RightsRequests    pii.Purpose = "rights-request"
)

// Sheets are the purpose sheets we ship. Relay is below plain on the ladder, so a
// sheet that names plain covers a call without the number.
func Sheets() map[pii.Purpose]Sheet {
	sheets := map[pii.Purpose]Sheet{}
	for _, s := range shipped {
		s.Highest, s.Why = maps.Clone(s.Highest), maps.Clone(s.Why)
		s.Highest[pii.Note], s.Why[pii.Note] = pii.Masked, notes
		sheets[s.Purpose] = s
	}
	return sheets
}

// notes is why every purpose shows them: who works with a customer goes on where the
// last contact ended. Never more than masked: numbers and addresses are taken out.
var notes = Text{"接续上一次联系。", "To go on where the last contact ended."}

var shipped = []Sheet{
	{
		Purpose: Telesales, Zh: "电话营销", En: "Telesales", Basis: "consent", Marketing: true,
		Highest: map[pii.Field]pii.Form{pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Company: pii.Plain},
		Why: map[pii.Field]Text{
			pii.Name:    {"通话时称呼本人。", "To address the person in the call."},
			pii.Phone:   {"拨打电话；通常不显示号码。", "To place the call; the number is usually not shown."},
			pii.Company: {"了解本人代表的单位，推荐合适的产品。", "To know whom the person speaks for, and offer what fits."},
		},
	},
	{
		Purpose: Support, Zh: "客户服务", En: "Customer support", Basis: "contract",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Plain, pii.Address: pii.Plain,
		},
		Why: map[pii.Field]Text{
			pii.Name:    {"核对来电人并称呼本人。", "To recognise the caller and address her."},
			pii.Phone:   {"就工单回电。", "To call back about the ticket."},
			pii.Email:   {"发送处理结果和资料。", "To send results and documents."},
			pii.Company: {"确认服务对应的合同单位。", "To find the contract the service belongs to."},
			pii.Address: {"上门服务或寄送。", "To visit, or to send things."},
		},
	},
	{
		Purpose: Billing, Zh: "开票与收款", En: "Billing", Basis: "contract",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Plain, pii.Address: pii.Plain, pii.Phone: pii.Relay,
		},
		Why: map[pii.Field]Text{
			pii.Name:    {"填写发票与收件人。", "The invoice and its recipient."},
			pii.Email:   {"发送电子发票。", "To send electronic invoices."},
			pii.Company: {"填写发票抬头。", "The title of the invoice."},
			pii.Address: {"寄送纸质发票。", "To send paper invoices."},
			pii.Phone:   {"联系付款事宜，不需要看到号码。", "To call about a payment, without the number."},
		},
	},
	{
		Purpose: PartnerLeads, Zh: "合作伙伴商机", En: "Partner leads", Basis: "consent", Marketing: true,
		Highest: map[pii.Field]pii.Form{pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Company: pii.Plain},
		Why: map[pii.Field]Text{
			pii.Name:    {"合作伙伴联系时称呼本人。", "The partner addresses the person by it."},
			pii.Phone:   {"合作伙伴联系本人。", "The partner reaches the person by it."},
			pii.Company: {"判断商机是否合适。", "To judge whether the lead fits."},
		},
	},
	{
		Purpose: ComplaintHandling, Zh: "投诉处理", En: "Complaint handling", Basis: "legal-duty",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Masked,
		},
		Why: map[pii.Field]Text{
			pii.Name:    {"确认投诉人。", "To recognise the complainant."},
			pii.Phone:   {"答复投诉人。", "To answer the complainant."},
			pii.Email:   {"书面答复投诉人。", "To answer the complainant in writing."},
			pii.Company: {"辨认投诉所涉账户。", "To recognise the account the complaint is about."},
		},
	},
	{
		Purpose: RightsRequests, Zh: "个人行使权利", En: "Requests of the persons themselves", Basis: "legal-duty",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.IDNumber: pii.Plain,
			pii.Company: pii.Plain, pii.Address: pii.Plain,
		},
		Why: map[pii.Field]Text{
			pii.Name:     {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
			pii.Phone:    {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
			pii.Email:    {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
			pii.IDNumber: {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
			pii.Company:  {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
			pii.Address:  {"查阅、复制、更正或删除所涉内容。", "What she asks to see, have copied, corrected or erased."},
		},
	},
}

// Allows says which shipped purposes a kind of work may have.
func (k WorkKind) Allows(p pii.Purpose) bool {
	switch k {
	case CallTask:
		return p == Telesales
	case SupportTicket, Inbound:
		return p == Support || p == Billing
	case PartnerLead:
		return p == PartnerLeads
	case ComplaintWork:
		return p == ComplaintHandling
	case RightsRequest, Retention:
		return p == RightsRequests
	}
	return false
}
