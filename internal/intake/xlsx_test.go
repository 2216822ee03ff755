package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/goldbell/goldbell/internal/fault"
)

// book writes rows into sheets as a spreadsheet file.
func book(t testing.TB, sheets map[string][][]any, order ...string) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	for i, name := range order {
		if i == 0 {
			if err := x.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := x.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, cells := range sheets[name] {
			at, err := excelize.CoordinatesToCellName(1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.SetSheetRow(name, at, &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	src := book(t, map[string][][]any{
		"说明": nil,
		"客户": {
			{}, {"姓名", "手机", "备注"},
			{"甲", 13800138000, "x"},
			{"乙", "+86 138 0013 8001"},
			{},
			{"丙", "1.38E+10"},
			{"丁", "13800138002", "", "shifted"},
			{"戊\n戊", "", "只有备注"},
		},
		"旧": {{"姓名"}, {"己"}},
	}, "说明", "客户", "旧")
	f, err := Open(bytes.NewReader(src), "a.xlsx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := f.Plan()
	if p.Format != "xlsx" || p.Sheet != "客户" || cmp.Diff([]string{"旧"}, p.OtherSheets) != "" {
		t.Errorf("plan %+v", p)
	}
	for range 2 {
		var got []string
		for _, r := range all(t, f) {
			got = append(got, strings.Join(r.Cells, "|")+"/"+key(r))
		}
		want := []string{"甲|13800138000|x/", "乙|+86 138 0013 8001/", "丙|1.38E+10/phone", "丁|13800138002||shifted/cells", "戊\n戊||只有备注/no contact"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	if rows := all(t, f); rows[0].Line != 3 || rows[2].Line != 6 {
		t.Error("lines must be rows of the sheet")
	}
	if _, err := Open(bytes.NewReader(src), "a.xlsx", Options{Sheet: "无"}); !fault.IsID(err, idSheet) {
		t.Error(err)
	}
	if _, err := Open(bytes.NewReader(src), "a.xlsx", Options{Sheet: "旧"}); !fault.IsID(err, idNoContact) {
		t.Error(err)
	}
}

func TestXLSXUnpackLimit(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 4<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(bytes.NewReader(b.Bytes()), "a.xlsx", Options{Unpack: 1 << 20})
	if !fault.IsID(err, idUnpackLimit) || !strings.Contains(err.Error(), "1048576") {
		t.Errorf("got %v", err)
	}
	var p *Problem
	if !errors.As(err, &p) || !fault.Is(err, fault.TooLarge) {
		t.Error("the limit is a problem of its own kind")
	}
}

// TestXLSXLeavesNoFile reads a sheet larger than excelize's own memory limit.
func TestXLSXLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	x := excelize.NewFile()
	w, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat("长", 400)
	for i := range 16_000 {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		cells := []any{"13800138000", filler}
		if i == 0 {
			cells = []any{"手机", "备注"}
		}
		if err := w.SetRow(at, cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	f, err := Open(bytes.NewReader(b.Bytes()), "a.xlsx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for _, err := range f.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 100 {
			break
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("%d temporary files, %v", len(files), err)
	}
}

// TestXLSXBrokenSheet rewrites the sheet of a good file; the library alone would
// read each of these as a shorter list.
func TestXLSXBrokenSheet(t *testing.T) {
	good := book(t, map[string][][]any{"客户": {{"手机"}, {13800138000}, {13800138001}, {13800138002}}}, "客户")
	for name, change := range map[string][2]string{
		"unchanged":    {"", ""},
		"broken tag":   {"<row r=\"3\"", "<row r=\"3"},
		"stray end":    {"<row r=\"3\"", "</c><row r=\"3\""},
		"out of order": {"<row r=\"4\"", "<row r=\"2\""},
		"row too far":  {"<row r=\"4\"", "<row r=\"99999999\""},
	} {
		f, err := Open(bytes.NewReader(rewrite(t, good, change[0], change[1])), "a.xlsx", Options{})
		if name == "unchanged" {
			if err != nil || len(all(t, f)) != 3 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !fault.IsID(err, idXLSX) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// rewrite replaces a text in the first sheet.
func rewrite(t *testing.T, src []byte, from, to string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range in.File {
		text, err := fs.ReadFile(in, m.Name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(m.Name, "xl/worksheets/") {
			if !bytes.Contains(text, []byte(from)) {
				t.Fatal("nothing to rewrite")
			}
			text = bytes.Replace(text, []byte(from), []byte(to), 1)
		}
		w, err := z.Create(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWholeNumber(t *testing.T) {
	for in, want := range map[string]string{
		"1.3812345678E10": "13812345678", "1.3812345678E+10": "13812345678",
		"1.38E+10": "1.38E+10", "4.40305199411227E+17": "4.40305199411227E+17",
		"1.E0": "1.E0", "1.5E": "1.5E", "1.5Ex": "1.5Ex", "EMAIL": "EMAIL", "": "",
	} {
		if got := wholeNumber(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestJSONLines(t *testing.T) {
	f := open(t, "a.jsonl", `{"name":"甲","phone":13800138000,"vip":true}

{"phone":"13800138001","备注":null}
{"phone":1.38E+10}
{"phone":"13800138002","phone":"13800138003"}
{"phone":["13800138004"]}
{"phone":"13800138005"} x
not json
{"name":"\ufffd","phone":"13800138006"}
`, Options{})
	var got []string
	for _, r := range all(t, f) {
		got = append(got, key(r))
	}
	if d := cmp.Diff([]string{"", "", "phone", "json", "json", "json", "json", "name"}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"vip", "备注"}, f.Plan().NotStored()); d != "" {
		t.Error(d)
	}
}

func FuzzJSONLines(f *testing.F) {
	f.Add([]byte("{\"phone\":\"13800138000\"}\n{\"x\":1}"))
	f.Add([]byte("{\"phone\":{}}\n{]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Open(bytes.NewReader(src), "a.jsonl", Options{})
		if err != nil {
			return
		}
		s, err := file.Survey(SurveyOptions{})
		if err != nil || s.Report.Stored+s.Report.Refused != s.Report.Rows {
			t.Fatalf("%v, rows do not add up", err)
		}
	})
}
