# A worker that reads parties with Tryton's own code, through the port: config file,
# database. It writes nothing. Unless told otherwise Tryton sorts parties, and what
# hangs on them, by the party's name; the port refuses to sort by a protected column.
import sys
from trytond.config import config
config.update_etc(sys.argv[1])
from trytond.pool import Pool
from trytond.transaction import Transaction

name = sys.argv[2]
Pool.start()
pool = Pool(name)
with Transaction().start(name, 0, readonly=True):
    pool.init()
Party, Mechanism, Address = [pool.get('party.' + m) for m in ('party', 'contact_mechanism', 'address')]
with Transaction().start(name, 1, readonly=True):
    try:
        Party.search([])
    except Exception as e:
        print('by name', getattr(e, 'pgcode', repr(e)))
for model in (Party, Mechanism, Address):
    model._order = [('id', 'ASC')]
with Transaction().start(name, 1, readonly=True):
    for p in Party.search([('id', 'in', [3, 4, 15])]):
        print(p.id, p.name, p.mobile, p.contact_mechanisms[0].value_compact, p.addresses[0].street, p.addresses[0].city)
    print('parties', len(Party.browse([p.id for p in Party.search([])])))
    print('by number', [m.party.id for m in Mechanism.search([('value', '=', '13900000003')])])
