package party

import (
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Protection is the course whose end is a person's TrainedUntil: protection of
// personal information. Other courses are kept and decide nothing by themselves.
const Protection = "pi-protection"

// Training is one training of one person.
type Training struct {
	Person    pii.PersonID `json:"person"`
	Course    string       `json:"course"` // a code of the company's, or [Protection]
	At        time.Time    `json:"at"`     // when it was passed
	Until     time.Time    `json:"until"`  // when it must be repeated
	Reference string       `json:"reference"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (t *Training) StampRow() (string, []byte) { return "training", canonical(t) }

// RowKey implements [pii.Keyed].
func (t *Training) RowKey() string {
	return fmt.Sprintf("%s|%s|%d", t.Person, t.Course, t.At.UnixMicro())
}

// TrainingPut inserts or replaces a training: a person passes a course once at a time.
type TrainingPut struct{ *Training }
