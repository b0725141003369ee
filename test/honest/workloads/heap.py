"""heap.py MODE COUNT: does a known amount of one thing, and prints as JSON what the interpreter knows of it.

small      COUNT objects kept, as many thrown away
strings    COUNT strings of 120,000 characters kept
dicts      COUNT dicts of 40 keys kept
lists      COUNT lists of 1,000,000 places, made and thrown away
arrays     COUNT arrays of 300,000 bytes kept, each with a mapping of its own
native     COUNT blocks of 10,000 bytes of malloc that Python knows nothing of
blocks     COUNT such blocks of 300,000 bytes, each with a mapping of its own
collect    COUNT collections of each generation
threads    four threads, each COUNT objects
fork       COUNT children, each of which keeps 100,000 objects: a line for each
idle       nothing

With LASTS in its environment it lives for so many seconds more, and does nothing in them.

Arenas are those of sys._debugmallocstats, collections those of gc.get_stats. It ends with os._exit, so that nothing
comes after the account.
"""
import ctypes
import gc
import json
import os
import re
import sys
import tempfile
import threading
import time

MODE, COUNT = sys.argv[1], int(sys.argv[2])


def age_ns():
    with open('/proc/self/stat') as text:
        started = int(text.read().rsplit(')', 1)[1].split()[19]) * 10_000_000
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - started


# Whatever was collected before anybody listened took no longer than the process is old.
collecting = {'ns': age_ns(), 'since': 0}


def on_collect(phase, _):
    if phase == 'start':
        collecting['since'] = time.monotonic_ns()
    else:
        collecting['ns'] += time.monotonic_ns() - collecting['since']


def arenas():
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as text:
        os.dup2(text.fileno(), 2)
        sys._debugmallocstats()
        os.dup2(saved, 2)
        os.close(saved)
        text.seek(0)
        said = text.read().decode('ascii', 'replace')

    def number(name):
        found = re.search(r'# %s\s*=\s*([\d,]+)' % name, said)
        return int(found.group(1).replace(',', '')) if found else 0

    return number('arenas allocated total'), number('arenas reclaimed')


def finish(before=(0, 0, [0, 0, 0]), **more):
    made, freed = arenas()
    stats = [one['collections'] for one in gc.get_stats()]
    account = {
        'pid': os.getpid(),
        'version': '%d.%d' % sys.version_info[:2],
        'arenas': made - before[0],
        'arenas_freed': freed - before[1],
        'gc': [new - old for new, old in zip(stats, before[2])],
        'gc_ns': collecting['ns'],
    }
    account.update(more)
    os.write(1, (json.dumps(account) + '\n').encode())
    time.sleep(float(os.environ.get('LASTS', '0')))
    os._exit(0)


def small():
    keep = [object() for _ in range(COUNT)]
    gone = [float(number) for number in range(COUNT)]
    del gone
    return keep


def native(size):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for _ in range(COUNT):
        ctypes.memset(libc.malloc(size), 1, size)


def collect():
    for generation in (0, 1, 2):
        for _ in range(COUNT):
            gc.collect(generation)


def lists():
    for _ in range(COUNT):
        len([None] * 1000000)


def threads():
    keep = []
    all_of_them = [threading.Thread(target=lambda: keep.extend([object() for _ in range(COUNT)])) for _ in range(4)]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()
    return keep


def fork():
    for _ in range(COUNT):
        before = (*arenas(), [one['collections'] for one in gc.get_stats()])
        if os.fork() == 0:
            collecting['ns'] = 0
            keep = [object() for _ in range(100000)]
            finish(before, child=True, kept=len(keep))
        os.wait()


MODES = {
    'small': small,
    'strings': lambda: ['x' * (120000 + number) for number in range(COUNT)],
    'dicts': lambda: [{key: number for key in range(40)} for number in range(COUNT)],
    'lists': lists,
    'arrays': lambda: [bytearray(300000) for _ in range(COUNT)],
    'native': lambda: native(10000),
    'blocks': lambda: native(300000),
    'collect': collect,
    'threads': threads,
    'fork': fork,
    'idle': lambda: None,
}
gc.callbacks.append(on_collect)
kept = MODES[MODE]()
finish()
