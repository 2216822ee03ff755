package ledger_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

// flippable are the columns of the ledger's tables in which a flipped bit must be
// found. A table's rows are counted off in the order of its key.
type column struct{ table, key, column string }

var flippable = []column{
	{"ledger_entry", "idx", "data"}, {"ledger_entry", "idx", "idx"},
	{"ledger_entry", "idx", "sealed"}, {"ledger_entry", "idx", "month"}, {"ledger_entry", "idx", "holder"}, {"ledger_entry", "idx", "refs"},
	{"ledger_index", "kind, ref, idx", "ref"}, {"ledger_index", "kind, ref, idx", "kind"}, {"ledger_index", "kind, ref, idx", "idx"},
	{"ledger_request", "request", "request"}, {"ledger_request", "request", "idx"},
	{"ledger_tile", "l, n", "data"}, {"ledger_tile", "l, n", "l"}, {"ledger_tile", "l, n", "n"},
	{"ledger_checkpoint", "size", "note"}, {"ledger_checkpoint", "size", "size"},
	{"ledger_cosig", "size, witness", "line"}, {"ledger_cosig", "size, witness", "witness"}, {"ledger_cosig", "size, witness", "size"},
	{"ledger_head", "id", "size"}, {"ledger_head", "id", "root"}, {"ledger_head", "id", "note"},
	{"ledger_head", "id", "frontier"}, {"ledger_head", "id", "micros"}, {"ledger_head", "id", "rules"},
}

// TestEveryFlippedBitIsFound: of random single bits of the stored ledger each is
// found by a full verification, and none is signed over by a process that starts
// afterwards: it refuses to append, or it signs the tree as it was before the flip.
func TestEveryFlippedBitIsFound(t *testing.T) {
	b := newBook(t)
	leaves, back := b.kept()
	b.sql(`UPDATE ledger_head SET size = size + (1 << 62)`) // in arithmetic on such trees tlog does not end
	if found, err := b.faults(); err == nil && found == 0 {
		t.Error("a flipped bit of the size is not found")
	}
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.SampledFrom(flippable).Draw(rt, "column")
		seen[at.table+"."+at.column]++
		back()
		b.flipped(rt, at, leaves, func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "place") })
	})
	t.Log(seen)
}

// TestEveryFlippedBitIsFoundOnPostgres: the same there, a few bits of each column.
func TestEveryFlippedBitIsFoundOnPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("copies a database for each bit")
	}
	b := newBookOn(t, pgtest.Start(t))
	leaves, back := b.kept()
	for i := range 2 * len(flippable) {
		at := flippable[i%len(flippable)]
		t.Run(at.table+"."+at.column, func(t *testing.T) {
			back()
			b.flipped(t, at, leaves, mathrand.New(mathrand.NewPCG(uint64(i), 1)).IntN)
		})
	}
}

// kept fills the book, and gives its leaves and how to put all of it back.
func (b *book) kept() (leaves [][]byte, back func()) {
	b.t.Helper()
	leaves = b.variety()
	b.shut()
	b.verified(0)
	keeper, err := os.ReadFile(filepath.Join(b.dir, "head"))
	b.ok(err)
	if b.dsn != "" {
		// Beside it, for a database cannot be dropped from within.
		u, err := url.Parse(b.dsn)
		b.ok(err)
		name := strings.TrimPrefix(u.Path, "/")
		u.Path = "/postgres"
		beside, err := sql.Open("pgx", u.String())
		b.ok(err)
		b.t.Cleanup(func() {
			_, _ = beside.Exec("DROP DATABASE " + name + "_whole WITH (FORCE)")
			_ = beside.Close()
		})
		_, err = beside.Exec("CREATE DATABASE " + name + "_whole TEMPLATE " + name)
		b.ok(err)
		return leaves, func() {
			for _, text := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE " + name + "_whole"} {
				_, err := beside.Exec(text)
				b.ok(err)
			}
			b.ok(os.WriteFile(filepath.Join(b.dir, "head"), keeper, 0o600))
		}
	}
	b.sql(`PRAGMA wal_checkpoint(TRUNCATE)`)
	whole, err := os.ReadFile(filepath.Join(b.dir, "db"))
	b.ok(err)
	return leaves, func() {
		for _, name := range []string{"db", "db-wal", "db-shm"} {
			_ = os.Remove(filepath.Join(b.dir, name))
		}
		b.ok(os.WriteFile(filepath.Join(b.dir, "db"), whole, 0o600))
		b.ok(os.WriteFile(filepath.Join(b.dir, "head"), keeper, 0o600))
	}
}

// flipped flips a bit of the column, which must be found and not be signed over.
func (b *book) flipped(t failing, at column, leaves [][]byte, draw func(n int) int) {
	if !b.flip(draw, at.table, at.key, at.column) {
		return // the column refuses such a value
	}
	if found, err := b.faults(); err == nil && found == 0 {
		t.Fatalf("a flipped bit of %s.%s is not found", at.table, at.column)
	}
	b.signsNoFlip(t, leaves)
}

// failing is a test, or a trial of rapid's.
type failing interface{ Fatalf(string, ...any) }

// beside opens the database as an administrator may.
func (b *book) beside() *sql.DB {
	b.t.Helper()
	driver, at := "sqlite", "file:"+filepath.Join(b.dir, "db")+"?_pragma=busy_timeout(10000)"
	if b.dsn != "" {
		driver, at = "pgx", b.dsn
	}
	raw, err := sql.Open(driver, at)
	b.ok(err)
	return raw
}

// flip changes one random bit of one random row's column.
func (b *book) flip(draw func(n int) int, table, key, column string) bool {
	raw := b.beside()
	defer raw.Close()
	var n int
	b.ok(raw.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n))
	where := fmt.Sprintf("(%s) = (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d)", key, key, table, key, draw(n))
	var v any
	b.ok(raw.QueryRow("SELECT " + column + " FROM " + table + " WHERE " + where).Scan(&v))
	switch x := v.(type) {
	case int64:
		v = x ^ 1<<draw(63)
	case string:
		c := []byte(x)
		bit := draw(8 * len(c))
		c[bit/8] ^= 1 << (bit % 8)
		v = string(c)
	case []byte:
		c := append([]byte(nil), x...)
		bit := draw(8 * len(c))
		c[bit/8] ^= 1 << (bit % 8)
		v = c
	default:
		b.t.Fatalf("%s.%s holds %T", table, column, v)
	}
	_, err := raw.Exec("UPDATE "+table+" SET "+column+" = $1 WHERE "+where, v)
	return err == nil
}

// sql runs a statement beside the store, as an administrator may.
func (b *book) sql(text string) {
	b.t.Helper()
	raw := b.beside()
	defer raw.Close()
	_, err := raw.Exec(text)
	b.ok(err)
}

// faults is how many a full verification finds.
func (b *book) faults() (int, error) {
	at := b.place()
	at.ReadOnly = true
	db, err := store.Open(ctx, at)
	b.ok(err)
	defer db.Close()
	c := b.config
	c.Store, c.Remains = db, db
	c.Keeper = ledger.NewKeeper(filepath.Join(b.dir, "head"), "test.invalid/log")
	r, err := ledger.Verify(ctx, c, db, nil)
	return len(r.Faults), err
}

func (b *book) verified(want int) {
	b.t.Helper()
	if n, err := b.faults(); n != want || err != nil {
		b.t.Fatalf("%d faults: %v", n, err)
	}
}

// signsNoFlip starts anew, appends, and compares what was signed with the tree of
// the leaves as they were and the new one.
func (b *book) signsNoFlip(t failing, leaves [][]byte) {
	if b.reopen(nil) != nil {
		return
	}
	defer b.db.Close()
	r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: about()})
	if err != nil {
		_ = b.Close()
		return
	}
	r.Close()
	_ = b.Close()
	head, err := b.db.Head(ctx)
	b.ok(err)
	if want := treeHash(append(leaves[:len(leaves):len(leaves)], r.Record().Leaf.Encode())); head.Root != want {
		t.Fatalf("a flipped bit was signed over")
	}
}

// treeHash is the root of the leaves as tlog has it.
func treeHash(leaves [][]byte) proof.Hash {
	var all []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = all[x]
		}
		return out, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(i), leaf, read)
		if err != nil {
			panic(err)
		}
		all = append(all, more...)
	}
	h, err := tlog.TreeHash(int64(len(leaves)), read)
	if err != nil {
		panic(err)
	}
	return proof.Hash(h)
}

// variety appends entries of every shape: about one, many and no subjects, an
// enrolment, rules; in batches of one and of many; with a witness's signatures. It
// returns the leaves.
func (b *book) variety() [][]byte {
	b.t.Helper()
	for o := pii.Ordinal(2); o <= 20; o++ {
		b.keys[o] = b.key()
	}
	for i := range 12 {
		b.add(b.shown()).Close()
		many := b.shown()
		many.Subjects = nil
		for o := pii.Ordinal(1); o <= pii.Ordinal(2+i); o++ {
			many.Subjects = append(many.Subjects, ledger.Subject{Ordinal: o, Key: b.keys[o], Line: proof.Line{Shown: o%2 == 0, Version: 1, Rule: "r"}})
		}
		many.Org, many.Refs = "agency", []ledger.Ref{{Kind: ledger.RefCase, Key: make([]byte, 16)}}
		b.add(many).Close()
		b.add(ledger.Entry{
			Kind: proof.KindEnrolment, Actor: "crm", Org: pii.Own, Enrols: []proof.Hash{b.keys[1].Commitment([]byte{byte(i)}), {byte(i)}},
			Refs: []ledger.Ref{ledger.SubjectRef(pii.Ordinal(100 + i))},
		}).Close()
		b.add(ledger.Entry{Kind: proof.KindRules, Actor: "officer", Org: pii.Own, Rules: true}).Close()
	}
	b.crowd(300 - 48)
	b.cosign("witness.invalid/w")
	b.ok(b.db.File(ctx))
	head, err := b.db.Head(ctx)
	b.ok(err)
	leaves, err := b.db.Leaves(ctx, 0, int(head.Size))
	b.ok(err)
	return leaves
}

// cosign has a witness sign every fourth stored checkpoint.
func (b *book) cosign(name string) {
	b.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	b.ok(err)
	vkey, id := witnessKey(name, public)
	key, err := proof.ParseWitnessKey(vkey)
	b.ok(err)
	b.config.Witnesses = map[string]proof.Key{name: key}
	notes, err := b.db.Checkpoints(ctx, 0, 1<<40)
	b.ok(err)
	raw := b.beside()
	defer raw.Close()
	for size, note := range notes {
		if size%4 != 0 {
			continue
		}
		c, err := proof.ParseCheckpoint(note)
		b.ok(err)
		sig := ed25519.Sign(private, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", begin.Unix(), c.Text))
		bytes := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, id), uint64(begin.Unix()))
		line := "— " + name + " " + base64.StdEncoding.EncodeToString(append(bytes, sig...)) + "\n"
		_, err = raw.Exec("INSERT INTO ledger_cosig (size, witness, line) VALUES ($1, $2, $3)", size, name, line)
		b.ok(err)
	}
}

// witnessKey is a verifier key of type 0x04 with its id.
func witnessKey(name string, public ed25519.PublicKey) (vkey string, id uint32) {
	b := append([]byte{4}, public...)
	sum := sha256.Sum256(append([]byte(name+"\n"), b...))
	id = binary.BigEndian.Uint32(sum[:])
	return fmt.Sprintf("%s+%08x+%s", name, id, base64.StdEncoding.EncodeToString(b)), id
}
