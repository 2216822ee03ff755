package tlogfsck

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	logformat "github.com/transparency-dev/formats/log"
	noteformat "github.com/transparency-dev/formats/note"
	proofformat "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"

	ours "github.com/goldbell/goldbell/proof"
)

// Keys and notes that others published.
const (
	// The documentation of x/mod's package note.
	peterSecret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
	peterKey    = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	peterNote   = "If you think cryptography is the answer to your problem,\n" +
		"then you don't know what your problem is.\n\n" +
		"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"

	// c2sp.org/signed-note.
	exampleKey  = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
	exampleNote = "This is an example message.\n\n" +
		"— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

	// c2sp.org/tlog-cosignature; its keys are not published.
	sofaCheckpoint = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
		"— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" +
		"— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"

	// c2sp.org/tlog-proof; its signatures are cut there.
	fancyProof = "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\nindex 73894\n" +
		"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n" +
		"EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n" +
		"AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\n" +
		"example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— example.com/fancylog hI2DJw==\n"

	// The Go checksum database, as recorded in the tests of transparency-dev/formats.
	sumKey        = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
	sumCheckpoint = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n" +
		"— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n"

	// A log of certificates with four public witnesses, recorded on 23 May 2026. Its
	// first line is of a type (RFC 6962) that neither side reads here, in the same name.
	archeKey        = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
	archeCheckpoint = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n" +
		"— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" +
		"— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n" +
		"— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n" +
		"— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n" +
		"— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n" +
		"— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n"
	archeSeen = 1779573024
)

var archeWitnesses = []string{
	"transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
	"witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
	"remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
	"witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
}

func logKey(t *testing.T, vkey string) (ours.Key, note.Verifier) {
	t.Helper()
	k, err := ours.ParseLogKey(vkey)
	v, err2 := note.NewVerifier(vkey)
	if err != nil || err2 != nil {
		t.Fatal(vkey, err, err2)
	}
	return k, v
}

func witnessKey(t *testing.T, vkey string) (ours.Key, note.Verifier) {
	t.Helper()
	k, err := ours.ParseWitnessKey(vkey)
	v, err2 := noteformat.NewVerifierForCosignatureV1(vkey)
	if err != nil || err2 != nil {
		t.Fatal(vkey, err, err2)
	}
	return k, v
}

// TestPublishedKeys: names, IDs and the written form are those of the other readers.
func TestPublishedKeys(t *testing.T) {
	same := func(vkey string, k ours.Key, v note.Verifier) {
		t.Helper()
		if k.Name != v.Name() || k.ID != v.KeyHash() || k.String() != vkey {
			t.Errorf("%s: read as %s", vkey, k)
		}
	}
	for _, vkey := range []string{peterKey, enochKey, exampleKey, sumKey, archeKey} {
		k, v := logKey(t, vkey)
		same(vkey, k, v)
		if _, err := ours.ParseWitnessKey(vkey); err == nil {
			t.Errorf("%s is taken for a witness's", vkey)
		}
		// Others make a witness's key of the same public key; ours reads it.
		made, err := noteformat.VKeyToCosignatureV1(vkey)
		if err != nil {
			t.Fatal(err)
		}
		k, v = witnessKey(t, made)
		same(made, k, v)
	}
	for _, vkey := range archeWitnesses {
		k, v := witnessKey(t, vkey)
		same(vkey, k, v)
		if _, err := note.NewVerifier(vkey); err == nil {
			t.Errorf("x/mod takes %s for a log's", vkey)
		}
		if _, err := ours.ParseLogKey(vkey); err == nil {
			t.Errorf("%s is taken for a log's", vkey)
		}
	}
}

// TestKeysBothRefuse but for the last: formats reads a witness's key with another ID
// and with a log's type, and we do not.
func TestKeysBothRefuse(t *testing.T) {
	base := archeWitnesses[2]
	name, rest, _ := strings.Cut(base, "+")
	id, key64, _ := strings.Cut(rest, "+")
	type variant struct{ what, vkey string }
	variants := func(name, id, key64 string) []variant {
		return []variant{
			{"nothing", ""}, {"no name", "+" + id + "+" + key64}, {"a space in the name", "a " + name + "+" + id + "+" + key64},
			{"no key", name + "+" + id}, {"an empty key", name + "+" + id + "+"}, {"a short key", name + "+" + id + "+" + key64[:40]},
			{"a long key", name + "+" + id + "+" + key64 + "AAAA"}, {"a short ID", name + "+" + id[1:] + "+" + key64},
			{"no base64", name + "+" + id + "+!" + key64[1:]}, {"another type", name + "+" + id + "+Zw" + key64[2:]},
			{"the wide space in the name", name + "\u3000+" + id + "+" + key64}, {"a name that is not UTF-8", "\xff" + name + "+" + id + "+" + key64},
		}
	}
	for _, c := range variants(name, id, key64) {
		_, err := ours.ParseWitnessKey(c.vkey)
		_, err2 := noteformat.NewVerifierForCosignatureV1(c.vkey)
		if err == nil || err2 == nil {
			t.Errorf("a witness's key with %s: ours %v, theirs %v", c.what, err, err2)
		}
	}
	for _, c := range append(variants("example.com/foo", "530d903a", exampleKey[25:]),
		variant{"another ID", "example.com/foo+530d903b+" + exampleKey[25:]}, variant{"another name", "example.com/fop" + exampleKey[15:]}) {
		_, err := ours.ParseLogKey(c.vkey)
		_, err2 := note.NewVerifier(c.vkey)
		if err == nil || err2 == nil {
			t.Errorf("a log's key with %s: ours %v, theirs %v", c.what, err, err2)
		}
	}
	for _, vkey := range []string{name + "+00000000+" + key64, exampleKey} {
		if _, err := noteformat.NewVerifierForCosignatureV1(vkey); err != nil {
			t.Errorf("%s: formats refuses it now: %v", vkey, err)
		}
		if _, err := ours.ParseWitnessKey(vkey); err == nil {
			t.Errorf("%s is taken for a witness's", vkey)
		}
	}
}

// TestPublishedNotes: they are no checkpoints, so only their signatures are compared.
func TestPublishedNotes(t *testing.T) {
	for signed, vkey := range map[string]string{peterNote: peterKey, exampleNote: exampleKey} {
		k, v := logKey(t, vkey)
		n, err := note.Open([]byte(signed), note.VerifierList(v))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
		if err != nil {
			t.Fatal(err)
		}
		c := ours.Checkpoint{Text: n.Text, Signatures: []ours.Signature{{Name: n.Sigs[0].Name, KeyID: binary.BigEndian.Uint32(raw), Bytes: raw[4:]}}}
		if string(c.Only(k)) != signed {
			t.Errorf("the note of %s is not written as it was read", k.Name)
		}
		c.Text = strings.Replace(c.Text, "i", "I", 1)
		if _, _, err := c.Cosigned(k); err == nil {
			t.Errorf("a changed note of %s verifies", k.Name)
		}
		if _, err := ours.ParseCheckpoint([]byte(signed)); err == nil {
			t.Errorf("the note of %s is taken for a checkpoint", k.Name)
		}
	}
}

// TestPublishedCheckpoints reads what other logs and witnesses signed.
func TestPublishedCheckpoints(t *testing.T) {
	var theirs logformat.Checkpoint
	for _, signed := range []string{sofaCheckpoint, sumCheckpoint, archeCheckpoint} {
		c, err := ours.ParseCheckpoint([]byte(signed))
		_, err2 := theirs.Unmarshal([]byte(signed))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		got := logformat.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root[:]}
		if diff := cmp.Diff(theirs, got); diff != "" {
			t.Error(diff)
		}
	}
	// That log's name is not its origin: the signature verifies, and we refuse the log.
	k, v := logKey(t, sumKey)
	c, err := ours.ParseCheckpoint([]byte(sumCheckpoint))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := c.Cosigned(k); !ok || err != nil {
		t.Error("the signature of sum.golang.org", ok, err)
	}
	if c.Signed(k) == nil {
		t.Error("a log of another name was accepted")
	}
	if _, _, _, err := logformat.ParseCheckpoint([]byte(sumCheckpoint), "sum.golang.org", v); err == nil {
		t.Error("formats accepts a log of another name")
	}
	sofa, err := ours.ParseCheckpoint([]byte(sofaCheckpoint))
	if err != nil || len(sofa.Signatures) != 2 || binary.BigEndian.Uint64(sofa.Signatures[1].Bytes) != 1679315147 {
		t.Error("the cosignature of the specification", sofa.Signatures, err)
	}
	if !archeByUs(t, archeCheckpoint) || !archeByThem(t, archeCheckpoint) {
		t.Error("the witnessed checkpoint does not verify")
	}
}

// archeByUs: the log and all four witnesses signed, at that time.
func archeByUs(t *testing.T, signed string) bool {
	k, _ := logKey(t, archeKey)
	c, err := ours.ParseCheckpoint([]byte(signed))
	if err != nil || c.Signed(k) != nil {
		return false
	}
	for _, vkey := range archeWitnesses {
		w, _ := witnessKey(t, vkey)
		if when, ok, err := c.Cosigned(w); err != nil || !ok || when.Unix() != archeSeen {
			return false
		}
	}
	return true
}

func archeByThem(t *testing.T, signed string) bool {
	_, v := logKey(t, archeKey)
	var witnesses []note.Verifier
	for _, vkey := range archeWitnesses {
		_, w := witnessKey(t, vkey)
		witnesses = append(witnesses, w)
	}
	_, rest, n, err := logformat.ParseCheckpoint([]byte(signed), v.Name(), v, witnesses...)
	if err != nil || len(rest) > 0 || len(n.Sigs) != 5 {
		return false
	}
	for _, s := range n.Sigs {
		if s.Name == v.Name() {
			continue
		}
		if when, err := noteformat.CoSigV1Timestamp(s); err != nil || when.Unix() != archeSeen {
			return false
		}
	}
	return true
}

// TestAlteredCheckpointsAlike: three bits of every byte, every cut, every line left
// out. The only difference is base64 whose last unused bits are not zero: x/mod reads
// it, and we do not.
func TestAlteredCheckpointsAlike(t *testing.T) {
	loose, refused := 0, 0
	differs := func(signed string) (us, them bool) {
		us, them = archeByUs(t, signed), archeByThem(t, signed)
		if !us && !them {
			refused++
		}
		return us, them
	}
	for i := range archeCheckpoint {
		for _, bit := range []byte{1, 8, 32} {
			b := []byte(archeCheckpoint)
			b[i] ^= bit
			us, them := differs(string(b))
			if last := archeCheckpoint[i] != '=' && strings.HasPrefix(archeCheckpoint[i+1:], "="); them && !us && last {
				loose++
			} else if us != them {
				t.Errorf("bit %d of byte %d: ours %v, theirs %v", bit, i, us, them)
			}
		}
		if us, them := differs(archeCheckpoint[:i]); us || them {
			t.Errorf("cut at %d: ours %v, theirs %v", i, us, them)
		}
	}
	lines := strings.SplitAfter(archeCheckpoint, "\n")
	for i := range lines[:len(lines)-1] {
		for _, from := range []int{i, i + 1} { // twice, or not at all
			changed := slices.Concat(lines[:i], lines[from:])
			if from == i {
				changed = slices.Insert(slices.Clone(lines), i, lines[i])
			}
			if us, them := differs(strings.Join(changed, "")); us != them {
				t.Errorf("line %d left out or twice: ours %v, theirs %v", i, us, them)
			}
		}
	}
	if loose == 0 || refused < 3*len(archeCheckpoint) {
		t.Errorf("%d refused, %d read by x/mod only", refused, loose)
	}
}

// TestPublishedProof: the example of c2sp.org/tlog-proof.
func TestPublishedProof(t *testing.T) {
	p, err := ours.ParseTlogProof([]byte(fancyProof))
	var theirs proofformat.TLogProof
	err2 := theirs.Unmarshal([]byte(fancyProof))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if diff := cmp.Diff(theirs, asTheirs(p)); diff != "" || p.Index != 73894 || len(p.Inclusion) != 5 {
		t.Error(diff)
	}
	if string(p.Format()) != fancyProof {
		t.Error("not written as it was read")
	}
}

func asTheirs(p ours.TlogProof) proofformat.TLogProof {
	out := proofformat.TLogProof{Index: p.Index, Checkpoint: p.Checkpoint, ExtraData: p.Extra}
	for _, h := range p.Inclusion {
		out.Hashes = append(out.Hashes, h)
	}
	return out
}
