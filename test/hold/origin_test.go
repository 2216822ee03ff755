package hold

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/witness"
	"github.com/goldbell/goldbell/proof"
)

// verifies reads a pack under the policy of a data directory.
func verifies(t testing.TB, zip []byte, data string) (proof.Report, error) {
	t.Helper()
	text, err := os.ReadFile(server.PolicyPath(data))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := proof.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		t.Fatal(err)
	}
	return proof.Verify(pack, policy)
}

// pack makes an evidence pack of the first customer.
func (k *kept) pack() []byte {
	k.t.Helper()
	made, err := k.maker().Make(ctxOf(k.t), k.officer, k.order())
	k.ok(err)
	return made.Zip
}

func (k *kept) maker() *dossier.Maker {
	return &dossier.Maker{
		Ledger: k.ledger, Clock: time.Now, Rand: rand.Reader, LogKey: k.ring.VerifierKey(), Origin: k.ring.LogName(), RootKey: k.ring.RootHolder(),
	}
}

func (k *kept) order() dossier.Order {
	k.t.Helper()
	found, err := k.vault.Describe(ctxOf(k.t), k.ids[:1])
	k.ok(err)
	return dossier.Order{
		ID: newID(), Kind: proof.KindSubject, From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour),
		Person: dossier.Person{ID: k.ids[0], Of: ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}},
	}
}

// TestRestoreWithAMirror: the mirror has what the backup lacks; it is put back byte
// for byte and the log goes on under its name.
func TestRestoreWithAMirror(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 20)
		k.disclose(30)
		file := k.back()
		k.disclose(600) // past the end of a tile, and of two
		k.allowPlain()  // what is lost of it is not in force
		all, head, mirror, pack := k.leaves(), k.note(), k.mirror(), k.pack()
		k.close()
		var asked []string
		files := http.FileServer(http.Dir(mirror))
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			files.ServeHTTP(w, r)
		}))
		defer web.Close()

		bundle := filepath.Join(mirror, "tile", "entries", "001")
		good, err := os.ReadFile(bundle)
		k.ok(err)
		altered := bytes.Clone(good)
		altered[len(altered)/2] ^= 1
		k.ok(os.WriteFile(bundle, altered, 0o600))
		o := k.fresh(file)
		o.Mirror = mirror
		o.Keeper = t.TempDir() // the machine is gone, and the keeper with it
		if _, err := server.Restore(ctxOf(t), o); !fault.IsID(err, "mirror-differs") {
			t.Errorf("a mirror with a bit flipped: %v", err)
		}
		k.ok(os.WriteFile(bundle, good, 0o600))

		o.Mirror = web.URL
		r := k.restored(o)
		if len(asked) < 3 {
			t.Errorf("the mirror was asked %d times", len(asked))
		}
		if r.NewOrigin || r.Missing != 0 || r.Restored+r.PutBack != uint64(len(all)) || r.PutBack < 600 {
			t.Errorf("%d restored, %d put back, %d missing, another log: %v; the log had %d", r.Restored, r.PutBack, r.Missing, r.NewOrigin, len(all))
		}
		if r.Kinds["disclosure"] < 600 {
			t.Errorf("of what was put back it says %v", r.Kinds)
		}
		if got := k.plain(k.ids[0]); got != "no-permit" {
			t.Error("a rule that was lost is in force")
		}
		if got := k.leaves()[:len(all)]; !slices.EqualFunc(got, all, bytes.Equal) {
			t.Error("what was put back is not what was written")
		}
		if k.entryOfRestore(r.Entry); r.Entry != uint64(len(all)) {
			t.Errorf("the restore's entry is %d after %d", r.Entry, len(all))
		}
		k.disclose(5)
		// somebody who kept the head of before can follow
		c, err := proof.ParseCheckpoint(head)
		k.ok(err)
		now := headOf(k)
		steps, err := k.ledger.Consistency(ctxOf(t), now, c.Size)
		k.ok(err)
		if len(steps) == 0 {
			t.Error("no proof that the head of before is a prefix")
		}
		k.close()
		rep := k.verified()
		if rep.Unopened < r.PutBack || rep.Unopened > r.PutBack+uint64(len(k.ids)) {
			t.Errorf("%d openings do not open, and %d entries were put back", rep.Unopened, r.PutBack)
		}
		if _, err := verifies(t, pack, r.Data); err != nil {
			t.Errorf("a pack of before: %v", err)
		}
	})
}

func headOf(k *kept) ledger.Head {
	k.t.Helper()
	h, err := k.db.Head(ctxOf(k.t))
	k.ok(err)
	return h
}

// TestRestoreOpensAnotherLog: entries were seen that nobody has. The old log is
// closed, another goes on from the restored entries, says so, and is verified; what
// the old one proved is proven still. Then it happens again.
func TestRestoreOpensAnotherLog(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 20)
		base := k.settings.Origin
		k.disclose(30)
		file := k.back()
		size := headOf(k).Size
		k.disclose(20)
		seen, pack := headOf(k).Size, k.pack()
		kept := filepath.Join(t.TempDir(), "kept")
		k.ok(os.WriteFile(kept, k.note(), 0o600))
		lost := headOf(k)
		k.close()
		oldData, oldSettings := k.dir.Data, k.settings
		oldKeeper, err := os.ReadFile(k.settings.Keeper)
		k.ok(err)

		o := k.fresh(file)
		o.Checkpoints = []string{kept}
		r := k.restored(o)
		if r.Restored != size || !r.NewOrigin || r.Origin != base+"/e1" || r.Missing != lost.Size-size || r.Missing < seen-size {
			t.Errorf("%+v; the backup had %d of %d entries", r, size, lost.Size)
		}
		k.disclose(10)
		row := k.entryOfRestore(r.Entry)
		for name, want := range map[string]string{
			"origin": base + "/e1", "restored": fmt.Sprint(size), "put-back": "0",
			"missing-from": fmt.Sprint(size), "missing-until": fmt.Sprint(lost.Size), "checkpoint": string(lost.Note), "actor": "officer",
		} {
			if got := row.Fact(name); got != want {
				t.Errorf("the entry's %s is %q, want %q", name, got, want)
			}
		}
		if !strings.HasPrefix(row.Fact("heir"), "goldbell heir v1\n"+base+"\n"+fmt.Sprint(size)+"\n") {
			t.Errorf("the old log's last word: %q", row.Fact("heir"))
		}
		second := k.back() // of the second log
		at := headOf(k).Size
		k.disclose(3)
		newPack := k.pack()
		k.close()
		k.verified()
		for name, zip := range map[string][]byte{"of the old log": pack, "of the new log": newPack} {
			rep, err := verifies(t, zip, r.Data)
			if err != nil || !rep.LogChecked {
				t.Errorf("a pack %s: %v", name, err)
			}
		}
		// who trusts the old log follows its last word to the new one
		rep, err := verifies(t, newPack, oldData)
		if err != nil || rep.Listed != base || len(rep.Closed) != 1 || rep.Closed[0].Size != size || rep.Closed[0].Missing != lost.Size-size {
			t.Errorf("a pack of the new log under the policy of the old one: %v, %+v", err, rep.Closed)
		}

		// the old copy is over: on its own files, and with its own keeper
		k.ok(os.WriteFile(oldSettings.Keeper, oldKeeper, 0o600))
		if _, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: oldData}}); !fault.IsID(err, "closed-log") {
			t.Errorf("the old copy: %v", err)
		}
		old, err := server.VerifyLedger(ctxOf(t), server.Places{Data: oldData}, nil)
		if err != nil || len(old.Faults) == 0 || !strings.Contains(old.Faults[0].What, "older copy") || old.Heads == 0 {
			t.Errorf("ledger verify of the old copy: %+v, %v", old, err)
		}
		k.ok(os.Remove(oldSettings.Keeper))
		if _, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: oldData}}); !fault.IsID(err, "closed-log") {
			t.Errorf("the old copy without its keeper: %v", err)
		}

		// the second time, from a backup of the second log
		r = k.restored(k.fresh(second))
		if r.Origin != base+"/e2" || r.Restored != at || !r.NewOrigin || r.Missing == 0 {
			t.Errorf("the second time: %+v", r)
		}
		k.disclose(3)
		k.close()
		k.verified()
		// and the third, from the backup of the first, which two logs have left behind
		o = k.fresh(file)
		o.Code = k.first
		r = k.restored(o)
		if r.Origin != base+"/e3" || r.Restored != size || !r.NewOrigin {
			t.Errorf("the third time: %+v", r)
		}
		k.disclose(1)
		k.close()
		k.verified()
		if _, err := verifies(t, pack, r.Data); err != nil {
			t.Errorf("a pack of the first log, after all: %v", err)
		}
		for _, change := range []string{"seen = seen + 1", "origin = '" + base + "'", "mac = heir", "entry = entry - 1"} {
			k.altered(r, change)
		}
	})
}

// TestPackFollowsARestore: what a witness signed of the log before the restore stays
// its signature after it, no alarm says otherwise, and a pack of the new log shows it to
// who trusts the old one.
func TestPackFollowsARestore(t *testing.T) {
	k := newKept(t, "", 5)
	base := k.ring.VerifierKey()
	dir := filepath.Join(t.TempDir(), "witness")
	theirs, err := witness.Init(dir, "witness.example/w", []string{base}, rand.Reader)
	k.ok(err)
	watcher, err := witness.OpenServer(dir, time.Now)
	k.ok(err)
	defer watcher.Close()
	web := httptest.NewServer(watcher.Handler())
	defer web.Close()
	line := "witness w " + theirs.VKey + " " + web.URL + "\n"
	var alarms []string
	client := func(logs string) *witness.Client {
		t.Helper()
		p, err := proof.ParsePolicy([]byte(logs + line + "quorum none\n"))
		k.ok(err)
		c, err := witness.New(ctxOf(t), witness.Config{
			Log: k.ledger, Store: k.db, LogKey: k.ring.VerifierKey(), Policy: p, Clock: time.Now,
			Outside: map[string]string{"w": "Somebody Else Ltd"}, Alarm: func(id string) { alarms = append(alarms, id) },
			StopFile: filepath.Join(dir, "stop"),
		})
		k.ok(err)
		return c
	}
	k.disclose(5)
	client("log " + base + "\n").Round(ctxOf(t))
	signed := headOf(k)
	k.disclose(1)
	file := k.back()
	k.disclose(3)
	lost := headOf(k)
	k.close()
	o := k.fresh(file)
	o.Checkpoints = []string{filepath.Join(dir, "kept")}
	k.ok(os.WriteFile(o.Checkpoints[0], lost.Note, 0o600))
	r := k.restored(o)
	k.disclose(2)

	c := client("log " + k.ring.VerifierKey() + "\nlog " + base + "\n")
	c.Round(ctxOf(t)) // the witness knows nothing of the new log
	if slices.Contains(alarms, "cosignature-broken") || c.Stopped() != nil || c.Status().Covered != 0 {
		t.Errorf("alarms %v, stopped %v, covered %d", alarms, c.Stopped(), c.Status().Covered)
	}
	if note, ok, err := c.FirstSigned(ctxOf(t), 1); err != nil || !ok || !strings.HasPrefix(string(note), strings.Split(base, "+")[0]+"\n") {
		t.Errorf("what the witness signed first: %q, %v", note, err)
	}
	m := k.maker()
	m.Heads = c
	order := k.order()
	order.Kept = [][]byte{signed.Note}
	made, err := m.Make(ctxOf(t), k.officer, order)
	k.ok(err)
	pack, err := proof.ReadPack(bytes.NewReader(made.Zip), int64(len(made.Zip)))
	k.ok(err)
	for name, logs := range map[string]string{"old": "log " + base + "\n", "new": "log " + r.LogKey + "\n", "both": "log " + r.LogKey + "\nlog " + base + "\n"} {
		p, err := proof.ParsePolicy([]byte(logs + line + "quorum none\n"))
		k.ok(err)
		rep, err := proof.Verify(pack, p, signed.Note)
		if err != nil || !rep.LogChecked || len(rep.Closed) != 1 || rep.Oldest.Signed.IsZero() || !rep.Newest.Signed.IsZero() {
			t.Errorf("under the %s policy: %v %+v %+v", name, err, rep.Closed, rep.Oldest)
		}
	}
	order.ID, order.Kept = newID(), [][]byte{lost.Note}
	if _, err := m.Make(ctxOf(t), k.officer, order); !fault.IsID(err, "kept-lost") {
		t.Errorf("a kept head of what is lost: %v", err)
	}
	k.close()
	k.verified()
}

// altered changes the row of a restore with SQL: it is found, and nothing starts on it.
func (k *kept) altered(r server.RestoreReport, change string) {
	k.t.Helper()
	var entry, seen int64
	var origin string
	var mac []byte
	k.ok(k.sqlOf().QueryRow(`SELECT entry, seen, origin, mac FROM ledger_restore`).Scan(&entry, &seen, &origin, &mac))
	k.exec(`UPDATE ledger_restore SET ` + change)
	found, err := server.VerifyLedger(ctxOf(k.t), server.Places{Data: r.Data}, nil)
	if err == nil && len(found.Faults) == 0 {
		k.t.Errorf("ledger verify does not see: %s", change)
	}
	if _, err := server.Open(ctxOf(k.t), server.Options{Places: server.Places{Data: r.Data}}); !fault.IsID(err, "ledger-broken") {
		k.t.Errorf("after %s: %v", change, err)
	}
	k.exec(`UPDATE ledger_restore SET entry = $1, seen = $2, origin = $3, mac = $4`, entry, seen, origin, mac)
}

// entryOfRestore reads the record of a restore.
func (k *kept) entryOfRestore(idx uint64) *ledger.Record {
	k.t.Helper()
	r, err := k.ledger.Record(ctxOf(k.t), idx)
	k.ok(err)
	if r.Leaf.Kind != proof.KindRestore {
		k.t.Fatalf("entry %d is of kind %s", idx, r.Leaf.Kind)
	}
	return r
}

// TestRestoreAsksWhoHasSeenMore: a kept checkpoint, a witness; and one of another
// history.
func TestRestoreAsksWhoHasSeenMore(t *testing.T) {
	k := newKept(t, "", 10)
	base := k.settings.Origin
	k.disclose(5)
	k.close()
	copied := k.house.backup()
	k.open(k.dir, options{caps: openCaps()})
	k.disclose(5)
	file, backed := k.back(), headOf(k).Size
	k.disclose(4)
	ahead := headOf(k)
	k.close()

	sum := sha256.Sum256([]byte(base))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/"+hex.EncodeToString(sum[:])+"/checkpoint" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(ahead.Note)
	}))
	defer web.Close()
	vkey := witnessKey(t, "witness.example")
	policy := filepath.Join(t.TempDir(), "policy")
	k.ok(os.WriteFile(policy, []byte("log "+k.made.LogKey+"\nwitness w "+vkey+" "+web.URL+"/\nquorum w\n"), 0o600))

	// another history: the copy of before goes on by itself
	forked := newForkOf(k, copied)

	for _, tc := range []struct {
		name    string
		change  func(*server.RestoreOptions)
		refused string
		missing uint64 // the first index after what is missing
	}{
		{"a head of another history", func(o *server.RestoreOptions) { o.Checkpoints = []string{forked} }, "restore-forked", 0},
		{"a witness", func(o *server.RestoreOptions) { o.Policy = policy }, "", ahead.Size},
		{"nobody", func(*server.RestoreOptions) {}, "", backed},
	} {
		o := k.fresh(file)
		o.Keeper = t.TempDir()
		tc.change(&o)
		r, err := server.Restore(ctxOf(t), o)
		if tc.refused != "" {
			if !fault.IsID(err, tc.refused) {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		k.ok(err)
		if !r.NewOrigin || r.Restored+r.Missing != tc.missing {
			t.Errorf("%s: %+v", tc.name, r)
		}
		if tc.name == "nobody" {
			continue
		}
		if len(r.Seen) != 1 || r.Seen[0].From != "witness" {
			t.Errorf("seen: %+v", r.Seen)
		}
		text, err := os.ReadFile(r.Policy)
		k.ok(err)
		p, err := proof.ParsePolicy(text)
		k.ok(err)
		if len(p.Logs) != 2 || p.Logs[0].Key.Name != r.Origin || len(p.Witnesses) != 1 || p.Quorum != "w" {
			t.Errorf("the policy is now\n%s", text)
		}
	}
}

// newForkOf lets the copied files go on by themselves and keeps their head.
func newForkOf(k *kept, copied string) string {
	k.t.Helper()
	away := filepath.Join(k.t.TempDir(), "away")
	k.ok(os.CopyFS(away, os.DirFS(copied)))
	settings := k.settings
	settings.Keeper = filepath.Join(k.t.TempDir(), "head")
	was := k.parts
	p, err := wire(ctxOf(k.t), server.Places{Data: away, Keys: k.dir.Keys}, settings, options{caps: openCaps()})
	k.ok(err)
	k.parts = p
	for i := range 3 {
		_, err := k.door.Disclose(ctxOf(k.t), k.agents[0], read(newID(), pii.Masked, k.ids[i])) // refused, and recorded
		k.ok(err)
	}
	file := filepath.Join(k.t.TempDir(), "forked")
	k.ok(os.WriteFile(file, k.note(), 0o600))
	k.parts.close()
	k.parts = was
	return file
}

// witnessKey is the key of a witness that signs nothing here.
func witnessKey(t testing.TB, name string) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw := append([]byte{4}, public...)
	sum := sha256.Sum256([]byte(name + "\n" + string(raw)))
	return fmt.Sprintf("%s+%08x+%s", name, binary.BigEndian.Uint32(sum[:]), base64.StdEncoding.EncodeToString(raw))
}
