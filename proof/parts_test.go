package proof

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

func TestCheckpoint(t *testing.T) {
	w := newWorld(t)
	signed := w.log.checkpoint(w.size, w.w1, w.w2)
	c, err := ParseCheckpoint(signed)
	if err != nil || c.Origin != w.log.origin || c.Size != uint64(w.size) || len(c.Signatures) != 3 {
		t.Fatal(c, err)
	}
	log, err := ParseLogKey(w.log.vkey)
	if err != nil || log.String() != w.log.vkey {
		t.Fatal(log, err)
	}
	if err := c.Signed(log); err != nil {
		t.Fatal(err)
	}
	witness, err := ParseWitnessKey(w.w2.vkey())
	if err != nil {
		t.Fatal(err)
	}
	when, ok, err := c.Cosigned(witness)
	if err != nil || !ok || when.Unix() != 1_790_000_200 || when.Location() != time.UTC {
		t.Fatal(when, ok, err)
	}
	renamed := log
	renamed.Name = "another"
	if why(t, c.Signed(renamed)) != "checkpoint origin" {
		t.Fatal("another log's name was accepted")
	}
	later := *w.w2
	later.time -= 50
	c, err = ParseCheckpoint(w.log.checkpoint(w.size, w.w2, &later))
	if err != nil {
		t.Fatal(err)
	}
	if when, _, _ := c.Cosigned(witness); len(c.Signatures) != 3 || when.Unix() != 1_790_000_150 {
		t.Fatalf("of two signatures of one witness the earlier does not count: %v", when)
	}
	later.time = 1 << 63
	c, err = ParseCheckpoint(w.log.checkpoint(w.size, &later))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := c.Cosigned(witness); ok || err == nil {
		t.Fatal("a time beyond all clocks was accepted")
	}
}

// TestKeysAgreeWithNote: the example key of the specification, and x/mod's own.
func TestKeysAgreeWithNote(t *testing.T) {
	w := newWorld(t)
	v, err := note.NewVerifier(w.log.vkey)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseLogKey(w.log.vkey)
	if err != nil || k.Name != v.Name() || k.ID != v.KeyHash() {
		t.Fatal(k, err)
	}
	text := []byte(w.log.text(w.size))
	signed, err := note.Open(w.log.checkpoint(w.size), note.VerifierList(v))
	if err != nil || signed.Text != string(text) {
		t.Fatal(err)
	}
	bad := []string{
		"", "x", "x+y", "x+00000000+", strings.Replace(w.log.vkey, "ledger", "Ledger", 1), w.log.vkey + "\n",
		w.w1.vkey(), newTestLog(t, "led\u202eger", 1).vkey, " " + w.log.vkey, strings.ToUpper(w.log.vkey), w.log.vkey[:len(w.log.vkey)-4],
	}
	for _, s := range bad {
		if _, err := ParseLogKey(s); err == nil {
			t.Errorf("%q is taken for a log's key", s)
		}
	}
	if _, err := ParseWitnessKey(w.log.vkey); err == nil {
		t.Error("a log's key is taken for a witness's")
	}
}

func TestCheckpointsThatAreNone(t *testing.T) {
	w := newWorld(t)
	good := string(w.log.checkpoint(w.size))
	root := strings.Split(good, "\n")[2]
	line := good[strings.Index(good, "— "):]
	head := good[:strings.Index(good, "— ")]
	if _, err := ParseCheckpoint([]byte(head + strings.Repeat(line, maxSignatures))); err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"empty":           "",
		"no signature":    head,
		"no newline":      strings.TrimSuffix(good, "\n"),
		"two lines":       "a\n1\n\n" + line,
		"no origin":       "\n1\n" + root + "\n\n" + line,
		"leading zero":    strings.Replace(good, "\n6\n", "\n06\n", 1),
		"plus":            strings.Replace(good, "\n6\n", "\n+6\n", 1),
		"too large":       strings.Replace(good, "\n6\n", "\n9223372036854775808\n", 1),
		"short root":      strings.Replace(good, root, root[4:], 1),
		"root not base64": strings.Replace(good, root, "!"+root[1:], 1),
		"carriage return": strings.Replace(good, "\n", "\r\n", 1),
		"tab":             strings.Replace(good, "ledger", "led\tger", 1),
		"not UTF-8":       strings.Replace(good, "ledger", "led\xffger", 1),
		"dash":            strings.Replace(good, "— ", "- ", 1),
		"short signature": head + "— x AAAAAA==\n",
		"no name":         head + "—  AAAAAAAA\n",
		"bad name":        head + "— a+b AAAAAAAA\n",
		"not base64":      head + "— x AAAA AAAA\n",
		"too many":        head + strings.Repeat(line, maxSignatures+1),
	}
	for name, s := range bad {
		if _, err := ParseCheckpoint([]byte(s)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if why(t, err) != "checkpoint malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	extended := strings.Replace(good, root+"\n", root+"\nextension\n", 1)
	if c, err := ParseCheckpoint([]byte(extended)); err != nil || !strings.HasSuffix(c.Text, "\nextension\n") {
		t.Fatal("extension lines are optional and signed", err)
	}
}

func TestTlogProofText(t *testing.T) {
	for _, p := range []TlogProof{
		{Index: 0, Checkpoint: []byte("c\n")},
		{Extra: []byte("x"), Index: 1<<63 - 1, Inclusion: []Hash{{1}, {2}}, Checkpoint: []byte("a\n\nb\n")},
	} {
		got, err := ParseTlogProof(p.Format())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Fatal(diff)
		}
	}
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32))
	const first = "c2sp.org/tlog-proof@v1\n"
	bad := map[string]string{
		"empty": "", "one line": first + "\nc", "no blank line": first + "index 1\n", "another version": "c2sp.org/tlog-proof@v2\nindex 1\n\nc",
		"no index": first + hash + "\n\nc", "leading zero": first + "index 01\n\nc", "negative": first + "index -1\n\nc",
		"only extra": first + "extra AAAA\n\nc", "empty extra": first + "extra \nindex 1\n\nc",
		"extra not base64": first + "extra !\nindex 1\n\nc", "loose bits": first + "extra AB==\nindex 1\n\nc",
		"short hash": first + "index 1\nAAAA\n\nc", "hash not base64": first + "index 1\n!\n\nc",
		"bare index":      first + "1\n\nc",
		"index twice":     first + "index 1\nindex 1\n\nc",
		"too many hashes": first + "index 1\n" + strings.Repeat(hash+"\n", maxPath+1) + "\nc",
	}
	for name, s := range bad {
		if _, err := ParseTlogProof([]byte(s)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if why(t, err) != "proof malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInclusionAndConsistency(t *testing.T) {
	l := newTestLog(t, "log", 4)
	for range 20 {
		l.add(KindKeys, nil, nil)
	}
	head := func(n int64) Checkpoint {
		c, err := ParseCheckpoint(l.checkpoint(n))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for size := int64(1); size <= 20; size++ {
		for i := range uint64(size) {
			if err := CheckInclusion(head(size), i, l.leaves[i], l.inclusion(i, size)); err != nil {
				t.Fatalf("entry %d of %d: %v", i, size, err)
			}
			if CheckInclusion(head(size), i, l.leaves[(i+1)%20], l.inclusion(i, size)) == nil {
				t.Fatalf("another leaf is entry %d of %d", i, size)
			}
		}
		for old := int64(1); old <= size; old++ {
			if err := CheckConsistency(head(old), head(size), l.consistency(old, size)); err != nil {
				t.Fatalf("%d to %d: %v", old, size, err)
			}
		}
	}
	other := head(7)
	other.Root[0]++
	if CheckConsistency(other, head(20), l.consistency(7, 20)) == nil || CheckConsistency(head(20), head(7), nil) == nil {
		t.Fatal("inconsistent heads are consistent")
	}
	if CheckConsistency(Checkpoint{}, head(20), nil) == nil {
		t.Fatal("nothing is the prefix of everything, and proves nothing")
	}
	if LeafHash([]byte("x")) == (Hash{}) {
		t.Fatal("no leaf hash")
	}
}
