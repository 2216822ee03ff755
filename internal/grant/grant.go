// Package grant holds why somebody may work with a person's information: purpose
// sheets and work items.
//
// Its one invariant: free text is never a reason; only an open work item that
// names the subject, the purpose and the assignee is. It holds no rules.
package grant

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// WorkKind says what sort of work an item is.
type WorkKind string

const (
	CallTask      WorkKind = "call-task"      // 外呼任务
	SupportTicket WorkKind = "support-ticket" // 客服工单
	ComplaintWork WorkKind = "complaint"
	RightsRequest WorkKind = "rights-request" // 个人行使权利的申请
	Retention     WorkKind = "retention"      // an expired retention period
	Inbound       WorkKind = "inbound"        // an inbound caller, posted by the switch
	PartnerLead   WorkKind = "partner-lead"

	// Opened by an [Exception] only.
	ExceptionWork  WorkKind = "exception"   // 例外授权, approved
	BreakGlassWork WorkKind = "break-glass" // 应急授权, reviewed afterwards
)

// WorkKinds lists the kinds of work that are assigned.
var WorkKinds = []WorkKind{CallTask, SupportTicket, ComplaintWork, RightsRequest, Retention, Inbound, PartnerLead}

// Valid reports whether k is a kind of work that is assigned.
func (k WorkKind) Valid() bool { return slices.Contains(WorkKinds, k) }

// WorkItem is a piece of work assigned to one principal, for some subjects and
// one purpose, until a time. Its id is the request id of the entry that opened it.
type WorkItem struct {
	ID        pii.RequestID `json:"id"`
	Kind      WorkKind      `json:"kind"`
	Purpose   pii.Purpose   `json:"purpose"`
	Assignee  pii.PersonID  `json:"assignee"`
	Recipient pii.OrgID     `json:"recipient"` // the assignee's organisation
	OpenedBy  pii.PersonID  `json:"opened_by"`
	OpenedAt  time.Time     `json:"opened_at"`
	Until     time.Time     `json:"until"`
	Closed    bool          `json:"closed"`
	Subjects  int           `json:"subjects"` // how many; who they are is in the store
	Digest    []byte        `json:"digest"`   // SHA-256 over the sorted ordinals, so that the stamp covers the set
	AskedBy   pii.PersonID  `json:"asked_by"` // who asked the opener for it, where he said; empty: nobody named

	// Of exceptions only: what they allow beside the sheet and the rules.
	Fields  []pii.Field `json:"fields"`
	Highest pii.Form    `json:"highest"`
	Budget  int64       `json:"budget"` // subjects shown, each time counted

	// What an alert did to the item.
	Frozen     bool      `json:"frozen"`
	FreshSince time.Time `json:"fresh_since"` // zero: no fresh sign-in is asked for

	pii.Stamp `json:"-"`
}

// IsException reports whether an exception opened the item.
func (w WorkItem) IsException() bool { return w.Kind == ExceptionWork || w.Kind == BreakGlassWork }

// IsApproved reports whether the item needs no approval, or has that of somebody who
// neither asked nor gains. Break-glass is reviewed instead.
func (w WorkItem) IsApproved() bool {
	return w.Kind != ExceptionWork ||
		w.OpenedBy != "" && w.AskedBy != "" && w.OpenedBy != w.AskedBy && w.OpenedBy != w.Assignee && w.AskedBy != w.Assignee
}

// IsSelfMade reports whether the one who works on the item asked for it himself.
// Break-glass is, and is reviewed instead.
func (w WorkItem) IsSelfMade() bool {
	return w.Kind != BreakGlassWork && (w.OpenedBy == w.Assignee || w.AskedBy == w.Assignee)
}

// StampRow implements [pii.Stamped].
func (w *WorkItem) StampRow() (string, []byte) {
	b, err := json.Marshal(w)
	if err != nil {
		panic("grant: a row of plain fields did not encode") // impossible state
	}
	return "work-item", b
}

// RowKey implements [pii.Keyed].
func (w *WorkItem) RowKey() string { return w.ID.String() }

// States implements [pii.Stater].
func (w *WorkItem) States() []pii.Row { return pii.State(w) }

// OpenAt reports whether the item is open at t.
func (w WorkItem) OpenAt(t time.Time) bool { return !w.Closed && t.Before(w.Until) }

// Member says that a subject is in a work item. It is stamped like the item, so
// that a row added with SQL covers nobody.
type Member struct {
	Ordinal   pii.Ordinal   `json:"ordinal"`
	Item      pii.RequestID `json:"item"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (m *Member) StampRow() (string, []byte) {
	b := append(m.Item[:], byte(m.Ordinal>>24), byte(m.Ordinal>>16), byte(m.Ordinal>>8), byte(m.Ordinal))
	return "work-item-subject", b
}

// Opened inserts a work item with its members (at most 1,000).
type Opened struct {
	*WorkItem
	Members []*Member
}

// Stamps lists the rows besides the item's own that the entry stamps.
func (o Opened) Stamps() []pii.Stamped {
	rows := make([]pii.Stamped, len(o.Members))
	for i, m := range o.Members {
		rows[i] = m
	}
	return rows
}

// MembersRow is the kind under which an entry states an item's members.
const MembersRow = "work-item-members"

// States implements [pii.Stater]: the item, and who is in it.
func (o Opened) States() []pii.Row {
	of := make([]pii.Ordinal, len(o.Members))
	for i, m := range o.Members {
		of[i] = m.Ordinal
	}
	list, err := json.Marshal(Membership{o.ID, of})
	if err != nil {
		panic("grant: a list of numbers did not encode") // impossible state
	}
	return append(o.WorkItem.States(), pii.Row{Kind: MembersRow, Row: list})
}

// Membership is who is in an item.
type Membership struct {
	Item pii.RequestID `json:"item"`
	Of   []pii.Ordinal `json:"of"`
}

// Closed replaces the item's row by the closed one.
type Closed struct{ *WorkItem }

// Changed replaces an open item's row: frozen, or released.
type Changed struct{ *WorkItem }

// Store keeps work items. [Opened] and [Closed] are effects.
type Store interface {
	// Item reads a work item; ok is false if there is none.
	Item(ctx context.Context, id pii.RequestID) (WorkItem, bool, error)
	// Members returns, of the ordinals given, those that are members of the item.
	// With none given it returns the item's members after the ordinal after, at most n.
	Members(ctx context.Context, item pii.RequestID, of []pii.Ordinal) ([]Member, error)
	MembersAfter(ctx context.Context, item pii.RequestID, after pii.Ordinal, n int) ([]Member, error)
	// Assigned lists items of an assignee that are not closed, newest first, at most n.
	Assigned(ctx context.Context, to pii.PersonID, n int) ([]WorkItem, error)
}

// Digest is what a work item's stamp covers of its members: SHA-256 over the
// sorted ordinals, 4 bytes each, big endian.
func Digest(of []pii.Ordinal) []byte {
	sorted := slices.Sorted(slices.Values(of))
	h := sha256.New()
	for _, o := range sorted {
		_ = binary.Write(h, binary.BigEndian, uint32(o)) // a hash does not fail
	}
	return h.Sum(nil)
}
