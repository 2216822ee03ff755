package proof

import (
	"html"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The page is written from what was checked and from nothing else, and Verify
// writes it again and compares: it cannot say more than the pack shows. It is
// plain string building, so that its bytes do not depend on a template engine.

var beijing = time.FixedZone("UTC+8", 8*60*60)

// clock writes a time in Beijing time with its offset.
func clock(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04:05 -07:00") }

// plain takes out of an operator's text what could move a cursor or turn the
// direction of writing.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func safe(s string) string { return html.EscapeString(plain(s)) }

const pageHead = `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>个人信息提供台账证据包 · Evidence pack</title>
<style>
body { font-family: sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.6 }
table { border-collapse: collapse; min-width: 40rem; font-size: .9rem }
th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left }
code { overflow-wrap: anywhere }
</style>
</head>
<body>
`

// pageTitles are the headings by kind.
var pageTitles = map[string]Sentence{
	KindSubject:     {"谁看过、拨打过、拿到过本人的信息", "Who had this person's information"},
	KindOfOne:       {"一次提供的记录", "The record of one disclosure"},
	KindOfRecipient: {"一个接收方看过、拿到过什么", "What one recipient was given"},
	KindOfCase:      {"一件投诉的记录", "The record of one complaint"},
}

// page writes the page of a pack that was checked up to it.
func (p *Pack) page(head Checkpoint) []byte {
	r := p.report(head)
	heads := append(p.earlierHeads(), head)
	r.firstSigned(heads, r.outsideKeys())
	for _, k := range r.keys {
		for _, h := range heads {
			if t, ok, err := h.Cosigned(k.key); err == nil && ok {
				r.seen = append(r.seen, Witnessed{k.name, k.outside, t})
				break
			}
		}
	}
	var b strings.Builder
	b.WriteString(pageHead)
	title := pageTitles[r.Info.Kind]
	b.WriteString("<h1>" + title.Zh + ` <span lang="en">· ` + title.En + "</span></h1>\n<p>")
	for _, f := range r.about() {
		b.WriteString(f[0] + ` <span lang="en">` + f[1] + "</span>: <code>" + safe(f[2]) + "</code><br>\n")
	}
	b.WriteString("</p>\n")
	r.table(&b)
	r.traces(&b)
	witness := r.pageWitness()
	check := Sentence{
		"核对方法：goldbell proof verify 证据包 --policy 策略文件，或离线核验页面；不需要服务器、数据库或网络。",
		"To check: goldbell proof verify PACK --policy FILE, or the offline verifier page; no server, database or network is needed.",
	}
	shows := append(append([]Sentence{r.consistent(), witness}, r.continued()...), r.shows()...)
	list(&b, "zh-CN", "记录显示什么", append(shows, check), func(s Sentence) string { return s.Zh })
	list(&b, "zh-CN", "记录不能显示什么", r.showsNot(), func(s Sentence) string { return s.Zh })
	list(&b, "en", "What the records show", append(shows, check), func(s Sentence) string { return s.En })
	list(&b, "en", "What they do not show", r.showsNot(), func(s Sentence) string { return s.En })
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}

// about lists what the pack says it is.
func (r Report) about() [][3]string {
	var a [][3]string
	if r.Info.Subject != nil {
		a = append(a, [3]string{"个人编号", "Person", r.Info.Subject.String()})
	}
	if r.Info.Disclosure != nil {
		a = append(a, [3]string{"请求编号", "Request", r.Info.Disclosure.String()})
	}
	if r.Info.Recipient != nil {
		a = append(a, [3]string{"接收方", "Recipient", r.Info.Recipient.ID})
	}
	if r.Info.Case != nil {
		a = append(a, [3]string{"投诉编号", "Complaint", r.Info.Case.String()})
	}
	return append(a,
		[3]string{"时间范围", "Window", clock(micros(r.Info.From)) + " – " + clock(micros(r.Info.Until))},
		[3]string{"制作时间", "Made", clock(micros(r.Info.Created))},
		[3]string{"账本", "Ledger", r.Info.Origin})
}

// outsideKeys are the witnesses that the maker says another organisation runs.
func (r Report) outsideKeys() (out []witnessKey) {
	for _, k := range r.keys {
		if k.outside != "" {
			out = append(out, k)
		}
	}
	return out
}

// pageWitness says who signed, of the witnesses the maker names. Only one that
// another organisation runs is outside; that it does is the maker's word.
func (r Report) pageWitness() Sentence {
	theirs, own := parted(r.seen)
	s := noWitness
	if len(theirs) > 0 {
		zh, en := names(theirs)
		s = Sentence{
			"外部见证（由另一组织运行，系制作者所述）：" + zh + "。" + r.delay().Zh + "是否如此，由您的策略判断。",
			"Outside witnesses, run by another organisation by the maker's word: " + en + "." + spaced(r.delay().En) + " Whether that is so is for your policy to say.",
		}
	}
	if len(own) > 0 {
		zh, en := names(own)
		s.Zh += "经营者自己的见证：" + zh + "。"
		s.En += " The operator's own witnesses: " + en + "."
	}
	return s
}

// parted tells the witnesses that another organisation runs from the others.
func parted(of []Witnessed) (outside, others []Witnessed) {
	for _, w := range of {
		if w.Outside != "" {
			outside = append(outside, w)
		} else {
			others = append(others, w)
		}
	}
	return outside, others
}

var pageColumns = [...]Sentence{
	{"序号", "Entry"}, {"时间", "Time"}, {"事项", "Kind"}, {"人员", "Who"}, {"单位", "Organisation"},
	{"字段", "Fields"}, {"形式", "Form"}, {"处理目的", "Purpose"}, {"结果", "Result"},
}

func (r Report) table(b *strings.Builder) {
	b.WriteString("<table>\n<thead><tr>")
	for _, c := range pageColumns {
		b.WriteString("<th>" + c.Zh + ` <span lang="en">` + c.En + "</span></th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, f := range r.Entries {
		b.WriteString("<tr>")
		for _, cell := range []string{
			decimal(f.Index), clock(f.Time), f.Kind.String(), f.Field("actor"), f.Field("org"),
			strings.ReplaceAll(f.Field("fields"), ",", ", "), f.Field("form"), f.Field("purpose"),
		} {
			b.WriteString("<td>" + safe(cell) + "</td>")
		}
		b.WriteString("<td>" + r.cell(f) + "</td></tr>\n")
	}
	if len(r.Entries) == 0 {
		b.WriteString(`<tr><td colspan="9">没有记录。<span lang="en">The records show nothing.</span></td></tr>` + "\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

// traces reads aloud what each trace said, and what the persons it named answered.
func (r Report) traces(b *strings.Builder) {
	for _, f := range r.Entries {
		title := Sentence{}
		switch f.Kind {
		case KindTrace:
			title = both("溯源的结果（条目 %d）", "What the trace said (entry %d)", f.Index)
			paragraphs(b, "zh-CN", title.Zh, f.Field(SaidZhField))
			paragraphs(b, "en", title.En, f.Field(SaidEnField))
		case KindHearing:
			if f.Field(HearingField) == AnsweredAct {
				title = both("%s 的答复（条目 %d）", "The answer of %s (entry %d)", plain(f.Field(HearingsPerson)), f.Index)
				paragraphs(b, "zh-CN", title.Zh+" · "+title.En, f.Field(HearingAnswer))
			}
		}
	}
}

func paragraphs(b *strings.Builder, lang, title, text string) {
	if text == "" {
		return
	}
	var of []Sentence
	for line := range strings.SplitSeq(text, "\n") {
		of = append(of, Sentence{line, line})
	}
	list(b, lang, safe(title), of, func(s Sentence) string { return s.Zh })
}

// cell is what came of an entry.
func (r Report) cell(f Fact) string {
	given, not := `提供 <span lang="en">given</span>`, `未提供 <span lang="en">not given</span>`
	switch {
	case f.Kind == KindTrace && f.Line == nil:
		return safe(f.Field("verdict"))
	case f.Kind == KindHearing:
		return safe(f.Field(HearingField) + ": " + f.Field(HearingsPerson))
	case r.Info.Kind == KindOfCase && f.Field("case") != "" && f.Line == nil:
		return safe(strings.Trim(f.Field("what")+" → "+f.Field("state"), " →"))
	case f.Line != nil && f.Line.Shown:
		return given
	case f.Line != nil || r.Info.RecordKey != nil:
		return not
	case f.Shown+f.Refused > 0:
		return given + ": " + strconv.Itoa(f.Shown) + ", " + not + ": " + strconv.Itoa(f.Refused)
	}
	return "n = " + strconv.FormatUint(uint64(f.Subjects), 10)
}

func list(b *strings.Builder, lang, title string, of []Sentence, in func(Sentence) string) {
	b.WriteString(`<h2 lang="` + lang + `">` + title + "</h2>\n<ul lang=\"" + lang + "\">\n")
	for _, s := range of {
		b.WriteString("<li>" + safe(in(s)) + "</li>\n")
	}
	b.WriteString("</ul>\n")
}
