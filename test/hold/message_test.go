package hold

import (
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/courier"
	"github.com/goldbell/goldbell/internal/server"
)

// provider is the company's provider of text messages. While it hangs it takes a
// message and does not answer.
type provider struct {
	hangs atomic.Bool
	took  chan courier.SMSBody
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m courier.SMSBody
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.took <- m
	if p.hangs.Load() {
		<-r.Context().Done() // its caller was killed
		return
	}
	_, _ = io.WriteString(w, "{}")
}

// addProvider sets the provider up.
func (s *surface) addProvider() *provider {
	s.t.Helper()
	p := &provider{took: make(chan courier.SMSBody, 16)}
	tls := httptest.NewTLSServer(p)
	s.t.Cleanup(tls.Close)
	dir := s.t.TempDir()
	roots, secret := filepath.Join(dir, "sms.pem"), filepath.Join(dir, "sms.key")
	s.ok(os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600))
	s.ok(os.WriteFile(secret, []byte(hex.EncodeToString(make([]byte, 32))+"\n"), 0o600))
	s.ok(server.UpdateSettings(s.dir.Data, func(x *server.Settings) {
		x.Courier = &server.Courier{SMS: &server.Switch{URL: tls.URL + "/sms", Roots: roots, Secret: secret}}
	}))
	return p
}

var (
	hiddenForm = regexp.MustCompile(`name="form" value="([^"]+)"`)
	onceID     = regexp.MustCompile(`name="once_id" value="([^"]+)"`)
	sixDigits  = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// page sends a form of the page about her information, and returns the answer's.
func (s *surface) page(base string, form url.Values) string {
	s.t.Helper()
	read := func(r *http.Response, err error) string {
		s.t.Helper()
		s.ok(err)
		b, err := io.ReadAll(r.Body)
		s.ok(err)
		s.ok(r.Body.Close())
		if r.StatusCode != http.StatusOK {
			s.t.Fatalf("%d", r.StatusCode)
		}
		return string(b)
	}
	found := hiddenForm.FindStringSubmatch(read(s.http.Get(base + "/my/information?lang=en")))
	if found == nil {
		s.t.Fatal("the page has no form")
	}
	form.Set("form", found[1])
	return read(s.http.PostForm(base+"/my/information?lang=en", form))
}

// TestMessagesOutliveAKill kills a whole server right after it answered that a code is
// on its way, and when it is handing one over. The server that starts then sends the
// code, the same one; to a contact that nobody is known by it sends none.
func TestMessagesOutliveAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	onEach(t, func(t *testing.T, dsn string) {
		s := serve(t, t.TempDir(), dsn)
		s.customers(2)
		s.stop()
		s.stop = func() {}
		p := s.addProvider()
		p.hangs.Store(true)
		var asked [3]string
		kill := func(numbers ...string) {
			t.Helper()
			cmd, out := start(t, "http", job{Places: s.dir})
			if !out.Scan() {
				t.Fatal("the server did not start")
			}
			for n, number := range numbers {
				got := onceID.FindStringSubmatch(s.page("http://"+out.Text(), url.Values{"act": {"contact"}, "channel": {"sms"}, "contact": {number}}))
				if got == nil {
					t.Fatal("no code was promised")
				}
				asked[len(numbers)-1+n] = got[1]
			}
			if len(numbers) == 1 {
				if m := <-p.took; !strings.HasSuffix(m.To, number(0)) {
					t.Fatal("another's number")
				}
			}
			s.ok(cmd.Process.Kill())
			killed(t, cmd)
			s.http.CloseIdleConnections()
		}
		kill(number(0))                // while it hands over
		kill(number(1), "13999999999") // right after the answers; the second is nobody's
		for len(p.took) > 0 {          // it may have been quicker
			<-p.took
		}
		p.hangs.Store(false)
		cmd, out := start(t, "http", job{Places: s.dir, Ahead: time.Minute})
		if !out.Scan() {
			t.Fatal("no server starts after the kill")
		}
		for range 2 {
			m := <-p.took
			once := asked[0]
			if strings.HasSuffix(m.To, number(1)) {
				once = asked[1]
			}
			if m.MessageID.String() != once {
				t.Errorf("the message is %s, asked for was %s", m.MessageID, once)
			}
			page := s.page("http://"+out.Text(), url.Values{"act": {"code"}, "once_id": {once}, "once": {sixDigits.FindString(m.Text)}})
			if !strings.Contains(page, `name="token"`) {
				t.Error("the code that came proves nothing")
			}
		}
		s.ok(cmd.Process.Kill())
		killed(t, cmd)
		if db := len(p.took); db != 0 {
			t.Errorf("%d more messages", db)
		}
	})
}

func number(n int) string { return "1370000000" + string(rune('0'+n)) }
