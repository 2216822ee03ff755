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
	tmp, err := os.CreateTemp(filepath.Dir(path), ".refused-*") // mode 0600
	if err != nil {
		return nil, problem(idRefusedFile)
	}
	r := &RefusedFile{path: path, tmp: tmp, w: bufio.NewWriterSize(tmp, 64<<10), width: f.width, lang: lang}
	_, _ = r.w.Write(bomUTF8)
	head := []string{"reason", "说明", "line"}
	if lang == fault.En {
		head[1] = "explanation"
	}
	if err := r.line(append(head, f.format.header()...)); err != nil {
		r.Discard()
		return nil, err
	}
	return r, nil
}

// Write adds one refused row.
func (r *RefusedFile) Write(row Row) error {
	r.rows++
	key := row.Refusal.Key
	if reason := string(row.Refusal.Reason); reason != "" && reason != key {
		key += ": " + reason
	}
	cells := append([]string{key, row.Refusal.Sentence().In(r.lang), strconv.Itoa(row.Line)}, row.Cells...)
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
}
