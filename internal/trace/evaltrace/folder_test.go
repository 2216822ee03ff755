package evaltrace

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goldbell/goldbell/internal/trace"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// folder writes a firm as a case folder.
func (f *firm) folder() fstest.MapFS {
	out := map[string]*bytes.Buffer{}
	line := func(file, format string, args ...any) {
		if out[file] == nil {
			out[file] = &bytes.Buffer{}
		}
		fmt.Fprintf(out[file], format+"\n", args...)
	}
	line("subjects.csv", "subject,segment,region,signup_month,public_listing,decoy")
	line("values.csv", "subject,version,valid_from,phone,name,email,company")
	for i, s := range f.subjects {
		line("subjects.csv", "s%05d,%d,%d,%d,%d,%d", i, s.Segment, s.Region, s.Cohort, btoi(s.Public), btoi(s.Decoy))
		for v := range max(len(s.Versions), 1) {
			from := start - dayS
			if len(s.Versions) > 0 {
				from = s.Versions[v]
			}
			line("values.csv", "s%05d,%d,%s,+86139%08d,N %d,u%d@mail.example,Firm %d-%d Ltd", i, v, stamp(from), i, i, i, i, v)
		}
	}
	line("recipients.csv", "recipient,kind,team")
	for i, p := range f.people {
		line("recipients.csv", "%s,%s,%s", f.id(i), p.kind, p.team)
	}
	line("disclosures.csv", "time,recipient,subject,plain,masked,alias,value_version,format_variant,purpose")
	for _, v := range f.views {
		line("disclosures.csv", "%s,%s,s%05d,%s,%s,,%d,%d,%s", stamp(v.At), f.id(int(v.Recipient)), v.Subject, fieldsOf(v.Plain),
			fieldsOf(v.Masked), v.Version, v.Variant, map[bool]string{true: "export", false: "call"}[v.Job])
	}
	line("complaints.csv", "time,subject,channel,contacted,known,known_company,caller,verified")
	for _, it := range f.items {
		contacted, firm, verified := fmt.Sprintf("+86139%08d", it.Subject), "", ""
		if it.Contact == email {
			contacted = fmt.Sprintf("u%d@mail.example", it.Subject)
		}
		if it.Versions != 0 {
			firm = fmt.Sprintf("FIRM %d-%d LTD.", it.Subject, bits.TrailingZeros64(it.Versions))
		}
		if it.Proof == trace.Unverified {
			verified = "0"
		}
		line("complaints.csv", "%s,s%05d,,%s,%s,%s,%s,%s", stamp(it.At), it.Subject, contacted, fieldsOf(it.Known), firm, it.Caller, verified)
	}
	m := fstest.MapFS{}
	for name, b := range out {
		m[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return m
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func fieldsOf(m trace.Mask) (out string) {
	for i, n := range []string{"phone", "email", "name", "company"} {
		if m>>i&1 == 1 {
			out += "|" + n
		}
	}
	return out[min(len(out), 1):]
}

// TestFolderSaysTheSame: a case folder gives the answer the live record gives.
func TestFolderSaysTheSame(t *testing.T) {
	for _, name := range []string{"month", "masked", "stale", "decoy"} {
		fam := families[slices.IndexFunc(families, func(f family) bool { return f.name == name })]
		f, x := play(fam, 3, 2)
		f2 := *f
		live, err := trace.Run(f2.exposure(0), trace.Evidence{Items: f.items}, trace.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		_ = x
		folder, err := trace.RunCase(f.folder())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(live, folder, cmpopts.EquateApprox(1e-6, 1e-6)); d != "" {
			t.Errorf("%s (-live +folder):\n%s", name, d)
		}
	}
}

// BenchmarkCaseFolder answers a folder of at least 700,000 disclosures, reading
// included.
func BenchmarkCaseFolder(b *testing.B) {
	f, _ := play(families[0], 5, 1)
	for n := len(f.views); len(f.views) < 700_000; {
		v := f.views[f.pick(n)]
		v.At += f.rng.Int64N(30 * dayS)
		f.views = append(f.views, v)
	}
	fsys := f.folder()
	b.ReportMetric(float64(len(f.views)), "disclosures")
	for b.Loop() {
		if _, err := trace.RunCase(fsys); err != nil {
			b.Fatal(err)
		}
	}
}
