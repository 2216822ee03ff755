package intake

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

const list = `姓名,手机,邮箱,身份证号,备注
甲,+86 138-0013-8000,,,a
乙,1.38E+10,,,b
甲,１３８００１３８０００,jia@b.cn,11010519491231002x,c
丙,,,,d
丁,13800138001,x#b.cn,,e
戊,,wu@b.cn,110105194912310021,f
己,13800138002,JIA@b.cn,,g
庚,13800138000,geng@b.cn,,h
`

// subjects writes the second pass in one line each.
func subjects(t testing.TB, s *Survey) (got []string) {
	t.Helper()
	for sub, err := range s.Subjects() {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprint(sub.Rows)
		for _, v := range sub.Values {
			line += " " + string(v.Field) + "=" + v.Value.Reveal()
		}
		got = append(got, line)
	}
	return got
}

func TestSurvey(t *testing.T) {
	f := open(t, "a.csv", list, Options{})
	s, err := f.Survey(SurveyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		Rows: 8, Stored: 4, Refused: 4,
		RefusedBy:          map[string]int{"phone": 1, "no contact": 1, "email": 1, "id_number": 1},
		DuplicatePhoneRows: 2,
		DuplicateRows:      map[pii.Field]int{pii.Phone: 2, pii.Email: 1},
		Duplicates:         []Duplicate{{3, 1, pii.Phone}, {7, 3, pii.Email}, {8, 1, pii.Phone}},
		Conflicts:          []Conflict{},
		NotStored:          []string{"备注"},
	}
	if d := cmp.Diff(want, s.Report); d != "" {
		t.Error(d)
	}
	if got := subjects(t, s); len(got) != 4 {
		t.Errorf("%d subjects", len(got))
	}
}

func TestMergeBy(t *testing.T) {
	f := open(t, "a.csv", list, Options{})
	s, err := f.Survey(SurveyOptions{MergeBy: pii.Phone})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[7] name=己 phone=13800138002 email=jia@b.cn",
		"[1 3 8] name=甲 phone=13800138000 email=jia@b.cn id_number=11010519491231002X",
	}
	for range 2 { // a second pass gives the same again
		if d := cmp.Diff(want, subjects(t, s)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]Conflict{{8, 1, pii.Name}, {8, 1, pii.Email}}, s.Report.Conflicts); d != "" || s.Report.MergeConflicts != 2 {
			t.Error(d)
		}
	}
	if s.Report.Stored != 2 || s.Report.Merged != 2 || s.Report.Refused != 4 {
		t.Errorf("%d stored, %d merged, %d refused", s.Report.Stored, s.Report.Merged, s.Report.Refused)
	}
	for _, field := range []pii.Field{pii.Name, pii.Address, "fax"} {
		if _, err := f.Survey(SurveyOptions{MergeBy: field}); !fault.IsID(err, idMerge) {
			t.Errorf("merge by %s: %v", field, err)
		}
	}
}

// TestMergeModel compares the two passes with a map that holds everything.
func TestMergeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString("姓名,手机,邮箱\n")
		type person struct{ name, email string }
		model, order := map[string]*person{}, 0
		loose, merged, refused := 0, 0, 0
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		for range n {
			phone := rapid.SampledFrom([]string{"", "13800138000", "13800138001", "13800138002", "138"}).Draw(t, "phone")
			p := person{rapid.SampledFrom([]string{"", "甲", "乙"}).Draw(t, "name"), rapid.SampledFrom([]string{"", "a@b.cn", "c@d.cn"}).Draw(t, "email")}
			fmt.Fprintf(&text, "%s,%s,%s\n", p.name, phone, p.email)
			have := model[phone]
			switch {
			case phone == "138" || phone == "" && p.email == "":
				refused++
			case phone == "":
				loose++
			case have == nil:
				model[phone] = &p
				order++
			default:
				merged++
				if have.name == "" {
					have.name = p.name
				}
				if have.email == "" {
					have.email = p.email
				}
			}
		}
		f, err := Open(strings.NewReader(text.String()), "a.csv", Options{Map: map[string]string{"手机": "phone", "邮箱": "email", "姓名": "name"}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Survey(SurveyOptions{MergeBy: pii.Phone})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Report
		if r.Rows != n || r.Stored != order+loose || r.Merged != merged || r.Refused != refused {
			t.Fatalf("%d rows, %d stored, %d merged, %d refused", r.Rows, r.Stored, r.Merged, r.Refused)
		}
		for sub, err := range s.Subjects() {
			if err != nil {
				t.Fatal(err)
			}
			v := map[pii.Field]string{}
			for _, x := range sub.Values {
				v[x.Field] = x.Value.Reveal()
			}
			if m := model[v[pii.Phone]]; m != nil && (m.name != v[pii.Name] || m.email != v[pii.Email]) {
				t.Fatalf("a merged subject is not what the model holds")
			}
		}
	})
}

func TestChangedBetweenPasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(list)
	src, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, err := Open(src, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Survey(SurveyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Digest()
	if err != nil {
		t.Fatal(err)
	}
	write(list + "辛,13800138009,,,\n")
	var last error
	for _, err := range s.Subjects() {
		last = err
	}
	if !fault.IsID(last, idChanged) {
		t.Errorf("got %v", last)
	}
	if after, err := f.Digest(); err != nil || after == before {
		t.Error("the digest must change with the file")
	}
}

func TestListsAreCapped(t *testing.T) {
	f := open(t, "a.csv", "姓名,手机\n"+repeat("甲,13800138000", MostListed+50), Options{})
	s, err := f.Survey(SurveyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Report.Duplicates) != MostListed || s.Report.DuplicatePhoneRows != MostListed+49 {
		t.Errorf("%d listed of %d", len(s.Report.Duplicates), s.Report.DuplicatePhoneRows)
	}
}

// TestReportHoldsNoValue sweeps the report and the plan for the values of the list.
func TestReportHoldsNoValue(t *testing.T) {
	f := open(t, "a.csv", list, Options{})
	s, err := f.Survey(SurveyOptions{MergeBy: pii.Phone})
	if err != nil {
		t.Fatal(err)
	}
	subjects(t, s)
	b, err := json.Marshal(map[string]any{"report": s.Report, "plan": f.Plan()})
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"1380013", "jia", "b.cn", "1949", "甲", "庚"} {
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("the report holds %q", canary)
		}
	}
}

func TestRefusedFile(t *testing.T) {
	dir := t.TempDir()
	path := RefusedPath(filepath.Join(dir, "a.csv"))
	f := open(t, "a.csv", list+"\xff\xff,\"x\n", Options{})
	w, err := f.CreateRefused(path, fault.En)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Survey(SurveyOptions{Refused: w.Write}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the file must not appear before it is complete")
	}
	if name, err := w.Commit(); err != nil || name != path {
		t.Fatal(name, err)
	}
	w.Discard()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(text, bomUTF8) {
		t.Fatal("no BOM", err)
	}
	again := open(t, path, string(text), Options{})
	var got []string
	for _, r := range all(t, again) {
		got = append(got, strings.Join([]string{r.Cells[0], r.Cells[2], r.Cells[3], r.Cells[4]}, "|"))
	}
	want := []string{"phone: digits lost|3|乙|1.38E+10", "no contact|5|丙|", "email|6|丁|13800138001", "id_number|7|戊|", "quotes|10|\uFFFD|\"x"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".refused-*")); len(left) != 0 {
		t.Error("a temporary file was left behind")
	}
}

func TestRefusedFileOfNothing(t *testing.T) {
	dir := t.TempDir()
	f := open(t, "a.csv", "手机\n13800138000\n", Options{})
	w, err := f.CreateRefused(filepath.Join(dir, "x.refused.csv"), fault.ZhCN)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := w.Commit(); name != "" || err != nil {
		t.Error(name, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files left", len(files))
	}
	if _, err := f.CreateRefused(filepath.Join(dir, "none", "x"), fault.ZhCN); !fault.IsID(err, idRefusedFile) {
		t.Error(err)
	}
}

// FuzzRefusedCells writes any cells and reads them back unchanged.
func FuzzRefusedCells(f *testing.F) {
	f.Add("a\"b", " x ", ",\r\n;")
	f.Add("", "\t", "=1+1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		a, b, c = plain(a), plain(b), plain(c)
		file := open(t, "a.csv", "甲,乙,手机\n1,2,13800138000\n", Options{})
		path := filepath.Join(t.TempDir(), "r.csv")
		w, err := file.CreateRefused(path, fault.ZhCN)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(Row{Line: 7, Cells: []string{a, b, c}, Refusal: &Refusal{Key: KeyNoContact}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		strict, err := csv.NewReader(bytes.NewReader(text[3:])).ReadAll()
		if err != nil || len(strict) != 2 {
			t.Fatalf("by the book: %d rows, %v", len(strict), err)
		}
		rows := all(t, open(t, path, string(text), Options{Map: map[string]string{"手机": "phone", "甲": "-", "乙": "-"}}))
		if len(rows) != 1 {
			t.Fatalf("%d rows", len(rows))
		}
		if d := cmp.Diff([]string{a, b, c}, rows[0].Cells[3:]); d != "" {
			t.Error(d)
		}
	})
}

// TestEqualHashesDoNotMerge forges what a collision of hashes would look like.
func TestEqualHashesDoNotMerge(t *testing.T) {
	f := open(t, "a.csv", "手机\n13800138000\n13800138000\n", Options{})
	s, err := f.Survey(SurveyOptions{MergeBy: pii.Phone})
	if err != nil {
		t.Fatal(err)
	}
	forged := map[uint64]*Subject{}
	for h := range s.groups {
		forged[h] = &Subject{Rows: []int{1}, Values: []FieldValue{{pii.Phone, pii.NewValue("13800138009")}}}
	}
	row := all(t, f)[1]
	if _, err := s.join(row, forged); !fault.IsID(err, idChanged) {
		t.Errorf("two phones became one person: %v", err)
	}
}
