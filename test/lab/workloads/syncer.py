"""Writes 4 KiB to the end of a file and waits until they are on disk, again and again, in several threads with a file each.

    syncer.py NAME FOLDER THREADS WAIT_SECONDS SYNCS_PER_SECOND_OF_EACH
"""
import os
import sys
import threading
import time

NAME, FOLDER, THREADS, WAIT, RATE = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
with open('/proc/self/comm', 'w') as comm:
    comm.write(NAME)


def work(number):
    file = os.open('%s/%s-%d' % (FOLDER, NAME, number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    time.sleep(WAIT)
    started = time.monotonic()
    done = 0
    while True:
        os.pwrite(file, b'x' * 4096, 4096 * (done % 256))
        os.fsync(file)
        done += 1
        ahead = started + done / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)


threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
