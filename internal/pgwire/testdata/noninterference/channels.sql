-- statistics: most common values by function
SELECT most_common_vals::text::text[] FROM pg_stats WHERE schemaname = 'public'

-- statistics: of the views
SELECT count(*) FROM pg_stats WHERE schemaname = 'goldbell'

-- statistics: extended, data
SELECT count(*) FROM pg_statistic_ext_data

-- statistics: extended, expressions
SELECT * FROM pg_stats_ext_exprs

-- statistics: of one's own over the raw table
CREATE STATISTICS pg_temp.s ON phone, id FROM public.customer

-- statistics: analyse the raw table
ANALYZE public.customer

-- statistics: analyse the view
ANALYZE VERBOSE customer

-- statistics: a temporary copy's
CREATE TEMP TABLE t AS SELECT phone FROM customer
\next
ANALYZE t
\next
SELECT null_frac, avg_width, n_distinct FROM pg_stats WHERE tablename = 't'

-- statistics: statements of others
SELECT query FROM pg_stat_activity WHERE query LIKE '%139%' AND pid <> pg_backend_pid()

-- statistics: progress and locks
SELECT count(*) FROM pg_stat_progress_analyze
\next
SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND relation = 'public.customer'::regclass AND pid <> pg_backend_pid()

-- statistics: prepared statements
PREPARE q AS SELECT id FROM customer WHERE phone = '{A}'
\next
SELECT statement FROM pg_prepared_statements

-- statistics: cursors
BEGIN
\next
DECLARE c CURSOR FOR SELECT id FROM customer WHERE phone = '{A}'
\next
SELECT statement FROM pg_cursors

-- statistics: index of the raw table
SELECT indexdef FROM pg_indexes WHERE tablename = 'customer'

-- statistics: text of the index's expression
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'public.customer'::regclass ORDER BY 1

-- statistics: pages of the index
SELECT relname, relpages FROM pg_class WHERE relname LIKE 'customer%' AND relkind = 'i'

-- statistics: visibility
SELECT * FROM pg_visibility('public.customer')

-- explain: order of a join with the value
EXPLAIN SELECT a.id FROM customer a JOIN plain b ON b.company = a.phone

-- explain: analysed sort
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) SELECT id FROM customer WHERE phone || 'x' > '1391' AND id > 140

-- explain: of an update
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) UPDATE customer SET company = company WHERE phone = '{A}'

-- explain: execute
PREPARE q (text) AS SELECT id FROM customer WHERE phone = $1
\next
EXPLAIN (COSTS off) EXECUTE q ('{A}')

-- explain: xml and yaml
EXPLAIN (COSTS off, FORMAT yaml) SELECT phone FROM customer WHERE phone = '{A}'
\next
EXPLAIN (COSTS off, FORMAT xml) SELECT phone FROM customer WHERE phone = '{A}'

-- explain: rows of a guess
EXPLAIN SELECT count(*) FROM customer WHERE left(phone, 4) = '1391'

-- explain: width of the value
EXPLAIN (VERBOSE) SELECT phone, name FROM customer

-- errors: out of a set returning function
SELECT generate_series(1, ascii(substr(phone, 4, 1)) - 48) FROM customer WHERE id = 150

-- errors: array index
SELECT (ARRAY[1, 2])[length(phone)] FROM customer WHERE id = 150

-- errors: overflow by the value
SELECT power(10, ascii(substr(phone, 4, 1)) * 10) FROM customer WHERE id = 150

-- errors: square root
SELECT sqrt(ascii(substr(phone, 4, 1)) - 49) FROM customer WHERE id = 150

-- errors: substring of negative length
SELECT substr('x', 1, ascii(substr(phone, 4, 1)) - 49) FROM customer WHERE id = 150

-- errors: chr
SELECT chr(ascii(substr(phone, 4, 1)) - 48) FROM customer WHERE id = 150

-- errors: more than one row
SELECT (SELECT id FROM customer WHERE phone < '1391') FROM plain WHERE id = 1

-- errors: null in a column that takes none
CREATE TEMP TABLE t (p text NOT NULL)
\next
INSERT INTO t SELECT nullif(phone, '{A}') FROM customer WHERE id = 150

-- errors: value too long
CREATE TEMP TABLE t (p varchar(3))
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150

-- errors: exclusion
CREATE TEMP TABLE t (p text, EXCLUDE (p WITH =))
\next
INSERT INTO t SELECT phone FROM customer WHERE id IN (149, 150) UNION ALL SELECT '{A}'

-- errors: foreign key from a temporary table
CREATE TEMP TABLE k (p text PRIMARY KEY)
\next
CREATE TEMP TABLE t (p text REFERENCES k)
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150

-- errors: not null of the raw table
INSERT INTO customer (company) VALUES ('x')

-- errors: double key of the raw table
INSERT INTO customer (id, company) VALUES (150, 'x')

-- errors: diagnostics
DO $$ DECLARE d text; BEGIN PERFORM phone::int FROM customer WHERE id = 150; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS d = MESSAGE_TEXT; RAISE NOTICE '%', d; END $$

-- errors: assert
DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM customer WHERE phone = '{A}'), 'there'; END $$

-- errors: context of a caught error
DO $$ DECLARE d text; BEGIN PERFORM 1 / (SELECT count(*) FROM customer WHERE left(phone, 4) = '1391'); EXCEPTION WHEN division_by_zero THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_CONTEXT; RAISE NOTICE 'none %', d; END $$

-- notices: by a loop over characters
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; FOR i IN 1..length(p) LOOP RAISE NOTICE '%', ascii(substr(p, i, 1)); END LOOP; END $$

-- notices: raised with a code
DO $$ DECLARE p text; BEGIN SELECT left(md5(phone), 5) INTO p FROM customer WHERE id = 150; RAISE EXCEPTION USING ERRCODE = upper(translate(p, 'abcdef', 'ABCDEF')), MESSAGE = 'x'; END $$

-- notices: column, table and hint
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; RAISE WARNING USING MESSAGE = 'm', DETAIL = p, HINT = p, COLUMN = p, TABLE = p; END $$

-- notices: truncated identifier
SELECT 1 AS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

-- notices: name of a channel
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; EXECUTE format('LISTEN %I', p); END $$
\next
SELECT * FROM pg_listening_channels()

-- notices: name of a savepoint, a cursor, a statement
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; EXECUTE format('PREPARE %I AS SELECT 1', p); END $$
\next
SELECT name FROM pg_prepared_statements

-- notices: name of a temporary table
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; EXECUTE format('CREATE TEMP TABLE %I ()', p); END $$
\next
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()

-- notices: comment
CREATE TEMP TABLE t ()
\next
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; EXECUTE format('COMMENT ON TABLE t IS %L', p); END $$
\next
SELECT obj_description('t'::regclass)

-- large object: written piece by piece
BEGIN
\next
SELECT lo_create(990151)
\next
SELECT lo_put(990151, 0, phone::bytea) FROM customer WHERE id = 150
\next
SELECT loread(lo_open(990151, 262144), 100)
\next
SELECT lo_unlink(990151)
\next
COMMIT

-- large object: import a file
SELECT lo_import('/etc/hostname')

-- large object: export
SELECT lo_export(990150, '/tmp/out')

-- large object: pages
SELECT count(*) FROM pg_largeobject

-- locks: taken by value
SELECT pg_try_advisory_lock(ascii(substr(phone, 4, 1))) FROM customer WHERE id = 150
\next
SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()

-- locks: shared, in a transaction
BEGIN
\next
SELECT pg_advisory_xact_lock_shared(150, hashtext(phone)) FROM customer WHERE id = 150
\next
SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()

-- locks: the raw table
BEGIN
\next
LOCK TABLE public.customer IN ACCESS SHARE MODE

-- locks: nobody waits
BEGIN
\next
SELECT id FROM customer WHERE left(phone, 4) = '1391' FOR UPDATE SKIP LOCKED

-- sequences: advanced by rows
CREATE TEMP SEQUENCE s
\next
SELECT count(nextval('s')) FROM customer WHERE phone = '{A}'
\next
SELECT last_value, is_called FROM s

-- sequences: in a condition
CREATE TEMP SEQUENCE s
\next
SELECT count(*) FROM customer WHERE id = 150 AND (left(phone, 4) = '1391' OR nextval('s') > 0)
\next
SELECT last_value, is_called FROM s

-- sequences: restarted at the value
CREATE TEMP SEQUENCE s MINVALUE 0
\next
DO $$ DECLARE p text; BEGIN SELECT ascii(substr(phone, 4, 1)) INTO p FROM customer WHERE id = 150; EXECUTE 'ALTER SEQUENCE s RESTART ' || p; END $$
\next
SELECT nextval('s')

-- settings: work memory by value
DO $$ DECLARE p text; BEGIN SELECT ascii(substr(phone, 4, 1)) * 64 INTO p FROM customer WHERE id = 150; EXECUTE 'SET work_mem = ' || p; END $$
\next
SHOW work_mem

-- settings: a time zone that is reported
SELECT set_config('TimeZone', CASE WHEN left(phone, 4) = '1391' THEN 'UTC' ELSE 'Asia/Shanghai' END, false) FROM customer WHERE id = 150

-- settings: a date style that is reported
DO $$ BEGIN IF EXISTS (SELECT 1 FROM customer WHERE phone = '{A}') THEN SET DateStyle = 'German'; END IF; END $$

-- settings: seed of chance
SELECT setseed(ascii(substr(phone, 4, 1)) / 1000.0) FROM customer WHERE id = 150
\next
SELECT random()

-- settings: reader's own
ALTER ROLE CURRENT_USER SET my.x = 'y'
\next
ALTER ROLE CURRENT_USER RESET my.x

-- settings: local in a function
CREATE FUNCTION pg_temp.f () RETURNS text LANGUAGE sql SET search_path = public AS $$ SELECT phone FROM customer WHERE id = 150 $$
\next
SELECT pg_temp.f()

-- settings: plan by force
SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT id FROM customer WHERE phone = '{A}'; RESET ALL

-- settings: constraint exclusion and parallel
SET max_parallel_workers_per_gather = 4; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT count(*) FROM customer WHERE phone || '' = '{A}'

-- settings: log to the client
SET client_min_messages = log; SET debug_print_plan = on; SELECT count(*) FROM customer WHERE phone = '{A}'

-- settings: log statistics of the executor
SET client_min_messages = log; SET log_executor_stats = on; SELECT 1

-- settings: transforms of null
SET transform_null_equals = on; SELECT count(*) FROM customer WHERE phone = NULL

-- settings: preload
LOAD 'auto_explain'

-- settings: all of them
SELECT count(*) FROM pg_settings WHERE setting LIKE '%139%'

-- settings: files of the server
SELECT count(*) FROM pg_file_settings

-- outside: dblink
SELECT * FROM dblink('dbname=postgres', 'SELECT phone FROM customer') AS t (p text)

-- outside: foreign table
CREATE FOREIGN TABLE pg_temp.f (p text) SERVER far

-- outside: a file as a table
COPY pg_temp.t FROM '/etc/passwd'

-- outside: a program as a table
CREATE TEMP TABLE t (p text)
\next
COPY t FROM PROGRAM 'id'

-- outside: list a directory
SELECT pg_ls_dir('.')

-- outside: the log
SELECT pg_ls_logdir()

-- outside: another database
SELECT datname FROM pg_database WHERE datname = 'template1'

-- outside: untrusted language
CREATE FUNCTION pg_temp.f () RETURNS text LANGUAGE c AS 'libc', 'getpid'

-- outside: untrusted python
CREATE FUNCTION pg_temp.f () RETURNS text LANGUAGE plpython3u AS 'return "x"'

-- outside: replication slots and the log's content
SELECT count(*) FROM pg_logical_slot_peek_changes('x', NULL, NULL)

-- outside: export a snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ
\next
SELECT pg_export_snapshot() IS NOT NULL

-- outside: reload, rotate, promote
SELECT pg_reload_conf()
\next
SELECT pg_rotate_logfile()
\next
SELECT pg_promote()

-- outside: checkpoint
CHECKPOINT
