package intake

import (
	"fmt"

	"github.com/goldbell/goldbell/internal/fault"
)

// Problem is why a file cannot be imported as it is: one sentence that says what
// to do, in both languages. It may name columns, never a value.
type Problem struct {
	fault    *fault.Fault
	sentence fault.Sentence
}

func (p *Problem) Error() string { return p.sentence.En }

// Unwrap gives the fault, whose kind decides the exit code.
func (p *Problem) Unwrap() error { return p.fault }

// Sentence is what the caller reads.
func (p *Problem) Sentence() fault.Sentence { return p.sentence }

// problem fills the sentence of an id. The arguments are the same for both
// languages and in the same order.
func problem(id string, args ...any) *Problem {
	s := sentences[id]
	kind := fault.Invalid
	switch id {
	case idUnpackLimit, idFileLimit:
		kind = fault.TooLarge
	case idChanged:
		kind = fault.Conflict
	case idRead, idRefusedFile:
		kind = fault.Unavailable
	}
	if len(args) > 0 {
		s = fault.Sentence{Zh: fmt.Sprintf(s.Zh, args...), En: fmt.Sprintf(s.En, args...)}
	}
	return &Problem{fault: fault.New(kind, id, ""), sentence: s}
}

const (
	idEmpty        = "import-empty"
	idNoHeader     = "import-no-header"
	idNoContact    = "import-no-contact-column"
	idTwoColumns   = "import-two-columns"
	idConflict     = "import-header-conflict"
	idUndecided    = "import-column-undecided"
	idMapSyntax    = "import-map-syntax"
	idMapColumn    = "import-map-column"
	idMapTwice     = "import-map-twice"
	idMapField     = "import-map-field"
	idMerge        = "import-merge-by"
	idOldExcel     = "import-old-excel"
	idXLSX         = "import-xlsx"
	idUnpackLimit  = "import-unpack-limit"
	idFileLimit    = "import-file-limit"
	idSheet        = "import-sheet"
	idJSONLines    = "import-json-lines"
	idHeaderBroken = "import-header-broken"
	idChanged      = "import-file-changed"
	idRead         = "import-read"
	idRefusedFile  = "import-refused-file"
	idRosterFormat = "import-roster-format"
	idRosterColumn = "import-roster-column"
	idRosterTwice  = "import-roster-twice"
)

var sentences = map[string]fault.Sentence{
	idEmpty:        {Zh: "文件里没有数据行。", En: "The file has no rows of data."},
	idNoHeader:     {Zh: "第一行像是数据而不是列名；请在最上面加一行列名（如 姓名,手机号,邮箱）再导入。", En: "The first row looks like data, not column names. Add a first row of column names (such as name,phone,email) and import again."},
	idNoContact:    {Zh: "没有认出手机号列或邮箱列，而每行至少要有其一；请用 --map 列名=phone 或 --map 列名=email 指明。文件中的列：%s。", En: "No phone or e-mail column was recognised, and every row needs one of them. Name it with --map COLUMN=phone or --map COLUMN=email. The file's columns: %s."},
	idTwoColumns:   {Zh: "字段 %s 对应了不止一列：%s；请用 --map 列名=%[1]s 指明用哪一列。", En: "Field %s matches more than one column: %s. Say which one with --map COLUMN=%[1]s."},
	idConflict:     {Zh: "列“%s”的列名像字段 %s，但内容大多不是；请用 --map %[1]s=字段 指明，或用 --map %[1]s=- 不存这一列。", En: "The name of column %q reads as field %s, but most of its content does not. Say what it is with --map %[1]s=FIELD, or leave it out with --map %[1]s=-."},
	idUndecided:    {Zh: "列“%s”的内容既不都是电话也不都是邮箱；请用 --map %[1]s=phone、--map %[1]s=email 指明，或用 --map %[1]s=- 不存这一列。", En: "Column %q holds neither phone numbers nor e-mail addresses throughout. Say what it is with --map %[1]s=phone or --map %[1]s=email, or leave it out with --map %[1]s=-."},
	idMapSyntax:    {Zh: "--map 的写法是 列名=字段，多项用逗号分开。", En: "--map is written COLUMN=FIELD, several separated by commas."},
	idMapColumn:    {Zh: "--map 指的列不在文件里；文件中的列：%s。", En: "--map names a column that is not in the file. The file's columns: %s."},
	idMapTwice:     {Zh: "--map 指的列名“%s”在文件里不止一列，请先改名。", En: "--map names column %q, and the file has more than one of that name. Rename one first."},
	idMapField:     {Zh: "--map 指的字段不存在；可用的字段：%s，或 - 表示不存。", En: "--map names a field that does not exist. The fields are %s, or - to leave a column out."},
	idMerge:        {Zh: "--merge-by 只能用已对应到列的可查找字段：%s。", En: "--merge-by takes an indexed field that a column is stored in: %s."},
	idOldExcel:     {Zh: "这是旧的 .xls 文件或有密码的 Excel 文件；请另存为无密码的 .xlsx 再导入。", En: "This is an old .xls file or an Excel file with a password. Save it as .xlsx without a password and import again."},
	idXLSX:         {Zh: "文件不能按 XLSX 读取，可能已损坏；请在 Excel 里重新另存。", En: "The file cannot be read as XLSX; it may be damaged. Save it again in Excel."},
	idUnpackLimit:  {Zh: "XLSX 解压后超过 %d 字节的上限，未读取；请拆分文件或另存为 CSV。", En: "Unpacked, this XLSX is over the limit of %d bytes and was not read. Split it or save it as CSV."},
	idFileLimit:    {Zh: "XLSX 文件超过 %d 字节的上限；请拆分文件或另存为 CSV。", En: "The XLSX file is over the limit of %d bytes. Split it or save it as CSV."},
	idSheet:        {Zh: "没有这个工作表；文件中的工作表：%s。", En: "There is no such sheet. The file's sheets: %s."},
	idJSONLines:    {Zh: "需要 JSON lines：每行一个对象，不要数组。", En: "JSON lines are needed: one object per line, no array."},
	idHeaderBroken: {Zh: "列名那一行的编码或引号有误，读不出列名。", En: "The row of column names has broken encoding or quotes."},
	idChanged:      {Zh: "文件在读取期间被改动；请重新导入。", En: "The file changed while it was read. Import it again."},
	idRefusedFile:  {Zh: "写不了被拒行的文件（FILE.refused.csv）。", En: "The file of refused rows (FILE.refused.csv) could not be written."},
	idRosterFormat: {Zh: "这份名单须是带列名的 CSV 或 XLSX。", En: "This list must be CSV or XLSX with a row of column names."},
	idRosterColumn: {Zh: "缺少“%s”列；文件中的列：%s。", En: "The column %q is missing. The file's columns: %s."},
	idRosterTwice:  {Zh: "有两列是同一个意思：%s；请删去一列或改名。", En: "Two columns mean the same: %s. Leave one out, or rename it."},
	idRead:         {Zh: "文件读取失败。", En: "The file could not be read."},
}
