package tlogfsck

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	logformat "github.com/transparency-dev/formats/log"
	noteformat "github.com/transparency-dev/formats/note"
	proofformat "github.com/transparency-dev/formats/proof"
	witnessformat "github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/witness"
	ours "github.com/goldbell/goldbell/proof"
)

// witnessTime is what our witness's clock says.
const witnessTime = 1_790_000_000

// witnessed asks a witness of ours, over HTTP, to cosign the checkpoint.
func (h *house) witnessed(signed []byte, name string) (vkey, line string) {
	h.t.Helper()
	dir := h.t.TempDir()
	c, err := ours.ParseCheckpoint(signed)
	h.ok(err)
	made, err := witness.Init(dir, name, []string{h.logKey()}, rand.Reader)
	h.ok(err)
	w, err := witness.OpenServer(dir, func() time.Time { return time.Unix(witnessTime, 0) })
	h.ok(err)
	h.t.Cleanup(func() { _ = w.Close() })
	web := httptest.NewServer(w.Handler())
	defer web.Close()
	res, err := web.Client().Post(web.URL+"/add-checkpoint", "text/plain", bytes.NewReader(witness.Submission{Checkpoint: signed}.Encode()))
	h.ok(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	h.ok(err)
	if res.StatusCode != http.StatusOK {
		h.t.Fatal("the witness does not sign size", c.Size, res.Status)
	}
	return made.VKey, string(body)
}

// logKey is the log's vkey as the server prints it in its policy.
func (h *house) logKey() string {
	h.t.Helper()
	policy, err := ours.ParsePolicy(h.policy())
	h.ok(err)
	return policy.Logs[0].Key.String()
}

func (h *house) policy() []byte {
	h.t.Helper()
	text, err := os.ReadFile(server.PolicyPath(h.places.Data))
	h.ok(err)
	return text
}

// TestOthersReadWhatWeWrite: a ledger's checkpoint, our witness's lines, a tlog-proof
// and the policy of the data directory.
func TestOthersReadWhatWeWrite(t *testing.T) {
	h := open(t)
	h.grow(21)
	head, err := h.server.Ledger().Head(t.Context())
	h.ok(err)
	cosigned := string(head.Note)
	var vkeys []string
	var witnesses []note.Verifier
	for _, name := range []string{"first.example/w", "second.example", "third.example"} {
		vkey, line := h.witnessed(head.Note, name)
		_, v := witnessKey(t, vkey)
		vkeys, witnesses = append(vkeys, vkey), append(witnesses, v)
		if name != "third.example" {
			cosigned += line
		}
	}
	h.readCheckpoint([]byte(cosigned), head.Root, 21, witnesses)

	const index = 13
	path, err := h.server.Ledger().Inclusion(t.Context(), head, index)
	h.ok(err)
	leaves, err := h.server.Ledger().Leaves(t.Context(), index, 1)
	h.ok(err)
	for _, extra := range [][]byte{nil, []byte("what it is about")} {
		written := ours.TlogProof{Extra: extra, Index: index, Inclusion: path, Checkpoint: []byte(cosigned)}
		if !h.readProof(written.Format(), written, leaves[0], witnesses) {
			t.Error("a proof of ours does not verify")
		}
		written.Index++
		if h.readProof(written.Format(), written, leaves[0], witnesses) {
			t.Error("a proof of another entry verifies")
		}
	}
	h.readPolicies(cosigned, vkeys)
}

func (h *house) readCheckpoint(signed []byte, root ours.Hash, size uint64, witnesses []note.Verifier) {
	h.t.Helper()
	c, rest, n, err := logformat.ParseCheckpoint(signed, h.verifier.Name(), h.verifier, witnesses...)
	h.ok(err)
	if diff := cmp.Diff(&logformat.Checkpoint{Origin: h.verifier.Name(), Size: size, Hash: root[:]}, c); diff != "" || len(rest) > 0 {
		h.t.Error(diff)
	}
	if len(n.Sigs) != 3 || len(n.UnverifiedSigs) != 0 {
		h.t.Fatal("of a log and two witnesses it verifies", len(n.Sigs))
	}
	for _, s := range n.Sigs[1:] {
		if when, err := noteformat.CoSigV1Timestamp(s); err != nil || when.Unix() != witnessTime {
			h.t.Error("the witness's time:", when, err)
		}
	}
}

// readProof checks a proof with the other programs alone.
func (h *house) readProof(text []byte, want ours.TlogProof, leaf []byte, witnesses []note.Verifier) bool {
	h.t.Helper()
	var p proofformat.TLogProof
	h.ok(p.Unmarshal(text))
	if diff := cmp.Diff(asTheirs(want), p); diff != "" || !bytes.Equal(p.Marshal(), text) {
		h.t.Error("read there as", diff)
	}
	c, _, _, err := logformat.ParseCheckpoint(p.Checkpoint, h.verifier.Name(), h.verifier, witnesses...)
	h.ok(err)
	var path [][]byte
	for i := range p.Hashes {
		path = append(path, p.Hashes[i][:])
	}
	hasher := rfc6962.DefaultHasher
	return proof.VerifyInclusion(hasher, p.Index, c.Size, hasher.HashLeaf(leaf), path, c.Hash) == nil
}

// readPolicies adds the witnesses to the policy as an operator does. Two of them
// signed: a quorum of one and of two is met, of three not, and none by the log alone.
func (h *house) readPolicies(cosigned string, vkeys []string) {
	h.t.Helper()
	alone := cosigned[:strings.Index(cosigned, "— first.example")]
	h.ok(h.server.Close())
	if g, err := witnessformat.ParsePolicy(h.policy()); err != nil || !g.Satisfied([]byte(alone)) {
		h.t.Error("the policy of a new directory:", err)
	}
	for i, vkey := range vkeys {
		_, err := server.AddWitness(server.WitnessOptions{
			Places: h.places, Name: fmt.Sprint("w", i), VKey: vkey, URL: fmt.Sprintf("https://w%d.example/", i),
			Organisation: "Notary & Sons 公证", Quorum: i + 1,
		}, time.Unix(witnessTime, 0))
		h.ok(err)
		g, err := witnessformat.ParsePolicy(h.policy())
		h.ok(err)
		if len(g.Components) != i+1 || g.N != i+1 || len(g.Endpoints()) != i+1 {
			h.t.Errorf("%d witnesses are read as %d of %d", i+1, g.N, len(g.Components))
		}
		if got := g.Satisfied([]byte(cosigned)); got != (i < 2) {
			h.t.Errorf("%d witnesses asked, two signed: %v", i+1, got)
		}
		if g.Satisfied([]byte(alone)) {
			h.t.Error("the log alone is enough")
		}
	}
}

// tree is a log that only the others' code made: x/mod's key, formats' texts and
// merkle's hashes. It has four entries.
type tree struct {
	t      *testing.T
	log    ours.Key
	logV   note.Verifier
	signer note.Signer
	leaves [4][]byte
	hashes [4][]byte
	root   []byte
}

func newTree(t *testing.T) *tree {
	signer, err := note.NewSigner(peterSecret)
	if err != nil {
		t.Fatal(err)
	}
	x := &tree{t: t, signer: signer}
	x.log, x.logV = logKey(t, peterKey)
	hasher := rfc6962.DefaultHasher
	for i := range x.leaves {
		x.leaves[i] = fmt.Appendf(nil, "entry %d", i)
		x.hashes[i] = hasher.HashLeaf(x.leaves[i])
	}
	x.root = hasher.HashChildren(hasher.HashChildren(x.hashes[0], x.hashes[1]), hasher.HashChildren(x.hashes[2], x.hashes[3]))
	return x
}

func (x *tree) sign(text string, more ...note.Signer) string {
	x.t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, append([]note.Signer{x.signer}, more...)...)
	if err != nil {
		x.t.Fatal(err)
	}
	return string(signed)
}

func (x *tree) text() string {
	return string(logformat.Checkpoint{Origin: "PeterNeumann", Size: 4, Hash: x.root}.Marshal())
}

// proof is of the entry 2, written by formats.
func (x *tree) proof(extra []byte, checkpoint string) string {
	hasher := rfc6962.DefaultHasher
	return string(proofformat.TLogProof{Index: 2, ExtraData: extra, Checkpoint: []byte(checkpoint), Hashes: [][sha256.Size]byte{
		[32]byte(x.hashes[3]), [32]byte(hasher.HashChildren(x.hashes[0], x.hashes[1])),
	}}.Marshal())
}

func (x *tree) byUs(text string) bool {
	p, err := ours.ParseTlogProof([]byte(text))
	if err != nil {
		return false
	}
	c, err := ours.ParseCheckpoint(p.Checkpoint)
	return err == nil && c.Signed(x.log) == nil && ours.CheckInclusion(c, p.Index, x.leaves[2], p.Inclusion) == nil
}

func (x *tree) byThem(text string) bool {
	var p proofformat.TLogProof
	if p.Unmarshal([]byte(text)) != nil {
		return false
	}
	c, _, _, err := logformat.ParseCheckpoint(p.Checkpoint, "PeterNeumann", x.logV)
	if err != nil {
		return false
	}
	var path [][]byte
	for i := range p.Hashes {
		path = append(path, p.Hashes[i][:])
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, c.Size, x.hashes[2], path, c.Hash) == nil
}

// witnessSigner is a witness of the others' code.
func witnessSigner(t *testing.T, name string) (vkey string, s note.Signer) {
	t.Helper()
	skey, logVKey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err = noteformat.VKeyToCosignatureV1(logVKey)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := noteformat.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	return vkey, signer
}

// TestWeReadWhatOthersWrite: checkpoints with and without extension lines, their
// cosignatures, their proofs.
func TestWeReadWhatOthersWrite(t *testing.T) {
	x := newTree(t)
	vkey, signer := witnessSigner(t, "witness.example")
	key, _ := witnessKey(t, vkey)
	stranger, _ := witnessSigner(t, "witness.example")
	other, _ := witnessKey(t, stranger)
	for _, text := range []string{x.text(), x.text() + "an extension\n"} {
		before := time.Now().Unix()
		signed := x.sign(text, signer)
		c, err := ours.ParseCheckpoint([]byte(signed))
		if err != nil || c.Signed(x.log) != nil || c.Size != 4 || !bytes.Equal(c.Root[:], x.root) || c.Text != text {
			t.Fatal("their checkpoint", err, c)
		}
		when, ok, err := c.Cosigned(key)
		if err != nil || !ok || when.Unix() < before || when.Unix() > time.Now().Unix() {
			t.Error("their cosignature", when, ok, err)
		}
		if _, ok, err := c.Cosigned(other); ok || err != nil {
			t.Error("another witness of that name signed", ok, err)
		}
		if got := string(c.Only(x.log, key)); got != signed {
			t.Errorf("written again it is %q", got)
		}
		for _, extra := range [][]byte{nil, []byte("x")} {
			text := x.proof(extra, signed)
			p, err := ours.ParseTlogProof([]byte(text))
			if err != nil || string(p.Format()) != text || !bytes.Equal(p.Extra, extra) || !x.byUs(text) || !x.byThem(text) {
				t.Error("their proof", err)
			}
		}
	}
}

// TestBadCheckpointsAndProofs signs texts that are none, so that the signature is
// not what refuses them. Where formats is laxer than the specification, we are not.
func TestBadCheckpointsAndProofs(t *testing.T) {
	x := newTree(t)
	good, text := x.sign(x.text()), x.text()
	root := strings.Split(text, "\n")[2]
	p := x.proof([]byte("x"), good)
	hash := strings.Split(p, "\n")[3]
	in := func(s, old, new string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("no %q to alter", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	signed := func(old, new string) string { return x.proof(nil, x.sign(in(text, old, new))) }
	cases := []struct {
		what, text string
		laxer      bool // formats reads it
	}{
		{"another origin", signed("Peter", "peter"), false},
		{"no size", signed("\n4\n", "\n"), false},
		{"a size that is no number", signed("\n4\n", "\nfour\n"), false},
		{"a negative size", signed("\n4\n", "\n-4\n"), false},
		{"a size with a space", signed("\n4\n", "\n4 \n"), false},
		{"a size beyond 64 bits", signed("\n4\n", "\n18446744073709551620\n"), false},
		{"a smaller size", signed("\n4\n", "\n2\n"), false},
		{"a size with a leading zero", signed("\n4\n", "\n04\n"), true},
		{"no root", signed(root+"\n", ""), false},
		{"a root that is not base64", signed(root, "!"+root[1:]), false},
		{"a short root", signed(root, root[4:]), false},
		{"another root", signed(root, hash), false},
		{"no signature", x.proof(nil, text), false},
		{"no blank line before the signature", x.proof(nil, in(good, "\n\n", "\n")), false},
		{"a hyphen for the dash", x.proof(nil, in(good, "— ", "- ")), false},
		{"a signature of nothing", x.proof(nil, in(good, good[strings.LastIndex(good, " ")+1:], "x08gow==\n")), false},
		{"a control byte in the note", x.proof(nil, in(good, "Peter", "Pe\x01ter")), false},
		{"another version", in(p, "@v1", "@v2"), false},
		{"no first line", in(p, "c2sp.org/tlog-proof@v1\n", ""), false},
		{"extra that is not base64", in(p, "extra eA==", "extra e"), false},
		{"extra after the index", in(in(p, "extra eA==\n", ""), "index 2\n", "index 2\nextra eA==\n"), false},
		{"no index", in(p, "index 2\n", ""), false},
		{"another index", in(p, "index 2", "index 3"), false},
		{"an index that is no number", in(p, "index 2", "index two"), false},
		{"a negative index", in(p, "index 2", "index -2"), false},
		{"an index with a leading zero", in(p, "index 2", "index 02"), true},
		{"a hash too few", in(p, hash+"\n", ""), false},
		{"a hash too many", in(p, hash+"\n", hash+"\n"+hash+"\n"), false},
		{"a short hash", in(p, hash, hash[4:]), false},
		{"a hash that is not base64", in(p, hash, "!"+hash[1:]), false},
		{"another hash", in(p, hash, root), false},
		{"no blank line before the checkpoint", in(p, "\n\n", "\n"), false},
		{"no checkpoint", strings.Split(p, "\n\n")[0] + "\n\n", false},
		{"no last newline", strings.TrimSuffix(p, "\n"), true},
		{"a carriage return", in(p, "index 2\n", "index 2\r\n"), true},
		{"an empty extra", in(p, "extra eA==", "extra "), true},
	}
	for _, c := range cases {
		us, them := x.byUs(c.text), x.byThem(c.text)
		if us || them != c.laxer {
			t.Errorf("%s: ours %v, theirs %v", c.what, us, them)
		}
	}
	if !x.byUs(p) || !x.byThem(p) {
		t.Error("what was altered does not verify itself")
	}
}

// TestPoliciesAlike takes the example of c2sp.org/tlog-policy and asks both for every
// set of signers.
func TestPoliciesAlike(t *testing.T) {
	x := newTree(t)
	names := []string{"X1", "X2", "X3", "Y1", "Y2", "Y3"}
	var signers []note.Signer
	text := "log " + peterKey + "\n\n"
	for _, name := range names {
		vkey, s := witnessSigner(t, name+".example")
		signers = append(signers, s)
		text += "  witness\t" + name + " " + vkey + " https://" + name + ".example/\n# a comment\n"
	}
	text += "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\n"
	for _, quorum := range []string{"none", "Y2", "X-witnesses", "Y-witnesses", "X-and-Y"} {
		us, err := ours.ParsePolicy([]byte(text + "quorum " + quorum + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		them, err := witnessformat.ParsePolicy([]byte(text + "quorum " + quorum + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := witnessformat.ParsePolicy(us.Format())
		if err != nil {
			t.Fatal("they do not read what we write again:", err)
		}
		met := 0
		for set := range 1 << len(names) {
			signed := map[string]bool{}
			var by []note.Signer
			for i, name := range names {
				if set>>i&1 == 1 {
					signed[name], by = true, append(by, signers[i])
				}
			}
			checkpoint := []byte(x.sign(x.text(), by...))
			want := us.Met(signed)
			if got := them.Satisfied(checkpoint); got != want || again.Satisfied(checkpoint) != want {
				t.Errorf("quorum %s, set %06b: ours %v, theirs %v", quorum, set, want, got)
			}
			if want {
				met++
			}
		}
		if want := map[string]int{"none": 64, "Y2": 32, "X-witnesses": 32, "Y-witnesses": 56, "X-and-Y": 28}[quorum]; met != want {
			t.Errorf("quorum %s is met by %d sets, not by %d", quorum, met, want)
		}
	}
}

// TestBadPolicies: both refuse, or the specification says who is right.
func TestBadPolicies(t *testing.T) {
	a, _ := witnessSigner(t, "a.example")
	b, _ := witnessSigner(t, "b.example")
	two := "witness a " + a + " https://a\nwitness b " + b + " https://b\n"
	cases := []struct {
		what, text string
		us, them   bool // who reads it
	}{
		{"a good one", two + "group g 2 a b\nquorum g\n", true, true},
		{"no quorum", two, false, false},
		{"nothing", "", false, false},
		{"a quorum of nobody known", two + "quorum c\n", false, false},
		{"a quorum of two names", two + "quorum a b\n", false, false},
		{"an unknown word", "wit a " + a + " https://a\nquorum none\n", false, false},
		{"a witness without a key", "witness a\nquorum none\n", false, false},
		{"a witness with too much", "witness a " + a + " https://a b\nquorum none\n", false, false},
		{"a key that is none", "witness a " + a[:len(a)-4] + " https://a\nquorum a\n", false, false},
		{"a witness called none", "witness none " + a + " https://a\nquorum none\n", false, false},
		{"a name twice", two + "group a 1 b\nquorum a\n", false, false},
		{"a member unknown", two + "group g 1 c\nquorum g\n", false, false},
		{"none as a member", two + "group g 1 none\nquorum g\n", false, false},
		{"a group in itself", two + "group g 1 g\nquorum g\n", false, false},
		{"a threshold too large", two + "group g 3 a b\nquorum g\n", false, false},
		{"a negative threshold", two + "group g -1 a b\nquorum g\n", false, false},
		{"a threshold in words", two + "group g most a b\nquorum g\n", false, false},
		{"any of nobody", two + "group g any\nquorum g\n", false, false},

		// The specification forbids these, and formats reads them.
		{"all of nobody", two + "group g all\nquorum g\n", false, true},
		{"a threshold of 0", two + "group g 0 a b\nquorum g\n", false, true},
		{"a member in two groups", two + "group g 1 a\ngroup h 1 a b\nquorum h\n", false, true},
		{"a member twice", two + "group g 2 a a\nquorum g\n", false, true},
		{"a key twice", two + "witness c " + a + " https://c\nquorum a\n", false, true},
		{"two quorums", two + "quorum none\nquorum a\n", false, true},
		{"a quorum before its group", "quorum a\n" + two, false, true},
		{"a log's key for a witness", "witness a " + peterKey + " https://a\nquorum a\n", false, true},
		{"a log that is none", "log x\nquorum none\n", false, true},
		{"a carriage return", two + "quorum a\r\n", false, true},

		// It allows these, and formats does not read them.
		{"a witness without a URL", "witness a " + a + "\nquorum a\n", true, false},
		{"a witness called any", "witness any " + a + " https://a\nquorum any\n", true, false},
	}
	for _, c := range cases {
		_, err := ours.ParsePolicy([]byte(c.text))
		_, err2 := witnessformat.ParsePolicy([]byte(c.text))
		if (err == nil) != c.us || (err2 == nil) != c.them {
			t.Errorf("%s: ours %v, theirs %v", c.what, err, err2)
		}
	}
}
