package intake

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Rows of consents and people: what is typed, and why a row is refused.
func TestConsentRows(t *testing.T) {
	text := "手机号;客户编号;处理目的;接收方;告知版本;同意时间;证明;同意类型\n" +
		"13800138000;;partner-lead;reseller;v1;2024-03-01 10:20;" + strings.Repeat("ab", 32) + ";单独同意\n" +
		";" + strings.Repeat("0a", 16) + ";partner-lead;reseller;v1;2024/3/1;BOX-7;\n" +
		"12;;partner-lead;reseller;v1;2024/3/1;BOX-7;\n" +
		";;partner-lead;reseller;v1;2024/3/1;BOX-7;\n" +
		"13800138000;;;reseller;v1;2024/3/1;BOX-7;\n" +
		"13800138000;;partner-lead;reseller;;2024/3/1;BOX-7;\n" +
		"13800138000;;partner-lead;reseller;v1;soon;BOX-7;\n" +
		"13800138000;;partner-lead;reseller;v1;1999-01-01;BOX-7;\n" +
		"13800138000;;partner-lead;reseller;v1;2024/3/1;;\n" +
		"13800138000;;partner-lead;reseller;v1;2024/3/1;13800138000;\n" +
		"13800138000;;partner-lead;reseller;v1;2024/3/1;BOX-7;maybe\n" +
		"13800138000;;partner-lead;reseller;v1;2024/3/1;BOX-7;同意;more\n"
	want := []string{"", "", KeySubject, KeySubject, KeyPurpose, KeyNotice, KeyWhen, KeyWhen, KeyProof, KeyProof, KeyConsentKind, KeyCells}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"utf-8": text, "with a mark": "\ufeff" + text, "gbk": gbk} {
		list, err := OpenConsents(strings.NewReader(file), "x.csv")
		if err != nil {
			t.Fatal(name, err)
		}
		var rows []ConsentRow
		for line, err := range list.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, line.Consent())
		}
		if len(rows) != len(want) {
			t.Fatalf("%s: %d rows", name, len(rows))
		}
		for i, r := range rows {
			if r.Refused != want[i] {
				t.Errorf("%s: row %d is refused for %q, not %q", name, i+1, r.Refused, want[i])
			}
		}
		first, second := rows[0], rows[1]
		if !first.Separate || len(first.Proof) != 32 || first.Phone.IsEmpty() || !first.At.Equal(time.Date(2024, 3, 1, 2, 20, 0, 0, time.UTC)) {
			t.Errorf("%s: %+v", name, first.At)
		}
		if second.Separate || second.Proof != nil || second.Reference != "BOX-7" || !second.At.Equal(time.Date(2024, 2, 29, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %+v", name, second.At)
		}
	}
}

func TestPeopleColumns(t *testing.T) {
	for text, want := range map[string]string{
		"工号,单位\na1,own\n":           "",
		"Staff No.,Org\na1,own\n":   "",
		"姓名,单位\n张三,own\n":           idRosterColumn,
		"工号,员工编号\na1,a1\n":          idRosterTwice,
		"13800138000,own\na1,own\n": idNoHeader,
		"{\"id\":\"a1\"}\n":         idRosterFormat,
		"":                          idEmpty,
	} {
		list, err := OpenPeople(strings.NewReader(text), "x.csv")
		var p *Problem
		got := ""
		if errors.As(err, &p) {
			got = p.fault.ID
		}
		if got != want {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
		if err == nil {
			_ = list.Close()
		}
	}
}

// A last day is over when the next begins; a contract without end says so in many ways.
func TestPeopleDays(t *testing.T) {
	list, err := OpenPeople(strings.NewReader("工号,合同结束\na1,2026-12-31\na2,9999-12-31\na3,\na4,2026年2月28日\na5,20261231\na6,2026-12-31 08:00\na7,2026-02-30\n"), "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	day := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, zone) }
	want := []time.Time{day(2027, 1, 1, 0), {}, {}, day(2026, 3, 1, 0), day(2027, 1, 1, 0), day(2026, 12, 31, 8), {}}
	for line, err := range list.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		p := line.Person(nil)
		if bad := p.Refused != ""; bad != (line.Number == 7) || !p.Until.Equal(want[line.Number-1]) {
			t.Errorf("row %d: %v, %q", line.Number, p.Until, p.Refused)
		}
	}
}
