"""Does a known amount of one thing, and prints the truth about it from inside, as one line of JSON.

    python-truth.py MODE [COUNT]

objects   COUNT small objects kept, as many thrown away again, 23 collections of generation 0, 5 of generation 1
native    COUNT blocks of 10,000 bytes from malloc that Python knows nothing of, written to and never freed
mapped    COUNT blocks of 200,000 bytes from malloc, each of which has a mapping of its own
large     COUNT objects of 1 MiB kept (they go past the arenas)
python    COUNT objects kept, in steps over a second, then two of rest: a leak of Python objects
slow      COUNT blocks of malloc kept, in steps over a second, then two of rest: a leak of native memory
wait      waits for a line on stdin, then does as `objects`
workers   COUNT forked children, each of which keeps 300,000 objects; one line for each

Runs on CPython 3.6 to 3.14, needs nothing but the standard library. Where the truth comes from: arenas from
sys._debugmallocstats, collections from gc.get_stats, faults from getrusage. Each process ends where it has reported
them, with os._exit: an orderly end collects and frees more. A forked child reports what it did since the fork.
"""
import ctypes
import gc
import json
import os
import re
import resource
import sys
import tempfile
import time


def debug_malloc_stats():
    """The text that sys._debugmallocstats writes to the stderr of C."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as text:
        os.dup2(text.fileno(), 2)
        try:
            sys._debugmallocstats()
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        text.seek(0)
        return text.read().decode('ascii', 'replace')


def arenas():
    """Arenas made and freed so far and the size of one; None where there are none (free-threaded)."""
    text = debug_malloc_stats()
    size = re.search(r'\d+ arenas \* (\d+) bytes/arena', text)
    if size is None:
        return None

    def number(name):
        return int(re.search(r'# %s\s*=\s*([\d,]+)' % name, text).group(1).replace(',', ''))

    return {'made': number('arenas allocated total'), 'freed': number('arenas reclaimed'), 'size': int(size.group(1))}


def finish(**more):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    truth = {
        'pid': os.getpid(),
        'mode': sys.argv[1],
        'executable': sys.executable,
        'version': '%d.%d' % sys.version_info[:2],
        'arenas': arenas(),
        'gc': [generation['collections'] for generation in gc.get_stats()],
        'minorFaults': usage.ru_minflt,
        'majorFaults': usage.ru_majflt,
    }
    truth.update(more)
    os.write(1, (json.dumps(truth) + '\n').encode())
    os._exit(0)


def since(before):
    (was, stats), now = before, arenas()
    if now is not None:
        now = {'made': now['made'] - was['made'], 'freed': now['freed'] - was['freed'], 'size': now['size']}
    return {
        'arenas': now,
        'gc': [new['collections'] - old['collections'] for new, old in zip(gc.get_stats(), stats)],
    }


def take_native(count, size=10000):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for _ in range(count):
        ctypes.memset(libc.malloc(size), 1, size)


def objects(count):
    keep = [object() for _ in range(count)]
    strings = ['s%d' % number for number in range(count)]
    del strings
    for _ in range(23):
        gc.collect(0)
    for _ in range(5):
        gc.collect(1)
    finish(kept=len(keep))


def wait(count):
    """Was there before: reports what it did after the line."""
    before = arenas(), gc.get_stats()
    os.write(1, b'ready\n')
    sys.stdin.readline()
    keep = [object() for _ in range(count)]
    for _ in range(23):
        gc.collect(0)
    finish(kept=len(keep), **since(before))


def native(count):
    take_native(count)
    finish(bytes=count * 10000)


def mapped(count):
    take_native(count, 200000)
    finish(bytes=count * 200000)


def large(count):
    keep = [bytes(1 << 20) for _ in range(count)]
    finish(bytes=len(keep) << 20)


def python(count):
    keep = []
    for _ in range(10):
        keep.extend(object() for _ in range(count // 10))
        time.sleep(0.1)
    time.sleep(2)
    finish(kept=len(keep))


def slow(count):
    for _ in range(10):
        take_native(count // 10)
        time.sleep(0.1)
    time.sleep(2)
    finish(bytes=count * 10000)


def workers(count):
    for _ in range(count):
        before = arenas(), gc.get_stats()
        if os.fork() == 0:
            keep = [object() for _ in range(300000)]
            finish(kept=len(keep), **since(before))
    for _ in range(count):
        os.wait()
    finish()


DEFAULTS = {'objects': 300000, 'wait': 300000, 'native': 3000, 'mapped': 150, 'large': 23, 'python': 1500000, 'slow': 3000, 'workers': 5}

mode = sys.argv[1]
globals()[mode](int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULTS[mode])
