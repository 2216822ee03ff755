package cli

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/server"
)

// decoysPlanCommand says how many decoys a batch needs; it is arithmetic and asks
// nobody.
func decoysPlanCommand(f *flags) action {
	rate, share, power := f.String("rate", "0.3"), f.String("share", "1"), f.String("power", "0.9")
	contacts := f.Uint64("contacts", 2)
	return func(_ context.Context, c *call) error {
		p := decoy.Plan{Contacts: int(min(*contacts, 101))}
		for _, v := range []struct {
			text string
			to   *float64
		}{{*rate, &p.Rate}, {*share, &p.Share}, {*power, &p.Power}} {
			n, err := strconv.ParseFloat(v.text, 64)
			if err != nil || !(n > 0 && n <= 1) {
				return usage("decoys-share")
			}
			*v.to = n
		}
		told := struct {
			decoy.Plan
			Decoys int `json:"decoys"`
		}{p, p.Decoys()}
		return c.answer(told, func(w io.Writer) {
			if told.Decoys == 0 {
				c.say(w, "decoys-no-plan")
				return
			}
			c.say(w, "decoys-plan", told.Decoys, p.Contacts, p.Power)
		})
	}
}

// Names of columns are looked for among these.
var decoyColumns = map[string][]string{
	"phone":  {"phone", "tel", "mobile", "电话", "手机", "手机号", "号码"},
	"email":  {"email", "mail", "e-mail", "邮箱", "邮件"},
	"at":     {"at", "time", "时间"},
	"caller": {"caller", "from", "来电", "来自"},
	"given":  {"recipient", "given", "接收人", "工号"},
	"known":  {"known", "知道"},
}

// cells reads the columns of a small list that have one of the known names.
func (c *call) cells(path string) (rows []map[string]string, err error) {
	src, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	t, err := intake.OpenTable(src, path, true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Close() }()
	for line, err := range t.Lines() {
		if err != nil {
			return nil, err
		}
		row := map[string]string{"line": strconv.Itoa(line.Number)}
		for i, name := range line.Names {
			for column, names := range decoyColumns {
				for _, n := range names {
					if i < len(line.Cells) && strings.EqualFold(strings.TrimSpace(name), n) {
						row[column] = strings.TrimSpace(line.Cells[i])
					}
				}
			}
		}
		if line.Fault != "" || row["phone"] == "" && row["email"] == "" {
			return nil, usage("decoys-line", line.Number)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || len(rows) > decoy.MostAtOnce/2 {
		return nil, usage("decoys-rows", decoy.MostAtOnce/2)
	}
	return rows, nil
}

// decoysMakeCommand invents customers for numbers and addresses that the company
// holds, names these decoys', and writes files to be imported as any other list.
func decoysMakeCommand(f *flags) action {
	places, out, controls := f.Places(), f.String("out", ""), f.Uint64("control", 0)
	return func(ctx context.Context, c *call) error {
		if *out == "" {
			return usage("flag-missing", "out", "decoys make")
		}
		rows, err := c.cells(c.args[0])
		if err != nil {
			return err
		}
		if *controls > uint64(len(rows)) {
			return usage("decoys-control", len(rows))
		}
		held := make([]decoy.Held, len(rows))
		for i, r := range rows {
			held[i] = decoy.Held{Phone: r["phone"], Email: r["email"]}
		}
		made, err := decoy.Make(rand.Reader, held)
		if err != nil {
			return err
		}
		shown, hidden := made[*controls:], made[:*controls]
		files, err := decoyFiles(*out, len(hidden) > 0)
		if err != nil {
			return err
		}
		var told struct {
			Entry   uint64 `json:"entry"`
			Made    int    `json:"made"`
			Control int    `json:"control"`
			File    string `json:"file"`
		}
		told.Made, told.Control, told.File = len(made), len(hidden), *out
		if err := c.nameMade(ctx, places, made, len(hidden), &told.Entry); err != nil {
			return discard(files, err)
		}
		if err := writeMade(files[0], shown, c.lang); err != nil {
			return discard(files, err)
		}
		if len(files) > 1 {
			if err := writeMade(files[1], hidden, c.lang); err != nil {
				return discard(files, err)
			}
		}
		return c.answer(told, func(w io.Writer) { c.say(w, "decoys-made", told.Made, told.Control, told.File, told.Entry) })
	}
}

// nameMade tells the server which numbers and addresses are decoys'.
func (c *call) nameMade(ctx context.Context, places *server.Places, made []decoy.Person, controls int, entry *uint64) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	var named []map[string]any
	for i, m := range made {
		for field, value := range map[string]string{"phone": m.Phone, "email": m.Email} {
			if value != "" {
				named = append(named, map[string]any{"field": field, "value": value, "control": i < controls})
			}
		}
	}
	var done struct{ Entry uint64 }
	err = api.call(ctx, "/v1/decoys", "", map[string]any{"decoys": named}, &done)
	*entry = done.Entry
	return err
}

// decoyFiles makes the files, which must not exist: they are lists of decoys until
// they are imported and deleted.
func decoyFiles(out string, controls bool) (files []*os.File, err error) {
	names := []string{out}
	if controls {
		names = append(names, strings.TrimSuffix(out, ".csv")+".control.csv")
	}
	for _, n := range names {
		file, err := os.OpenFile(n, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, discard(files, fail(exitUsage, "decoys-out"))
		}
		files = append(files, file)
	}
	return files, nil
}

func discard(files []*os.File, err error) error {
	for _, f := range files {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	return err
}

func writeMade(f *os.File, made []decoy.Person, l fault.Lang) error {
	w := csv.NewWriter(f)
	if l == fault.En {
		_ = w.Write([]string{"name", "phone", "email", "company"})
	} else {
		_ = w.Write([]string{"姓名", "电话", "邮箱", "公司"})
	}
	for _, p := range made {
		_ = w.Write([]string{p.Name, p.Phone, p.Email, p.Company})
	}
	w.Flush()
	if w.Error() != nil || f.Close() != nil {
		return fail(exitUnavailable, "decoys-out")
	}
	return nil
}

// decoysHitCommand reports contacts with decoys from a list: numbers on a command
// line would stand in the list of processes.
func decoysHitCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) (err error) {
		rows, err := c.cells(c.args[0])
		if err != nil {
			return err
		}
		var contacts []map[string]any
		for _, r := range rows {
			one := map[string]any{"field": "phone", "value": r["phone"], "at": r["at"]}
			if r["phone"] == "" {
				one["field"], one["value"] = "email", r["email"]
			}
			if r["at"] == "" {
				n, _ := strconv.Atoi(r["line"])
				return usage("decoys-line", n)
			}
			if r["caller"] != "" {
				one["caller"] = r["caller"]
			}
			if r["known"] != "" {
				one["known"] = strings.Split(r["known"], "|")
			}
			contacts = append(contacts, one)
		}
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		api, err := c.withToken(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		var done struct {
			Entry uint64 `json:"entry"`
		}
		if err := api.call(ctx, "/v1/decoys/contacts", "", map[string]any{"contacts": contacts}, &done); err != nil {
			return err
		}
		return c.answer(done, func(w io.Writer) { c.say(w, "decoys-hit", len(contacts), done.Entry) })
	}
}

// decoysAliasCommand names aliases: numbers and addresses that one recipient was given.
func decoysAliasCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) (err error) {
		rows, err := c.cells(c.args[0])
		if err != nil {
			return err
		}
		var named []map[string]any
		for _, r := range rows {
			if r["given"] == "" {
				n, _ := strconv.Atoi(r["line"])
				return usage("decoys-given", n)
			}
			for _, field := range []string{"phone", "email"} {
				if r[field] != "" {
					named = append(named, map[string]any{"field": field, "value": r[field], "recipient": r["given"]})
				}
			}
		}
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		api, err := c.withToken(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		var done struct {
			Entry uint64 `json:"entry"`
		}
		if err := api.call(ctx, "/v1/decoys", "", map[string]any{"decoys": named}, &done); err != nil {
			return err
		}
		return c.answer(done, func(w io.Writer) { c.say(w, "decoys-alias", len(named), done.Entry) })
	}
}

func decoysListCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		var n decoy.Counts
		if err := c.fetch(ctx, places, "/v1/decoys", &n); err != nil {
			return err
		}
		return c.answer(n, func(w io.Writer) {
			c.say(w, "decoys-counts", n.Named, n.Stored, n.Controls, n.Contacts, n.Stray)
			if n.Aliases > 0 {
				c.say(w, "decoys-aliases", n.Aliases, n.AliasContacts)
			}
			if n.Controls > 0 {
				c.say(w, "decoys-stray", n.StrayEach)
			}
		})
	}
}

func tracePairsCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		var found struct {
			Pairs []struct {
				A          string  `json:"a"`
				B          string  `json:"b"`
				PeopleA    int     `json:"people_a"`
				PeopleB    int     `json:"people_b"`
				Shared     int     `json:"shared"`
				Overlap    float64 `json:"overlap"`
				Complaints int     `json:"complaints"`
				Decoys     int     `json:"decoys"`
			} `json:"pairs"`
			Week *inquiry.Weekly `json:"week,omitempty"`
		}
		if err := c.fetch(ctx, places, "/v1/trace-pairs", &found); err != nil {
			return err
		}
		return c.answer(found, func(w io.Writer) {
			for _, p := range found.Pairs {
				c.say(w, "pairs-line", p.A, p.PeopleA, p.B, p.PeopleB, p.Shared)
				if p.Complaints == 0 {
					c.say(w, "pairs-never", p.Decoys)
				} else {
					c.say(w, "pairs-would", p.A, p.Complaints, p.Decoys)
				}
			}
			c.say(w, "pairs-sum", len(found.Pairs))
			if found.Week != nil {
				c.say(w, "pairs-week", found.Week.Total, found.Week.At.Format(time.DateOnly), found.Week.Entry)
			}
		})
	}
}

// fetch gets an object from the server of the data directory.
func (c *call) fetch(ctx context.Context, places *server.Places, path string, out any) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	return api.get(ctx, path, nil, out)
}
