package casework

import (
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// What messages say, in both languages, the Chinese first. None names the person,
// the caller or what was said: whoever reads it over her shoulder learns nothing.

const mailSubject = "投诉与个人信息 · Complaint and personal information"

func (d *Desk) page(path string) string { return strings.TrimSuffix(d.Address, "/") + path }

func (d *Desk) closeText(digits string) pii.Value {
	return pii.NewValue("口令 " + digits + "，15 分钟内有效。输入即表示您同意办结您的投诉；不同意请勿输入，也不要告诉任何人，包括我们的工作人员。\n" +
		"Code " + digits + ", valid 15 minutes. Entering it closes your complaint. If you do not agree, do not enter it, and tell it to nobody, our staff included.")
}

func (d *Desk) seeText(digits string) pii.Value {
	return pii.NewValue("口令 " + digits + "，15 分钟内有效，用于查看与您有关的记录。如非本人操作请忽略，不要告诉任何人。\n" +
		"Code " + digits + ", valid 15 minutes, to see what is recorded about you. If you did not ask, ignore it; tell it to nobody.")
}

func (d *Desk) answeredText() pii.Value {
	return pii.NewValue("您的投诉有了答复。请用查询码查看，并确认办结、提出异议，或向个人信息保护负责人申诉；可以反映的其他渠道也在那里：" + d.page("/my/case") + "\n" +
		"Your complaint was answered. Read it with your follow-up code, then confirm, contest, or appeal to the protection officer; where else you may go is there too: " + d.page("/my/case"))
}

func (d *Desk) affirmText(c Complaint) pii.Value {
	code := d.takenCode(c.ID)
	return pii.NewValue("我们为您记下了一件投诉。请用查询码 " + code + " 核对并确认，确认前不算受理；如非您本人投诉请忽略：" + d.page("/my/case") + "\n" +
		"A complaint was taken down for you. Check and confirm it with follow-up code " + code + "; until then it does not count as filed. If it is not yours, ignore this: " + d.page("/my/case"))
}

// appealText does not say the reason: it is on the page, and SMS providers read along.
func (d *Desk) appealText(days int) pii.Value {
	n := strconv.Itoa(days)
	return pii.NewValue("我们答复后未收到您的回应，您的投诉将由第二位负责人办结。您可在 " + n + " 天内用查询码查看理由并提出异议：" + d.page("/my/case") + "\n" +
		"We heard nothing after our answer; a second officer is closing your complaint. For " + n + " days you may read the reason and contest with your follow-up code: " + d.page("/my/case"))
}
