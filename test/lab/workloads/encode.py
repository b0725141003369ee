"""Compresses frames in so many threads, as fast as the CPUs let it. With a nice value it lets all others go first: also between
sessions, of which the kernel otherwise gives each its share of the CPUs (sched_autogroup).

    encode.py NAME THREADS NICE WAIT_SECONDS
"""
import os
import sys
import threading
import time
import zlib

NAME, THREADS, NICE, WAIT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)
os.nice(NICE)
if os.path.exists('/proc/self/autogroup'):
    with open('/proc/self/autogroup', 'w') as autogroup:
        autogroup.write(str(NICE))
frame = os.urandom(1 << 16) * 8


def encode():
    time.sleep(WAIT)
    while True:
        # Large enough that Python lets other threads run meanwhile.
        zlib.compress(frame, 6)


threads = [threading.Thread(target=encode) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
