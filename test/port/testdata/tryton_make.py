# Makes parties with Tryton's own code, on its own database: config file, database.
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
with Transaction().start(name, 1) as transaction:
    pool.get('party.party').create([{
        'name': '王小明 %d' % i,
        'contact_mechanisms': [('create', [{'type': 'mobile', 'value': '139%08d' % i}])],
        'addresses': [('create', [{'street': '文三路 %d 号' % i, 'city': '杭州'}])],
    } for i in range(1, 21)])
    transaction.commit()
