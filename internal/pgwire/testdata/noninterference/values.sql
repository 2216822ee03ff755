-- names: table function of the view
SELECT (goldbell.customer).phone FROM goldbell.customer WHERE id = 150

-- names: functional notation
SELECT phone(c) FROM customer c WHERE id = 150

-- names: only
SELECT phone FROM ONLY customer WHERE id = 150

-- names: sampled
SELECT id, phone FROM customer TABLESAMPLE SYSTEM (100)

-- names: unicode identifier
SELECT U&"\0070hone" FROM U&"\0063ustomer" WHERE id = 150

-- names: upper case in quotes
SELECT "PHONE" FROM customer

-- names: system columns
SELECT ctid, xmin, tableoid, phone FROM customer WHERE id = 150

-- names: columns of the raw table the view has not
SELECT t.phone FROM customer t, public.customer WHERE t.id = 150

-- cte: data changing
WITH x AS (UPDATE customer SET company = company WHERE id = 150 RETURNING *) SELECT phone FROM x

-- cte: search and cycle
WITH RECURSIVE x (n, p) AS (SELECT 1, phone FROM customer WHERE id = 150 UNION SELECT n + 1, p FROM x WHERE n < 3) CYCLE p SET c USING path SELECT n, c, path FROM x

-- cte: not materialized with a condition
WITH x AS NOT MATERIALIZED (SELECT * FROM customer) SELECT id FROM x WHERE phone = '{A}'

-- cte: shadows the view
WITH customer AS (SELECT '{A}'::text AS phone) SELECT c.id FROM goldbell.customer c JOIN customer USING (phone)

-- set: union removes doubles
SELECT phone FROM customer WHERE id = 150 UNION SELECT '{A}'

-- set: intersect all
SELECT left(phone, 4) FROM customer INTERSECT ALL SELECT '1391'

-- set: except counts
SELECT count(*) FROM (SELECT phone FROM customer EXCEPT SELECT '{A}') q

-- set: values against the column
SELECT (SELECT count(*) FROM customer c WHERE c.phone = v.g) FROM (VALUES ('{A}'), ('{B}')) v (g)

-- sub-select: all
SELECT '{A}' >= ALL (SELECT phone FROM customer)

-- sub-select: any
SELECT '{A}' = ANY (SELECT phone FROM customer)

-- sub-select: row in
SELECT (150, '{A}') IN (SELECT id, phone FROM customer)

-- sub-select: correlated
SELECT id FROM plain p WHERE EXISTS (SELECT FROM customer c WHERE c.id = p.id AND c.phone < '1391') AND id > 148

-- sub-select: array contains
SELECT ARRAY(SELECT phone::text FROM customer) @> ARRAY['{A}']

-- sub-select: array position
SELECT array_position(ARRAY(SELECT phone::text FROM customer ORDER BY id), '{A}')

-- sub-select: array overlaps and sorts
SELECT ARRAY(SELECT phone::text FROM customer WHERE id = 150) < ARRAY['1391']

-- whole row: compared
SELECT c = ROW(150, '王小明', '{A}', 'company 3')::customer FROM customer c WHERE id = 150

-- whole row: hashed
SELECT hash_record(c) FROM customer c WHERE id = 150

-- whole row: distinct rows
SELECT count(DISTINCT c) FROM customer c WHERE id IN (149, 150)

-- whole row: json to record and back
SELECT (json_populate_record(NULL::customer, row_to_json(c))).phone FROM customer c WHERE id = 150

-- json: jsonb contains
SELECT to_jsonb(c) @> jsonb_build_object('phone', '{A}') FROM customer c WHERE id = 150

-- json: each
SELECT e.key, e.value FROM customer c, jsonb_each_text(to_jsonb(c)) e WHERE c.id = 150

-- json: object aggregate
SELECT json_object_agg(phone, id) FROM customer WHERE id IN (149, 150)

-- json: to recordset
SELECT x.phone FROM customer c, json_to_record(row_to_json(c)) AS x (phone text) WHERE c.id = 150

-- json: query over path with variables
SELECT jsonb_path_query(to_jsonb(c), '$ ? (@.phone == $v)', '{"v": "{A}"}') FROM customer c WHERE id = 150

-- xml: forest
SELECT xmlforest(phone, id) FROM customer WHERE id = 150

-- xml: xpath of the row
SELECT xpath('//phone/text()', query_to_xml('SELECT phone FROM customer WHERE id = 150', true, false, ''))

-- xml: database
SELECT database_to_xml(true, false, '')

-- xml: xmltable
SELECT x.p FROM customer c, XMLTABLE('/r' PASSING xmlelement(name r, c.phone) COLUMNS p text PATH '.') x WHERE c.id = 150

-- aggregate: over sets of grouping
SELECT phone, count(*) FROM customer WHERE id = 150 GROUP BY GROUPING SETS ((phone), ())

-- aggregate: cube
SELECT left(phone, 4), count(*) FROM customer GROUP BY CUBE (left(phone, 4)) ORDER BY 2, 1

-- aggregate: array
SELECT array_agg(phone ORDER BY phone) FROM customer WHERE id IN (149, 150)

-- aggregate: any value of a number
SELECT sum(ascii(right(phone, 1))) FROM customer

-- aggregate: correlation of the value
SELECT corr(id, length(phone)), stddev(ascii(substr(phone, 4, 1))) FROM customer

-- aggregate: bits
SELECT bit_and(hashtext(phone)), bit_or(hashtext(phone)) FROM customer

-- aggregate: every
SELECT every(phone <> '{A}') FROM customer

-- aggregate: hypothetical rank
SELECT rank('{A}') WITHIN GROUP (ORDER BY phone) FROM customer

-- window: dense rank
SELECT id, dense_rank() OVER (ORDER BY phone) FROM customer WHERE id > 148

-- window: row number by hidden order
SELECT id, row_number() OVER (ORDER BY phone || '') FROM customer WHERE id > 147

-- window: ntile and cume_dist
SELECT id, ntile(2) OVER w, cume_dist() OVER w FROM customer WHERE id > 147 WINDOW w AS (ORDER BY left(phone, 4))

-- window: frame by value
SELECT id, count(*) OVER (ORDER BY ascii(substr(phone, 4, 1)) RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM customer WHERE id > 147

-- window: nth value, last value
SELECT nth_value(phone, 2) OVER (ORDER BY id), last_value(phone) OVER (ORDER BY id) FROM customer WHERE id IN (149, 150)

-- casts: varchar cut
SELECT phone::varchar(25) FROM customer WHERE id = 150

-- casts: json number
SELECT to_jsonb(phone::text), phone::text::jsonb FROM customer WHERE id = 150

-- casts: xml
SELECT phone::xml FROM customer WHERE id = 150

-- casts: inet, uuid, money
SELECT phone::inet FROM customer WHERE id = 150
\next
SELECT phone::uuid FROM customer WHERE id = 150
\next
SELECT phone::money FROM customer WHERE id = 150

-- casts: timestamp and interval
SELECT phone::timestamp FROM customer WHERE id = 150
\next
SELECT phone::interval FROM customer WHERE id = 150

-- casts: array
SELECT ('{' || phone || '}')::text[] FROM customer WHERE id = 150

-- casts: tsquery
SELECT phone::tsquery FROM customer WHERE id = 150

-- casts: bit
SELECT phone::bit(8) FROM customer WHERE id = 150

-- casts: number format
SELECT to_number(phone, '99999999999') FROM customer WHERE id = 150

-- casts: composite text
SELECT ('(150,x,' || phone || ',y)')::customer FROM customer WHERE id = 150

-- casts: range
SELECT ('[' || phone || ',)')::int8range FROM customer WHERE id = 150

-- encodings: to hex and checksums
SELECT to_hex(hashtext(phone)), hashtextextended(phone, 1), md5(phone || 'x'), sha512(phone::bytea) FROM customer WHERE id = 150

-- encodings: overlay and lpad
SELECT overlay(phone PLACING 'x' FROM 1), lpad(phone, 60, '.'), rpad(phone, 60, '.'), repeat(phone, 2) FROM customer WHERE id = 150

-- encodings: trimmed
SELECT trim(BOTH '~' FROM phone), ltrim(phone, '139'), rtrim(phone, '0123456789~') FROM customer WHERE id = 150

-- encodings: escape
SELECT encode(phone::bytea, 'escape'), quote_nullable(phone) FROM customer WHERE id = 150

-- encodings: upper and initcap
SELECT upper(phone), lower(phone), initcap(phone) FROM customer WHERE id = 150

-- encodings: unicode
SELECT unistr(replace(phone, '1', '\0031')), to_ascii(phone::text, 'LATIN1') FROM customer WHERE id = 150

-- encodings: regexp functions
SELECT regexp_replace(phone, '.', 'x'), regexp_matches(phone, '(.)$'), regexp_count(phone, '1'), regexp_substr(phone, '[0-9]+$') FROM customer WHERE id = 150

-- encodings: split part and string to array
SELECT split_part(phone, ':', 3), string_to_array(phone, NULL) FROM customer WHERE id = 150

-- encodings: concat and variadic
SELECT concat(phone, id), concat_ws('-', phone, name), format('%s', VARIADIC ARRAY[phone]) FROM customer WHERE id = 150

-- encodings: text search pieces
SELECT ts_debug('simple', phone), ts_lexize('simple', phone) FROM customer WHERE id = 150

-- encodings: headline
SELECT ts_headline('simple', phone, to_tsquery('simple', '1391:*')) FROM customer WHERE id = 150

-- encodings: similarity of characters
SELECT strpos(phone, '1391'), position('5' IN reverse(phone)), starts_with(phone, '139') FROM customer WHERE id = 150

-- encodings: convert there and back
SELECT convert_from(convert_to(phone, 'UTF8'), 'UTF8') FROM customer WHERE id = 150

-- encodings: sent by the type's own function
SELECT textsend(phone), textout(phone), byteaout(phone::bytea) FROM customer WHERE id = 150

-- encodings: parsed as a name
SELECT parse_ident(phone) FROM customer WHERE id = 150
