package intake

import (
	"encoding/hex"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Columns of a list of consents.
const (
	ColumnSubject   = "subject"
	ColumnPhone     = "phone"
	ColumnPurpose   = "purpose"
	ColumnRecipient = "recipient"
	ColumnNotice    = "notice"
	ColumnAt        = "at"
	ColumnProof     = "proof"
	ColumnConsent   = "consent"
)

var consentColumns = []column{
	{key: ColumnSubject, names: `个人编号 客户编号 主体编号 编号 subject subjectid customerid id`},
	{key: ColumnPhone, names: `手机号 手机号码 手机 电话 电话号码 联系电话 phone phonenumber mobile mobilenumber tel telephone`},
	{key: ColumnPurpose, names: `处理目的 目的 purpose`, needed: true},
	{key: ColumnRecipient, names: `接收方 接收单位 提供给 recipient recipientid org organisation organization`, needed: true},
	{key: ColumnNotice, names: `告知版本 告知书版本 隐私政策版本 版本 notice noticeversion version`, needed: true},
	{key: ColumnAt, names: `同意时间 时间 日期 同意日期 at time date consentedat agreedat timestamp`, needed: true},
	{key: ColumnProof, names: `证明 凭证 证明摘要 证明编号 凭证编号 proof proofreference reference evidence sha256`, needed: true},
	{key: ColumnConsent, names: `同意类型 同意方式 类型 consent consenttype kind type`},
}

// Why a row of a list of consents is refused before anybody is asked.
const (
	KeySubject     = "subject"
	KeyConsentKind = "consent kind"
	KeyWhen        = "time"
	KeyProof       = "proof"
	KeyNotice      = "notice"
	KeyPurpose     = "purpose"
	KeyRecipient   = "recipient"
)

// ConsentRow is a consent as a file has it.
type ConsentRow struct {
	RosterRow
	Subject                    string    // her id, or ""
	Phone                      pii.Value // canonical, if there is no id
	Purpose, Recipient, Notice string
	At                         time.Time
	Proof                      []byte // SHA-256; nil: Reference says where the proof is
	Reference                  string
	Separate                   bool
	Refused                    string
}

// OpenConsents opens a list of consents that were given before.
func OpenConsents(src io.ReadSeeker, name string) (*Roster, error) {
	return openRoster(src, name, consentColumns)
}

// longestReference bounds texts, in bytes.
const longestReference = 200

// Consent types a row. Where the file has no column that says which kind of consent it
// was, or the cell is empty, it was a general one: only what says so was separate.
func (row RosterRow) Consent() ConsentRow {
	c := ConsentRow{RosterRow: row, Refused: row.Fault}
	if c.Refused != "" {
		return c
	}
	c.Subject, c.Purpose, c.Recipient, c.Notice = row.Cell(ColumnSubject), row.Cell(ColumnPurpose), row.Cell(ColumnRecipient), row.Cell(ColumnNotice)
	phone, err := pii.FieldSpec{Field: pii.Phone, Kind: pii.KindPhone}.Normalise(row.Cell(ColumnPhone))
	var ok bool
	switch {
	case c.Subject != "":
		if _, bad := pii.ParseSubjectID(c.Subject); bad != nil {
			c.Refused = KeySubject
		}
	case err != nil || phone.IsEmpty():
		c.Refused = KeySubject
	}
	if c.Subject == "" {
		c.Phone = phone
	}
	switch {
	case c.Refused != "":
	case c.Purpose == "" || len(c.Purpose) > 64:
		c.Refused = KeyPurpose
	case c.Recipient == "" || len(c.Recipient) > longestReference:
		c.Refused = KeyRecipient
	case c.Notice == "" || len(c.Notice) > longestReference:
		c.Refused = KeyNotice
	}
	if c.Refused != "" {
		return c
	}
	if c.At, _, ok = row.moment(row.Cell(ColumnAt)); !ok || c.At.Before(firstDay) || c.At.Year() > 2100 {
		c.Refused = KeyWhen
	} else if c.Separate, ok = separate(row.Cell(ColumnConsent)); !ok {
		c.Refused = KeyConsentKind
	} else if !c.prove(row.Cell(ColumnProof)) {
		c.Refused = KeyProof
	}
	return c
}

func (c *ConsentRow) prove(s string) bool {
	if b, err := hex.DecodeString(s); err == nil && len(b) == 32 {
		c.Proof = b
		return true
	}
	if s == "" || len(s) > longestReference || looksLikeValue(s) {
		return false
	}
	c.Reference = s
	return true
}

func separate(s string) (is, ok bool) {
	switch plainName(s) {
	case "单独同意", "书面同意", "separate", "separateconsent", "written", "writtenconsent":
		return true, true
	case "", "同意", "一般同意", "概括同意", "consent", "general", "generalconsent":
		return false, true
	}
	return false, false
}
