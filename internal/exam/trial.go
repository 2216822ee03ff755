package exam

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/proof"
)

// TrialDays is how far back a trial goes.
const TrialDays = 30

// trial decides requests past again, under what is in force and under what may come.
type trial struct {
	e          *Examiner
	s          *State
	now, next  *book
	old, young *purse // nil: the caps stay
	out        policy.Trial
	gain, lose policy.Tally
}

// Try decides the requests of the last 30 days again on the facts that the door
// recorded with each: under the set in force, and under the one to come. Budgets are
// counted from the beginning of these days. progress is told how far it is.
func (e *Examiner) Try(ctx context.Context, next door.RuleSet, progress func(done, of uint64)) (policy.Trial, error) {
	now := e.Clock().UTC().Truncate(time.Microsecond)
	t := &trial{e: e, out: policy.Trial{From: now.AddDate(0, 0, -TrialDays), Until: now}}
	var err error
	if t.s, t.now, err = e.then(ctx, now); err != nil {
		return t.out, err
	}
	if t.next, err = e.read(next); err != nil {
		return t.out, err
	}
	if !sameCaps(t.now.caps, t.next.caps) {
		t.old, t.young = newPurse(t.now.caps), newPurse(t.next.caps)
	}
	size := e.Ledger.Size()
	from, err := e.since(ctx, t.out.From, size)
	if err != nil {
		return t.out, err
	}
	for at := from; at < size; at += runLength {
		progress(at-from, size-from)
		n := min(runLength, size-at)
		records, err := e.Ledger.Records(ctx, at, int(n))
		if err != nil {
			return t.out, err
		}
		t.out.Without += int(n) - len(records)
		for _, r := range records {
			if r.Leaf.Kind == proof.KindDisclosure || r.Leaf.Kind == proof.KindRefusal {
				t.again(r)
			}
		}
	}
	t.out.Gain, t.out.Lose = t.gain.Shifts(), t.lose.Shifts()
	return t.out, nil
}

// again decides one recorded request under both sets. Outside every grant no rule is
// asked, and no rule could change the answer.
func (t *trial) again(r *ledger.Record) {
	known := r.Fact("known")
	if known == "" {
		return
	}
	t.out.Requests++
	shift := policy.Shift{
		Person: pii.PersonID(r.Fact("actor")), Action: pii.Action(r.Verb(), r.Form()), Fields: policy.FieldsOf(r.Fields()...),
		Purpose: pii.Purpose(r.Fact("purpose")),
	}
	gained, lost := true, true // not yet: the first part of each counts the request
	for _, part := range strings.Split(known, ";") {
		n, was, will, ok := t.decide(r, shift, part)
		if !ok {
			t.out.Without++
			return
		}
		s := shift
		s.Rules = will.ByRules()
		switch {
		case will.Allow && !was.Allow:
			t.gain.Add(s, n, gained)
			gained = false
		case was.Allow && !will.Allow:
			t.lose.Add(s, n, lost)
			lost = false
		}
	}
	t.budgets(r, shift)
}

// decide is what both sets say of one group of subjects of a request: how many they
// are, and what the door knew of them.
func (t *trial) decide(r *ledger.Record, s policy.Shift, part string) (n int, was, will policy.Decision, ok bool) {
	count, words, _ := strings.Cut(part, " ")
	n, err := strconv.Atoi(count)
	facts, wrong := policy.ParseFacts(words)
	old, next := t.now.sheets[s.Purpose], t.next.sheets[s.Purpose]
	if err != nil || wrong != nil || next.Marketing && !old.Marketing { // who refused marketing was not recorded
		return 0, was, will, false
	}
	facts = facts.Asked(r.Verb(), r.Form(), r.Fields(), s.Purpose, s.Person, pii.OrgID(r.Fact("org")))
	w := t.item(r)
	if facts.Work.Kind != string(w.Kind) { // what an exception allows besides is in its item
		return 0, was, will, false
	}
	return n, t.now.Decide(door.UnderSheet(facts, old, w, r.Fields())), t.next.Decide(door.UnderSheet(facts, next, w, r.Fields())), true
}

// since is the first entry recorded at t or later: times never go back.
func (e *Examiner) since(ctx context.Context, t time.Time, size uint64) (uint64, error) {
	var failed error
	i := sort.Search(int(size), func(i int) bool {
		if failed != nil {
			return true
		}
		leaves, err := e.Ledger.Leaves(ctx, uint64(i), 1)
		if err != nil || len(leaves) != 1 {
			failed = cmp.Or(err, error(fault.New(fault.Unavailable, "ledger-broken", "")))
			return true
		}
		leaf, err := proof.DecodeLeaf(leaves[0])
		if err != nil {
			failed = fault.Wrap(fault.Unavailable, "ledger-broken", err)
			return true
		}
		return leaf.Micros >= uint64(t.UnixMicro())
	})
	return uint64(i), failed
}

// covered are the subjects whom an answer showed, or would have if a budget had not
// been used up.
func covered(r *ledger.Record) (of []pii.Ordinal) {
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		if l.Shown || l.Rule == policy.Budget {
			of = append(of, o)
		}
		return true
	})
	slices.Sort(of)
	return of
}
