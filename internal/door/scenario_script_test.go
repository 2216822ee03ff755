package door_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A scenario file is read by counsel first. Each line is a sentence; what a sentence
// may say is in testdata/README.md and in the table of sentences.
//
//	background            sentences that every scenario of the file begins with
//	scenario TITLE        begins a scenario
//	about RULE, …         the shipped rules that the scenario is about
//	law ARTICLE           the article that it is about
//	given …, later …      what is on record, and time that passes
//	ask …                 somebody asks for something
//	expect …, ledger …    what he is answered, and what is recorded
type scenario struct {
	file, title string
	line        int
	steps       []step
	about       []string // the shipped rules it is about
	law         []string // the articles
}

// step is one sentence, with the indented lines below it.
type step struct {
	line        int
	verb, words string
	text        string // of lines that begin with |
}

func (s scenario) String() string { return fmt.Sprintf("%s:%d %s", s.file, s.line, s.title) }

func readScenarios(t testing.TB) (all []scenario) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.door")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		of, err := parseScenarios(filepath.Base(f), b)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, of...)
	}
	return all
}

func parseScenarios(file string, b []byte) (all []scenario, err error) {
	var background []step
	inBackground := false
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		verb, words, _ := strings.Cut(line, " ")
		words = strings.TrimSpace(words)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "background":
			inBackground = true
		case verb == "scenario":
			inBackground = false
			all = append(all, scenario{file: file, title: words, line: n, steps: append([]step(nil), background...)})
		case verb == "|":
			steps := &background
			if !inBackground && len(all) > 0 {
				steps = &all[len(all)-1].steps
			}
			if len(*steps) == 0 {
				return nil, fmt.Errorf("%s:%d: a line of text below no sentence", file, n)
			}
			(*steps)[len(*steps)-1].text += words + "\n"
		case (verb == "about" || verb == "law") && len(all) > 0 && !inBackground:
			last := &all[len(all)-1]
			if verb == "law" {
				last.law = append(last.law, words)
			} else {
				last.about = append(last.about, strings.Split(words, ", ")...)
			}
		case !strings.Contains(" given later ask expect ledger ", " "+verb+" "):
			return nil, fmt.Errorf("%s:%d: %q begins no sentence", file, n, verb)
		case inBackground:
			background = append(background, step{line: n, verb: verb, words: words})
		case len(all) == 0:
			return nil, fmt.Errorf("%s:%d: a sentence before the first scenario", file, n)
		default:
			last := &all[len(all)-1]
			last.steps = append(last.steps, step{line: n, verb: verb, words: words})
		}
	}
	return all, lines.Err()
}
