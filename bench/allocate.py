"""Allocates a lot, in the way of real programs, and prints the CPU seconds it took: bench/python.mjs runs it."""
import gc
import json
import time


class Node:
    def __init__(self, key, next):
        self.key = key
        self.next = next


def objects():
    head = None
    for number in range(120_000):
        head = Node('k%d' % number, head)
    return head


def containers():
    table = {}
    for number in range(60_000):
        table.setdefault(number % 997, []).append((number, [number], {'n': number}))
    return table


def text():
    rows = [{'id': number, 'name': 'name %d' % number, 'tags': ['a', 'b', str(number)]} for number in range(15_000)]
    return json.loads(json.dumps(rows))


def buffers():
    """Every one goes past the arenas to malloc, and many of them to mmap and back."""
    return [bytearray(size * 1024) for size in (1, 10, 100, 300, 3000) for _ in range(60)]


start = time.process_time()
for _ in range(4):
    kept = [objects(), containers(), text(), buffers()]
    del kept
    gc.collect()
print('seconds %.4f' % (time.process_time() - start), flush=True)
