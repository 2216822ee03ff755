package proof

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzPack: a file that is read as a pack is the one file of that pack.
func FuzzPack(f *testing.F) {
	for _, w := range kinds(f) {
		f.Add(w.write())
	}
	empty := newWorld(f)
	empty.pack.Entries, empty.pack.Info.Entries, empty.sealWitnesses = nil, 0, nil
	f.Add(empty.write())
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := read(file)
		if err != nil {
			return
		}
		members := append(p.body(), member{manifestMember, p.manifest()}, member{sealMember, p.Sealed.encode()})
		if !bytes.Equal(encodeZip(members), file) {
			t.Fatal("a pack was read from a file that is not its own")
		}
		_, _ = Verify(p, nil)
	})
}

// FuzzParsePack hands fuzzed members past the zip's checksums.
func FuzzParsePack(f *testing.F) {
	var packs [][]member
	all := kinds(f)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		members, err := decodeZip(all[name].write())
		if err != nil {
			f.Fatal(err)
		}
		for i := range members {
			f.Add(len(packs), i, members[i].data)
		}
		packs = append(packs, members)
	}
	f.Fuzz(func(t *testing.T, n, i int, data []byte) {
		if n < 0 || n >= len(packs) || i < 0 || i >= len(packs[n]) {
			return
		}
		members := packs[n]
		changed := append([]member{}, members...)
		changed[i].data = data
		p, err := parsePack(changed)
		if err != nil {
			return
		}
		again := append(p.body(), member{manifestMember, p.manifest()}, member{sealMember, p.Sealed.encode()})
		for j := range again {
			if again[j].name != changed[j].name || !bytes.Equal(again[j].data, changed[j].data) {
				t.Fatalf("member %d was read from text that is not its own", j)
			}
		}
		if _, err := Verify(p, nil); err == nil && !bytes.Equal(data, members[i].data) && i < len(members)-1 {
			t.Fatal("a pack with another member verifies")
		}
	})
}

// FuzzJudge: whatever is handed in as pack, policy and kept checkpoint, there is a
// verdict in both languages, and only the honest ones verify.
func FuzzJudge(f *testing.F) {
	w := kinds(f)["earlier checkpoints"]
	file, kept := w.write(), w.log.checkpoint(3)
	f.Add(file, []byte(w.policy), kept)
	f.Add([]byte("PK"), []byte("quorum none"), []byte("a\n1\n"))
	f.Fuzz(func(t *testing.T, pack, policy, note []byte) {
		o := Judge(pack, policy, note)
		if o.Verdict.Zh == "" || o.Verdict.En == "" || len(o.Sentences) == 0 || o.Verified && !bytes.Equal(pack, file) {
			t.Fatalf("%+v", o.Verdict)
		}
	})
}

func FuzzEarlier(f *testing.F) {
	w := newWorld(f)
	e := Earlier{w.log.checkpoint(3), w.log.consistency(3, w.size)}
	f.Add(e.encode())
	f.Add([]byte(consistencyLine + "\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e Earlier
		if e.parse(text) == nil && !bytes.Equal(e.encode(), text) {
			t.Fatal("an earlier checkpoint was read from text that is not its own")
		}
	})
}

func FuzzPersons(f *testing.F) {
	text, _ := personList{{Hash{1}, Hash{2}, Line{Rule: "no-permit"}}}.MarshalText()
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var l personList
		if l.UnmarshalText(text) != nil {
			return
		}
		if again, _ := l.MarshalText(); !bytes.Equal(again, text) {
			t.Fatal("persons were read from text that is not theirs")
		}
	})
}

func FuzzTlogProof(f *testing.F) {
	f.Add(TlogProof{Index: 3, Inclusion: []Hash{{1}}, Checkpoint: []byte("c\n")}.Format())
	f.Add(TlogProof{Extra: []byte("extra"), Checkpoint: []byte("c\n")}.Format())
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseTlogProof(text)
		if err == nil && !bytes.Equal(p.Format(), text) {
			t.Fatal("a proof was read from text that is not its own")
		}
	})
}

func FuzzPolicy(f *testing.F) {
	w := newWorld(f)
	f.Add([]byte(w.policy))
	f.Add([]byte("# none\nquorum none\n"))
	f.Add([]byte("witness a " + w.w1.vkey() + "\ngroup g 1 a\nquorum g"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		again, err := ParsePolicy(p.Format())
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(Key{})); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if p.Met(nil) && p.Quorum != noQuorum {
			t.Fatal("nobody is enough for a quorum")
		}
	})
}

// FuzzCheckpoint: text and signatures that were read make up the note again.
func FuzzCheckpoint(f *testing.F) {
	w := newWorld(f)
	f.Add(w.log.checkpoint(w.size, w.w1))
	f.Add([]byte("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, signed []byte) {
		c, err := ParseCheckpoint(signed)
		if err != nil {
			return
		}
		again := c.Text + "\n"
		for _, s := range c.Signatures {
			id := []byte{byte(s.KeyID >> 24), byte(s.KeyID >> 16), byte(s.KeyID >> 8), byte(s.KeyID)}
			again += "— " + s.Name + " " + b64.EncodeToString(append(id, s.Bytes...)) + "\n"
		}
		if again != string(signed) {
			t.Fatalf("a checkpoint was read from text that is not its own:\n%q\n%q", signed, again)
		}
	})
}
