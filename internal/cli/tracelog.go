package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/goldbell/goldbell/internal/accesslog"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
)

// logResult is what `trace import-log --json` prints.
type logResult struct {
	accesslog.Report
	Written []string  `json:"written"` // the files of the folder that were made
	Bad     []badLine `json:"bad"`     // the first of them
}

type badLine struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

func importLogCommand(f *flags) action {
	mapping, out, skip := f.String("map", ""), f.String("out", ""), f.Bool("skip-bad", false)
	return func(ctx context.Context, c *call) error {
		if *mapping == "" || *out == "" {
			return usage("log-needs")
		}
		m, err := readMapping(*mapping)
		if err != nil {
			return err
		}
		src, err := openRegular(c.args[0])
		if err != nil {
			return err
		}
		defer func() { _ = src.Close() }()
		t, err := intake.OpenTable(src, c.args[0], true)
		if err != nil {
			return err
		}
		defer func() { _ = t.Close() }()
		return c.importLog(ctx, t, m, *out, *skip)
	}
}

func readMapping(path string) (*accesslog.Mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fail(exitUsage, "log-map-unreadable")
	}
	defer func() { _ = f.Close() }()
	m, err := accesslog.ReadMapping(f)
	var p *accesslog.Problem
	if errors.As(err, &p) {
		p.File = filepath.Base(path)
	}
	return m, err
}

// importLog writes the folder's files under other names and gives them their own
// when all of them are complete.
func (c *call) importLog(ctx context.Context, t *intake.Table, m *accesslog.Mapping, out string, skip bool) error {
	folder, err := openFolder(out)
	if err != nil {
		return err
	}
	defer folder.discard()
	bad := csv.NewWriter(folder.files["disclosures.bad.csv"])
	_ = bad.Write([]string{"line", "reason"})
	bar := newProgress(c, "bar-reading", t.Size())
	defer bar.end()
	last := int64(0)
	report, err := accesslog.Convert(t, filepath.Base(c.args[0]), m, accesslog.Out{
		Disclosures: folder.files["disclosures.csv"], Recipients: folder.files["recipients.csv"], Subjects: folder.files["subjects.csv"],
		Bad: func(p *accesslog.Problem) error {
			return bad.Write([]string{strconv.Itoa(p.Line), p.In(c.lang)})
		},
		Seen: func(l intake.Line) {
			bar.add(l.End-last, 1)
			last = l.End
		},
	})
	bar.end()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	bad.Flush()
	res := &logResult{Report: report, Written: []string{}, Bad: []badLine{}}
	for _, p := range report.Bad {
		res.Bad = append(res.Bad, badLine{p.File, p.Line, p.In(fault.ZhCN), p.In(fault.En)})
	}
	if report.BadLines > 0 && !skip {
		if err := c.answer(res, func(w io.Writer) { c.sayBadLog(res) }); err != nil {
			return err
		}
		return said(exitFailed)
	}
	if res.Written, err = folder.commit(report.BadLines > 0); err != nil {
		return err
	}
	return c.answer(res, func(w io.Writer) { c.sayLog(w, res) })
}

// sayBadLog names the bad lines on standard error.
func (c *call) sayBadLog(r *logResult) {
	for _, b := range r.Bad {
		c.line(c.Stderr, b.Zh, b.En)
	}
	if more := r.BadLines - len(r.Bad); more > 0 {
		c.say(c.Stderr, "log-more", more)
	}
	c.say(c.Stderr, "log-bad", r.BadLines)
}

func (c *call) sayLog(w io.Writer, r *logResult) {
	c.say(w, "log-written", r.Disclosures, r.Recipients, r.Subjects, r.Lines, r.LeftOut)
	if r.BadLines > 0 {
		c.say(w, "log-skipped", r.BadLines)
	}
	for _, f := range r.Written {
		if f == "subjects.csv" {
			c.say(w, "log-ids", f)
		}
	}
}

// folderFiles in the order in which they get their names: the disclosures last.
var folderFiles = []string{"disclosures.bad.csv", "subjects.csv", "recipients.csv", "disclosures.csv"}

// caseFolder is a folder whose files are not there before all are complete.
type caseFolder struct {
	dir   string
	made  bool // by us: taken away again if nothing comes of it
	files map[string]*os.File
}

func openFolder(dir string) (*caseFolder, error) {
	f := &caseFolder{dir: dir, files: map[string]*os.File{}}
	if _, err := os.Stat(filepath.Join(dir, "disclosures.csv")); err == nil {
		return nil, fail(exitUsage, "log-exists")
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		f.made = true
		if os.Mkdir(dir, 0o700) != nil {
			return nil, fail(exitUsage, "folder-unreadable")
		}
	}
	for _, name := range folderFiles {
		tmp, err := os.CreateTemp(dir, ".import-log-*") // mode 0600
		if err != nil {
			f.discard()
			return nil, fail(exitUnavailable, "log-unwritable")
		}
		f.files[name] = tmp
	}
	return f, nil
}

// commit gives the files their names; lists that the folder has are left alone.
func (f *caseFolder) commit(bad bool) (written []string, err error) {
	for _, name := range folderFiles {
		tmp, path := f.files[name], filepath.Join(f.dir, name)
		_, err := os.Stat(path)
		if name == "disclosures.bad.csv" && !bad || err == nil && name != "disclosures.bad.csv" {
			continue
		}
		if tmp.Sync() != nil || tmp.Close() != nil || os.Rename(tmp.Name(), path) != nil {
			for _, w := range written {
				_ = os.Remove(filepath.Join(f.dir, w))
			}
			return nil, fail(exitUnavailable, "log-unwritable")
		}
		delete(f.files, name)
		written = append(written, name)
	}
	f.made = false
	return written, nil
}

// discard takes away what did not get its name.
func (f *caseFolder) discard() {
	for _, tmp := range f.files {
		_ = tmp.Close()
		_ = os.Remove(tmp.Name())
	}
	if f.made {
		_ = os.Remove(f.dir)
	}
}
