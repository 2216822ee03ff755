package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// stamp does what the ledger does before it hands an effect to the store.
func stamp(idx uint64, e ledger.Effect) {
	if o, ok := e.(grant.Opened); ok {
		for _, m := range o.Members {
			m.SetStamp(mac(idx))
		}
	}
	if row, ok := e.(pii.Stamped); ok {
		row.SetStamp(mac(idx))
	}
}

func mac(idx uint64) pii.Stamp {
	return pii.Stamp{Entry: idx, MAC: bytes.Repeat([]byte{byte(idx) + 1}, 32)}
}

// same compares what a stamp covers, and the stamp.
func same(t *testing.T, want, got pii.Stamped) {
	t.Helper()
	kind, w := want.StampRow()
	_, g := got.StampRow()
	if !bytes.Equal(w, g) {
		t.Errorf("%s was stored as\n%s\nand read as\n%s", kind, w, g)
	}
	if diff := cmp.Diff(want.GetStamp(), got.GetStamp()); diff != "" {
		t.Errorf("%s: stamp: %s", kind, diff)
	}
}

// testGround stores two members of an item, one of whom refused marketing, and asks
// as its holder and as somebody else.
func testGround(t *testing.T, db *store.DB) {
	mustApply(t, db, Subjects(1, 5))
	id := request(2000)
	w := &grant.WorkItem{ID: id, Kind: grant.CallTask, Purpose: "telesales", Assignee: "a", Recipient: "o", OpenedBy: "boss", OpenedAt: now, Until: now, Subjects: 2}
	m := []*grant.Member{{Ordinal: 2, Item: id}, {Ordinal: 3, Item: id}}
	refused := &consent.OptOut{Ordinal: 3, Refused: true, At: now}
	hidden := &consent.OptOut{Ordinal: 4, Refused: true, At: now}
	mustApply(t, db, grant.Opened{WorkItem: w, Members: m}, consent.OptOutPut{OptOut: refused}, consent.OptOutPut{OptOut: hidden})
	bare := func(i int) door.Standing {
		return door.Standing{Custody: custody(t, db, i), Member: grant.Member{Ordinal: pii.Ordinal(i), Item: id}, OptOut: consent.OptOut{Ordinal: pii.Ordinal(i)}}
	}
	member, refuser := bare(2), bare(3)
	member.Member.Stamp, refuser.Member.Stamp = m[0].Stamp, m[1].Stamp
	refuser.OptOut = *refused
	mine := door.Question{Work: id, Assignee: "a", Of: "o"}
	for name, c := range map[string]struct {
		q     door.Question
		of    []int
		want  []door.Standing
		known bool // the item
	}{
		"a member":               {mine, []int{2}, []door.Standing{member}, true},
		"who refused":            {mine, []int{3}, []door.Standing{refuser}, true},
		"no member":              {mine, []int{4}, []door.Standing{bare(4)}, true},
		"several":                {mine, []int{4, 3, 900, 2}, []door.Standing{bare(4), refuser, member}, true},
		"another's item":         {door.Question{Work: id, Assignee: "b", Of: "o"}, []int{3}, []door.Standing{bare(3)}, true},
		"of another's employees": {door.Question{Work: id, Assignee: "a", Of: "p"}, []int{3, 2}, []door.Standing{bare(3), bare(2)}, true},
	} {
		for _, i := range c.of {
			c.q.Subjects = append(c.q.Subjects, subject(i))
		}
		got, err := db.Ground(ctx, c.q)
		if err != nil || got.Work.ID != w.ID {
			t.Fatal(name, err)
		}
		same(t, w, &got.Work)
		sort := func(a, b door.Standing) int { return int(a.Custody.Ordinal) - int(b.Custody.Ordinal) }
		slices.SortFunc(c.want, sort)
		slices.SortFunc(got.Found, sort)
		if diff := cmp.Diff(c.want, got.Found, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	none := door.Question{Work: request(2001), Assignee: "a", Of: "o", Subjects: []pii.SubjectID{subject(3)}}
	got, err := db.Ground(ctx, none)
	if err != nil || !got.Work.ID.IsZero() || len(got.Found) != 1 || len(got.Found[0].Member.MAC) > 0 || got.Found[0].OptOut.Refused {
		t.Errorf("an unknown item: %v", err)
	}
	none.Subjects[0] = subject(900)
	if got, err = db.Ground(ctx, none); err != nil || len(got.Found) != 1 || got.Found[0].Custody.ID == subject(900) {
		t.Errorf("an unknown id: %v", err)
	}
}

// shape is how the optional parts of a row are filled.
type shape struct {
	name  string
	bytes []byte
	at    time.Time
	flag  bool
	text  string
	known []pii.Field
}

var shapes = []shape{
	{"full", []byte{0, 1, 0xff}, now, true, "甲 ' \" \\ %", []pii.Field{pii.Name, pii.Phone}},
	{"empty", []byte{}, now.Add(time.Microsecond), false, "x", []pii.Field{}},
	{"zero", nil, time.Time{}, false, "", nil},
	{"old", []byte("o"), time.Date(1955, 3, 1, 0, 0, 0, 1000, time.UTC), true, "old", []pii.Field{pii.Email}},
}

// names takes a list of fields for one of other names.
func names[T ~string](of []pii.Field) (all []T) {
	for _, f := range of {
		all = append(all, T(f))
	}
	return all
}

func testStampedRows(t *testing.T, db *store.DB) {
	for i, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			id := request(uint64(1000 + i))
			name := fmt.Sprint("id", i)
			o := &party.Org{ID: pii.OrgID(name), Kind: party.Entrusted, Title: s.text,
				Agreement:  party.Agreement{Reference: s.text, Until: s.at, Purposes: names[pii.Purpose](s.known), Fields: s.known},
				Assessment: party.Assessment{Reference: s.text, On: s.at}, Region: s.text,
				Transfer: party.Transfer{Basis: party.Certification, Reference: s.text, Until: s.at}, Suspended: s.flag}
			p := &party.Person{ID: pii.PersonID(name), Org: o.ID, Kind: party.Outsourced, Post: s.text, Level: uint8(i), Manager: "boss", ContractFrom: s.at, ContractUntil: s.at, TrainedUntil: s.at, Suspended: s.flag}
			as := &party.Ask{Wanted: *p, Was: 7, File: s.bytes, AskedBy: "boss", AskedAt: s.at, State: party.AskOpen, DecidedBy: pii.PersonID(s.text)}
			ro := &party.Round{ID: id, OpenedBy: "boss", OpenedAt: s.at, Due: s.at, Every: i, Closed: s.flag, Lapsed: 1 << 30}
			co := &party.Confirmation{Round: id, Person: p.ID, By: pii.PersonID(s.text), At: s.at, Keep: s.flag}
			tr := &party.Training{Person: p.ID, Course: s.text, At: s.at, Until: s.at, Reference: s.text}
			nu := &party.Number{Org: o.ID, Tag: []byte("tag" + name), Tail: s.text, From: s.at, Until: s.at}
			no := &consent.Notice{Purpose: pii.Purpose(name), Version: s.text, Digest: s.bytes, Recipients: names[pii.OrgID](s.known), Fields: s.known,
				From: s.at, Editorial: s.flag}
			w := &grant.WorkItem{ID: id, Kind: grant.CallTask, Purpose: "telesales", Assignee: p.ID, Recipient: o.ID, OpenedBy: "boss",
				OpenedAt: s.at, Until: s.at, Subjects: 2, Digest: s.bytes, AskedBy: pii.PersonID(s.text), Fields: s.known,
				Highest: pii.Relay, Budget: 1 << 40, Frozen: s.flag, FreshSince: s.at}
			m := []*grant.Member{{Ordinal: pii.Ordinal(i), Item: id}, {Ordinal: 4294967295, Item: id}}
			c := &consent.Consent{Ordinal: pii.Ordinal(i), Purpose: "p", Recipient: o.ID, Given: s.flag, General: !s.flag, Notice: s.text, Proof: s.bytes, At: s.at}
			u := &consent.OptOut{Ordinal: pii.Ordinal(i), Refused: s.flag, At: s.at}
			k := &authn.Token{Hash: []byte(name), Person: p.ID, Scope: s.text, How: authn.How(s.text), Agent: s.bytes, MadeAt: s.at, Until: s.at, StepUp: s.at, Ended: s.flag}
			d := &authn.Code{Person: p.ID, Hash: []byte("code" + name), Until: s.at}
			l := &casework.Complaint{ID: id, State: casework.Accepted, Ordinal: pii.Ordinal(i), FiledAt: s.at, CalledAt: s.at, Channel: s.text,
				Known: s.known, Caller: s.bytes, Verified: s.flag, CodeHash: s.bytes, Month: "2026-11", Sealed: s.bytes,
				TakenBy: p.ID, Due: s.at, SilentUntil: s.at, EscalatedAt: s.at, Script: s.bytes}
			ot := &casework.OneTime{ID: id, Use: casework.ToClose, Case: request(7), Ordinal: pii.Ordinal(i), Field: pii.Phone, Hash: s.bytes,
				SentAt: s.at, Until: s.at, Used: s.flag}
			ic := &casework.Incident{ID: id, State: casework.Suspected, OpenedAt: s.at, OpenedBy: pii.PersonID(s.text), Why: []casework.Sign{casework.SameCaller},
				Known: s.known, First: s.at, Last: s.at, Cases: []casework.Joined{{Case: request(8), At: s.at}}, Run: request(9), RunEntry: 7, RunAt: s.at,
				Named: 1, Affected: 1 << 20, Month: "2026-11", Sealed: s.bytes}
			dc := &casework.Decision{Incident: id, Verdict: casework.NotNotify, Officer: p.ID, Reason: s.text, Month: "2026-11", Note: []byte("note"),
				Run: request(9), Affected: 1 << 20, At: s.at}
			im := &door.Import{ID: id, By: p.ID, File: s.bytes, OpenedAt: s.at, Before: 1 << 30, Done: s.flag}
			er := &door.Erasure{ID: id, Ordinal: 7, Work: request(5), AskedBy: p.ID, AskedAt: s.at, ApprovedBy: pii.PersonID(s.text), State: door.ErasureAsked}
			ff := &door.FoundFile{ID: id, Case: request(6), File: s.bytes, Rows: 1 << 40, AskedBy: p.ID, AskedAt: s.at, ApprovedBy: pii.PersonID(s.text), State: door.FoundAsked}
			dn := &decoy.Note{ID: id, Sealed: []byte("sealed" + name)}
			ru := &door.RuleSet{Version: s.text, Text: s.text, Sheets: s.text, Caps: s.text, By: p.ID, At: s.at}

			entry := head(t, db).Size
			mustApply(t, db, party.OrgPut{Org: o}, &party.PersonPut{Person: p}, party.TrainingPut{Training: tr}, party.AskPut{Ask: as}, party.RoundPut{Round: ro}, party.ConfirmationPut{Confirmation: co},
				party.NumberPut{Number: nu}, consent.NoticePut{Notice: no}, grant.Opened{WorkItem: w, Members: m}, consent.Put{Consent: c},
				consent.OptOutPut{OptOut: u}, authn.TokenPut{Token: k}, authn.CodePut{Code: d}, casework.Put{Complaint: l},
				casework.OneTimePut{OneTime: ot}, casework.Handled{Case: id, Person: p.ID}, casework.Handled{Case: id, Person: p.ID},
				casework.IncidentPut{Incident: ic}, casework.DecisionPut{Decision: dc},
				door.ImportPut{Import: im}, door.ErasurePut{Erasure: er}, door.FoundFilePut{FoundFile: ff}, decoy.NotePut{Note: dn}, door.RuleSetPut{RuleSet: ru})

			check := func(ok bool, err error) {
				t.Helper()
				if err != nil || !ok {
					t.Fatalf("found: %v, %v", ok, err)
				}
			}
			gotP, gotO, ok, err := db.Person(ctx, p.ID)
			check(ok, err)
			same(t, p, &gotP)
			same(t, o, &gotO)
			gotO, ok, err = db.Org(ctx, o.ID)
			check(ok, err)
			same(t, o, &gotO)
			gotTr, err := db.Training(ctx, p.ID)
			check(len(gotTr) == 1, err)
			same(t, tr, &gotTr[0])
			gotAs, ok, err := db.Ask(ctx, p.ID)
			check(ok, err)
			same(t, as, &gotAs)
			open, err := db.Asks(ctx, "", 9)
			check(len(open) == i+1, err)
			same(t, as, &open[i])
			gotRo, ok, err := db.Round(ctx, id)
			check(ok, err)
			same(t, ro, &gotRo)
			rounds, err := db.Rounds(ctx, 9)
			check(len(rounds) == i+1, err)
			gotCo, ok, err := db.Confirmed(ctx, id, p.ID)
			check(ok, err)
			same(t, co, &gotCo)
			cos, err := db.Confirmations(ctx, id, "", 9)
			check(len(cos) == 1, err)
			same(t, co, &cos[0])
			gotNu, err := db.NumbersByTag(ctx, nu.Tag)
			check(len(gotNu) == 1, err)
			same(t, nu, &gotNu[0])
			gotNu, err = db.Numbers(ctx, o.ID, 9)
			check(len(gotNu) == 1, err)
			same(t, nu, &gotNu[0])
			gotNo, err := db.Notices(ctx, no.Purpose)
			check(len(gotNo) == 1, err)
			same(t, no, &gotNo[0])
			gotW, ok, err := db.Item(ctx, id)
			check(ok, err)
			same(t, w, &gotW)
			gotM, err := db.Members(ctx, id, []pii.Ordinal{4294967295, 77, pii.Ordinal(i)})
			check(len(gotM) == 2, err)
			same(t, m[0], &gotM[0])
			same(t, m[1], &gotM[1])
			gotC, err := db.Consents(ctx, []pii.Ordinal{pii.Ordinal(i), 99}, "p", o.ID)
			check(len(gotC) == 1, err)
			same(t, c, &gotC[0])
			gotK, gotP, gotO, ok, err := db.Token(ctx, k.Hash)
			check(ok, err)
			same(t, k, &gotK)
			same(t, p, &gotP)
			same(t, o, &gotO)
			gotD, ok, err := db.CodeByHash(ctx, d.Hash)
			check(ok, err)
			same(t, d, &gotD)
			gotL, ok, err := db.Complaint(ctx, id)
			check(ok, err)
			same(t, l, &gotL)
			gotOT, ok, err := db.OneTime(ctx, id)
			check(ok, err)
			same(t, ot, &gotOT)
			gotIc, ok, err := db.Incident(ctx, id)
			check(ok, err)
			same(t, ic, &gotIc)
			gotDc, ok, err := db.Decision(ctx, id)
			check(ok, err)
			same(t, dc, &gotDc)
			gotIm, ok, err := db.Import(ctx, id)
			check(ok, err)
			same(t, im, &gotIm)
			notes, err := db.Notes(ctx)
			check(len(notes) > 0, err)
			same(t, dn, &notes[len(notes)-1])
			gotFF, ok, err := db.FoundFile(ctx, id)
			check(ok, err)
			same(t, ff, &gotFF)
			gotEr, ok, err := db.Erasure(ctx, id)
			check(ok, err)
			same(t, er, &gotEr)
			gotRu, ok, err := db.RuleSet(ctx, entry)
			check(ok, err)
			same(t, ru, &gotRu)
		})
	}
	if _, ok, err := db.Org(ctx, "nobody"); ok || err != nil {
		t.Errorf("an organisation that is not there: %v, %v", ok, err)
	}
}

func testReplaced(t *testing.T, db *store.DB) {
	o := &party.Org{ID: "own", Kind: party.OwnCompany, Title: "before"}
	mustApply(t, db, party.OrgPut{Org: o})
	o.Title, o.Suspended = "after", true
	mustApply(t, db, party.OrgPut{Org: o})
	got, _, err := db.Org(ctx, "own")
	if err != nil {
		t.Fatal(err)
	}
	same(t, o, &got)

	w := &grant.WorkItem{ID: request(1), Kind: grant.CallTask, OpenedAt: now, Until: now}
	mustApply(t, db, grant.Opened{WorkItem: w})
	if err := apply(db, grant.Opened{WorkItem: w}); !fault.Is(err, fault.Conflict) {
		t.Errorf("opened twice: %v", err)
	}
	w.Closed = true
	mustApply(t, db, grant.Closed{WorkItem: w})
	gotW, _, err := db.Item(ctx, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, w, &gotW)
	w.Closed = false
	if err := apply(db, grant.Closed{WorkItem: w}); !fault.IsID(err, "stale") {
		t.Errorf("a closed item was opened again: %v", err)
	}
}

func testLists(t *testing.T, db *store.DB) {
	var effects []ledger.Effect
	effects = append(effects, party.OrgPut{Org: &party.Org{ID: "own"}})
	for _, id := range []pii.PersonID{"b", "B", "a", "é", "c"} { // by bytes: B a b c é
		effects = append(effects, party.PersonPut{Person: &party.Person{ID: id, Org: "own"}})
	}
	for i := range 4 {
		w := &grant.WorkItem{ID: request(uint64(i)), Assignee: "a", OpenedAt: now.Add(time.Duration(i) * time.Minute)}
		effects = append(effects, grant.Opened{WorkItem: w, Members: []*grant.Member{
			{Ordinal: 3, Item: w.ID}, {Ordinal: 1, Item: w.ID}, {Ordinal: 2, Item: w.ID}}})
		effects = append(effects, casework.Put{Complaint: &casework.Complaint{ID: request(uint64(i)), Ordinal: pii.Ordinal(i % 2),
			State: []casework.State{casework.Accepted, casework.Unconfirmed, casework.Replied, casework.Reopened}[i], FiledAt: w.OpenedAt}})
		effects = append(effects, casework.IncidentPut{Incident: &casework.Incident{ID: request(uint64(i)), State: casework.Suspected, OpenedAt: w.OpenedAt}})
	}
	mustApply(t, db, effects...)
	mustApply(t, db, grant.Closed{WorkItem: &grant.WorkItem{ID: request(2), Assignee: "a", Closed: true}})

	session := func(hash string, of pii.PersonID, scope string, until time.Time, ended bool) {
		mustApply(t, db, authn.TokenPut{Token: &authn.Token{Hash: []byte(hash), Person: of, Scope: scope, MadeAt: now, Until: until, Ended: ended}})
	}
	session("2", "a", "", now.Add(time.Hour), false)
	session("1", "a", "", now.Add(time.Minute), false)
	session("3", "a", "", now.Add(time.Hour), true)
	session("4", "a", "", now, false)
	session("5", "a", "crm", now.Add(time.Hour), false)
	session("6", "b", "", now.Add(time.Hour), false)
	local := &authn.Local{Person: "a", Handle: []byte{0, 1}, Password: "$argon2id$…", Sessions: 2}
	old := &authn.Passkey{ID: []byte{0, 2}, Person: "a", Key: []byte{0, 3}, Count: 1<<32 - 1, Eligible: true, BackedUp: true, MadeAt: now, UsedAt: now}
	mustApply(t, db, authn.LocalPut{Local: local}, authn.PasskeyPut{Passkey: old})
	was := old.Entry
	used := *old
	used.Count, used.UsedAt = 0, now.Add(time.Minute)
	mustApply(t, db, authn.PasskeyPut{Passkey: &used, Was: &was})
	for name, e := range map[string]ledger.Effect{
		"a passkey that is there":   authn.PasskeyPut{Passkey: &authn.Passkey{ID: old.ID}},
		"a version that is no more": authn.PasskeyPut{Passkey: &authn.Passkey{ID: old.ID}, Was: &was},
	} {
		if err := apply(db, e); !fault.IsID(err, authn.ErrPasskey.ID) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ceremony := authn.Used{Ceremony: []byte("0123456789abcdef"), Until: now.Add(time.Minute), Now: now}
	mustApply(t, db, ceremony)
	if err := apply(db, ceremony); !fault.IsID(err, authn.ErrPasskey.ID) {
		t.Errorf("a ceremony served twice: %v", err)
	}
	keys, err := db.Passkeys(ctx, "a")
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d passkeys: %v", len(keys), err)
	}
	same(t, &used, &keys[0])
	gotLocal, _, err := db.Local(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, local, &gotLocal)

	open, err := db.Sessions(ctx, "a", now)
	if diff := cmp.Diff([]string{"1", "2"}, ids(open, func(t authn.Token) string { return string(t.Hash) })); diff != "" || err != nil {
		t.Error("sessions:", diff, err)
	}

	persons, err := db.Persons(ctx, "B", 3)
	if diff := cmp.Diff([]pii.PersonID{"a", "b", "c"}, ids(persons, func(p party.Person) pii.PersonID { return p.ID })); diff != "" || err != nil {
		t.Error("persons:", diff, err)
	}
	items, err := db.Assigned(ctx, "a", 2)
	if diff := cmp.Diff([]pii.RequestID{request(3), request(1)}, ids(items, func(w grant.WorkItem) pii.RequestID { return w.ID })); diff != "" || err != nil {
		t.Error("assigned:", diff, err)
	}
	members, err := db.MembersAfter(ctx, request(0), 1, 5)
	if diff := cmp.Diff([]pii.Ordinal{2, 3}, ids(members, func(m grant.Member) pii.Ordinal { return m.Ordinal })); diff != "" || err != nil {
		t.Error("members:", diff, err)
	}
	incident := func(i casework.Incident) pii.RequestID { return i.ID }
	suspected, err := db.Incidents(ctx, casework.Suspected, casework.IncidentPlace{OpenedAt: now.Add(3 * time.Minute)}, 2)
	if diff := cmp.Diff([]pii.RequestID{request(2), request(1)}, ids(suspected, incident)); diff != "" || err != nil {
		t.Error("incidents:", diff, err)
	}
	if all, err := db.Incidents(ctx, "", casework.IncidentPlace{OpenedAt: now.Add(time.Minute)}, 9); len(all) != 1 || err != nil {
		t.Errorf("%d incidents, %v", len(all), err)
	}
	if closed, err := db.Incidents(ctx, casework.Decided, casework.IncidentPlace{}, 9); len(closed) != 0 || err != nil {
		t.Errorf("%d closed incidents, %v", len(closed), err)
	}
	if next, err := db.Incidents(ctx, casework.Suspected, suspected[0].Place(), 9); len(next) == 0 || next[0].ID == suspected[0].ID || err != nil {
		t.Errorf("the page after the first repeats it, or is empty: %d, %v", len(next), err)
	}
	hers, err := db.OfSubject(ctx, 1)
	if diff := cmp.Diff([]pii.RequestID{request(1), request(3)}, ids(hers, func(c casework.Complaint) pii.RequestID { return c.ID })); diff != "" || err != nil {
		t.Error("complaints of a subject:", diff, err)
	}
	complaints, err := db.Complaints(ctx, now.Add(time.Minute), now.Add(3*time.Minute), 9)
	if diff := cmp.Diff([]pii.RequestID{request(1), request(2)}, ids(complaints, func(c casework.Complaint) pii.RequestID { return c.ID })); diff != "" || err != nil {
		t.Error("complaints:", diff, err)
	}
	naming, err := db.Naming(ctx, 1)
	if diff := cmp.Diff([]pii.RequestID{request(3)}, ids(naming, func(c casework.Complaint) pii.RequestID { return c.ID })); diff != "" || err != nil {
		t.Error("naming:", diff, err)
	}
}

func ids[R, K any](rows []R, id func(R) K) (all []K) {
	for _, r := range rows {
		all = append(all, id(r))
	}
	return all
}

func testCode(t *testing.T, db *store.DB) {
	first, second := []byte("hash one"), []byte("hash two")
	put := func(hash, was []byte) error {
		return apply(db, authn.CodePut{Code: &authn.Code{Person: "officer", Hash: hash, Until: now}, Was: was})
	}
	if err := put(first, nil); err != nil {
		t.Fatal(err)
	}
	if err := put(second, nil); !errors.Is(err, authn.ErrCodeUsed) {
		t.Errorf("a code given to one who has one: %v", err)
	}
	if err := put(second, first); err != nil {
		t.Fatal(err)
	}
	size := head(t, db).Size
	if err := put(first, first); !errors.Is(err, authn.ErrCodeUsed) {
		t.Errorf("a used code: %v", err)
	}
	if head(t, db).Size != size {
		t.Error("the use of a used code left an entry")
	}
	if _, ok, err := db.CodeByHash(ctx, first); ok || err != nil {
		t.Errorf("the used code is found: %v", err)
	}
	if c, ok, err := db.CodeByHash(ctx, second); !ok || err != nil || c.Person != "officer" {
		t.Errorf("the code is not found: %v", err)
	}
	if err := put(nil, second); err != nil { // used, and no other given
		t.Fatal(err)
	}
	if _, ok, err := db.CodeByHash(ctx, nil); ok || err != nil {
		t.Errorf("no code is found as a code: %v", err)
	}
}

type foreign struct{ *party.Org }

func testUnknownEffect(t *testing.T, db *store.DB) {
	if err := apply(db, party.OrgPut{Org: &party.Org{ID: "own"}}, foreign{&party.Org{ID: "x"}}); !fault.Is(err, fault.Internal) {
		t.Errorf("an unknown effect: %v", err)
	}
	if err := apply(db, nil); !fault.Is(err, fault.Internal) {
		t.Errorf("no effect: %v", err)
	}
	if _, ok, err := db.Org(ctx, "own"); ok || err != nil {
		t.Error("the known effect beside it remained", err)
	}
	Check(t, db)
}

func testUnstamped(t *testing.T, db *store.DB) {
	for _, s := range []pii.Stamp{{}, {Entry: 5, MAC: []byte("m")}, {Entry: 0}} {
		err := Append(db, 1, func(tx ledger.Tx, first uint64) error {
			return tx.Apply(first, now, []ledger.Effect{party.OrgPut{Org: &party.Org{ID: "own", Stamp: s}}})
		})
		if !fault.Is(err, fault.Internal) {
			t.Errorf("stamp %v: %v", s, err)
		}
	}
	Check(t, db)
}

func testInexactTime(t *testing.T, db *store.DB) {
	for _, at := range []time.Time{now.Add(1), now.In(time.FixedZone("", 8*3600)), time.UnixMicro(0).UTC()} {
		if err := apply(db, party.OrgPut{Org: &party.Org{ID: "own", Agreement: party.Agreement{Until: at}}}); !fault.Is(err, fault.Internal) {
			t.Errorf("%v: %v", at, err)
		}
	}
}
