package grant

import (
	"context"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Detector names what raised an alert.
type Detector string

const (
	Enumeration   Detector = "enumeration"    // many misses, or ids counted up
	Sweep         Detector = "sweep"          // subjects gone through in the order they were stored
	ReadNoAct     Detector = "read-no-act"    // values revealed, and nothing done with them
	TwoNetworks   Detector = "two-networks"   // one person on two networks within minutes
	WorkReuse     Detector = "work-reuse"     // the same people assigned to the same person again and again
	LineWarning   Detector = "line"           // a share of the line of 法释〔2017〕10号 is reached
	BreakGlass    Detector = "break-glass"    // an emergency was declared
	ReviewOverdue Detector = "review-overdue" // nobody reviewed it within a day
)

// Detectors lists them all.
var Detectors = []Detector{Enumeration, Sweep, ReadNoAct, TwoNetworks, WorkReuse, LineWarning, BreakGlass, ReviewOverdue}

// Action is what an alert does by itself.
type Action string

const (
	Notify Action = "notify"  // the officer is told
	StepUp Action = "step-up" // the person signs in afresh before he goes on
	Freeze Action = "freeze"  // his work items are frozen until the alert is judged
)

// AlertState is where an alert stands.
type AlertState string

const (
	AlertOpen      AlertState = "open"
	AlertConfirmed AlertState = "confirmed"
	AlertFalse     AlertState = "false"
)

// Alert says that the records show something about a person's work that the officer
// should look at. It is no finding of guilt.
type Alert struct {
	ID        pii.RequestID   `json:"id"`
	Detector  Detector        `json:"detector"`
	Person    pii.PersonID    `json:"person"`
	Org       pii.OrgID       `json:"org"` // of a line warning about a recipient: alone
	Count     int64           `json:"count"`
	Of        int64           `json:"of"` // what Count is measured against; 0: nothing
	Minutes   int64           `json:"minutes"`
	At        time.Time       `json:"at"`
	Entries   []uint64        `json:"entries"` // the records it rests on, at most [MostEntries]
	Work      []pii.RequestID `json:"work"`    // items it froze or asks a fresh sign-in for
	Action    Action          `json:"action"`
	State     AlertState      `json:"state"`
	JudgedBy  pii.PersonID    `json:"judged_by"`
	JudgedAt  time.Time       `json:"judged_at"`
	pii.Stamp `json:"-"`
}

// MostEntries is how many records an alert names.
const MostEntries = 20

// RowKey implements [pii.Keyed].
func (a *Alert) RowKey() string { return a.ID.String() }

// StampRow implements [pii.Stamped].
func (a *Alert) StampRow() (string, []byte) { return "alert", canonical(a) }

// AlertPut inserts or replaces an alert.
type AlertPut struct{ *Alert }

// AlertStore keeps alerts. [AlertPut] is an effect.
type AlertStore interface {
	// Alert reads an alert; ok is false if there is none.
	Alert(ctx context.Context, id pii.RequestID) (Alert, bool, error)
	// Alerts lists them newest first, at most n.
	Alerts(ctx context.Context, n int) ([]Alert, error)
}

// Sentence explains an alert in one sentence.
func (a Alert) Sentence() Text {
	who := string(a.Person)
	if who == "" {
		who = string(a.Org)
	}
	say := func(zh, en string, args ...any) Text {
		args = append([]any{who}, args...)
		return Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
	}
	switch a.Detector {
	case Enumeration:
		return say("记录显示，%[1]s 在 %[3]d 分钟内的 %[4]d 次请求中，有 %[2]d 次没有命中其工单内的任何人。",
			"The records show %[2]d requests of %[1]s within %[3]d minutes, of %[4]d, that met nobody in his work items.", a.Count, a.Minutes, a.Of)
	case Sweep:
		return say("记录显示，%[1]s 在 %[3]d 分钟内按入库顺序逐个查看了 %[2]d 人。",
			"The records show that %[1]s went through %[2]d people in the order they were stored, within %[3]d minutes.", a.Count, a.Minutes)
	case ReadNoAct:
		return say("记录显示，%[1]s 查看了 %[2]d 人的明文，其后 %[3]d 分钟内没有外呼、记录、更正或办结工单。",
			"The records show that %[1]s was shown plain values of %[2]d people, and no call, note, correction or closed work item within %[3]d minutes.", a.Count, a.Minutes)
	case TwoNetworks:
		return say("记录显示，%[1]s 在 %[3]d 分钟内从 %[2]d 个网络发出请求。",
			"The records show requests of %[1]s from %[2]d networks within %[3]d minutes.", a.Count, a.Minutes)
	case WorkReuse:
		return say("记录显示，同一批个人在 7 天内已 %[2]d 次分派给 %[1]s。",
			"The records show the same people assigned to %[1]s %[2]d times within 7 days.", a.Count)
	case LineWarning:
		return say("记录显示，%[1]s 累计取得的明文或对外提供的信息折合 %[2]d 条，达到法释〔2017〕10号减半标准（%[3]d 条）的 %[4]d%%。",
			"The records show that what %[1]s took in plain, or was provided outside, amounts to %[2]d records: half the line of 法释〔2017〕10号 is %[3]d, and %[4]d%% of it is reached.", a.Count, a.Of, a.Minutes)
	case BreakGlass:
		return say("%[1]s 启用了应急授权，为期 %[2]d 分钟；请在一天内审查。",
			"%[1]s broke the glass for %[2]d minutes; review it within a day.", a.Minutes)
	case ReviewOverdue:
		return say("%[1]s 的应急授权超过一天仍未审查；审查之前不能再次启用。",
			"The review of the break-glass of %[1]s is late by more than a day; he cannot use it again before.")
	}
	return Text{}
}
