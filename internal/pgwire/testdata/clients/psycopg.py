# Reads through the port with psycopg2: client-side parameters, named cursors, COPY.
import io, sys
import psycopg2
import psycopg2.extras

c = psycopg2.connect(sys.argv[1])
k = c.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
k.execute("SELECT id, phone, name FROM customer WHERE id IN %s ORDER BY id", ((1, 2, 150),))
for r in k.fetchall():
    print("row", r["id"], r["phone"], r["name"])
k.execute("SELECT id FROM customer WHERE phone = %s", ("13900000007",))
print("found", k.fetchall()[0]["id"])
k.execute("SELECT id FROM customer WHERE phone = ANY (%s) ORDER BY id", (["13900000007", "13900000008"],))
print("any", [r["id"] for r in k.fetchall()])
n = c.cursor("server_side")
n.itersize = 13
n.execute("SELECT phone FROM customer ORDER BY id")
seen = [r[0] for r in n]
print("cursor", len(seen), sum(1 for p in seen if p == "***"))
n.close()
out = io.StringIO()
k.copy_expert("COPY (SELECT id, company FROM customer WHERE id < 3 ORDER BY id) TO STDOUT", out)
print("copied", out.getvalue().splitlines())
k.execute("CREATE TEMP TABLE t (a int, b text)")
k.copy_from(io.StringIO("1\tx\n2\ty\n"), "t")
k.execute("SELECT count(*) AS n FROM t")
print("stored", k.fetchall()[0]["n"])
c.rollback()
try:
    k.execute("SELECT id FROM customer WHERE phone LIKE %s", ("139%",))
except psycopg2.Error as e:
    print("refused", e.pgcode)
c.rollback()
print("notices", any("no-grant" in s for s in c.notices))
