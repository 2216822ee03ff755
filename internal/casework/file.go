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
	"github.com/goldbell/goldbell/internal/ledger"
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

// File takes a complaint in.
func (d *Desk) File(ctx context.Context, f Filing) (Filed, error) {
	now := d.now()
	contacted, err := d.checkFiling(&f, now)
	if err != nil {
		return Filed{}, err
	}
	ordinal, err := d.Finder.Contact(ctx, contacts[f.Channel], contacted)
	if err != nil {
		return Filed{}, err
	}
	code := d.code(f)
	c := &Complaint{
		ID: f.Request, State: Accepted, Ordinal: ordinal, FiledAt: now, CalledAt: f.CalledAt, Channel: f.Channel,
		Known: f.Known, Caller: d.caller(f.Caller), CodeHash: codeHash(code),
	}
	if err := d.seal(c, account{
		Contacted: contacted.Reveal(), Caller: f.Caller.Reveal(), Company: f.KnownCompany.Reveal(), Said: f.Said.Reveal(),
	}); err != nil {
		return Filed{}, err
	}
	e := entry(c, filed, fact("channel", c.Channel), fact("known", known(c.Known)),
		fact("called-at", c.CalledAt.Format(time.RFC3339Nano)))
	e.Spends = d.spends(f.Source, now)
	r, err := d.Ledger.Append(ctx, ledger.Item{Request: f.Request, Hash: f.Hash, Entry: e})
	if fault.Is(err, fault.Exhausted) {
		return Filed{}, fault.New(fault.Exhausted, "slow-down", "")
	}
	if err != nil {
		return Filed{}, err
	}
	r.Close()
	return Filed{ID: f.Request, Code: code}, nil
}

// checkFiling checks what can be wrong with a filing whoever files it, and
// returns the contact in its canonical form.
func (d *Desk) checkFiling(f *Filing, now time.Time) (pii.Value, error) {
	field, ok := contacts[f.Channel]
	if !ok {
		return pii.Value{}, invalid("channel")
	}
	f.CalledAt = f.CalledAt.UTC().Truncate(time.Microsecond)
	switch {
	case f.CalledAt.Before(now.Add(-oldest)) || f.CalledAt.After(now.Add(clockSlack)):
		return pii.Value{}, invalid("called_at")
	case !fits(f.Said, maxSaid):
		return pii.Value{}, invalid("said")
	case !fits(f.KnownCompany, maxCompany):
		return pii.Value{}, invalid("known_company")
	case !fits(f.Caller, maxCaller):
		return pii.Value{}, invalid("caller")
	}
	for i, k := range f.Known {
		if _, ok := d.Schema.Spec(k); !ok || slices.Index(f.Known, k) < i {
			return pii.Value{}, invalid(fmt.Sprintf("known[%d]", i))
		}
	}
	spec, ok := d.Schema.Spec(field)
	if !ok {
		return pii.Value{}, invalid("channel")
	}
	contacted, err := spec.Normalise(f.Contacted.Reveal())
	if err != nil || contacted.IsEmpty() {
		return pii.Value{}, invalid("contacted")
	}
	return contacted, nil
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
	local := now.In(beijing)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, beijing)
	return []ledger.Spend{
		{Key: fmt.Sprintf("complaint|minute|%s|%d", who, minute.Unix()), Cap: d.Limits.Minute, Amount: 1, Until: minute.Add(time.Minute)},
		{Key: fmt.Sprintf("complaint|day|%s|%s", who, day.Format(time.DateOnly)), Cap: d.Limits.Day, Amount: 1, Until: day.AddDate(0, 0, 1)},
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
