package pgwiretest

import (
	"io/fs"
	"regexp"
	"strings"
)

// World fills the places of a corpus.
type World struct{ A, B, Prefix string }

func (w World) fill(s string) string {
	return strings.NewReplacer("{A}", w.A, "{B}", w.B, "{P}", w.Prefix).Replace(s)
}

// Block is one session of a corpus.
type Block struct {
	Name     string // file, family, and what it tries
	Messages []string
}

var heading = regexp.MustCompile(`(?m)^-- ([a-z ]+: .*)\n`)

// Corpus reads the *.sql files of a directory.
func Corpus(dir fs.FS) ([]Block, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	var blocks []Block
	for _, name := range names {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		text := string(b)
		at := heading.FindAllStringSubmatchIndex(text, -1)
		for i, m := range at {
			end := len(text)
			if i+1 < len(at) {
				end = at[i+1][0]
			}
			blocks = append(blocks, Block{
				Name:     name + ": " + text[m[2]:m[3]],
				Messages: strings.Split(strings.TrimSpace(text[m[1]:end]), "\n\\next\n"),
			})
		}
	}
	return blocks, nil
}

// Play plays a block in a session of its own and returns what came back.
func (b Block) Play(dsn string, w World) ([]byte, error) {
	c, err := Dial(dsn)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, m := range b.Messages {
		if !c.Query(w.fill(m)) {
			break
		}
	}
	return c.Got, nil
}
