//go:build !js

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"

	"testing"
)

// chromium speaks to a real Chromium over its debugging pipe: JSON messages that end
// in a zero byte.
type chromium struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	session string
	id      int
}

func startChromium(t *testing.T) browser {
	t.Helper()
	path := findBrowser(t, "Chromium", "chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
	toChild, out, err := os.Pipe()
	ok(t, err)
	in, fromChild, err := os.Pipe()
	ok(t, err)
	profile, err := os.MkdirTemp("", "goldbell-chromium-") // its last helpers write when it has ended: t.TempDir would fail
	ok(t, err)
	c := exec.CommandContext(t.Context(), path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
		"--user-data-dir="+profile)
	c.ExtraFiles = []*os.File{toChild, fromChild} // 3 and 4
	ok(t, c.Start())
	ok(t, errors.Join(toChild.Close(), fromChild.Close()))
	b := &chromium{t: t, to: out, from: bufio.NewReader(in)}
	t.Cleanup(func() {
		_, _ = io.WriteString(out, `{"id":0,"method":"Browser.close"}`+"\x00")
		_, _ = io.Copy(io.Discard, in) // until it has ended
		_ = c.Wait()
		_ = errors.Join(out.Close(), in.Close())
		for range 20 {
			if os.RemoveAll(profile) == nil {
				break
			}
		}
	})
	return b
}

// call sends one command and waits for its answer; events in between are dropped.
func (b *chromium) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.id++
	msg := map[string]any{"id": b.id, "method": method, "params": params}
	if b.session != "" {
		msg["sessionId"] = b.session
	}
	text, err := json.Marshal(msg)
	ok(b.t, err)
	_, err = b.to.Write(append(text, 0))
	ok(b.t, err)
	for {
		text, err := b.from.ReadBytes(0)
		ok(b.t, err)
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		ok(b.t, json.Unmarshal(text[:len(text)-1], &answer))
		if answer.ID != b.id {
			continue
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %s", method, answer.Error.Message)
		}
		if result != nil {
			ok(b.t, json.Unmarshal(answer.Result, result))
		}
		return
	}
}

func (b *chromium) open(url string) {
	b.t.Helper()
	b.session = ""
	var tab struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &tab)
	b.call("Target.attachToTarget", map[string]any{"targetId": tab.TargetID, "flatten": true}, &tab)
	b.session = tab.SessionID
	b.call("Page.navigate", map[string]any{"url": url}, nil) // answers when the new page has begun
}

func (b *chromium) eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %v", expression, r.ExceptionDetails)
	}
	s, _ := r.Result.Value.(string)
	return s
}

func (b *chromium) file(selector, path string) {
	b.t.Helper()
	var root struct{ Root struct{ NodeID int } }
	b.call("DOM.getDocument", nil, &root)
	var node struct{ NodeID int }
	b.call("DOM.querySelector", map[string]any{"nodeId": root.Root.NodeID, "selector": selector}, &node)
	b.call("DOM.setFileInputFiles", map[string]any{"nodeId": node.NodeID, "files": []string{path}}, nil)
}
