package pgwire

import (
	"crypto/sha256"
	"errors"
	"sync"
)

// statement is SQL text the client sent, as far as it is needed later.
type statement struct {
	text   string   // dropped once hashed
	hash   [32]byte // once hashed
	hashed bool
	single bool // one statement and no more
	writes bool // it may write: a placeholder must not come in with its parameters
	plan   *plan
}

// fingerprint is the SHA-256 of the text.
func (s *statement) fingerprint() [32]byte {
	if s == nil {
		return [32]byte{}
	}
	if !s.hashed {
		s.hash, s.text, s.hashed = sha256.Sum256([]byte(s.text)), "", true
	}
	return s.hash
}

// op is a message of the client that the database answers.
type op struct {
	kind   byte // its type; copyEnd for CopyDone and CopyFail
	st     *statement
	portal string
	refuse []byte // our ErrorResponse, in place of the one the database gives
	maybe  bool   // a Sync that the database may have taken for part of a failed COPY
	copyIn bool   // a COPY FROM STDIN that has begun
	at     int64  // when it came, for Query and Execute: nanoseconds
}

const copyEnd = 'c'

// maxOps is how far a client may be ahead of the answers.
const maxOps = 1 << 14

// queue knows what the next answer of the database belongs to. The client's side
// pushes, the database's side matches.
type queue struct {
	mu       sync.Mutex
	room     sync.Cond
	ops      []op
	store    []op // what ops is a part of: reused when it is empty
	skipping bool // after an error the database ignores everything up to a Sync
	unsure   bool // the next Sync is a maybe, too
	closed   bool
}

func newQueue() *queue {
	q := &queue{}
	q.room.L = &q.mu
	return q
}

var errOrder = errors.New("pgwire: an answer to nothing that was asked")

// full reports whether a push would have to wait: what was asked has to be sent first.
func (q *queue) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ops) >= maxOps
}

// push adds what is about to be sent.
func (q *queue) push(o op) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ops) >= maxOps && !q.closed {
		q.room.Wait()
	}
	if o.kind == 'S' {
		q.skipping = false
		o.maybe, q.unsure = q.unsure, false
	}
	if q.skipping {
		return
	}
	if q.ops = append(q.ops, o); len(q.ops) == 1 {
		q.store = q.ops
	}
}

// close lets a waiting push go.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}

// answered says which kinds of message an answer of the database may belong to.
var answered = map[byte]string{
	'1': "P", '2': "B", '3': "C", 't': "D", 'n': "D", 'T': "DQ", 'D': "QE", 'C': "QE", 'I': "QE",
	's': "E", 'V': "F", 'G': "QE", 'H': "QE", 'd': "QE", 'c': "QE", 'Z': "QSF",
}

// match finds what an answer belongs to, and forgets it if the answer ends it.
func (q *queue) match(answer byte) (op, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(answer)
	if len(q.ops) == 0 {
		return op{}, errOrder
	}
	head := &q.ops[0]
	if !contains(answered[answer], head.kind) {
		return op{}, errOrder
	}
	o := *head
	switch {
	case answer == 'G':
		head.copyIn = true
	case answer == 'T' && o.kind == 'Q', answer == 't', o.kind == 'Q' && answer != 'Z', answer == 'D', answer == 'H', answer == 'd', answer == 'c', answer == 'V':
	default:
		q.pop()
		if o.copyIn {
			q.endCopy()
		}
	}
	return o, nil
}

// drop removes what gets no answer: the ends of copies, and Syncs that turn out to
// have been part of one.
func (q *queue) drop(answer byte) {
	for len(q.ops) > 0 && (q.ops[0].kind == copyEnd || q.ops[0].maybe && answer != 'Z') {
		q.pop()
	}
}

// endCopy removes the Syncs that came before the copy's end: while it copies in,
// the database ignores them.
func (q *queue) endCopy() {
	for i, o := range q.ops {
		if o.kind == copyEnd {
			q.ops = q.ops[i+1:]
			return
		}
		if o.kind != 'S' {
			return
		}
	}
}

// fail takes note of an ErrorResponse: of an extended query everything up to the
// next Sync is ignored.
func (q *queue) fail() (o op, any bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop('E')
	if len(q.ops) == 0 {
		return op{}, false
	}
	o = q.ops[0]
	if o.kind == 'Q' || o.kind == 'S' || o.kind == 'F' {
		return o, true
	}
	for len(q.ops) > 0 && q.ops[0].kind != 'S' {
		q.pop()
	}
	if q.skipping = len(q.ops) == 0; o.copyIn {
		q.doubt()
	}
	return o, true
}

// doubt marks the Syncs of which it is not known whether a failed copy swallowed
// them.
func (q *queue) doubt() {
	n := 0
	for i := range q.ops {
		if q.ops[i].kind == 'S' {
			q.ops[i].maybe = true
			n++
		}
	}
	q.unsure = n > 0
}

func (q *queue) pop() {
	q.ops[0] = op{}
	q.ops = q.ops[1:]
	if len(q.ops) == 0 {
		q.ops = q.store[:0]
	}
	if len(q.ops) == maxOps-1 {
		q.room.Broadcast()
	}
}

// acts reports whether anything that could act is asked behind the head, or, if the
// head is gone already, at all.
func (q *queue) acts(behind bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	ops := q.ops
	if behind && len(ops) > 0 {
		ops = ops[1:]
	}
	for _, o := range ops {
		if o.kind != 'S' && o.kind != 'C' {
			return true
		}
	}
	return false
}

// pending reports whether an answer is still to come.
func (q *queue) pending() bool { return q.acts(false) }

func contains(set string, b byte) bool {
	for i := range len(set) {
		if set[i] == b {
			return true
		}
	}
	return false
}
