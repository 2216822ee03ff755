package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// importRun is one `goldbell import`.
type importRun struct {
	places  *server.Places
	maps    *[]string
	mergeBy *string
	sheet   *string
	dry     *bool

	c      *call
	path   string
	src    *os.File
	file   *intake.File
	survey *intake.Survey
	out    imported
}

// imported is what --json prints.
type imported struct {
	intake.Report
	DryRun       bool        `json:"dry_run"`
	StoredBefore int         `json:"stored_before"` // of stored: by an earlier run of the same command
	Matches      *int64      `json:"matches"`       // null: not told
	Plan         intake.Plan `json:"plan"`
	Source       string      `json:"source"`
	RefusedFile  string      `json:"refused_file"` // empty: none
	Seconds      float64     `json:"seconds"`
}

func importCommand(f *flags) action {
	r := &importRun{
		places: f.Places(), maps: f.Strings("map"), mergeBy: f.String("merge-by", ""),
		sheet: f.String("sheet", ""), dry: f.Bool("dry-run", false),
	}
	return r.run
}

func (r *importRun) run(ctx context.Context, c *call) (err error) {
	r.c, r.path = c, c.args[0]
	started := c.Clock()
	if err := r.open(); err != nil {
		return err
	}
	defer func() { _ = r.src.Close() }()
	defer func() { _ = r.file.Close() }()
	r.out.Plan, r.out.DryRun, r.out.Source = r.file.Plan(), *r.dry, r.path
	if *r.dry {
		err = r.count(ctx, nil)
	} else {
		err = r.store(ctx)
	}
	if err != nil {
		return err
	}
	r.out.Seconds = c.Clock().Sub(started).Seconds()
	if err := c.answer(&r.out, r.tell); err != nil {
		return err
	}
	if *r.dry || c.json {
		return nil
	}
	return r.offer()
}

// open opens the file and understands its columns.
func (r *importRun) open() error {
	mapping, err := intake.ParseMap(*r.maps...)
	if err != nil {
		return err
	}
	if !*r.dry && r.c.Getenv("GOLDBELL_TOKEN") == "" {
		return fail(exitRefused, "no-token")
	}
	if r.src, err = openRegular(r.path); err != nil {
		return err
	}
	schema, err := r.schema()
	if err != nil {
		_ = r.src.Close()
		return err
	}
	if r.file, err = intake.Open(r.src, r.path, intake.Options{Schema: schema, Map: mapping, Sheet: *r.sheet}); err != nil {
		_ = r.src.Close()
	}
	return err
}

// schema is the data directory's; a dry run opens none, and takes the fields every
// directory starts with.
func (r *importRun) schema() (pii.Schema, error) {
	if *r.dry {
		return nil, nil
	}
	places, err := r.c.placed(r.places)
	if err != nil {
		return nil, err
	}
	return server.SchemaOf(places)
}

// openRegular opens a plain file: it is read more than once.
func openRegular(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fail(exitUsage, "file-unreadable")
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, fail(exitUsage, "file-unreadable")
	}
	return f, nil
}

// count makes the first pass. refused gets every refused row; nil: nobody.
func (r *importRun) count(ctx context.Context, refused func(intake.Row) error) (err error) {
	bar := newProgress(r.c, "bar-reading", r.file.Size())
	defer bar.end()
	var last int64
	r.survey, err = r.file.Survey(intake.SurveyOptions{
		MergeBy: pii.Field(*r.mergeBy),
		Refused: func(row intake.Row) error {
			if refused == nil {
				return nil
			}
			return refused(row)
		},
		Seen: func(row intake.Row) {
			bar.add(row.Offset-last, 1)
			last = row.Offset
		},
	})
	if err != nil {
		return err
	}
	r.out.Report = r.survey.Report
	if r.out.Rows != r.out.Stored+r.out.Merged+r.out.Refused {
		return fail(exitFailed, "import-sum")
	}
	return ctx.Err()
}

// store counts, writes the refused rows beside the source, and sends the others.
func (r *importRun) store(ctx context.Context) (err error) {
	places, err := r.c.placed(r.places)
	if err != nil {
		return err
	}
	file, digest, err := fingerprint(r.src, r.out.Plan, pii.Field(*r.mergeBy))
	if err != nil {
		return err
	}
	defer server.SpareCollector(1 << 30)()
	api, err := r.c.withToken(ctx, places)
	if err != nil {
		return err
	}
	defer api.close(&err)
	if err := r.split(ctx); err != nil {
		return err
	}
	if r.out.Stored == 0 {
		return nil
	}
	s := &sender{api: api, file: file, digest: digest, bar: newProgress(r.c, "bar-storing", int64(r.out.Rows-r.out.Refused))}
	defer s.bar.end()
	if err := s.open(ctx); err != nil {
		return err
	}
	if err := s.send(ctx, r.survey); err != nil {
		s.bar.end()
		return s.broken(err, r.out.Stored)
	}
	s.bar.end()
	return r.settle(ctx, s)
}

// split makes the first pass and writes the refused rows.
func (r *importRun) split(ctx context.Context) error {
	refused, err := r.file.CreateRefused(intake.RefusedPath(r.path), r.c.lang)
	if err != nil {
		return err
	}
	defer refused.Discard()
	if err := r.count(ctx, refused.Write); err != nil {
		return err
	}
	r.out.RefusedFile, err = refused.Commit()
	return err
}

// settle ends the import and compares what the server stored with what was sent.
func (r *importRun) settle(ctx context.Context, s *sender) error {
	done, told, err := s.finish(ctx)
	if err != nil {
		return s.broken(err, r.out.Stored)
	}
	r.out.MergeConflicts, r.out.Conflicts = r.survey.Report.MergeConflicts, r.survey.Report.Conflicts
	r.out.StoredBefore, r.out.Matches = s.before, done.Matches
	if s.stored != r.out.Stored {
		return fail(exitFailed, "import-differs", r.out.Stored, s.stored)
	}
	if told && done.Stored != int64(r.out.Stored) {
		return fail(exitFailed, "import-differs", r.out.Stored, done.Stored)
	}
	return nil
}

// broken says how far an import came and how to go on. What the server refused
// keeps its own sentence: the same command would be refused again.
func (s *sender) broken(err error, all int) error {
	if errors.Is(err, context.Canceled) {
		return fail(exitUnavailable, "import-stopped", s.stored, all)
	}
	f := explain(err)
	if f.code != exitUnavailable {
		return f
	}
	rest := sentence("import-resume", s.stored, all)
	return &failure{ID: f.ID, Zh: f.Zh + rest.Zh, En: f.En + " " + rest.En, Where: f.Where, code: f.code}
}

// tell says for people what became of the rows.
func (r *importRun) tell(w io.Writer) {
	o := &r.out
	for _, col := range o.Plan.Columns {
		if col.Field != "" {
			r.c.say(w, "import-column", col.Name, col.Field, r.c.text("import-by-"+col.By))
		}
	}
	if len(o.NotStored) > 0 {
		r.c.say(w, "import-not-stored", strings.Join(o.NotStored, ", "))
	}
	if len(o.Plan.OtherSheets) > 0 {
		r.c.say(w, "import-sheets", strings.Join(o.Plan.OtherSheets, ", "))
	}
	for _, field := range slices.Sorted(maps.Keys(o.DuplicateRows)) {
		r.c.say(w, "import-duplicates", field, o.DuplicateRows[field], r.firstRows(field))
	}
	if o.MergeConflicts > 0 {
		r.c.say(w, "import-conflicts", o.MergeConflicts)
	}
	for _, key := range slices.Sorted(maps.Keys(o.RefusedBy)) {
		r.c.say(w, "import-refused-by", o.RefusedBy[key], intake.Refusal{Key: key}.Sentence().In(r.c.lang))
	}
	id := "import-counts"
	if o.DryRun {
		id = "import-counts-dry"
	}
	r.c.say(w, id, o.Rows, o.Stored, o.Merged, o.Refused)
	switch {
	case o.DryRun:
		return
	case o.StoredBefore > 0:
		r.c.say(w, "import-before", o.StoredBefore)
	}
	if o.Matches != nil {
		r.c.say(w, "import-matches", *o.Matches)
	} else if o.Stored > 0 {
		r.c.say(w, "import-matches-untold")
	}
}

// firstRows names the first few rows that repeat a value of a field.
func (r *importRun) firstRows(field pii.Field) string {
	const few = 5
	var rows []string
	for _, d := range r.out.Duplicates {
		if d.Field != field {
			continue
		}
		if len(rows) == few {
			return strings.Join(rows, ", ") + " …"
		}
		rows = append(rows, fmt.Sprintf("%d (= %d)", d.Row, d.First))
	}
	return strings.Join(rows, ", ")
}

// offer is the last sentence: where personal information still lies in the clear,
// and how to be rid of it. On a terminal it asks.
func (r *importRun) offer() error {
	files := []string{r.path}
	id := "import-files-source"
	if r.out.RefusedFile != "" {
		files, id = append(files, r.out.RefusedFile), "import-files-both"
	}
	shown := make([]any, len(files))
	for i, f := range files {
		if abs, err := filepath.Abs(f); err == nil {
			files[i] = abs
		}
		shown[i] = files[i]
	}
	r.c.say(r.c.Stdout, id, shown...)
	if !isTerminal(r.c.Stdin) || !isTerminal(r.c.Stderr) {
		r.c.say(r.c.Stdout, "import-rm", quoteAll(files))
		return nil
	}
	_, _ = fmt.Fprint(r.c.Stderr, r.c.text("import-ask")+" ")
	line, _ := bufio.NewReader(io.LimitReader(r.c.Stdin, 64)).ReadString('\n')
	if !isYes(line) {
		r.c.say(r.c.Stdout, "import-rm", quoteAll(files))
		return nil
	}
	for _, f := range files {
		if os.Remove(f) != nil {
			return fail(exitUnavailable, "import-not-deleted")
		}
	}
	r.c.say(r.c.Stdout, "import-deleted")
	return nil
}

func isYes(line string) bool {
	return slices.Contains([]string{"y", "yes", "是"}, strings.ToLower(strings.TrimSpace(line)))
}

// quoteAll writes file names for a shell.
func quoteAll(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = "'" + strings.ReplaceAll(f, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}
