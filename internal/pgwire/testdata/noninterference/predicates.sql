-- predicate: equal to the right number
SELECT id FROM customer WHERE phone = '{A}'

-- predicate: count of the right number
SELECT count(*) FROM customer WHERE phone = '{A}'

-- predicate: count of the other number
SELECT count(*) FROM customer WHERE phone = '{B}'

-- predicate: in a list
SELECT id FROM customer WHERE phone IN ('{A}', '{B}', '13900000001')

-- predicate: any of an array
SELECT id FROM customer WHERE phone = ANY ('{{A},{B}}')

-- predicate: any of a constructed array
SELECT id FROM customer WHERE phone = ANY (ARRAY['{A}', '{B}'])

-- predicate: turned round
SELECT id FROM customer WHERE '{A}' = phone

-- predicate: with a cast
SELECT id FROM customer WHERE phone::text = '{A}'::text

-- predicate: not equal
SELECT count(*) FROM customer WHERE phone <> '{A}'

-- predicate: not in
SELECT count(*) FROM customer WHERE phone NOT IN ('{A}')

-- predicate: is distinct
SELECT count(*) FROM customer WHERE phone IS DISTINCT FROM '{A}'

-- predicate: in an expression
SELECT phone = '{A}' FROM customer WHERE id = 150

-- predicate: in a case
SELECT CASE WHEN phone = '{A}' THEN 'yes' ELSE 'no' END FROM customer WHERE id = 150

-- predicate: coalesce and nullif
SELECT coalesce(nullif(phone, '{A}'), 'hit') FROM customer WHERE id = 150

-- predicate: like
SELECT id FROM customer WHERE phone LIKE '1391%'

-- predicate: like in disguise
SELECT id FROM customer WHERE (phone || '') LIKE '1391%'

-- predicate: regular expression
SELECT id FROM customer WHERE (phone) ~ '^1391'

-- predicate: similar
SELECT id FROM customer WHERE (phone || '') SIMILAR TO '1391%'

-- predicate: starts with
SELECT id FROM customer WHERE starts_with(phone, '1391')

-- predicate: range
SELECT id FROM customer WHERE phone > '1391'

-- predicate: range in disguise
SELECT id FROM customer WHERE (phone || '') > '1391' AND id = 150

-- predicate: between
SELECT id FROM customer WHERE phone BETWEEN '139' AND '1392'

-- predicate: greatest
SELECT greatest(phone, '1391') FROM customer WHERE id = 150

-- predicate: row comparison
SELECT id FROM customer WHERE (id, phone) = (150, '{A}')

-- predicate: row less than
SELECT id FROM customer WHERE (phone, id) < ('1391', 0)

-- predicate: position
SELECT position('1391' IN phone) FROM customer WHERE id = 150

-- predicate: operator by name
SELECT id FROM customer WHERE phone OPERATOR(pg_catalog.=) '{A}'

-- predicate: function by name
SELECT texteq(phone, '{A}') FROM customer WHERE id = 150

-- predicate: two conditions, one true for a covered customer
SELECT id FROM customer WHERE phone = '{A}' OR phone = '13900000001'

-- predicate: dollar quotes
SELECT id FROM customer WHERE phone = $${A}$$

-- predicate: escape string
SELECT id FROM customer WHERE phone = E'{A}'

-- predicate: unicode string
SELECT id FROM customer WHERE phone = U&'{A}'

-- predicate: concatenated
SELECT id FROM customer WHERE phone = '139' || '00000150'

-- predicate: continued string
SELECT id FROM customer WHERE phone = '139'
'00000150'

-- predicate: comment inside
SELECT id FROM customer WHERE phone /* ' */ = -- '
 '{A}'

-- predicate: limit by hit
SELECT id FROM plain LIMIT (SELECT count(*) FROM customer WHERE phone = '{A}')

-- predicate: offset by hit
SELECT id FROM plain WHERE id < 5 ORDER BY id OFFSET (SELECT count(*) FROM customer WHERE phone = '{A}')

-- predicate: division by a hit
SELECT 1 / (SELECT count(*) FROM customer WHERE phone = '{A}')

-- predicate: sort
SELECT id FROM customer WHERE id > 148 ORDER BY phone

-- predicate: sort by number of column
SELECT phone, id FROM customer WHERE id > 148 ORDER BY 1

-- predicate: sort in disguise
SELECT id FROM (SELECT id, phone AS z FROM customer) q WHERE id > 148 ORDER BY z

-- predicate: distinct on
SELECT DISTINCT ON (left(phone, 4)) id FROM customer WHERE id > 140

-- predicate: join to guesses
SELECT v.g FROM (VALUES ('{A}'), ('{B}')) v (g) JOIN customer c ON c.phone = v.g

-- predicate: left join to guesses
SELECT v.g, c.id FROM (VALUES ('{A}'), ('{B}')) v (g) LEFT JOIN customer c ON c.phone = v.g ORDER BY v.g

-- predicate: using
SELECT count(*) FROM (SELECT '{A}'::text AS phone) v JOIN customer USING (phone)

-- predicate: natural join
SELECT count(*) FROM (SELECT '{A}'::text AS phone) v NATURAL JOIN customer

-- predicate: lookup function, the right number
SELECT goldbell.lookup('phone', '{A}')

-- predicate: lookup function, counted
SELECT count(*) FROM customer WHERE phone IN (SELECT goldbell.lookup('phone', '{A}'))

-- predicate: text search
SELECT id FROM customer WHERE to_tsvector('simple', phone) @@ to_tsquery('simple', '{A}')

-- predicate: soft order of a hash
SELECT id FROM customer WHERE hashtext(phone) % 2 = 0 AND id = 150

-- predicate: self join on value
SELECT a.id, b.id FROM customer a JOIN customer b ON a.phone = b.phone WHERE a.id = 150

-- predicate: width
SELECT width_bucket(length(phone), 0, 20, 20) FROM customer WHERE id = 150
