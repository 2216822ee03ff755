package main

import (
	"encoding/json"
	"syscall/js"
	"time"

	"github.com/goldbell/goldbell/proof"
)

// row is one entry as the page lists it.
type row struct {
	Index uint64 `json:"index"`
	Time  string `json:"time"`
	Kind  string `json:"kind"`
	Who   string `json:"who"`
}

// said is what the page shows.
type said struct {
	Verified  bool             `json:"verified"`
	Verdict   proof.Sentence   `json:"verdict"`
	Sentences []proof.Sentence `json:"sentences"`
	Rows      []row            `json:"rows"`
}

// main hands verify to the page and stays.
func main() {
	js.Global().Set("goldbellVerify", js.FuncOf(verify))
	js.Global().Call("goldbellReady")
	select {}
}

// verify takes the pack, the policy or null, and an array of kept checkpoints, all as
// Uint8Array, and answers with JSON.
func verify(_ js.Value, args []js.Value) any {
	var kept [][]byte
	for i := range args[2].Length() {
		kept = append(kept, read(args[2].Index(i)))
	}
	o := proof.Judge(read(args[0]), read(args[1]), kept...)
	s := said{Verified: o.Verified, Verdict: o.Verdict, Sentences: o.Sentences, Rows: []row{}}
	for _, f := range o.Report.Entries {
		s.Rows = append(s.Rows, row{f.Index, f.Time.Format(time.RFC3339), f.Kind.String(), f.Field("actor")})
	}
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b)
}

func read(v js.Value) []byte {
	if v.IsNull() || v.IsUndefined() {
		return nil
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}
