package law

import (
	"time"
)

// Clock is a time limit. Length is in whole hours; Days of the calendar are 24.
type Clock struct {
	ID      string
	Zh, En  string
	Length  time.Duration
	Working bool   // working days are meant; shown, and counted as calendar days
	Duty    string // of the article it stands in; empty: no text fixes it
	Mark    Mark
	From    time.Time // events from this day on
	Until   time.Time // zero: still so
	Set     bool      // the company set another length
}

// Clocks of complaints, incidents and requests.
const (
	ComplaintReply   = "complaint-reply"
	ComplaintSilence = "complaint-silence"
	ComplaintAppeal  = "complaint-appeal"
	AppealAnswer     = "appeal-answer"
	IncidentContain  = "incident-contain"
	IncidentDecide   = "incident-decide"
	IncidentNotify   = "incident-notify"
	RightsReply      = "rights-reply"
)

const aDay = 24 * time.Hour

var clocks = []Clock{
	{ID: ComplaintReply, Zh: "投诉答复", En: "Reply to a complaint", Length: 15 * aDay, Duty: DutyComplaints, Mark: Memory},
	{ID: ComplaintSilence, Zh: "答复后等待本人确认", En: "Wait for the complainant after a reply", Length: 15 * aDay, Mark: Ours},
	{ID: ComplaintAppeal, Zh: "办结后可以提出异议", En: "Contest a closing", Length: 30 * aDay, Mark: Ours},
	{ID: AppealAnswer, Zh: "申诉答复", En: "Answer an appeal", Length: 15 * aDay, Mark: Ours},
	{ID: IncidentContain, Zh: "事件控制（内部目标；法律：立即）", En: "Contain an incident (internal target; the law says at once)", Length: time.Hour, Duty: DutyBreach, Mark: Ours},
	{ID: IncidentDecide, Zh: "通知与否的决定（内部目标；法律：立即）", En: "Decide whether to notify (internal target; the law says at once)", Length: aDay, Duty: DutyBreach, Mark: Ours},
	{ID: IncidentNotify, Zh: "通知（内部目标；法律：立即）", En: "Notify (internal target; the law says at once)", Length: 3 * aDay, Duty: DutyBreach, Mark: Ours},
	{ID: RightsReply, Zh: "个人行使权利的申请答复", En: "Answer a rights request", Length: 30 * aDay, Mark: Memory},
}

// Clocks are the clocks with what the company set itself, in days.
type Clocks map[string]int

// On returns the clock that runs for an event of a day; ok is false if none does.
func (c Clocks) On(id string, on time.Time) (Clock, bool) {
	for _, k := range clocks {
		if k.ID == id && !on.Before(k.From) && (k.Until.IsZero() || on.Before(k.Until)) {
			if days, ok := c[id]; ok && days > 0 {
				k.Length, k.Set = time.Duration(days)*aDay, true
			}
			return k, true
		}
	}
	return Clock{}, false
}

// Check refuses settings that name no clock, or no length that is one.
func (c Clocks) Check() error {
	for id, days := range c {
		if k, ok := (Clocks{}).On(id, day(2026, time.January, 1)); !ok || k.ID != id || days < 1 || days > 3650 {
			return errClocks
		}
	}
	return nil
}

type clockError string

func (e clockError) Error() string { return string(e) }

const errClocks = clockError("the settings' clocks name an unknown clock, or not 1 to 3650 days")

// Threshold is a number that a text makes matter.
type Threshold struct {
	ID     string
	Zh, En string
	N      int64
	Unit   string // "people", "records", "yuan"
	Duty   string
	Mark   Mark
}

// Thresholds lists them.
func Thresholds() []Threshold { return append([]Threshold(nil), thresholds...) }

var thresholds = []Threshold{
	{"incident-relatively-major", "较大事件：泄露人数", "Relatively major: people affected", 1_000_000, "people", DutyReport, Public},
	{"incident-major", "重大事件：泄露人数", "Major: people affected", 10_000_000, "people", DutyReport, Public},
	{"incident-particularly-major", "特别重大事件：泄露人数", "Particularly major: people affected", 100_000_000, "people", DutyReport, Public},
	{"crime-ordinary", "其他个人信息，履职获得的减半", "Other personal information; half if got in duty", 5_000, "records", "criminal-thresholds", Read},
	{"crime-affecting", "可能影响人身、财产安全的信息", "Information that may affect person or property", 500, "records", "criminal-thresholds", Read},
	{"crime-sensitive", "行踪轨迹、通信内容、征信、财产信息", "Location, communications, credit, property", 50, "records", "criminal-thresholds", Read},
}
