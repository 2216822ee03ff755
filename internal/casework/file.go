package casework

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Limits of what a complaint may say, in runes, and how old it may be.
const (
	maxSaid    = 4000
	maxCompany = 200
	maxCaller  = 64
	oldest     = 3 * 365 * 24 * time.Hour
	clockSlack = 5 * time.Minute // the complainant's clock may be ahead of ours
)

// The channels by which somebody was contacted.
const (
	ByPhone = "phone"
	BySMS   = "sms"
	ByEmail = "email"
)

// contacts says in which field the contacted number or address is looked for.
var contacts = map[string]pii.Field{ByPhone: pii.Phone, BySMS: pii.Phone, ByEmail: pii.Email}

// Filing is what a complainant says. She needs no account.
type Filing struct {
	Channel      string
	Contacted    pii.Value // her number or address that was contacted
	CalledAt     time.Time
	Caller       pii.Value // the number or address it came from; may be empty
	Known        []pii.Field
	KnownCompany pii.Value // the company name the caller used; may be empty
	Said         pii.Value // in her own words; may be empty
	Reply        pii.Value // where she wants answers; empty: where she was contacted
	ReplyBy      string    // BySMS or ByEmail, if Reply is given

	Source  string // where the request came from, for the limits
	Request pii.RequestID
	Hash    []byte
}

// Filed is the answer, alike whoever she is. The code lets her follow, contest
// and close the complaint.
type Filed struct {
	ID   pii.RequestID
	Code string
}

// File takes a complaint in. How she was contacted, when and what was said is
// enough; nothing else is asked for.
func (d *Desk) File(ctx context.Context, f Filing) (Filed, error) {
	code := d.code(f)
	c, err := d.take(ctx, f, code, filed, Accepted, Asked{})
	if err != nil {
		return Filed{}, err
	}
	return Filed{ID: c.ID, Code: code}, nil
}

// TakeDown takes a complaint down for somebody who called or wrote. It does not count
// as filed before the contact confirmed it with the code that is sent there; whoever
// took it down never sees the code.
func (d *Desk) TakeDown(ctx context.Context, a Asked, f Filing) (pii.RequestID, error) {
	now := d.now()
	if a.By.Person.Kind != party.Officer {
		if err := d.may(ctx, a.By, now, party.Staff); err != nil {
			return pii.RequestID{}, err
		}
	} else if err := d.may(ctx, a.By, now, party.Officer); err != nil {
		return pii.RequestID{}, err
	}
	if !f.Reply.IsEmpty() {
		return pii.RequestID{}, invalid("reply") // it would be the handler who chose where the code goes
	}
	if d.Courier == nil || !d.Courier.Carries(way(f.Channel)) {
		return pii.RequestID{}, fault.New(fault.Unavailable, "no-courier", "")
	}
	f.Request, f.Hash, f.Source = a.Request, a.Hash, "person|"+string(a.By.Person.ID)
	if _, err := d.take(ctx, f, d.takenCode(f.Request), takenDown, Unconfirmed, a); err != nil {
		return pii.RequestID{}, err
	}
	d.wake()
	return f.Request, nil
}

// take writes a complaint.
func (d *Desk) take(ctx context.Context, f Filing, code string, did event, state State, by Asked) (*Complaint, error) {
	now := d.now()
	contacted, reply, err := d.checkFiling(&f, now)
	if err != nil {
		return nil, err
	}
	if did == takenDown {
		if err := d.notOurs(ctx, contacted, now); err != nil {
			return nil, err
		}
	}
	ordinal, err := d.Finder.Contact(ctx, contacts[f.Channel], contacted)
	if err != nil {
		return nil, err
	}
	c := &Complaint{
		ID: f.Request, State: state, Ordinal: ordinal, FiledAt: now, CalledAt: f.CalledAt, Channel: f.Channel,
		Known: f.Known, Caller: d.caller(f.Caller), CodeHash: codeHash(code), TakenBy: by.By.Person.ID,
		Due: now.Add(d.length(law.ComplaintReply, now)), Script: d.sketch(f.Said),
	}
	a := account{
		Contacted: contacted.Reveal(), Caller: f.Caller.Reveal(), Company: f.KnownCompany.Reveal(), Said: f.Said.Reveal(),
		Reply: reply.Reveal(), ReplyBy: f.ReplyBy,
	}
	if err := d.seal(c, a); err != nil {
		return nil, err
	}
	e := entry(c, did, fact("channel", c.Channel), fact("known", known(c.Known)),
		fact("called-at", c.CalledAt.Format(time.RFC3339Nano)))
	e.Spends = d.spends(f.Source, now)
	item := ledger.Item{Request: f.Request, Hash: f.Hash, Entry: e}
	if did == takenDown {
		item.Entry.Actor, item.Entry.Org = by.By.Person.ID, by.By.Org.ID
		posted, err := d.postNotice(parcel{use: ToAffirm, of: c.ID, channel: f.Channel}, now)
		if err != nil {
			return nil, err
		}
		item.Entry.Effects = append([]ledger.Effect{Handled{Case: c.ID, Person: by.By.Person.ID}, posted}, e.Effects...)
		item.Basis = ledger.Basis{Size: d.Ledger.Size(), Rules: d.Ledger.Rules(), Keys: actorKeys(by.By)}
		item.Actor = actor(by.By)
	}
	r, err := d.Ledger.Append(ctx, item)
	if fault.Is(err, fault.Exhausted) {
		return nil, fault.New(fault.Exhausted, "slow-down", "")
	}
	if err != nil {
		return nil, err
	}
	r.Close()
	return c, nil
}

// checkFiling checks what can be wrong with a filing whoever files it, and
// returns both contacts in their canonical form.
func (d *Desk) checkFiling(f *Filing, now time.Time) (contacted, reply pii.Value, err error) {
	if _, ok := contacts[f.Channel]; !ok {
		return contacted, reply, invalid("channel")
	}
	f.CalledAt = f.CalledAt.UTC().Truncate(time.Microsecond)
	switch {
	case f.CalledAt.Before(now.Add(-oldest)) || f.CalledAt.After(now.Add(clockSlack)):
		return contacted, reply, invalid("called_at")
	case !fits(f.Said, maxSaid):
		return contacted, reply, invalid("said")
	case !fits(f.KnownCompany, maxCompany):
		return contacted, reply, invalid("known_company")
	case !fits(f.Caller, maxCaller):
		return contacted, reply, invalid("caller")
	}
	for i, k := range f.Known {
		if _, ok := d.Schema.Spec(k); !ok || slices.Index(f.Known, k) < i {
			return contacted, reply, invalid(fmt.Sprintf("known[%d]", i))
		}
	}
	if contacted, err = d.normal(f.Channel, f.Contacted); err != nil {
		return contacted, reply, invalid("contacted")
	}
	if f.Reply.IsEmpty() {
		f.ReplyBy = ""
		return contacted, reply, nil
	}
	if f.ReplyBy != BySMS && f.ReplyBy != ByEmail {
		return contacted, reply, invalid("reply_by")
	}
	if reply, err = d.normal(f.ReplyBy, f.Reply); err != nil {
		return contacted, reply, invalid("reply")
	}
	return contacted, reply, nil
}

func fits(v pii.Value, runes int) bool {
	s := v.Reveal()
	return len(s) <= utf8.UTFMax*runes && utf8.ValidString(s) && utf8.RuneCountInString(s) <= runes
}

// caller is the fingerprint by which one caller counts once, however his number
// was written; nil if she did not see it.
func (d *Desk) caller(v pii.Value) []byte {
	key := pii.CallerKey(v)
	if key.Equal(pii.Value{}) {
		return nil
	}
	return d.Sealer.Fingerprint(key)
}

// spends charges the source's minute and day. A source is kept as a fingerprint:
// an address is personal information too.
func (d *Desk) spends(source string, now time.Time) []ledger.Spend {
	who := hex.EncodeToString(d.Sealer.Fingerprint(pii.NewValue("source|" + source))[:16])
	minute := now.Truncate(time.Minute)
	name, end := today(now)
	return []ledger.Spend{
		{Key: fmt.Sprintf("complaint|minute|%s|%d", who, minute.Unix()), Cap: d.Limits.Minute, Amount: 1, Until: minute.Add(time.Minute)},
		{Key: fmt.Sprintf("complaint|day|%s|%s", who, name), Cap: d.Limits.Day, Amount: 1, Until: end},
	}
}

// beijing is the zone of windows and clocks.
var beijing = time.FixedZone("UTC+8", 8*60*60)

func known(fields []pii.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return strings.Join(names, ",")
}
