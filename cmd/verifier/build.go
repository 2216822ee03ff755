//go:build !js

// Command verifier builds the verifier page: one HTML file that checks evidence
// packs offline, in a browser, from file://. It is package proof compiled to
// WebAssembly with every byte inlined; a policy in the page itself forbids it the
// network. The same source and toolchain give the same bytes.
//
//	go run ./cmd/verifier OUT.html
//
// Compiled for js it is the page's program instead; see page_js.go.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// maxPage is the most the page may weigh, in bytes.
const maxPage = 6 << 20

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.js
	pageJS string
	//go:embed page.css
	pageCSS string
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verifier OUT.html")
		os.Exit(2)
	}
	page, err := build(context.Background())
	if err == nil {
		err = os.WriteFile(os.Args[1], page, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifier:", err)
		os.Exit(1)
	}
	fmt.Printf("%x  %s (%d bytes)\n", sha256.Sum256(page), os.Args[1], len(page))
}

// build makes the page.
func build(ctx context.Context) ([]byte, error) {
	program, err := compile(ctx)
	if err != nil {
		return nil, err
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("ask for GOROOT: %w", err)
	}
	runtime, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, fmt.Errorf("read wasm_exec.js: %w", err)
	}
	packed, err := pack(program)
	if err != nil {
		return nil, err
	}
	page, err := assemble(string(runtime), `const goldbellProgram = "`+packed+`";`)
	if err == nil && len(page) > maxPage {
		err = fmt.Errorf("the page has %d bytes, over %d", len(page), maxPage)
	}
	return page, err
}

// compile builds this package for the browser, without paths, versions or build ids
// in it.
func compile(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "goldbell-verifier-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	out := filepath.Join(dir, "page.wasm")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "github.com/goldbell/goldbell/cmd/verifier")
	c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWASM=")
	if text, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile: %w\n%s", err, text)
	}
	return os.ReadFile(out)
}

// pack compresses the program into the text that stands in the page.
func pack(program []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(program)
	}
	if err == nil {
		err = z.Close()
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}

// assemble puts the parts into the page; its policy names them by their digests and
// allows nothing else.
func assemble(runtime, program string) ([]byte, error) {
	scripts := []string{runtime, program, pageJS}
	var inline, sources strings.Builder
	for _, s := range scripts {
		if strings.Contains(strings.ToLower(s), "</script") {
			return nil, errors.New("a script would end its own element")
		}
		inline.WriteString("<script>" + s + "</script>\n")
		sources.WriteString("'sha256-" + digest(s) + "' ")
	}
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; script-src " + sources.String() +
		"'wasm-unsafe-eval'; style-src 'sha256-" + digest(pageCSS) + "'"
	return []byte(strings.NewReplacer("{{policy}}", policy, "{{style}}", "<style>"+pageCSS+"</style>", "{{scripts}}", inline.String()).Replace(pageHTML)), nil
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
