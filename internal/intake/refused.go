package intake

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
)

// RefusedFile writes refused rows where the importer can mend them: CSV in
// UTF-8 with BOM, readable by its owner only. Before each row's own cells, which
// are written as they were read, stand the reason, the reason in words and the
// line of the source. The file appears under its name only when it is complete.
type RefusedFile struct {
	path  string
	tmp   *os.File
	w     *bufio.Writer
	width int
	rows  int
	lang  fault.Lang
}

// RefusedPath is where the refused rows of a file go.
func RefusedPath(file string) string { return file + ".refused.csv" }

// CreateRefused starts the file of refused rows for f beside the source. End it
// with Commit, or with Discard if the import stops.
func (f *File) CreateRefused(path string, lang fault.Lang) (*RefusedFile, error) {
	return createRefused(path, lang, f.format.header())
}

// CreateRefused is [File.CreateRefused] for a table; it is written to with WriteLine.
func (t *Table) CreateRefused(path string, lang fault.Lang) (*RefusedFile, error) {
	return createRefused(path, lang, t.Header())
}

func createRefused(path string, lang fault.Lang, header []string) (*RefusedFile, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".refused-*") // mode 0600
	if err != nil {
		return nil, problem(idRefusedFile)
	}
	r := &RefusedFile{path: path, tmp: tmp, w: bufio.NewWriterSize(tmp, 64<<10), width: len(header), lang: lang}
	_, _ = r.w.Write(bomUTF8)
	head := []string{"reason", "说明", "line"}
	if lang == fault.En {
		head[1] = "explanation"
	}
	if err := r.line(append(head, header...)); err != nil {
		r.Discard()
		return nil, err
	}
	return r, nil
}

// Write adds one refused row.
func (r *RefusedFile) Write(row Row) error {
	key := row.Refusal.Key
	if reason := string(row.Refusal.Reason); reason != "" && reason != key {
		key += ": " + reason
	}
	return r.WriteLine(key, row.Refusal.Sentence(), row.Line, row.Cells)
}

// WriteLine adds a row that was refused for the reason key, which why explains.
func (r *RefusedFile) WriteLine(key string, why fault.Sentence, line int, cells []string) error {
	r.rows++
	cells = append([]string{key, why.In(r.lang), strconv.Itoa(line)}, cells...)
	for len(cells) < r.width+3 {
		cells = append(cells, "")
	}
	return r.line(cells)
}

// line writes one record. Errors of the buffered writer stick, so the last write
// tells.
func (r *RefusedFile) line(cells []string) error {
	for i, c := range cells {
		if i > 0 {
			_ = r.w.WriteByte(',')
		}
		if c != "" && strings.ContainsAny(c, ",;\t\"\r\n ") || len(cells) == 1 {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		_, _ = r.w.WriteString(c)
	}
	if _, err := r.w.WriteString("\r\n"); err != nil {
		return problem(idRefusedFile)
	}
	return nil
}

// Commit makes the file durable under its name and returns the name. With no
// row refused there is no file and the name is empty; a file of an earlier run
// is then left as it is.
func (r *RefusedFile) Commit() (string, error) {
	if r.rows == 0 {
		r.Discard()
		return "", nil
	}
	err := r.w.Flush()
	if err == nil {
		err = r.tmp.Sync()
	}
	if closed := r.tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(r.tmp.Name(), r.path)
	}
	if err != nil {
		_ = os.Remove(r.tmp.Name())
		return "", problem(idRefusedFile)
	}
	return r.path, nil
}

// Discard removes what was written. After Commit it does nothing.
func (r *RefusedFile) Discard() {
	if r.tmp.Close() == nil {
		_ = os.Remove(r.tmp.Name())
	}
}

// Sentence says why a row was refused, without its values.
func (r Refusal) Sentence() fault.Sentence {
	if s, ok := refusalSentences[string(r.Reason)]; ok {
		return s
	}
	if s, ok := refusalSentences[r.Key]; ok {
		return s
	}
	return fault.Sentence{Zh: "内容不合规则", En: "not valid"}
}

var refusalSentences = map[string]fault.Sentence{
	"phone":              {Zh: "不是完整的电话号码", En: "not a complete phone number"},
	"email":              {Zh: "不是有效的邮箱地址", En: "not a valid e-mail address"},
	"id_number":          {Zh: "身份证号的位数、日期或校验码不对", En: "wrong length, date or check digit of the ID number"},
	"digits lost":        {Zh: "表格软件把号码变成了科学计数法，位数已丢失", En: "a spreadsheet rounded the number; digits are lost"},
	"too long":           {Zh: "内容过长", En: "too long"},
	"control characters": {Zh: "含有控制字符", En: "control characters"},
	KeyEncoding:          {Zh: "含有无法识别的字节或字符", En: "bytes that are not text"},
	KeyQuotes:            {Zh: "引号没有配对", En: "a quote that is not closed"},
	KeyCells:             {Zh: "单元格比列名多，可能有未加引号的逗号", En: "more cells than columns; perhaps a comma that was not quoted"},
	KeyJSON:              {Zh: "不是一行一个的平面 JSON 对象", En: "not one flat JSON object"},
	KeyNoContact:         {Zh: "电话和邮箱都没有", En: "neither phone nor e-mail"},
	KeyStaffNumber:       {Zh: "工号须为字母、数字和 . _ -，不超过 40 位，且不能是电话或身份证号", En: "a staff number is letters, digits and . _ -, at most 40, and no telephone or identity number"},
	KeyPost:              {Zh: "岗位须是代码（小写字母、数字、-）；中文岗位名请用 --post 名称=代码 说明", En: "a post is a code (lower-case letters, digits, -); say with --post NAME=CODE what another name means"},
	KeyLevel:             {Zh: "级别须为 1 至 4，或留空", En: "a level is 1 to 4, or empty"},
	KeyManager:           {Zh: "主管须写工号", En: "a manager is a staff number"},
	KeyFrom:              {Zh: "合同开始日期读不懂，或早于 2000-01-01", En: "the contract's start is no date, or before 2000-01-01"},
	KeyUntil:             {Zh: "合同结束日期读不懂，或早于 2000 年、晚于 2100 年", En: "the contract's end is no date, or before 2000 or after 2100"},
	KeyKind:              {Zh: "负责人、管理员和服务账号不能由文件登记", En: "officers, administrators and services are not made by a file"},
	KeyOrg:               {Zh: "没有写明单位", En: "no organisation is named"},
	KeySubject:           {Zh: "没有有效的个人编号，也没有有效的手机号", En: "neither a valid id of a person nor a valid phone number"},
	KeyConsentKind:       {Zh: "同意类型须为 同意 或 单独同意", En: "the kind of consent is consent or separate consent"},
	KeyWhen:              {Zh: "同意时间读不懂，或早于 2000 年、晚于 2100 年", En: "the time of the consent is no time, or before 2000 or after 2100"},
	KeyProof:             {Zh: "须有证明：SHA-256，或存放处的编号（不能是电话、邮箱或证件号）", En: "a proof is needed: its SHA-256, or where it is kept (no phone number, address or identity number)"},
	KeyNotice:            {Zh: "没有写明告知的版本", En: "the version of the notice is not named"},
	KeyPurpose:           {Zh: "没有写明处理目的", En: "the purpose is not named"},
	KeyRecipient:         {Zh: "没有写明接收方", En: "the recipient is not named"},
	KeyTwice:             {Zh: "与文件中前面某行是同一对象", En: "an earlier row of the file is about the same"},
}
