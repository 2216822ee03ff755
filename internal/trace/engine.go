package trace

import "errors"

// ErrNotFinite stops a run: a number came out that is not one, and no answer is
// better than a wrong one.
var ErrNotFinite = errors.New("trace: a probability is not finite; the run was stopped")

// EngineVersion goes into every answer and its record.
const EngineVersion = "goldbell-trace/4"

// Run answers who the records point to.
func Run(x *Exposure, ev Evidence, opt Options) (Finding, error) {
	return RunWith(x, ev, opt, nil)
}

// RunWith is Run on a record that holds outlines: fetch reads the views of the
// recipients who come near a name. Who does not keeps the score of his outline.
func RunWith(x *Exposure, ev Evidence, opt Options, fetch func([]Ref) ([]View, error)) (Finding, error) {
	q := newRun(x, ev, opt)
	suspects := q.survey()
	if err := q.complete(suspects, fetch); err != nil {
		return Finding{}, err
	}
	p := q.weighAll(suspects)
	if !p.sane() {
		return Finding{}, ErrNotFinite
	}
	return q.answer(suspects, p), nil
}

// weighAll finds the twins and weighs the suspects.
func (q *run) weighAll(suspects []suspect) posterior {
	q.joinTwins(suspects)
	return q.weigh(suspects)
}

// weigh brings the rivals and the accomplices to bear.
func (q *run) weigh(suspects []suspect) posterior {
	q.rivalLists, q.quietBF, q.outsideBF = q.rivals()
	q.unrecorded = q.unrecordedPath()
	q.underEach(suspects, q.rivalLists)
	q.company(suspects)
	order := q.byFactor(suspects)
	q.framing(suspects, order[:min(leaders, len(order))])
	return q.posterior(suspects)
}
