package hold

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// marks are what the values of customer(0) to customer(99) begin with, field by
// field. Each is long enough not to occur by chance in gigabytes of numbers.
var marks = []string{"卡那瑞0000", "139471100", "canary0000", "33010619500101", "金丝雀0000", "金丝雀路0000"}

// spelling is one way to write a mark down.
type spelling struct {
	name string
	text []byte
}

// spellings are the ways a value comes to lie in files and logs: as it is, as Go,
// JSON, URLs, PostgreSQL and Windows write it, and as people write phones.
var spellings = func() (all []spelling) {
	for i, m := range marks {
		add := func(how string, text string) {
			s := spelling{fmt.Sprintf("mark %d, %s", i, how), []byte(text)}
			if !slices.ContainsFunc(all, func(x spelling) bool { return bytes.Equal(x.text, s.text) }) {
				all = append(all, s)
			}
		}
		b := []byte(m)
		add("raw", m)
		add("upper case", strings.ToUpper(m))
		add("URL-encoded", url.QueryEscape(m))
		add("URL-encoded in lower case", strings.ToLower(url.QueryEscape(m)))
		add("hexadecimal", hex.EncodeToString(b))
		add("upper hexadecimal", strings.ToUpper(hex.EncodeToString(b)))
		add("hexadecimal with spaces", fmt.Sprintf("% x", b))
		add("hexadecimal escapes", strings.ReplaceAll(fmt.Sprintf(" % x", b), " ", `\x`))
		add("bytes as numbers", strings.Trim(fmt.Sprint(b), "[]"))
		add("bytes as a JSON array", strings.ReplaceAll(strings.Trim(fmt.Sprint(b), "[]"), " ", ","))
		add("bytes as Go source", strings.ReplaceAll(fmt.Sprintf(" % #x", b), " ", ", ")[2:])
		add("octal escapes", octal(b))
		add("JSON escapes", escapes(m, `\u%04x`))
		add("upper JSON escapes", escapes(m, `\u%04X`))
		add("JSON escapes throughout", throughout(m))
		add("HTML escapes", escapes(m, `&#%d;`))
		for shift := range 3 {
			add(fmt.Sprintf("base64, shifted by %d", shift), inner64(base64.RawStdEncoding, b, shift))
			add(fmt.Sprintf("URL base64, shifted by %d", shift), inner64(base64.RawURLEncoding, b, shift))
		}
		add("base32", base32.StdEncoding.EncodeToString(b[:len(b)/5*5]))
		add("UTF-16, little end first", wide(m, 0))
		add("UTF-16, big end first", wide(m, 1))
		if gb, err := simplifiedchinese.GB18030.NewEncoder().String(m); err == nil {
			add("GB18030", gb)
		}
		add("full width", fullWidth(m))
		if i == 1 {
			add("with hyphens", "139-4711-00")
			add("with spaces", "139 4711 00")
			add("with hyphens, URL-encoded", "139%2D4711%2D00")
			add("with spaces, URL-encoded", "139+4711+00")
		}
	}
	return all
}()

// inner64 is the part of the base64 text that is the same whatever stands before
// and after the bytes, when they begin shift bytes into a group of three.
func inner64(enc *base64.Encoding, b []byte, shift int) string {
	b = b[(3-shift)%3:]
	return enc.EncodeToString(b[:len(b)/3*3])
}

func escapes(s, format string) string {
	var out strings.Builder
	for _, r := range s {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, format, r)
	}
	return out.String()
}

func throughout(s string) string {
	var out strings.Builder
	for _, r := range s {
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}

func octal(b []byte) string {
	var out strings.Builder
	for _, c := range b {
		if c < 0x80 {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, `\%03o`, c)
	}
	return out.String()
}

func wide(s string, at int) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		pair := [2]byte{byte(u >> 8), byte(u >> 8)}
		pair[at] = byte(u)
		out = append(out, pair[:]...)
	}
	return string(out)
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// found lists the spellings of marks that the bytes hold.
func found(b []byte) (all []string) {
	for _, s := range spellings {
		if bytes.Contains(b, s.text) {
			all = append(all, s.name)
		}
	}
	return all
}

// foundIn sweeps every file under a directory, and the files' names. What was
// found is told by file and spelling.
func foundIn(t testing.TB, dir string) (all []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // PostgreSQL removes files while we look
		}
		for _, s := range found([]byte(d.Name())) {
			all = append(all, "a file's name in "+dir+": "+s)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		files++
		for _, s := range found(b) {
			all = append(all, path+": "+s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Logf("%s: no files", filepath.Base(dir))
	}
	return all
}

// clean fails if the bytes hold a mark in any spelling.
func clean(t testing.TB, where string, b []byte) {
	t.Helper()
	for _, s := range found(b) {
		t.Errorf("%s holds a customer's value: %s", where, s)
	}
}

func cleanDir(t testing.TB, dir string) {
	t.Helper()
	for _, s := range foundIn(t, dir) {
		t.Errorf("a customer's value lies in %s", s)
	}
}

// TestSweepSees plants every spelling of every field's value in the kinds of text
// and files that are swept.
func TestSweepSees(t *testing.T) {
	for n := range 100 {
		for f, v := range customer(n) {
			if found([]byte(v.Reveal())) == nil {
				t.Fatalf("the %s of customer %d carries no mark", f, n)
			}
		}
	}
	for _, around := range []string{"%s", `{"time":"2026-03-02T01:00:00Z","msg":"x %s y"}`, "\x00\x01%s\xff\xfe"} {
		for _, s := range spellings {
			if found(bytes.Replace([]byte(around), []byte("%s"), s.text, 1)) == nil {
				t.Errorf("not seen: %s in %q", s.name, around)
			}
		}
	}
	value := customer(7)
	for f, v := range value {
		for before := range 4 { // base64 of a text in which the value lies somewhere
			text := strings.Repeat("x", before) + v.Reveal() + "y"
			for name, enc := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "URL base64": base64.RawURLEncoding} {
				if found([]byte(enc.EncodeToString([]byte(text)))) == nil {
					t.Errorf("not seen: %s of a %s after %d bytes", name, f, before)
				}
			}
		}
		for name, text := range map[string]string{"%+q": fmt.Sprintf("%+q", v.Reveal()), "%x": fmt.Sprintf("%x", v.Reveal()), "%v of bytes": fmt.Sprint([]byte(v.Reveal()))} {
			if found([]byte(text)) == nil {
				t.Errorf("not seen: a %s printed with %s", f, name)
			}
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"goldbell.db", "goldbell.db-wal", "goldbell.db-shm", "goldbell.json", "lock", "keys/ring", "state/head", "tmp/etilqs_1", "log"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("\x00"+value["phone"].Reveal()+"\x00"), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(foundIn(t, dir)) != 1 {
			t.Errorf("not seen in %s", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, value["phone"].Reveal()), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(foundIn(t, dir)) == 0 {
		t.Error("not seen in a file's name")
	}
}
