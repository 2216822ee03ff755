package demo

import (
	"context"
	"crypto/sha256"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// act is one of the two plays of the same days.
type act struct {
	number int
	title  string
	first  int  // working day on which it begins
	dials  bool // calls are placed; else numbers are read in plain
}

func (f *firm) playBefore(ctx context.Context) error {
	return f.play(ctx, act{number: 0, title: "before"})
}

func (f *firm) playAfter(ctx context.Context) error {
	return f.play(ctx, act{number: 1, title: "after", first: (f.plot.length + 4) / 5 * 5, dials: true})
}

func (f *firm) play(ctx context.Context, a act) error {
	f.loot.empty()
	for n := range f.plot.length {
		f.show.day(a.title, n, f.plot.length, f.tally.shown.Load())
		if err := f.playDay(ctx, a, n); err != nil {
			return err
		}
	}
	f.carried[a.number] = f.loot.size()
	return nil
}

// shifts are when the calls of a day are made; the shift ends at six.
var shifts = [...]int{10, 15}

const shiftEnd = 18

// playDay plays the n-th day of an act. Each part ends before the clock moves.
func (f *firm) playDay(ctx context.Context, a act, n int) error {
	d := today{f: f, act: a, n: n, date: a.first + n}
	f.clock.set(workday(d.date, 9, 0))
	if err := f.srv.Rotate(ctx); err != nil {
		return err
	}
	if err := each(ctx, len(f.workers), d.arrive); err != nil {
		return err
	}
	for s, hour := range shifts {
		f.clock.set(workday(d.date, hour, 0))
		if err := each(ctx, len(f.workers), func(ctx context.Context, i int) error { return d.shift(ctx, i, s) }); err != nil {
			return err
		}
	}
	f.clock.set(workday(d.date, shiftEnd, 10))
	if err := each(ctx, len(f.plot.agents), d.late); err != nil {
		return err
	}
	f.clock.set(workday(d.date, 20, 0))
	if err := d.optOuts(ctx); err != nil {
		return err
	}
	return d.complaints(ctx)
}

// today is one day under way.
type today struct {
	f    *firm
	act  act
	n    int // day of the plot
	date int // working day of the calendar
}

func (d today) plan(i int) *day { return &d.f.plot.days[d.n][i] }

// arrive signs a worker in, has the CRM assign the day's work, and looks at it.
func (d today) arrive(ctx context.Context, i int) (err error) {
	w := d.f.workers[i]
	if err = d.f.enter(ctx, w); err != nil {
		return err
	}
	w.work = pii.RequestID{}
	if i < len(d.f.plot.agents) {
		err = d.assign(ctx, w, grant.CallTask, grant.Telesales, d.plan(i).list)
	} else {
		err = d.arriveElsewhere(ctx, w)
	}
	if err != nil {
		return err
	}
	return d.readQueue(ctx, i)
}

func (d today) assign(ctx context.Context, w *worker, kind grant.WorkKind, purpose pii.Purpose, list []int) (err error) {
	if len(list) == 0 {
		return nil
	}
	w.work, err = d.f.srv.Register().OpenWork(ctx, asked(d.f.crm), register.Work{
		Kind: kind, Purpose: purpose, Assignee: w.id, Subjects: d.f.subjects(list), Until: workday(d.date, shiftEnd, 0),
	})
	return err
}

func (f *firm) subjects(list []int) []pii.SubjectID {
	ids := make([]pii.SubjectID, len(list))
	for i, c := range list {
		ids[i] = f.ids[c]
	}
	return ids
}

// optOuts records the day's refusals of marketing, in the evening.
func (d today) optOuts(ctx context.Context) error {
	if d.act.number > 0 {
		return nil // they stand
	}
	list := d.f.plot.optOuts[d.n]
	return each(ctx, len(list), func(ctx context.Context, i int) error {
		return d.f.srv.Register().PutOptOut(ctx, asked(d.f.crm), d.f.ids[list[i]], true)
	})
}

// callFields are what an agent's screen shows of a customer, queueFields what the
// day's list shows.
var (
	callFields  = []pii.Field{pii.Name, pii.Phone, pii.Company}
	queueFields = []pii.Field{pii.Name, pii.Phone}
)

// readQueue shows the day's list, masked, as one page. Where the firm's own rules
// allow plain values, nobody asks for masked ones first.
func (d today) readQueue(ctx context.Context, i int) error {
	w := d.f.workers[i]
	switch {
	case w.work.IsZero():
		return nil
	case i < len(d.f.plot.agents) && !d.act.dials:
		return nil
	case i < len(d.f.plot.agents):
		a, err := d.read(ctx, w, pii.Masked, grant.Telesales, queueFields, d.f.subjects(d.plan(i).list))
		d.note(i, d.plan(i).list, pii.Masked, a)
		return err
	}
	return d.readElsewhere(ctx, w)
}

// read asks the door, and counts what it answers.
func (d today) read(ctx context.Context, w *worker, form pii.Form, purpose pii.Purpose, fields []pii.Field, of []pii.SubjectID) (door.Answer, error) {
	if form == pii.Plain {
		if err := d.f.prove(ctx, w); err != nil {
			return door.Answer{}, err
		}
	}
	a, err := d.f.srv.Door().Disclose(ctx, w.now, door.Request{
		ID: newID(), Verb: pii.Read, Form: form, Fields: fields, Purpose: purpose, Work: w.work, Subjects: of,
	})
	if err == nil {
		d.f.tally.answered(a.Results)
	}
	return a, err
}

// shift is what a worker does in one of the day's shifts.
func (d today) shift(ctx context.Context, i, s int) error {
	if i >= len(d.f.plot.agents) {
		return d.shiftElsewhere(ctx, i, s)
	}
	x := d.plan(i)
	for k := range x.list {
		if k*len(shifts)/len(x.list) != s || x.late && k == len(x.list)-1 {
			continue
		}
		if k == x.closed {
			if err := d.takeBack(ctx, d.f.workers[i]); err != nil {
				return err
			}
		}
		if err := d.serve(ctx, i, k); err != nil {
			return err
		}
	}
	return nil
}

// takeBack closes an agent's list. What he asks for next is decided on what is so
// then, as with every request over the API.
func (d today) takeBack(ctx context.Context, w *worker) (err error) {
	if err := d.f.srv.Register().CloseWork(ctx, asked(d.f.crm), w.work); err != nil {
		return err
	}
	w.now, err = d.f.srv.Authn().Principal(ctx, w.session, "demo")
	return err
}

// late asks for the last customer of the list when the shift is over.
func (d today) late(ctx context.Context, i int) error {
	if x := d.plan(i); x.late && len(x.list) > 0 {
		return d.serve(ctx, i, len(x.list)-1)
	}
	return nil
}

// serve works on one customer: before, her number is read and dialled by hand;
// after, the call is placed.
func (d today) serve(ctx context.Context, i, k int) error {
	w, x := d.f.workers[i], d.plan(i)
	of := d.f.ids[x.list[k]]
	if d.act.dials {
		result, err := d.call(ctx, w, grant.Telesales, of)
		if err != nil {
			return err
		}
		d.note(i, x.list[k:k+1], pii.Relay, door.Answer{Results: []door.Result{result}})
		d.noteCall(i, k, result)
		return nil
	}
	a, err := d.read(ctx, w, pii.Plain, grant.Telesales, callFields, []pii.SubjectID{of})
	if err != nil {
		return err
	}
	d.note(i, x.list[k:k+1], pii.Plain, a)
	d.noteCall(i, k, a.Results[0])
	return nil
}

// call places a call. One the switch did not confirm is a disclosure all the same.
func (d today) call(ctx context.Context, w *worker, purpose pii.Purpose, of pii.SubjectID) (door.Result, error) {
	placed, err := d.f.srv.Dialer().Call(ctx, w.now, dial.Request{ID: newID(), Subject: of, Purpose: purpose, Work: w.work})
	if err != nil && !fault.IsID(err, "call-unconfirmed") {
		return door.Result{}, err
	}
	if err != nil {
		d.f.tally.unconfirmed.Add(1)
	}
	d.f.tally.answered([]door.Result{placed.Result})
	return placed.Result, nil
}

// complaints files the day's complaints. A customer of the leaker's complains only
// if the answers gave what the reseller called her with.
func (d today) complaints(ctx context.Context) error {
	for i, x := range d.f.plot.complaints {
		if x.day != d.n {
			continue
		}
		contacted, known := d.f.people.phone(x.customer), x.known
		if x.stolen >= 0 {
			got, ok := d.f.loot.of(x.customer)
			if !ok {
				continue
			}
			contacted, known = got.phone, got.known
		}
		if err := d.file(ctx, i, x, contacted, known); err != nil {
			return err
		}
	}
	return nil
}

func (d today) file(ctx context.Context, i int, x complaint, contacted pii.Value, known []pii.Field) error {
	id := newID()
	hash := sha256.Sum256(id[:])
	_, err := d.f.srv.Casework().File(ctx, casework.Filing{
		Channel: x.channel, Contacted: contacted, CalledAt: workday(d.date, 11+i%7, i%60), Known: known,
		Caller: pii.NewValue(x.caller), Source: "demo|" + id.String(), Request: id, Hash: hash[:],
	})
	if err == nil {
		d.f.filed++
	}
	return err
}
