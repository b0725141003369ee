// What looks like a failure with a name and lacks what decides. Nothing may be named.
import { makeBystanders, playBystanders } from './bystanders.mjs';
import { buildProject, makeProject } from './project.mjs';

/** Once in two seconds. */
const SELDOM = Array.from({ length: 60 }, () => ['1', '2s']).flat();

export const NEAR_MISSES = [
  {
    name: 'cpus-shared',
    where: 'host',
    seconds: 35,
    near: 'cpu-contention',
    needs: '/usr/bin/gcc',
    what: 'a build of many short compilers, an archive that is packed and a test share two CPUs evenly: all wait, and none takes more than all others together',
    make: (stand) => {
      makeBystanders(stand);
      makeProject(stand, 40, 40);
      stand.cgroup('lab-runner', { weight: 3_000 });
    },
    play: (stand) => {
      stand.within('lab-runner', () => {
        stand.perl('postgres-wal', 'journal.pl', stand.path('wal/segment'), '1000000@12');
        stand.python('order-api', 'worker.py', 'healthy', 8);
        buildProject(stand, 40, 2);
        stand.python('packer', 'encode.py', 2, 0, 4);
        stand.python('test-runner', 'encode.py', 2, 0, 4);
      });
    },
  },
  {
    name: 'niced-hog',
    where: 'host',
    seconds: 35,
    near: 'cpu-contention',
    needs: '/usr/bin/gcc',
    what: 'an encoder with four threads takes what the others leave: they go first, whenever they want a CPU',
    make: (stand) => {
      makeBystanders(stand);
      makeProject(stand, 8, 150);
      stand.cgroup('lab-runner', { weight: 3_000 });
    },
    play: (stand) => {
      stand.within('lab-runner', () => {
        stand.perl('postgres-wal', 'journal.pl', stand.path('wal/segment'), '1000000@12');
        stand.python('order-api', 'worker.py', 'healthy', 8);
        buildProject(stand, 8);
        stand.python('encoder', 'encode.py', 4, 19, 6);
      });
    },
  },
  {
    name: 'limit-filled',
    where: 'host',
    seconds: 30,
    near: 'cgroup-memory-limit',
    what: 'a backup reads a large file once: it fills the cache of its control group up to its limit, and needs nothing of it again',
    make: (stand) => {
      makeBystanders(stand);
      stand.coldFile('archive.raw', 700);
      stand.cgroup('lab-limit', { memoryMebibytes: 64 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-limit', () =>
        stand.perl('backup', 'read-again.pl', stand.path('archive.raw'), '4s', '650@30', '100s'),
      );
    },
  },
  {
    name: 'disk-busy',
    where: 'host',
    seconds: 30,
    near: 'flooded-device',
    what: 'one backup reads a disk of 20 MiB a second all the time, as fast as it goes; nobody else asks for much',
    make: (stand) => {
      makeBystanders(stand);
      stand.disk(320);
      stand.cgroup('lab-flood', { mebibytesPerSecond: 20 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-flood', () =>
        stand.perl('backup', 'read-again.pl', stand.path('disk'), '4s', '100000'),
      );
    },
  },
  {
    name: 'disk-large-reads',
    where: 'host',
    seconds: 25,
    near: 'slow-device',
    what: 'a copy reads a disk of 20 MiB a second in large pieces, past the cache: 40 requests a second, and the disk is busy all the time',
    make: (stand) => {
      makeBystanders(stand);
      stand.disk(640);
      stand.cgroup('lab-flood', { mebibytesPerSecond: 20 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-flood', () =>
        stand.shell('copy', 'sleep 4; exec dd if=disk of=/dev/null bs=1M iflag=direct status=none'),
      );
    },
  },
  {
    name: 'syncs-alone',
    where: 'host',
    seconds: 30,
    near: 'sync-storm',
    what: 'a mail queue syncs in six threads, as fast as a disk of its own lets it; who syncs beside it does so on another',
    make: (stand) => {
      makeBystanders(stand);
      stand.slowFiles(160);
      stand.cgroup('lab-sync', { requestsPerSecond: 150 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-sync', () =>
        stand.python('mail-queue', 'syncer.py', stand.path('files'), 6, 4, 1000),
      );
    },
  },
  {
    name: 'files-frozen-briefly',
    where: 'host',
    seconds: 35,
    near: 'lock-pile-up',
    what: 'snapshots freeze a file system for two seconds each time; twelve mail servers that write to it wait meanwhile',
    make: (stand) => {
      makeBystanders(stand);
      stand.xfs(1000);
      stand.atEnd(() => stand.make('sh', '-c', 'fsfreeze --unfreeze xfs 2>/dev/null || :'));
    },
    play: (stand) => {
      playBystanders(stand);
      for (let number = 0; number < 12; number += 1)
        stand.perl('imapd', 'churn.pl', stand.path('xfs'), '100000@4');
      stand.shell(
        'snapshot',
        'while sleep 6; do fsfreeze --freeze xfs; sleep 2; fsfreeze --unfreeze xfs; done',
      );
    },
  },
  {
    name: 'swapped-out-once',
    where: 'host',
    seconds: 30,
    near: 'swap-storm',
    what: 'a process takes 96 MiB in a control group of 48 MiB and leaves them alone: what is too much is swapped out, and stays there',
    make: (stand) => {
      makeBystanders(stand);
      stand.swap(192);
      stand.cgroup('lab-swap', { memoryMebibytes: 48 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-swap', () => stand.python('session-cache', 'touch-again.py', 96, 0, 5));
    },
  },
  {
    name: 'killed-by-hand',
    where: 'host',
    seconds: 25,
    near: 'oom-kill',
    what: 'a service that grew in a control group with a limit is ended by kill -9, before it reaches it',
    make: (stand) => {
      makeBystanders(stand);
      stand.cgroup('lab-oom', { memoryMebibytes: 96 });
    },
    play: (stand) => {
      playBystanders(stand);
      stand.within('lab-oom', () => {
        const { pid } = stand.perl(
          'session-api',
          'grow.pl',
          stand.path('a.log'),
          1024,
          '4s',
          '50@10',
          '100s',
        );
        setTimeout(() => process.kill(pid, 'SIGKILL'), 15_000);
      });
    },
  },
  {
    name: 'seeks-in-one-piece',
    where: 'host',
    seconds: 45,
    near: 'seek-hole-storm',
    what: 'a mirror asks for holes 300 times a second, in an image that lies in one piece',
    make: (stand) => {
      makeBystanders(stand);
      stand.make(
        'dd',
        'if=/dev/urandom',
        `of=${stand.xfs(3000)}/image.raw`,
        'bs=16M',
        'count=12',
        'conv=fsync',
        'status=none',
      );
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl(
        'qemu-system-x86',
        'mirror.pl',
        `${stand.path('xfs')}/image.raw`,
        stand.path('copy'),
        '5s',
        '100000@300',
      );
    },
  },
  {
    name: 'seeks-seldom',
    where: 'host',
    seconds: 45,
    near: 'seek-hole-storm',
    what: 'a fragmented image, asked for a hole once in two seconds',
    make: (stand) => {
      makeBystanders(stand);
      stand.make('perl', 'fragment.pl', `${stand.xfs(3000)}/db17.raw`, 28495);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl(
        'filefrag-cron',
        'mirror.pl',
        `${stand.path('xfs')}/db17.raw`,
        stand.path('copy'),
        ...SELDOM,
      );
    },
  },
  {
    name: 'seeks-of-fixed-qemu',
    where: 'host',
    seconds: 40,
    near: 'seek-hole-storm',
    needs: '/usr/bin/qemu-img',
    what: 'the real qemu-img of today, which remembers holes, converts the very image of 28,495 extents again and again',
    make: (stand) => {
      makeBystanders(stand);
      stand.make('perl', 'fragment.pl', `${stand.xfs(3000)}/db17.raw`, 28495);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.shell(
        'nightly',
        'while :; do qemu-img convert -f raw -O raw xfs/db17.raw copy.raw; sleep 0.5; done',
      );
    },
  },
  {
    name: 'reader-with-memory',
    where: 'host',
    seconds: 50,
    near: 'page-cache-thrash',
    what: 'a backup reads 3 GB from disk as fast as it can, with 18 GB free',
    make: (stand) => {
      makeBystanders(stand);
      stand.coldFile('volume.img', 3000);
      stand.file('tables.db', 90);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('inventory-db', 'read-again.pl', '--mapped', stand.path('tables.db'), '1000000@60');
      stand.perl('backup', 'read-again.pl', stand.path('volume.img'), '10s', '2900@120');
    },
  },
  {
    name: 'reader-hurts-nobody',
    where: { kernel: '6.12', mebibytes: 1024 },
    seconds: 60,
    near: 'page-cache-thrash',
    what: 'a backup reads as fast as it can, in a guest of 1 GB in which nobody else lives in the cache',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.perl('backup', 'read-again.pl', '/dev/vda', '15s', '1000000@150');
    },
  },
  {
    name: 'wants-memory',
    where: { kernel: '6.1', mebibytes: 768 },
    seconds: 60,
    near: 'native-leak',
    what: 'a process takes 200 MB and lets them go, again and again, beside a busy service',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('report', 'worker.py', 'healthy', 20);
      stand.perl('etl', 'balloon.pl', '200', '12s', '2', '8s', '2', '8s', '2', '8s', '2');
    },
  },
  {
    name: 'batch-of-objects',
    where: 'host',
    seconds: 110,
    near: 'python-leak',
    what: 'a Python program loads a table for 25 s, uses it, forgets it, and again',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('nightly-report', 'worker.py', 'batch', 20);
      stand.python('catalogue-api', 'worker.py', 'cache', 20);
    },
  },
  {
    name: 'native-plateau',
    where: 'host',
    seconds: 100,
    near: 'native-leak',
    what: 'native programs that grow while they warm up and are content then',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('model-server', 'worker.py', 'warm-up', 20);
      stand.perl('memcached', 'grow.pl', stand.path('memcached.log'), 512, '180@6');
    },
  },
  {
    name: 'young-heap',
    where: 'host',
    seconds: 110,
    near: 'native-leak',
    what: 'a program of node keeps a part of what it makes for 75 s, its heap grows by leaps, and is content then',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.shell('node', `exec '${process.execPath}' ./young-heap.mjs 75`);
    },
  },
  {
    name: 'mapped-tables',
    where: 'host',
    seconds: 80,
    near: 'native-leak',
    what: 'a database maps its tables and comes to hold 400 MB of them, all the time growing; none of it is its own',
    make: (stand) => {
      makeBystanders(stand);
      stand.coldFile('tables.db', 500);
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('inventory-db', 'read-again.pl', '--mapped', stand.path('tables.db'), '1000000@5');
    },
  },
  {
    name: 'rings-that-succeed',
    where: { kernel: '6.12', mebibytes: 768 },
    seconds: 45,
    near: 'high-order-exhaustion',
    what: 'a driver asks for rings of order 4, 20 a second, and gives each back; all are granted',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.perl('mlx4-rx', 'rings.pl', '4096', 'return', '8s', '100000@20');
    },
  },
  {
    name: 'xfs-brief-stalls',
    where: { kernel: '6.1', mebibytes: 1024 },
    seconds: 45,
    near: 'xfs-alloc-deadlock',
    what: 'XFS is refused memory now and then, three attempts at a time, and goes on at once',
    make: (stand) => {
      makeBystanders(stand);
      stand.xfs(1500);
      stand.make('insmod', '/opt/modules/failkmem.ko', 'comm=victim', 'left=0');
      stand.atEnd(() => stand.make('rmmod', 'failkmem'));
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('victim', 'files.pl', stand.path('xfs'), '40', '4s', '1000000');
      stand.shell('refuser', 'while sleep 4; do echo 3 >/sys/module/failkmem/parameters/left; done');
    },
  },
  {
    name: 'packages-installed',
    where: 'host',
    seconds: 60,
    near: 'inode-churn',
    needs: '/usr/bin/dpkg',
    what: 'a package of 4,000 files is installed, and again and again over its older self',
    make: (stand) => {
      makeBystanders(stand);
      stand.folder('package/DEBIAN');
      stand.make(
        'sh',
        '-c',
        `mkdir -p package/usr/share/doc/lab root/var/lib/dpkg/info root/var/lib/dpkg/updates root/var/log
         touch root/var/lib/dpkg/status root/var/lib/dpkg/available
         printf 'Package: lab\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' >package/DEBIAN/control
         for n in $(seq 4000); do echo $n >package/usr/share/doc/lab/file-$n; done
         dpkg-deb -Zgzip -b package lab.deb >/dev/null`,
      );
    },
    play: (stand) => {
      playBystanders(stand);
      stand.shell(
        'upgrade',
        'sleep 5; while :; do dpkg --root=root --force-all --no-triggers -i lab.deb >/dev/null 2>&1; sleep 2; done',
      );
    },
  },
  {
    name: 'files-at-leisure',
    where: 'host',
    seconds: 50,
    near: 'inode-churn',
    what: 'files are made and removed 25 a second; an archive of 6,000 is unpacked, and removed by another',
    make: (stand) => {
      makeBystanders(stand);
      stand.folder('tree');
      stand.make(
        'sh',
        '-c',
        'for d in a b c d e f; do mkdir -p tree/$d; for n in $(seq 1000); do echo $n >tree/$d/file-$n; done; done; tar cf tree.tar tree; rm -rf tree',
      );
    },
    play: (stand) => {
      playBystanders(stand);
      stand.perl('session-store', 'churn.pl', stand.folder('sessions'), '1000000@25');
      stand.shell(
        'deploy',
        'while sleep 6; do mkdir -p new; tar xf tree.tar -C new; sleep 3; rm -rf new; done',
      );
    },
  },
];
