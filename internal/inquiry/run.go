package inquiry

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

// mostRests bounds how many disclosures a run lists as its ground: the first of them,
// in the order of the ledger. A pack holds a proof of each.
const mostRests = 300

// record appends the run: which evidence, which engine and prior, what it said and in
// which words, and which disclosures that rests on.
func (q *Inquiry) record(ctx context.Context, p party.Principal, question Question, f trace.Finding, about []pii.Ordinal, refs []ledger.Ref, evidence []proof.Field) (Answer, error) {
	rests, err := q.rests(ctx, &f, about)
	if err != nil {
		return Answer{}, err
	}
	finding, err := json.Marshal(f)
	if err != nil {
		return Answer{}, fault.Wrap(fault.Internal, "internal", err)
	}
	receipt, err := q.Ledger.Append(ctx, ledger.Item{Request: question.ID, Hash: question.Hash, Actor: ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential), Entry: ledger.Entry{
		Kind: proof.KindTrace, Actor: p.Person.ID, Org: p.Org.ID,
		Refs: append(refs, runRef(question.ID)),
		Facts: append(evidence,
			proof.Field{Name: "engine", Value: f.Detail.Engine},
			proof.Field{Name: "prior", Value: strconv.FormatFloat(f.Detail.Prior.Insider, 'f', 6, 64)},
			proof.Field{Name: "verdict", Value: string(f.Verdict)},
			proof.Field{Name: namedFact, Value: strings.Join(named(&f), ",")},
			proof.Field{Name: "p-none", Value: strconv.FormatFloat(f.PNone, 'f', 6, 64)},
			proof.Field{Name: proof.RestsField, Value: rests},
			proof.Field{Name: proof.FindingField, Value: string(finding)},
			proof.Field{Name: proof.SaidZhField, Value: strings.Join(f.Explain(fault.ZhCN), "\n")},
			proof.Field{Name: proof.SaidEnField, Value: strings.Join(f.Explain(fault.En), "\n")},
		),
	}})
	if err != nil {
		return Answer{}, err
	}
	defer receipt.Close()
	if receipt.Again() {
		return Answer{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	return Answer{ID: question.ID, Entry: receipt.Record().Index, Finding: f}, nil
}

// namedFact lists whom a run's answer names, alone or as one of a group.
const namedFact = "named"

func named(f *trace.Finding) []string {
	if f.Verdict == trace.Group {
		return f.Group
	}
	return f.Accused
}

func runRef(id pii.RequestID) ledger.Ref { return ledger.Ref{Kind: ledger.RefRun, Key: id[:]} }

// rests lists the entries in which the people the evidence is about were shown to
// those the answer lays side by side, inside their windows, and the entries that gave
// them the work items they did it under.
func (q *Inquiry) rests(ctx context.Context, f *trace.Finding, about []pii.Ordinal) (string, error) {
	var entries []uint64
	var work []pii.RequestID
	for _, o := range about {
		for _, shown := range q.Exposure.Saw(o) {
			if shown.Verb != pii.Read || !inWindow(f, string(shown.Recipient), shown.At.Unix()) {
				continue
			}
			entries = append(entries, shown.Entry)
			if id, err := pii.ParseRequestID(shown.Work); err == nil {
				work = append(work, id)
			}
		}
	}
	given, err := q.Ledger.Requests(ctx, work)
	if err != nil {
		return "", err
	}
	entries = sorted(entries)
	entries = entries[:min(len(entries), mostRests)]
	for _, idx := range given {
		entries = append(entries, idx)
	}
	var text []string
	for _, idx := range sorted(entries) {
		text = append(text, strconv.FormatUint(idx, 10))
	}
	return strings.Join(text, ","), nil
}

func sorted[T uint64 | pii.Ordinal](of []T) []T {
	slices.Sort(of)
	return slices.Compact(of)
}

// inWindow reports whether a time lies in the window of a candidate.
func inWindow(f *trace.Finding, recipient string, at int64) bool {
	return slices.ContainsFunc(f.Detail.Candidates, func(c trace.Candidate) bool {
		return c.Recipient == recipient && at >= c.From && at < c.Until
	})
}

// Run is a run as it was recorded.
type Run struct {
	ID       pii.RequestID   `json:"id"`
	Entry    uint64          `json:"entry"`
	At       time.Time       `json:"at"`
	By       pii.PersonID    `json:"by"`
	LeftOut  []string        `json:"left_out,omitempty"` // complaints the officer left out
	Finding  json.RawMessage `json:"finding"`
	SaidZh   []string        `json:"said_zh"`
	SaidEn   []string        `json:"said_en"`
	Hearings []Hearing       `json:"hearings,omitempty"`
}

// Hearing is that a run was shown to a person it names, or what she answered.
type Hearing struct {
	Entry  uint64       `json:"entry"`
	At     time.Time    `json:"at"`
	Act    string       `json:"act" enum:"shown,answered"`
	Person pii.PersonID `json:"person"`
	Answer string       `json:"answer,omitempty"`
}

// Past reads a recorded run. The officer may, and a person it names once the officer
// has shown it to her; to everybody else there is no such run.
func (q *Inquiry) Past(ctx context.Context, p party.Principal, id pii.RequestID) (Run, error) {
	r, run, err := q.past(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if p.Person.Kind != party.Officer && !(names(r, p.Person.ID) && run.shownTo(p.Person.ID)) {
		return Run{}, noRun
	}
	return run, nil
}

var noRun = fault.New(fault.NotFound, "not-found", "trace")

func (q *Inquiry) past(ctx context.Context, id pii.RequestID) (*ledger.Record, Run, error) {
	found, err := q.Ledger.Find(ctx, runRef(id), 0, page)
	if err != nil {
		return nil, Run{}, err
	}
	if len(found) == 0 {
		return nil, Run{}, noRun
	}
	r, err := q.Ledger.Record(ctx, found[0])
	if err != nil {
		return nil, Run{}, err
	}
	if r.Leaf.Kind != proof.KindTrace || r.Request() != id {
		return nil, Run{}, noRun
	}
	run := Run{
		ID: id, Entry: r.Index, At: r.At(), By: pii.PersonID(r.Fact("actor")), Finding: json.RawMessage(r.Fact(proof.FindingField)),
		SaidZh: strings.Split(r.Fact(proof.SaidZhField), "\n"), SaidEn: strings.Split(r.Fact(proof.SaidEnField), "\n"),
	}
	if left := r.Fact(leftOutFact); left != "" {
		run.LeftOut = strings.Split(left, ",")
	}
	for _, idx := range found[1:] {
		h, err := q.Ledger.Record(ctx, idx)
		if err != nil {
			return nil, Run{}, err
		}
		run.Hearings = append(run.Hearings, Hearing{
			Entry: h.Index, At: h.At(), Act: h.Fact(proof.HearingField), Person: pii.PersonID(h.Fact(proof.HearingsPerson)), Answer: h.Fact(proof.HearingAnswer),
		})
	}
	return r, run, nil
}

func (r *Run) shownTo(p pii.PersonID) bool {
	return slices.ContainsFunc(r.Hearings, func(h Hearing) bool { return h.Act == proof.ShownAct && h.Person == p })
}

func names(r *ledger.Record, p pii.PersonID) bool {
	return slices.Contains(strings.Split(r.Fact(namedFact), ","), string(p))
}

// Show lets a person whom a run names read it and answer. Only the officer may.
func (q *Inquiry) Show(ctx context.Context, p party.Principal, act Act, to pii.PersonID) (uint64, error) {
	if p.Person.Kind != party.Officer {
		return 0, fault.New(fault.Denied, "not-yours", "")
	}
	r, _, err := q.past(ctx, act.Run)
	if err != nil {
		return 0, err
	}
	if !names(r, to) {
		return 0, fault.New(fault.Conflict, "not-named", "person")
	}
	return q.hear(ctx, p, act, r, proof.Field{Name: proof.HearingField, Value: proof.ShownAct}, proof.Field{Name: proof.HearingsPerson, Value: string(to)})
}

// Answer takes down what a named person says to a run she was shown. It goes into
// every pack that holds the run.
func (q *Inquiry) Answer(ctx context.Context, p party.Principal, act Act, words string) (uint64, error) {
	r, run, err := q.past(ctx, act.Run)
	if err != nil {
		return 0, err
	}
	if !names(r, p.Person.ID) || !run.shownTo(p.Person.ID) {
		return 0, noRun
	}
	return q.hear(ctx, p, act, r, proof.Field{Name: proof.HearingField, Value: proof.AnsweredAct},
		proof.Field{Name: proof.HearingsPerson, Value: string(p.Person.ID)}, proof.Field{Name: proof.HearingAnswer, Value: words})
}

// Act names a request about a run.
type Act struct {
	ID   pii.RequestID
	Hash []byte
	Run  pii.RequestID
}

// hear files an act under the run and under the complaints the run was filed under.
func (q *Inquiry) hear(ctx context.Context, p party.Principal, act Act, r *ledger.Record, facts ...proof.Field) (uint64, error) {
	refs := []ledger.Ref{runRef(act.Run)}
	for _, ref := range r.Refs() {
		if ref.Kind == ledger.RefCase {
			refs = append(refs, ref)
		}
	}
	receipt, err := q.Ledger.Append(ctx, ledger.Item{Request: act.ID, Hash: act.Hash, Actor: ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential), Entry: ledger.Entry{
		Kind: proof.KindHearing, Actor: p.Person.ID, Org: p.Org.ID, Refs: refs,
		Facts: append([]proof.Field{{Name: proof.RunField, Value: act.Run.String()}}, facts...),
	}})
	if err != nil {
		return 0, err
	}
	receipt.Close()
	return receipt.Record().Index, nil
}
