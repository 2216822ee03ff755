package trace

import (
	"bytes"
	"slices"
	"strings"
)

// readFound matches the rows of a found file against the values: a row that
// carries one of our numbers or addresses, or a name and company together, is a
// piece of evidence. Rows that do not match are counted and forgotten.
func (c *caseReader) readFound(number int, f foundFile) error {
	return c.open(f.name, func(t *table) error {
		t.loose = true
		names, err := t.header()
		if err != nil {
			return err
		}
		kinds := make([]Mask, len(names))
		known := Mask(0)
		for i, n := range names {
			kinds[i] = c.headerKind(n)
			known |= kinds[i]
		}
		if known == 0 {
			return t.fail(msgHeader)
		}
		c.values.index()
		total, ours := 0, len(c.items)
		seen := map[Ref]bool{}
		err = t.rows(allColumns(len(names)), func(cells [][]byte) error {
			total++
			it, ok := c.foundRow(cells, kinds)
			if !ok || seen[it.Subject] {
				return nil
			}
			seen[it.Subject] = true
			it.File, it.At = number, f.at
			c.items = append(c.items, it)
			return nil
		})
		c.notes = append(c.notes, f.name+": "+plural(total, "row", "rows")+", of which "+
			plural(len(c.items)-ours, "person", "different persons")+" are in the records")
		return err
	})
}

func allColumns(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	return at
}

// headerKind recognises a column of a found file by its title.
func (c *caseReader) headerKind(title string) Mask {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(title, w) })
	}
	switch {
	case has("mail", "邮箱", "邮件"):
		return c.contact.email
	case has("phone", "tel", "mobile", "cell", "gsm", "手机", "电话", "联系方式"):
		return c.contact.phone
	case has("company", "firm", "firma", "organi", "公司", "企业", "单位"):
		return c.contact.company
	case has("name", "contact", "isim", "姓名", "名字", "联系人"):
		return c.contact.name
	}
	return 0
}

// index prepares the look-ups by contact and by name with company.
func (b *valueBook) index() {
	if b.byContact != nil {
		return
	}
	b.byContact = make(map[uint64]int32, 2*len(b.rows))
	b.byName = make(map[uint64]int32)
	for _, r := range b.rows {
		b.put(b.byContact, r.phone, r.subject)
		b.put(b.byContact, r.email, r.subject)
		if r.name != 0 && r.company != 0 {
			b.put(b.byName, r.name*31+r.company, r.subject)
		}
	}
}

// put remembers whose a value is; -1 when it is more than one person's.
func (b *valueBook) put(m map[uint64]int32, key uint64, s Ref) {
	if key == 0 {
		return
	}
	if old, ok := m[key]; ok && old != int32(s) {
		s = -1
	}
	m[key] = int32(s)
}

func (c *caseReader) foundRow(cells [][]byte, kinds []Mask) (it Item, ok bool) {
	var phone, email, name, company []byte
	for i, k := range kinds {
		if len(bytes.TrimSpace(cells[i])) == 0 {
			continue
		}
		switch k {
		case c.contact.phone:
			phone = cells[i]
		case c.contact.email:
			email = cells[i]
		case c.contact.name:
			name = cells[i]
		case c.contact.company:
			company = cells[i]
		}
	}
	s, found := c.values.lookup(phone, email, name, company)
	if !found {
		return it, false
	}
	it.Subject = s
	c.matchVersions(&it, phone, email, name, company)
	return it, it.Known != 0
}

func (b *valueBook) lookup(phone, email, name, company []byte) (Ref, bool) {
	for _, cell := range [][]byte{phone, email} {
		if s, ok := b.byContact[hashContact(cell)]; ok && s >= 0 {
			return Ref(s), true
		}
	}
	n, f := hashText(name), hashCompany(company)
	if n == 0 || f == 0 {
		return 0, false
	}
	s, ok := b.byName[n*31+f]
	return Ref(s), ok && s >= 0
}

// matchVersions notes which fields of the row are ours, and which versions of
// the subject's values they agree with.
func (c *caseReader) matchVersions(it *Item, phone, email, name, company []byte) {
	p, e, n, f := hashContact(phone), hashContact(email), hashText(name), hashCompany(company)
	rows := c.values.of(it.Subject)
	best, any := 0, uint64(0)
	for _, r := range rows {
		var m Mask
		score := 0
		for _, x := range []struct {
			hit bool
			bit Mask
		}{{p != 0 && r.phone == p, c.contact.phone}, {e != 0 && r.email == e, c.contact.email},
			{n != 0 && r.name == n, c.contact.name}, {f != 0 && r.company == f, c.contact.company}} {
			if x.hit {
				m |= x.bit
				score++
			}
		}
		bit := uint64(1) << r.version
		any |= bit
		if score > best {
			best, it.Versions = score, 0
			it.Known = 0
		}
		if score == best && score > 0 {
			it.Versions |= bit
			it.Known |= m
			if m.Has(c.contact.company) {
				it.Mark = spelling(r.spelling, company)
			}
		}
	}
	if it.Versions == any {
		it.Versions = 0
	}
}

// spelling says in which of four ways a company's name is written, compared
// with how it is stored: as stored, with a full stop, in capitals, with a longer
// legal form. 0 means another way.
func spelling(stored, found []byte) uint8 {
	stored, found = bytes.TrimSpace(stored), bytes.TrimSpace(found)
	switch {
	case bytes.Equal(stored, found):
		return 1
	case bytes.Equal(append(bytes.Clone(stored), '.'), found):
		return 2
	case len(stored) == len(found) && bytes.EqualFold(stored, found):
		return 3
	case bytes.HasPrefix(found, stored):
		return 4
	}
	return 0
}
