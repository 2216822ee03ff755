package intake

import (
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Columns of a list of people who work with the data.
const (
	ColumnID      = "id"
	ColumnOrg     = "org"
	ColumnPost    = "post"
	ColumnLevel   = "level"
	ColumnManager = "manager"
	ColumnFrom    = "from"
	ColumnUntil   = "until"
	ColumnName    = "name" // is read and not kept
	ColumnKind    = "kind"
)

var peopleColumns = []column{
	{key: ColumnID, names: `工号 员工编号 员工号 员工工号 人员编号 职工号 staffnumber staffno staffid employeeid employeenumber employeeno personid id`, needed: true},
	{key: ColumnOrg, names: `单位 所属单位 所在单位 用工单位 组织 所属组织 机构 公司 所属公司 organisation organization org company employer`},
	{key: ColumnName, names: `姓名 名字 员工姓名 name fullname staffname employeename`},
	{key: ColumnPost, names: `岗位 职位 职务 岗位名称 post position role job jobtitle title`},
	{key: ColumnLevel, names: `级别 等级 权限级别 岗位级别 数据级别 level grade`},
	{key: ColumnManager, names: `主管 上级 直属上级 直接上级 直接主管 主管工号 上级工号 经理 manager managerid managerno supervisor reportsto`},
	{key: ColumnFrom, names: `合同开始 合同开始日期 合同起始日期 合同起始日 合同起期 合同生效日期 入职日期 入职时间 起始日期 开始日期 contractstart contractfrom contractstartdate startdate start from hiredate`},
	{key: ColumnUntil, names: `合同结束 合同结束日期 合同终止日期 合同到期日期 合同到期日 合同止期 离职日期 结束日期 终止日期 到期日期 contractend contractuntil contractenddate enddate end until`},
	{key: ColumnKind, names: `人员类别 类别 用工类型 人员类型 kind type stafftype`},
}

// Why a row of a list of people is refused before anybody is asked.
const (
	KeyStaffNumber = "staff number"
	KeyPost        = "post"
	KeyLevel       = "level"
	KeyManager     = "manager"
	KeyFrom        = "contract start"
	KeyUntil       = "contract end"
	KeyKind        = "kind"
	KeyOrg         = "organisation"
	KeyTwice       = "twice"
)

// PersonRow is a person as a file has him. What Has says no to, the file has no
// column for: it stays as it is.
type PersonRow struct {
	RosterRow
	ID, Org, Post, Manager string
	Level                  uint8
	From, Until            time.Time // zero: none is given; of Until: open-ended
	Refused                string    // why it is refused, or ""
}

// OpenPeople opens a list of people who work with the data.
func OpenPeople(src io.ReadSeeker, name string) (*Roster, error) {
	return openRoster(src, name, peopleColumns)
}

// Person types a row. posts are the company's names of posts with their codes.
func (row RosterRow) Person(posts map[string]string) PersonRow {
	p := PersonRow{RosterRow: row, Refused: row.Fault}
	if p.Refused != "" {
		return p
	}
	p.ID, p.Org, p.Manager = row.Cell(ColumnID), row.Cell(ColumnOrg), row.Cell(ColumnManager)
	var ok bool
	switch {
	case !pii.PersonID(p.ID).IsWellFormed():
		p.Refused = KeyStaffNumber
	case p.Manager != "" && !pii.PersonID(p.Manager).IsWellFormed():
		p.Refused = KeyManager
	case isOffice(row.Cell(ColumnKind)) || isOffice(row.Cell(ColumnPost)):
		p.Refused = KeyKind
	}
	if p.Refused != "" {
		return p
	}
	if p.Post, ok = postOf(row.Cell(ColumnPost), posts); !ok {
		p.Refused = KeyPost
	} else if p.Level, ok = levelOf(row.Cell(ColumnLevel)); !ok {
		p.Refused = KeyLevel
	} else if p.From, ok = row.day(ColumnFrom, false); !ok {
		p.Refused = KeyFrom
	} else if p.Until, ok = row.day(ColumnUntil, true); !ok {
		p.Refused = KeyUntil
	}
	return p
}

// isOffice recognises the offices that no file gives.
func isOffice(s string) bool {
	switch plainName(s) {
	case "officer", "sysadmin", "systemadmin", "systemadministrator", "secadmin", "securityadmin", "securityadministrator", "auditor",
		"auditadmin", "auditadministrator", "admin", "administrator", "service", "dpo",
		"个人信息保护负责人", "系统管理员", "安全管理员", "安全保密管理员", "审计管理员", "审计员", "安全审计员", "管理员", "服务":
		return true
	}
	return false
}

// postOf is a post's code: what posts says, or what is written like one.
func postOf(s string, posts map[string]string) (string, bool) {
	if code, ok := posts[s]; ok {
		return code, true
	}
	if s == "" {
		return "", true
	}
	if len(s) > 40 || s[0] < 'a' || s[0] > 'z' || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", false
	}
	return s, true
}

// levelOf reads 1 to 4, L1 to L4 or 3级; empty is none.
func levelOf(s string) (uint8, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.ToUpper(s), "L"), "级")
	if s == "" {
		return 0, true
	}
	if len(s) != 1 || s[0] < '1' || s[0] > '0'+pii.MaxLevel {
		return 0, false
	}
	return s[0] - '0', true
}

// forever is from which year on an end is none: what personnel systems write for
// contracts without one.
const forever = 2900

var firstDay = time.Date(2000, 1, 1, 0, 0, 0, 0, zone)

// day reads a contract's first or last day; a last day is over when the next begins.
func (row RosterRow) day(key string, last bool) (time.Time, bool) {
	s := row.Cell(key)
	if s == "" {
		return time.Time{}, true
	}
	t, whole, ok := row.moment(s)
	switch {
	case !ok || t.Before(firstDay):
		return time.Time{}, false
	case last && t.Year() >= forever:
		return time.Time{}, true
	case t.Year() > 2100:
		return time.Time{}, false
	case last && whole:
		t = t.In(zone).AddDate(0, 0, 1).UTC()
	}
	return t, true
}
