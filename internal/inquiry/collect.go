package inquiry

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"slices"
	"sync"

	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
)

// collection is the record as the engine reads it for one question.
type collection struct {
	*Record
	exposure *trace.Exposure
	contacts []decoy.Made
}

// Record is what questions have in common as long as nothing new was disclosed: who
// there is, and every recipient's record in sum. It is kept from question to
// question, so that a new complaint costs its own views and the weighing. Opened by
// [Record.SumUp], it is safe for concurrent use.
type Record struct {
	View     exposure.View
	Last     pii.Ordinal             // subjects are the ordinals 1…Last; the engine's numbers are one less
	Versions map[pii.Ordinal][]int64 // of those whose values changed: when each was stored
	Decoys   map[pii.Ordinal]bool
	Given    []pii.PersonID // who were given aliases, whether or not they were shown anything
	People   map[pii.PersonID]party.Person

	record  *trace.Exposure
	names   []pii.PersonID // by the engine's number
	numbers map[pii.PersonID]trace.Ref

	mu   sync.Mutex
	bits map[pii.Field]trace.Mask
	kept int
	read map[trace.Ref][]trace.View // whole records of those who came near a name
}

// mostKept bounds the views that are kept.
const mostKept = 4 << 20

// collect brings the index up to the ledger and reads what a question about some
// people needs.
func (q *Inquiry) collect(ctx context.Context, about []pii.Ordinal) (*collection, error) {
	if err := q.Exposure.Follow(ctx); err != nil {
		return nil, err
	}
	b := &Record{View: q.Exposure.View()}
	var err error
	if b.Last, err = q.Subjects.Highest(ctx); err != nil {
		return nil, err
	}
	if b.Versions, err = q.Subjects.Changed(ctx); err != nil {
		return nil, err
	}
	var contacts []decoy.Made
	if q.Decoys != nil {
		known, err := q.Decoys.Known(ctx)
		if err != nil {
			return nil, err
		}
		b.Decoys, b.Given, contacts = known.Decoys, known.Given, known.Contacts
	}
	if b.People, err = q.everybody(ctx); err != nil {
		return nil, err
	}
	if b, err = q.lasting(b); err != nil {
		return nil, err
	}
	return b.collection(about, contacts)
}

// lasting is the record that is kept, if it is the same.
func (q *Inquiry) lasting(b *Record) (*Record, error) {
	position := b.position()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kept != nil && q.position == position {
		return q.kept, nil
	}
	if err := b.SumUp(); err != nil {
		return nil, err
	}
	q.kept, q.position = b, position
	return b, nil
}

// collection adds the views of some people, and of the decoys that were contacted.
func (b *Record) collection(about []pii.Ordinal, contacts []decoy.Made) (*collection, error) {
	for _, made := range contacts {
		about = append(about, made.Ordinal)
	}
	views, err := b.about(about)
	if err != nil {
		return nil, err
	}
	return &collection{Record: b, exposure: b.record.With(views), contacts: contacts}, nil
}

// Rank asks the engine about complaints. Whoever shows its answer to a person has
// recorded the run before: [Inquiry.Ask] does.
func (b *Record) Rank(complaints []Complaint) (trace.Finding, error) {
	c, err := b.collection(ordinals(complaints), nil)
	if err != nil {
		return trace.Finding{}, err
	}
	evidence, err := c.evidence(complaints)
	if err != nil {
		return trace.Finding{}, err
	}
	return c.run(evidence)
}

func (q *Inquiry) everybody(ctx context.Context) (map[pii.PersonID]party.Person, error) {
	out := map[pii.PersonID]party.Person{}
	for after := pii.PersonID(""); ; {
		people, err := q.People.Persons(ctx, after, page)
		if err != nil || len(people) == 0 {
			return out, err
		}
		for _, p := range people {
			out[p.ID] = p
			after = p.ID
		}
	}
}

// position commits to what the engine would read, in 128 bits.
func (b *Record) position() string {
	h := fnv.New128a()
	number := func(n ...int64) {
		for _, v := range n {
			_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(v)))
		}
	}
	acts, last := b.View.Acts()
	number(int64(acts), int64(last), int64(b.Last), int64(len(b.Versions)), int64(len(b.Decoys)), int64(len(b.People)))
	for _, o := range sortedKeys(b.Versions) {
		number(int64(o))
		number(b.Versions[o]...)
	}
	for _, o := range sortedKeys(b.Decoys) {
		number(int64(o))
	}
	for _, id := range b.Given {
		_, _ = h.Write([]byte("given " + string(id) + "\n"))
	}
	for _, id := range sortedKeys(b.People) {
		p := b.People[id]
		_, _ = h.Write([]byte(string(id) + "|" + string(p.Kind) + "|" + string(p.Org) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sortedKeys[K pii.Ordinal | pii.PersonID, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// counts says which acts show something: a relayed call does not, so it lends its
// caller no support.
func counts(a *exposure.Act) bool {
	return a.Verb == pii.Read && (a.Form == pii.Plain || a.Form == pii.Masked)
}

func plainly(a *exposure.Act) bool { return a.Verb == pii.Read && a.Form == pii.Plain }

// SumUp makes everybody's record in sum.
func (b *Record) SumUp() error {
	b.bits, b.read, b.numbers = map[pii.Field]trace.Mask{}, map[trace.Ref][]trace.View{}, map[pii.PersonID]trace.Ref{}
	build := trace.NewBuilder()
	for o := pii.Ordinal(1); o <= b.Last; o++ {
		_, made := b.Decoys[o]
		build.Subject(trace.Subject{Segment: -1, Region: -1, Cohort: -1, Versions: b.Versions[o], Decoy: made})
	}
	outlines, kinds := b.View.Outlines(counts, plainly)
	plain := make([]trace.Mask, len(kinds))
	for i := range kinds {
		v, err := b.shows(&kinds[i])
		if err != nil {
			return err
		}
		plain[i] = v.Plain
	}
	for i := range outlines {
		o := &outlines[i]
		p := b.People[o.Recipient]
		ref, _ := build.Recipient(trace.Recipient{ID: string(o.Recipient), Kind: string(p.Kind), Team: string(p.Org)})
		b.names, b.numbers[o.Recipient] = append(b.names, o.Recipient), ref
		sum := &trace.Outline{Acts: make([]trace.Act, len(o.Looks)), Monthly: o.Monthly, People: o.People, Months: o.Months}
		for n, l := range o.Looks {
			sum.Acts[n] = trace.Act{At: l.Micros / 1e6, Plain: plain[l.Kind], People: int32(l.People)}
		}
		o.Looks = nil
		build.Outline(ref, sum)
	}
	for _, id := range b.Given {
		if _, ok := b.numbers[id]; !ok {
			p := b.People[id]
			ref, _ := build.Recipient(trace.Recipient{ID: string(id), Kind: string(p.Kind), Team: string(p.Org)})
			b.names, b.numbers[id] = append(b.names, id), ref
		}
	}
	build.FirstShown(b.View.First(b.Last, trace.NeverShown, plainly)[1:])
	var err error
	if b.record, err = build.Exposure(); err != nil {
		return fault.Wrap(fault.Internal, "internal", err)
	}
	return nil
}

// about reads the views of some people.
func (b *Record) about(who []pii.Ordinal) (views []trace.View, err error) {
	for _, o := range sorted(slices.Clone(who)) {
		if o == pii.Dummy || o > b.Last {
			continue // nobody's, or stored after the record was read
		}
		for _, p := range b.View.Saw(o) {
			if !counts(&p.Act) {
				continue
			}
			v, err := b.shows(&p.Act)
			if err != nil {
				return nil, err
			}
			views = append(views, b.shown(v, o, p.Version))
		}
	}
	return views, nil
}

// fetch reads the whole record of some recipients.
func (b *Record) fetch(who []trace.Ref) (views []trace.View, err error) {
	b.mu.Lock()
	names := map[pii.PersonID]bool{}
	for _, r := range who {
		if of, ok := b.read[r]; ok {
			views = append(views, of...)
		} else {
			names[b.names[r]] = true
		}
	}
	b.mu.Unlock()
	var last *exposure.Act
	var v trace.View
	var more []trace.View
	b.View.Of(names, func(a *exposure.Act, o pii.Ordinal, version pii.Version) {
		if !counts(a) || o > b.Last {
			return
		}
		if a != last {
			last = a
			var failed error
			if v, failed = b.shows(a); failed != nil {
				err = failed
			}
		}
		more = append(more, b.shown(v, o, version))
	})
	b.keep(more)
	return append(views, more...), err
}

// keep remembers whole records, within bounds.
func (b *Record) keep(views []trace.View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept += len(views); b.kept > mostKept {
		b.kept, b.read = 0, map[trace.Ref][]trace.View{}
		return
	}
	fresh := map[trace.Ref]bool{}
	for _, v := range views {
		if _, ok := b.read[v.Recipient]; !ok || fresh[v.Recipient] {
			fresh[v.Recipient] = true
			b.read[v.Recipient] = append(b.read[v.Recipient], v)
		}
	}
}

// shows is what an act shows, as the engine has it.
func (b *Record) shows(a *exposure.Act) (v trace.View, err error) {
	fields, err := b.mask(a.Fields)
	v = trace.View{At: a.At.Unix(), Variant: -1, Recipient: b.numbers[a.Recipient]}
	if a.Form == pii.Plain {
		v.Plain = fields
	} else {
		v.Masked = fields
	}
	return v, err
}

func (b *Record) shown(v trace.View, o pii.Ordinal, version pii.Version) trace.View {
	v.Subject = trace.Ref(o - 1)
	v.Version = uint16(max(version, 1) - 1) // the engine counts from 0
	return v
}

const mostFields = 32

func (b *Record) mask(fields []pii.Field) (m trace.Mask, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range fields {
		bit, ok := b.bits[f]
		if !ok {
			if len(b.bits) == mostFields {
				return 0, fault.New(fault.Internal, "internal", "fields")
			}
			bit = 1 << len(b.bits)
			b.bits[f] = bit
		}
		m |= bit
	}
	return m, nil
}

// run asks the engine.
func (c *collection) run(e trace.Evidence) (trace.Finding, error) {
	finding, err := trace.RunWith(c.exposure, e, trace.Defaults(), c.fetch)
	if err != nil {
		return finding, fault.Wrap(fault.Internal, "internal", err)
	}
	return finding, nil
}
