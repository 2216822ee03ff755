package decoy

import (
	"encoding/binary"
	"io"

	"github.com/goldbell/goldbell/internal/fault"
)

// Held is a number, an address or both that the company holds itself.
type Held struct{ Phone, Email string }

// Person is a made-up customer, to be imported as everybody else is.
type Person struct{ Name, Phone, Email, Company string }

// Make invents a name and a company for each of the numbers and addresses held. No
// name and no company is used twice before all have been.
func Make(random io.Reader, held []Held) ([]Person, error) {
	out := make([]Person, 0, len(held))
	names, companies := map[string]bool{}, map[string]bool{}
	draw := func(n int) (int, error) {
		var b [8]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, fault.Wrap(fault.Unavailable, "unavailable", err)
		}
		return int(binary.BigEndian.Uint64(b[:]) % uint64(n)), nil
	}
	word := func(lists ...[]string) (text string, err error) {
		for _, l := range lists {
			n, err := draw(len(l))
			if err != nil {
				return "", err
			}
			text += l[n]
		}
		return text, nil
	}
	fresh := func(used map[string]bool, make func() (string, error)) (text string, err error) {
		for range 100 {
			if text, err = make(); err != nil || !used[text] {
				break
			}
		}
		used[text] = true
		return text, err
	}
	for _, h := range held {
		p := Person{Phone: h.Phone, Email: h.Email}
		var err error
		if p.Name, err = fresh(names, func() (string, error) {
			single, err := draw(4)
			if err != nil || single == 0 {
				return word(surnames, given)
			}
			return word(surnames, given, given)
		}); err != nil {
			return nil, err
		}
		if p.Company, err = fresh(companies, func() (string, error) { return word(places, brands, brands, trades, endings) }); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
