"""A Python service with a name of its own, answering requests until it is ended.

    worker.py NAME HABIT [REQUESTS_PER_SECOND]

Every request parses a document into some 4,000 objects and forgets them. What else it does is its habit:

healthy     nothing
objects     keeps a tenth of the objects of every request, in a list that nobody empties
native      every request leaves copies of strings in the heap of C, as an extension with a missing free() does;
            Python knows nothing of them
cache       keeps results, in a cache with a bound, which is reached after a third of a minute
batch       loads a table for 25 s, uses it for 10 s, forgets it, rests for 15 s, and again
warm-up     native code takes 60 MB in its first 20 s, and is content
strings     keeps a string of 120 kB of every request
dicts       keeps dicts of 40 keys
list        one list grows by 10,000 entries with every request
buffers     keeps the 200 kB of every answer, as bytes: each has a mapping of its own
answers     keeps the last 60 answers of 120 kB, which it has after some seconds
"""
import ctypes
import gc
import json
import sys
import time

NAME, HABIT = sys.argv[1], sys.argv[2]
RATE = float(sys.argv[3]) if len(sys.argv) > 3 else 20.0
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)

libc = ctypes.CDLL(None)
libc.strdup.restype = ctypes.c_void_p
libc.malloc.restype = ctypes.c_void_p

DOCUMENT = json.dumps([{'id': n, 'name': 'item %d' % n, 'tags': ['a%d' % n, 'b']} for n in range(500)])
COPY = b'couchbase://10.0.0.7/sessions?timeout=2.5&compression=on&' + b'x' * 150
kept = []
cache = {}
started = time.monotonic()


def request(number):
    rows = json.loads(DOCUMENT)
    total = sum(len(row['name']) for row in rows)
    age = time.monotonic() - started
    if HABIT == 'objects':
        kept.append(rows[::10] + [dict(row, seen=number) for row in rows[:150]])
    elif HABIT == 'native':
        for _ in range(300):
            libc.strdup(COPY)
    elif HABIT == 'cache':
        cache[number % 420] = rows
    elif HABIT == 'batch':
        turn = age % 50
        if turn < 25:
            kept.append(rows)
        elif turn >= 35 and kept:
            kept.clear()
            gc.collect()
    elif HABIT == 'strings':
        kept.append('x' * 120000)
    elif HABIT == 'dicts':
        kept.append([{key: total for key in range(40)} for _ in range(50)])
    elif HABIT == 'list':
        kept.extend([total] * 10000)
    elif HABIT == 'buffers':
        kept.append(b'x' * 200000)
    elif HABIT == 'answers':
        cache[number % 60] = 'x' * 120000
    elif HABIT == 'warm-up' and age < 20:
        ctypes.memset(libc.malloc(150000), 1, 150000)
    return total


number = 0
while True:
    number += 1
    request(number)
    ahead = started + number / RATE - time.monotonic()
    if ahead > 0:
        time.sleep(ahead)
