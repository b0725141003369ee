// Ordinary work and ordinary quiet. Nothing may be named.
import { makeBystanders, playBystanders } from './bystanders.mjs';
import { buildProject, makeProject } from './project.mjs';

export const NULLS = [
  {
    name: 'quiet-guest',
    where: { kernel: '6.12', mebibytes: 768, apart: true },
    seconds: 1500,
    interval: '5s',
    what: 'a machine on which a small service answers now and then',
    make: () => {},
    play: (stand) => {
      stand.python('order-api', 'worker.py', 'healthy', 1);
      stand.shell('cron', 'while sleep 60; do ls -laR /etc >report.txt; gzip -f report.txt; done');
    },
  },
  {
    name: 'ordinary-day',
    where: 'host',
    seconds: 1500,
    interval: '5s',
    what: 'a database, a web service and cron jobs: logs rotated and packed each minute, a backup with tar, a report',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('accounts', 'database.py', stand.path('accounts.sqlite'), 12);
      stand.python('catalogue-api', 'worker.py', 'cache', 6);
      stand.shell('crond', 'while sleep 47; do cp access.log rotated.log; gzip -f rotated.log; done');
      stand.shell('backup', 'while sleep 100; do tar czf backup.tgz objects wal; done');
      stand.shell(
        'report',
        'while sleep 230; do find /usr/share -type f | xargs -n 200 wc -c >report.txt; done',
      );
    },
  },
  {
    name: 'compiling',
    where: 'host',
    seconds: 300,
    interval: '5s',
    needs: '/usr/bin/gcc',
    what: 'gcc compiles a project of 60 files, links and tests it, cleans up and begins again',
    make: makeProject,
    play: buildProject,
  },
  {
    name: 'packages',
    where: 'host',
    seconds: 300,
    interval: '2s',
    what: 'packages are built and unpacked, with dpkg-deb and tar, as an upgrade does; a database works beside it',
    make: makeBystanders,
    play: (stand) => {
      stand.python('accounts', 'database.py', stand.path('accounts.sqlite'), 20);
      stand.shell(
        'upgrade',
        `while :; do
          mkdir -p build/DEBIAN build/usr; cp -r /usr/share/perl /usr/share/bash-completion build/usr 2>/dev/null
          printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' >build/DEBIAN/control
          dpkg-deb -Zgzip -b build x.deb >/dev/null; rm -rf build; sleep 4
          mkdir -p root; dpkg-deb -x x.deb root; sleep 5; rm -rf root; sleep 6
        done`,
      );
    },
  },
  {
    name: 'database',
    where: 'host',
    seconds: 420,
    interval: '2s',
    what: 'a database commits as fast as the disk lets it; a dump of it each 40 s',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('accounts', 'database.py', stand.path('accounts.sqlite'), 100000);
      stand.shell('dump', 'while sleep 40; do sqlite3 accounts.sqlite .dump | gzip >dump.gz; done');
    },
  },
  {
    name: 'busy-guest',
    where: { kernel: '6.1', mebibytes: 1024, apart: true },
    seconds: 600,
    interval: '2s',
    what: 'a small server under its usual load: database, service, packing, a find through all files',
    make: makeBystanders,
    play: (stand) => {
      playBystanders(stand);
      stand.python('accounts', 'database.py', stand.path('accounts.sqlite'), 6);
      stand.shell(
        'crond',
        'while sleep 60; do find /usr -type f | head -4000 | xargs cat | gzip -1 >all.gz; done',
      );
    },
  },
];
