"""A real database: SQLite in WAL mode, with a table of 40,000 rows, reads and small transactions that reach the disk.

    database.py NAME FILE TRANSACTIONS_PER_SECOND
"""
import random
import sqlite3
import sys
import time

NAME, FILE, RATE = sys.argv[1], sys.argv[2], float(sys.argv[3])
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)
connection = sqlite3.connect(FILE)
connection.execute('pragma journal_mode = wal')
connection.execute('pragma synchronous = full')
connection.execute('create table if not exists account (id integer primary key, owner text, balance integer)')
with connection:
    connection.execute('delete from account')
    connection.executemany('insert into account values (?, ?, 100)', ((n, 'owner %d' % n) for n in range(40000)))
started = time.monotonic()
number = 0
while True:
    number += 1
    with connection:
        for _ in range(3):
            connection.execute('update account set balance = balance + 1 where id = ?', (random.randrange(40000),))
    first = random.randrange(39000)
    connection.execute('select sum(balance) from account where id between ? and ?', (first, first + 900)).fetchone()
    ahead = started + number / RATE - time.monotonic()
    if ahead > 0:
        time.sleep(ahead)
