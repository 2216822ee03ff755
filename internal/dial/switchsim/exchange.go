package switchsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/pii"
)

// Config is what a simulator is made of.
type Config struct {
	Address     string // loopback, with a port
	Key         []byte // of the signature
	Seed        uint64
	Report      string // where outcomes are posted; empty: nowhere
	ReportRoots []byte // PEM; nil: the report URL is plain HTTP on loopback
	Token       string
	Follow      bool          // the time is that of the newest signed request
	Backoff     time.Duration // before the first repeat of a report; doubled after each; 0: half a second
	Clock       func() time.Time
	Rand        io.Reader
}

// Counts is what the simulator tells of itself: numbers of calls, never numbers.
type Counts struct {
	Calls    int `json:"calls"`    // placed, each call id once
	Repeats  int `json:"repeats"`  // requests for a call placed before
	Refused  int `json:"refused"`  // requests that were not taken
	Ringing  int `json:"ringing"`  // placed and not reported yet
	Reported int `json:"reported"` // outcomes taken over by Goldbell
	Lost     int `json:"lost"`     // outcomes given up on
}

// Limits of one simulator.
const (
	maxBody  = 4 << 10
	maxKnown = 4_000_000 // calls remembered, so that a repeat is recognised
	maxDue   = 200_000   // calls ringing
)

// window is how far off a signature's time may be. A clock that follows the
// requests sees them out of order by as much as a day of the demonstration.
const (
	window       = time.Minute
	followWindow = 24 * time.Hour
)

// ringing is a call under way: the one place that holds a number.
type ringing struct {
	id     pii.RequestID
	number string
	at     time.Time
}

// exchange is the simulated switch. It is safe for concurrent use.
type exchange struct {
	Config
	reporter *reporter
	wake     chan struct{}
	quit     chan struct{}
	done     chan struct{}

	mu     sync.Mutex // guards the rest
	now    time.Time  // newest signed time, if it follows
	nonces nonces
	known  map[pii.RequestID]struct{}
	due    []ringing
	count  Counts
}

func newExchange(c Config) (*exchange, error) {
	if len(c.Key) < dial.MinKey {
		return nil, errors.New("switch: a key of 32 bytes or more is needed")
	}
	r, err := newReporter(c)
	if err != nil {
		return nil, err
	}
	return &exchange{
		Config: c, reporter: r, known: map[pii.RequestID]struct{}{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

func (x *exchange) counts() Counts {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.count
}

func (x *exchange) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+callsPath, func(w http.ResponseWriter, r *http.Request) {
		status, answer := x.take(w, r)
		reply(w, status, answer)
	})
	mux.HandleFunc("GET "+countsPath, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, x.counts())
	})
	return mux
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nothing to tell it
}

// problem is the answer to a request that is not taken: a class, no value.
type problem struct {
	Title string `json:"title"`
}

// take answers one request: signature, freshness, form, then the call.
func (x *exchange) take(w http.ResponseWriter, r *http.Request) (status int, answer any) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return x.refuse(http.StatusRequestEntityTooLarge, "the body is too long or incomplete")
	}
	signed, ok := dial.CheckSignature(x.Key, r.Header.Get(dial.SignatureHeader), r.Method, r.URL.EscapedPath(), body)
	if !ok {
		return x.refuse(http.StatusUnauthorized, "the signature is wrong")
	}
	c, ok := decodeCall(body)
	if !ok {
		return x.refuse(http.StatusUnprocessableEntity, "the call is malformed")
	}
	return x.place(signed, c)
}

func decodeCall(body []byte) (c dial.CallBody, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(&c) != nil || d.More() || c.CallID.IsZero() || c.Agent == "" || len(c.Agent) > 128 {
		return c, false
	}
	return c, isNumber(c.Number)
}

func isNumber(s string) bool {
	if len(s) < 3 || len(s) > 20 {
		return false
	}
	for i, r := range s {
		if (r < '0' || r > '9') && (r != '+' || i > 0) {
			return false
		}
	}
	return true
}

func (x *exchange) refuse(status int, title string) (int, any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.refused(status, title)
}

// refused is refuse for who holds the lock.
func (x *exchange) refused(status int, title string) (int, any) {
	x.count.Refused++
	return status, problem{title}
}

// place takes a signed call, once.
func (x *exchange) place(s dial.Signed, c dial.CallBody) (int, any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now, width := x.time(s.At)
	if off := now.Sub(s.At); off > width || off < -width {
		return x.refused(http.StatusUnauthorized, "the signature's time is off")
	}
	if !x.nonces.add(s.Nonce, now, 2*width) {
		return x.refused(http.StatusUnauthorized, "the nonce was used")
	}
	answer := dial.CallAnswer{Ref: x.ref(c.CallID)}
	if _, again := x.known[c.CallID]; again {
		x.count.Repeats++
		return http.StatusOK, answer
	}
	if now.After(c.Expires) && !x.Follow {
		return x.refused(http.StatusGone, "the call came too late")
	}
	if len(x.known) >= maxKnown || len(x.due) >= maxDue {
		return x.refused(http.StatusServiceUnavailable, "all lines are busy")
	}
	x.known[c.CallID] = struct{}{}
	x.due = append(x.due, ringing{c.CallID, c.Number, now})
	x.count.Calls++
	x.count.Ringing++
	select {
	case x.wake <- struct{}{}:
	default: // awake already
	}
	return http.StatusAccepted, answer
}

// time is what the clock says, and how far off a signature may be.
func (x *exchange) time(signed time.Time) (now time.Time, width time.Duration) {
	if !x.Follow {
		return x.Clock(), window
	}
	if signed.After(x.now) {
		x.now = signed
	}
	return x.now, followWindow
}

// ref is the switch's reference of a call: of the call id, not of the number.
func (x *exchange) ref(id pii.RequestID) string {
	d := x.draw(id)
	return hex.EncodeToString(d[24:])
}

// draw is what the seed says of a call.
func (x *exchange) draw(id pii.RequestID) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(id[:len(id):len(id)], x.Seed))
}

// odds of a call's end, in percent.
var odds = []struct {
	result  dial.Result
	percent uint32
}{
	{dial.Connected, 46}, {dial.NoAnswer, 29}, {dial.Busy, 10}, {dial.Rejected, 8}, {dial.NotReached, 5}, {dial.CallFailed, 2},
}

// outcome is how a call ends: the same for a seed and a call id.
func (x *exchange) outcome(r ringing) dial.Outcome {
	d := x.draw(r.id)
	o := dial.Outcome{CallID: r.id, At: r.at.UTC().Truncate(time.Second)}
	n := binary.BigEndian.Uint32(d[:]) % 100
	for _, odd := range odds {
		if n < odd.percent {
			o.Result = odd.result
			break
		}
		n -= odd.percent
	}
	if o.Result == dial.Connected {
		o.Seconds = 5 + int(binary.BigEndian.Uint32(d[4:])%295)
	}
	return o
}

// nonces remembers what was used, in two generations, so that nothing is scanned.
type nonces struct {
	young, old map[[16]byte]struct{}
	turned     time.Time
}

// add reports whether the nonce is new. It is remembered for keep at least.
func (n *nonces) add(nonce [16]byte, now time.Time, keep time.Duration) bool {
	if n.young == nil || now.Sub(n.turned) > keep {
		n.old, n.young, n.turned = n.young, map[[16]byte]struct{}{}, now
	}
	_, young := n.young[nonce]
	_, old := n.old[nonce]
	if young || old {
		return false
	}
	n.young[nonce] = struct{}{}
	return true
}
