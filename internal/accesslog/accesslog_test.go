package accesslog_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/accesslog"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
)

const plainMapping = `{"time":{"column":"at"},"recipient":{"column":"who"},"subject":{"column":"whom"},"plain":{"value":"phone"}}`

func convert(t testing.TB, name, log, mapping string) (string, accesslog.Report, error) {
	t.Helper()
	m, err := accesslog.ReadMapping(strings.NewReader(mapping))
	if err != nil {
		t.Fatal(err)
	}
	table, err := intake.OpenTable(bytes.NewReader([]byte(log)), name, true)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r, err := accesslog.Convert(table, name, m, accesslog.Out{Disclosures: &out, Recipients: io.Discard, Subjects: io.Discard})
	return out.String(), r, err
}

// TestTimes: a log writes its times in one of many ways; all become one.
func TestTimes(t *testing.T) {
	for _, c := range []struct{ rule, cell, want string }{
		{`{"column":"at"}`, "2026-03-01T10:00:00+08:00", "2026-03-01T02:00:00Z"},
		{`{"column":"at","form":"unix"}`, "1772330400", "2026-03-01T02:00:00Z"},
		{`{"column":"at","form":"unix-ms"}`, "1772330400999", "2026-03-01T02:00:00Z"},
		{`{"column":"at","form":"YYYY/MM/DD hh:mm:ss","zone":"+08:00"}`, "2026/03/01 10:00:00", "2026-03-01T02:00:00Z"},
		{`{"column":"at","form":"DD.MM.YYYY hh:mm:ss","zone":"UTC"}`, "01.03.2026 02:00:00", "2026-03-01T02:00:00Z"},
		{`{"column":"at","form":"unix"}`, "99999999999", ""},
		{`{"column":"at","form":"unix"}`, "-5", ""},
		{`{"column":"at"}`, "yesterday", ""},
		{`{"column":"at"}`, "", ""},
	} {
		mapping := strings.Replace(plainMapping, `{"column":"at"}`, c.rule, 1)
		got, r, err := convert(t, "a.csv", "at,who,whom\n"+c.cell+",w,c\n", mapping)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			if r.BadLines != 1 || r.Disclosures != 0 {
				t.Errorf("%s %q: %+v, want one bad line", c.rule, c.cell, r)
			}
			continue
		}
		if !strings.Contains(got, "\n"+c.want+",w,c,phone,") {
			t.Errorf("%s %q gave %q", c.rule, c.cell, got)
		}
	}
}

// TestBadMappings: each is refused with a place, before the log is read.
func TestBadMappings(t *testing.T) {
	for name, m := range map[string]string{
		"no subject":          `{"time":{"column":"at"},"recipient":{"column":"who"},"plain":{"value":"phone"}}`,
		"no field":            `{"time":{"column":"at"},"recipient":{"column":"who"},"subject":{"column":"whom"}}`,
		"a typing mistake":    strings.Replace(plainMapping, "recipient", "recipiant", 1),
		"column and value":    strings.Replace(plainMapping, `"value":"phone"`, `"value":"phone","column":"x"`, 1),
		"neither":             strings.Replace(plainMapping, `"value":"phone"`, ``, 1),
		"no zone":             strings.Replace(plainMapping, `{"column":"at"}`, `{"column":"at","form":"YYYY-MM-DD hh:mm:ss"}`, 1),
		"a time without days": strings.Replace(plainMapping, `{"column":"at"}`, `{"column":"at","form":"YYYY-MM hh:mm:ss","zone":"UTC"}`, 1),
		"no JSON":             `time=at`,
		"only of nothing":     strings.Replace(plainMapping, `{"time"`, `{"only":{"column":"x"},"time"`, 1),
	} {
		if _, err := accesslog.ReadMapping(strings.NewReader(m)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

// TestBadCellsAreNamed: what a trace would refuse the folder for is named here,
// with the line of the log.
func TestBadCellsAreNamed(t *testing.T) {
	mapping := strings.Replace(plainMapping, `"plain"`, `"value_version":{"column":"v"},"format_variant":{"column":"f"},"plain"`, 1)
	log := "at,who,whom,v,f\n2026-03-01T10:00:00Z,w,c,0,-1\n2026-03-01T10:00:00Z,w,c,64,-1\n2026-03-01T10:00:00Z,w,c,1,128\n" +
		"2026-03-01T10:00:00Z,w,,1,1\n\"2026-03-01T10:00:00Z,w,c,1,1\n2026-03-01T10:00:00Z,w,c,1,1,extra\n"
	_, r, err := convert(t, "a.csv", log, mapping)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range r.Bad {
		lines = append(lines, p.Line)
	}
	if fmt.Sprint(lines) != "[3 4 5 6]" || r.Disclosures != 2 {
		t.Errorf("bad lines %v, disclosures %d; want 3 to 6, and 2", lines, r.Disclosures)
	}
}

// TestEveryLineIsCountedOnce: whatever a log holds, each line is a disclosure, left
// out or bad, in any encoding, and what comes out is a CSV of nine columns.
func TestEveryLineIsCountedOnce(t *testing.T) {
	mapping := strings.Replace(plainMapping, `{"time"`, `{"only":{"column":"ok","is":["是"]},"time"`, 1)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "lines")
		log := "at,who,whom,ok\n2026-03-01T10:00:00Z,w,c,是\n"
		for range n {
			at := rapid.SampledFrom([]string{"2026-03-01T10:00:00Z", "x"}).Draw(t, "at")
			who := rapid.SampledFrom([]string{"王", "w,\"1\"", "", "a\nb"}).Draw(t, "who")
			ok := rapid.SampledFrom([]string{"是", "否"}).Draw(t, "ok")
			log += fmt.Sprintf("%s,\"%s\",c,%s\n", at, strings.ReplaceAll(who, `"`, `""`), ok)
		}
		if rapid.Bool().Draw(t, "gb") {
			log, _ = simplifiedchinese.GB18030.NewEncoder().String(log)
		}
		m, _ := accesslog.ReadMapping(strings.NewReader(mapping))
		table, err := intake.OpenTable(strings.NewReader(log), "a.csv", true)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		r, err := accesslog.Convert(table, "a.csv", m, accesslog.Out{Disclosures: &out, Recipients: io.Discard, Subjects: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if r.Lines != n+1 || r.Disclosures+r.LeftOut+r.BadLines != r.Lines {
			t.Fatalf("%+v of %d lines", r, n+1)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != r.Disclosures+1 || len(rows[0]) != 9 {
			t.Fatalf("%d rows, %v; want %d", len(rows), err, r.Disclosures+1)
		}
	})
}
