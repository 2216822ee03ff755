package proof

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// TestZipTricks: files that some reader would take for a pack with other content.
func TestZipTricks(t *testing.T) {
	w := newWorld(t)
	file := w.write()
	members, err := decodeZip(file)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(m []member) []member) []byte {
		return encodeZip(change(append([]member{}, members...)))
	}
	swap := func(i, j int) []byte {
		return with(func(m []member) []member { m[i], m[j] = m[j], m[i]; return m })
	}
	text := func(i int, old, new string) []byte {
		return with(func(m []member) []member {
			if !bytes.Contains(m[i].data, []byte(old)) {
				t.Fatalf("member %d has no %q", i, old)
			}
			m[i].data = bytes.Replace(m[i].data, []byte(old), []byte(new), 1)
			return m
		})
	}
	extra := func(i int, change func(string) string) []byte {
		return with(func(m []member) []member {
			p, err := ParseTlogProof(m[i].data)
			if err != nil {
				t.Fatal(err)
			}
			p.Extra = []byte(change(string(p.Extra)))
			m[i].data = p.Format()
			return m
		})
	}
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	longer := bytes.Clone(file)
	longer[18]++ // size in the first local header
	directory := bytes.Clone(file)
	directory[bytes.LastIndex(directory, []byte("page.html"))] = 'P'
	cases := map[string]struct {
		file []byte
		want string
	}{
		"empty zip":            {encodeZip(nil), "pack.json missing"},
		"comment":              {append(bytes.Clone(file), 'x'), "pack zip"},
		"cut in the directory": {file[:len(file)-30], "pack cut"},
		"cut by a byte":        {file[:len(file)-1], "pack cut"},
		"compressed":           {compressed(t, members), "pack repacked"},
		"a member too many": {with(func(m []member) []member {
			return append(m[:5:5], append([]member{{"entries/000004.tlog-proof", m[4].data}}, m[5:]...)...)
		}), "entries/000004.tlog-proof entry-order"},
		"a member of no pack":    {with(func(m []member) []member { return append(m, member{"readme.txt", nil}) }), "pack foreign"},
		"a member after all":     {with(func(m []member) []member { return append(m, member{"entries/000009.tlog-proof", nil}) }), "entries/000009.tlog-proof order"},
		"bytes before":           {append([]byte("MZ"), file...), "pack zip"},
		"size differs":           {longer, "pack.json crc"},
		"directory differs":      {directory, "pack zip"},
		"cut":                    {file[:len(file)/2], "pack cut"},
		"duplicate":              {with(func(m []member) []member { return append(m, m[8]) }), "manifest.tlog-proof twice"},
		"entries swapped":        {swap(2, 3), secondEntry + " order"},
		"page before checkpoint": {swap(5, 6), "page.html order"},
		"unknown":                {with(func(m []member) []member { m[6].name = "PAGE.HTML"; return m }), "pack foreign"},
		"missing":                {with(func(m []member) []member { return append(m[:6:6], m[7:]...) }), "page.html missing"},
		"white space":            {text(0, `{"`, `{ "`), "pack.json json"},
		"unknown key":            {text(0, `{"`, `{"a":1,"`), "pack.json json"},
		"double key":             {text(0, `{"`, `{"created":1,"`), "pack.json json"},
		"escape":                 {text(0, `subject"`, `subj\u0065ct"`), "pack.json json"},
		"upper-case digits":      {text(0, w.ks.String(), strings.ToUpper(w.ks.String())), "pack.json json"},
		"short key":              {text(0, w.ks.String(), w.ks.String()[2:]), "pack.json json"},
		"manifest white space":   {text(7, `{"`, `{ "`), "manifest.json json"},
		"manifest version":       {text(7, `pack/1`, `pack/2`), "manifest.json kind"},
		"no proof":               {text(2, "c2sp", "C2SP"), firstEntry + " malformed"},
		"no seal":                {text(8, "c2sp", "C2SP"), "manifest.tlog-proof malformed"},
		"another checkpoint":     {text(2, "\n\n", "\n\nx"), firstEntry + " checkpoint"},
		"extra white space":      {extra(2, replace(`{"`, `{ "`)), firstEntry + " json"},
		"seal white space":       {extra(8, replace(`{"`, `{ "`)), "manifest.tlog-proof json"},
		"no sparse proof":        {extra(1, func(s string) string { return s[:strings.Index(s, `"sparse"`)] + `"sparse":null}` }), "enrolment.tlog-proof json"},
		"null fields":            {extra(1, func(s string) string { return `{"fields":null` + s[strings.Index(s, `,"leaf"`):] }), "enrolment.tlog-proof json"},
		"null fields in the seal": {extra(8, func(s string) string {
			return s[:strings.Index(s, `"fields"`)] + `"fields":null` + s[strings.Index(s, `,"leaf"`):]
		}), "manifest.tlog-proof json"},
		"odd consistency":      {extra(8, replace(`{"consistency":"`, `{"consistency":"AAAA`)), "manifest.tlog-proof json"},
		"sparse not base64":    {extra(1, replace(`"sparse":"`, `"sparse":"!`)), "enrolment.tlog-proof json"},
		"sparse of odd length": {extra(1, replace(`"sparse":"`, `"sparse":"AAAA`)), "enrolment.tlog-proof json"},
		"crlf":                 {text(2, "\nindex", "\r\nindex"), firstEntry + " malformed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := why(t, refused(c.file)); got != c.want {
				t.Fatalf("refused with %q, want %q", got, c.want)
			}
		})
	}
}

// compressed writes the members as an ordinary zip program would.
func compressed(t *testing.T, members []member) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range members {
		f, err := z.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadPackLimits(t *testing.T) {
	if _, err := ReadPack(strings.NewReader(""), MaxPackSize+1); why(t, err) != "pack too-large" {
		t.Fatal(err)
	}
	if _, err := ReadPack(strings.NewReader(""), -1); why(t, err) != "pack too-large" {
		t.Fatal(err)
	}
	if _, err := ReadPack(strings.NewReader("PK"), 3); why(t, err) != "pack unreadable" {
		t.Fatal(err)
	}
	w := newWorld(t)
	var out bytes.Buffer
	if err := w.pack.write(&out, w.seal, 1000); why(t, err) != "pack too-large" || out.Len() > 0 {
		t.Fatal(err)
	}
}

// TestNoStrangerSpeaks: a sentence never carries a name or value from a file.
func TestNoStrangerSpeaks(t *testing.T) {
	file := encodeZip([]member{{"<script>13800138000", []byte("x")}})
	file[14]++ // its checksum
	if got := why(t, refused(file)); got != "pack crc" {
		t.Fatal(got)
	}
	if got := known("entries/000123.tlog-proof"); got != "entries/000123.tlog-proof" {
		t.Fatal(got)
	}
}
