package proof

import (
	"slices"
	"time"
)

// Fact is what the log says in one entry, as far as the pack opens it.
type Fact struct {
	Index    uint64
	Time     time.Time // as the ledger wrote it
	Kind     Kind
	Request  ID
	Subjects uint32 // how many persons the entry is about
	Line     *Line  // what it says of the pack's person; nil: she is not in it
	Fields   []Field
	Hidden   int // fields committed to and not opened

	Opened         bool // all persons are, so that Subjects was checked
	Shown, Refused int  // of the persons opened
}

// Field is the value of the first opened field of that name.
func (f Fact) Field(name string) string {
	for _, x := range f.Fields {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}

// Witnessed says that a witness of the policy signed a checkpoint, and when.
type Witnessed struct {
	Name    string // in the policy
	Outside string // the organisation that runs it, by the policy; empty: the policy does not say
	Time    time.Time
}

// Seen is when the first signature of a witness over an entry was made.
type Seen struct {
	Entry  uint64
	At     time.Time // of the entry, by the ledger's clock
	Signed time.Time // by the witness's clock; zero: nobody signed
}

// Attested is an auditor's word.
type Attested struct {
	Index   uint64
	Who     string
	At      time.Time
	Scanned uint64 // entries from the first
}

// Report is what a pack that verifies shows.
type Report struct {
	Info     Info
	Size     uint64 // of the checkpoint the entries are proven under
	Enrolled *Fact  // nil: the pack has no record key
	Entries  []Fact
	Attested *Attested
	Sealed   Fact // the making of the pack
	SealedAt uint64
	ByIndex  int      // entries, as many as the operator's index gives
	Kept     []uint64 // sizes of the reader's checkpoints, which the log continues
	Closed   []ClosedLog

	// LogChecked says that a policy was given, that it lists the log, and that its
	// quorum is met. Without it nobody has said whose log this is.
	LogChecked bool
	// Listed is the origin of the log that the policy lists: the pack's, or one that
	// was closed and that the pack's continues.
	Listed string
	// Witnesses of the policy that signed a checkpoint which covers the entries.
	Witnesses []Witnessed
	// SealWitnessed says that the quorum also covers the entry that records the
	// pack itself.
	SealWitnessed bool
	// Oldest and Newest entry, and when a witness of the policy first signed over
	// them. Both are zero if the pack has no entry.
	Oldest, Newest Seen

	keys []witnessKey // of pack.json, for the page
	seen []Witnessed
}

type witnessKey struct {
	name    string
	outside string
	key     Key
}

// outsiders are the keys that another organisation holds; all, if nobody says so of any.
func outsiders(keys []witnessKey) []witnessKey {
	var out []witnessKey
	for _, k := range keys {
		if k.outside != "" {
			out = append(out, k)
		}
	}
	if out == nil {
		return keys
	}
	return out
}

// report is what the pack shows before its seal and without a policy.
func (p *Pack) report(head Checkpoint) Report {
	r := Report{Info: p.Info, Size: head.Size, ByIndex: p.counted(), Closed: p.closedLogs()}
	if p.Enrolment != nil {
		f := fact(p.Enrolment)
		r.Enrolled = &f
	}
	for i := range p.Entries {
		r.Entries = append(r.Entries, fact(&p.Entries[i]))
	}
	if p.Attestation != nil {
		f := fact(p.Attestation)
		n, _ := parseNumber(scanned(p.Attestation))
		r.Attested = &Attested{f.Index, f.Field("actor"), f.Time, n}
	}
	for _, w := range p.Info.Witnesses {
		if k, err := ParseWitnessKey(w); err == nil {
			of := slices.IndexFunc(p.Info.Outside, func(o Outside) bool { return o.VKey == w })
			run := ""
			if of >= 0 {
				run = p.Info.Outside[of].Organisation
			}
			r.keys = append(r.keys, witnessKey{k.Name, run, k})
		}
	}
	return r
}

func (r *Report) sealed(p *Pack, later Checkpoint) {
	r.SealedAt = later.Size
	r.Sealed = fact(&Entry{Index: p.Sealed.Index, Leaf: p.Sealed.Leaf, Fields: p.Sealed.Fields})
}

// fact reads an entry that was checked.
func fact(e *Entry) Fact {
	leaf, _ := DecodeLeaf(e.Leaf)
	f := Fact{
		Index: e.Index, Time: micros(leaf.Micros), Kind: leaf.Kind, Request: leaf.Request,
		Subjects: leaf.Subjects, Line: e.Line, Hidden: len(leaf.Commitments) - len(e.Fields),
	}
	f.Opened = e.Sparse == nil && (e.Persons != nil || leaf.Subjects == 0)
	for _, x := range e.Persons {
		if x.Line.Shown {
			f.Shown++
		} else {
			f.Refused++
		}
	}
	for _, o := range e.Fields {
		f.Fields = append(f.Fields, Field{o.Name, o.Value})
	}
	return f
}

// apply asks the policy about the log and its witnesses. heads are a chain: the
// earlier checkpoints, the pack's and the seal's. A witness that signed the last
// has seen the one before it too: it is a prefix.
func (r *Report) apply(policy *Policy, logs []string, heads []Checkpoint) error {
	listed, err := policy.trusts(logs)
	if err != nil {
		return err
	}
	r.Listed = listed
	keys := make([]witnessKey, len(policy.Witnesses))
	for i, w := range policy.Witnesses {
		keys[i] = witnessKey{w.Name, w.Outside, w.Key}
	}
	head, later := heads[len(heads)-2], heads[len(heads)-1]
	entries, seal := map[string]bool{}, map[string]bool{}
	for _, w := range keys {
		for i, h := range heads[:len(heads)-2] {
			if _, _, err := h.Cosigned(w.key); err != nil {
				return at(earlierMember(i), err)
			}
		}
		first, onHead, err := head.Cosigned(w.key)
		if err != nil {
			return at(headMember, err)
		}
		second, onSeal, err := later.Cosigned(w.key)
		if err != nil {
			return at(sealMember, err)
		}
		if !onHead {
			first = second
		}
		if onHead || onSeal {
			r.Witnesses = append(r.Witnesses, Witnessed{w.name, w.outside, first})
			entries[w.name], seal[w.name] = true, onSeal
		}
	}
	if !policy.Met(entries) {
		need := policy.need(entries)
		return &Failure{headMember, "policy-unmet", &need}
	}
	r.LogChecked, r.SealWitnessed = true, len(r.Witnesses) > 0 && policy.Met(seal)
	r.firstSigned(heads, outsiders(keys))
	return nil
}

// firstSigned finds when any of the keys first signed over the oldest and the newest
// entry. A signature that does not verify is none here; who asks for it is told by
// the check of the head it stands on.
func (r *Report) firstSigned(heads []Checkpoint, keys []witnessKey) {
	if len(r.Entries) == 0 {
		return
	}
	over := func(f Fact) Seen {
		s := Seen{Entry: f.Index, At: f.Time}
		for _, h := range heads {
			if h.Size <= f.Index {
				continue
			}
			for _, k := range keys {
				if t, ok, err := h.Cosigned(k.key); err == nil && ok && (s.Signed.IsZero() || t.Before(s.Signed)) {
					s.Signed = t
				}
			}
		}
		return s
	}
	r.Oldest, r.Newest = over(r.Entries[0]), over(r.Entries[len(r.Entries)-1])
}
