package trace

import (
	"bytes"
	"math"
)

const maxRows = math.MaxInt32 - 1

func (c *caseReader) readSubjects(t *table) error {
	at, err := c.columns(t, []string{"subject"}, []string{"segment", "region", "signup_month", "public_listing", "decoy"})
	if err != nil {
		return err
	}
	codes := [3]map[string]int32{{}, {}, {}} // segment and region may be words
	return t.rows(at, func(cells [][]byte) error {
		if len(cells[0]) == 0 {
			return t.fail(msgNoID)
		}
		if _, ok := c.subjects[string(cells[0])]; ok {
			return t.fail(msgDuplicate)
		}
		if len(c.subjects) == maxRows {
			return t.fail(msgTooMany)
		}
		s := Subject{Segment: code(codes[0], cells[1]), Region: code(codes[1], cells[2]), Cohort: cohort(codes[2], cells[3])}
		if s.Public, err = t.flag(cells[4]); err != nil {
			return err
		}
		if s.Decoy, err = t.flag(cells[5]); err != nil {
			return err
		}
		c.subjects[string(cells[0])] = c.b.Subject(s)
		return nil
	})
}

// code numbers the words of a column; an empty cell is -1.
func code(seen map[string]int32, cell []byte) int32 {
	if len(cell) == 0 {
		return -1
	}
	n, ok := seen[string(cell)]
	if !ok {
		n = int32(len(seen))
		seen[string(cell)] = n
	}
	return n
}

// cohort reads a sign-up month: a count of months, 2025-03, or any word.
func cohort(seen map[string]int32, cell []byte) int32 {
	if len(cell) == 7 && cell[4] == '-' {
		y1, ok1 := two(cell)
		y2, ok2 := two(cell[2:])
		m, ok3 := two(cell[5:])
		if ok1 && ok2 && ok3 {
			return int32((y1*100+y2)*12 + m)
		}
	}
	n := int32(0)
	for _, d := range cell {
		if d < '0' || d > '9' || n > 1e6 {
			return 1e7 + code(seen, cell)
		}
		n = n*10 + int32(d-'0')
	}
	if len(cell) == 0 {
		return -1
	}
	return n
}

func (c *caseReader) readRecipients(t *table) error {
	at, err := c.columns(t, []string{"recipient"}, []string{"kind", "team"})
	if err != nil {
		return err
	}
	return t.rows(at, func(cells [][]byte) error {
		if len(cells[0]) == 0 {
			return t.fail(msgNoID)
		}
		id := string(cells[0])
		n, fresh := c.b.Recipient(Recipient{ID: id, Kind: string(cells[1]), Team: string(cells[2])})
		if !fresh {
			return t.fail(msgDuplicate)
		}
		c.recipients[id] = n
		return nil
	})
}

func (c *caseReader) readDisclosures(t *table) error {
	at, err := c.columns(t, []string{"time", "recipient", "subject", "plain"},
		[]string{"masked", "alias", "value_version", "format_variant", "purpose"})
	if err != nil {
		return err
	}
	var k clock
	rows := 0
	c.b.expect(int(t.bytes / 80)) // a row is about as long
	return t.rows(at, func(cells [][]byte) error {
		if rows++; rows >= maxRows {
			return t.fail(msgTooMany)
		}
		v, err := c.view(t, &k, cells)
		if err != nil {
			return err
		}
		c.b.View(v)
		if len(cells[5]) > 0 {
			c.alias(cells[5], v.Recipient)
		}
		return nil
	})
}

func (c *caseReader) view(t *table, k *clock, cells [][]byte) (v View, err error) {
	if v.At, err = k.read(t, cells[0]); err != nil {
		return v, err
	}
	var ok bool
	if v.Recipient, ok = c.recipients[string(cells[1])]; !ok {
		return v, t.fail(msgRecipient)
	}
	if v.Subject, ok = c.subjects[string(cells[2])]; !ok {
		return v, t.fail(msgSubject)
	}
	if v.Plain, err = c.mask(t, cells[3]); err != nil {
		return v, err
	}
	if v.Masked, err = c.mask(t, cells[4]); err != nil {
		return v, err
	}
	n, err := t.small(cells[6], 0, 0, 63)
	if err != nil {
		return v, t.fail(msgVersion)
	}
	v.Version = uint16(n)
	if n, err = t.small(cells[7], -1, -1, 127); err != nil {
		return v, err
	}
	v.Variant = int8(n)
	v.Job = bytes.Equal(cells[8], []byte("export")) || bytes.Equal(cells[8], []byte("provide"))
	return v, nil
}

// alias remembers which recipient was given an alias address.
func (c *caseReader) alias(cell []byte, r Ref) {
	key := string(normalContact(cell))
	for _, known := range c.aliases[key] {
		if known == r {
			return
		}
	}
	c.aliases[key] = append(c.aliases[key], r)
}

func (c *caseReader) readComplaints(t *table) error {
	at, err := c.columns(t, []string{"time", "subject"},
		[]string{"channel", "contacted", "known", "known_company", "caller", "verified", "reporter"})
	if err != nil {
		return err
	}
	var k clock
	return t.rows(at, func(cells [][]byte) error {
		it, err := c.complaint(t, &k, cells)
		if err != nil {
			return err
		}
		c.items = append(c.items, it)
		return nil
	})
}

func (c *caseReader) complaint(t *table, k *clock, cells [][]byte) (it Item, err error) {
	if it.At, err = k.read(t, cells[0]); err != nil {
		return it, err
	}
	var ok bool
	if it.Subject, ok = c.subjects[string(cells[1])]; !ok {
		return it, t.fail(msgSubject)
	}
	if it.Known, err = c.mask(t, cells[4]); err != nil {
		return it, err
	}
	it.Contact = c.contact.phone
	if bytes.IndexByte(cells[3], '@') >= 0 || bytes.EqualFold(cells[2], []byte("email")) {
		it.Contact = c.contact.email
	}
	it.Known |= it.Contact
	it.AliasOf = c.aliases[string(normalContact(cells[3]))]
	if len(it.AliasOf) == 0 {
		it.Versions = c.values.consistent(it.Subject, cells[3], cells[5])
	}
	it.Caller, it.Reporter = string(normalContact(cells[6])), string(bytes.TrimSpace(cells[8]))
	if len(cells[7]) > 0 {
		yes, err := t.flag(cells[7])
		if err != nil {
			return it, err
		}
		it.Proof = Unverified
		if yes {
			it.Proof = Verified
		}
	}
	return it, nil
}
