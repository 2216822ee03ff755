-- strings: statistics of words in the raw table
SELECT * FROM ts_stat('SELECT to_tsvector(phone) FROM public.customer')

-- strings: statistics of words in the view
SELECT word, ndoc FROM ts_stat('SELECT to_tsvector(''simple'', phone) FROM goldbell.customer WHERE id = 150') ORDER BY word

-- strings: rewriting by a query
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, to_tsquery(''simple'', phone) FROM goldbell.customer WHERE id = 150')

-- strings: rewriting by a query of the raw table
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, phone::tsquery FROM public.customer')

-- strings: the statement as the database has it
SELECT id, current_query() FROM customer WHERE phone = '{A}'
\next
SELECT current_query(), count(*) FROM customer WHERE phone = '{B}'

-- xml: schemas with data
SELECT query_to_xml_and_xmlschema('SELECT phone FROM goldbell.customer WHERE id = 150', true, false, '')
\next
SELECT schema_to_xml_and_xmlschema('goldbell', true, false, '')
\next
SELECT table_to_xmlschema('public.customer', true, false, '')

-- xml: aggregate
SELECT xmlagg(xmlelement(name p, phone) ORDER BY id) FROM customer WHERE id IN (149, 150)

-- json: rows in one array
SELECT jsonb_agg(c ORDER BY id), array_agg(c ORDER BY id) FROM customer c WHERE id IN (149, 150)

-- json: object of values
SELECT jsonb_object_agg(id, phone), json_object_agg(phone, phone) FROM customer WHERE id = 150

-- json: strip, pretty and set
SELECT jsonb_pretty(jsonb_set(to_jsonb(c), '{company}', to_jsonb(phone))) FROM customer c WHERE id = 150

-- set returning: with ordinality and rows from
SELECT * FROM ROWS FROM (unnest(ARRAY(SELECT phone FROM customer WHERE id = 150)), generate_series(1, 2)) WITH ORDINALITY

-- set returning: in the list
SELECT id, unnest(string_to_array(phone, ':')) FROM customer WHERE id = 150

-- set returning: as many rows as a guess
SELECT generate_series(1, (SELECT count(*) FROM customer WHERE phone = '{A}')::int)

-- errors: detail of the check option, caught
DO $$ DECLARE d text; m text; BEGIN UPDATE goldbell.plain SET company = '~' || substr((SELECT phone FROM goldbell.customer WHERE id = 150), 2) WHERE id = 150; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL; RAISE NOTICE '% %', m, d; END $$

-- errors: detail of a key that is there already, caught
DO $$ DECLARE d text; m text; BEGIN INSERT INTO goldbell.customer (id, company) VALUES (150, 'x'); EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL; RAISE NOTICE '% %', m, d; END $$

-- errors: detail of a key that is null, caught
DO $$ DECLARE d text; m text; BEGIN INSERT INTO goldbell.customer (id, company) VALUES (NULL, 'x'); EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL; RAISE NOTICE '% %', m, d; END $$

-- errors: an index row that is too large
CREATE TEMP TABLE t (p text)
\next
INSERT INTO t SELECT string_agg(md5(phone || g), '') FROM customer, generate_series(1, 500) g WHERE id = 150
\next
CREATE INDEX ON t (p)

-- errors: recursion by the value
CREATE FUNCTION pg_temp.f (n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RETURN 1; END IF; RETURN pg_temp.f(n - 1) / 1; END $$
\next
SELECT pg_temp.f(ascii(substr(phone, 4, 1))) FROM customer WHERE id = 150

-- errors: a timeout while it guesses
SET statement_timeout = 200
\next
SELECT count(*) FROM customer WHERE id = 150 AND left(phone, 4) = '1391' AND pg_sleep(10) IS NOT NULL
\next
RESET statement_timeout

-- errors: a lock that is waited for by a guess
SET lock_timeout = 100
\next
SELECT id FROM customer WHERE left(phone, 4) = '1391' FOR UPDATE NOWAIT

-- explain: settings, and of what is made
EXPLAIN (COSTS off, SETTINGS) CREATE TEMP TABLE t AS SELECT phone FROM customer WHERE phone = '{A}'

-- explain: of a cursor
EXPLAIN (COSTS off) DECLARE c CURSOR FOR SELECT phone FROM customer WHERE phone = '{A}'

-- explain: analysed in a function
CREATE FUNCTION pg_temp.f () RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) SELECT id FROM goldbell.customer WHERE phone = ''{A}'''; END $$
\next
SELECT * FROM pg_temp.f()

-- explain: a merge
EXPLAIN (COSTS off) MERGE INTO plain p USING customer c ON p.id = c.id AND c.phone = '{A}' WHEN MATCHED THEN DELETE

-- explain: memoized by the value
SET enable_hashjoin = off; SET enable_mergejoin = off; EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) SELECT p.id FROM plain p JOIN customer c ON c.company = p.company AND c.phone = '{A}'; RESET ALL

-- statistics: rows and blocks of the raw table
SELECT seq_scan >= 0, n_live_tup >= 0, n_mod_since_analyze >= 0 FROM pg_stat_all_tables WHERE relname = 'customer' AND schemaname = 'public'

-- statistics: scans of the raw table's indexes while values are looked up
SELECT count(*) FROM customer WHERE phone IN ('{A}', '{B}')
\next
SELECT sum(idx_scan) FROM pg_stat_all_indexes WHERE relname = 'customer' AND indexrelname LIKE '%phone%'

-- statistics: of functions and of this transaction
SELECT funcname, calls FROM pg_stat_user_functions
\next
SELECT relname FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0

-- statistics: of the log that is written ahead
SELECT wal_records >= 0 FROM pg_stat_wal
\next
SELECT pg_current_wal_lsn() IS NOT NULL

-- statistics: memory of the session
SELECT count(*) FROM pg_backend_memory_contexts

-- statistics: sequences of others
SELECT sequencename, last_value FROM pg_sequences

-- catalogue: defaults, constraints and partitions as text
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'public.customer'::regclass
\next
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'public.customer'::regclass ORDER BY 1
\next
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'public.customer'::regclass

-- catalogue: objects described
SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend WHERE refobjid = 'public.customer'::regclass ORDER BY 1

-- definer: the function that makes roles
SELECT goldbell.enter('goldbell_reader_x', 'SCRAM-SHA-256$', true)

-- definer: the function of the event trigger
SELECT goldbell.tell_ddl()

-- casts: of one's own, implicit
CREATE TYPE pg_temp.c AS (t text)
\next
CREATE FUNCTION pg_temp.f (pg_temp.c) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', $1; RETURN ($1).t; END $$
\next
CREATE CAST (pg_temp.c AS text) WITH FUNCTION pg_temp.f (pg_temp.c) AS IMPLICIT
\next
SELECT ROW(phone)::pg_temp.c::text FROM customer WHERE id = 150

-- casts: range of one's own
CREATE TYPE pg_temp.r AS RANGE (subtype = text)
\next
SELECT pg_temp.r(phone, '{A}') FROM customer WHERE id = 150
\next
SELECT range_agg(pg_temp.r(phone, NULL)) FROM customer WHERE id IN (149, 150)

-- temporary: view with a barrier
CREATE TEMP VIEW v WITH (security_barrier) AS SELECT id, phone FROM customer WHERE phone <> '{A}'
\next
SELECT id FROM v WHERE id >= 149 ORDER BY id

-- temporary: view as its reader
CREATE TEMP VIEW v WITH (security_invoker) AS SELECT id, phone FROM goldbell.customer
\next
SELECT phone FROM v WHERE id = 150

-- temporary: default made of the value
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; EXECUTE format('CREATE TEMP TABLE t (a int, b text DEFAULT %L)', p); END $$
\next
INSERT INTO t (a) VALUES (1) RETURNING b
\next
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 't'::regclass

-- temporary: identity begun at the value
DO $$ DECLARE p int; BEGIN SELECT ascii(substr(phone, 4, 1)) INTO p FROM customer WHERE id = 150; EXECUTE format('CREATE TEMP TABLE t (a int GENERATED ALWAYS AS IDENTITY (START %s))', p); END $$
\next
INSERT INTO t DEFAULT VALUES RETURNING a

-- temporary: policy on one's own table
CREATE TEMP TABLE t AS SELECT id, phone FROM customer WHERE id IN (149, 150)
\next
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY
\next
CREATE POLICY p ON t USING (phone < '1391')
\next
SELECT id FROM t

-- temporary: text search of one's own
CREATE TEXT SEARCH CONFIGURATION pg_temp.c (COPY = simple)
\next
SELECT to_tsvector('pg_temp.c', phone) FROM customer WHERE id = 150

-- writes: merge that inserts by a guess
BEGIN
\next
MERGE INTO plain p USING (SELECT 170000 AS id FROM customer WHERE phone = '{A}') s ON p.id = s.id WHEN NOT MATCHED THEN INSERT (id, company) VALUES (s.id, 'hit')
\next
SELECT count(*) FROM plain WHERE id = 170000
\next
ROLLBACK

-- writes: returning a sub-select
UPDATE plain SET company = company WHERE id = 150 RETURNING (SELECT phone FROM customer c WHERE c.id = plain.id), (SELECT count(*) FROM customer WHERE phone = '{A}')

-- writes: the whole row back
UPDATE customer SET company = company WHERE id = 150 RETURNING customer, customer.*

-- writes: how much the log grows
EXPLAIN (ANALYZE, WAL, TIMING off, SUMMARY off, COSTS off, BUFFERS off) SELECT id FROM customer WHERE phone = '{A}'

-- copy: in another encoding
COPY (SELECT phone, company FROM customer WHERE id = 150) TO STDOUT (ENCODING 'GB18030')

-- copy: quoted by force
COPY (SELECT phone FROM customer WHERE id = 150) TO STDOUT (FORMAT csv, FORCE_QUOTE *, ESCAPE '~')

-- copy: in where a guess holds
CREATE TEMP TABLE t (p text)
\next
COPY t FROM STDIN WHERE EXISTS (SELECT 1 FROM goldbell.customer WHERE phone = '{A}')

-- cursor: held over the end of its transaction
BEGIN
\next
DECLARE c CURSOR WITH HOLD FOR SELECT id, phone FROM customer WHERE phone = '{A}' OR id IN (149, 150) ORDER BY id
\next
COMMIT
\next
FETCH ALL FROM c
\next
SELECT name, statement, is_holdable FROM pg_cursors

-- notifications: as many as a guess is true
LISTEN n
\next
SELECT pg_notify('n', g::text) FROM generate_series(1, 3) g, customer WHERE phone = '{A}'
\next
SELECT 1

-- notifications: on the channel of the structure
LISTEN goldbell_ddl
\next
CREATE TEMP TABLE t ()
\next
SELECT 1

-- locks: the view, and so what is under it
BEGIN
\next
LOCK TABLE goldbell.customer IN ACCESS SHARE MODE
\next
SELECT mode FROM pg_locks WHERE relation = 'public.customer'::regclass AND pid = pg_backend_pid() ORDER BY 1
\next
ROLLBACK

-- transactions: snapshot taken over
BEGIN ISOLATION LEVEL REPEATABLE READ
\next
SET TRANSACTION SNAPSHOT '00000003-0000001B-1'
\next
ROLLBACK

-- transactions: in the middle of a pipeline of commands
BEGIN; SELECT phone FROM customer WHERE id = 150; SAVEPOINT a; SELECT 1 / (SELECT count(*) FROM customer WHERE phone = '{A}'); ROLLBACK TO a; COMMIT

-- lookup: by a sub-select and an array of rows
SELECT id FROM customer WHERE phone IN (SELECT '{A}' UNION SELECT '{B}')
\next
SELECT id FROM customer WHERE ARRAY[phone] <@ ARRAY['{A}', '{B}']

-- lookup: twice in one statement, each way
SELECT (SELECT count(*) FROM customer WHERE phone = '{A}'), (SELECT count(*) FROM customer WHERE '{B}' = phone), (SELECT count(*) FROM customer WHERE phone = '13900000002')

-- large object: descriptor kept over statements
BEGIN
\next
SELECT lo_open(lo_from_bytea(990160, (SELECT phone::bytea FROM customer WHERE id = 150)), 131072)
\next
SELECT loread(0, 100), lo_tell(0), lo_lseek(0, 0, 2)
\next
ROLLBACK
