package intake

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// repeat gives n rows of the same cells.
func repeat(row string, n int) string { return strings.Repeat(row+"\n", n) }

func TestColumnsAreRecognised(t *testing.T) {
	const id = "11010519491231002X"
	cases := []struct {
		name string
		text string
		flag string
		want string // fields in the file's order, - = not stored
	}{
		{"Chinese", "客户编号,姓名,手机号,邮箱,身份证号,公司名称,联系地址\n1,甲,13800138000,a@b.cn," + id + ",丙,丁\n", "", "- name phone email id_number company address"},
		{"English", "ID,Full Name,Mobile No.,E-mail Address,ID Number,Company,Address\n1,A,13800138000,a@b.cn," + id + ",C,D\n", "", "- name phone email id_number company address"},
		{"brackets, space and case", " 联系人 （必填）,【电 话】,EMAIL\n甲,13800138000,a@b.cn\n", "", "name phone email"},
		{"vague name, phones", "姓名,联系方式\n甲,13800138000\n", "", "name phone"},
		{"vague name, e-mails", "姓名,联系方式\n甲,a@b.cn\n", "", "name email"},
		{"content alone", "代码,姓名\n" + repeat("13800138000,甲", 3), "", "phone name"},
		{"too little content alone", "编号,邮箱\n" + repeat("13800138000,a@b.cn", 2), "", "- email"},
		{"header before content", "代码,手机\n" + repeat("13800138001,13800138000", 9), "", "- phone"},
		{"somebody else's number", "紧急联系人电话,业务员手机,邮箱\n" + repeat("13800138000,13800138001,a@b.cn", 9), "", "- - email"},
		{"order numbers", "订单号,邮箱\n" + repeat("13800138000,a@b.cn", 9), "", "- email"},
		{"map settles two columns", "手机,电话,姓名\n13800138000,010-87654321,甲\n", "电话=phone", "- phone name"},
		{"map leaves one out", "手机,电话,姓名\n13800138000,010-87654321,甲\n", "电话=-", "phone - name"},
		{"map by number", ",姓名\n13800138000,甲\n", "#1=phone", "phone name"},
		{"map against header", "邮箱,姓名\n13800138000,甲\n13800138000,甲\n", "邮箱=phone", "phone name"},
		{"rounded numbers still are a phone column", "姓名,手机\n" + repeat("甲,1.38E+10", 12), "", "name phone"},
		{"few bad cells", "姓名,手机\n甲,x\n乙,y\n", "", "name phone"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := open(t, "a.csv", c.text, Options{Map: mapping(t, c.flag)})
			var got []string
			for _, col := range f.Plan().Columns {
				if col.Field == "" {
					col.Field = "-"
				}
				got = append(got, string(col.Field))
			}
			if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

func mapping(t *testing.T, flag string) map[string]string {
	t.Helper()
	if flag == "" {
		return nil
	}
	m, err := ParseMap(flag)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestProblems(t *testing.T) {
	cases := []struct {
		name, file, text, flag string
		want                   string
		says                   string // in the English sentence
	}{
		{"nothing", "a.csv", "", "", idEmpty, ""},
		{"blank", "a.csv", "\ufeff \r\n\n", "", idEmpty, ""},
		{"header only", "a.csv", "姓名,手机\n", "", idEmpty, ""},
		{"no header", "a.csv", "甲,13800138000\n乙,13800138001\n", "", idNoHeader, "Add a first row"},
		{"no header, e-mail", "a.csv", "x,a@b.cn\ny,a@b.cn\n", "", idNoHeader, ""},
		{"no contact column", "a.csv", "姓名,城市\n甲,北京\n", "", idNoContact, "姓名, 城市"},
		{"two columns", "a.csv", "手机,电话\n13800138000,13800138000\n", "", idTwoColumns, "手机, 电话"},
		{"two columns by content", "a.csv", "甲,乙\n" + repeat("13800138000,13800138001", 5), "", idTwoColumns, "--map COLUMN=phone"},
		{"two columns by map", "a.csv", "甲,乙\n1,2\n", "甲=phone,乙=phone", idTwoColumns, "甲, 乙"},
		{"header conflict", "a.csv", "手机号,邮箱\n" + repeat("老客户,a@b.cn", 10), "", idConflict, `"手机号"`},
		{"swapped columns", "a.csv", "手机号,邮箱\n" + repeat("a@b.cn,13800138000", 2), "", idConflict, `"手机号"`},
		{"names that are phones", "a.csv", "姓名,邮箱\n" + repeat("13800138000,a@b.cn", 2), "", idConflict, `"姓名"`},
		{"vague and mixed", "a.csv", "联系方式\n13800138000\na@b.cn\n", "", idUndecided, "联系方式"},
		{"map of no column", "a.csv", "姓名,手机\n甲,13800138000\n", "无=phone", idMapColumn, "姓名, 手机"},
		{"map of no field", "a.csv", "姓名,手机\n甲,13800138000\n", "手机=fax", idMapField, "id_number"},
		{"map of a double name", "a.csv", "甲,甲\n1,13800138000\n", "甲=phone", idMapTwice, `"甲"`},
		{"header in pieces", "a.csv", "\"姓名,手机\n甲,13800138000\n", "", idHeaderBroken, ""},
		{"old Excel", "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "", idOldExcel, ".xlsx"},
		{"no XLSX", "a.xlsx", "PK\x03\x04rest", "", idXLSX, ""},
		{"JSON array", "a.json", "[{\"phone\":\"13800138000\"}]", "", idJSONLines, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(strings.NewReader(c.text), c.file, Options{Map: mapping(t, c.flag)})
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want a problem", err)
			}
			if !fault.IsID(err, c.want) || !strings.Contains(p.Error(), c.says) || p.Sentence().Zh == "" {
				t.Errorf("got %q: %s", fault.Of(err).ID, p.Error())
			}
			if fault.Of(err).Kind.ExitCode() != 2 {
				t.Errorf("exit code %d", fault.Of(err).Kind.ExitCode())
			}
			for _, s := range []string{p.Sentence().Zh, p.Sentence().En} {
				if strings.Contains(s, "%!") || strings.Contains(s, "1380013") || strings.Contains(s, "a@b.cn") {
					t.Errorf("sentence %q", s)
				}
			}
		})
	}
}

// TestSentences: each id has both, with the same number of arguments.
func TestSentences(t *testing.T) {
	for id, s := range sentences {
		if s.Zh == "" || s.En == "" {
			t.Errorf("%s lacks a sentence", id)
		}
		if strings.Contains(s.Zh, "%") != strings.Contains(s.En, "%") {
			t.Errorf("%s: only one language takes arguments", id)
		}
	}
}

func TestParseMap(t *testing.T) {
	got, err := ParseMap("手机=phone, a=b =email", "x=-")
	if d := cmp.Diff(map[string]string{"手机": "phone", "a=b": "email", "x": "-"}, got); err != nil || d != "" {
		t.Error(err, d)
	}
	for _, bad := range []string{"", "手机", "=phone", "手机=", "a=x,a=y", ","} {
		if _, err := ParseMap(bad); !fault.IsID(err, idMapSyntax) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNamesThatAreNotShown(t *testing.T) {
	f := open(t, "a.csv", "手机,客户13800138000,\x01,"+strings.Repeat("长", 41)+",备 注\n13800138000\n", Options{})
	if d := cmp.Diff([]string{"#2", "#3", "#4", "备 注"}, f.Plan().NotStored()); d != "" {
		t.Error(d)
	}
}

func TestOwnFields(t *testing.T) {
	schema := append(pii.Registration(), pii.FieldSpec{Field: "backup_phone", Kind: pii.KindPhone}, pii.FieldSpec{Field: "hobby", Kind: pii.KindText})
	f := open(t, "a.csv", "Hobby,backup_phone,姓名\n书,010-87654321,甲\n,1,乙\n", Options{Schema: schema})
	rows := all(t, f)
	var got []string
	for _, v := range rows[0].Values {
		got = append(got, string(v.Field)+"="+v.Value.Reveal())
	}
	if d := cmp.Diff([]string{"name=甲", "backup_phone=01087654321", "hobby=书"}, got); d != "" {
		t.Error(d)
	}
	if key(rows[1]) != "backup_phone" {
		t.Errorf("refused for %q", key(rows[1]))
	}
}
