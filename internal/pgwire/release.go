package pgwire

import (
	"context"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// releaseTime bounds a release; the door's own limits are shorter.
const releaseTime = 30 * time.Second

// replies is what the client is still to be told about a statement.
type replies struct {
	reasons []string // message ids and rules
	asked   bool     // the door was asked about rows of it
	over    bool     // a batch was refused because a budget is used up
}

func (r *replies) note(reason string) {
	for _, known := range r.reasons {
		if known == reason {
			return
		}
	}
	r.reasons = append(r.reasons, reason)
}

// release asks the door about the batch and passes its rows on. Until the door has
// answered not one of them leaves.
func (s *session) release() error {
	if !s.batch.open() {
		return nil
	}
	defer s.batch.wipe()
	o, err := s.queue.match('D')
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, releaseTime)
	defer cancel()
	began := s.port.Clock()
	a, err := s.port.Door.Release(ctx, s.current(), enrolment.Batch{
		Statement: o.st.fingerprint(), Portal: o.portal, Rows: len(s.batch.starts), Cells: s.batch.list, Again: s.reply.asked,
	})
	s.reply.asked = true
	took := s.port.Clock().Sub(began)
	s.tally.waited.Add(int64(took))
	s.port.count.released(took, err)
	if err != nil || len(a) != len(s.batch.list) {
		return problemOf(fatal, err)
	}
	texts, over := s.texts(a)
	if over && s.reply.over {
		return s.stop(problem{severity: failed, state: "53400", id: "budget"})
	}
	s.reply.over = s.reply.over || over
	return s.batch.write(texts, s.send)
}

// texts is what stands in each cell; over says that a budget is used up.
func (s *session) texts(answers []enrolment.Answer) (texts []shown, over bool) {
	texts = make([]shown, len(answers))
	n := 0
	for i, a := range answers {
		if !a.Shown {
			texts[i].text = enrolment.Refused
			over = over || a.Reason == "budget"
			s.reply.note(a.Reason)
			continue
		}
		if texts[i].null = a.Null; !a.Null {
			texts[i].text = a.Value.Reveal()
		}
		s.tally.subject(s.batch.list[i])
		n++
	}
	s.tally.cells(n, len(answers)-n)
	s.port.count.cells.WithLabelValues("shown").Add(float64(n))
	s.port.count.cells.WithLabelValues("refused").Add(float64(len(answers) - n))
	return texts, over
}

// stop ends a statement under way with an error of ours.
func (s *session) stop(why problem) error {
	s.halt = why
	ctx, cancel := context.WithTimeout(s.ctx, s.port.Limits.SignIn)
	defer cancel()
	if err := s.db.cancel(ctx); err != nil {
		why.severity = fatal
		return why
	}
	return nil
}

// tooLate is what happens when a statement that is to be stopped has ended already.
// If something that may act came after it, the client could not tell what was done:
// then the session ends.
func (s *session) tooLate(size int, o op) error {
	why := s.halt
	s.halt = problem{}
	behind := s.queue.acts(o.kind == 'Q')
	if behind || o.kind == 'Q' && !o.st.single {
		why.severity = fatal
		return why
	}
	if err := s.send(why.bytes()); err != nil {
		return err
	}
	s.mute = true
	return s.forward(size)
}

// notice tells the client, once per statement, why cells are hidden. A portal that
// is read in pieces is one statement.
func (s *session) notice(o op, kind byte) error {
	reasons := s.reply.reasons
	s.reply = replies{asked: kind == 's', over: s.reply.over && kind == 's'}
	if o.kind == 'E' {
		reasons = s.told.fresh(o.portal, reasons)
		if kind != 's' {
			delete(s.told, o.portal)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	var ids, en, zh []string
	for _, r := range reasons {
		id := r
		if !fault.Known(id) { // a rule's: its sentence is in the rules
			id = "pg-hidden"
		}
		ids, en, zh = append(ids, r), append(en, fault.Text(id).En), append(zh, fault.Text(id).Zh)
	}
	return s.send(message('N', cstring("SNOTICE"), cstring("VNOTICE"), cstring("C01000"),
		cstring("M"+strings.Join(ids, ", ")+": "+strings.Join(en, " ")), cstring("D"+strings.Join(zh, "")), []byte{0}))
}

// told remembers by portal which reasons were given.
type told map[string]map[string]bool

// fresh are the reasons that were not given yet for the portal.
func (t told) fresh(portal string, reasons []string) (fresh []string) {
	for _, r := range reasons {
		if t[portal][r] {
			continue
		}
		if t[portal] == nil {
			if len(t) >= maxStatements {
				clear(t)
			}
			t[portal] = map[string]bool{}
		}
		t[portal][r] = true
		fresh = append(fresh, r)
	}
	return fresh
}
