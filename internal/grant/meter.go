package grant

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
)

// Line is where 法释〔2017〕10号 sees a crime in records of the lightest class that
// were obtained in duty or service: half of 5,000.
const Line = 2500

// Warnings are the shares of the line, in percent, at which the officer is told.
var Warnings = []int64{10, 50}

// Keys of meters that others than the door read.
func PersonLine(id pii.PersonID, c pii.Class) string {
	return "line|person|" + string(id) + "|" + string(c)
}
func OrgLine(id pii.OrgID, c pii.Class) string { return "line|org|" + string(id) + "|" + string(c) }
func ExceptionMeter(id pii.RequestID) string   { return "exception|" + id.String() }

// Meters reads budgets.
type Meters interface {
	// Used returns what each of the meters counts; one that was never charged counts 0.
	Used(ctx context.Context, keys []string) (map[string]int64, error)
}

// LineUsed is how much of the line somebody has taken, in records of the lightest
// class: classes add by their ratio.
func LineUsed(ctx context.Context, m Meters, key func(pii.Class) string) (int64, error) {
	keys := make([]string, len(pii.Classes))
	for i, c := range pii.Classes {
		keys[i] = key(c)
	}
	used, err := m.Used(ctx, keys)
	var sum int64
	for i, c := range pii.Classes {
		sum += used[keys[i]] * c.Weight()
	}
	return sum, err
}
