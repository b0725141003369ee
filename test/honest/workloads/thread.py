"""thread.py FILE TIMES: a thread that tells its number, waits for a line, and searches FILE for holes TIMES times."""
import json
import os
import sys
import threading

FILE, TIMES = sys.argv[1], int(sys.argv[2])


def search():
    fd = os.open(FILE, os.O_RDONLY)
    os.write(1, (json.dumps({'child': True, 'pid': os.getpid(), 'tid': threading.get_native_id()}) + '\n').encode())
    sys.stdin.readline()
    for _ in range(TIMES):
        os.lseek(fd, 0, os.SEEK_HOLE)


thread = threading.Thread(target=search)
thread.start()
thread.join()
os.write(1, (json.dumps({'pid': os.getpid(), 'seek_hole': TIMES}) + '\n').encode())
