package company

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// Hole is a way round the views, with the SQL that closes it.
type Hole struct {
	ID  string `json:"id"`  // a message id
	Of  string `json:"of"`  // what it is about: a table, a role, a function
	SQL string `json:"sql"` // closes it; empty where a person has to look
}

// Checker looks for ways round the views of a database.
type Checker struct {
	Roles  Roles
	Tables []*enrolment.Table
	Data   bool // look through the rows of unprotected columns too
	Rand   io.Reader
}

// Check lists every hole there is. It changes nothing but, to look at the data, a role of
// its own.
func (c Checker) Check(ctx context.Context) ([]Hole, error) {
	conn, err := connect(ctx, c.Roles.SourceDSN())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	k := checking{Checker: c, conn: conn}
	steps := []func(context.Context) error{k.role, k.privileges, k.views}
	if c.Data {
		steps = append(steps, k.data)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(k.holes, func(a, b Hole) int { return strings.Compare(a.ID+a.Of, b.ID+b.Of) })
	return slices.Compact(k.holes), nil
}

type checking struct {
	Checker
	conn  *pgx.Conn
	holes []Hole
}

func (k *checking) hole(id, of, sql string) { k.holes = append(k.holes, Hole{id, of, sql}) }

// persons are the roles of persons, in a condition on a role p.
const persons = `p.rolname ~ ('^' || $1 || '_[0-9a-f]{16}$')`

const selectRole = `SELECT p.rolname, p.rolsuper, p.rolreplication, p.rolbypassrls, p.rolcreaterole, p.rolcreatedb FROM pg_roles p
WHERE p.rolname = $1 OR ` + persons + ` AND (p.rolsuper OR p.rolreplication OR p.rolbypassrls OR p.rolcreaterole OR p.rolcreatedb)`

// role looks at the reader itself: its attributes, and what it is a member of.
func (k *checking) role(ctx context.Context) error {
	reader, found := k.Roles.Reader, false
	err := rows(ctx, k.conn, selectRole, func(scan func(...any) error) error {
		var name string
		has := make([]bool, 5)
		err := scan(&name, &has[0], &has[1], &has[2], &has[3], &has[4])
		found = found || name == reader
		for i, word := range []string{"SUPERUSER", "REPLICATION", "BYPASSRLS", "CREATEROLE", "CREATEDB"} {
			if has[i] {
				k.hole("pg-hole-attribute", word, "ALTER ROLE "+quote(name)+" NO"+word)
			}
		}
		return err
	}, reader)
	if err != nil {
		return err
	}
	if !found {
		k.hole("pg-hole-no-role", reader, "")
		return nil
	}
	return k.list(ctx, memberships)
}

// finding is a question whose every row is a hole: what it is about, and the SQL that
// closes it. $1 is the reader.
type finding struct {
	id, text string
	args     func(k *checking) []any
}

// lasting is an object that is still there when the question reaches it, and that does
// not end with its session.
const lasting = `(pg_identify_object(d.classid, d.objid, 0)).identity IS NOT NULL
AND COALESCE((pg_identify_object(d.classid, d.objid, 0)).schema, '') !~ '^pg_(toast_)?temp_'`

var memberships = []finding{
	{id: "pg-hole-member", text: `SELECT g.rolname::text, format('REVOKE %I FROM %I', g.rolname, m.rolname)
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname = $1
UNION ALL SELECT g.rolname::text, format('REVOKE %I FROM %I', g.rolname, p.rolname)
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles p ON p.oid = a.member WHERE ` + persons + ` AND g.rolname <> $1 AND g.rolname !~ ('^' || $1 || '_[0-9a-f]{16}$')`},
	{id: "pg-hole-person", text: `SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0), format('DROP OWNED BY %I', p.rolname)
FROM pg_shdepend d JOIN pg_roles p ON p.oid = d.refobjid WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype IN ('a', 'r') AND ` + persons + `
AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND d.classid NOT IN ('pg_largeobject'::regclass, 'pg_default_acl'::regclass)
AND ` + lasting},
	{id: "pg-hole-source-member", text: `SELECT m.rolname::text, format('REVOKE %I FROM %I', g.rolname, m.rolname)
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE g.rolname = $2 AND $1::text IS NOT NULL`,
		args: func(k *checking) []any { return []any{k.Roles.Source} }},
	{id: "pg-hole-owner", text: `SELECT DISTINCT d.classid::regclass::text, format('REASSIGN OWNED BY %I TO CURRENT_USER', p.rolname)
FROM pg_shdepend d JOIN pg_roles p ON p.oid = d.refobjid WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND (p.rolname = $1 OR ` + persons + `)
AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
AND d.classid NOT IN ('pg_largeobject'::regclass, 'pg_default_acl'::regclass)
AND ` + lasting},
}

// anyPrivilege is every right on a table: REFERENCES and TRIGGER reveal as SELECT does.
const anyPrivilege = `(has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
	OR has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))`

// own are schemas that PostgreSQL itself fills.
const own = `(n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast') OR n.nspname LIKE 'pg\_temp\_%' OR n.nspname LIKE 'pg\_toast\_temp\_%')`

var privileges = []finding{
	{id: "pg-hole-relation", args: func(k *checking) []any { return []any{k.viewNames()} },
		text: `SELECT format('%I.%I', n.nspname, c.relname), format('REVOKE ALL ON %I.%I FROM PUBLIC, %I', n.nspname, c.relname, $1::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT ` + own + ` AND ` + anyPrivilege + `
AND NOT (n.nspname = '` + enrolment.ViewSchema + `' AND c.relkind = 'v' AND c.relname = ANY($2::text[]))`},
	{id: "pg-hole-catalogue", text: `SELECT format('%I.%I', n.nspname, c.relname), format('REVOKE ALL ON %I.%I FROM PUBLIC, %I', n.nspname, c.relname, $1::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'pg_catalog'
AND c.relname IN ('pg_statistic', 'pg_statistic_ext_data', 'pg_authid', 'pg_largeobject', 'pg_user_mapping', 'pg_shadow', 'pg_file_settings', 'pg_hba_file_rules')
AND (has_table_privilege($1, c.oid, 'SELECT') OR c.relname <> 'pg_statistic_ext_data' AND has_any_column_privilege($1, c.oid, 'SELECT'))`},
	{id: "pg-hole-definer", text: `SELECT p.oid::regprocedure::text, format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', p.oid::regprocedure, $1::text)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND NOT ` + own + ` AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND has_function_privilege($1, p.oid, 'EXECUTE')`},
	{id: "pg-hole-outside", text: `SELECT p.oid::regprocedure::text, format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %I', p.oid::regprocedure, $1::text)
FROM pg_proc p LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
LEFT JOIN pg_extension e ON e.oid = d.refobjid
WHERE (e.extname IN ('dblink', 'adminpack', 'pageinspect', 'pg_walinspect', 'xml2') AND p.proname !~ '^(xpath|xslt|xml_)'
	OR p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'lo_import', 'lo_export',
	'pg_ls_logdir', 'pg_ls_waldir', 'pg_ls_tmpdir', 'pg_ls_archive_statusdir', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_create_restore_point'))
AND has_function_privilege($1, p.oid, 'EXECUTE')`},
	{id: "pg-hole-foreign", text: `SELECT s.srvname::text, format('REVOKE USAGE ON FOREIGN SERVER %I FROM PUBLIC, %I', s.srvname, $1::text)
FROM pg_foreign_server s WHERE has_server_privilege($1, s.oid, 'USAGE')
UNION ALL SELECT w.fdwname::text, format('REVOKE USAGE ON FOREIGN DATA WRAPPER %I FROM PUBLIC, %I', w.fdwname, $1::text)
FROM pg_foreign_data_wrapper w WHERE has_foreign_data_wrapper_privilege($1, w.oid, 'USAGE')
UNION ALL SELECT u.srvname::text, format('DROP USER MAPPING FOR %s SERVER %I', CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident($1::text) END, u.srvname)
FROM pg_user_mappings u WHERE u.umuser = 0 OR u.usename = $1`},
	{id: "pg-hole-create", text: `SELECT n.nspname::text, format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I', n.nspname, $1::text)
FROM pg_namespace n WHERE NOT (n.nspname LIKE 'pg\_temp\_%' OR n.nspname LIKE 'pg\_toast\_temp\_%') AND has_schema_privilege($1, n.oid, 'CREATE')
UNION ALL SELECT current_database()::text, format('REVOKE CREATE ON DATABASE %I FROM PUBLIC, %I', current_database(), $1::text)
WHERE has_database_privilege($1, current_database(), 'CREATE')`},
	{id: "pg-hole-large-object", text: `SELECT m.oid::text, format('REVOKE ALL ON LARGE OBJECT %s FROM PUBLIC, %I', m.oid, $1::text)
FROM pg_largeobject_metadata m, aclexplode(m.lomacl) a WHERE (a.grantee = 0 OR EXISTS (SELECT 1 FROM pg_roles p WHERE p.oid = a.grantee AND (p.rolname = $1 OR ` + persons + `)))
AND NOT EXISTS (SELECT 1 FROM pg_roles p WHERE p.oid = m.lomowner AND (p.rolname = $1 OR ` + persons + `))
UNION ALL SELECT name::text, 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET ' || name || ' = off' FROM pg_settings WHERE name = 'lo_compat_privileges' AND setting = 'on'`},
	{id: "pg-hole-language", text: `SELECT l.lanname::text, format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC, %I', l.lanname, $1::text)
FROM pg_language l WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'c') AND EXISTS (SELECT 1 FROM aclexplode(l.lanacl) a
	WHERE a.grantee = 0 OR a.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1))`},
}

func (k *checking) viewNames() []string {
	names := []string{}
	for _, t := range k.Tables {
		names = append(names, t.View)
	}
	return names
}

// privileges looks at what the reader may do outside its views.
func (k *checking) privileges(ctx context.Context) error {
	if slices.ContainsFunc(k.holes, func(h Hole) bool { return h.ID == "pg-hole-no-role" }) {
		return nil // nothing can be asked about a role there is not
	}
	return k.list(ctx, privileges)
}

func (k *checking) list(ctx context.Context, all []finding) error {
	for _, f := range all {
		args := []any{k.Roles.Reader}
		if f.args != nil {
			args = append(args, f.args(k)...)
		}
		if err := rows(ctx, k.conn, f.text, func(scan func(...any) error) error {
			var of, sql string
			err := scan(&of, &sql)
			k.hole(f.id, of, sql)
			return err
		}, args...); err != nil {
			return err
		}
	}
	return nil
}

const selectView = `SELECT pg_get_viewdef(c.oid), COALESCE(array_to_string(c.reloptions, ','), ''),
	has_table_privilege($2, c.oid, 'INSERT, UPDATE, DELETE') OR has_any_column_privilege($2, c.oid, 'INSERT, UPDATE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '` + enrolment.ViewSchema + `' AND c.relname = $1 AND c.relkind = 'v'`

// selectChangeable finds columns of a view that name rows and may be changed.
const selectChangeable = `SELECT a.attname::text FROM pg_attribute a
WHERE a.attrelid = to_regclass($1) AND a.attname = ANY($3::text[]) AND has_column_privilege($2, a.attrelid, a.attnum, 'UPDATE')`

// Definition is a keyless hash of a view as the database tells it.
func definition(def string) string {
	sum := sha256.Sum256([]byte(def))
	return hex.EncodeToString(sum[:])
}

// Define reads what the view of a table is now, to be kept with the enrolment.
func Define(ctx context.Context, r Roles, t *enrolment.Table) error {
	conn, err := connect(ctx, r.SourceDSN())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	t.Definition = ""
	err = rows(ctx, conn, selectView, func(scan func(...any) error) error {
		var def, options string
		var writes bool
		err := scan(&def, &options, &writes)
		t.Definition = definition(def)
		return err
	}, t.View, r.Reader)
	if err == nil && t.Definition == "" {
		err = fault.New(fault.Unavailable, "pg-source", "view")
	}
	return err
}

// views looks at the views themselves and the tables under them.
func (k *checking) views(ctx context.Context) error {
	for _, t := range k.Tables {
		again := "pg undo --table " + t.Schema + "." + t.Name
		rel, err := describe(ctx, k.conn, t.Schema, t.Name)
		if fault.Is(err, fault.NotFound) {
			k.hole("pg-hole-table-changed", nameOf(t), again)
			continue
		}
		if err != nil {
			return err
		}
		found, writes := false, false
		err = rows(ctx, k.conn, selectView, func(scan func(...any) error) error {
			found = true
			var def, options string
			err := scan(&def, &options, &writes)
			if definition(def) != t.Definition {
				k.hole("pg-hole-view-changed", viewOf(t), again)
			}
			if t.Writes && refusing(t, rel) != "" && !strings.Contains(options, "check_option=cascaded") {
				k.hole("pg-hole-view-changed", viewOf(t), "ALTER VIEW "+viewOf(t)+" SET (check_option = cascaded)")
			}
			if strings.Contains(options, "security_invoker") {
				k.hole("pg-hole-view-changed", viewOf(t), "ALTER VIEW "+viewOf(t)+" RESET (security_invoker)")
			}
			return err
		}, t.View, k.Roles.Reader)
		if err != nil {
			return err
		}
		if err := rows(ctx, k.conn, selectChangeable, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			k.hole("pg-hole-key", viewOf(t)+"."+quote(name), "REVOKE UPDATE ON "+viewOf(t)+" FROM PUBLIC, "+quote(k.Roles.Reader))
			return err
		}, viewOf(t), k.Roles.Reader, namesOf(t)); err != nil {
			return err
		}
		if !found {
			k.hole("pg-hole-view-gone", viewOf(t), again)
			continue
		}
		for _, name := range sourceColumns(t) {
			if _, ok := rel.column(name); !ok {
				k.hole("pg-hole-table-changed", nameOf(t)+"."+quote(name), again)
			}
		}
		for _, c := range t.Columns {
			if slices.Contains(rel.divides, c.Name) {
				k.hole("pg-hole-partition", nameOf(t)+"."+quote(c.Name), again)
			}
		}
		if writes && (rel.acting || rel.isView() || rel.tells(t)) {
			k.hole("pg-hole-acting", nameOf(t), "REVOKE INSERT, UPDATE, DELETE ON "+viewOf(t)+" FROM "+quote(k.Roles.Reader))
		}
	}
	return nil
}

const selectWords = `SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
AND ` + wordy + ` ORDER BY a.attnum`

// data counts rows of unprotected columns that hold what begins a placeholder. It asks
// as the reader, who sees just these columns.
func (k *checking) data(ctx context.Context) error {
	if err := unread(pgx.BeginTxFunc(ctx, k.conn, pgx.TxOptions{AccessMode: pgx.ReadWrite}, func(tx pgx.Tx) error {
		return enter(ctx, tx, k.Rand, k.Roles, Checking, true)
	})); err != nil {
		return err
	}
	conn, err := connect(ctx, k.Roles.PersonDSN(Checking))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var ids []string
	for _, t := range k.Tables {
		ids = append(ids, t.ID.String())
	}
	pattern := "~(" + strings.Join(ids, "|") + "):"
	for _, t := range k.Tables {
		var where []string
		if err := rows(ctx, conn, selectWords, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			if slices.Contains(t.Plain, name) {
				where = append(where, quote(name)+"::text ~ $1")
			}
			return err
		}, viewOf(t)); err != nil {
			return err
		}
		if where == nil {
			continue
		}
		n := int64(0)
		text := "SELECT count(*) FROM " + viewOf(t) + " WHERE " + strings.Join(where, " OR ")
		if err := rows(ctx, conn, text, func(scan func(...any) error) error { return scan(&n) }, pattern); err != nil {
			return err
		}
		if n > 0 {
			k.hole("pg-hole-data", nameOf(t), "SELECT * FROM "+viewOf(t)+" WHERE "+strings.ReplaceAll(strings.Join(where, " OR "), "$1", literal(pattern)))
		}
	}
	return nil
}

// Listen waits until the database tells of a change to it, and answers each time on
// changed, until ctx ends or the connection does.
func Listen(ctx context.Context, r Roles, changed func()) error {
	conn, err := connect(ctx, r.SourceDSN())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+enrolment.DDLChannel); err != nil {
		return unread(err)
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return unread(err)
		}
		changed()
	}
}
