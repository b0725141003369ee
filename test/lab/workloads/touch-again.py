"""Holds so many MiB of its own and touches its pages at random, so many a second; or holds them and touches none of them again.

    touch-again.py NAME MIB TOUCHES_PER_SECOND WAIT_SECONDS
"""
import mmap
import random
import sys
import time

NAME, MIB, RATE, WAIT = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)
PAGE = mmap.PAGESIZE
time.sleep(WAIT)
memory = mmap.mmap(-1, MIB << 20)
pages = (MIB << 20) // PAGE
for page in range(pages):
    memory[page * PAGE] = page % 251 + 1
started = time.monotonic()
done = 0
while True:
    if RATE == 0:
        time.sleep(1)
        continue
    for _ in range(10):
        page = random.randrange(pages)
        memory[page * PAGE] = (memory[page * PAGE] + 1) % 256
        done += 1
    ahead = started + done / RATE - time.monotonic()
    if ahead > 0:
        time.sleep(ahead)
