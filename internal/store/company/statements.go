package company

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// statements writes the plan's SQL, and what takes it back.
func (w *planning) statements(ctx context.Context, t *enrolment.Table) error {
	r := w.plan.Roles
	if w.new {
		if err := w.roles(ctx, r); err != nil {
			return err
		}
	}
	free := w.writable(t)
	select_, err := viewSelect(t, w.rel)
	if err != nil {
		return err
	}
	w.add("CREATE VIEW "+viewOf(t)+" AS\n"+select_,
		"GRANT SELECT ON "+viewOf(t)+" TO "+quote(r.Reader))
	if t.Writes {
		may := "INSERT (" + quoteAll(free) + "), DELETE"
		if free = w.changeable(t, free); len(free) > 0 {
			may += ", UPDATE (" + quoteAll(free) + ")"
		}
		w.add("GRANT " + may + " ON " + viewOf(t) + " TO " + quote(r.Reader))
		for _, s := range w.rel.sequence {
			w.add("GRANT USAGE ON SEQUENCE " + s + " TO " + quote(r.Reader))
		}
	}
	if len(t.Columns) > 0 {
		w.add("GRANT USAGE ON SCHEMA "+quote(t.Schema)+" TO "+quote(r.Source),
			"GRANT SELECT ("+quoteAll(sourceColumns(t))+") ON "+nameOf(t)+" TO "+quote(r.Source))
	}
	if err := w.indexes(t); err != nil {
		return err
	}
	w.plan.Undo = UndoSQL(t, r, w.new)
	return nil
}

func (w *planning) add(sql ...string) { w.plan.SQL = append(w.plan.SQL, sql...) }

// roles makes the two roles, the schema of the views and, where the role that enrols
// may, the trigger that tells of changes.
func (w *planning) roles(ctx context.Context, r Roles) error {
	v, err := scramVerifier(w.Rand, r.SourcePassword)
	if err != nil {
		return err
	}
	const powerless = " NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
	w.add("CREATE ROLE "+quote(r.Reader)+" NOLOGIN"+powerless, "CREATE ROLE "+quote(r.Source)+" LOGIN"+powerless+" PASSWORD "+literal(v))
	for _, name := range []string{r.Reader, r.Source} {
		w.add("GRANT CONNECT ON DATABASE " + quote(r.Database) + " TO " + quote(name))
	}
	w.plan.Roles.DSN = withoutUser(w.ask.DSN)
	w.add("ALTER ROLE "+quote(r.Source)+" SET default_transaction_read_only = on",
		"CREATE SCHEMA IF NOT EXISTS "+quote(enrolment.ViewSchema),
		"REVOKE ALL ON SCHEMA "+quote(enrolment.ViewSchema)+" FROM PUBLIC",
		"GRANT USAGE ON SCHEMA "+quote(enrolment.ViewSchema)+" TO "+quote(r.Reader)+", "+quote(r.Source),
		fmt.Sprintf(enterSQL, r.Reader),
		"REVOKE ALL ON FUNCTION goldbell.enter(text, text, boolean) FROM PUBLIC",
		"GRANT EXECUTE ON FUNCTION goldbell.enter(text, text, boolean) TO "+quote(r.Source))
	super := false
	if err := rows(ctx, w.conn, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`, func(scan func(...any) error) error { return scan(&super) }); err != nil {
		return err
	}
	if !super {
		w.plan.Notes = append(w.plan.Notes, "pg-note-no-ddl-trigger")
		return nil
	}
	w.add(`CREATE OR REPLACE FUNCTION goldbell.tell_ddl() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
$$ BEGIN PERFORM pg_catalog.pg_notify('`+enrolment.DDLChannel+`', ''); END $$`,
		`DROP EVENT TRIGGER IF EXISTS goldbell_ddl`,
		`CREATE EVENT TRIGGER goldbell_ddl ON ddl_command_end EXECUTE FUNCTION goldbell.tell_ddl()`)
	return nil
}

// viewSelect is the view's query: placeholders in place of protected columns, in the
// table's order of columns.
func viewSelect(t *enrolment.Table, rel *relation) (string, error) {
	var out []string
	for _, c := range rel.columns {
		i := slices.IndexFunc(t.Columns, func(x enrolment.Column) bool { return x.Name == c.name })
		if i < 0 {
			out = append(out, "t."+quote(c.name))
			continue
		}
		p := t.Columns[i]
		text, _, err := placeholderSQL("t.", t, p)
		if err != nil {
			return "", err
		}
		if p.Text {
			out = append(out, text+textCast(p.Type)+" AS "+quote(p.Name))
			continue
		}
		out = append(out, "NULL::"+p.Type+" AS "+quote(p.Name), text+" AS "+quote(p.Companion))
	}
	return "SELECT " + strings.Join(out, ",\n       ") + "\nFROM " + nameOf(t) + " t" + refusing(t, rel), nil
}

// textCast keeps a text column's type, without a length that a placeholder may not fit.
func textCast(typ string) string {
	if strings.HasPrefix(typ, "character varying") {
		return "::character varying"
	}
	return "::text"
}

// placeholderSQL is the expression of a column's placeholder.
func placeholderSQL(table string, t *enrolment.Table, c enrolment.Column) (sql string, immutable bool, err error) {
	subject, immutable, err := keyText(table, t.Subject)
	if err != nil {
		return "", false, err
	}
	sql = literal(t.ID.Prefix()+c.Tag+":") + " || " + subject
	if len(t.Row) > 0 {
		row, fixed, err := keyText(table, t.Row)
		if err != nil {
			return "", false, err
		}
		sql, immutable = sql+" || ';' || "+row, immutable && fixed
	}
	return "(" + sql + " || '~')", immutable, nil
}

// writable are the plain columns the reader may write: none where anything else acts on
// a write. A trigger would see the whole row, and run as the reader; a constraint over a
// protected column and another would say by its failure what stands there.
func (w *planning) writable(t *enrolment.Table) (free []string) {
	if w.rel.isView() || w.rel.acting || w.rel.tells(t) {
		w.plan.Notes = append(w.plan.Notes, "pg-note-read-only")
		return nil
	}
	for _, n := range t.Plain {
		if c, _ := w.rel.column(n); !c.generated {
			free = append(free, n)
		}
	}
	t.Writes = len(free) > 0
	return free
}

// changeable leaves out what names a row or a subject, here or in tables that refer here:
// whoever could change it would put another's values under the name of a subject he may
// see.
func (w *planning) changeable(t *enrolment.Table, free []string) []string {
	return slices.DeleteFunc(slices.Clone(free), func(n string) bool {
		return slices.Contains(namesOf(t), n) || slices.Contains(w.rel.referred, n)
	})
}

// namesOf are the columns that name a table's rows and their subjects.
func namesOf(t *enrolment.Table) []string {
	return slices.Concat(columnsOf(t.Subject), columnsOf(t.Row))
}

// refusing is the condition that no placeholder is written with, and the view's option
// that makes it hold. A transaction that has written nothing skips it: what is only read
// costs nothing, and is not hidden from the check.
func refusing(t *enrolment.Table, rel *relation) string {
	if !t.Writes {
		return ""
	}
	var clean []string
	for _, n := range t.Plain {
		if c, _ := rel.column(n); c.wordy {
			clean = append(clean, "(t."+quote(n)+"::text ~ '~[0-9a-f]{16}:') IS NOT TRUE")
		}
	}
	if clean == nil {
		return ""
	}
	return "\nWHERE pg_current_xact_id_if_assigned() IS NULL OR " + strings.Join(clean, " AND ") + "\nWITH CASCADED CHECK OPTION"
}

// sourceColumns are the columns the source reads: keys and protected ones.
func sourceColumns(t *enrolment.Table) []string {
	names := slices.Concat(columnsOf(t.Subject), columnsOf(t.Row))
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// indexes make a placeholder found as fast as its key.
func (w *planning) indexes(t *enrolment.Table) error {
	if w.rel.isView() {
		return nil
	}
	for _, c := range t.Columns {
		if !c.Find {
			continue
		}
		text, immutable, err := placeholderSQL("", t, c)
		if err != nil {
			return err
		}
		if immutable {
			w.add("CREATE INDEX " + quote(indexName(t, c)) + " ON " + nameOf(t) + " (" + text + ")")
		}
	}
	return nil
}

func indexName(t *enrolment.Table, c enrolment.Column) string {
	return "goldbell_" + t.ID.String() + "_" + c.Tag
}

// UndoSQL takes an enrolment back; the last one takes the roles with it.
func UndoSQL(t *enrolment.Table, r Roles, last bool) []string {
	sql := []string{"DROP VIEW IF EXISTS " + viewOf(t)}
	for _, c := range t.Columns {
		if c.Find {
			sql = append(sql, "DROP INDEX IF EXISTS "+quote(t.Schema)+"."+quote(indexName(t, c)))
		}
	}
	if !last {
		return append(sql, "REVOKE ALL ON "+nameOf(t)+" FROM "+quote(r.Source))
	}
	return append(sql,
		"DROP EVENT TRIGGER IF EXISTS goldbell_ddl",
		"DROP FUNCTION IF EXISTS goldbell.tell_ddl()",
		"DROP FUNCTION IF EXISTS goldbell.enter(text, text, boolean)",
		fmt.Sprintf(leaveSQL, r.Reader),
		"DROP SCHEMA IF EXISTS "+quote(enrolment.ViewSchema),
		"DROP OWNED BY "+quote(r.Reader)+", "+quote(r.Source),
		"DROP ROLE "+quote(r.Reader)+", "+quote(r.Source))
}

// Run executes statements in one transaction: all of them, or none.
func Run(ctx context.Context, dsn string, sql []string) error {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return unread(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for i, s := range sql {
		if _, err := tx.Exec(ctx, s, pgx.QueryExecModeSimpleProtocol); err != nil {
			f := fault.Of(unread(err))
			return fault.Wrap(fault.Unavailable, "pg-statement-failed", fmt.Errorf("statement %d: %w", i+1, f))
		}
	}
	return unread(tx.Commit(ctx))
}

// Database says which database and role a connection string reaches.
func Database(dsn string) (name string, err error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", fault.New(fault.Invalid, "pg-dsn", "--dsn")
	}
	return config.Database, nil
}

// withoutUser is a connection string without user and password.
func withoutUser(dsn string) string {
	if u, err := url.Parse(dsn); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		u.User = nil
		q := u.Query()
		q.Del("user")
		q.Del("password")
		u.RawQuery = q.Encode()
		return u.String()
	}
	var kept []string
	for _, word := range strings.Fields(dsn) {
		if !strings.HasPrefix(word, "user=") && !strings.HasPrefix(word, "password=") {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// as is the connection string of a role.
func (r Roles) as(user, password string) string {
	if u, err := url.Parse(r.DSN); err == nil && u.Scheme != "" {
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	return r.DSN + " user=" + user + " password=" + password
}

// SourceDSN is the connection string of the source's role.
func (r Roles) SourceDSN() string { return r.as(r.Source, r.SourcePassword) }
