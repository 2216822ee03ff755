package intake

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// companyList makes a list of n rows as the samples have them.
func companyList(n int) string {
	var b strings.Builder
	b.WriteString("客户编号,姓名,手机号,邮箱,身份证号,公司名称,联系地址,注册时间,备注\n")
	phones := []string{"+86 138", "0086138", "138", "138", "138"}
	for i := range n {
		phone := fmt.Sprint(phones[i%len(phones)], 10_000_000+i)
		fmt.Fprintf(&b, "C%d,张小明,%s,u%d@example.cn,11010519491231002X,杭州示例医疗器械有限公司,上海市解放路%d号,2020-01-02,\"老客户, 勿扰\"\n", i, phone, i, i%100)
	}
	return b.String()
}

func benchmark(b *testing.B, name string, src []byte, rows int) {
	f, err := Open(bytes.NewReader(src), name, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for r, err := range f.Rows() {
			if err != nil || r.Refusal != nil {
				b.Fatal("a good row was refused", err)
			}
			n++
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkCSV(b *testing.B) { benchmark(b, "a.csv", []byte(companyList(20_000)), 20_000) }

func BenchmarkCSVGB18030(b *testing.B) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(companyList(20_000))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, "a.csv", []byte(gb), 20_000)
}

func BenchmarkSurvey(b *testing.B) {
	f, err := Open(strings.NewReader(companyList(20_000)), "a.csv", Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.Survey(SurveyOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkXLSX(b *testing.B) {
	rows := [][]any{}
	for line := range strings.SplitSeq(strings.TrimSpace(companyList(5_000)), "\n") {
		var cells []any
		for _, c := range strings.SplitN(line, ",", 9) {
			cells = append(cells, c)
		}
		rows = append(rows, cells)
	}
	benchmark(b, "a.xlsx", book(b, map[string][][]any{"客户": rows}, "客户"), 5_000)
}
