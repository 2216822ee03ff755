package exam

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// standing is what was recorded about one subject up to a time.
type standing struct {
	stored   time.Time // zero: not stored then
	consents map[agreedTo]bool
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
	s := standing{consents: map[agreedTo]bool{}}
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
	return s, err
}

func (s *standing) take(r *ledger.Record) {
	switch r.Leaf.Kind {
	case proof.KindEnrolment:
		s.stored = r.At()
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
			s.consents[key] = true
		case "withdrawn":
			s.consents[key] = false
		case "opt-out":
			s.optedOut = true
		case "opt-out-ended":
			s.optedOut = false
		}
	}
}

func (s standing) bearing(covered bool, org pii.OrgID, p pii.Purpose, needsConsent bool) door.Bearing {
	return door.Bearing{
		Covered: covered, Consent: needsConsent && s.consents[agreedTo{org, p}], OptedOut: covered && s.optedOut,
		Stored: s.stored, Held: s.held, Erased: s.erased,
	}
}

// isRules reports whether the entry brought rules into force.
func isRules(r *ledger.Record) bool { return r.Leaf.Kind == proof.KindRules }
