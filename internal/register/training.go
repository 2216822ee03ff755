package register

import (
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Train records that a person passed a course. The course [party.Protection] sets
// how long his training counts; it is the latest one that does, so that a mistake
// can be put right.
func (r *Register) Train(ctx context.Context, a Asked, t party.Training) error {
	t.Stamp, t.At, t.Until = pii.Stamp{}, exact(t.At), exact(t.Until)
	switch {
	case !isCode(t.Course):
		return invalid("course")
	case t.At.IsZero() || t.At.After(r.now()):
		return invalid("at")
	case !t.At.Before(t.Until):
		return invalid("until")
	case !isText(t.Reference) || t.Reference == "":
		return invalid("reference")
	case t.Person == a.By.Person.ID:
		return notYours()
	}
	return r.decide(ctx, a, train, func(time.Time) (decision, error) {
		p, _, ok, err := r.person(ctx, t.Person, "person")
		if err != nil {
			return decision{}, err
		}
		if !ok {
			return decision{}, fault.New(fault.NotFound, "not-found", "person")
		}
		if !slices.Contains(manages[roleOf(a.By)], p.Kind) || p.Kind == party.Service {
			return decision{}, notYours()
		}
		latest, err := r.isLatest(ctx, t)
		if err != nil {
			return decision{}, err
		}
		if latest {
			p.TrainedUntil = t.Until
		}
		d := personDecision("trained", &p)
		d.facts = append(d.facts, fact("course", t.Course), timeFact("passed", t.At), timeFact("valid-until", t.Until), fact("reference", t.Reference))
		d.effects = append(d.effects, party.TrainingPut{Training: &t})
		return d, nil
	})
}

// isLatest reports whether t is the training that counts: of the course that
// matters, and not passed before one that is on record with its reference.
func (r *Register) isLatest(ctx context.Context, t party.Training) (bool, error) {
	if t.Course != party.Protection {
		return false, nil
	}
	all, err := r.People.Training(ctx, t.Person)
	if err != nil {
		return false, err
	}
	for i := range all {
		if err := r.trusted("training", &all[i]); err != nil {
			return false, err
		}
		if all[i].Course == t.Course && all[i].Reference != "" && all[i].At.After(t.At) {
			return false, nil
		}
	}
	return true, nil
}
