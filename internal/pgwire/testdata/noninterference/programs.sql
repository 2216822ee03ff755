-- strings: do
DO $$ BEGIN EXECUTE 'SELECT phone FROM customer WHERE id = 150'; END $$

-- strings: raise a notice
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; RAISE NOTICE 'phone %', p; END $$

-- strings: raise an error
DO $$ DECLARE p text; BEGIN SELECT phone INTO p FROM customer WHERE id = 150; RAISE EXCEPTION '%', p; END $$

-- strings: raise by condition
DO $$ BEGIN IF EXISTS (SELECT 1 FROM customer WHERE phone = '{A}') THEN RAISE NOTICE 'yes'; END IF; END $$

-- strings: raw table inside
DO $$ DECLARE p text; BEGIN EXECUTE 'SELECT phone FROM public.customer WHERE id = 150' INTO p; RAISE NOTICE '%', p; END $$

-- strings: raw table, error caught
DO $$ BEGIN PERFORM 1 FROM public.customer; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% %', SQLSTATE, SQLERRM; END $$

-- strings: query to xml of the raw table
SELECT query_to_xml('SELECT phone FROM public.customer', true, false, '')

-- strings: cursor to xml
BEGIN
\next
DECLARE c CURSOR FOR SELECT phone FROM customer WHERE id = 150
\next
SELECT cursor_to_xml('c', 1, false, true, '')

-- strings: prepare and execute
PREPARE q (text) AS SELECT id FROM customer WHERE phone = $1
\next
EXECUTE q ('{A}')

-- strings: prepare again under another meaning
PREPARE q AS SELECT phone FROM customer WHERE id = 150
\next
EXECUTE q
\next
DEALLOCATE q
\next
PREPARE q AS SELECT company FROM customer WHERE id = 150
\next
EXECUTE q

-- errors: cast
SELECT phone::int FROM customer WHERE id = 150

-- errors: division by length
SELECT 1 / (length(phone) - 11) FROM customer WHERE id = 150

-- errors: date
SELECT phone::date FROM customer WHERE id = 150

-- errors: json
SELECT phone::json FROM customer WHERE id = 150

-- errors: regular expression from the value
SELECT 'x' ~ ('(' || phone) FROM customer WHERE id = 150

-- errors: unique index on a temporary copy
CREATE TEMP TABLE t AS SELECT phone FROM customer WHERE id = 150
\next
CREATE UNIQUE INDEX ON t (phone)
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150

-- errors: check constraint on a temporary copy
CREATE TEMP TABLE t (p text CHECK (p <> '{A}'))
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150
\next
SELECT * FROM t

-- errors: context of a function
CREATE FUNCTION pg_temp.f (p text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN p::int; END $$
\next
SELECT pg_temp.f(phone) FROM customer WHERE id = 150

-- functions: sql
CREATE FUNCTION pg_temp.f () RETURNS text LANGUAGE sql AS $$ SELECT phone FROM goldbell.customer WHERE id = 150 $$
\next
SELECT pg_temp.f()

-- functions: leaky in a condition
CREATE FUNCTION pg_temp.leak (p text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', p; RETURN true; END $$
\next
SELECT id FROM customer WHERE pg_temp.leak(phone) AND id = 150

-- functions: security definer of one's own
CREATE FUNCTION pg_temp.f () RETURNS text SECURITY DEFINER LANGUAGE sql AS $$ SELECT phone FROM public.customer WHERE id = 150 $$
\next
SELECT pg_temp.f()

-- functions: operator of one's own that is told both sides
CREATE FUNCTION pg_temp.op (text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', $1, $2; RETURN true; END $$
\next
CREATE OPERATOR pg_temp.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.op)
\next
SELECT id FROM customer WHERE phone OPERATOR(pg_temp.===) '{A}' AND id = 150

-- functions: aggregate of one's own
CREATE AGGREGATE pg_temp.agg (text) (SFUNC = textcat, STYPE = text, INITCOND = '')
\next
SELECT pg_temp.agg(phone) FROM customer WHERE id = 150

-- functions: set returning, called in from
SELECT * FROM unnest(ARRAY(SELECT phone FROM customer WHERE id = 150))

-- temporary: view over the view
CREATE TEMP VIEW v AS SELECT phone AS open FROM customer WHERE id = 150
\next
SELECT open FROM v

-- temporary: view over the raw table
CREATE TEMP VIEW v AS SELECT phone FROM public.customer

-- temporary: table of the same name
CREATE TEMP TABLE customer (id bigint, phone text)
\next
SELECT phone FROM customer
\next
SELECT phone FROM goldbell.customer WHERE id = 150

-- temporary: rule
CREATE TEMP TABLE t (p text)
\next
CREATE RULE r AS ON INSERT TO t DO ALSO SELECT phone FROM customer WHERE id = 150
\next
INSERT INTO t VALUES ('x')

-- temporary: trigger that tells
CREATE TEMP TABLE t (p text)
\next
CREATE FUNCTION pg_temp.tell () RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', NEW.p; RETURN NEW; END $$
\next
CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.tell()
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150

-- temporary: select into
SELECT phone INTO TEMP t FROM customer WHERE id = 150
\next
SELECT * FROM t

-- temporary: materialised
CREATE MATERIALIZED VIEW pg_temp.m AS SELECT phone FROM customer

-- temporary: inherits from the raw table
CREATE TEMP TABLE t () INHERITS (public.customer)

-- temporary: like the raw table
CREATE TEMP TABLE t (LIKE public.customer INCLUDING ALL)

-- temporary: reference to the raw table
CREATE TEMP TABLE t (p text REFERENCES public.customer (phone))

-- copy: query out
COPY (SELECT phone FROM customer WHERE id = 150) TO STDOUT

-- copy: view out
COPY customer TO STDOUT

-- copy: raw table out
COPY public.customer TO STDOUT

-- copy: csv with headers
COPY (SELECT id, phone FROM customer WHERE id IN (149, 150) ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)

-- copy: binary
COPY (SELECT phone FROM customer WHERE id = 150) TO STDOUT WITH (FORMAT binary)

-- copy: to a program
COPY (SELECT phone FROM customer) TO PROGRAM 'cat'

-- copy: to a file
COPY (SELECT phone FROM customer) TO '/tmp/out'

-- cursor: forward and back
BEGIN
\next
DECLARE c SCROLL CURSOR FOR SELECT id, phone FROM customer WHERE id IN (149, 150) ORDER BY id
\next
FETCH ALL FROM c
\next
FETCH BACKWARD 1 FROM c
\next
FETCH ABSOLUTE 2 FROM c

-- cursor: with hold
DECLARE c CURSOR WITH HOLD FOR SELECT phone FROM customer WHERE id = 150
\next
FETCH 1 FROM c

-- cursor: binary
BEGIN
\next
DECLARE c BINARY CURSOR FOR SELECT phone, id FROM customer WHERE id = 150
\next
FETCH 1 FROM c

-- cursor: refcursor
BEGIN
\next
CREATE FUNCTION pg_temp.f () RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'k'; BEGIN OPEN c FOR SELECT phone FROM customer WHERE id = 150; RETURN c; END $$
\next
SELECT pg_temp.f()
\next
FETCH ALL FROM k

-- cursor: move counts
BEGIN
\next
DECLARE c CURSOR FOR SELECT id FROM customer WHERE phone = '{A}'
\next
MOVE ALL FROM c

-- notifications: with the value
LISTEN n
\next
SELECT pg_notify('n', company) FROM customer WHERE id = 150 AND phone = '{A}'

-- notifications: number of them
LISTEN n
\next
SELECT count(pg_notify('m', phone)) FROM customer WHERE id = 150

-- large object: from the value
SELECT lo_from_bytea(990150, convert_to(phone, 'UTF8')) FROM customer WHERE id = 150
\next
SELECT lo_get(990150)
\next
SELECT lo_unlink(990150)

-- locks: by the value
SELECT pg_advisory_lock(hashtext(phone)) FROM customer WHERE id = 150
\next
SELECT locktype, objid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()

-- sequences: set to the value
CREATE TEMP SEQUENCE s
\next
SELECT setval('s', length(phone)) FROM customer WHERE id = 150
\next
SELECT nextval('s')

-- settings: keep the value in one
SELECT set_config('my.p', phone, false) FROM customer WHERE id = 150
\next
SHOW my.p

-- settings: application name
SELECT set_config('application_name', left(phone, 20), false) FROM customer WHERE id = 150
\next
SHOW application_name

-- settings: search path to the raw table
SET search_path = public
\next
SELECT phone FROM customer WHERE id = 150

-- settings: role
SET ROLE postgres
\next
SET SESSION AUTHORIZATION postgres

-- settings: lexer
SET standard_conforming_strings = off; SELECT id FROM customer WHERE phone = '\'{A}'; SET standard_conforming_strings = on

-- settings: encoding within one message
SET client_encoding = 'LATIN1'; SELECT phone FROM customer WHERE id = 150; SET client_encoding = 'UTF8'

-- settings: escape of backslashes
SET backslash_quote = on; SELECT id FROM customer WHERE phone = E'\'{A}'

-- settings: debug the plan
SET client_min_messages = debug5; SELECT count(*) FROM plain WHERE id = 150; RESET client_min_messages

-- settings: row security
SET row_security = off; SELECT phone FROM customer WHERE id = 150
