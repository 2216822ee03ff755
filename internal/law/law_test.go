package law

import (
	"testing"
	"time"
)

// The letter of 2021 cites article 42 of the text of 2016; the same duty is article
// 44 since 2026, and 42 is another.
func TestTheEventsDatePicksTheText(t *testing.T) {
	for _, c := range []struct {
		on   time.Time
		cite string
	}{
		{day(2019, time.November, 11), "《网络安全法》第42条"},
		{day(2025, time.December, 31), "《网络安全法》第42条"},
		{day(2026, time.January, 1), "《网络安全法》（2025年修正）第44条"},
	} {
		a, ok := Find(DutyNoLeak, c.on)
		if !ok || a.Cite() != c.cite {
			t.Errorf("on %s: %s", c.on.Format(time.DateOnly), a.Cite())
		}
	}
	old, _ := Resolve("csl", "42", day(2021, time.July, 1))
	today, _ := Resolve("csl", "42", day(2026, time.March, 1))
	if old.Duty != DutyNoLeak || today.Duty == DutyNoLeak || today.Duty == "" {
		t.Errorf("article 42 meant %q and means %q", old.Duty, today.Duty)
	}
	if _, ok := Find(DutyProvision, day(2019, time.November, 11)); ok {
		t.Error("a law from before it was in force")
	}
}

func TestDataIsWhole(t *testing.T) {
	for _, a := range articles {
		if e := a.Edition(); e.Law == "" || a.Duty == "" || a.Zh == "" || a.En == "" || a.Mark.Zh() == "" {
			t.Errorf("article %s of %s lacks a part", a.Number, a.Law)
		}
	}
	for _, c := range channels {
		if c.Zh == "" || c.En == "" || c.ForZh == "" || c.ForEn == "" || c.AskZh == "" || c.AskEn == "" || c.Mark.En() == "" {
			t.Errorf("channel %s lacks a part", c.ID)
		}
	}
	for _, k := range clocks {
		if k.Duty == "" && k.Mark == Read {
			t.Errorf("clock %s was read nowhere", k.ID)
		}
	}
}

func TestClocksOfTheCompany(t *testing.T) {
	on := day(2026, time.March, 1)
	if k, ok := (Clocks{}).On(ComplaintReply, on); !ok || k.Length != 15*24*time.Hour || k.Set {
		t.Errorf("%v %v", k, ok)
	}
	own := Clocks{ComplaintReply: 7}
	if k, ok := own.On(ComplaintReply, on); !ok || k.Length != 7*24*time.Hour || !k.Set {
		t.Errorf("%v %v", k, ok)
	}
	if own.Check() != nil || (Clocks{"shoe": 7}).Check() == nil || (Clocks{ComplaintReply: 0}).Check() == nil {
		t.Error("settings are not checked")
	}
}
