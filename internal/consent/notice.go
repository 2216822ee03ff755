package consent

import (
	"cmp"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Notice is one version of what people are told about a purpose before they agree
// (告知): who else would get which fields. Its text stays with the company.
type Notice struct {
	Purpose    pii.Purpose `json:"purpose"`
	Version    string      `json:"version"`
	Digest     []byte      `json:"digest"` // SHA-256 of the text
	Recipients []pii.OrgID `json:"recipients,omitempty"`
	Fields     []pii.Field `json:"fields,omitempty"`
	From       time.Time   `json:"from"` // when it comes into force
	// Editorial says that it changes words and nothing that was agreed to: what was
	// given under the version before it still counts.
	Editorial bool `json:"editorial"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (n *Notice) StampRow() (string, []byte) { return "notice", canonical(n) }

// RowKey implements [pii.Keyed].
func (n *Notice) RowKey() string { return string(n.Purpose) + "|" + n.Version }

// NoticePut inserts a notice; a version is never changed.
type NoticePut struct{ *Notice }

// InForce are the versions of one purpose's notices under which a consent counts at
// a time, the newest first: the last one that came into force and, while that is
// editorial, those before it.
func InForce(notices []Notice, at time.Time) []Notice {
	var begun []Notice
	for _, n := range notices {
		if !at.Before(n.From) {
			begun = append(begun, n)
		}
	}
	slices.SortFunc(begun, func(a, b Notice) int { // of two that begin at once the later entry
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.Entry, a.Entry))
	})
	for i, n := range begun {
		if !n.Editorial {
			return begun[:i+1]
		}
	}
	return begun
}

// Counts reports whether c is a separate consent that was given, under one of the notices in force, and that
// notice names its recipient. A change of purpose or recipient asks anew (PIPL 14, 23).
// Until the company has recorded a notice for the purpose, what was given counts.
func (c Consent) Counts(inForce []Notice) bool {
	if !c.Given || c.General {
		return false
	}
	return len(inForce) == 0 || slices.ContainsFunc(inForce, func(n Notice) bool {
		return n.Purpose == c.Purpose && n.Version == c.Notice && slices.Contains(n.Recipients, c.Recipient)
	})
}
