package pgwire

import (
	"bytes"
	"encoding/binary"
	"sort"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// finder looks values of one column up. It is called at most once for each column
// of a statement or a binding.
type finder func(at place, values []pii.Value) ([][]string, error)

// render puts placeholders in place of constants and returns the text to send. With
// parameters false (a simple query) conditions with parameters stay as they are.
func (p *plan) render(sql string, parameters bool, find finder) (string, error) {
	swaps := make([]swap, 0, len(p.swaps))
	for _, s := range p.swaps {
		if parameters || !s.hasParam() {
			swaps = append(swaps, s)
		}
	}
	found, err := lookUp(swaps, find)
	if err != nil {
		return "", err
	}
	sort.Slice(swaps, func(i, j int) bool { return swaps[i].from < swaps[j].from })
	var b strings.Builder
	at := 0
	for _, s := range swaps {
		if s.from < at { // two conditions share a name: leave the second
			continue
		}
		b.WriteString(sql[at:s.from])
		b.WriteString(s.lead)
		for i, o := range s.with {
			if i > 0 {
				b.WriteString(" || ")
			}
			if o.param > 0 {
				b.WriteString("$" + strconv.Itoa(o.as) + "::text[]")
				continue
			}
			var of []string
			for _, v := range o.values {
				of = append(of, found[s.place][v]...)
			}
			b.WriteString(constant(asArray(of)) + "::text[]")
		}
		b.WriteByte(')')
		at = s.to
	}
	b.WriteString(sql[at:])
	return b.String(), nil
}

func (s swap) hasParam() bool {
	for _, o := range s.with {
		if o.param > 0 {
			return true
		}
	}
	return false
}

// lookUp finds the placeholders of all constants, column by column.
func lookUp(swaps []swap, find finder) (map[place]map[string][]string, error) {
	found := map[place]map[string][]string{}
	for _, s := range swaps {
		key := s.place
		if found[key] != nil {
			continue
		}
		found[key] = map[string][]string{}
		var distinct []string
		for _, other := range swaps {
			if other.place != s.place {
				continue
			}
			for _, o := range other.with {
				for _, v := range o.values {
					if _, twice := found[key][v]; !twice {
						found[key][v] = nil
						distinct = append(distinct, v)
					}
				}
			}
		}
		if err := findAll(s.place, distinct, found[key], find); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func findAll(at place, values []string, into map[string][]string, find finder) error {
	if len(values) == 0 {
		return nil
	}
	asked := make([]pii.Value, len(values))
	for i, v := range values {
		asked[i] = pii.NewValue(v)
	}
	answers, err := find(at, asked)
	if err != nil {
		return err
	}
	for i, v := range values {
		into[v] = answers[i]
	}
	return nil
}

// parse is a Parse message.
type parse struct {
	name, sql string
	types     []uint32
}

func readParse(body []byte) (m parse, ok bool) {
	if m.name, body, ok = text(body); !ok {
		return m, false
	}
	if m.sql, body, ok = text(body); !ok || len(body) < 2 {
		return m, false
	}
	n := int(binary.BigEndian.Uint16(body))
	if body = body[2:]; len(body) != 4*n {
		return m, false
	}
	for i := range n {
		m.types = append(m.types, binary.BigEndian.Uint32(body[4*i:]))
	}
	return m, true
}

func (m parse) bytes() []byte {
	types := binary.BigEndian.AppendUint16(nil, uint16(len(m.types)))
	for _, t := range m.types {
		types = binary.BigEndian.AppendUint32(types, t)
	}
	return message('P', cstring(m.name), cstring(m.sql), types)
}

// fits reports whether the parameters that are swapped are declared as text.
func (p *plan) fits(types []uint32) bool {
	for _, u := range append(p.own[:len(p.own):len(p.own)], p.extra...) {
		if u.param > len(types) {
			continue
		}
		if t := types[u.param-1]; u.array && !isTextArray(t) || !u.array && !isText(t) {
			return false
		}
	}
	return true
}

// declare changes the declared types of parameters that are sent as arrays, and
// remembers what the client declared.
func (p *plan) declare(types []uint32) []uint32 {
	for i, u := range p.own {
		if !u.array && u.param <= len(types) {
			p.own[i].declared = types[u.param-1]
			types[u.param-1] = oidTextArray
		}
	}
	return types
}

// describe puts the client's view of the parameters into a ParameterDescription.
func (p *plan) describe(frame []byte) []byte {
	body := frame[header:]
	if len(body) < 2 || len(body) != 2+4*int(binary.BigEndian.Uint16(body)) {
		return frame
	}
	n := min(p.params, (len(body)-2)/4)
	out := binary.BigEndian.AppendUint16(nil, uint16(n))
	out = append(out, body[2:2+4*n]...)
	for _, u := range p.own {
		if !u.array && u.param <= n {
			oid := u.declared
			if oid == 0 {
				oid = oidText
			}
			binary.BigEndian.PutUint32(out[2+4*(u.param-1):], oid)
		}
	}
	return message('t', out)
}

// bind is a Bind message.
type bind struct {
	portal, statement string
	formats           []uint16
	values            [][]byte // nil: NULL
	results           []byte   // the result formats, as they stand
}

func readBind(body []byte) (m bind, ok bool) {
	if m.portal, body, ok = text(body); !ok {
		return m, false
	}
	if m.statement, body, ok = text(body); !ok || len(body) < 2 {
		return m, false
	}
	n := int(binary.BigEndian.Uint16(body))
	if body = body[2:]; len(body) < 2*n+2 {
		return m, false
	}
	for i := range n {
		m.formats = append(m.formats, binary.BigEndian.Uint16(body[2*i:]))
	}
	body = body[2*n:]
	n = int(binary.BigEndian.Uint16(body))
	body = body[2:]
	for range n {
		if len(body) < 4 {
			return m, false
		}
		size := int32(binary.BigEndian.Uint32(body))
		body = body[4:]
		if size == -1 {
			m.values = append(m.values, nil)
			continue
		}
		if size < 0 || int(size) > len(body) {
			return m, false
		}
		m.values = append(m.values, body[:size:size])
		body = body[size:]
	}
	m.results = body
	return m, len(body) >= 2
}

// format of the i-th parameter: 0 text, 1 binary.
func (m bind) format(i int) uint16 {
	switch {
	case len(m.formats) == 1:
		return m.formats[0]
	case i < len(m.formats):
		return m.formats[i]
	}
	return 0
}

func (m bind) bytes() []byte {
	var b bytes.Buffer
	b.Write(cstring(m.portal))
	b.Write(cstring(m.statement))
	b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(m.formats))))
	for _, f := range m.formats {
		b.Write(binary.BigEndian.AppendUint16(nil, f))
	}
	b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(m.values))))
	for _, v := range m.values {
		if v == nil {
			b.Write([]byte{255, 255, 255, 255})
			continue
		}
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(v))))
		b.Write(v)
	}
	b.Write(m.results)
	return message('B', b.Bytes())
}

// rebind puts arrays of placeholders in place of the values that are swapped.
func (p *plan) rebind(m bind, find finder) (bind, error) {
	if len(m.values) != p.params || len(m.formats) > 1 && len(m.formats) != len(m.values) {
		return m, nil // the database refuses it
	}
	formats := make([]uint16, 0, len(m.values)+len(p.extra))
	for i := range m.values {
		formats = append(formats, m.format(i))
	}
	given := append([][]byte(nil), m.values...)
	byColumn := map[place]map[string][]string{}
	arrays := map[int][]byte{}
	for _, u := range append(p.own[:len(p.own):len(p.own)], p.extra...) {
		values, ok := u.values(given[u.param-1], formats[u.param-1])
		if !ok {
			continue // NULL, or nothing we can read: it stays NULL and finds nothing
		}
		key := u.place
		if byColumn[key] == nil {
			byColumn[key] = map[string][]string{}
		}
		var fresh []string
		for _, v := range values {
			if _, known := byColumn[key][v]; !known {
				byColumn[key][v] = nil
				fresh = append(fresh, v)
			}
		}
		if err := findAll(u.place, fresh, byColumn[key], find); err != nil {
			return m, err
		}
		var of []string
		for _, v := range values {
			of = append(of, byColumn[key][v]...)
		}
		arrays[u.as] = []byte(asArray(of))
	}
	for _, u := range p.own {
		m.values[u.param-1], formats[u.param-1] = arrays[u.as], 0
	}
	for _, u := range p.extra {
		m.values, formats = append(m.values, arrays[u.as]), append(formats, 0)
	}
	m.formats = formats
	return m, nil
}

// values reads what was bound.
func (u use) values(b []byte, format uint16) ([]string, bool) {
	switch {
	case b == nil:
		return nil, false
	case !u.array:
		return []string{string(b)}, true
	case format == 1:
		return arrayBinary(b)
	}
	return arrayText(string(b))
}
