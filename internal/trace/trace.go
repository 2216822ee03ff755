// Package trace says who the records point to when customers' information got
// out: from complaints, leaked files, decoys and aliases, against the
// disclosures the ledger recorded.
//
// Its invariant: an answer is a probability with its evidence. A name is given
// only when every guard of [Options] holds; otherwise the answer is a group of
// at most five, "nobody inside", or "cannot tell yet" with what would tell. A
// number that is not finite stops the run.
//
// The package computes over pseudonymous ids. It opens no value, holds no key
// and knows no SQL; only the reader of case folders ([ReadCase]) compares texts
// of a case's own files, and it keeps none of them.
package trace

import "math"

// Verdict is the kind of answer. The words are those of the exchange format;
// people read "the records point to".
type Verdict string

const (
	Accuse    Verdict = "accuse"
	Group     Verdict = "group"
	Undecided Verdict = "undecided"
	Nobody    Verdict = "nobody"
)

// Rank is one recipient's line in the ranking.
type Rank struct {
	Recipient   string  `json:"recipient"`
	Probability float64 `json:"probability"`
	Why         string  `json:"why"`
}

// Finding is the answer; its JSON is the exchange format. Ranking holds every
// recipient above 0.0005, best first; Group is the smallest set of at most five
// with joint probability of at least 0.99, if there is one.
type Finding struct {
	Verdict Verdict  `json:"verdict"`
	Accused []string `json:"accused"`
	Ranking []Rank   `json:"ranking"`
	PNone   float64  `json:"p_none"`
	Group   []string `json:"group"`
	Needs   string   `json:"needs"`
	// Detail is what the explanation is written from.
	Detail Detail `json:"detail"`
}

// Detail carries the figures behind an answer, for explanations and charts.
type Detail struct {
	Engine        string        `json:"engine"`
	Items         int           `json:"items"`              // evidence items that count
	Excluded      int           `json:"excluded,omitempty"` // items about nobody in the records
	Repeated      int           `json:"repeated,omitempty"` // items that share a reporter or a caller with another
	Unverified    int           `json:"unverified,omitempty"`
	Candidates    []Candidate   `json:"candidates"`
	Spread        Spread        `json:"spread"`
	Overdispersal float64       `json:"tau"`
	External      float64       `json:"p_external"`
	Unrecorded    float64       `json:"p_unrecorded"`
	Prior         PriorAnswers  `json:"prior"`
	Guards        []GuardResult `json:"guards"`
	Need          Need          `json:"need"`
	Notes         []string      `json:"notes,omitempty"`
}

// Candidate is one of the two best names, laid side by side.
type Candidate struct {
	Recipient string       `json:"recipient"`
	Shown     int          `json:"shown"`    // subjects shown in the best window
	Inside    int          `json:"inside"`   // items about subjects of that list
	Active    int          `json:"active"`   // items that could be
	Expected  float64      `json:"expected"` // inside by chance
	Ratio     float64      `json:"ratio"`    // inside / expected
	From      int64        `json:"from"`     // the window, Unix seconds
	Until     int64        `json:"until"`
	Window    string       `json:"window"` // what kind of act the window is
	LeakAfter int64        `json:"leak_after"`
	Alias     bool         `json:"alias,omitempty"` // an alias only this recipient was given was contacted
	Twins     int          `json:"twins,omitempty"` // recipients with this list, this one included
	Each      []ItemEffect `json:"each"`
}

// ItemEffect is what one item contributes: the natural logarithm of its factor.
type ItemEffect struct {
	Item int     `json:"item"`
	Log  float64 `json:"log"`
}

// Spread is how many items all other recipients hold relative to chance.
type Spread struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
	Of     int     `json:"of"`
}

// PriorAnswers shows the best name's probability under other priors.
type PriorAnswers struct {
	Insider float64 `json:"insider"`        // prior that one insider leaked
	As      float64 `json:"as_used"`        // the answer
	Smaller float64 `json:"ten_times_less"` // with that prior ten times smaller
	Larger  float64 `json:"ten_times_more"` // and ten times larger (odds)
}

// GuardResult is one condition an accusation needs.
type GuardResult struct {
	Guard string  `json:"guard"`
	Value float64 `json:"value"`
	Needs float64 `json:"needs"`
	Holds bool    `json:"holds"`
}

// holds is written so that a NaN fails: the value must be at least the limit.
func holds(name string, value, limit float64) GuardResult {
	return GuardResult{Guard: name, Value: value, Needs: limit, Holds: value >= limit}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
