package trace

import (
	"bytes"
	"hash/fnv"
	"slices"
	"unicode"
)

// valueBook holds the versions of every subject's values while a case is read:
// hashes of the normalised texts, and the company texts where found files need
// their spelling compared. It is dropped when the case is read.
type valueBook struct {
	keepTexts bool
	rows      []valueRow
	first     []int32 // subject → its first row, after close
	byContact map[uint64]int32
	byName    map[uint64]int32
}

type valueRow struct {
	subject                     Ref
	version                     uint16
	from                        int64
	line                        int32
	phone, email, name, company uint64
	spelling                    []byte
}

func (c *caseReader) readValues(t *table) error {
	at, err := c.columns(t, []string{"subject", "version"}, []string{"valid_from", "phone", "name", "email", "company"})
	if err != nil {
		return err
	}
	var k clock
	b := &c.values
	err = t.rows(at, func(cells [][]byte) error {
		s, ok := c.subjects[string(cells[0])]
		if !ok {
			return t.fail(msgSubject)
		}
		n, err := t.small(cells[1], 0, 0, 63)
		if err != nil {
			return t.fail(msgVersion)
		}
		row := valueRow{subject: s, version: uint16(n), line: int32(t.line), phone: hashContact(cells[3]), email: hashContact(cells[5]),
			name: hashText(cells[4]), company: hashCompany(cells[6])}
		if len(cells[2]) > 0 {
			if row.from, err = k.read(t, cells[2]); err != nil {
				return err
			}
		}
		if b.keepTexts {
			row.spelling = bytes.Clone(cells[6])
		}
		b.rows = append(b.rows, row)
		return nil
	})
	if err != nil {
		return err
	}
	if twice := b.close(len(c.b.x.subjects)); twice > 0 {
		t.line = twice
		return t.fail(msgDuplicate)
	}
	for i := range c.b.x.subjects {
		if rows := b.of(Ref(i)); len(rows) > 1 {
			c.b.x.subjects[i].Versions = validity(rows)
		}
	}
	return nil
}

// close orders the rows; when a version occurs twice it returns the later line.
func (b *valueBook) close(subjects int) (twice int) {
	slices.SortFunc(b.rows, func(a, c valueRow) int {
		if a.subject != c.subject {
			return int(a.subject) - int(c.subject)
		}
		return int(a.version) - int(c.version)
	})
	b.first = make([]int32, subjects+1)
	for i, r := range b.rows {
		if i > 0 && b.rows[i-1].subject == r.subject && b.rows[i-1].version == r.version {
			return int(max(r.line, b.rows[i-1].line))
		}
		b.first[r.subject+1]++
	}
	for s := range subjects {
		b.first[s+1] += b.first[s]
	}
	return 0
}

func (b *valueBook) of(s Ref) []valueRow {
	if b.first == nil {
		return nil
	}
	return b.rows[b.first[s]:b.first[s+1]]
}

// validity lists when each version began; a number that was never used begins
// with the next one, so that it is never current.
func validity(rows []valueRow) []int64 {
	from := make([]int64, rows[len(rows)-1].version+1)
	next := len(rows) - 1
	for v := len(from) - 1; v >= 0; v-- {
		if next > 0 && int(rows[next-1].version) >= v {
			next--
		}
		from[v] = rows[next].from
	}
	return from
}

// consistent is the set of versions that agree with the contacted address and
// with the company text a caller used. 0 means that nothing can be said.
func (b *valueBook) consistent(s Ref, contacted, company []byte) uint64 {
	contact, firm := hashContact(contacted), hashCompany(company)
	var any, byContact, byFirm uint64
	for _, r := range b.of(s) {
		bit := uint64(1) << r.version
		any |= bit
		if contact != 0 && (r.phone == contact || r.email == contact) {
			byContact |= bit
		}
		if firm != 0 && r.company == firm {
			byFirm |= bit
		}
	}
	set := any
	if byContact != 0 {
		set &= byContact
	}
	if byFirm != 0 && set&byFirm != 0 {
		set &= byFirm
	}
	if set == any {
		return 0
	}
	return set
}

// normalContact reduces a phone number to its last ten digits, and an e-mail
// address to lower case.
func normalContact(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if bytes.IndexByte(cell, '@') >= 0 {
		return bytes.ToLower(cell)
	}
	digits := make([]byte, 0, len(cell))
	for _, r := range string(cell) {
		if r >= '０' && r <= '９' {
			r = r - '０' + '0'
		}
		if r >= '0' && r <= '9' {
			digits = append(digits, byte(r))
		}
	}
	if len(digits) > 10 {
		digits = digits[len(digits)-10:]
	}
	return digits
}

func hashContact(cell []byte) uint64 {
	n := normalContact(cell)
	if len(n) < 5 {
		return 0
	}
	return hashBytes(n)
}

func hashText(cell []byte) uint64 { return hashBytes(plainLetters(cell)) }

func hashBytes(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write(b)
	return h.Sum64() | 1
}

// plainLetters keeps letters and digits, lower case.
func plainLetters(cell []byte) []byte {
	out := make([]byte, 0, len(cell))
	for _, r := range string(cell) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, string(unicode.ToLower(r))...)
		}
	}
	return out
}

// legalForms are the endings under which one company is written differently.
var legalForms = [][]byte{[]byte("股份有限公司"), []byte("有限责任公司"), []byte("有限公司"), []byte("公司"),
	[]byte("limitedsirketi"), []byte("limited"), []byte("company"), []byte("gmbh"), []byte("corp"), []byte("inc"), []byte("llc"),
	[]byte("şti"), []byte("sti"), []byte("ltd"), []byte("co"), []byte("aş")}

func hashCompany(cell []byte) uint64 {
	n := plainLetters(cell)
	for again := true; again; {
		again = false
		for _, f := range legalForms {
			if len(n) > len(f)+1 && bytes.HasSuffix(n, f) {
				n, again = n[:len(n)-len(f)], true
			}
		}
	}
	return hashBytes(n)
}
