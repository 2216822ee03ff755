package grant

import "github.com/goldbell/goldbell/internal/pii"

// The purposes a data directory starts with.
const (
	Telesales         pii.Purpose = "telesales"
	Support           pii.Purpose = "support"
	Billing           pii.Purpose = "billing"
	PartnerLeads      pii.Purpose = "partner-lead"
	ComplaintHandling pii.Purpose = "complaint-handling"
	RightsRequests    pii.Purpose = "rights-request"
)

// Sheets are the purpose sheets we ship. A sheet is the most a purpose can ever
// need; the rules decide below it. Relay is below plain on the ladder, so a sheet
// that names plain covers a call without the number.
func Sheets() map[pii.Purpose]Sheet {
	sheets := map[pii.Purpose]Sheet{}
	for _, s := range shipped {
		highest := make(map[pii.Field]pii.Form, len(s.Highest))
		for f, form := range s.Highest {
			highest[f] = form
		}
		s.Highest = highest
		sheets[s.Purpose] = s
	}
	return sheets
}

var shipped = []Sheet{
	{
		Purpose: Telesales, Zh: "电话营销", En: "Telesales", Basis: "consent", Marketing: true,
		Highest: map[pii.Field]pii.Form{pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Company: pii.Plain},
	},
	{
		Purpose: Support, Zh: "客户服务", En: "Customer support", Basis: "contract",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Plain, pii.Address: pii.Plain,
		},
	},
	{
		Purpose: Billing, Zh: "开票与收款", En: "Billing", Basis: "contract",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Plain, pii.Address: pii.Plain, pii.Phone: pii.Relay,
		},
	},
	{
		Purpose: PartnerLeads, Zh: "合作伙伴商机", En: "Partner leads", Basis: "consent", Marketing: true,
		Highest: map[pii.Field]pii.Form{pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Company: pii.Plain},
	},
	{
		Purpose: ComplaintHandling, Zh: "投诉处理", En: "Complaint handling", Basis: "legal-duty",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.Company: pii.Masked,
		},
	},
	{
		Purpose: RightsRequests, Zh: "个人行使权利", En: "Requests of the persons themselves", Basis: "legal-duty",
		Highest: map[pii.Field]pii.Form{
			pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Email: pii.Plain, pii.IDNumber: pii.Plain,
			pii.Company: pii.Plain, pii.Address: pii.Plain,
		},
	},
}

// Allows says which purposes a kind of work may have.
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
