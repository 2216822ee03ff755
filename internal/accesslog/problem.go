package accesslog

import (
	"fmt"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
)

// Problem says what is wrong, with file and line; it never repeats what the file
// holds.
type Problem struct {
	File string // empty: the mapping file
	Line int    // 0: the whole file
	msg  fault.Sentence
}

var (
	msgMapping  = fault.Sentence{Zh: "映射文件不是所需的 JSON，或有不认得的键", En: "the mapping is not the JSON that is needed, or holds an unknown key"}
	msgNeeds    = fault.Sentence{Zh: "映射文件须写明 time、recipient、subject，以及 plain 或 masked", En: "the mapping must say time, recipient, subject, and plain or masked"}
	msgRule     = fault.Sentence{Zh: "映射文件的一条规则须写明 column 或 value 之一（only 须写明 column 和 is）", En: "a rule of the mapping needs either column or value (only needs column and is)"}
	msgZone     = fault.Sentence{Zh: "时间写法不带时区时，须在 zone 里写明，例如 +08:00 或 UTC", En: "a form of time without a zone needs one in zone, such as +08:00 or UTC"}
	msgForm     = fault.Sentence{Zh: "时间写法须含 YYYY MM DD hh mm ss", En: "the form of time must hold YYYY MM DD hh mm ss"}
	msgNoColumn = fault.Sentence{Zh: "映射文件指的列不在日志里", En: "the mapping names a column that the log does not have"}
	msgNoCell   = fault.Sentence{Zh: "本行没有映射文件指的列", En: "the line lacks a column that the mapping names"}
	msgTime     = fault.Sentence{Zh: "时间不是映射文件写明的写法", En: "the time is not in the form that the mapping says"}
	msgNoID     = fault.Sentence{Zh: "接收方或客户标识为空", En: "the id of the recipient or of the subject is empty"}
	msgWord     = fault.Sentence{Zh: "映射文件的 words 里没有本行的这个词", En: "a word of this line is not among the words of the mapping"}
	msgFields   = fault.Sentence{Zh: "字段种类超过 32 种", En: "there are more than 32 different fields"}
	msgNumber   = fault.Sentence{Zh: "value_version 须为 0 到 63，format_variant 须为 -1 到 127", En: "value_version must be 0 to 63 and format_variant -1 to 127"}
	msgNothing  = fault.Sentence{Zh: "没有一行是披露", En: "no line is a disclosure"}
)

// In returns the sentence in a language.
func (p *Problem) In(l fault.Lang) string {
	file, text, end := p.File, p.msg.En, "."
	if l == fault.ZhCN {
		text, end = p.msg.Zh, "。"
	}
	if file == "" {
		file = "--map"
	}
	switch {
	case p.Line == 0:
		return fmt.Sprintf("%s: %s%s", file, text, end)
	case l == fault.ZhCN:
		return fmt.Sprintf("%s 第 %d 行：%s%s", file, p.Line, text, end)
	}
	return fmt.Sprintf("%s line %d: %s%s", file, p.Line, text, end)
}

func (p *Problem) Error() string { return p.In(fault.En) }

// Unwrap makes a bad log an invalid request to every surface.
func (p *Problem) Unwrap() error { return fault.New(fault.Invalid, "bad-log", p.File) }

// faultSentence is the sentence of a row that intake could not read.
func faultSentence(key string) fault.Sentence {
	s := intake.Refusal{Key: key}.Sentence()
	return fault.Sentence{Zh: trimEnd(s.Zh, "。"), En: trimEnd(s.En, ".")}
}

func trimEnd(s, end string) string {
	if len(s) > len(end) && s[len(s)-len(end):] == end {
		return s[:len(s)-len(end)]
	}
	return s
}
