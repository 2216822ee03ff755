package casework

import "slices"

// event is one thing that happens to a complaint.
type event string

const (
	filed     event = "filed"
	takenDown event = "taken-down"       // by a handler, for somebody who called or wrote
	affirmed  event = "affirmed"         // the contact confirmed what was taken down
	assigned  event = "assigned"         // the officer names a handler; the state stays
	takenUp   event = "taken-up"         // by the handler
	replied   event = "replied"          // by the handler
	handedIn  event = "handed-in"        // she added a file; the state stays
	confirmed event = "confirmed"        // the complainant closes
	contested event = "contested"        // the complainant does not accept the answer, or the closing
	closedBy2 event = "closed-by-second" // an officer who never touched it closes, with a reason
	appealed  event = "appealed"         // she takes the answer to an officer; the state stays
	upheld    event = "appeal-upheld"    // by an officer who had no part in it
	dismissed event = "appeal-dismissed"
)

// moves is the state machine. What is not here cannot happen.
var moves = map[State]map[event]State{
	Unconfirmed: {affirmed: Accepted},

	Accepted:   {takenUp: InHandling, confirmed: Closed},
	InHandling: {replied: Replied, confirmed: Closed},
	Replied:    {confirmed: Closed, contested: Reopened, closedBy2: Closed, upheld: Reopened, dismissed: Replied},
	Reopened:   {takenUp: InHandling, confirmed: Closed},
	Closed:     {contested: Reopened, upheld: Reopened},
}

// by says who makes an event happen.
type by uint8

const (
	complainant by = iota + 1
	handler
	officer
)

func (b by) String() string { return [...]string{"", "complainant", "handler", "officer"}[b] }

// actors says whose each event is. No event that closes is the handler's; a test
// holds this table against the moves.
var actors = map[event]by{
	filed: complainant, handedIn: complainant, affirmed: complainant, confirmed: complainant, contested: complainant, appealed: complainant,
	takenDown: handler, takenUp: handler, replied: handler,
	assigned: officer, closedBy2: officer, upheld: officer, dismissed: officer,
}

// handles are the events that make somebody the handler of a complaint, or the
// officer who chose the handler: neither may close it as the second officer.
var handles = []event{takenDown, assigned, takenUp, replied}

func isHandling(what string) bool { return slices.Contains(handles, event(what)) }
