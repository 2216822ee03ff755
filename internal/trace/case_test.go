package trace

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goldbell/goldbell/internal/fault"
)

// secret stands for a value in every malformed file; no message may repeat it.
const secret = "canary-13900001111"

func goodCase() map[string]string {
	c := map[string]string{
		"subjects.csv":    "subject,segment,region,signup_month,public_listing,decoy\n",
		"recipients.csv":  "recipient,kind,team\nr1,agent,1\nr2,agent,1\nr3,partner,\n",
		"disclosures.csv": "time,recipient,subject,plain,masked,alias,value_version,format_variant,purpose\n",
		"values.csv":      "subject,version,valid_from,phone,name,email,company\n",
		"complaints.csv":  "time,subject,channel,contacted,known,known_company\n",
	}
	for i := range 600 {
		c["subjects.csv"] += fmt.Sprintf("s%d,%d,%d,%d,0,0\n", i, i%2, i/2%2, i%5)
		c["values.csv"] += fmt.Sprintf("s%d,0,2024-12-31T00:00:00Z,+86138%08d,Wang %d,u%d@mail.example,Firm %d Ltd\n", i, i, i, i, i)
		c["disclosures.csv"] += fmt.Sprintf("2025-03-%02dT0%d:00:00Z,r%d,s%d,phone|name,,,0,-1,call\n", 1+i%28, i%10, 1+i%3, i)
	}
	for i := range 15 {
		c["complaints.csv"] += fmt.Sprintf("2025-05-%02dT09:00:00+08:00,s%d,call,+86138%08d,phone|name,\n", 1+i, 3*i*7%600, 3*i*7%600)
	}
	return c
}

func folder(c map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range c {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestACaseFolderIsAnswered(t *testing.T) {
	f, err := RunCase(folder(goodCase()))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Ranking) == 0 || f.Ranking[0].Recipient != "r1" {
		t.Errorf("ranking %v", f.Ranking)
	}
}

func TestMalformedCases(t *testing.T) {
	replace := func(file, old, text string) func(map[string]string) {
		return func(c map[string]string) { c[file] = strings.Replace(c[file], old, text, 1) }
	}
	add := func(file, text string) func(map[string]string) {
		return func(c map[string]string) { c[file] += text }
	}
	drop := func(files ...string) func(map[string]string) {
		return func(c map[string]string) {
			for _, f := range files {
				delete(c, f)
			}
		}
	}
	set := func(file, text string) func(map[string]string) { return func(c map[string]string) { c[file] = text } }
	for _, tt := range []struct {
		name   string
		change func(map[string]string)
		want   string
	}{
		{"no subjects", drop("subjects.csv"), "subjects.csv: the case folder lacks this file."},
		{"no recipients", drop("recipients.csv"), "recipients.csv: the case folder lacks this file."},
		{"no disclosures", drop("disclosures.csv"), "disclosures.csv: the case folder lacks this file."},
		{"no evidence", drop("complaints.csv"), "the case folder holds neither complaints.csv nor a leaked_*.csv."},
		{"empty file", set("recipients.csv", ""), "recipients.csv: the file is empty: not even a header."},
		{"bad time", add("disclosures.csv", secret+",r1,s1,phone,,,0,-1,call\n"), "disclosures.csv line 602: the time is not in RFC 3339 form."},
		{"day that is none", replace("disclosures.csv", "2025-03-02", "2025-02-30"), "disclosures.csv line 3: the time is not in RFC 3339 form."},
		{"absurd year", replace("complaints.csv", "2025-05-01", "0001-05-01"), "complaints.csv line 2: the time is not in RFC 3339 form."},
		{"unknown recipient", add("disclosures.csv", "2025-03-01T00:00:00Z,"+secret+",s1,phone,,,0,-1,call\n"), "disclosures.csv line 602: the recipient is not in recipients.csv."},
		{"unknown subject", add("disclosures.csv", "2025-03-01T00:00:00Z,r1,"+secret+",phone,,,0,-1,call\n"), "disclosures.csv line 602: the subject is not in subjects.csv."},
		{"complaint of nobody", add("complaints.csv", "2025-03-01T00:00:00Z,"+secret+",call,,phone,\n"), "complaints.csv line 17: the subject is not in subjects.csv."},
		{"duplicate subject", add("subjects.csv", "s5,0,0,0,0,0\n"), "subjects.csv line 602: the id occurs twice."},
		{"duplicate recipient", add("recipients.csv", "r1,agent,2\n"), "recipients.csv line 5: the id occurs twice."},
		{"empty id", add("recipients.csv", ",agent,2\n"), "recipients.csv line 5: an id is empty."},
		{"short row", add("complaints.csv", secret+"\n"), "complaints.csv line 17: the row has another number of columns than the header."},
		{"missing column", replace("disclosures.csv", "recipient", "who"), "disclosures.csv line 1: a required column is missing."},
		{"column twice", replace("recipients.csv", "kind,team", "kind,kind"), "recipients.csv line 1: the header names a column twice."},
		{"bad flag", add("subjects.csv", "s600,0,0,0,"+secret+",0\n"), "subjects.csv line 602: a cell that should be 0 or 1 is neither."},
		{"bad version", add("disclosures.csv", "2025-03-01T00:00:00Z,r1,s1,phone,,,"+secret+",-1,call\n"), "disclosures.csv line 602: the version is not between 0 and 63."},
		{"bad variant", add("disclosures.csv", "2025-03-01T00:00:00Z,r1,s1,phone,,,0,"+secret+",call\n"), "disclosures.csv line 602: a cell that should be a whole number is not one, or is out of range."},
		{"open quote", add("complaints.csv", "2025-05-01T00:00:00Z,s1,call,\"+86"+secret+",phone,\n"), "complaints.csv line 17: a quotation mark is not closed."},
		{"text after quote", add("complaints.csv", "2025-05-01T00:00:00Z,s1,call,\"a\"b,phone,\n"), "complaints.csv line 17: a quotation mark is not closed."},
		{"endless line", add("complaints.csv", strings.Repeat(secret, 1<<17)), "complaints.csv line 17: the row is longer than 1 MiB."},
		{"version twice", add("values.csv", "s1,0,,,,,\n"), "values.csv line 602: the id occurs twice."},
		{"too many fields", add("disclosures.csv", "2025-03-01T00:00:00Z,r1,s1,"+manyFields()+",,,0,-1,call\n"), "disclosures.csv line 602: there are more than 32 different fields."},
		{"found file without time", set("leaked_1.csv", "tel\n1\n"), "files.json: the case folder lacks this file."},
		{"time list broken", func(c map[string]string) { c["leaked_1.csv"], c["files.json"] = "tel\n1\n", "[]" }, "files.json: this is not a JSON object from file name to time."},
		{"file not in list", func(c map[string]string) { c["leaked_1.csv"], c["files.json"] = "tel\n1\n", "{}" }, "leaked_1.csv: files.json does not say when this file was found."},
		{"unknown header", func(c map[string]string) {
			c["leaked_1.csv"], c["files.json"] = "x,y\n1,2\n", `{"leaked_1.csv":"2025-09-01T00:00:00Z"}`
		}, "leaked_1.csv line 1: no column of the header is known (phone, e-mail, name, company)."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := goodCase()
			tt.change(c)
			_, err := RunCase(folder(c))
			if err == nil {
				t.Fatal("answered")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if !fault.Is(err, fault.Invalid) {
				t.Error("not an invalid request")
			}
			var e *CaseError
			if !errors.As(err, &e) || e.In(fault.ZhCN) == e.In(fault.En) || strings.Contains(e.In(fault.ZhCN), secret) {
				t.Errorf("in Chinese: %v", e)
			}
		})
	}
}

func manyFields() string {
	var out []string
	for i := range 40 {
		out = append(out, fmt.Sprint("f", i))
	}
	return strings.Join(out, "|")
}

func TestOddButGoodCases(t *testing.T) {
	for name, change := range map[string]func(map[string]string){
		"byte order mark and CRLF": func(c map[string]string) {
			for n := range c {
				c[n] = "\ufeff" + strings.ReplaceAll(c[n], "\n", "\r\n")
			}
		},
		"columns in another order": func(c map[string]string) { c["recipients.csv"] = "team,recipient,extra\n1,r1,x\n1,r2,x\n,r3,x\n" },
		"only required columns": func(c map[string]string) {
			c["recipients.csv"] = "recipient\nr1\nr2\nr3\n"
			delete(c, "values.csv")
		},
		"quoted cells": func(c map[string]string) {
			c["complaints.csv"] += "2025-05-01T00:00:00Z,\"s1\",call,\"+86\n138\",\"phone\",\"a \"\"b\"\"\"\n"
		},
		"no last line":  func(c map[string]string) { c["complaints.csv"] = strings.TrimSuffix(c["complaints.csv"], "\n") },
		"no complaints": func(c map[string]string) { c["complaints.csv"] = "time,subject\n" },
	} {
		t.Run(name, func(t *testing.T) {
			c := goodCase()
			change(c)
			f, err := RunCase(folder(c))
			if err != nil {
				t.Fatal(err)
			}
			if name == "no complaints" && (f.Verdict == Accuse || f.Verdict == Group) {
				t.Errorf("%s without evidence", f.Verdict)
			}
			if name == "columns in another order" && !slices.Contains(f.Detail.Notes, "recipients.csv: 1 column ignored") {
				t.Errorf("notes %v", f.Detail.Notes)
			}
		})
	}
}

// TestFoundFile: a partner's export comes back in another spelling, among rows
// of strangers and noise.
func TestFoundFile(t *testing.T) {
	c := goodCase()
	delete(c, "complaints.csv")
	c["leaked_1.csv"] = "姓名;x,手机号,公司名称\n"
	c["files.json"] = `{"leaked_1.csv":"2025-09-01T00:00:00Z"}`
	for i := 2; i < 240; i += 3 { // what r3 was shown
		c["leaked_1.csv"] += fmt.Sprintf("W.,138-%04d-%04d,FIRM %d ltd.\n", i/10000, i%10000, i)
	}
	c["leaked_1.csv"] += "W.,13800000002,\nW.,0086 138 0000 0005,\n" // twice, in other spellings
	for i := range 300 {
		c["leaked_1.csv"] += fmt.Sprintf("Li,+8615%09d,\"broken %d\n", i, i)
	}
	f, err := RunCase(folder(c))
	if err != nil {
		t.Fatal(err)
	}
	if f.Verdict != Accuse || !slices.Equal(f.Accused, []string{"r3"}) {
		t.Errorf("%s %v %v", f.Verdict, f.Accused, f.Ranking)
	}
	if !slices.Contains(f.Detail.Notes, "leaked_1.csv: 382 rows, of which 80 different persons are in the records") {
		t.Errorf("notes %v", f.Detail.Notes)
	}
}

// TestLineNoise: a file that is noise is read through and says nothing; noise
// where a table should be is one sentence.
func TestLineNoise(t *testing.T) {
	var noise strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&noise, "%x,\x00\xff\"%d,,,+0%07d\n", i*7919, i, i%977)
	}
	c := goodCase()
	c["complaints.csv"] = "time,subject\n"
	c["leaked_1.csv"] = "tel,name\n" + noise.String()
	c["files.json"] = `{"leaked_1.csv":"2025-09-01T00:00:00Z"}`
	f, err := RunCase(folder(c))
	if err != nil {
		t.Fatal(err)
	}
	if f.Verdict == Accuse || f.Verdict == Group {
		t.Errorf("%s %v on noise", f.Verdict, f.Accused)
	}
	c = goodCase()
	c["complaints.csv"] = "time,subject,channel,contacted,known,known_company\n" + noise.String()
	_, err = RunCase(folder(c))
	var e *CaseError
	if !errors.As(err, &e) || e.File != "complaints.csv" || e.Line != 2 {
		t.Errorf("noise in complaints.csv: %v", err)
	}
}

func TestExplanationsNameNoValue(t *testing.T) {
	f, err := RunCase(folder(goodCase()))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []fault.Lang{fault.ZhCN, fault.En} {
		text := strings.Join(f.Explain(l), "\n")
		if text == "" || strings.Contains(text, "%!") || strings.Contains(text, "138") || strings.Contains(text, "Wang") {
			t.Errorf("explanation:\n%s", text)
		}
		for _, never := range []string{"guilty", "proves", "100" + " %", "100" + "%", "100.0%", "有罪"} {
			if strings.Contains(text, never) {
				t.Errorf("the explanation says %q", never)
			}
		}
	}
}

// FuzzCase: whatever a file holds, the answer is a finding or one sentence
// that repeats nothing of it.
func FuzzCase(f *testing.F) {
	good := goodCase()
	names := slices.Sorted(maps.Keys(good))
	for i, n := range names {
		f.Add(uint8(i), good[n][:min(len(good[n]), 300)])
	}
	f.Add(uint8(2), "time,recipient,subject,plain\n\"")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		c := goodCase()
		c[names[int(which)%len(names)]] = text
		_, err := RunCase(folder(c))
		var e *CaseError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("not one sentence: %v", err)
		}
	})
}
