// Package stories plays the stories of the console and of the pages for people
// outside: a real Chromium against the real program on SQLite and PostgreSQL, in a
// firm made for the purpose. What a story does is written in web/tests; what it is
// played on, here.
package stories

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/cli"
	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/web"
)

// program is set in the environment of a process that is the program itself.
const program = "GOLDBELL_STORIES_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(program) != "" {
		os.Exit(cli.Main(context.Background(), cli.Env{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Clock: time.Now,
			Console: web.Console(),
		}))
	}
	os.Exit(m.Run())
}

// missing skips a test that cannot be played, aloud.
func missing(t *testing.T, what string) {
	t.Helper()
	const said = "THE STORIES ARE NOT PLAYED: "
	if os.Getenv("GOLDBELL_TEST_STORIES") == "must" {
		t.Fatal(said + what)
	}
	t.Skip(said + what)
}

// need finds what the console's stories are played with, or skips the test.
func need(t *testing.T) (node, chromium string) {
	t.Helper()
	node, chromium = tools(t)
	if web.Console() == nil {
		missing(t, "the console was not built (make web)")
	}
	return node, chromium
}

// tools finds what any story is played with, or skips the test.
func tools(t *testing.T) (node, chromium string) {
	t.Helper()
	if testing.Short() {
		t.Skip("stories take a browser")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "no Node was found")
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		missing(t, "playwright-core is not installed (make web)")
	}
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	if own := os.Getenv("CHROMIUM"); own != "" {
		names = []string{own}
	}
	for _, name := range names {
		if chromium, err = exec.LookPath(name); err == nil {
			return node, chromium
		}
	}
	missing(t, "no Chromium was found (Debian: apt-get install chromium; or set CHROMIUM)")
	return "", ""
}

// stage is a firm that stories are played in.
type stage struct {
	*testing.T
	dir    string
	places server.Places
	srv    *server.Server
	script script
	token  string // the switch's
	ago    time.Duration
}

// script is what the stories are told.
type script struct {
	URL      string            `json:"url"`
	Chromium string            `json:"chromium"`
	Codes    map[string]string `json:"codes"`    // sign-in, by person
	Work     string            `json:"work"`     // of the agent
	Secrets  []string          `json:"secrets"`  // what no answer to the agent may hold
	Stranger string            `json:"stranger"` // a customer outside the work item
	LogKey   string            `json:"logKey"`
	Pack     string            `json:"pack"`  // where the officer's pack goes
	Shots    string            `json:"shots"` // where pictures go; empty: nowhere
	Case     string            `json:"case"`  // a complaint, and the code the complainant has
	CaseCode string            `json:"caseCode"`
	Some     []string          `json:"some"` // customers to assign
	Only     string            `json:"only"` // parts of the stories' names; empty: all

	Outside *outsiders `json:"outside,omitempty"` // the stories of people outside are played, and not the console's
}

func (s *stage) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func TestConsoleOnSQLite(t *testing.T) { play(t, "") }

func TestConsoleOnPostgres(t *testing.T) {
	need(t)
	play(t, pgtest.Start(t))
}

func play(t *testing.T, dsn string) {
	node, chromium := need(t)
	s := &stage{T: t, dir: t.TempDir()}
	s.script = script{Chromium: chromium, Codes: map[string]string{}, Shots: os.Getenv("GOLDBELL_STORIES_SHOTS"), Only: os.Getenv("GOLDBELL_STORIES_ONLY"), Pack: filepath.Join(s.dir, "pack.zip")}
	s.found(dsn)
	s.serve()
	s.tell(node)
	if s.script.Only == "" {
		s.checkPack()
	}
}

// tell plays the stories.
func (s *stage) tell(node string) {
	s.Helper()
	text, err := json.Marshal(s.script)
	s.ok(err)
	ctx, stop := context.WithTimeout(s.Context(), 8*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, node, "tests/run.mjs")
	c.Dir, c.Stdin = "../../web", strings.NewReader(string(text))
	out, err := c.CombinedOutput()
	s.Logf("%s", out)
	s.ok(err)
}

// checkPack checks the pack the officer was handed, as a stranger would.
func (s *stage) checkPack() {
	s.Helper()
	zip, err := os.ReadFile(s.script.Pack)
	s.ok(err)
	text, err := os.ReadFile(server.PolicyPath(s.places.Data))
	s.ok(err)
	policy, err := proof.ParsePolicy(text)
	s.ok(err)
	pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	s.ok(err)
	report, err := proof.Verify(pack, policy)
	s.ok(err)
	if !report.LogChecked || len(report.Entries) < pastEach {
		s.Fatalf("the pack holds %d entries; the log was checked: %v", len(report.Entries), report.LogChecked)
	}
}

const customers = 16

// found makes the firm in this process: people, customers, a work item.
func (s *stage) found(dsn string) {
	s.Helper()
	s.ago = 4 * 24 * time.Hour // so that complaints can come days after what they are about
	s.places = server.Places{
		Data: filepath.Join(s.dir, "data"), Keys: filepath.Join(s.dir, "keys"), Keeper: filepath.Join(s.dir, "keeper"),
	}
	made, err := server.Init(s.Context(), server.InitOptions{
		Places: s.places, Title: "故事公司", Origin: "stories.invalid/log", DSN: dsn, Clock: func() time.Time { return time.Now().Add(-s.ago) },
	})
	s.ok(err)
	s.places.Keeper, s.script.LogKey = made.Keeper, made.LogKey
	s.srv, err = server.Open(s.Context(), server.Options{Places: server.Places{Data: made.Data}, Clock: func() time.Time { return time.Now().Add(-s.ago) }})
	s.ok(err)
	officer, code := s.signIn(made.SetupCode)
	var crm, imports party.Principal
	for scope, into := range map[string]*party.Principal{authn.ScopeCRM: &crm, authn.ScopeImport: &imports, authn.ScopeSwitch: nil} {
		issued, err := s.srv.Authn().CreateToken(s.Context(), code, "stories-"+scope, scope, "test")
		s.ok(err)
		code = issued.NextCode
		if into == nil {
			s.token = issued.Secret
			continue
		}
		*into, err = s.srv.Authn().Principal(s.Context(), issued.Secret, "test")
		s.ok(err)
	}
	s.script.Codes["officer"] = code
	security := s.staff(officer)
	s.leak(officer, security, crm, imports)
	s.ago = 0
	s.hire(officer, security)
	ids := s.enrol(imports)
	work, err := s.srv.Register().OpenWork(s.Context(), register.Asked{By: crm, Request: newID()}, register.Work{
		Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: "a001", Subjects: ids[:12], Until: time.Now().Add(24 * time.Hour),
	})
	s.ok(err)
	_, err = s.srv.Register().OpenWork(s.Context(), register.Asked{By: crm, Request: newID()}, register.Work{
		Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: "c001", Subjects: ids[12:14], Until: time.Now().Add(24 * time.Hour),
	})
	s.ok(err)
	s.askErasure(crm, ids[14])
	for _, id := range ids[:4] {
		s.script.Some = append(s.script.Some, id.String())
	}
	s.script.Work, s.script.Stranger = work.String(), ids[customers-1].String()
	s.ok(s.srv.Close())
}

// staff makes the security administrator, who hands out codes.
func (s *stage) staff(officer party.Principal) party.Principal {
	s.Helper()
	s.put(officer, "security-01", party.SecAdmin)
	security, next := s.signIn(s.invite(officer, "security-01"))
	s.script.Codes["security-01"] = next
	return security
}

func (s *stage) put(by party.Principal, id pii.PersonID, kind party.PersonKind, also ...func(*party.Person)) {
	s.Helper()
	now := time.Now()
	p := party.Person{ID: id, Org: pii.Own, Kind: kind, ContractFrom: now.AddDate(-1, 0, 0), TrainedUntil: now.AddDate(1, 0, 0)}
	for _, change := range also {
		change(&p)
	}
	s.ok(s.srv.Register().PutPerson(s.Context(), register.Asked{By: by, Request: newID()}, p))
}

func (s *stage) invite(by party.Principal, id pii.PersonID) string {
	s.Helper()
	code, err := s.srv.Authn().Invite(s.Context(), by, id)
	s.ok(err)
	return code
}

// hire adds the people of the stories.
func (s *stage) hire(officer, security party.Principal) {
	s.Helper()
	s.put(officer, "auditor-01", party.Auditor)
	s.script.Codes["auditor-01"] = s.invite(officer, "auditor-01")
	s.put(officer, "officer-02", party.Officer)
	s.script.Codes["officer-02"] = s.invite(officer, "officer-02")
	s.put(officer, "officer-03", party.Officer)
	s.script.Codes["officer-03"] = s.invite(officer, "officer-03")
	s.put(officer, "officer-04", party.Officer)
	s.script.Codes["officer-04"] = s.invite(officer, "officer-04")
	s.put(security, "a001", party.Staff)
	s.put(security, "h001", party.Staff)
	s.put(security, "b001", party.Staff, func(p *party.Person) {
		p.Manager, p.ContractUntil = "h001", time.Now().AddDate(0, 0, 10)
	})
	s.put(security, "c001", party.Staff, func(p *party.Person) { p.Post = "checker" })
	for _, id := range []pii.PersonID{"a001", "c001", "h001"} {
		s.script.Codes[string(id)] = s.invite(security, id)
	}
}

// askErasure has an erasure wait for a second person.
func (s *stage) askErasure(crm party.Principal, of pii.SubjectID) {
	s.Helper()
	who, next := s.signIn(s.script.Codes["h001"])
	s.script.Codes["h001"] = next
	work, err := s.srv.Register().OpenWork(s.Context(), register.Asked{By: crm, Request: newID()}, register.Work{
		Kind: grant.RightsRequest, Purpose: grant.RightsRequests, Assignee: "h001", Subjects: []pii.SubjectID{of}, Until: time.Now().Add(24 * time.Hour),
	})
	s.ok(err)
	_, err = s.srv.Door().AskErasure(s.Context(), who, newID(), nil, of, work)
	s.ok(err)
}

func (s *stage) signIn(code string) (p party.Principal, next string) {
	s.Helper()
	issued, err := s.srv.Authn().SignIn(s.Context(), code, "test")
	s.ok(err)
	p, err = s.srv.Authn().Principal(s.Context(), issued.Secret, "test")
	s.ok(err)
	return p, issued.NextCode
}

func (s *stage) enrol(by party.Principal) []pii.SubjectID {
	s.Helper()
	e := door.Enrolment{ID: newID()}
	for i := range customers {
		phone, mail := fmt.Sprintf("1390013%04d", 1000+i), fmt.Sprintf("story.customer%02d@example.com", i)
		e.Rows = append(e.Rows, vault.Row{
			pii.Name: pii.NewValue("诸葛" + string(rune('一'+i))), pii.Phone: pii.NewValue(phone),
			pii.Email: pii.NewValue(mail), pii.Company: pii.NewValue("故事里的公司"),
		})
		s.script.Secrets = append(s.script.Secrets, phone, mail, "诸葛"+string(rune('一'+i)), "故事里的公司")
	}
	ids, err := s.srv.Door().Enrol(s.Context(), by, e)
	s.ok(err)
	return ids
}

// serve runs the program and its switch, as processes of their own.
func (s *stage) serve() {
	s.Helper()
	address := s.listen()
	var key [32]byte
	_, _ = rand.Read(key[:])
	var ready switchsim.Ready
	s.child(switchsim.Secrets{Key: hex.EncodeToString(key[:]), Token: s.token}, &ready,
		"switch-sim", "-seed", "1", "-report", "http://"+address+"/v1/call-outcomes")
	roots, secret := filepath.Join(s.dir, "switch.pem"), filepath.Join(s.dir, "switch.key")
	s.ok(os.WriteFile(roots, []byte(ready.Certificate), 0o600))
	s.ok(os.WriteFile(secret, []byte(hex.EncodeToString(key[:])+"\n"), 0o600))
	s.ok(server.UpdateSettings(s.places.Data, func(x *server.Settings) {
		x.Switch = &server.Switch{URL: ready.URL, Roots: roots, Secret: secret}
	}))
	s.run(address)
}

// listen finds an address for the program.
func (s *stage) listen() string {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.ok(err)
	s.ok(l.Close())
	return l.Addr().String()
}

// run runs the program.
func (s *stage) run(address string) {
	s.Helper()
	var served struct{ URL string }
	s.child(nil, &served, "serve", "--json", "--data", s.places.Data, "--listen", address)
	_, port, err := net.SplitHostPort(address)
	s.ok(err)
	s.script.URL = "http://localhost:" + port // browsers take Secure cookies from it
	r, err := (&http.Client{Timeout: 20 * time.Second}).Get(served.URL + "/healthz")
	s.ok(err)
	s.ok(r.Body.Close())
}

// child starts this program under a command, hands it a line and reads one back; it
// is ended with the test.
func (s *stage) child(in, out any, args ...string) {
	s.Helper()
	self, err := os.Executable()
	s.ok(err)
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), program+"=1", "GOLDBELL_LANG=en")
	stdin, err := c.StdinPipe()
	s.ok(err)
	stdout, err := c.StdoutPipe()
	s.ok(err)
	s.ok(c.Start())
	s.Cleanup(func() {
		_ = stdin.Close()
		_ = c.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(15*time.Second, func() { _ = c.Process.Kill() })
		_, _ = io.Copy(io.Discard, stdout)
		_ = c.Wait()
		kill.Stop()
	})
	if in != nil {
		s.ok(json.NewEncoder(stdin).Encode(in))
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	s.ok(err)
	if err := json.Unmarshal(line, out); err != nil {
		s.Fatalf("%s: %s", strconv.Quote(args[0]), line)
	}
}

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}
