//go:build !js

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// firefox speaks to a real Firefox by Marionette, the protocol under its own WebDriver:
// JSON over TCP, each message after its length and a colon.
type firefox struct {
	t    *testing.T
	conn net.Conn
	from *bufio.Reader
	id   int
}

func startFirefox(t *testing.T) browser {
	t.Helper()
	path := findBrowser(t, "Firefox", "firefox-esr", "firefox-esr", "firefox")
	profile, err := os.MkdirTemp("", "goldbell-firefox-") // its helpers write when it has ended: t.TempDir would fail
	ok(t, err)
	// A port of its own choice, which it prints.
	ok(t, os.WriteFile(filepath.Join(profile, "user.js"), []byte(`user_pref("marionette.port", 0);`+"\n"), 0o600))
	c := exec.CommandContext(t.Context(), path, "--headless", "--no-remote", "--profile", profile, "--marionette")
	c.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	said, err := c.StdoutPipe()
	ok(t, err)
	c.Stderr = c.Stdout // which of the two it prints to is its own affair
	ok(t, c.Start())
	f := &firefox{t: t}
	t.Cleanup(func() {
		if f.conn != nil {
			_ = f.send("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}})
			_, _ = io.Copy(io.Discard, f.from) // until it has ended
			_ = f.conn.Close()
		} else {
			_ = c.Process.Kill()
		}
		_ = c.Wait()
		for range 20 {
			if os.RemoveAll(profile) == nil {
				break
			}
		}
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if _, port, found := strings.Cut(lines.Text(), "Listening on port "); found {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			f.connect(strings.TrimSpace(port))
			return f
		}
	}
	t.Fatal("Firefox does not say where it listens")
	return nil
}

func (f *firefox) connect(port string) {
	f.t.Helper()
	var err error
	f.conn, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	ok(f.t, err)
	ok(f.t, f.conn.SetDeadline(time.Now().Add(5*time.Minute)))
	f.from = bufio.NewReader(f.conn)
	_, err = f.receive() // its greeting
	ok(f.t, err)
	f.call("WebDriver:NewSession", map[string]any{"timeouts": map[string]any{"script": 240_000}}, nil)
}

func (f *firefox) send(command string, params map[string]any) error {
	f.id++
	text, err := json.Marshal([]any{0, f.id, command, params})
	if err == nil {
		_, err = fmt.Fprintf(f.conn, "%d:%s", len(text), text)
	}
	return err
}

// receive reads one message.
func (f *firefox) receive() ([]byte, error) {
	size, err := f.from.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
	if err != nil || n < 0 || n > 1<<26 {
		return nil, errors.New("Firefox sent no length")
	}
	text := make([]byte, n)
	_, err = io.ReadFull(f.from, text)
	return text, err
}

// call sends one command and waits for its answer.
func (f *firefox) call(command string, params map[string]any, result any) {
	f.t.Helper()
	ok(f.t, f.send(command, params))
	text, err := f.receive()
	ok(f.t, err)
	var failed *struct{ Error, Message string }
	var answer json.RawMessage
	var kind, id int
	ok(f.t, json.Unmarshal(text, &[]any{&kind, &id, &failed, &answer}))
	if kind != 1 || id != f.id {
		f.t.Fatalf("%s: an answer to something else", command)
	}
	if failed != nil {
		f.t.Fatalf("%s: %s: %s", command, failed.Error, failed.Message)
	}
	if result != nil {
		ok(f.t, json.Unmarshal(answer, result))
	}
}

func (f *firefox) open(url string) {
	f.t.Helper()
	f.call("WebDriver:Navigate", map[string]any{"url": url}, nil)
}

func (f *firefox) eval(expression string) string {
	f.t.Helper()
	var r struct{ Value any }
	f.call("WebDriver:ExecuteAsyncScript", map[string]any{
		"script": `const done = arguments[arguments.length - 1]; Promise.resolve(` + expression + `).then(done)`,
		"args":   []any{},
	}, &r)
	s, _ := r.Value.(string)
	return s
}

func (f *firefox) file(selector, path string) {
	f.t.Helper()
	var r struct{ Value map[string]string }
	f.call("WebDriver:FindElement", map[string]any{"using": "css selector", "value": selector}, &r)
	for _, id := range r.Value {
		f.call("WebDriver:ElementClear", map[string]any{"id": id}, nil)
		f.call("WebDriver:ElementSendKeys", map[string]any{"id": id, "text": path}, nil)
	}
}
