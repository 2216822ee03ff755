package cli

import (
	"fmt"
	"io"
	"maps"

	"github.com/goldbell/goldbell/internal/fault"
)

// sentences holds every sentence of this package. The id of a command is its name;
// "NAME +" is what help adds, "--flag" and "NAME --flag" are a flag's line, where
// backquotes mark its placeholder.
var sentences = merge(helpText, errorText, resultText, pgText, sessionText, questionText, peopleText, exceptionText, decoyText, rulesText, retentionText)

func merge(tables ...map[string]fault.Sentence) map[string]fault.Sentence {
	all := map[string]fault.Sentence{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

func has(id string) bool { _, ok := sentences[id]; return ok }

// sentence fills the sentence of an id; both languages take the same arguments. A
// sentence that takes fewer of them says them by index.
func sentence(id string, args ...any) fault.Sentence {
	s, ok := sentences[id]
	if !ok {
		return fault.Text("internal")
	}
	if len(args) == 0 {
		return s
	}
	return fault.Sentence{Zh: fmt.Sprintf(s.Zh, args...), En: fmt.Sprintf(s.En, args...)}
}

// line writes one sentence that is in both languages already.
func (c *call) line(w io.Writer, zh, en string) {
	_, _ = fmt.Fprintln(w, fault.Sentence{Zh: zh, En: en}.In(c.lang))
}
