package casework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Verdict of a decision about an incident.
type Verdict string

const (
	Notify    Verdict = "notify"     // 通知
	NotNotify Verdict = "not-notify" // 不通知决定
)

// Reasons are those a verdict may rest on. Not to notify is for harm that the measures
// taken do avoid, and for what was no leak of ours.
var Reasons = map[Verdict][]string{
	Notify:    {"leak-recorded", "leak-likely", "harm-not-excluded"},
	NotNotify: {"harm-avoided", "not-ours", "made-up", "decided-before"},
}

// Decision closes an incident: who decided, what, why, and about how many people.
type Decision struct {
	Incident  pii.RequestID `json:"incident"`
	Verdict   Verdict       `json:"verdict"`
	Officer   pii.PersonID  `json:"officer"`
	Reason    string        `json:"reason"`
	Month     string        `json:"month"` // of the record key Note is under
	Note      []byte        `json:"note"`  // why, in the officer's words; sealed
	Run       pii.RequestID `json:"run"`
	Affected  int           `json:"affected"`
	At        time.Time     `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (v *Decision) StampRow() (string, []byte) { return "incident-decision", canonical(v) }

// RowKey implements [pii.Keyed].
func (v *Decision) RowKey() string { return v.Incident.String() }

// DecisionPut inserts a decision; it goes before the incident's own [IncidentPut].
type DecisionPut struct{ *Decision }

// Reach is what a run of a trace says about who is affected.
type Reach struct {
	Entry    uint64
	At       time.Time
	Cases    []pii.RequestID // the complaints it rested on
	LeftOut  []pii.RequestID
	Named    int
	Affected *roaring.Bitmap // whom those it names were shown, in their windows
}

// Runs are the recorded runs of traces; package inquiry has them.
type Runs interface {
	Reach(ctx context.Context, run pii.RequestID) (Reach, error)
}

// Assess counts whom an incident affects: everybody who complained and is known, and
// everybody whom the records say was shown to those the run names. If it names nobody
// the count is a lower bound, and Named says so.
func (d *Desk) Assess(ctx context.Context, a Asked, id, run pii.RequestID) error {
	if d.Runs == nil {
		return fault.New(fault.Unavailable, "unavailable", "run")
	}
	return d.incident(ctx, a, id, func(i *Incident, now time.Time) (ledger.Item, error) {
		if err := d.may(ctx, a.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		reach, err := d.Runs.Reach(ctx, run)
		if err != nil {
			return ledger.Item{}, err
		}
		if !covers(reach, i) {
			return ledger.Item{}, fault.New(fault.Conflict, "run-of-others", "run")
		}
		who, err := d.complainants(ctx, i)
		if err != nil {
			return ledger.Item{}, err
		}
		if reach.Affected != nil {
			who.Or(reach.Affected)
		}
		who.Remove(uint32(pii.Dummy))
		i.Run, i.RunEntry, i.RunAt = run, reach.Entry, reach.At
		i.Named, i.Affected = reach.Named, int(who.GetCardinality())
		if err := d.sealAffected(i, who, now); err != nil {
			return ledger.Item{}, err
		}
		return sign(incidentItem(i, "assessed", nil, i.reachFacts()...), a), nil
	})
}

// covers reports whether the run rested on every complaint that was in the incident
// when it was made, or says that it left it out.
func covers(r Reach, i *Incident) bool {
	for _, j := range i.Cases {
		if !j.At.After(r.At) && !slices.Contains(r.Cases, j.Case) && !slices.Contains(r.LeftOut, j.Case) {
			return false
		}
	}
	return slices.ContainsFunc(i.Cases, func(j Joined) bool { return slices.Contains(r.Cases, j.Case) })
}

// complainants are those of the incident's complaints whom we know.
func (d *Desk) complainants(ctx context.Context, i *Incident) (*roaring.Bitmap, error) {
	who := roaring.New()
	for _, j := range i.Cases {
		c, ok, err := d.complaint(ctx, j.Case)
		if err != nil {
			return nil, err
		}
		if ok {
			who.Add(uint32(c.Ordinal))
		}
	}
	return who, nil
}

func (i *Incident) reachFacts() []proof.Field {
	digest := sha256.Sum256(i.Sealed)
	return []proof.Field{
		fact("run", i.Run.String()), fact("run-entry", strconv.FormatUint(i.RunEntry, 10)), fact("named", strconv.Itoa(i.Named)),
		fact("affected", strconv.Itoa(i.Affected)), fact("affected-sealed", hex.EncodeToString(digest[:])),
	}
}

func affectedContext(id pii.RequestID) []byte { return append([]byte("incident-affected|"), id[:]...) }
func noteContext(id pii.RequestID) []byte     { return append([]byte("incident-note|"), id[:]...) }

func (d *Desk) sealAffected(i *Incident, who *roaring.Bitmap, now time.Time) error {
	plain, err := who.ToBytes()
	if err != nil {
		return fault.New(fault.Internal, "internal", "affected")
	}
	i.Sealed, i.Month, err = d.Sealer.Seal(now, affectedContext(i.ID), plain)
	return err
}

// affected are the ordinals an incident names; none before it was assessed.
func (d *Desk) affected(i *Incident) (*roaring.Bitmap, error) {
	who := roaring.New()
	if len(i.Sealed) == 0 {
		return who, nil
	}
	plain, err := d.Sealer.Open(affectedContext(i.ID), i.Sealed)
	if err != nil {
		return nil, err
	}
	if _, err := who.ReadFrom(bytes.NewReader(plain)); err != nil {
		return nil, fault.New(fault.Internal, "internal", "affected")
	}
	return who, nil
}

// joinGrace is how long complaints may have joined since the run a decision rests on:
// whoever goes on complaining does not keep the officer from deciding.
const joinGrace = time.Hour

// outdated reports whether complaints joined that the count leaves out.
func (i *Incident) outdated(now time.Time) bool {
	return slices.ContainsFunc(i.Cases, func(j Joined) bool { return j.At.After(i.RunAt) && now.Sub(j.At) > joinGrace })
}

// DecideIncident closes an incident: an officer who did not open it says whether the
// persons are notified, on a reason from the list and one in her own words. How many
// are affected must have been counted.
func (d *Desk) DecideIncident(ctx context.Context, a Asked, id pii.RequestID, v Verdict, reason string, note pii.Value) error {
	list, ok := Reasons[v]
	switch n := utf8.RuneCountInString(note.Reveal()); {
	case !ok:
		return invalid("verdict")
	case !slices.Contains(list, reason):
		return invalid("reason")
	case !fits(note, maxSaid) || n < 10:
		return invalid("note")
	}
	return d.incident(ctx, a, id, func(i *Incident, now time.Time) (ledger.Item, error) {
		if err := d.may(ctx, a.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		switch {
		case i.OpenedBy == a.By.Person.ID:
			return ledger.Item{}, fault.New(fault.Denied, "second-person", "")
		case i.Run.IsZero():
			return ledger.Item{}, fault.New(fault.Conflict, "not-assessed", "incident")
		case i.outdated(now):
			return ledger.Item{}, fault.New(fault.Conflict, "assessed-before", "incident")
		}
		row := &Decision{Incident: id, Verdict: v, Officer: a.By.Person.ID, Reason: reason, Run: i.Run, Affected: i.Affected, At: now}
		var err error
		plain := []byte(note.Reveal())
		defer clear(plain)
		if row.Note, row.Month, err = d.Sealer.Seal(now, noteContext(id), plain); err != nil {
			return ledger.Item{}, err
		}
		i.State = Decided
		cases := make([]pii.RequestID, len(i.Cases))
		for n, j := range i.Cases {
			cases[n] = j.Case
		}
		facts := append([]proof.Field{fact("verdict", string(v)), fact("reason", reason)}, i.reachFacts()...)
		item := incidentItem(i, "decided", cases, facts...)
		// The incident's row last: its trigger looks at the decision.
		item.Entry.Effects = append([]ledger.Effect{DecisionPut{Decision: row}}, item.Entry.Effects...)
		return sign(item, a), nil
	})
}

// ReadNote opens what the officer wrote about a decision, for another officer or the
// auditor. That it was read is an entry first.
func (d *Desk) ReadNote(ctx context.Context, a Asked, id pii.RequestID) (pii.Value, error) {
	var v *Decision
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		kind := party.Officer
		if a.By.Person.Kind == party.Auditor {
			kind = party.Auditor
		}
		if err := d.may(ctx, a.By, d.now(), kind); err != nil {
			return ledger.Item{}, err
		}
		_, found, err := d.ReadIncident(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		if found == nil {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "note")
		}
		v = found
		return sign(ledger.Item{Entry: ledger.Entry{
			Kind: proof.KindIncident, Refs: []ledger.Ref{caseRef(id)},
			Facts: []proof.Field{fact("what", "note-read"), fact("incident", id.String())},
		}}, a), nil
	})
	if err != nil {
		return pii.Value{}, err
	}
	defer r.Close()
	if r.Again() {
		return pii.Value{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	plain, err := d.Sealer.Open(noteContext(id), v.Note)
	return pii.NewValue(string(plain)), err
}
