-- names: bare column
SELECT phone FROM customer WHERE id = 150

-- names: renamed
SELECT phone AS id FROM customer WHERE id = 150

-- names: quoted alias that looks like the column of another table
SELECT phone AS "company" FROM customer WHERE id = 150

-- names: alias of the table
SELECT c."phone" FROM customer AS c (id, phone) WHERE c.id = 150

-- names: column list of an alias
SELECT x FROM customer AS c (a, b, x) WHERE a = 150

-- names: schema and table
SELECT goldbell.customer.phone FROM goldbell.customer WHERE id = 150

-- names: star
SELECT * FROM customer WHERE id = 150

-- names: table command
TABLE customer

-- cte: one
WITH x AS (SELECT phone FROM customer WHERE id = 150) SELECT * FROM x

-- cte: renamed columns
WITH x (a) AS (SELECT phone FROM customer WHERE id = 150) SELECT a FROM x

-- cte: materialized
WITH x AS MATERIALIZED (SELECT id, phone FROM customer) SELECT phone FROM x WHERE id = 150

-- cte: recursive
WITH RECURSIVE x (n, p) AS (SELECT 1, phone FROM customer WHERE id = 150 UNION ALL SELECT n + 1, p FROM x WHERE n < 3) SELECT * FROM x

-- set: union
SELECT company FROM customer WHERE id = 150 UNION ALL SELECT phone FROM customer WHERE id = 150

-- set: intersect with a guess
SELECT phone FROM customer INTERSECT SELECT '{A}'

-- set: except a guess
SELECT phone FROM customer WHERE id = 150 EXCEPT SELECT '{A}'

-- set: values
SELECT * FROM (VALUES ('{A}'), ('{B}')) v (p) WHERE p IN (SELECT phone FROM customer)

-- sub-select: scalar
SELECT (SELECT phone FROM customer WHERE id = 150)

-- sub-select: exists
SELECT EXISTS (SELECT 1 FROM customer WHERE phone = '{A}')

-- sub-select: lateral
SELECT l.p FROM plain x, LATERAL (SELECT phone AS p FROM customer y WHERE y.id = x.id) l WHERE x.id = 150

-- sub-select: array
SELECT ARRAY(SELECT phone FROM customer WHERE id IN (149, 150) ORDER BY id)

-- sub-select: from
SELECT q.z || '' FROM (SELECT phone AS z FROM customer WHERE id = 150) q

-- whole row: row
SELECT customer FROM customer WHERE id = 150

-- whole row: constructor
SELECT ROW(id, phone) FROM customer WHERE id = 150

-- whole row: record text
SELECT (c.*)::text FROM customer c WHERE id = 150

-- json: row
SELECT row_to_json(c) FROM customer c WHERE id = 150

-- json: object
SELECT json_build_object('p', phone) FROM customer WHERE id = 150

-- json: binary
SELECT to_jsonb(c) -> 'phone' FROM customer c WHERE id = 150

-- json: text of a key
SELECT to_jsonb(c) ->> 'phone' FROM customer c WHERE id = 150

-- json: aggregate
SELECT json_agg(phone ORDER BY id) FROM customer WHERE id > 148 AND id < 152

-- json: path
SELECT jsonb_path_exists(to_jsonb(c), '$.phone ? (@ starts with "1391")') FROM customer c WHERE id = 150

-- xml: element
SELECT xmlelement(name p, phone) FROM customer WHERE id = 150

-- xml: query
SELECT query_to_xml('SELECT phone FROM customer WHERE id = 150', true, false, '')

-- xml: table
SELECT table_to_xml('goldbell.customer', true, false, '')

-- xml: schema of the raw table
SELECT schema_to_xml('public', true, false, '')

-- aggregate: max
SELECT max(phone) FROM customer

-- aggregate: min over a filter
SELECT min(phone) FILTER (WHERE id = 150) FROM customer

-- aggregate: string
SELECT string_agg(phone, ',' ORDER BY id) FROM customer WHERE id BETWEEN 149 AND 151

-- aggregate: count distinct
SELECT count(DISTINCT phone) FROM customer

-- aggregate: group
SELECT phone, count(*) FROM customer WHERE id = 150 GROUP BY phone

-- aggregate: having
SELECT count(*) FROM customer GROUP BY company HAVING bool_or(phone = '{A}')

-- aggregate: mode
SELECT mode() WITHIN GROUP (ORDER BY left(phone, 4)) FROM customer

-- aggregate: percentile
SELECT percentile_disc(1) WITHIN GROUP (ORDER BY phone COLLATE "C") FROM customer

-- window: lag
SELECT id, lag(phone) OVER (ORDER BY id) FROM customer WHERE id IN (150, 151)

-- window: rank
SELECT id, rank() OVER (PARTITION BY left(phone, 7)) FROM customer WHERE id IN (149, 150)

-- window: first value
SELECT first_value(phone) OVER (ORDER BY id DESC) FROM customer WHERE id = 150

-- casts: bytea
SELECT phone::bytea FROM customer WHERE id = 150

-- casts: number
SELECT phone::bigint FROM customer WHERE id = 150

-- casts: name
SELECT phone::name FROM customer WHERE id = 150

-- casts: char
SELECT phone::char(4) FROM customer WHERE id = 150

-- casts: regclass
SELECT phone::regclass FROM customer WHERE id = 150

-- casts: enum of one's own
CREATE TYPE pg_temp.e AS ENUM ('{A}')
\next
SELECT phone::pg_temp.e FROM customer WHERE id = 150

-- casts: domain with a check
CREATE DOMAIN pg_temp.d AS text CHECK (VALUE <> '{A}')
\next
SELECT phone::pg_temp.d FROM customer WHERE id = 150

-- encodings: base64
SELECT encode(convert_to(phone, 'UTF8'), 'base64') FROM customer WHERE id = 150

-- encodings: hex digits
SELECT encode(phone::bytea, 'hex') FROM customer WHERE id = 150

-- encodings: reversed
SELECT reverse(phone) FROM customer WHERE id = 150

-- encodings: hash
SELECT md5(phone), sha256(phone::bytea), hashtext(phone) FROM customer WHERE id = 150

-- encodings: one character at a time
SELECT n, substr(phone, n, 1), ascii(substr(phone, n, 1)) FROM customer, generate_series(1, 11) n WHERE id = 150

-- encodings: length
SELECT length(phone), octet_length(phone), pg_column_size(phone) FROM customer WHERE id = 150

-- encodings: translate
SELECT translate(phone, '0123456789', 'abcdefghij') FROM customer WHERE id = 150

-- encodings: split
SELECT regexp_split_to_table(phone, '') FROM customer WHERE id = 150

-- encodings: format
SELECT format('%s|%L|%I', phone, phone, phone) FROM customer WHERE id = 150

-- encodings: quote
SELECT quote_literal(phone), quote_ident(phone) FROM customer WHERE id = 150

-- encodings: text search
SELECT to_tsvector('simple', phone) FROM customer WHERE id = 150

-- encodings: normal form
SELECT normalize(phone, NFKC) FROM customer WHERE id = 150

-- encodings: another encoding
SELECT convert_to(phone, 'LATIN1') FROM customer WHERE id = 150

-- encodings: collation
SELECT phone COLLATE "C" FROM customer WHERE id = 150

-- encodings: bits
SELECT get_byte(phone::bytea, 10), get_bit(phone::bytea, 80) FROM customer WHERE id = 150
