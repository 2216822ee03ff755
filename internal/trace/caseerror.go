package trace

import (
	"fmt"

	"github.com/goldbell/goldbell/internal/fault"
)

// CaseError says what is wrong with a case folder, in one sentence with file
// and line. It never repeats what the file holds.
type CaseError struct {
	File string
	Line int // 0 when the whole file is meant
	msg  message
}

type message struct{ zh, en string }

var (
	msgMissing    = message{"案件文件夹里缺少这个文件", "the case folder lacks this file"}
	msgNoEvidence = message{"案件文件夹里既没有 complaints.csv，也没有 leaked_*.csv", "the case folder holds neither complaints.csv nor a leaked_*.csv"}
	msgUnreadable = message{"读取失败", "the file cannot be read"}
	msgEmpty      = message{"文件是空的，连表头也没有", "the file is empty: not even a header"}
	msgColumns    = message{"本行的列数与表头不同", "the row has another number of columns than the header"}
	msgColumn     = message{"缺少必需的列", "a required column is missing"}
	msgTwice      = message{"表头里有重复的列名", "the header names a column twice"}
	msgQuote      = message{"引号没有成对", "a quotation mark is not closed"}
	msgLong       = message{"本行超过 1 MiB", "the row is longer than 1 MiB"}
	msgTime       = message{"时间不是 RFC 3339 格式", "the time is not in RFC 3339 form"}
	msgNumber     = message{"应为整数的格里不是整数，或超出范围", "a cell that should be a whole number is not one, or is out of range"}
	msgFlag       = message{"应为 0 或 1", "a cell that should be 0 or 1 is neither"}
	msgNoID       = message{"标识为空", "an id is empty"}
	msgDuplicate  = message{"标识重复", "the id occurs twice"}
	msgSubject    = message{"客户不在 subjects.csv 中", "the subject is not in subjects.csv"}
	msgRecipient  = message{"接收方不在 recipients.csv 中", "the recipient is not in recipients.csv"}
	msgFields     = message{"字段种类超过 32 种", "there are more than 32 different fields"}
	msgVersion    = message{"版本号不在 0 到 63 之间", "the version is not between 0 and 63"}
	msgJSON       = message{"不是文件名到时间的 JSON 对象", "this is not a JSON object from file name to time"}
	msgFoundTime  = message{"files.json 没有写明这个文件的发现时间", "files.json does not say when this file was found"}
	msgHeader     = message{"表头里没有认得的列（电话、邮箱、姓名、公司）", "no column of the header is known (phone, e-mail, name, company)"}
	msgTooMany    = message{"条目过多，内存放不下", "there are more rows than this program holds"}
)

// In returns the sentence in a language.
func (e *CaseError) In(l fault.Lang) string {
	text, end := e.msg.en, "."
	if l == fault.ZhCN {
		text, end = e.msg.zh, "。"
	}
	switch {
	case e.File == "":
		return text + end
	case e.Line == 0:
		return fmt.Sprintf("%s: %s%s", e.File, text, end)
	case l == fault.ZhCN:
		return fmt.Sprintf("%s 第 %d 行：%s%s", e.File, e.Line, text, end)
	}
	return fmt.Sprintf("%s line %d: %s%s", e.File, e.Line, text, end)
}

func (e *CaseError) Error() string { return e.In(fault.En) }

// Unwrap makes a bad case an invalid request to every surface.
func (e *CaseError) Unwrap() error { return fault.New(fault.Invalid, "bad-case", e.File) }
