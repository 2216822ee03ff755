package proof

import (
	"fmt"
	"github.com/google/go-cmp/cmp"
	"strings"
	"testing"
)

func TestPolicyLines(t *testing.T) {
	w := newWorld(t)
	log, a, b := w.log.vkey, w.w1.vkey(), w.w2.vkey()
	c := newTestWitness("third.example", 7, 0).vkey()
	renamed := newTestWitness("first.again", 1, 0).vkey() // w1's public key
	three := "witness a " + a + "\nwitness b " + b + "\nwitness c " + c + "\n"
	cases := []struct{ name, text, want string }{
		{"smallest", "quorum none", ""},
		{"comments and blanks", "# c\n \t\n  # d\n\tlog\t" + log + "  \n quorum  none\n", ""},
		{"urls", "log " + log + " https://l\nwitness ü " + a + " https://w\nquorum ü\n", ""},
		{"groups in groups", three + "group g 1 a b\ngroup h all g c\nquorum h\n", ""},
		{"no quorum", "log " + log, "policy policy-quorum"},
		{"two quorums", "quorum none\nquorum none", "policy line 2 policy-twice"},
		{"unknown quorum", "quorum x", "policy line 1 policy-name"},
		{"unknown line", "logs x", "policy line 1 policy-line"},
		{"log without key", "log", "policy line 1 policy-line"},
		{"log with too much", "log a b c", "policy line 1 policy-line"},
		{"witness without key", "witness a", "policy line 1 policy-line"},
		{"witness with too much", "witness a b c d", "policy line 1 policy-line"},
		{"group without members", "group g any", "policy line 1 policy-line"},
		{"quorum with too much", "quorum a b", "policy line 1 policy-line"},
		{"log with a witness's key", "log " + a, "policy line 1 key"},
		{"witness with a log's key", "\nwitness a " + log, "policy line 2 key"},
		{"log twice", "log " + log + "\nlog " + log, "policy line 2 policy-twice"},
		{"witness twice under two names", "witness a " + a + "\nwitness b " + renamed, "policy line 2 policy-twice"},
		{"name twice", "witness a " + a + "\nwitness a " + b, "policy line 2 policy-name"},
		{"name of a group twice", three + "group a any b\nquorum a", "policy line 4 policy-name"},
		{"witness called none", "witness none " + a, "policy line 1 policy-name"},
		{"none as a member", "group g any none", "policy line 1 policy-name"},
		{"member unknown", "group g any x", "policy line 1 policy-name"},
		{"group in itself", three + "group g any g", "policy line 4 policy-name"},
		{"member in two groups", three + "group g any a\ngroup h any a", "policy line 5 policy-twice"},
		{"member twice in one", three + "group g any a a", "policy line 4 policy-twice"},
		{"threshold 0", three + "group g 0 a", "policy line 4 policy-k"},
		{"threshold too large", three + "group g 3 a b", "policy line 4 policy-k"},
		{"threshold no number", three + "group g most a b", "policy line 4 policy-k"},
		{"threshold 01", three + "group g 01 a b", "policy line 4 policy-k"},
		{"carriage return", "quorum none\r\n", "policy line 1 policy-bytes"},
		{"delete", "quorum none\x7f\n", "policy line 1 policy-bytes"},
		{"too large", strings.Repeat("#", maxPolicySize) + "\nquorum none", "policy too-large"},
	}
	for _, c := range cases {
		p, err := ParsePolicy([]byte(c.text))
		if c.want != "" {
			if got := why(t, err); got != c.want {
				t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		again, err := ParsePolicy(p.Format())
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(Key{})); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
}

func TestQuorum(t *testing.T) {
	w := newWorld(t)
	var three strings.Builder
	for i, name := range []string{"a", "b", "c"} {
		fmt.Fprintf(&three, "witness %s %s\n", name, newTestWitness("w", byte(20+i), 0).vkey())
	}
	log := "log " + w.log.vkey + "\n"
	cases := []struct {
		rule string
		met  string // the sets of signers that are enough, of all eight
	}{
		{"quorum none", ", a, b, c, ab, ac, bc, abc"},
		{"quorum b", "b, ab, bc, abc"},
		{"group g any a b\nquorum g", "a, b, ab, ac, bc, abc"},
		{"group g all a b c\nquorum g", "abc"},
		{"group g 2 a b c\nquorum g", "ab, ac, bc, abc"},
		{"group g any a b\ngroup h all g c\nquorum h", "ac, bc, abc"},
		{"group g all a b\ngroup h 1 g c\nquorum h", "c, ab, ac, bc, abc"},
	}
	for _, c := range cases {
		p, err := ParsePolicy([]byte(log + three.String() + c.rule))
		if err != nil {
			t.Fatal(err)
		}
		var met []string
		for _, set := range []string{"", "a", "b", "c", "ab", "ac", "bc", "abc"} {
			signed := map[string]bool{"stranger": true}
			for _, n := range strings.Split(set, "") {
				signed[n] = true
			}
			if p.Met(signed) {
				met = append(met, set)
			}
		}
		if got := strings.Join(met, ", "); got != c.met {
			t.Errorf("%q is met by %q, want %q", c.rule, got, c.met)
		}
	}
}

func TestVerifyWithPolicies(t *testing.T) {
	w := newWorld(t) // w1 signed the checkpoint, w2 the later one
	file := w.write()
	log := "log " + w.log.vkey + "\n"
	a, b := "witness a "+w.w1.vkey()+"\n", "witness b "+w.w2.vkey()+"\n"
	third := "witness c " + newTestWitness("third.example", 7, 0).vkey() + "\n"
	foreign := newTestLog(t, w.log.origin, 9)
	cases := []struct {
		name, policy, want string
		witnesses          int
		seal               bool
	}{
		{"no witness listed", log + "quorum none\n", "", 0, false},
		{"witness listed and not asked", log + a + third + "quorum none\n", "", 1, true},
		{"first signed", log + a + "quorum a\n", "", 1, false},
		{"second signed the later", log + b + "quorum b\n", "", 1, true},
		{"both", log + a + b + "group g all a b\nquorum g\n", "", 2, false},
		{"any", log + a + b + third + "group g any a b c\nquorum g\n", "", 2, true},
		{"third did not", log + third + "quorum c\n", "checkpoint policy-unmet", 0, false},
		{"two of which one did", log + a + third + "group g all a c\nquorum g\n", "checkpoint policy-unmet", 0, false},
		{"another log of the same name", "log " + foreign.vkey + "\nquorum none\n", "checkpoint policy-log", 0, false},
		{"no log", "quorum none\n", "policy policy-no-log", 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			policy, err := ParsePolicy([]byte(c.policy))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Verify(p, policy)
			if c.want != "" {
				if got := why(t, err); got != c.want || r.LogChecked {
					t.Fatalf("refused with %q, want %q", got, c.want)
				}
				return
			}
			if err != nil || !r.LogChecked || len(r.Witnesses) != c.witnesses || r.SealWitnessed != c.seal {
				t.Fatal(err, r.LogChecked, r.Witnesses, r.SealWitnessed)
			}
		})
	}
}

// TestAWitnessOfTheSameNameAndKeyID: key IDs have 32 bits, so a pack may name a
// key of its own with a policy witness's name and ID. The policy's key decides.
func TestAWitnessOfTheSameNameAndKeyID(t *testing.T) {
	w := newWorld(t)
	w.write()
	head, err1 := ParseCheckpoint(w.pack.Checkpoint)
	later, err2 := ParseCheckpoint(w.pack.Sealed.Checkpoint)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	policy := w.parsedPolicy()
	for i, want := range []string{"checkpoint signature", "manifest.tlog-proof signature"} {
		swapped := *policy
		swapped.Witnesses = append([]PolicyWitness{}, policy.Witnesses...)
		swapped.Witnesses[i].Key.public[0] ^= 1 // name and ID stay
		var r Report
		if got := why(t, r.apply(&swapped, []string{w.log.vkey}, []Checkpoint{head, later})); got != want || r.LogChecked {
			t.Errorf("refused with %q, want %q", got, want)
		}
	}
}
