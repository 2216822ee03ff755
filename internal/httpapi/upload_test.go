package httpapi_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sendFile posts a file with the form of the case page.
func (o *outside) sendFile(code, name string, content []byte) *outside {
	o.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range map[string]string{"code": code, "act": "attach", "form": name} {
		o.ok(w.WriteField(k, v))
	}
	part, err := w.CreateFormFile("file", name)
	o.ok(err)
	_, err = part.Write(content)
	o.ok(err)
	o.ok(w.Close())
	req, err := http.NewRequestWithContext(o.Context(), "POST", o.srv.URL+"/my/case", &b)
	o.ok(err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := o.srv.Client().Do(req)
	o.ok(err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	o.ok(err)
	o.page, o.code = string(page), resp.StatusCode
	return o
}

// bomb is a small archive of 64 MiB of zeros.
func bomb(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Hostile files are stored sealed, byte for byte, never shown, and given out as bytes
// to keep, recorded first; what is too large is refused with the limit named.
func TestHostileUploads(t *testing.T) {
	f := newFirm(t, 1)
	filed := f.post("/v1/complaints", "", m{
		"channel": "phone", "contacted": customer(0)["phone"], "called_at": f.clock().Add(-time.Hour).Format(time.RFC3339),
	}).want(201)
	id, code := filed.text("id"), filed.text("code")
	path := "/v1/complaints/" + id
	o := f.goOutside()
	hostile := []struct {
		name    string
		content []byte
	}{
		{"bomb.zip", bomb(t)},
		{"picture.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert('CANARY-SVG')</script></svg>`)},
		{"photo.jpg", []byte("MZ\x90\x00 this is a program, CANARY-EXE")},
		{"\"><script>x</script>.jpg", []byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00 CANARY-EXIF 31.2304N 121.4737E")},
	}
	for _, h := range hostile {
		o.sendFile(code, h.name, h.content)
		sum := sha256.Sum256(h.content)
		if o.code != 200 || !strings.Contains(o.page, hex.EncodeToString(sum[:])) {
			t.Fatalf("%s: %d", h.name, o.code)
		}
		if strings.Contains(o.page, "CANARY") || strings.Contains(o.page, "<script") || strings.Contains(o.page, "<img") {
			t.Fatalf("%s is shown in a page", h.name)
		}
	}
	if o.sendFile(code, "large.mp4", make([]byte, 50<<20)); o.code != 413 || !strings.Contains(o.page, "10 MiB") {
		t.Errorf("50 MB: %d", o.code)
	}
	if o.sendFile(code, "just-over", make([]byte, 10<<20+1)); o.code != 413 || !strings.Contains(o.page, "10 MiB") {
		t.Errorf("a byte too many: %d", o.code)
	}
	o.sendFile(code, "exact", make([]byte, 10<<20))
	if o.code != 200 {
		t.Errorf("10 MiB: %d", o.code)
	}
	if o.sendFile(code, "sixth", []byte("x")); o.code != 413 || !strings.Contains(o.page, "5 files") {
		t.Errorf("a sixth file: %d", o.code)
	}
	if o.sendFile("00000-00000-00000-00000", "x", []byte("x")); o.code != 403 {
		t.Errorf("a stranger's file: %d", o.code)
	}

	work := f.post(path+"/assignment", "officer", m{"assignee": "a001", "until": f.clock().Add(time.Hour).Format(time.RFC3339)}).want(201).text("id")
	f.post(path+"/files/2", "a002", m{"work_item": work}).problem(403, "no-grant")
	f.post(path+"/files/2", "auditor", m{}).problem(403, "not-yours")
	before := f.entries()
	got := f.post(path+"/files/2", "a001", m{"work_item": work}).want(200)
	if !bytes.Equal(got.body, hostile[1].content) || f.entries() != before+1 {
		t.Error("the file is not as it came, or its fetching is not recorded")
	}
	if got.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") ||
		got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("a browser may show the file")
	}
	f.post(path+"/files/9", "officer", m{}).problem(404, "not-found")
	f.clean("log", []byte(f.log.String()))
}
