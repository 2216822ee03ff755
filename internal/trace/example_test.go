package trace_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/trace"
)

// The live path feeds the engine from the ledger: every disclosure is a view,
// every complaint an item.
func ExampleRun() {
	b := trace.NewBuilder()
	phone, _ := b.Field("phone")
	name, _ := b.Field("name")
	agents := make([]trace.Ref, 8)
	for i := range agents {
		agents[i], _ = b.Recipient(trace.Recipient{ID: fmt.Sprintf("agent-%d", i), Kind: "agent", Team: "a"})
	}
	const start, day = 1_750_000_000, 86_400
	var items []trace.Item
	for i := range 2000 {
		s := b.Subject(trace.Subject{Segment: -1, Region: -1, Cohort: -1})
		b.View(trace.View{At: start + int64(i%40)*day, Recipient: agents[i%8], Subject: s, Plain: phone | name, Variant: -1})
		if i%8 == 3 && i < 160 || i%199 == 0 { // agent-3's customers are called by strangers
			items = append(items, trace.Item{Subject: s, At: start + int64(60+i%30)*day, Known: phone | name, Contact: phone})
		}
	}
	x, err := b.Exposure()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := trace.Run(x, trace.Evidence{Items: items}, trace.Defaults())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Verdict, f.Accused)
	fmt.Println(f.Explain(fault.En)[0])
	// Output:
	// accuse [agent-3]
	// The records point to agent-3. This is a probability with its evidence, not a judgement; the person may see it and answer.
}

// TestAnswerShape: the exchange format has lists, never null.
func TestAnswerShape(t *testing.T) {
	x, err := trace.NewBuilder().Exposure()
	if err != nil {
		t.Fatal(err)
	}
	f, err := trace.Run(x, trace.Evidence{}, trace.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"accused", "ranking", "group"} {
		if string(keys[k]) != "[]" {
			t.Errorf("%s is %s", k, keys[k])
		}
	}
	for _, k := range []string{"verdict", "p_none", "needs"} {
		if len(keys[k]) == 0 {
			t.Errorf("%s is missing", k)
		}
	}
	if v := string(keys["verdict"]); !slices.Contains([]string{`"undecided"`, `"nobody"`}, v) {
		t.Errorf("verdict %s of nothing", v)
	}
}
