package policy

import (
	"errors"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

// LoadWithout is [Load] with one of the shipped rules taken out. It is for tests that
// show what the rule is needed for; the architecture test keeps it out of the product.
func LoadWithout(id, company string) (*Rules, error) {
	list, err := cedar.NewPolicyListFromBytes("base", []byte(baseText))
	if err != nil {
		return nil, err
	}
	var kept []string
	for _, p := range list {
		if string(p.Annotations()["id"]) != id {
			kept = append(kept, string(p.MarshalCedar()))
		}
	}
	if len(kept) != len(list)-1 {
		return nil, errors.New("policy: no shipped rule has this id")
	}
	return load(strings.Join(kept, "\n"), company)
}

// Shipped lists the shipped rules as their reasons are told, in order; permits says
// whether each permits.
func Shipped() (reasons []Reason, permits []bool) {
	r, err := Load("")
	if err != nil {
		panic("policy: the shipped rules do not load") // impossible state: a test loads them
	}
	return r.List()
}
