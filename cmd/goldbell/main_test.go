package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/goldbell/goldbell/internal/authn/authntest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"goldbell": main}) }

// TestScripts runs the program as its users do. The scripts' own commands:
//
//	encode gbk|bom FILE        write the UTF-8 file in another encoding
//	field VAR FILE KEY         set VAR to a string of the JSON object in FILE
//	rows FILE N                write a list of N valid customers
//	staff FILE N               write a list of N people of the company
//	cut kill|int DATA COMMAND … run a command; kill it, or press Ctrl-C, when its
//	                           first batch is stored
//	mode FILE 0600             the file's permissions are these
//	passkey DATA               who GOLDBELL_TOKEN is enrols a passkey, which verifies her
//	ask OUT DATA PATH JSON     post to the running server as GOLDBELL_TOKEN, the answer to OUT
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GOLDBELL_LANG", "en")
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"encode": encode, "field": field, "found": found, "rows": rows, "cut": cut, "mode": mode, "ask": ask, "passkey": passkey, "staff": staff,
		},
	})
}

func want(ts *testscript.TestScript, neg bool, args []string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("wrong use of a script command")
	}
}

func encode(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2)
	text := ts.ReadFile(args[1])
	switch args[0] {
	case "gbk":
		var err error
		text, err = simplifiedchinese.GBK.NewEncoder().String(text)
		ts.Check(err)
	case "bom":
		text = "\ufeff" + text
	default:
		ts.Fatalf("unknown encoding")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

func field(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 3)
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &object))
	text, ok := object[args[2]].(string)
	if !ok || text == "" {
		ts.Fatalf("%s is no string of the object", args[2])
	}
	ts.Setenv(args[0], text)
}

// found sets a variable to what the first group of an expression matches in a file.
func found(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 3)
	m := regexp.MustCompile("(?m)" + args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) != 2 {
		ts.Fatalf("%s does not match", args[2])
	}
	ts.Setenv(args[0], m[1])
}

func rows(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("name,phone\n")
	for i := range n {
		fmt.Fprintf(&b, "Customer %d,138%08d\n", i, i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func staff(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("工号,姓名,单位,岗位,主管,合同开始,合同结束\n")
	for i := range n {
		manager := ""
		if i%20 > 0 {
			manager = fmt.Sprintf("s%04d", i/20*20)
		}
		fmt.Fprintf(&b, "s%04d,张三,own,agent,%s,2025-01-01,2028-12-31\n", i, manager)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}

// cut stands between the command and the running server of the data directory, and
// stops the command when the answer to its first batch passes: without warning, or
// as Ctrl-C does, which it must answer with how to go on.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 4)
	socket := filepath.Join(ts.MkAbs(args[1]), "goldbell.sock")
	moved := socket + ".real"
	ts.Check(os.Rename(socket, moved))
	l, err := net.Listen("unix", socket)
	ts.Check(err)
	path, err := exec.LookPath(args[2])
	ts.Check(err)
	var stderr bytes.Buffer
	cmd := exec.Command(path, args[3:]...)
	cmd.Dir, cmd.Stderr = ts.Getenv("WORK"), &stderr
	for _, name := range []string{"GOLDBELL_TOKEN", "GOLDBELL_LANG", "PATH", "XDG_STATE_HOME", "HOME"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	signal := os.Kill
	if args[0] == "int" {
		signal = os.Interrupt
	}
	ts.Check(cmd.Start())
	go pass(l, moved, sync.OnceFunc(func() { _ = cmd.Process.Signal(signal) }))
	_ = cmd.Wait()
	_ = l.Close()
	ts.Check(os.Rename(moved, socket))
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok || args[0] == "kill" && !status.Signaled():
		ts.Fatalf("the command ended by itself")
	case args[0] == "int" && (status.ExitStatus() != 4 || !strings.Contains(stderr.String(), "The same command goes on")):
		ts.Fatalf("Ctrl-C was answered with exit code %d and %q", status.ExitStatus(), stderr.String())
	}
}

// pass hands connections on, and calls kill before the first answer to a batch is
// handed back.
func pass(l net.Listener, to string, kill func()) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("unix", to)
		if err != nil {
			_ = in.Close()
			return
		}
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() {
			defer func() { _ = in.Close() }()
			b := make([]byte, 64<<10)
			for {
				n, err := out.Read(b)
				if bytes.Contains(b[:n], []byte(`"stored":`)) || bytes.Contains(b[:n], []byte(`"unchanged":`)) {
					kill()
				}
				if _, e := in.Write(b[:n]); e != nil || err != nil {
					return
				}
			}
		}()
	}
}

func passkey(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1)
	var begun struct {
		Ceremony  string          `json:"ceremony"`
		PublicKey json.RawMessage `json:"public_key"`
	}
	ts.Check(json.Unmarshal(asked(ts, args[0], "/v1/passkeys/options", "{}"), &begun))
	in, err := json.Marshal(map[string]any{
		"ceremony": begun.Ceremony, "credential": json.RawMessage(authntest.NewKey().Create(begun.PublicKey)),
	})
	ts.Check(err)
	asked(ts, args[0], "/v1/passkeys", string(in))
}

func ask(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 4)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), asked(ts, args[1], args[2], args[3]), 0o600))
}

// asked posts to the running server of a data directory.
func asked(ts *testscript.TestScript, data, path, in string) []byte {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(ts.MkAbs(data), "goldbell.sock"))
	}}}
	req, err := http.NewRequest("POST", "http://goldbell"+path, strings.NewReader(in))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if token := ts.Getenv("GOLDBELL_TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	if res.StatusCode/100 != 2 {
		ts.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	return body
}
