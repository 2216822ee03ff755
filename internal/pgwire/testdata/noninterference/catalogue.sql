-- catalogue: raw table
SELECT phone FROM public.customer WHERE id = 150

-- catalogue: raw table, column that is not protected
SELECT id FROM public.customer WHERE phone = '{A}'

-- catalogue: privilege
SELECT has_table_privilege('public.customer', 'SELECT'), has_column_privilege('public.customer', 'phone', 'SELECT')

-- catalogue: statistics
SELECT attname, most_common_vals, histogram_bounds, n_distinct FROM pg_stats WHERE tablename = 'customer'

-- catalogue: statistics, raw
SELECT count(*) FROM pg_statistic

-- catalogue: extended statistics
SELECT * FROM pg_stats_ext

-- catalogue: size
SELECT relname, relpages, reltuples FROM pg_class WHERE relname = 'customer' AND relkind = 'r'

-- catalogue: view's text
SELECT pg_get_viewdef('goldbell.customer'::regclass)

-- catalogue: counters of the table
SELECT relname, n_dead_tup >= 0 FROM pg_stat_user_tables WHERE relname = 'customer'

-- catalogue: size on disk
SELECT pg_relation_size('public.customer')

-- catalogue: information schema
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'customer' ORDER BY 1, 2

-- catalogue: columns of the raw table
SELECT attname FROM pg_attribute WHERE attrelid = 'public.customer'::regclass AND attnum > 0 ORDER BY attnum

-- catalogue: server file
SELECT pg_read_file('postgresql.conf')

-- catalogue: a page of the table
SELECT get_raw_page('public.customer', 0)

-- explain: a condition that hits
EXPLAIN SELECT id FROM customer WHERE phone = '{A}'

-- explain: analysed
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS off, COSTS off) SELECT id FROM customer WHERE phone = '{A}'

-- explain: a condition in disguise
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS off, COSTS off) SELECT id FROM customer WHERE phone || '' = '{A}'

-- explain: verbose
EXPLAIN (VERBOSE, COSTS off) SELECT phone FROM customer WHERE id = 150

-- explain: json
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off, FORMAT json) SELECT count(*) FROM customer WHERE phone LIKE '1391%'

-- explain: of the raw table
EXPLAIN SELECT id FROM public.customer WHERE phone = '{A}'

-- writes: update by value
UPDATE customer SET company = company WHERE phone = '{A}'

-- writes: update returning
UPDATE customer SET company = company WHERE id = 150 RETURNING phone

-- writes: update to the value
UPDATE customer SET company = phone WHERE id = 150
\next
SELECT company FROM customer WHERE id = 150
\next
UPDATE customer SET company = 'company 3' WHERE id = 150

-- writes: the protected column
UPDATE customer SET phone = '{A}' WHERE id = 151

-- writes: insert with the number, for its unique index
INSERT INTO customer (id, phone) VALUES (151000, '{A}')

-- writes: insert into the raw table
INSERT INTO public.customer (id, phone) VALUES (151000, '{A}')

-- writes: on conflict
INSERT INTO customer (id, phone) VALUES (151000, '{A}') ON CONFLICT DO NOTHING

-- writes: merge
MERGE INTO customer c USING (SELECT '{A}' AS p) s ON c.phone = s.p WHEN MATCHED THEN DO NOTHING

-- writes: delete by value
DELETE FROM customer WHERE phone = '{A}'

-- writes: lock rows by value
BEGIN
\next
SELECT id FROM customer WHERE phone = '{A}' FOR UPDATE
\next
ROLLBACK

-- writes: truncate
TRUNCATE customer

-- definitions: change the view
CREATE OR REPLACE VIEW goldbell.customer AS SELECT * FROM public.customer

-- definitions: grant oneself
GRANT SELECT ON public.customer TO PUBLIC

-- definitions: index on the raw table
CREATE INDEX ON public.customer (phone)

-- definitions: comment
COMMENT ON TABLE public.customer IS 'x'

-- definitions: extension
CREATE EXTENSION IF NOT EXISTS dblink

-- definitions: foreign server
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw

-- definitions: publication
CREATE PUBLICATION p FOR ALL TABLES

-- definitions: subscription slot
SELECT pg_create_logical_replication_slot('x', 'test_decoding')

-- definitions: new schema
CREATE SCHEMA mine

-- placeholders: forged
SELECT '{P}p:150~'

-- placeholders: forged, of another column
SELECT '{P}n:150~'

-- placeholders: forged, tag there is not
SELECT '{P}zz:150~'

-- placeholders: forged, of somebody there is not
SELECT '{P}p:999999~'

-- placeholders: counted up
SELECT '{P}p:' || g || '~' FROM generate_series(145, 155) g

-- placeholders: in a larger string
SELECT 'x' || phone || 'y' FROM customer WHERE id = 150

-- placeholders: compared with a guess made of parts
SELECT '{P}p:150~' = phone FROM customer WHERE id = 150

-- placeholders: as the name of a column
SELECT 1 AS "{P}p:150~"

-- placeholders: in an error
SELECT '{P}p:150~'::int

-- placeholders: stored
INSERT INTO plain (id, company) VALUES (151001, '{P}p:150~')

-- placeholders: stored in parts
INSERT INTO plain (id, company) VALUES (151002, '~' || substr('{P}p:150~', 2))
\next
SELECT company FROM plain WHERE id = 151002

-- several: in one message
SELECT phone FROM customer WHERE id = 150; SELECT 1; SELECT phone FROM customer WHERE id = 149

-- several: an error in the middle
SELECT phone FROM customer WHERE id = 150; SELECT 1 / 0; SELECT 2

-- several: transaction that is rolled back
BEGIN; SELECT phone FROM customer WHERE id = 150; ROLLBACK
