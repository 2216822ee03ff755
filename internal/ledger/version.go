package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// rowFact begins the name of a fact that commits an entry to a row it makes; the
// row's kind follows.
const rowFact = "row:"

// versionOf names all versions of a row: 16 bytes of SHA-256 over kind and key.
func versionOf(k pii.Keyed) (ref [16]byte) {
	kind, _ := k.StampRow()
	sum := sha256.Sum256([]byte(kind + "|" + k.RowKey()))
	return [16]byte(sum[:])
}

// rowFacts commit an entry to every stamped row it makes: SHA-256 of the row, after
// what names its versions, so that they can be told from each other. Rows that are
// never replaced have the hash alone; the members of a work item are in its digest.
func (e *Entry) rowFacts() []proof.Field {
	var facts []proof.Field
	for _, x := range e.Effects {
		row, ok := x.(pii.Stamped)
		if !ok {
			continue
		}
		kind, b := row.StampRow()
		sum := sha256.Sum256(b)
		value := hex.EncodeToString(sum[:])
		if k, ok := x.(pii.Keyed); ok {
			ref := versionOf(k)
			value = hex.EncodeToString(ref[:]) + "." + value
		}
		facts = append(facts, proof.Field{Name: rowFact + kind, Value: value})
	}
	return facts
}

// withoutRows keeps an entry from claiming by its own facts a row it does not make.
func withoutRows(facts []proof.Field) []proof.Field {
	return slices.DeleteFunc(slices.Clone(facts), func(f proof.Field) bool { return strings.HasPrefix(f.Name, rowFact) })
}

// versionRefs are under which an entry is filed for the rows it makes.
func versionRefs(facts []proof.Field) (refs []Ref) {
	for _, f := range facts {
		if !strings.HasPrefix(f.Name, rowFact) {
			continue
		}
		key, _, ok := strings.Cut(f.Value, ".")
		ref, err := hex.DecodeString(key)
		if ok && err == nil {
			refs = append(refs, Ref{RefRow, ref})
		}
	}
	return refs
}
