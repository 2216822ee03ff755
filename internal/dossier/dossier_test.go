package dossier_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

func maker(f *firm.Firm) *dossier.Maker {
	return &dossier.Maker{
		Ledger: f.Ledger, Clock: func() time.Time { return f.Now }, Rand: rand.Reader,
		LogKey: f.Ring.VerifierKey(), Origin: f.Ring.Origin(), RootKey: f.Ring.RootHolder(),
	}
}

func officer(f *firm.Firm) party.Principal {
	p := f.Agent
	p.Person.ID, p.Person.Kind = "officer", party.Officer
	return p
}

func person(t *testing.T, f *firm.Firm, id pii.SubjectID) dossier.Person {
	t.Helper()
	found, err := f.Vault.Describe(t.Context(), []pii.SubjectID{id})
	f.OK(err)
	return dossier.Person{ID: id, Of: ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}}
}

// made makes a pack, reads it and verifies it under the log's policy.
func made(t *testing.T, f *firm.Firm, m *dossier.Maker, o dossier.Order, witnesses string, kept ...[]byte) (*proof.Pack, proof.Report) {
	t.Helper()
	o.ID = firm.NewID()
	if o.Until.IsZero() {
		o.From, o.Until = firm.Start.Add(-time.Hour), firm.Start.Add(time.Hour)
	}
	p, err := m.Make(t.Context(), officer(f), o)
	f.OK(err)
	pack, err := proof.ReadPack(bytes.NewReader(p.Zip), int64(len(p.Zip)))
	f.OK(err)
	if witnesses == "" {
		witnesses = "quorum none\n"
	}
	policy, err := proof.ParsePolicy([]byte("log " + f.Ring.VerifierKey() + "\n" + witnesses))
	f.OK(err)
	r, err := proof.Verify(pack, policy, kept...)
	f.OK(err)
	if !r.LogChecked || p.Entries != len(r.Entries) {
		t.Fatalf("log checked %v, %d entries of %d", r.LogChecked, len(r.Entries), p.Entries)
	}
	for _, value := range []string{"13800000004", "王小明", "u4@example.com"} {
		if bytes.Contains(p.Zip, []byte(value)) {
			t.Error("the pack holds a value")
		}
	}
	return pack, r
}

// holds reports whether the pack's members hold the bytes, as they are or in the
// digits that packs are written in.
func holds(p *proof.Pack, b []byte) bool {
	var out bytes.Buffer
	q := *p
	if err := q.Write(&out, func(proof.Hash) (*proof.Sealed, error) { return p.Sealed, nil }); err != nil {
		return true
	}
	return bytes.Contains(out.Bytes(), b) || bytes.Contains(out.Bytes(), fmt.Appendf(nil, "%x", b))
}

// TestPackVerifiesElsewhere: what an agent was shown, alone, in a batch with
// others, and what was refused, is in a pack that verifies under the log's policy
// and holds no value.
func TestPackVerifiesElsewhere(t *testing.T) {
	f := firm.New(t, 30)
	work := f.Work(f.IDs[:20]...)
	her := f.IDs[3]
	for _, r := range [][]pii.SubjectID{{her}, f.IDs[:20], {f.IDs[5]}} {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, r...))
		f.OK(err)
	}
	_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, her)) // refused: no-permit
	f.OK(err)

	order := dossier.Order{Kind: proof.KindSubject, Person: person(t, f, her)}
	pack, report := made(t, f, maker(f), order, "")
	shown := 0
	for _, e := range report.Entries {
		if e.Line != nil && e.Line.Shown {
			shown++
		}
	}
	if shown != 2 || len(report.Entries) != 3 {
		t.Errorf("%d shown of %d", shown, len(report.Entries))
	}
	for _, s := range []string{"a001", "No outside witness", "没有外部见证", "No auditor attests"} {
		if !strings.Contains(string(pack.Page), s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	// Making a pack is a provision: the next one lists it.
	_, report = made(t, f, maker(f), order, "")
	if last := report.Entries[len(report.Entries)-1]; last.Kind != proof.KindPack || last.Field("actor") != "officer" {
		t.Errorf("the last entry is a %v", last.Kind)
	}
}

func TestOnlyTheOfficerMakesPacks(t *testing.T) {
	f := firm.New(t, 2)
	before := f.Ledger.Size()
	_, err := maker(f).Make(t.Context(), f.Agent, dossier.Order{
		ID: firm.NewID(), Kind: proof.KindSubject, From: firm.Start, Until: firm.Start.Add(time.Hour), Person: person(t, f, f.IDs[0]),
	})
	if !fault.IsID(err, "not-yours") || f.Ledger.Size() != before {
		t.Fatal(err)
	}
	if _, err := maker(f).Attest(t.Context(), officer(f), dossier.Attestation{ID: firm.NewID(), Scanned: 1}); !fault.IsID(err, "not-yours") {
		t.Fatal(err)
	}
}

// TestAnOfficerWhoWasEndedGetsNoPack: a pack about a person holds her record key. Whoever
// was ended while it was made is not given one.
func TestAnOfficerWhoWasEndedGetsNoPack(t *testing.T) {
	f := firm.New(t, 2)
	by := officer(f)
	by.Seen = f.Ledger.Size()
	order := func() dossier.Order {
		return dossier.Order{ID: firm.NewID(), Kind: proof.KindSubject, From: firm.Start, Until: firm.Start.Add(time.Hour), Person: person(t, f, f.IDs[0])}
	}
	f.Append(ledger.Entry{Kind: proof.KindParty, Revokes: []string{ledger.PersonKey(by.Person.ID)}})
	if made, err := maker(f).Make(t.Context(), by, order()); err == nil || len(made.Zip) > 0 {
		t.Errorf("a pack of %d bytes, %v", len(made.Zip), err)
	}
	by.Seen = f.Ledger.Size() // who still may is told to try again
	_, err := maker(f).Make(t.Context(), by, order())
	f.OK(err)
}

// TestOneDisclosure: by itself it shows all persons by tags; about one of them only
// her line; that she is not in it takes her record key, and no pack has another's.
func TestOneDisclosure(t *testing.T) {
	f := firm.New(t, 8)
	work := f.Work(f.IDs[:6]...)
	r := f.Read(work, pii.Masked, f.IDs[:5]...)
	answer, err := f.Door.Disclose(t.Context(), f.Agent, r)
	f.OK(err)
	keys := make([][]byte, len(f.IDs))
	for i, id := range f.IDs {
		keys[i] = person(t, f, id).Of.Key.Bytes()
	}
	order := dossier.Order{Kind: proof.KindOfOne, Disclosure: answer.ID}

	pack, report := made(t, f, maker(f), order, "")
	if e := report.Entries[0]; !e.Opened || e.Shown != 5 || e.Subjects != 5 || pack.Info.RecordKey != nil {
		t.Errorf("%+v", e)
	}
	for i := range keys {
		if holds(pack, keys[i]) || holds(pack, f.IDs[i][:]) {
			t.Error("the pack names somebody")
		}
	}

	order.Person = person(t, f, f.IDs[2])
	pack, report = made(t, f, maker(f), order, "")
	if e := report.Entries[0]; e.Opened || e.Shown != 1 || len(pack.Entries[0].Persons) != 1 {
		t.Errorf("%+v", e)
	}
	for i := range keys {
		if holds(pack, keys[i]) || i != 2 && holds(pack, f.IDs[i][:]) {
			t.Error("the pack has a record key, or names another")
		}
	}

	order.Person = person(t, f, f.IDs[7])
	order.ID = firm.NewID()
	if _, err := maker(f).Make(t.Context(), officer(f), order); !fault.IsID(err, "needs-record-key") {
		t.Fatal(err)
	}
	order.WithKey = true
	pack, report = made(t, f, maker(f), order, "")
	if report.Entries[0].Line != nil || report.Enrolled == nil || !strings.Contains(string(pack.Page), "The person is not in the entry.") {
		t.Errorf("%+v", report.Entries[0])
	}
	for i := range keys {
		if holds(pack, keys[i]) != (i == 7) {
			t.Error("the pack has another record key than the one it needs")
		}
	}
	order = dossier.Order{Kind: proof.KindOfOne, ID: firm.NewID(), Disclosure: work}
	if _, err := maker(f).Make(t.Context(), officer(f), order); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
}

// TestOneRecipient: all that was asked in a recipient's name, and nobody's name.
func TestOneRecipient(t *testing.T) {
	f := firm.New(t, 6)
	work := f.Work(f.IDs[:4]...)
	for _, form := range []pii.Form{pii.Masked, pii.Plain} {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, form, f.IDs...))
		f.OK(err)
	}
	pack, report := made(t, f, maker(f), dossier.Order{Kind: proof.KindOfRecipient, Recipient: proof.Recipient{ID: "a001", Kind: proof.RecipientPerson}}, "")
	if len(report.Entries) != 2 || report.Entries[0].Shown != 4 || report.Entries[0].Refused != 0 || report.Entries[1].Refused != 4 {
		t.Errorf("%+v", report.Entries)
	}
	for _, id := range f.IDs {
		if holds(pack, id[:]) || holds(pack, person(t, f, id).Of.Key.Bytes()) {
			t.Error("the pack names a subject")
		}
	}
	_, report = made(t, f, maker(f), dossier.Order{Kind: proof.KindOfRecipient, Recipient: proof.Recipient{ID: "partner", Kind: proof.RecipientOrg}}, "")
	if len(report.Entries) != 0 {
		t.Errorf("%+v", report.Entries)
	}
}

// TestOneCase: the steps of a complaint, the traces that rested on it among others,
// and what was asked about the person before.
func TestOneCase(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs...))
	f.OK(err)
	id, other := firm.NewID(), firm.NewID()
	ids := []proof.ID{proof.ID(other), proof.ID(id)}
	refs := []ledger.Ref{{Kind: ledger.RefCase, Key: id[:]}}
	f.Append(ledger.Entry{Kind: proof.KindComplaint, Refs: refs, Facts: []proof.Field{
		{Name: "what", Value: "filed"}, {Name: "state", Value: "accepted"}, {Name: "case", Value: id.String()},
	}})
	f.Append(ledger.Entry{Kind: proof.KindTrace, Refs: refs, Actor: "officer", Facts: []proof.Field{
		{Name: "from", Value: "1"}, {Name: "until", Value: "2"}, {Name: "evidence", Value: proof.EvidenceHash(ids)}, {Name: "verdict", Value: "undecided"},
	}})
	_, err = f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[0])) // after the complaint
	f.OK(err)
	m := maker(f)
	m.Complaints = func(context.Context, time.Time, time.Time) ([]pii.RequestID, error) {
		return []pii.RequestID{id, other}, nil
	}
	pack, report := made(t, f, m, dossier.Order{Kind: proof.KindOfCase, Case: id, Person: person(t, f, f.IDs[0])}, "")
	if len(report.Entries) != 3 || report.Enrolled == nil || !strings.Contains(string(pack.Page), "1 steps, 1 traces") ||
		!strings.Contains(string(pack.Page), "It does not hold all entries about the person") { // the one after the complaint
		t.Errorf("%d entries\n%s", len(report.Entries), pack.Page)
	}
	pack, report = made(t, f, m, dossier.Order{Kind: proof.KindOfCase, Case: id}, "") // of a contact we do not know
	if len(report.Entries) != 3 || pack.Info.RecordKey != nil {                       // with the record of the first pack
		t.Errorf("%d entries", len(report.Entries))
	}
	m.Complaints = func(context.Context, time.Time, time.Time) ([]pii.RequestID, error) { return []pii.RequestID{id}, nil }
	if _, err := m.Make(t.Context(), officer(f), dossier.Order{ID: firm.NewID(), Kind: proof.KindOfCase, Case: id}); !fault.IsID(err, "evidence-changed") {
		t.Fatal(err)
	}
	if _, err := m.Make(t.Context(), officer(f), dossier.Order{ID: firm.NewID(), Kind: proof.KindOfCase, Case: firm.NewID()}); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
}

// cosigner is a witness with an own key, and what it signed.
type cosigner struct {
	log   *ledger.Ledger
	key   ed25519.PrivateKey
	notes [][]byte // by size
}

func (c *cosigner) vkey() string {
	raw := append([]byte{4}, c.key.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("w.example+%08x+%s", c.id(raw), base64.StdEncoding.EncodeToString(raw))
}

func (c *cosigner) id(raw []byte) []byte {
	sum := sha256.Sum256(append([]byte("w.example\n"), raw...))
	return sum[:4]
}

// sign adds a line to the newest checkpoint.
func (c *cosigner) sign(t *testing.T, f *firm.Firm, at time.Time) {
	t.Helper()
	h, err := f.Ledger.Head(t.Context())
	f.OK(err)
	text, _, _ := strings.Cut(string(h.Note), "\n\n")
	msg := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", at.Unix(), text)
	raw := append([]byte{4}, c.key.Public().(ed25519.PublicKey)...)
	sig := binary.BigEndian.AppendUint64(append([]byte{}, c.id(raw)...), uint64(at.Unix()))
	sig = append(sig, ed25519.Sign(c.key, []byte(msg))...)
	c.notes = append(c.notes, fmt.Appendf(h.Note, "— w.example %s\n", base64.StdEncoding.EncodeToString(sig)))
}

func (c *cosigner) Witnesses() []string { return []string{c.vkey()} }
func (c *cosigner) RunBy(string) string { return "Somebody Else Ltd" }

func (c *cosigner) Covering(ctx context.Context, size uint64) (ledger.Head, error) {
	if len(c.notes) > 0 {
		note := c.notes[len(c.notes)-1]
		if at, err := proof.ParseCheckpoint(note); err != nil || at.Size >= size {
			return ledger.Head{Size: at.Size, Root: at.Root, Note: note}, err
		}
	}
	return c.log.Head(ctx)
}

func (c *cosigner) FirstSigned(_ context.Context, size uint64) ([]byte, bool, error) {
	for _, n := range c.notes {
		if at, err := proof.ParseCheckpoint(n); err != nil || at.Size >= size {
			return n, err == nil, err
		}
	}
	return nil, false, nil
}

// TestWitnessedPack: a pack lies under a checkpoint that the witness signed, shows
// when the first outside signature over its entries came, and that it continues what
// the reader kept; a policy that asks for another witness refuses it by name.
func TestWitnessedPack(t *testing.T) {
	f := firm.New(t, 5)
	work := f.Work(f.IDs...)
	her := f.IDs[1]
	w := &cosigner{log: f.Ledger, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))}
	m := maker(f)
	m.Heads = w
	order := dossier.Order{Kind: proof.KindSubject, Person: person(t, f, her)}
	read := func() {
		t.Helper()
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, her))
		f.OK(err)
	}
	kept := func() []byte {
		t.Helper()
		h, err := f.Ledger.Head(t.Context())
		f.OK(err)
		return h.Note
	}
	mine := kept()
	read()
	f.Now = f.Now.Add(20 * time.Second)
	w.sign(t, f, f.Now)
	read()
	f.Now = f.Now.Add(70 * time.Second)
	w.sign(t, f, f.Now)
	f.Append(ledger.Entry{Kind: proof.KindKeys}) // an entry that is not hers
	_, err := m.Attest(t.Context(), func() party.Principal {
		p := officer(f)
		p.Person.ID, p.Person.Kind = "auditor-1", party.Auditor
		return p
	}(), dossier.Attestation{ID: firm.NewID(), Scanned: 4})
	f.OK(err)

	policy := "witness w " + w.vkey() + "\nquorum w\n"
	order.Kept = [][]byte{mine}
	pack, r := made(t, f, m, order, policy, mine)
	if len(r.Witnesses) != 1 || r.Newest.Signed.Sub(r.Newest.At) != 70*time.Second || r.Oldest.Signed.Sub(r.Oldest.At) != 20*time.Second ||
		len(r.Kept) != 1 || len(pack.Earlier) != 2 {
		t.Errorf("%+v %+v %v, %d earlier", r.Oldest, r.Newest, r.Kept, len(pack.Earlier))
	}
	page := string(pack.Page)
	for _, s := range []string{"20 s after it", "1 min 10 s after it", "在其后 20 秒", "w.example", "No auditor attests"} {
		if !strings.Contains(page, s) { // the attestation lies above the witnessed checkpoint
			t.Errorf("the page does not say %q", s)
		}
	}
	strange := &cosigner{key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))}
	other, err := proof.ParsePolicy([]byte("log " + f.Ring.VerifierKey() + "\nwitness court " + strange.vkey() + "\nquorum court\n"))
	f.OK(err)
	if _, err := proof.Verify(pack, other); err == nil || !strings.Contains(err.Error(), "missing court") {
		t.Errorf("refused with %v", err)
	}

	read() // not signed yet: the newest head is taken, and the attestation with it
	order.Kept = nil
	pack, r = made(t, f, m, order, "witness w "+w.vkey()+"\nquorum none\n")
	if !r.Newest.Signed.IsZero() || r.Oldest.Signed.IsZero() || r.Attested == nil || r.Attested.Who != "auditor-1" || r.Attested.Scanned != 4 {
		t.Errorf("%+v %+v %+v", r.Oldest, r.Newest, r.Attested)
	}
	if !strings.Contains(string(pack.Page), "Auditor auditor-1 attests") || !strings.Contains(string(pack.Page), "the newest has none yet") {
		t.Errorf("the page does not say who attested, or what is not witnessed:\n%s", pack.Page)
	}
}

// TestKeptCheckpoints: what a reader kept must lie in this ledger's past.
func TestKeptCheckpoints(t *testing.T) {
	f, g := firm.New(t, 1), firm.New(t, 2)
	h, err := g.Ledger.Head(t.Context())
	f.OK(err)
	for note, want := range map[string]string{"": "kept-foreign", string(h.Note): "kept-foreign", "x\n1\n\n": "kept-foreign"} {
		_, err := maker(f).Make(t.Context(), officer(f), dossier.Order{
			ID: firm.NewID(), Kind: proof.KindSubject, Person: person(t, f, f.IDs[0]), From: firm.Start, Until: firm.Start.Add(time.Hour), Kept: [][]byte{[]byte(note)},
		})
		if !fault.IsID(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
