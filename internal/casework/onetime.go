package casework

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// Use says what a message to a contact is for.
type Use string

const (
	ToClose   Use = "close"    // the code with which she closes her complaint
	ToSeeHers Use = "see-hers" // the code with which she asks about herself
	ToAffirm  Use = "affirm"   // the follow-up code of a complaint that was taken down for her
	ToTell    Use = "tell"     // there is an answer
	ToAppeal  Use = "appeal"   // a second officer is about to close; how to contest
)

// A one-time code of six digits lives codeLife and may be tried codeTries times.
const (
	codeLife  = 15 * time.Minute
	codeTries = 5
)

// Contact is a number or an address whose owner asks for a one-time code.
type Contact struct {
	Channel string // BySMS, ByPhone or ByEmail
	Value   pii.Value
	Source  string
	Request pii.RequestID
	Hash    []byte
}

// AskHers asks for a one-time code to be sent to a contact, whose owner wants to see
// what is recorded about her. The answer is the same, and comes as soon, whether
// anybody is known by it: who is, is found out when the code is delivered.
func (d *Desk) AskHers(ctx context.Context, c Contact) (pii.RequestID, error) {
	v, err := d.normal(c.Channel, c.Value)
	if err != nil {
		return pii.RequestID{}, err
	}
	if d.Courier == nil || !d.Courier.Carries(way(c.Channel)) {
		return pii.RequestID{}, fault.New(fault.Unavailable, "no-courier", "")
	}
	return d.ask(ctx, c.Source, c.Request, c.Hash, parcel{use: ToSeeHers, channel: c.Channel, to: v})
}

// normal is a contact in its canonical form.
func (d *Desk) normal(channel string, v pii.Value) (pii.Value, error) {
	field, ok := contacts[channel]
	if !ok {
		return pii.Value{}, invalid("channel")
	}
	spec, ok := d.Schema.Spec(field)
	if !ok {
		return pii.Value{}, invalid("channel")
	}
	canonical, err := spec.Normalise(v.Reveal())
	if err != nil || canonical.IsEmpty() {
		return pii.Value{}, invalid("contact")
	}
	return canonical, nil
}

// AskToClose asks for the code that closes a complaint to be sent to the contact it
// came from.
func (d *Desk) AskToClose(ctx context.Context, h Her) (pii.RequestID, error) {
	c, err := d.hers(ctx, h.Case, h.Code, h.Source)
	if err != nil {
		return pii.RequestID{}, err
	}
	if _, ok := moves[c.State][confirmed]; !ok {
		return pii.RequestID{}, fault.New(fault.Conflict, "bad-state", "complaint")
	}
	a, err := d.open(c)
	if err != nil {
		return pii.RequestID{}, err
	}
	if err := d.notOurs(ctx, pii.NewValue(a.contact()), d.now()); err != nil {
		return pii.RequestID{}, err
	}
	if channel := way(a.contactChannel(c)); d.Courier == nil || !d.Courier.Carries(channel) {
		return pii.RequestID{}, fault.New(fault.Unavailable, "no-courier", "")
	}
	return d.ask(ctx, h.Source, h.Request, h.Hash, parcel{use: ToClose, of: c.ID, channel: c.Channel})
}

// ask records that a code was asked for, charges the source, and queues it in the same
// transaction. The request's id is the code's.
func (d *Desk) ask(ctx context.Context, source string, request pii.RequestID, hash []byte, p parcel) (pii.RequestID, error) {
	now := d.now()
	p.id, p.until = request, now.Add(codeLife)
	posted, err := d.post(p, now, 0)
	if err != nil {
		return pii.RequestID{}, err
	}
	e := messageEntry("asked", p.use, p.channel, p.of)
	e.Spends, e.Effects = d.codeSpends(source, now), []ledger.Effect{posted}
	r, err := d.Ledger.Append(ctx, ledger.Item{Request: request, Hash: hash, Entry: e})
	if fault.Is(err, fault.Exhausted) {
		return pii.RequestID{}, fault.New(fault.Exhausted, "slow-down", "")
	}
	if err != nil {
		return pii.RequestID{}, err
	}
	r.Close()
	d.wake()
	return request, nil
}

// codeSpends charge the source's minute and day.
func (d *Desk) codeSpends(source string, now time.Time) []ledger.Spend {
	who := hex.EncodeToString(d.Sealer.Fingerprint(pii.NewValue("source|" + source))[:16])
	minute := now.Truncate(time.Minute)
	name, end := today(now)
	return []ledger.Spend{
		{Key: fmt.Sprintf("code|minute|%s|%d", who, minute.Unix()), Cap: d.Limits.CodeMinute, Amount: 1, Until: minute.Add(time.Minute)},
		{Key: "code|day|" + who + "|" + name, Cap: d.Limits.CodeDay, Amount: 1, Until: end},
	}
}

// oneTime is the row of a parcel's code.
func (d *Desk) oneTime(p parcel, of pii.Ordinal, f pii.Field) *OneTime {
	now := d.now()
	return &OneTime{
		ID: p.id, Use: p.use, Case: p.of, Ordinal: of, Field: f, Hash: d.digitsHash(p.id, p.digits), SentAt: now, Until: now.Add(codeLife),
	}
}

// digits draws a code of six digits, each as likely.
func (d *Desk) digits() (string, error) {
	const most = 1_000_000
	for {
		var b [4]byte
		if _, err := io.ReadFull(d.Rand, b[:]); err != nil {
			return "", fault.New(fault.Unavailable, "unavailable", "randomness")
		}
		if n := binary.BigEndian.Uint32(b[:]); n < (1<<32/most)*most {
			return fmt.Sprintf("%06d", n%most), nil
		}
	}
}

func (d *Desk) digitsHash(id pii.RequestID, typed string) []byte {
	digits := strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' { // as an input method may write them
			return r - '０' + '0'
		}
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, typed)
	return d.Sealer.Fingerprint(pii.NewValue("one-time|" + id.String() + "|" + digits))
}

func (d *Desk) request() (id pii.RequestID, err error) {
	if _, err := io.ReadFull(d.Rand, id[:]); err != nil {
		return id, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return id, nil
}

var errCode = fault.New(fault.Denied, "bad-code", "once")

// oneTimeKey is what a decision on a one-time code rests on.
func oneTimeKey(id pii.RequestID) string { return "one-time|" + id.String() }

// tried reads a one-time code that somebody answers. Each try is an entry and
// counts, right or wrong; what is wrong about it is not told.
func (d *Desk) tried(ctx context.Context, id pii.RequestID, typed, source string, use Use, of pii.RequestID) (OneTime, error) {
	o, ok, err := d.Store.OneTime(ctx, id)
	if err != nil {
		return OneTime{}, err
	}
	if !ok || d.Ledger.CheckStamp(&o) != nil {
		d.Failed(ctx, source)
		return OneTime{}, errCode
	}
	right := o.matches(d.digitsHash(id, typed), use, of, d.now())
	request, err := d.request()
	if err != nil {
		return OneTime{}, err
	}
	what := "answered"
	if !right {
		what = "answered-wrong"
	}
	e := messageEntry(what, use, "", of)
	e.Spends = []ledger.Spend{{Key: "one-time|" + id.String(), Cap: codeTries, Amount: 1, Until: o.Until}}
	r, err := d.Ledger.Append(ctx, ledger.Item{Request: request, Entry: e})
	if fault.Is(err, fault.Exhausted) {
		d.Failed(ctx, source)
		return OneTime{}, errCode
	}
	if err != nil {
		return OneTime{}, err
	}
	r.Close()
	if !right {
		d.Failed(ctx, source)
		return OneTime{}, errCode
	}
	return o, nil
}

// matches says whether the code is right, for this use, in time and not used. A
// code for nobody matches nothing.
func (o OneTime) matches(hash []byte, use Use, of pii.RequestID, now time.Time) bool {
	somebody := use != ToSeeHers || o.Ordinal != pii.Dummy
	return subtle.ConstantTimeCompare(o.Hash, hash) == 1 && o.Use == use && o.Case == of && !o.Used && now.Before(o.Until) && somebody
}

// Proven is somebody who proved control of a contact of hers.
type Proven struct {
	Ordinal pii.Ordinal
	Field   pii.Field
	At      time.Time
}

// ProveHers takes a one-time code: whoever answers it controls the contact.
func (d *Desk) ProveHers(ctx context.Context, id pii.RequestID, typed, source string) (Proven, error) {
	o, err := d.tried(ctx, id, typed, source, ToSeeHers, pii.RequestID{})
	if err != nil {
		return Proven{}, err
	}
	request, err := d.request()
	if err != nil {
		return Proven{}, err
	}
	r, err := d.Ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		used, err := d.use(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		e := messageEntry("used", ToSeeHers, "", pii.RequestID{})
		e.Effects, e.Revokes = []ledger.Effect{OneTimePut{OneTime: used}}, []string{oneTimeKey(id)}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: []string{oneTimeKey(id)}}}, nil
	})
	if err != nil {
		return Proven{}, err
	}
	r.Close()
	return Proven{Ordinal: o.Ordinal, Field: o.Field, At: d.now()}, nil
}

// use is the row of a code that is being used; once only.
func (d *Desk) use(ctx context.Context, id pii.RequestID) (*OneTime, error) {
	o, ok, err := d.Store.OneTime(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok || d.Ledger.CheckStamp(&o) != nil || o.Used {
		return nil, errCode
	}
	o.Used = true
	return &o, nil
}

// notOurs refuses a contact that is registered to our own people or a partner: they
// do not confirm that a complaint about them is answered.
func (d *Desk) notOurs(ctx context.Context, contact pii.Value, at time.Time) error {
	if d.Numbers == nil {
		return nil
	}
	tag := d.caller(contact)
	if tag == nil {
		return nil
	}
	whose, err := d.Numbers.Registered(ctx, tag, at)
	if err != nil {
		return err
	}
	if len(whose) > 0 {
		return fault.New(fault.Denied, "own-contact", "")
	}
	return nil
}
