// Failures that have a name, staged for real. `truth` is who did what, and who suffered.
import { makeBystanders, playBystanders } from './bystanders.mjs';
import { buildProject, makeProject } from './project.mjs';

const MODULE = '/opt/modules/failkmem.ko';
const left = '/sys/module/failkmem/parameters/left';

/** Once in two seconds. */
const SELDOM = Array.from({ length: 60 }, () => ['1', '2s']).flat();

export const INCIDENTS = [
  {
    name: 'cpu-hog',
    where: 'host',
    seconds: 35,
    needs: '/usr/bin/gcc',
    what: 'an encoder with four threads begins on two CPUs, and does not stop; a build that was there before waits for its turn, in the same control group',
    truth: [{ id: 'cpu-contention', suspect: 'encoder', victims: ['cc1'] }],
    make: (stand) => {
      makeBystanders(stand);
      makeProject(stand, 8, 150);
      // Between groups, and between sessions, the kernel shares the CPUs evenly, however many threads there are.
      stand.cgroup('lab-runner', { weight: 3_000 });
    },
    play: (stand) => {
      stand.within('lab-runner', () => {
        stand.perl('postgres-wal', 'journal.pl', stand.path('wal/segment'), '1000000@12');
        stand.python('order-api', 'worker.py', 'healthy', 8);
        buildProject(stand, 8);
        stand.python('encoder', 'encode.py', 4, 0, 6);
      });
    },
  },
  {
    name: 'quota-used-up',
    where: 'host',
    seconds: 30,
    what: 'a renderer uses up the CPU quota of its control group; an interface beside it in the group waits with it',
    truth: [{ id: 'cgroup-cpu-throttle', suspect: 'renderer', victims: ['gateway'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.cgroup('lab-quota', { quotaPercent: 30 });
    },
    play: (stand) => {
      stand.perl('postgres-wal', 'journal.pl', stand.path('wal/segment'), '1000000@12');
      stand.python('order-api', 'worker.py', 'healthy', 8);
      stand.within('lab-quota', () => {
        stand.perl('renderer', 'burn.pl', 1000, '6s', '100000');
        stand.perl('gateway', 'burn.pl', 10, '100000@5');
      });
    },
  },
  {
    name: 'limit-thrash',
    where: 'host',
    seconds: 30,
    what: 'an indexer reads a file that is larger than the memory limit of its control group, again and again; a service in the group faults its tables back in',
    truth: [{ id: 'cgroup-memory-limit', suspect: 'indexer' }],
    make: (stand) => {
      makeBystanders(stand);
      stand.coldFile('index.db', 160);
      stand.coldFile('tables.db', 24);
      stand.cgroup('lab-limit', { memoryMebibytes: 64 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-limit', () => {
        stand.perl('inventory-db', 'read-again.pl', '--mapped', stand.path('tables.db'), '1000000@5');
        stand.perl('indexer', 'read-again.pl', stand.path('index.db'), '6s', '1000000@250');
      });
    },
  },
  {
    name: 'oom-in-group',
    where: 'host',
    seconds: 25,
    what: 'a service grows into the memory limit of its control group and is killed; the same service beside it has room',
    truth: [{ id: 'oom-kill', suspect: null, victims: ['session-api'] }],
    underWayMs: 0,
    make: (stand) => {
      makeBystanders(stand);
      stand.cgroup('lab-oom', { memoryMebibytes: 48 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-oom', () =>
        stand.perl('session-api', 'grow.pl', stand.path('a.log'), 1024, '5s', '1000@10'),
      );
      stand.perl('catalogue-api', 'grow.pl', stand.path('b.log'), 1024, '5s', '60@10');
    },
  },
  {
    name: 'slow-disk',
    where: 'host',
    seconds: 30,
    what: 'a disk completes 12 requests a second; a database and an index of mail read from it, others work on another disk',
    truth: [{ id: 'slow-device', suspect: null, victims: ['order-db', 'mail-index'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.disk(160);
      stand.cgroup('lab-slow', { requestsPerSecond: 12 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-slow', () => {
        stand.perl('order-db', 'random-reads.pl', stand.path('disk'), 16, 1, '5s', '100000@30');
        stand.perl('mail-index', 'random-reads.pl', stand.path('disk'), 16, 1, '5s', '100000@5');
      });
    },
  },
  {
    name: 'disk-flooded',
    where: 'host',
    seconds: 30,
    what: 'a scrubber with 24 readers asks a disk of 8 MiB a second for more than that; a database reads from it now and then',
    truth: [{ id: 'flooded-device', suspect: 'scrubber', victims: ['order-db'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.slowFiles(700);
      stand.coldFile('files/archive.img', 500);
      stand.cgroup('lab-flood', { mebibytesPerSecond: 8 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-flood', () => {
        stand.perl('order-db', 'random-reads.pl', stand.path('files/archive.img'), 16, 1, '2s', '100000@5');
        stand.perl('scrubber', 'random-reads.pl', stand.path('files/archive.img'), 64, 24, '6s', '100000');
      });
    },
  },
  {
    name: 'sync-storm',
    where: 'host',
    seconds: 30,
    what: 'a mail queue syncs in six threads, on a disk of 150 requests a second; a ledger on the same file system commits ten times a second',
    truth: [{ id: 'sync-storm', suspect: 'mail-queue', victims: ['ledger'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.slowFiles(160);
      stand.cgroup('lab-sync', { requestsPerSecond: 150 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-sync', () => {
        stand.python('ledger', 'syncer.py', stand.path('files'), 1, 1, 10);
        stand.python('mail-queue', 'syncer.py', stand.path('files'), 6, 6, 1000);
      });
    },
  },
  {
    name: 'seek-lock',
    where: 'host',
    seconds: 25,
    what: '24 readers of one block device seek before each read: seeking takes the lock that each read of the slow device holds',
    truth: [{ id: 'lock-pile-up', suspect: null, victims: ['scrubber'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.disk(320);
      stand.cgroup('lab-flood', { mebibytesPerSecond: 10 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-flood', () =>
        stand.perl('scrubber', 'random-reads.pl', stand.path('disk'), 64, 24, '6s', '100000'),
      );
    },
  },
  {
    name: 'swap-in-group',
    where: 'host',
    seconds: 30,
    what: 'a cache of 96 MiB in a control group of 48 MiB is touched at random: pages are swapped out and read back',
    truth: [{ id: 'cgroup-memory-limit', suspect: null, victims: ['session-cache'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.swap(192);
      stand.cgroup('lab-swap', { memoryMebibytes: 48 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-swap', () => stand.python('session-cache', 'touch-again.py', 96, 4000, 5));
    },
  },
  {
    name: 'files-frozen',
    where: 'host',
    seconds: 35,
    what: 'a snapshot freezes a file system and thaws it after 18 s; twelve mail servers that write to it wait meanwhile',
    truth: [{ id: 'lock-pile-up', suspect: null, victims: ['imapd'] }],
    make: (stand) => {
      makeBystanders(stand);
      stand.xfs(1000);
      stand.atEnd(() => stand.make('sh', '-c', 'fsfreeze --unfreeze xfs 2>/dev/null || :'));
    },
    play: (stand) => {
      playBystanders(stand);
      for (let number = 0; number < 12; number += 1)
        stand.perl('imapd', 'churn.pl', stand.path('xfs'), '100000@4');
      stand.shell('snapshot', 'sleep 7; fsfreeze --freeze xfs; sleep 18; fsfreeze --unfreeze xfs; sleep 100');
    },
  },
  {
    name: 'seek-hole-mirror',
    where: 'host',
    seconds: 60,
    what: 'an image of 28,495 extents is mirrored: SEEK_HOLE before every MiB',
    truth: [{ id: 'seek-hole-storm', suspect: 'qemu-system-x86' }],
    make: (stand) => {
      makeBystanders(stand);
      const mount = stand.xfs(3000);
      stand.make('perl', 'fragment.pl', `${mount}/db17.raw`, 28495);
      stand.make('perl', 'fragment.pl', `${mount}/archive.raw`, 300);
    },
    play: (stand) => {
      playBystanders(stand);
      const mount = stand.path('xfs');
      stand.perl('qemu-img', 'mirror.pl', `${mount}/archive.raw`, stand.path('archive.copy'), '100000@20');
      stand.perl(
        'qemu-system-x86',
        'mirror.pl',
        `${mount}/db17.raw`,
        stand.path('db17.copy'),
        '18s',
        '100000@70',
      );
    },
  },
  {
    name: 'seek-hole-small',
    where: 'host',
    seconds: 45,
    what: 'an image of 6,000 extents is mirrored as fast as it goes, by a job that ends',
    truth: [{ id: 'seek-hole-storm', suspect: 'vm-backup' }],
    make: (stand) => {
      makeBystanders(stand);
      stand.make('perl', 'fragment.pl', `${stand.xfs(3000)}/mail.raw`, 6000);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl(
        'vm-backup',
        'mirror.pl',
        `${stand.path('xfs')}/mail.raw`,
        stand.path('copy'),
        '8s',
        '9000@400',
      );
    },
  },
  {
    name: 'native-leak',
    where: 'host',
    seconds: 100,
    what: 'an extension of a Python service never frees its strings; beside it the same service without it',
    truth: [{ id: 'native-leak', suspect: 'session-api' }],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('session-api', 'worker.py', 'native', 20);
      stand.python('catalogue-api', 'worker.py', 'healthy', 20);
    },
  },
  {
    name: 'python-leak',
    where: 'host',
    seconds: 100,
    what: 'a Python service keeps objects of every request; beside it one whose cache has a bound',
    truth: [{ id: 'python-leak', suspect: 'session-api' }],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('session-api', 'worker.py', 'objects', 20);
      stand.python('catalogue-api', 'worker.py', 'cache', 20);
    },
  },
  {
    name: 'large-objects',
    where: 'host',
    seconds: 90,
    what: 'Python services keep strings of 120 kB, dicts of 40 keys, a long list, answers of 200 kB, and small objects under PYTHONMALLOC=malloc; beside them a native leak, and a cache of large answers with a bound',
    truth: [
      // In heaps that cannot be distinguished from outside: Python's objects above 512 bytes, or native code.
      { id: 'native-leak', suspect: 'strings-api' },
      { id: 'native-leak', suspect: 'dicts-api' },
      { id: 'native-leak', suspect: 'malloc-api' },
      { id: 'native-leak', suspect: 'native-api' },
      { id: 'python-leak', suspect: 'list-api' },
      { id: 'python-leak', suspect: 'buffers-api' },
    ],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      for (const habit of ['strings', 'dicts', 'list', 'buffers', 'native', 'answers'])
        stand.python(`${habit}-api`, 'worker.py', habit, 10);
      stand.pythonWith('PYTHONMALLOC=malloc', 'malloc-api', 'worker.py', 'objects', 10);
    },
  },
  {
    name: 'both-leaks',
    example: '04-leaks',
    where: 'host',
    seconds: 100,
    what: 'three workers of one service: one leaks natively, one keeps objects, one is healthy',
    truth: [
      { id: 'native-leak', suspect: 'worker-2' },
      { id: 'python-leak', suspect: 'worker-1' },
    ],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('worker-1', 'worker.py', 'objects', 15);
      stand.python('worker-2', 'worker.py', 'native', 15);
      stand.python('worker-3', 'worker.py', 'healthy', 15);
    },
  },
  {
    name: 'native-leak-daemon',
    where: 'host',
    seconds: 90,
    what: 'a daemon that is no Python takes 512 KiB with every fourth of a second, and never gives any back',
    truth: [{ id: 'native-leak', suspect: 'collectd' }],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.perl('collectd', 'grow.pl', stand.path('collectd.log'), 512, '100000@4');
      stand.perl('memcached', 'grow.pl', stand.path('memcached.log'), 512, '120@6');
    },
  },
  {
    name: 'lock-files',
    where: 'host',
    seconds: 60,
    what: 'a mail server makes and removes lock files on XFS, 1,500 a second; others unpack and compile',
    truth: [{ id: 'inode-churn', suspect: 'imapd' }],
    make: (stand) => {
      makeBystanders(stand);
      stand.xfs(2000);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('session-store', 'churn.pl', stand.path('xfs'), '100000@6');
      stand.perl('imapd', 'churn.pl', stand.path('xfs'), '60@5', '1000000@1500');
    },
  },
  {
    name: 'lock-files-guest',
    where: { kernel: '6.12', mebibytes: 768 },
    seconds: 45,
    what: 'lock files on ext4, as fast as it goes, in bursts',
    truth: [{ id: 'inode-churn', suspect: 'dovecot' }],
    make: (stand) => {
      makeBystanders(stand);
      stand.folder('locks');
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('dovecot', 'churn.pl', stand.path('locks'), '8s', '5000', '2s', '1000000@400');
    },
  },
  ...['6.12', '6.1'].map((kernel) => ({
    name: `cache-thrash-${kernel}`,
    where: { kernel, mebibytes: 512 },
    seconds: 75,
    what: 'a backup reads a disk larger than memory; a database lives in the cache, mapped into memory',
    // On 6.1 the database may keep its pages, and the recorder beside it lose its own.
    truth: [
      { id: 'page-cache-thrash', suspect: 'backup', victims: kernel === '6.12' ? ['inventory-db'] : [] },
    ],
    make: (stand) => {
      makeBystanders(stand);
      stand.file('tables.db', 90);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('inventory-db', 'read-again.pl', '--mapped', stand.path('tables.db'), '1000000@60');
      stand.perl('backup', 'read-again.pl', '/dev/vda', '20s', '1000000@300');
    },
  })),
  ...['6.1', '5.10'].map((kernel) => ({
    name: `xfs-deadlock-${kernel}`,
    ...(kernel === '6.1' ? { example: '05-xfs-deadlock' } : {}),
    where: { kernel, mebibytes: 1024 },
    seconds: 50,
    what: 'XFS gets no memory for one process (a module refuses it for 25 s); another works on the same file system',
    truth: [{ id: 'xfs-alloc-deadlock', suspect: 'victim' }],
    make: (stand) => {
      makeBystanders(stand);
      stand.xfs(1500);
      stand.make('insmod', MODULE, 'comm=victim', 'left=0');
      stand.atEnd(() => stand.make('rmmod', 'failkmem'));
    },
    play: (stand) => {
      playBystanders(stand);
      const mount = stand.path('xfs');
      stand.perl('maildir', 'churn.pl', mount, '100000@15');
      stand.perl('victim', 'files.pl', mount, '40', '12s', '1000000');
      stand.shell('refuser', `sleep 12; echo 1000000 >${left}; sleep 25; echo 0 >${left}`);
    },
  })),
  {
    name: 'high-order',
    example: '06-high-order',
    where: { kernel: '6.12', mebibytes: 768 },
    seconds: 150,
    what: 'memory is free in single pages only; a driver takes rings of order 4 and keeps them, until it is refused',
    truth: [{ id: 'high-order-exhaustion', suspect: 'mlx4-rx', victims: ['socket-proxy'] }],
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.perl('kv-store', 'fragment-memory.pl', '0.25', stand.path('fragmented'));
      stand.once('fragmented', () => {
        stand.perl('socket-proxy', 'rings.pl', '4096', 'return', '5s', ...SELDOM);
        stand.perl('mlx4-rx', 'rings.pl', '4096', 'keep', '5s', '1500', '100000@20');
      });
    },
  },
];
