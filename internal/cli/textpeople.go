package cli

import "github.com/goldbell/goldbell/internal/fault"

// peopleText holds the sentences about people and their consents.
var peopleText = map[string]fault.Sentence{
	"people import":           {Zh: "导入人员名单（CSV、XLSX）", En: "import a list of people who work with the data (CSV, XLSX)"},
	"people import +":         {Zh: "列名中英文均可：工号、单位、岗位、级别、主管（工号）、合同开始、合同结束。姓名列会读到但不保存。每一行恰好归入新增、变更、未变、拒绝之一；被拒的行写入 FILE.refused.csv 并注明原因。中断后用同一命令继续，不会重复登记。\n文件只能登记承办人员：类别由单位决定；负责人和管理员须逐个登记。文件里没有的列保持不变。会让人得到更多的变更（延长合同、提高级别、换到另一类单位）不会直接生效：列出后由第二位负责人用 goldbell people approve 批准。结束日期当日仍有效。", En: "Column names may be Chinese or English: staff number, organisation, post, level, manager (a staff number), contract start, contract end. A column of names is recognised and not kept. Every row ends in exactly one of created, changed, unchanged, refused; refused rows go to FILE.refused.csv with the reason. Interrupted, the same command goes on and records nothing twice.\nA file makes workers only: what somebody is follows from the organisation; officers and administrators are registered one by one. What the file has no column for stays as it is. A change that would give somebody more (a longer contract, a higher level, another kind of organisation) does not take effect: it is listed, and a second officer decides with goldbell people approve. A last day is the last day the contract holds."},
	"people import --org":     {Zh: "没有单位列，或其为空时的`单位`", En: "`ORGANISATION` of rows that name none"},
	"people import --post":    {Zh: "岗位名称对应的代码，写作 `名称=代码`，可多次", En: "the code of a post's name, as `NAME=CODE`; may be given several times"},
	"people import --dry-run": {Zh: "只说明每行会怎样，不记录任何内容", En: "say what would become of each row; record nothing"},
	"people end":              {Zh: "一条命令切断离职人员", En: "cut off a leaver"},
	"people end +":            {Zh: "合同即刻结束：登录、令牌、工单、例外、数据库登录和通话同时失效，记为一个条目。命令返回时，他所请求的内容都已不能再打开。", En: "The contract ends now: sessions, tokens, work items, exceptions, database logins and calls end with it, in one entry. When the command returns nothing can be opened any more on what he asked for."},
	"people list":             {Zh: "列出人员和服务", En: "list persons and services"},
	"people list --org":       {Zh: "只列此`单位`", En: "only of this `ORGANISATION`"},
	"people list --current":   {Zh: "只列合同有效且未暂停的", En: "only whose contract is in force and who are not suspended"},
	"people asks":             {Zh: "列出名单所请求、等待第二位负责人的变更", En: "list what files ask for and a second officer decides"},
	"people approve":          {Zh: "作为第二位负责人批准名单所请求的变更", En: "allow what a file asked for, as the second officer"},
	"people approve --refuse": {Zh: "不批准", En: "refuse it instead"},

	"roster-counts":       {Zh: "共 %d 行：新增 %d，变更 %d，未变 %d，拒绝 %d。", En: "%d rows: %d created, %d changed, %d unchanged, %d refused."},
	"roster-counts-dry":   {Zh: "共 %d 行：将新增 %d，变更 %d，未变 %d，拒绝 %d。未记录任何内容。", En: "%d rows: %d would be created, %d changed, %d unchanged, %d refused. Nothing was recorded."},
	"roster-refused-file": {Zh: "被拒的行：%s（仅本人可读；用完请删除）", En: "The refused rows are in %s, readable by you only; delete it when you are done."},
	"roster-long":         {Zh: "名单超过 %d 行；请拆分。", En: "The list has more than %d rows. Split it."},
	"people-org":          {Zh: "文件没有单位列；请用 --org 写明单位的编号。", En: "The file has no column of organisations. Name one with --org."},
	"people-asked":        {Zh: "其中 %d 行已列出，等待第二位负责人：goldbell people asks", En: "%d of them are listed for a second officer: goldbell people asks"},
	"people-ended":        {Zh: "已切断，记为一个条目。", En: "Cut off, in one entry."},
	"people-line":         {Zh: "%s  %s  %s  岗位 %s  级别 %d  主管 %s  合同 %s 至 %s  培训至 %s  %s", En: "%s  %s  %s  post %s  level %d  manager %s  contract %s to %s  trained until %s  %s"},
	"people-in-order":     {Zh: "正常", En: "in order"},
	"people-suspended":    {Zh: "已暂停", En: "suspended"},
	"people-forged":       {Zh: "此行不是账本写入的，不授予任何权限", En: "the row was not written by the ledger and gives nothing"},
	"people-sum":          {Zh: "共 %d 人。", En: "%d people."},
	"people-ask":          {Zh: "%s  由 %s 提出：合同至 %s → %s，级别 %d → %d，单位 %s → %s", En: "%s  asked for by %s: contract until %s → %s, level %d → %d, organisation %s → %s"},
	"people-asks-sum":     {Zh: "共 %d 项等待批准。", En: "%d wait for a decision."},
	"people-allowed":      {Zh: "已批准，现已生效。", En: "Allowed; it is in force."},
	"people-refused":      {Zh: "已拒绝，没有变更。", En: "Refused; nothing was changed."},
}
