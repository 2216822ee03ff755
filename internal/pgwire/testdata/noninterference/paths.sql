-- roles: become the owner of the view
SET ROLE postgres
\next
SELECT phone FROM public.customer WHERE id = 150

-- roles: by setting
SELECT set_config('role', 'postgres', false)
\next
SELECT phone FROM public.customer WHERE id = 150

-- roles: by session authorization
SELECT set_config('session_authorization', 'postgres', false)

-- roles: grant the view's owner
GRANT postgres TO CURRENT_USER

-- roles: make one
CREATE ROLE mine SUPERUSER

-- roles: become superuser
ALTER ROLE CURRENT_USER SUPERUSER

-- roles: rename, valid until
ALTER ROLE CURRENT_USER BYPASSRLS

-- roles: reassign
REASSIGN OWNED BY postgres TO CURRENT_USER

-- roles: all data
GRANT pg_read_all_data TO CURRENT_USER

-- roles: stop others
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'postgres' AND backend_type = 'client backend'

-- roles: own the view
ALTER VIEW goldbell.customer OWNER TO CURRENT_USER

-- roles: rule on the view
CREATE RULE r AS ON INSERT TO goldbell.customer DO ALSO NOTIFY x

-- roles: trigger on the view
CREATE FUNCTION pg_temp.f () RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', OLD; RETURN NEW; END $$
\next
CREATE TRIGGER x INSTEAD OF UPDATE ON goldbell.customer FOR EACH ROW EXECUTE FUNCTION pg_temp.f()

-- roles: trigger on the raw table
CREATE FUNCTION pg_temp.f () RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', OLD; RETURN NEW; END $$
\next
CREATE TRIGGER x BEFORE UPDATE ON public.customer FOR EACH ROW EXECUTE FUNCTION pg_temp.f()

-- roles: policy
CREATE POLICY p ON public.customer USING (phone = '{A}')

-- roles: option of the view
ALTER VIEW goldbell.customer SET (security_invoker = on)

-- roles: check option taken away
ALTER VIEW goldbell.customer RESET (check_option)

-- roles: partition of the raw table
CREATE TEMP TABLE t PARTITION OF public.customer DEFAULT

-- roles: attach
CREATE TEMP TABLE t (LIKE goldbell.customer)
\next
ALTER TABLE t INHERIT public.customer

-- roles: cluster and reindex
CLUSTER public.customer USING customer_phone_key
\next
REINDEX TABLE public.customer

-- roles: vacuum
VACUUM (VERBOSE) public.customer

-- roles: refresh, import
IMPORT FOREIGN SCHEMA public FROM SERVER far INTO pg_temp

-- shadow: function of one's own for an operator
CREATE FUNCTION pg_temp.texteq (text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', $1, $2; RETURN true; END $$
\next
SET search_path = pg_temp, pg_catalog, goldbell; SELECT id FROM customer WHERE texteq(phone, '{A}') AND id = 150

-- shadow: operator of one's own before the system's
CREATE FUNCTION pg_temp.tell (text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', $1, $2; RETURN true; END $$
\next
CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.tell)
\next
SET search_path = pg_temp, pg_catalog, goldbell; SELECT id FROM customer WHERE phone OPERATOR(pg_temp.=) '{A}' AND id = 150

-- shadow: cast of one's own
CREATE DOMAIN pg_temp.d AS text CHECK (pg_catalog.length(VALUE) > 0 AND VALUE NOT LIKE '1391%')
\next
SELECT phone::pg_temp.d FROM customer WHERE id = 150

-- shadow: collation of one's own
CREATE COLLATION pg_temp.k (provider = icu, locale = 'en-u-kn-true')
\next
SELECT id FROM customer WHERE id > 148 ORDER BY (phone || '') COLLATE pg_temp.k

-- shadow: temporary view in place of the view
CREATE TEMP VIEW customer AS SELECT id, phone FROM goldbell.customer
\next
SELECT phone FROM customer WHERE id = 150
\next
SELECT id FROM customer WHERE phone = '{A}'

-- shadow: statement prepared before the name changes
PREPARE q AS SELECT phone FROM customer WHERE id = 150
\next
CREATE TEMP TABLE customer (id int, phone text)
\next
EXECUTE q

-- functions: plpgsql that returns rows
CREATE FUNCTION pg_temp.f () RETURNS SETOF goldbell.customer LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT * FROM goldbell.customer WHERE id = 150'; END $$
\next
SELECT * FROM pg_temp.f()

-- functions: out parameters
CREATE FUNCTION pg_temp.f (OUT a text, OUT b int) LANGUAGE plpgsql AS $$ BEGIN SELECT phone, length(phone) INTO a, b FROM goldbell.customer WHERE id = 150; END $$
\next
SELECT * FROM pg_temp.f()

-- functions: procedure with transactions
CREATE PROCEDURE pg_temp.p (INOUT a text) LANGUAGE plpgsql AS $$ BEGIN SELECT phone INTO a FROM goldbell.customer WHERE id = 150; COMMIT; END $$
\next
CALL pg_temp.p('x')

-- functions: loop over guesses
DO $$ DECLARE n int := 0; BEGIN FOR i IN 0..9 LOOP IF EXISTS (SELECT 1 FROM goldbell.customer WHERE id = 150 AND substr(phone, 4, 1) = i::text) THEN n := i; END IF; END LOOP; RAISE NOTICE '%', n; END $$

-- functions: timing of a guess
DO $$ BEGIN IF EXISTS (SELECT 1 FROM goldbell.customer WHERE id = 150 AND left(phone, 4) = '1391') THEN PERFORM pg_sleep(0.01); RAISE NOTICE 'slow'; END IF; END $$

-- functions: called for each row with a whole row
CREATE FUNCTION pg_temp.f (c goldbell.customer) RETURNS text LANGUAGE sql AS $$ SELECT c.phone $$
\next
SELECT pg_temp.f(c), (c).phone FROM customer c WHERE id = 150

-- functions: of a trigger on a temporary view
CREATE TEMP VIEW v AS SELECT id, phone FROM goldbell.customer
\next
CREATE FUNCTION pg_temp.f () RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', OLD.phone; RETURN OLD; END $$
\next
CREATE TRIGGER x INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION pg_temp.f()
\next
DELETE FROM v WHERE id = 150

-- functions: transition table
CREATE TEMP TABLE t (p text)
\next
CREATE FUNCTION pg_temp.f () RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE s text; BEGIN SELECT string_agg(p, ',') INTO s FROM n; RAISE NOTICE '%', s; RETURN NULL; END $$
\next
CREATE TRIGGER x AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.f()
\next
INSERT INTO t SELECT phone FROM goldbell.customer WHERE id = 150

-- temporary: generated column
CREATE TEMP TABLE t (p text, q text GENERATED ALWAYS AS (right(p, 4)) STORED)
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150
\next
SELECT q FROM t

-- temporary: partitioned by the value
CREATE TEMP TABLE t (p text) PARTITION BY RANGE (p)
\next
CREATE TEMP TABLE t1 PARTITION OF t FOR VALUES FROM ('139') TO ('1391')
\next
CREATE TEMP TABLE t2 PARTITION OF t DEFAULT
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150
\next
SELECT tableoid::regclass FROM t

-- temporary: view with a check option
CREATE TEMP TABLE t (p text)
\next
CREATE TEMP VIEW v AS SELECT * FROM t WHERE p < '1391' WITH CHECK OPTION
\next
INSERT INTO v SELECT phone FROM customer WHERE id = 150

-- temporary: index over an expression
CREATE TEMP TABLE t AS SELECT phone FROM customer WHERE id IN (149, 150)
\next
CREATE INDEX ON t ((phone::bigint))

-- temporary: copied out again
CREATE TEMP TABLE t AS SELECT phone FROM customer WHERE id = 150
\next
COPY t TO STDOUT
\next
SELECT phone FROM t

-- writes: a placeholder into another column
UPDATE plain SET company = (SELECT phone FROM customer WHERE id = 150) WHERE id = 150

-- writes: a placeholder in parts
UPDATE plain SET company = '~' || substr((SELECT phone FROM customer WHERE id = 150), 2) WHERE id = 150

-- writes: insert from the view
INSERT INTO plain (id, company) SELECT id + 152000, phone FROM customer WHERE id = 150

-- writes: on conflict do update
INSERT INTO plain (id, company) VALUES (150, 'x') ON CONFLICT (id) DO UPDATE SET company = (SELECT phone FROM customer WHERE id = 150)

-- writes: from another table with a condition on the value
BEGIN
\next
UPDATE plain p SET company = 'hit' FROM customer c WHERE c.id = p.id AND c.phone = '{A}'
\next
SELECT company FROM plain WHERE id = 150
\next
ROLLBACK

-- writes: delete with a condition on the value
BEGIN
\next
DELETE FROM plain p USING customer c WHERE c.id = p.id AND left(c.phone, 4) = '1391'
\next
SELECT count(*) FROM plain
\next
ROLLBACK

-- writes: returning of an update by value
UPDATE customer SET company = company WHERE phone IN ('{A}', '{B}') RETURNING id, phone

-- writes: default of the protected column
INSERT INTO customer (id, phone) VALUES (152001, DEFAULT)
\next
DELETE FROM customer WHERE id = 152001

-- writes: several columns at once
UPDATE customer SET (company, phone) = ('x', 'y') WHERE id = 150

-- writes: where current of
BEGIN
\next
DECLARE c CURSOR FOR SELECT id, phone FROM customer WHERE phone = '{A}'
\next
FETCH 1 FROM c
\next
UPDATE customer SET company = 'x' WHERE CURRENT OF c
\next
ROLLBACK

-- transactions: savepoint and error
BEGIN
\next
SAVEPOINT s
\next
SELECT 1 / (SELECT count(*) FROM customer WHERE phone = '{A}')
\next
ROLLBACK TO s
\next
SELECT phone FROM customer WHERE id = 150
\next
COMMIT

-- transactions: serializable
BEGIN ISOLATION LEVEL SERIALIZABLE
\next
SELECT count(*) FROM customer WHERE phone = '{A}'
\next
UPDATE plain SET company = company WHERE id = 150
\next
COMMIT

-- transactions: prepared
BEGIN
\next
SELECT phone FROM customer WHERE id = 150
\next
PREPARE TRANSACTION 'x'

-- transactions: constraint put off
BEGIN
\next
CREATE TEMP TABLE t (p text UNIQUE DEFERRABLE INITIALLY DEFERRED)
\next
INSERT INTO t SELECT phone FROM customer WHERE id = 150 UNION ALL SELECT '{A}'
\next
COMMIT

-- copy: out of a join, as text with a delimiter
COPY (SELECT c.id, c.phone, p.company FROM customer c JOIN plain p USING (id) WHERE c.id = 150) TO STDOUT (DELIMITER '|', NULL 'none')

-- copy: out of an update
COPY (UPDATE customer SET company = company WHERE id = 150 RETURNING phone) TO STDOUT

-- copy: freeze, into the view
COPY customer (id, company) FROM STDIN

-- copy: out by a condition
COPY (SELECT id FROM customer WHERE phone = '{A}') TO STDOUT

-- copy: from the raw table by a query
COPY (SELECT phone FROM public.customer) TO STDOUT

-- cursor: in a function
DO $$ DECLARE c CURSOR FOR SELECT phone FROM goldbell.customer WHERE id = 150; r record; BEGIN FOR r IN c LOOP RAISE NOTICE '%', r.phone; END LOOP; END $$

-- cursor: insensitive, over an order of the value
BEGIN
\next
DECLARE c INSENSITIVE SCROLL CURSOR FOR SELECT id FROM (SELECT id, phone AS z FROM customer WHERE id > 147) q ORDER BY z
\next
FETCH LAST FROM c
\next
FETCH RELATIVE -1 FROM c

-- cursor: fetch nothing, then close
BEGIN
\next
DECLARE c CURSOR FOR SELECT phone FROM customer WHERE phone = '{A}'
\next
FETCH 0 FROM c
\next
CLOSE ALL

-- lookup: a value in another writing
SELECT id FROM customer WHERE phone = '+86 139-0000-0150'

-- lookup: the value among many
SELECT id FROM customer WHERE phone IN ('13900000001', '{A}', '{B}', '13900000002') ORDER BY id

-- lookup: joined to the function
SELECT c.id FROM customer c, (SELECT goldbell.lookup('customer.phone', '{A}') AS p) l WHERE c.phone = l.p

-- lookup: of a column that is not looked up
SELECT id FROM customer WHERE name = '王小明' AND id = 150

-- lookup: denied
SELECT id FROM customer WHERE NOT phone = '{A}' AND id IN (1, 150) ORDER BY id

-- lookup: both ways
SELECT count(*) FILTER (WHERE phone = '{A}'), count(*) FILTER (WHERE phone = '{B}'), count(*) FILTER (WHERE phone = '13900000001') FROM customer

-- lookup: empty and null
SELECT count(*) FROM customer WHERE phone = '' OR phone = NULL OR phone IN (NULL, '{A}')

-- lookup: in a join condition
SELECT p.id FROM plain p LEFT JOIN customer c ON c.id = p.id AND c.phone = '{A}' WHERE c.id IS NOT NULL

-- lookup: in a having
SELECT company FROM customer GROUP BY company, phone HAVING phone = '{A}'

-- lookup: in a case that orders
SELECT id FROM customer WHERE id > 148 ORDER BY CASE WHEN phone = '{A}' THEN 0 ELSE 1 END, id
