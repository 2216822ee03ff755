// Package console serves the console's files: one page and the scripts and styles
// it loads, with the policy that keeps everything else out of it.
//
// Its one invariant: every page is answered with a policy of its own, under which
// no inline script, no foreign origin and no frame around it works, and is cached
// nowhere. It serves files only: whatever is known of anybody comes from the API,
// under the API's rules.
package console

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Prefix is where the console lives.
const Prefix = "/console/"

// ReportPath is where browsers report what the policy stopped.
const ReportPath = Prefix + "reports"

// maxReport is how much of a report is read; nothing of it is kept.
const maxReport = 64 << 10

// placeholder stands in index.html where the nonce goes.
const placeholder = "{{nonce}}"

// Console serves the console. It is safe for concurrent use.
type Console struct {
	files    fs.FS
	index    []byte // nil: the program was built without a console
	rand     io.Reader
	reported func()
}

// New makes a console of its built files; files may be nil: then one page says how
// to build it. Each report of a browser calls reported.
func New(files fs.FS, rand io.Reader, reported func()) *Console {
	c := &Console{files: files, rand: rand, reported: reported}
	if files != nil {
		c.index, _ = fs.ReadFile(files, "index.html") // missing: as if it was not built
	}
	return c
}

// Is says whether a path is the console's.
func Is(p string) bool { return p == "/" || p+"/" == Prefix || strings.HasPrefix(p, Prefix) }

// ServeHTTP answers the paths for which [Is] holds.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	p := r.URL.Path
	switch {
	case p == ReportPath && r.Method == http.MethodPost:
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxReport)) // may quote anything: never kept
		c.reported()
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !strings.HasPrefix(p, Prefix):
		h.Set("Cache-Control", "no-store")
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
	case strings.HasPrefix(p, Prefix+"assets/"):
		c.asset(w, r, strings.TrimPrefix(p, Prefix))
	default:
		c.page(w, r)
	}
}

// page answers with the one page, whatever the path: the router in it reads the rest.
func (c *Console) page(w http.ResponseWriter, r *http.Request) {
	secret := make([]byte, 18)
	if _, err := io.ReadFull(c.rand, secret); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	nonce := base64.RawURLEncoding.EncodeToString(secret)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	page := bytes.ReplaceAll(c.index, []byte(placeholder), []byte(nonce))
	if c.index == nil {
		w.WriteHeader(http.StatusNotFound)
		page = []byte(unbuilt)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(page) // the client may be gone
	}
}

// policy is what a page may do: load its own files, speak to its own server, and use
// the styles that carry the nonce. Text becomes markup or script nowhere: the one
// Trusted Types policy lets the empty text through and nothing else.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self' 'nonce-" + nonce + "'", "img-src 'self'", "font-src 'self'",
		"connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types default", "report-uri " + ReportPath,
	}, "; ")
}

// asset answers with a file whose name changes with its content. Files are kept
// compressed; the few who do not read gzip get them unpacked.
func (c *Console) asset(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	if c.files == nil || !fs.ValidPath(name) {
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	packed, err := fs.ReadFile(c.files, name+".gz")
	if err != nil {
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", typeOf(name))
	h.Set("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed)
		return
	}
	if z, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
		_, _ = io.Copy(w, z)
	}
}

// typeOf does not ask the machine's own tables, which differ.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// unbuilt is the page of a program without a console.
const unbuilt = `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>Goldbell</title></head><body>
<h1>控制台未构建</h1>
<p>此程序构建时没有 Node，因此不含控制台；接口与命令行不受影响。在源码目录中安装 Node 20 或更新版本，运行 <code>make build</code>，再重新启动。</p>
<h1 lang="en">The console was not built</h1>
<p lang="en">This program was built without Node and has no console; the API and the command line are not affected. In the source directory, with Node 20 or newer, run <code>make build</code> and start it again.</p>
</body></html>
`
