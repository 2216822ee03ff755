package exam

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// standing is what was recorded about one subject up to a time.
type standing struct {
	stored   time.Time // zero: not stored then
	consents map[agreedTo]consent.Consent
	inForce  map[pii.Purpose][]consent.Notice // at the time asked about
	optedOut bool
	held     bool
	erased   bool
	forgot   bool // an entry about her can no longer be opened
}

// agreedTo is a recipient and a purpose.
type agreedTo struct {
	org     pii.OrgID
	purpose pii.Purpose
}

// standing reads what the entries up to t say of a subject.
func (e *Examiner) standing(ctx context.Context, o pii.Ordinal, t time.Time) (standing, error) {
	s := standing{consents: map[agreedTo]consent.Consent{}, inForce: map[pii.Purpose][]consent.Notice{}}
	if o == pii.Dummy {
		return s, nil
	}
	entries, err := e.filed(ctx, 0, ledger.SubjectRef(o))
	if err != nil {
		return s, err
	}
	err = e.each(ctx, entries, func(_ uint64, r *ledger.Record) (bool, error) {
		if r == nil {
			s.forgot = true
			return true, nil
		}
		if r.At().After(t) {
			return false, nil
		}
		s.take(r)
		return true, nil
	})
	for key := range s.consents {
		notices, failed := e.Notices.Notices(ctx, key.purpose)
		if failed != nil {
			return s, failed
		}
		// A notice is never written back in time: those in force then are those that
		// begin then or before.
		s.inForce[key.purpose] = consent.InForce(notices, t)
	}
	return s, err
}

func (s *standing) take(r *ledger.Record) {
	switch r.Leaf.Kind {
	case proof.KindEnrolment:
		s.stored = r.At()
	case proof.KindCorrection:
		if r.Fact("act") == "done" {
			s.stored = r.At()
		}
	case proof.KindHold:
		s.held = true
	case proof.KindErasure:
		switch door.ErasureState(r.Fact("act")) {
		case door.ErasureApproved:
			s.held = false
		case door.ErasureDone:
			s.erased = true
		}
	case proof.KindConsent:
		key := agreedTo{pii.OrgID(r.Fact("recipient")), pii.Purpose(r.Fact("purpose"))}
		switch r.Fact("what") {
		case "given":
			s.consents[key] = consent.Consent{Purpose: key.purpose, Recipient: key.org, Given: true, General: r.Fact("general") == "yes", Notice: r.Fact("notice")}
		case "withdrawn":
			delete(s.consents, key)
		case "opt-out":
			s.optedOut = true
		case "opt-out-ended":
			s.optedOut = false
		}
	}
}

func (s standing) bearing(covered bool, org pii.OrgID, p pii.Purpose, needsConsent bool) door.Bearing {
	return door.Bearing{
		Covered: covered, Consent: needsConsent && s.consents[agreedTo{org, p}].Counts(s.inForce[p]), OptedOut: covered && s.optedOut,
		Stored: s.stored, Held: s.held, Erased: s.erased,
	}
}

// isRules reports whether the entry brought rules into force.
func isRules(r *ledger.Record) bool { return r.Leaf.Kind == proof.KindRules }
