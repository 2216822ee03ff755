package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

var (
	november = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	li       = pii.SubjectID{1}
	wang     = pii.SubjectID{2}
	phoneAt  = Place{li, pii.Phone, 1}
)

const origin = "log.example.com/custody"

func month(n int) time.Time { return november.AddDate(0, n, 0) }

func none(Month) (int, error) { return 0, nil }

func newRing(t testing.TB) *Ring {
	t.Helper()
	r, err := Create(filepath.Join(t.TempDir(), "keys"), origin, november, rand.Reader)
	return must(t, r, err)
}

func reopen(t testing.TB, r *Ring) *Ring {
	t.Helper()
	again, err := Open(r.dir, rand.Reader)
	return must(t, again, err)
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dataKeyOf(t testing.TB, r *Ring, id pii.SubjectID) (DataKey, Wrapped) {
	t.Helper()
	d, w, err := r.NewDataKey(id, november)
	if err != nil {
		t.Fatal(err)
	}
	return d, w
}

func TestMonthIsBeijings(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"2026-10-31T15:59:59Z", "2026-10"},
		{"2026-10-31T16:00:00Z", "2026-11"},
		{"2026-12-31T16:00:00Z", "2027-01"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if got := MonthOf(must(t, at, err)).String(); got != c.want {
			t.Errorf("%s is in %s, want %s", c.at, got, c.want)
		}
	}
	var m Month
	if err := m.UnmarshalText([]byte("2026-11")); err != nil || m != MonthOf(november) {
		t.Errorf("read back %v, %v", m, err)
	}
}

func TestValuesSurviveReopening(t *testing.T) {
	r := newRing(t)
	d, w := dataKeyOf(t, r, li)
	sealed, err := d.Seal(phoneAt, []byte("a number"))
	must(t, sealed, err)
	k, kw, err := r.NewRecordKey(li, november)
	must(t, k, err)
	opening, err := k.Seal([]byte("entry 1"), []byte("an opening"))
	must(t, opening, err)
	bulk, err := r.SealRecord(november, []byte("entry 2"), []byte("a bulk opening"))
	must(t, bulk, err)

	again := reopen(t, r)
	d2, err := again.OpenDataKey(li, w)
	must(t, d2, err)
	k2, err := again.OpenRecordKey(li, kw)
	must(t, k2, err)
	for _, c := range []struct {
		want string
		open func() ([]byte, error)
	}{
		{"a number", func() ([]byte, error) { return d2.Open(phoneAt, sealed) }},
		{"an opening", func() ([]byte, error) { return k2.Open([]byte("entry 1"), opening) }},
		{"a bulk opening", func() ([]byte, error) { return again.OpenRecord([]byte("entry 2"), bulk) }},
	} {
		if got, err := c.open(); string(got) != c.want {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
	}
	type hashes struct {
		Index, Tag, Commit [32]byte
		MAC                []byte
		Mask               [16]byte
		Pseudonym          pii.SubjectID
		Request            pii.RequestID
		Verifier           string
	}
	of := func(r *Ring, k RecordKey) hashes {
		return hashes{r.BlindIndex(pii.Phone, 1, "x"), k.PRF(1, []byte("d")), k.Commitment(li[:]), r.MAC("grant", []byte("row")),
			r.MaskKey(pii.Phone, 1, "1**"), r.Pseudonym("partner", li), r.RequestID("p", "/v1/calls", "k"), r.VerifierKey()}
	}
	if d := cmp.Diff(of(r, k), of(again, k2)); d != "" {
		t.Error("hashes changed by reopening:\n" + d)
	}
}

func TestSignerVerifies(t *testing.T) {
	r := newRing(t)
	v, err := note.NewVerifier(r.VerifierKey())
	must(t, v, err)
	signed, err := note.Sign(&note.Note{Text: "head\n"}, r.Signer())
	must(t, signed, err)
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil || v.Name() != origin {
		t.Errorf("%v, signed by %q", err, v.Name())
	}
}

// sealings are all ways to seal, each with what must differ to break it.
func sealings(t *testing.T, r *Ring) map[string]struct {
	sealed []byte
	open   func([]byte) error
	wrong  map[string]func([]byte) error
} {
	d, w := dataKeyOf(t, r, li)
	other, _ := dataKeyOf(t, r, li)
	field, err := d.Seal(phoneAt, []byte("a number"))
	must(t, field, err)
	k, kw, err := r.NewRecordKey(li, november)
	must(t, k, err)
	ks, err := k.Seal([]byte("c"), []byte("opening"))
	must(t, ks, err)
	bulk, err := r.SealRecord(november, []byte("c"), []byte("opening"))
	must(t, bulk, err)
	passing, err := r.SealPassing(november, []byte("c"), []byte("message"))
	must(t, passing, err)
	cursor, err := r.SealFor("cursor", []byte("c"), []byte("page"))
	must(t, cursor, err)
	must(t, true, func() error { _, err := r.StartPeriod(month(1)); return err }())
	next := MonthOf(month(1))

	openField := func(d DataKey, at Place) func([]byte) error {
		return func(b []byte) error { _, err := d.Open(at, b); return err }
	}
	openData := func(id pii.SubjectID, m Month) func([]byte) error {
		return func(b []byte) error { _, err := r.OpenDataKey(id, Wrapped{m, b}); return err }
	}
	openRecordKey := func(id pii.SubjectID, m Month) func([]byte) error {
		return func(b []byte) error { _, err := r.OpenRecordKey(id, Wrapped{m, b}); return err }
	}
	openKs := func(c string) func([]byte) error {
		return func(b []byte) error { _, err := k.Open([]byte(c), b); return err }
	}
	openBulk := func(c string) func([]byte) error {
		return func(b []byte) error { _, err := r.OpenRecord([]byte(c), b); return err }
	}
	openPassing := func(c string) func([]byte) error {
		return func(b []byte) error { _, err := r.OpenPassing([]byte(c), b); return err }
	}
	openUse := func(use, c string) func([]byte) error {
		return func(b []byte) error { _, err := r.OpenFor(use, []byte(c), b); return err }
	}
	type one = struct {
		sealed []byte
		open   func([]byte) error
		wrong  map[string]func([]byte) error
	}
	return map[string]one{
		"field": {field, openField(d, phoneAt), map[string]func([]byte) error{
			"subject": openField(d, Place{wang, pii.Phone, 1}), "field": openField(d, Place{li, pii.Email, 1}),
			"version": openField(d, Place{li, pii.Phone, 2}), "key": openField(other, phoneAt), "zero key": openField(DataKey{}, phoneAt)}},
		"data key": {w.Bytes, openData(li, w.Period), map[string]func([]byte) error{
			"subject": openData(wang, w.Period), "period": openData(li, next), "as record key": openRecordKey(li, w.Period)}},
		"record key": {kw.Bytes, openRecordKey(li, kw.Period), map[string]func([]byte) error{
			"subject": openRecordKey(wang, kw.Period), "month": openRecordKey(li, next), "as data key": openData(li, kw.Period)}},
		"opening": {ks, openKs("c"), map[string]func([]byte) error{"context": openKs("d"), "as bulk": openBulk("c")}},
		"bulk":    {bulk, openBulk("c"), map[string]func([]byte) error{"context": openBulk("d"), "as passing": openPassing("c")}},
		"passing": {passing, openPassing("c"), map[string]func([]byte) error{"context": openPassing("d"), "as bulk": openBulk("c")}},
		"cursor":  {cursor, openUse("cursor", "c"), map[string]func([]byte) error{"use": openUse("x", "c"), "context": openUse("cursor", "d")}},
	}
}

func TestSealedBytesOpenOnlyUnalteredAndInTheirPlace(t *testing.T) {
	for name, s := range sealings(t, newRing(t)) {
		t.Run(name, func(t *testing.T) {
			if err := s.open(s.sealed); err != nil {
				t.Fatal("does not open in its place:", err)
			}
			for what, open := range s.wrong {
				if open(s.sealed) == nil {
					t.Errorf("opens with another %s", what)
				}
			}
			for i := range s.sealed {
				b := bytes.Clone(s.sealed)
				b[i] ^= 1 << (i % 8)
				if s.open(b) == nil {
					t.Errorf("opens with byte %d altered", i)
				}
				if s.open(s.sealed[:i]) == nil {
					t.Errorf("opens when cut to %d bytes", i)
				}
			}
			if s.open(append(bytes.Clone(s.sealed), 0)) == nil {
				t.Error("opens with a byte more")
			}
		})
	}
}

func TestAnotherOriginsRingOpensNothing(t *testing.T) {
	// Same keys, other origin: only the associated data differs.
	r := newRing(t)
	s := sealings(t, r)
	st := r.state.clone()
	st.origin = "other.example.com"
	r.state = st
	for name, s := range s {
		if name != "field" && name != "opening" && s.open(s.sealed) == nil {
			t.Errorf("%s opens under another origin", name)
		}
	}
}

// TestI7DestroyedPeriodOpensNothing plays three months as the server does.
func TestI7DestroyedPeriodOpensNothing(t *testing.T) {
	r := newRing(t)
	_, old := dataKeyOf(t, r, li)
	passing, err := r.SealPassing(november, nil, []byte("message"))
	must(t, passing, err)
	w := old
	for n := 1; n <= 2; n++ {
		_, err = r.StartPeriod(month(n))
		must(t, true, err)
		if n == 2 {
			if _, err := r.EndPeriods(month(n), func(Month) (int, error) { return 1, nil }); !errors.Is(err, ErrInUse) {
				t.Fatal("a period with living keys was not kept:", err)
			}
		}
		w, err = r.Rewrap(li, w, month(n))
		must(t, w, err)
		gone, err := r.EndPeriods(month(n), none)
		must(t, gone, err)
		if want := map[int][]Month{1: nil, 2: {MonthOf(november)}}[n]; !cmp.Equal(gone, want) {
			t.Errorf("month %d destroyed %v, want %v", n, gone, want)
		}
	}
	for what, ring := range map[string]*Ring{"running": r, "reopened": reopen(t, r)} {
		if _, err := ring.OpenDataKey(li, old); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s: a wrapping of the period before last: %v", what, err)
		}
		if _, err := ring.OpenPassing(nil, passing); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s: what passed in the period before last: %v", what, err)
		}
		if _, err := ring.OpenDataKey(li, w); err != nil {
			t.Errorf("%s: the living wrapping: %v", what, err)
		}
		if d := cmp.Diff(ring.Periods(), []Month{MonthOf(month(1)), MonthOf(month(2))}); d != "" {
			t.Error(what, d)
		}
	}
	for _, e := range dirNames(t, r.dir) {
		if e != rootName && e != ringName {
			t.Error("left in the key directory:", e)
		}
	}
}

func TestI7ErasedPersonsKeyDoesNotOpen(t *testing.T) {
	r := newRing(t)
	_, w := dataKeyOf(t, r, li)
	_, ww := dataKeyOf(t, r, wang)
	k, kw, err := r.NewRecordKey(li, november)
	must(t, k, err)
	must(t, true, r.Shred(li))
	for what, r := range map[string]*Ring{"running": r, "reopened": reopen(t, r)} {
		if _, err := r.OpenDataKey(li, w); !errors.Is(err, ErrErased) {
			t.Errorf("%s: opened: %v", what, err)
		}
		if _, err := r.Rewrap(li, w, november); !errors.Is(err, ErrErased) {
			t.Errorf("%s: wrapped anew: %v", what, err)
		}
		if _, _, err := r.NewDataKey(li, november); !errors.Is(err, ErrErased) {
			t.Errorf("%s: a new key for an erased id: %v", what, err)
		}
		if _, err := r.OpenRecordKey(li, kw); err != nil {
			t.Errorf("%s: the record key has its own clock: %v", what, err)
		}
		if _, err := r.OpenDataKey(wang, ww); err != nil {
			t.Errorf("%s: a colleague's erasure reached another: %v", what, err)
		}
		if !r.Erased(li) || r.Erased(wang) || !cmp.Equal(r.ErasedIDs(), []pii.SubjectID{li}) {
			t.Errorf("%s: erased ids %v", what, r.ErasedIDs())
		}
	}
	must(t, true, r.Forget(li))
	if _, err := reopen(t, r).OpenRecordKey(li, kw); !errors.Is(err, ErrErased) {
		t.Error("a forgotten record key opened:", err)
	}
}

func TestEndRecordsDestroysOpenings(t *testing.T) {
	r := newRing(t)
	sealed, err := r.SealRecord(november, nil, []byte("opening"))
	must(t, sealed, err)
	_, err = r.StartPeriod(month(1))
	must(t, true, err)
	gone, err := r.EndRecords(MonthOf(month(1)), none)
	if must(t, gone, err); !cmp.Equal(gone, []Month{MonthOf(november)}) {
		t.Errorf("destroyed %v", gone)
	}
	if _, err := reopen(t, r).OpenRecord(nil, sealed); !errors.Is(err, ErrDestroyed) {
		t.Error("opened:", err)
	}
	m, err := RecordMonth(sealed)
	if must(t, m, err) != MonthOf(november) {
		t.Error("month", m)
	}
}

func TestBeforeStartPeriodTheLastMonthServes(t *testing.T) {
	r := newRing(t)
	_, w, err := r.NewDataKey(li, month(1))
	if must(t, w, err); w.Period != MonthOf(november) {
		t.Errorf("wrapped under %v", w.Period)
	}
	if _, _, err := r.NewDataKey(li, month(2)); !fault.IsID(err, "no-period-key") {
		t.Error("wrapped under a key two months old:", err)
	}
	if again, err := r.StartPeriod(november); again || err != nil {
		t.Error("the running month was started twice:", err)
	}
}

func TestHashesSeparate(t *testing.T) {
	r, other := newRing(t), newRing(t)
	index := r.BlindIndex(pii.Phone, 1, "13800138000")
	for what, got := range map[string][32]byte{
		"field": r.BlindIndex(pii.Email, 1, "13800138000"), "version": r.BlindIndex(pii.Phone, 2, "13800138000"),
		"value": r.BlindIndex(pii.Phone, 1, "13800138001"), "ring": other.BlindIndex(pii.Phone, 1, "13800138000"),
	} {
		if got == index {
			t.Error("blind index is equal for another", what)
		}
	}
	// Parts that only differ in where one ends must not meet.
	if r.MaskKey("ab", 1, "c") == r.MaskKey("a", 1, "bc") || r.RequestID("a", "bc", "d") == r.RequestID("ab", "c", "d") ||
		bytes.Equal(r.MAC("ab", []byte("c")), r.MAC("a", []byte("bc"))) {
		t.Error("two lists of parts give one hash")
	}
	if r.Pseudonym("a", li) == r.Pseudonym("b", li) || r.Pseudonym("a", li) == r.Pseudonym("a", wang) || r.Pseudonym("a", li) == li {
		t.Error("pseudonyms join")
	}
	if !r.CheckMAC("grant", []byte("row"), r.MAC("grant", []byte("row"))) || r.CheckMAC("post", []byte("row"), r.MAC("grant", []byte("row"))) {
		t.Error("MAC")
	}
}

// TestXAESVectors are those of c2sp.org/XAES-256-GCM.
func TestXAESVectors(t *testing.T) {
	for _, c := range []struct {
		key        byte
		ad, sealed string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		k := key(bytes.Repeat([]byte{c.key}, keySize))
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		got := newSealer(&k).seal(nil, nonce, []byte("XAES-256-GCM"), []byte(c.ad))
		if hex.EncodeToString(got[longNonce:]) != c.sealed {
			t.Errorf("key %d: %x", c.key, got[longNonce:])
		}
	}
}

func TestKeysNeverPrint(t *testing.T) {
	r := newRing(t)
	d, _ := dataKeyOf(t, r, li)
	k, _, err := r.NewRecordKey(li, november)
	must(t, k, err)
	raw := r.state.named[macKey]
	secret := hex.EncodeToString(raw[:])
	for _, v := range []any{r, d, &d, k, &k, raw, *raw, []any{d, k, *raw}, struct{ D DataKey }{d}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d", "%q"} {
			got := fmt.Sprintf(verb, v)
			if !strings.Contains(got, hiddenKey) || strings.Contains(got, secret) {
				t.Errorf("%T as %s: %s", v, verb, got)
			}
		}
		b, err := json.Marshal(v)
		if must(t, b, err); !strings.Contains(string(b), hiddenKey) {
			t.Errorf("%T as JSON: %s", v, b)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	r := newRing(t)
	_, w := dataKeyOf(t, r, li)
	var want [3][32]byte
	for i := range want {
		want[i] = reopen(t, r).BlindIndex(pii.Phone, uint16(i), "x")
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 50 {
				id := pii.SubjectID{byte(n), byte(i), 9}
				if d, err := r.OpenDataKey(li, w); err != nil {
					t.Error(err)
				} else if s, err := d.Seal(phoneAt, []byte("v")); err != nil || len(s) == 0 {
					t.Error(err)
				}
				if r.BlindIndex(pii.Phone, uint16(i%3), "x") != want[i%3] {
					t.Error("index differs")
				}
				if i%10 == 0 {
					if err := r.Shred(id); err != nil || !r.Erased(id) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(reopen(t, r).ErasedIDs()); n != 20 {
		t.Errorf("%d erased ids survived, want 20", n)
	}
}

func TestADPartsAreUnambiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "\x00\x00\x00\x01", "ab"}), 0, 4)
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		enc := func(p []string) (out ad) {
			for _, s := range p {
				out = out.text(s)
			}
			return out
		}
		if bytes.Equal(enc(a), enc(b)) != cmp.Equal(append([]string{}, a...), append([]string{}, b...)) {
			t.Fatalf("%q and %q", a, b)
		}
	})
}
