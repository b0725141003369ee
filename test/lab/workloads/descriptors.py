"""A Python service with a name of its own that opens a pipe for each message.

    descriptors.py NAME MESSAGES_PER_SECOND KEPT

It keeps the last KEPT of them open, or all of them where KEPT is `all`: what each costs is memory of the kernel.
"""
import collections
import os
import resource
import sys
import time

NAME, RATE, KEPT = sys.argv[1], float(sys.argv[2]), sys.argv[3]
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)

MOST = 1000000
resource.setrlimit(resource.RLIMIT_NOFILE, (MOST, MOST))
# Descriptors are numbers: remembering them would make the process itself grow.
pool = None if KEPT == 'all' else collections.deque(maxlen=int(KEPT))
started = time.monotonic()
number = 0
while True:
    number += 1
    ends = os.pipe()
    if pool is not None:
        if len(pool) == pool.maxlen:
            for end in pool[0]:
                os.close(end)
        pool.append(ends)
    ahead = started + number / RATE - time.monotonic()
    if ahead > 0.02:
        time.sleep(ahead)
