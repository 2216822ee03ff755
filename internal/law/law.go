// Package law holds articles, editions, clocks, thresholds and the outside
// channels as data; the date of an event picks the text that was in force.
//
// Its one invariant: nothing here is shown without saying where it was read. Each
// item carries a [Mark]; what was not read in the text itself says so. It is not
// legal advice, and it decides nothing.
package law

import (
	"fmt"
	"time"
)

// Mark says how an item was checked.
type Mark string

const (
	Read     Mark = "read"      // in a copy of the text
	Public   Mark = "public"    // confirmed by a public page
	Reported Mark = "reported"  // confirmed at second hand
	Memory   Mark = "unchecked" // from memory: check it before you rely on it
	Ours     Mark = "ours"      // our own default; no text fixes it
)

// Zh and En say it to people.
func (m Mark) Zh() string { return marks[m][0] }
func (m Mark) En() string { return marks[m][1] }

var marks = map[Mark][2]string{
	Read:     {"已核对原文", "read in the text"},
	Public:   {"有公开网页佐证", "confirmed by a public page"},
	Reported: {"据转述", "reported at second hand"},
	Memory:   {"未核对，使用前请核实", "not checked: verify before use"},
	Ours:     {"本系统默认，法律未定数", "our default; the law names no number"},
}

// Edition is one text of a law, in force from From until Until.
type Edition struct {
	Law    string // short id: "pipl"
	Zh, En string
	Year   string // of the amendment, as it is cited: "2025年修正"; empty: as first made
	From   time.Time
	Until  time.Time // zero: still in force
}

// InForce reports whether the edition was in force on a day.
func (e Edition) InForce(on time.Time) bool {
	return !on.Before(e.From) && (e.Until.IsZero() || on.Before(e.Until))
}

// Article is one article of one edition. Duty is the same in every edition that
// has the duty, whatever number it bears there.
type Article struct {
	Law    string
	Number string // as it is counted: "50", "253之一"
	Duty   string // stable id
	Zh, En string // what it asks, in short
	Mark   Mark
	year   string
}

// Edition is the edition the article stands in.
func (a Article) Edition() Edition {
	for _, e := range editions {
		if e.Law == a.Law && e.Year == a.year {
			return e
		}
	}
	return Edition{}
}

// Cite writes 《网络安全法》（2025年修正）第44条.
func (a Article) Cite() string {
	e := a.Edition()
	year := ""
	if e.Year != "" {
		year = "（" + e.Year + "）"
	}
	return fmt.Sprintf("《%s》%s第%s条", e.Zh, year, a.Number)
}

// Find returns the article that laid a duty down on the day of an event.
func Find(duty string, on time.Time) (Article, bool) {
	for _, a := range articles {
		if a.Duty == duty && a.Edition().InForce(on) {
			return a, true
		}
	}
	return Article{}, false
}

// Resolve finds an article by its number on the day of an event: article 42 of the
// Cybersecurity Law is another one since 2026.
func Resolve(law, number string, on time.Time) (Article, bool) {
	for _, a := range articles {
		if a.Law == law && a.Number == number && a.Edition().InForce(on) {
			return a, true
		}
	}
	return Article{}, false
}

// Articles lists every article we hold, editions apart.
func Articles() []Article { return append([]Article(nil), articles...) }

var beijing = time.FixedZone("UTC+8", 8*60*60)

// day is the beginning of a day in Beijing.
func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, beijing) }
