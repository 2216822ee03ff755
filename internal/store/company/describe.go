package company

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// relation is what the catalogue says of a table, a partitioned table or a view.
type relation struct {
	oid      uint32
	schema   string
	name     string
	kind     string // r, p, v, m, f
	columns  []column
	primary  []string   // the primary key's columns
	uniques  [][]string // other unique keys over columns, all NOT NULL
	foreign  []foreignKey
	acting   bool // triggers, rules, row security or functions of its own act on writes
	tied     []tie
	referred []string // columns that other tables' keys follow
	divides  []string // columns that say in which partition a row lies
	sequence []string
	owner    string
}

type column struct {
	name      string
	typ       string // of a domain: its base type
	text      bool
	notNull   bool
	generated bool
	wordy     bool     // its text may hold what a placeholder begins with
	derived   []string // the columns a generated one is made of
}

// tie is a constraint or an index that reads columns when others are written: whether a
// write succeeds then depends on what stands in them.
type tie struct {
	columns []string
	loose   bool // it may fail although none of its columns is written
}

// foreignKey says that columns refer to a table's columns, in its order.
type foreignKey struct {
	columns      []string
	schema, name string
	theirs       []string
}

// below names a relation with its partitions and children, and theirs: a write through
// the relation may come to any of them.
func below(oid string) string {
	return `below(oid) AS (SELECT ` + oid + ` UNION SELECT i.inhrelid FROM pg_inherits i JOIN below b ON b.oid = i.inhparent)`
}

var selectRelation = `SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
	EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
	OR EXISTS (WITH RECURSIVE ` + below("c.oid") + ` SELECT 1 FROM below JOIN pg_trigger g ON g.tgrelid = below.oid WHERE NOT g.tgisinternal)
	OR EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN')
	OR c.relrowsecurity
	OR EXISTS (SELECT 1 FROM pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f' AND 'd' IN (k.confupdtype, k.confdeltype))
	OR EXISTS (SELECT 1 FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
		WHERE d.refclassid = 'pg_proc'::regclass AND p.pronamespace <> 'pg_catalog'::regnamespace
		AND (d.classid = 'pg_constraint'::regclass AND d.objid IN (WITH RECURSIVE ` + below("c.oid") + ` SELECT k.oid FROM pg_constraint k JOIN below ON k.conrelid = below.oid)
		OR d.classid = 'pg_attrdef'::regclass AND d.objid IN (WITH RECURSIVE ` + below("c.oid") + ` SELECT f.oid FROM pg_attrdef f JOIN below ON f.adrelid = below.oid)
		OR d.classid = 'pg_class'::regclass AND d.objid IN (WITH RECURSIVE ` + below("c.oid") + ` SELECT x.indexrelid FROM pg_index x JOIN below ON x.indrelid = below.oid)))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`

const selectColumns = `SELECT a.attname::text,
	CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
	COALESCE(b.typname, t.typname) IN ('text', 'varchar', 'bpchar', 'citext', 'name'), a.attnotnull, a.attgenerated <> '', ` + wordy + `,
	ARRAY(SELECT s.attname::text FROM pg_attrdef e JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = e.oid AND p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid
		JOIN pg_attribute s ON s.attrelid = a.attrelid AND s.attnum = p.refobjsubid AND s.attnum <> a.attnum
		WHERE a.attgenerated <> '' AND e.adrelid = a.attrelid AND e.adnum = a.attnum ORDER BY s.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd'
WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// wordy says of a type t whether its text may hold any text.
const wordy = `(t.typcategory IN ('S', 'A', 'C') OR t.typname IN ('json', 'jsonb', 'xml', 'hstore', 'bytea') OR t.typtype = 'd' AND t.typcategory = 'U')`

// selectTies finds check constraints, unique and exclusion indexes, indexes over
// expressions or with conditions, and foreign keys that refer here.
var selectTies = `WITH RECURSIVE ` + below("$1::bigint::oid") + `
SELECT ARRAY(SELECT a.attname::text FROM unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n), NOT k.convalidated
FROM pg_constraint k WHERE k.conrelid IN (SELECT oid FROM below) AND k.contype = 'c'
UNION ALL SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
	OR (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))),
	COALESCE((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM below) AND (i.indisunique OR i.indisexclusion OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
UNION ALL SELECT ARRAY(SELECT a.attname::text FROM unnest(k.confkey) n JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n), true
FROM pg_constraint k WHERE k.confrelid IN (SELECT oid FROM below) AND k.contype = 'f'`

// selectDivides finds the columns by which rows are put into partitions. Plans and sizes
// of partitions are open to everybody.
var selectDivides = `WITH RECURSIVE ` + below("$1::bigint::oid") + `
SELECT DISTINCT a.attname::text FROM pg_partitioned_table p JOIN below ON p.partrelid = below.oid JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum > 0
WHERE a.attnum = ANY (p.partattrs::int2[]) OR EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.partrelid
	AND d.objsubid = a.attnum AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.partrelid AND d.refobjsubid = 0 AND d.deptype = 'i')`

const selectKeys = `SELECT i.indisprimary, ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, at)
	JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n WHERE k.at <= i.indnkeyatts ORDER BY k.at)
FROM pg_index i WHERE i.indrelid = $1::bigint::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC, i.indexrelid`

const selectForeign = `SELECT n.nspname, f.relname,
	ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x(n, at) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n ORDER BY x.at),
	ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x(n, at) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n ORDER BY x.at)
FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace n ON n.oid = f.relnamespace
WHERE k.conrelid = $1::bigint::oid AND k.contype = 'f' ORDER BY k.conname`

const selectSequences = `SELECT quote_ident(n.nspname) || '.' || quote_ident(s.relname) FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::bigint::oid AND d.deptype = 'a' ORDER BY 1`

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// rows runs a question and hands each row over.
func rows(ctx context.Context, q querier, text string, each func(scan func(...any) error) error, args ...any) error {
	r, err := q.Query(ctx, text, args...)
	if err != nil {
		return unread(err)
	}
	defer r.Close()
	for r.Next() {
		if err := each(r.Scan); err != nil {
			return unread(err)
		}
	}
	return unread(r.Err())
}

// describe reads a relation from the catalogue.
func describe(ctx context.Context, q querier, schema, name string) (*relation, error) {
	var rel *relation
	err := rows(ctx, q, selectRelation, func(scan func(...any) error) error {
		rel = &relation{}
		var oid int64
		err := scan(&oid, &rel.schema, &rel.name, &rel.kind, &rel.owner, &rel.acting)
		rel.oid = uint32(oid)
		return err
	}, schema, name)
	if err != nil {
		return nil, err
	}
	if rel == nil {
		return nil, fault.New(fault.NotFound, "pg-no-table", "--table")
	}
	at := int64(rel.oid)
	if err := rows(ctx, q, selectColumns, func(scan func(...any) error) error {
		var c column
		err := scan(&c.name, &c.typ, &c.text, &c.notNull, &c.generated, &c.wordy, &c.derived)
		rel.columns = append(rel.columns, c)
		return err
	}, at); err != nil {
		return nil, err
	}
	if err := rows(ctx, q, selectKeys, func(scan func(...any) error) error {
		var primary bool
		var of []string
		err := scan(&primary, &of)
		if primary {
			rel.primary = of
		} else {
			rel.uniques = append(rel.uniques, of)
		}
		return err
	}, at); err != nil {
		return nil, err
	}
	if err := rows(ctx, q, selectForeign, func(scan func(...any) error) error {
		var f foreignKey
		err := scan(&f.schema, &f.name, &f.columns, &f.theirs)
		rel.foreign = append(rel.foreign, f)
		return err
	}, at); err != nil {
		return nil, err
	}
	if err := rows(ctx, q, selectTies, func(scan func(...any) error) error {
		var t tie
		err := scan(&t.columns, &t.loose)
		rel.tied = append(rel.tied, t)
		return err
	}, at); err != nil {
		return nil, err
	}
	if err := rows(ctx, q, selectDivides, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		rel.divides = append(rel.divides, name)
		return err
	}, at); err != nil {
		return nil, err
	}
	if err := rows(ctx, q, selectReferred, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		rel.referred = append(rel.referred, name)
		return err
	}, at); err != nil {
		return nil, err
	}
	return rel, rows(ctx, q, selectSequences, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		rel.sequence = append(rel.sequence, s)
		return err
	}, at)
}

func (r *relation) column(name string) (column, bool) {
	for _, c := range r.columns {
		if c.name == name {
			return c, true
		}
	}
	return column{}, false
}

// tells reports whether a write of other columns could fail by what stands in protected
// ones: whether it did would tell something of them.
func (r *relation) tells(t *enrolment.Table) bool {
	return slices.ContainsFunc(r.tied, func(x tie) bool {
		hidden := slices.ContainsFunc(x.columns, func(name string) bool {
			return slices.ContainsFunc(t.Columns, func(c enrolment.Column) bool { return c.Name == name })
		})
		return hidden && (x.loose || len(x.columns) > 1)
	})
}

// referred are the columns that foreign keys of other tables refer to.
const selectReferred = `SELECT DISTINCT a.attname::text FROM pg_constraint k, unnest(k.confkey) n JOIN pg_attribute a ON a.attnum = n
WHERE k.confrelid = $1::bigint::oid AND a.attrelid = k.confrelid AND k.contype = 'f'`

// isView reports what has no rows of its own, and so no index.
func (r *relation) isView() bool { return r.kind == "v" || r.kind == "f" }
