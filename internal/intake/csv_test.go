package intake

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// open opens a text as a file of that name.
func open(t testing.TB, name, text string, o Options) *File {
	t.Helper()
	f, err := Open(strings.NewReader(text), name, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// all reads every row.
func all(t testing.TB, f *File) (rows []Row) {
	t.Helper()
	for r, err := range f.Rows() {
		if err != nil {
			t.Fatalf("rows: %v", err)
		}
		rows = append(rows, r)
	}
	return rows
}

func key(r Row) string {
	if r.Refusal == nil {
		return ""
	}
	return r.Refusal.Key
}

// TestCSVShapes: cells and refusal of each row; a fourth column takes whatever
// the case is about.
func TestCSVShapes(t *testing.T) {
	long := strings.Repeat("x", longestRecord)
	cases := []struct {
		name string
		body string
		want []string // cells joined by |, then / and the refusal's key
	}{
		{"LF and CRLF", "甲,13800138000\r\n乙,13800138001\n", []string{"甲|13800138000/", "乙|13800138001/"}},
		{"no last line end", "甲,13800138000", []string{"甲|13800138000/"}},
		{"blank lines are no rows", "\n甲,13800138000\r\n\r\n", []string{"甲|13800138000/"}},
		{"empty cells are a row", ",\n", []string{"|/no contact"}},
		{"short row", "甲\n", []string{"甲/no contact"}},
		{"empty overflow", "甲,13800138000,,\n", []string{"甲|13800138000||/"}},
		{"overflow", "甲,13800138000,x\n", []string{"甲|13800138000|x/cells"}},
		{"quoted", "\"甲, 乙\",\"13800138000\"\r\n", []string{"甲, 乙|13800138000/"}},
		{"quoted line end", "\"甲\r\n乙\",13800138000\n", []string{"甲\r\n乙|13800138000/"}},
		{"doubled quotes", "\"\"\"甲\"\"\",13800138000\n", []string{"\"甲\"|13800138000/"}},
		{"empty quoted", "\"\",13800138000\n\"\"\n", []string{"|13800138000/", "/no contact"}},
		{"quote inside", "甲\"乙,13800138000\n", []string{"甲\"乙|13800138000/"}},
		{"lone quotes in a quoted cell", "\"他说\"再联系\",13800138000\n", []string{"他说\"再联系|13800138000/"}},
		{"quote never closed", "\"甲,13800138000\n乙,13800138001\n", []string{"\"甲|13800138000/quotes", "乙|13800138001/"}},
		{"lost quote before a good one", "\"甲,13800138000\n\"乙\",13800138001\n", []string{"\"甲|13800138000/quotes", "乙|13800138001/"}},
		{"line too long", long + "甲\n乙,13800138001\n", []string{"/too long", "乙|13800138001/"}},
		{"bytes of no encoding", "\xff,13800138000\n乙乙乙,13800138001\n", []string{"\uFFFD|13800138000/encoding", "乙乙乙|13800138001/"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range all(t, open(t, "a.csv", "姓名,手机\n"+c.body, Options{})) {
				got = append(got, strings.Join(r.Cells, "|")+"/"+key(r))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestFirstFaultNamesTheRow: fields in the schema's order, a missing contact last.
func TestFirstFaultNamesTheRow(t *testing.T) {
	f := open(t, "a.csv", "身份证号,邮箱,手机,姓名\n1,x,1,甲\n1,x,,甲\n1,,,甲\n,,,甲\n,,1,甲\n,,,"+strings.Repeat("长", 101)+"\n", Options{})
	var got []string
	for _, r := range all(t, f) {
		if len(r.Values) != 0 {
			t.Error("a refused row must not hand out values")
		}
		got = append(got, key(r))
	}
	if d := cmp.Diff([]string{"phone", "email", "id_number", "no contact", "phone", "name"}, got); d != "" {
		t.Error(d)
	}
}

func TestLineNumbers(t *testing.T) {
	f := open(t, "a.csv", "姓名,手机\n\n\"甲\n甲\",1\n乙,2\n\"丙,3\n丁,4\n", Options{})
	var lines []int
	for _, r := range all(t, f) {
		lines = append(lines, r.Line)
	}
	if d := cmp.Diff([]int{3, 5, 6, 7}, lines); d != "" {
		t.Error(d)
	}
}

func TestOldMacLines(t *testing.T) {
	rows := all(t, open(t, "a.csv", "姓名,手机\r甲,13800138000\r\"乙\r乙\",13800138001\r", Options{}))
	if len(rows) != 2 || rows[1].Cells[0] != "乙\r乙" || rows[1].Refusal != nil {
		t.Fatalf("got %d rows", len(rows))
	}
}

func TestDelimiters(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.csv", "姓名;手机;备注\n甲;13800138000;a,b,c,d\n", ";"},
		{"a.txt", "姓名\t手机\n甲\t13800138000\n", "\t"},
		{"a.tsv", "a,b\t手机\n甲\t13800138000\n", "\t"},
		{"a.csv", "sep=;\n姓名;手机\n甲;13800138000\n", ";"},
		{"a.csv", "sep=\t\r\n姓名\t手机\r\n甲\t13800138000\r\n", "\t"},
		{"a.csv", "\"a;b;c\",手机\n甲,13800138000\n", ","},
		{"a.csv", "手机\n13800138000\n", ","},
	} {
		f := open(t, c.name, c.text, Options{})
		rows := all(t, f)
		if f.Plan().Delimiter != c.want || len(rows) != 1 || rows[0].Refusal != nil {
			t.Errorf("%q: delimiter %q, %d rows", c.text, f.Plan().Delimiter, len(rows))
		}
	}
}

func TestEncodings(t *testing.T) {
	text := "姓名,手机\n镕𠮷,13800138000\n乙,13800138001\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for want, src := range map[string]string{UTF8: text, "UTF-8 ": "\ufeff" + text, GB18030: gb, UTF16LE: le} {
		f := open(t, "a.csv", src, Options{})
		rows := all(t, f)
		if f.Plan().Encoding != strings.TrimSpace(want) || len(rows) != 2 || rows[0].Cells[0] != "镕𠮷" || rows[0].Refusal != nil {
			t.Errorf("%s: read as %s, %d rows", want, f.Plan().Encoding, len(rows))
		}
	}
}

// TestDamageStaysInItsRow cuts a character in half in one row of a long file.
func TestDamageStaysInItsRow(t *testing.T) {
	for _, enc := range []string{UTF8, GB18030} {
		text := "姓名,手机,备注\n" + strings.Repeat("张三,13800138000,好\n", 5000)
		cut := []byte(text)
		if enc == GB18030 {
			gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			cut = []byte(gb)
		}
		at := bytes.LastIndexByte(cut[:len(cut)-1], '\n') // the last row but none
		cut = append(cut[:at-1:at-1], cut[at:]...)
		f, err := Open(bytes.NewReader(cut), "a.csv", Options{})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, r := range all(t, f) {
			if r.Refusal != nil {
				refused++
				if r.Number != 4999 || key(r) != KeyEncoding {
					t.Errorf("%s: row %d refused for %q", enc, r.Number, key(r))
				}
			}
		}
		if refused != 1 {
			t.Errorf("%s: %d rows refused, want 1", enc, refused)
		}
	}
}

// FuzzCSVWritten writes rows with encoding/csv and reads them back in several
// encodings and with every delimiter.
func FuzzCSVWritten(f *testing.F) {
	f.Add("甲", "a,b", "\"", "x\ny", uint8(0))
	f.Add(" ", "\t;,", "\"\"", "\r\n", uint8(4))
	f.Add("镕", "丂", "\u00a0", "é", uint8(2))
	f.Fuzz(func(t *testing.T, a, b, c, d string, mode uint8) {
		delim := []rune{',', ';', '\t'}[mode%3]
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.Comma = delim
		w.UseCRLF = false
		rows := [][]string{{"一", "手机", "邮箱", "四"}, {a, "13800138000", b, c}, {d, c, b, a}, {"甲乙丙", "", "a@b.cn", a}}
		for _, r := range rows {
			for i, s := range r {
				r[i] = plain(s)
			}
			if err := w.Write(r); err != nil {
				t.Skip()
			}
		}
		w.Flush()
		src := text.Bytes()
		if mode&4 != 0 {
			gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(src)
			if err != nil {
				t.Skip()
			}
			src = gb
		}
		file, err := Open(bytes.NewReader(src), "a.csv", Options{Map: map[string]string{"手机": "phone", "邮箱": "email", "一": "-", "四": "-"}})
		if err != nil {
			t.Fatalf("%v", err)
		}
		got := all(t, file)
		if len(got) != len(rows)-1 {
			t.Fatalf("%d rows read, %d written", len(got), len(rows)-1)
		}
		for i, r := range got {
			if diff := cmp.Diff(rows[i+1], r.Cells); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// plain keeps a fuzzed cell within what both sides define alike: valid text,
// line ends that encoding/csv does not rewrite, characters GB18030 round-trips.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "")
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\uFFFD' || r == '\ufeff' || r >= 0xE000 && r <= 0xF8FF || r >= 0x1E00 && r <= 0x1EFF || r >= 0x9FA6 && r <= 0x9FFF || r >= 0x2E80 && r <= 0x2EFF || r == '€' || r >= 0xFE10 && r <= 0xFE1F {
			return -1
		}
		return r
	}, s)
}

// FuzzCSVBytes feeds any bytes: no panic, two passes agree, all rows accounted
// for, and where encoding/csv reads the file strictly the rows are as many.
func FuzzCSVBytes(f *testing.F) {
	for _, s := range []string{"姓名,手机\n甲,13800138000\n", "a;手机\n\"", "手机\r1\r\"\r\r", "\xff\xfe\x4b\x62\x3a\x67\n\x00", "手机,x\n\"a\"b\n\"\"\"\n", "{\"手机\":\"1\"}\n{\"手机\":[]}", "手机\n\x81,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Open(bytes.NewReader(src), "a.csv", Options{Map: nil})
		if err != nil {
			if _, ok := err.(*Problem); !ok {
				t.Fatalf("%T is no problem with a sentence", err)
			}
			return
		}
		s, err := file.Survey(SurveyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Report
		by := 0
		for _, n := range r.RefusedBy {
			by += n
		}
		if r.Stored+r.Merged+r.Refused != r.Rows || by != r.Refused || len(all(t, file)) != r.Rows {
			t.Fatalf("rows do not add up: %d stored, %d merged, %d refused of %d", r.Stored, r.Merged, r.Refused, r.Rows)
		}
		if file.Plan().Format == "csv" && file.Plan().Encoding == UTF8 {
			compareStrict(t, file, src)
		}
	})
}

// compareStrict compares cells where the standard library, which knows the book
// only, finds nothing wrong.
func compareStrict(t *testing.T, file *File, src []byte) {
	src = bytes.TrimPrefix(src, bomUTF8)
	if bytes.IndexByte(src, '\r') >= 0 || !bytes.Contains(src, []byte("\n")) || bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(src, "\n")), []byte("sep=")) {
		return
	}
	r := csv.NewReader(bytes.NewReader(src))
	r.Comma, r.FieldsPerRecord = rune(file.Plan().Delimiter[0]), -1
	var want [][]string
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return
		}
		want = append(want, rec)
	}
	got := all(t, file)
	if len(got) != len(want)-1 {
		t.Fatalf("%d rows, encoding/csv reads %d", len(got), len(want)-1)
	}
	for i, g := range got {
		if g.Refusal != nil && g.Refusal.Key == KeyEncoding {
			continue
		}
		if d := cmp.Diff(want[i+1], g.Cells); d != "" {
			t.Fatal(d)
		}
	}
}
