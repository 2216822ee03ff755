package proof_test

// A second verifier, written from docs/format/ledger.md and docs/format/pack.md.
// It imports the standard library only and calls nothing of package proof.

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// second holds the first thing found wrong; the checks go on until somebody looks.
type second struct {
	err    error
	closed []entry // of logs that were closed
}

func (s *second) must(ok bool, what string) bool {
	if !ok && s.err == nil {
		s.err = errors.New(what)
	}
	return ok
}

func h(parts ...[]byte) []byte {
	sum := sha256.Sum256(slices.Concat(parts...))
	return sum[:]
}

func prf(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(slices.Concat(parts...))
	return m.Sum(nil)
}

func str(s string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...) }

func (s *second) base64(text string) []byte {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	s.must(err == nil && !strings.ContainsAny(text, "\r\n"), "base64")
	return b
}

func (s *second) hex(text string, n int) []byte {
	b, err := hex.DecodeString(text)
	if !s.must(err == nil && len(b) == n && strings.ToLower(text) == text, "hex") {
		return make([]byte, n)
	}
	return b
}

// jcs reads canonical JSON into a tree of maps: encoding a map sorts its names.
func (s *second) jcs(b []byte, names ...string) map[string]any {
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	s.must(d.Decode(&m) == nil, "JSON")
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	s.must(e.Encode(m) == nil, "JSON")
	// Only in these tests' packs: the two separators appear in values, never after
	// an escaped backslash of odd count.
	text := strings.TrimSuffix(out.String(), "\n")
	text = strings.ReplaceAll(text, `\\`, "\x00")
	text = strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(text)
	s.must(strings.ReplaceAll(text, "\x00", `\\`) == string(b), "JSON is not canonical")
	s.must(len(m) == len(names), "JSON members")
	for _, n := range names {
		s.must(m[n] != nil, "JSON member missing")
	}
	return m
}

func text(v any) string { t, _ := v.(string); return t }

func (s *second) number(v any) uint64 {
	n, _ := v.(json.Number)
	u, err := strconv.ParseUint(string(n), 10, 53)
	s.must(err == nil, "number")
	return u
}

type file struct {
	name string
	data []byte
}

// unzip reads with archive/zip, then writes the file the page describes.
func (s *second) unzip(b []byte) []file {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if !s.must(err == nil, "zip") {
		return nil
	}
	var files []file
	var out, dir bytes.Buffer
	le := func(w io.Writer, v ...any) {
		for _, x := range v {
			_ = binary.Write(w, binary.LittleEndian, x)
		}
	}
	for _, f := range z.File {
		r, err := f.Open()
		if !s.must(err == nil, "zip member") {
			return nil
		}
		data, err := io.ReadAll(r)
		s.must(err == nil, "zip member")
		files = append(files, file{f.Name, data})
		same := func(w io.Writer) {
			le(w, uint16(20), [8]byte{}, crc32.ChecksumIEEE(data), uint32(len(data)), uint32(len(data)), uint16(len(f.Name)))
		}
		le(&dir, []byte("PK\x01\x02"), uint16(20))
		same(&dir)
		le(&dir, [12]byte{}, uint32(out.Len()), []byte(f.Name))
		le(&out, []byte("PK\x03\x04"))
		same(&out)
		le(&out, uint16(0), []byte(f.Name), data)
	}
	offset := out.Len()
	out.Write(dir.Bytes())
	le(&out, []byte("PK\x05\x06"), uint32(0), uint16(len(files)), uint16(len(files)), uint32(dir.Len()), uint32(offset), uint16(0))
	s.must(bytes.Equal(out.Bytes(), b), "zip is not canonical")
	return files
}

// head is a checkpoint; keys is what pack.json names, the log first.
type head struct {
	origin string
	size   uint64
	root   []byte
	text   string
	sigs   map[string][]byte // "name+keyid" → signature
}

func (s *second) head(note string) head {
	body, sigs, ok := strings.Cut(note, "\n\n")
	l := strings.Split(body, "\n")
	if !s.must(ok && len(l) == 3 && strings.HasSuffix(sigs, "\n"), "checkpoint") {
		return head{}
	}
	c := head{origin: l[0], root: s.base64(l[2]), text: body + "\n", sigs: map[string][]byte{}}
	c.size = s.decimal(l[1])
	s.must(len(c.root) == 32, "root")
	for line := range strings.Lines(sigs) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if !s.must(len(f) == 3 && f[0] == "—", "signature line") {
			return c
		}
		raw := s.base64(f[2])
		if !s.must(len(raw) > 4, "signature") {
			return c
		}
		id := fmt.Sprintf("%s+%08x", f[1], raw[:4])
		s.must(c.sigs[id] == nil, "a key signs twice")
		c.sigs[id] = raw[4:]
	}
	return c
}

func (s *second) decimal(t string) uint64 {
	n, err := strconv.ParseUint(t, 10, 63)
	s.must(err == nil && strconv.FormatUint(n, 10) == t, "decimal")
	return n
}

// signed checks one vkey's line; the key's type is 1 for logs and 4 for witnesses.
func (s *second) signed(c head, vkey string, typ byte) bool {
	f := strings.SplitN(vkey, "+", 3)
	if !s.must(len(f) == 3, "vkey") {
		return false
	}
	raw := s.base64(f[2])
	if !s.must(len(raw) == 33 && raw[0] == typ && hex.EncodeToString(h([]byte(f[0]+"\n"), raw)[:4]) == f[1], "vkey") {
		return false
	}
	sig, ok := c.sigs[f[0]+"+"+f[1]]
	if !ok {
		return false
	}
	msg := c.text
	if typ == 4 && s.must(len(sig) == 72, "cosignature") {
		msg = fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), c.text)
		sig = sig[8:]
	}
	return s.must(len(sig) == 64 && ed25519.Verify(raw[1:], []byte(msg), sig), "signature")
}

func (s *second) signatures(c head, info map[string]any) {
	log := text(info["log"])
	for i := len(s.closed) - 1; i >= 0; i-- {
		if c.size <= s.closed[i].index {
			log = text(s.closed[i].extra["log"])
		}
	}
	origin, _, _ := strings.Cut(log, "+")
	s.must(c.origin == origin, "origin")
	s.must(s.signed(c, log, 1), "not signed by the log")
	known := 1
	for _, w := range info["witnesses"].([]any) {
		if s.signed(c, text(w), 4) {
			known++
		}
	}
	s.must(known == len(c.sigs), "a signature of a stranger")
}

// included is RFC 9162, section 2.1.3.2.
func included(size, index uint64, leaf []byte, path [][]byte, root []byte) bool {
	if index >= size {
		return false
	}
	fn, sn, r := index, size-1, h([]byte{0}, leaf)
	for _, p := range path {
		if sn == 0 {
			return false
		}
		if fn&1 == 1 || fn == sn {
			r = h([]byte{1}, p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = h([]byte{1}, r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	return sn == 0 && bytes.Equal(r, root)
}

// extends is RFC 9162, section 2.1.4.2.
func extends(first, second head, path [][]byte) bool {
	if first.size == 0 || first.size > second.size {
		return false
	}
	if first.size == second.size {
		return len(path) == 0 && bytes.Equal(first.root, second.root)
	}
	if bits.OnesCount64(first.size) == 1 {
		path = slices.Insert(slices.Clone(path), 0, first.root)
	}
	if len(path) == 0 {
		return false
	}
	fn, sn := first.size-1, second.size-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	fr, sr := path[0], path[0]
	for _, p := range path[1:] {
		if sn == 0 {
			return false
		}
		if fn&1 == 1 || fn == sn {
			fr, sr = h([]byte{1}, p, fr), h([]byte{1}, p, sr)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			sr = h([]byte{1}, sr, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	return sn == 0 && bytes.Equal(fr, first.root) && bytes.Equal(sr, second.root)
}

// entry is what a .tlog-proof member says.
type entry struct {
	index   uint64
	extra   map[string]any
	note    string
	leaf    []byte
	kind    byte
	request []byte
	time    uint64
	tag     []byte
	n       uint32
	root    []byte
	open    map[string]string
	twice   map[string]bool
}

func (s *second) entry(b []byte, names ...string) entry {
	top, note, ok := strings.Cut(string(b), "\n\n")
	l := strings.Split(top, "\n")
	if !s.must(ok && len(l) >= 3 && l[0] == "c2sp.org/tlog-proof@v1" && strings.HasPrefix(l[1], "extra ") && strings.HasPrefix(l[2], "index "), "tlog-proof") {
		return entry{}
	}
	raw := s.base64(l[1][6:])
	var peek map[string]any
	_ = json.Unmarshal(raw, &peek)
	for _, n := range []string{"evidence", "line", "persons", "sparse"} {
		if peek[n] != nil && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	e := entry{index: s.decimal(l[2][6:]), note: note, extra: s.jcs(raw, names...), open: map[string]string{}, twice: map[string]bool{}}
	var path [][]byte
	for _, line := range l[3:] {
		p := s.base64(line)
		s.must(len(p) == 32, "path")
		path = append(path, p)
	}
	e.leaf = s.base64(text(e.extra["leaf"]))
	c := s.head(note)
	s.must(included(c.size, e.index, e.leaf, path, c.root), "not in the log")
	if !s.must(len(e.leaf) >= 128 && e.leaf[0] == 1 && e.leaf[1] >= 1 && e.leaf[1] <= 35 && e.leaf[26] == 1 &&
		e.leaf[127] <= 48 && len(e.leaf) == 128+32*int(e.leaf[127]), "leaf") {
		return e
	}
	e.kind, e.request, e.time = e.leaf[1], e.leaf[2:18], binary.BigEndian.Uint64(e.leaf[18:])
	e.tag, e.n, e.root = e.leaf[27:59], binary.BigEndian.Uint32(e.leaf[59:]), e.leaf[63:95]
	s.fields(e)
	return e
}

func (s *second) fields(e entry) {
	list, ok := e.extra["fields"].([]any)
	s.must(ok, "fields")
	next := uint64(0)
	for _, f := range list {
		m, _ := f.(map[string]any)
		i := s.number(m["i"])
		if !s.must(len(m) == 4 && i >= next && i < uint64(e.leaf[127]), "field") {
			return
		}
		next = i + 1
		c := h([]byte{0x11}, s.hex(text(m["salt"]), 16), str(text(m["name"])), str(text(m["value"])))
		s.must(bytes.Equal(c, e.leaf[128+32*i:160+32*i]), "opening")
		name := text(m["name"])
		if _, twice := e.open[name]; twice {
			e.twice[name] = true
		}
		e.open[name] = text(m["value"])
	}
	for name := range e.twice {
		delete(e.open, name) // what is there twice says nothing
	}
}

// sparse checks presence (value set) or absence, and the lower bound of n.
func (s *second) sparse(e entry, key, value []byte) {
	b := s.base64(text(e.extra["sparse"]))
	if !s.must(len(b) >= 2, "sparse proof") {
		return
	}
	d, b := int(binary.BigEndian.Uint16(b)), b[2:]
	if !s.must(d <= 256 && (len(b) == 32*d || len(b) == 32*d+64), "sparse proof") {
		return
	}
	other := b[32*d:]
	node, persons := make([]byte, 32), uint32(0)
	switch {
	case value != nil:
		s.must(len(other) == 0, "presence with another key")
		node, persons = h([]byte{0}, key, value), 1
	case len(other) > 0:
		s.must(!bytes.Equal(other[:32], key), "absence of the key itself")
		for i := range d {
			s.must(bit(other, i) == bit(key, i), "another key elsewhere")
		}
		node, persons = h([]byte{0}, other), 1
	}
	for i := d - 1; i >= 0; i-- {
		sibling := b[32*i : 32*i+32]
		if !bytes.Equal(sibling, make([]byte, 32)) {
			persons++
		}
		if bit(key, i) == 0 {
			node = h([]byte{1}, node, sibling)
		} else {
			node = h([]byte{1}, sibling, node)
		}
	}
	s.must(bytes.Equal(node, e.root), "sparse root")
	s.must(persons <= e.n, "n")
}

func bit(k []byte, i int) byte { return k[i/8] << (i % 8) >> 7 }

// tree is the root of a sparse tree over (key, value) pairs, by its definition.
func tree(pairs [][2][]byte, depth int) []byte {
	switch len(pairs) {
	case 0:
		return make([]byte, 32)
	case 1:
		return h([]byte{0}, pairs[0][0], pairs[0][1])
	}
	var side [2][][2][]byte
	for _, p := range pairs {
		b := bit(p[0], depth)
		side[b] = append(side[b], p)
	}
	return h([]byte{1}, tree(side[0], depth+1), tree(side[1], depth+1))
}

// persons reads a list of persons.
func (s *second) persons(e entry) (pairs [][2][]byte) {
	b := s.base64(text(e.extra["persons"]))
	last := []byte{}
	for len(b) > 0 {
		if !s.must(len(b) >= 68+9, "persons") {
			return nil
		}
		n := uint64(binary.BigEndian.Uint32(b[64:]))
		if !s.must(n >= 9 && uint64(len(b)) >= 68+n, "persons") {
			return nil
		}
		line := b[68 : 68+n]
		s.must(line[0] <= 1 && uint64(binary.BigEndian.Uint32(line[5:])) == n-9 && utf8.Valid(line[9:]), "line of a person")
		if !s.must(bytes.Compare(last, b[:32]) < 0, "order of persons") {
			return nil
		}
		last = b[:32]
		pairs = append(pairs, [2][]byte{b[:32], h(b[32:64], line)})
		b = b[68+n:]
	}
	return pairs
}

// secondOpinion verifies a pack without a policy. It does not write the page.
func secondOpinion(b []byte) error {
	s := &second{}
	files := s.unzip(b)
	if !s.must(len(files) >= 5, "members") {
		return s.err
	}
	names := []string{"created", "entries", "format", "from", "kind", "log", "origin", "root_key", "until", "witnesses"}
	forms := map[string][][]string{
		"subject":    {{"record_key", "subject"}},
		"disclosure": {{"disclosure"}, {"disclosure", "subject"}, {"disclosure", "record_key", "subject"}},
		"recipient":  {{"recipient"}},
		"case":       {{"case"}, {"case", "record_key", "subject"}},
	}
	var peek map[string]any
	_ = json.Unmarshal(files[0].data, &peek)
	form := []string{}
	for n := range peek {
		if !slices.Contains(names, n) && n != "forgotten" && n != "outside" {
			form = append(form, n)
		}
	}
	slices.Sort(form)
	s.must(slices.ContainsFunc(forms[text(peek["kind"])], func(f []string) bool { return slices.Equal(f, form) }), "form of the kind")
	names = append(names, form...)
	if peek["forgotten"] != nil {
		names = append(names, "forgotten")
	}
	if peek["outside"] != nil {
		names = append(names, "outside")
	}
	info := s.jcs(files[0].data, names...)
	_, ok := info["witnesses"].([]any)
	if !s.must(ok && files[0].name == "pack.json", "witnesses") || s.err != nil {
		return s.err
	}
	s.pack(info, files)
	return s.err
}

// next takes the next file, which must have the name.
func (s *second) next(files *[]file, name string) []byte {
	if !s.must(len(*files) > 0 && (*files)[0].name == name, "member "+name) {
		return nil
	}
	b := (*files)[0].data
	*files = (*files)[1:]
	return b
}

func (s *second) pack(info map[string]any, files []file) {
	s.must(info["format"] == "goldbell-pack/1", "format")
	s.must(slices.Contains([]string{"file", "kms", "shared"}, text(info["root_key"])), "root key")
	from, until, _ := s.number(info["from"]), s.number(info["until"]), s.number(info["created"])
	s.must(from < until, "window")
	if info["forgotten"] != nil {
		s.must(s.number(info["forgotten"]) > 0, "forgotten")
	}
	origin, _, _ := strings.Cut(text(info["log"]), "+")
	s.must(origin == text(info["origin"]), "the log's name")
	keys := map[any]bool{}
	for _, w := range info["witnesses"].([]any) {
		s.must(!keys[w], "a witness twice")
		keys[w] = true
	}
	if info["outside"] != nil {
		list, ok := info["outside"].([]any)
		rest := info["witnesses"].([]any)
		s.must(ok && len(list) > 0, "outside witnesses")
		for _, x := range list {
			o, _ := x.(map[string]any)
			at := slices.Index(rest, o["vkey"])
			if !s.must(len(o) == 2 && text(o["organisation"]) != "" && len(text(o["organisation"])) <= 256 && at >= 0, "an outside witness") {
				return
			}
			rest = rest[at+1:]
		}
	}
	i := slices.IndexFunc(files, func(f file) bool { return f.name == "checkpoint" })
	if !s.must(i >= 0, "checkpoint") {
		return
	}
	checkpoint := string(files[i].data)
	c := s.head(checkpoint)
	s.signatures(c, info)
	rest := files[1:]
	var ks []byte
	before := int64(-1)
	if info["record_key"] != nil {
		ks = s.hex(text(info["record_key"]), 32)
		commitment := h([]byte{0x20}, ks, s.hex(text(info["subject"]), 16))
		e := s.entry(s.next(&rest, "enrolment.tlog-proof"), "fields", "leaf", "sparse")
		if s.err != nil {
			return
		}
		s.must(e.kind == 6 && e.note == checkpoint && e.extra["line"] == nil, "enrolment")
		s.sparse(e, commitment, h([]byte{0x21}, commitment))
		if info["kind"] == "subject" {
			before = int64(e.index)
		}
	}
	s.entries(info, &rest, checkpoint, ks, before)
	if s.err != nil {
		return
	}
	if len(rest) > 0 && rest[0].name == "attestation.tlog-proof" {
		e := s.entry(s.next(&rest, "attestation.tlog-proof"), "fields", "leaf")
		s.must(e.kind == 25 && e.note == checkpoint && e.open["attests"] == "scan" && e.open["actor"] != "" && s.decimal(e.open["scanned"]) <= e.index, "attestation")
	}
	s.closings(info, &rest, c, checkpoint)
	s.next(&rest, "checkpoint")
	s.earlier(info, &rest, c)
	s.next(&rest, "page.html")
	if s.must(len(rest) == 2 && rest[0].name == "manifest.json" && rest[1].name == "manifest.tlog-proof", "last members") {
		s.seal(info, files, c)
	}
}

// closings: each closed log's key names the next, over a tree that the pack continues.
func (s *second) closings(info map[string]any, rest *[]file, c head, checkpoint string) {
	var all []entry
	for i := 1; len(*rest) > 0 && (*rest)[0].name == fmt.Sprintf("closed/%06d.tlog-proof", i); i++ {
		e := s.entry(s.next(rest, (*rest)[0].name), "consistency", "fields", "leaf", "log")
		if !s.must(i <= 100 && e.kind == 24 && e.note == checkpoint && len(e.extra) == 4, "closed log") {
			return
		}
		all = append(all, e)
	}
	for i, e := range all {
		heir := text(info["log"])
		if i+1 < len(all) {
			heir = text(all[i+1].extra["log"])
			s.must(e.index < all[i+1].index, "order of closed logs")
		}
		log := text(e.extra["log"])
		for _, other := range all[i+1:] {
			s.must(log != text(other.extra["log"]), "a closed log twice")
		}
		s.must(log != text(info["log"]), "the log itself closed")
		origin, _, _ := strings.Cut(heir, "+")
		s.must(e.open["origin"] == origin && e.open["log-key"] == heir && s.decimal(e.open["missing-until"]) >= e.index, "the log that goes on")
		body, sigs, _ := strings.Cut(e.open["heir"], "\n\n")
		first, middle, _ := strings.Cut(body, "\n")
		end := strings.LastIndex(middle, "\n")
		if !s.must(first == "goldbell heir v1" && end > 0, "heir") {
			return
		}
		before := s.head(middle[:end] + "\n\n" + sigs)
		before.text = body + "\n"
		closed, _, _ := strings.Cut(log, "+")
		s.must(before.origin == closed && before.size == e.index && middle[end+1:] == heir, "heir")
		s.must(len(before.sigs) == 1 && s.signed(before, log, 1), "heir's signature")
		s.must(extends(before, c, slices.Collect(slices.Chunk(s.base64(text(e.extra["consistency"])), 32))), "heir's tree")
	}
	s.closed = all
}

func (s *second) earlier(info map[string]any, rest *[]file, c head) {
	last := uint64(0)
	for i := 1; len(*rest) > 0 && (*rest)[0].name == fmt.Sprintf("earlier/%06d.consistency", i); i++ {
		top, note, ok := strings.Cut(string(s.next(rest, (*rest)[0].name)), "\n\n")
		lines := strings.Split(top, "\n")
		s.must(ok && i <= 100 && lines[0] == "goldbell-consistency/1", "earlier")
		var path [][]byte
		for _, line := range lines[1:] {
			p := s.base64(line)
			s.must(len(p) == 32, "earlier")
			path = append(path, p)
		}
		old := s.head(note)
		s.signatures(old, info)
		s.must(old.size > last && old.size < c.size && extends(old, c, path), "earlier is consistent")
		last = old.size
	}
}

func (s *second) entries(info map[string]any, rest *[]file, checkpoint string, ks []byte, last int64) {
	clock, until, count, all := s.number(info["from"]), s.number(info["until"]), uint64(0), uint64(0)
	var list []entry
	for len(*rest) > 0 && (*rest)[0].name == fmt.Sprintf("entries/%06d.tlog-proof", all+1) {
		all++
		e := s.entry(s.next(rest, (*rest)[0].name), "fields", "leaf")
		if s.err != nil {
			return
		}
		s.must(e.note == checkpoint && int64(e.index) > last && e.time >= clock && e.time < until, "entry")
		last, clock = int64(e.index), e.time
		if s.shows(info, e, ks); s.err != nil {
			return
		}
		if e.extra["line"] != nil {
			count++
		}
		list = append(list, e)
	}
	for _, e := range list {
		s.about(info, e, list)
	}
	if info["kind"] != "subject" {
		count = all
	}
	if info["kind"] == "disclosure" {
		s.must(all == 1, "one entry")
	}
	s.must(count == s.number(info["entries"]), "count")
}

// about: the entry belongs into a pack of this kind.
func (s *second) about(info map[string]any, e entry, all []entry) {
	asked := e.kind == 2 || e.kind == 3 || e.kind == 10 || e.kind == 23
	s.must(e.extra["evidence"] == nil || info["kind"] == "case" && e.kind == 18, "evidence")
	switch info["kind"] {
	case "disclosure":
		s.must(asked && hex.EncodeToString(e.request) == info["disclosure"], "another request")
	case "recipient":
		r, _ := info["recipient"].(map[string]any)
		name := map[any]string{"person": "actor", "organisation": "org"}[r["kind"]]
		s.must(len(r) == 2 && name != "" && text(r["id"]) != "" && (asked || e.kind == 4) && e.open[name] == r["id"], "another recipient")
	case "case":
		id := text(info["case"])
		s.hex(id, 16)
		if e.kind == 18 && e.open["case"] != id {
			list, _ := e.extra["evidence"].([]any)
			var all []byte
			for i, x := range list {
				s.must(i == 0 || text(list[i-1]) < text(x), "order of the evidence")
				all = append(all, s.hex(text(x), 16)...)
			}
			s.must(slices.Contains(list, any(id)) && e.open["evidence"] == hex.EncodeToString(h(all)), "evidence")
		} else {
			s.must(e.open["case"] == id || e.extra["line"] != nil || slices.ContainsFunc(all, func(t entry) bool {
				if t.kind != 18 {
					return false
				}
				if e.kind == 34 {
					return e.open["run"] == hex.EncodeToString(t.request)
				}
				return slices.Contains(strings.Split(t.open["rests"], ","), strconv.FormatUint(e.index, 10))
			}), "another case")
		}
	}
}

// shows checks what the entry shows of persons, in the forms the kind has.
func (s *second) shows(info map[string]any, e entry, ks []byte) {
	keyed, sparse, persons := ks != nil, e.extra["sparse"] != nil, e.extra["persons"] != nil
	kind, named := info["kind"], info["subject"] != nil
	tagged := func(tag []byte, in bool) {
		if e.n == 1 {
			s.must(bytes.Equal(e.tag, tag) == in, "tag")
		} else {
			s.must(bytes.Equal(e.tag, make([]byte, 32)), "tag")
		}
	}
	switch {
	case sparse && !persons:
		s.must(keyed, "a proof without a key")
		if keyed {
			s.person(e, ks, tagged)
		}
	case e.extra["line"] != nil:
		s.must(false, "a line without a proof")
	case sparse:
		list := s.persons(e)
		if s.must(kind == "disclosure" && named && !keyed && len(list) == 1, "one person") {
			s.sparse(e, list[0][0], list[0][1])
			tagged(list[0][0], true)
		}
	case persons:
		list := s.persons(e)
		if s.must(len(list) > 0 && (kind == "recipient" || kind == "disclosure" && !named), "all persons") {
			s.must(uint64(e.n) == uint64(len(list)) && bytes.Equal(tree(list, 0), e.root), "persons")
			tagged(list[0][0], true)
		}
	default:
		s.must(kind == "recipient" || kind == "case" || kind == "disclosure" && !named, "nobody shown")
	}
}

func (s *second) person(e entry, ks []byte, tagged func([]byte, bool)) {
	tag := prf(ks, []byte{1}, e.request)
	line, present := e.extra["line"].(map[string]any)
	var value []byte
	if present {
		shown, ok := line["shown"].(bool)
		version := s.number(line["version"])
		s.must(len(line) == 3 && ok && version < 1<<32, "line")
		b := []byte{0}
		if shown {
			b[0] = 1
		}
		b = binary.BigEndian.AppendUint32(b, uint32(version))
		value = h(prf(ks, []byte{2}, e.request), b, str(text(line["rule"])))
	}
	s.sparse(e, tag, value)
	tagged(tag, present)
}

func (s *second) seal(info map[string]any, files []file, c head) {
	manifest, seal := files[len(files)-2].data, files[len(files)-1].data
	m := s.jcs(manifest, "format", "members")
	list, _ := m["members"].([]any)
	if !s.must(m["format"] == "goldbell-pack/1" && len(list) == len(files)-2, "manifest") {
		return
	}
	for i, x := range list {
		line, _ := x.(map[string]any)
		s.must(len(line) == 2 && line["name"] == files[i].name && line["sha256"] == hex.EncodeToString(h(files[i].data)), "manifest line")
	}
	e := s.entry(seal, "consistency", "fields", "leaf")
	later := s.head(e.note)
	s.signatures(later, info)
	s.must(e.kind == 19 && e.open["manifest"] == hex.EncodeToString(h(manifest)), "record of the manifest")
	path := slices.Collect(slices.Chunk(s.base64(text(e.extra["consistency"])), 32))
	s.must(e.index >= c.size && extends(c, later, path), "consistency")
}
