package trace

import "errors"

// ErrNotFinite stops a run: a number came out that is not one, and no answer is
// better than a wrong one.
var ErrNotFinite = errors.New("trace: a probability is not finite; the run was stopped")

// EngineVersion goes into every answer and its record.
const EngineVersion = "goldbell-trace/3"

// Run answers who the records point to.
func Run(x *Exposure, ev Evidence, opt Options) (Finding, error) {
	q := newRun(x, ev, opt)
	suspects := q.survey()
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
