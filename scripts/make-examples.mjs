// Records the bundled examples anew, each a real incident staged on this machine: node scripts/make-examples.mjs [NAME...]
//
// Run it as root, on a machine where nothing else matters: for the better part of a minute each, one CPU is kept
// busy (01), nearly all memory is taken away and the disk is read at full speed (02), files are churned (03). Whatever
// was changed is put back, also when this script is killed. Needs bpftrace, xfsprogs, perl and 6 GB of disk space.
//
// Every process of the machine is recorded. Where they ran, and the command lines of those that have no part in the
// incident, are left out afterwards: they are nobody's business. Nothing else is touched.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin', 'stallscope.js');
const workloads = join(root, 'test', 'helpers', 'workloads');

const MIB = 1024 * 1024;
/** Left to the machine while memory is scarce: the page cache shares it with everything that runs. */
const SCARCE_BYTES = 3072 * MIB;
const MAX_PACKED_BYTES = 300 * 1024;

/** `stage` prepares, and returns what starts when every probe is attached. Times are seconds from then. */
const INCIDENTS = [
  {
    name: '01-seek-hole-storm',
    seconds: 56,
    stage: (stand) => {
      const mount = stand.mountXfs();
      const image = join(mount, 'db17.raw');
      const archive = join(mount, 'archive.raw');
      stand.perl('fragment.pl', image, '28495');
      stand.perl('fragment.pl', archive, '1600');
      const log = stand.file('access.log', 64 * MIB);
      return () => {
        stand.run('qemu-mirror', 'seek-holes.pl', image, '1', '12s', '800', '10s', '900', '4s', '1');
        stand.run('qemu-img', 'seek-holes.pl', archive, '220@4');
        stand.run('log-shipper', 'read-again.pl', log, '400@8');
        stand.run('session-store', 'churn.pl', mount, '250@5');
      };
    },
  },
  {
    name: '02-page-cache-thrash',
    seconds: 50,
    stage: (stand) => {
      const backup = stand.file('volume.img', 4096 * MIB);
      const tables = stand.file('tables.db', 1800 * MIB);
      stand.takeMemory(SCARCE_BYTES);
      stand.perl('read-again.pl', '--mapped', tables, '1800');
      return () => {
        stand.run('inventory-db', 'read-again.pl', '--mapped', tables, '20000@400');
        stand.run('nightly-backup', 'read-again.pl', backup, '12s', '16000@800');
        stand.run('session-store', 'churn.pl', stand.dir, '250@5');
      };
    },
  },
  {
    name: '03-file-churn',
    seconds: 46,
    stage: (stand) => {
      const spool = join(stand.dir, 'spool');
      mkdirSync(spool);
      const log = stand.file('access.log', 64 * MIB);
      return () => {
        stand.run('mail-spool', 'churn.pl', spool, '60@5', '45000@3000', '8s', '5000@1000', '30@5');
        stand.run('session-store', 'churn.pl', spool, '225@5');
        stand.run('log-shipper', 'read-again.pl', log, '360@8');
      };
    },
  },
];

const chosen = process.argv.slice(2);
for (const incident of INCIDENTS) {
  if (chosen.length === 0 || chosen.includes(incident.name)) await record(incident);
}

async function record({ name, seconds, stage }) {
  const stand = createStand();
  const file = join(stand.dir, `${name}.ndjson`);
  try {
    say(`${name}: preparing`);
    const begin = stage(stand);
    const tool = spawn(
      process.execPath,
      [launcher, 'record', '--budget', 'off', '-d', `${seconds}s`, '-o', file],
      {
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    stand.atEnd(() => tool.kill('SIGTERM'));
    const ended = once(tool, 'close');
    await ready(tool);
    say(`${name}: recording ${seconds} s`);
    begin();
    const [code] = await ended;
    if (code !== 0) throw new Error(`stallscope record ended with ${code}`);
  } catch (error) {
    stand.tearDown();
    throw error;
  }
  const packed = gzipSync(withoutBystanders(readFileSync(file, 'utf8'), stand.cast), { level: 9 });
  stand.tearDown();
  if (packed.length > MAX_PACKED_BYTES)
    throw new Error(`${name} takes ${packed.length} bytes, too many to ship`);
  writeFileSync(join(root, 'examples', `${name}.ndjson.gz`), packed);
  say(`${name}: ${Math.ceil(packed.length / 1024)} KiB`);
}

function withoutBystanders(text, cast) {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines
    .map((line) => {
      const { cmdline, cgroup: _, ...rest } = line;
      // An anonymous program of whoever runs the machine: its name says of the place, not of the incident.
      if (line.comm?.startsWith('memfd:')) rest.comm = 'bystander';
      return line.type === 'process' && cast.has(line.comm) ? { ...rest, cmdline } : rest;
    })
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

function ready(tool) {
  return new Promise((resolve, reject) => {
    let text = '';
    tool.stderr.on('data', (chunk) => {
      text += chunk;
      process.stderr.write(chunk);
      if (text.includes('stallscope: recording ')) resolve();
    });
    tool.once('close', () => reject(new Error('stallscope ended before it was ready')));
  });
}

/** A place for one incident. `tearDown` undoes all that was done, the last first. */
function createStand() {
  const dir = mkdtempSync('/var/tmp/stallscope-example-');
  const undo = [() => rmSync(dir, { recursive: true, force: true })];
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  cpSync(workloads, dir, { recursive: true });
  const cast = new Set();
  const tearDown = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      tearDown();
      process.exit(1);
    });
  }
  return {
    dir,
    cast,
    tearDown,
    atEnd: (step) => undo.push(step),
    perl: (script, ...args) => execFileSync('perl', [join(dir, script), ...args], { stdio: 'inherit' }),
    file: (name, sizeBytes) => {
      const path = join(dir, name);
      execFileSync('dd', [
        'if=/dev/zero',
        `of=${path}`,
        'bs=1M',
        `count=${sizeBytes / MIB}`,
        'conv=fsync',
        'status=none',
      ]);
      return path;
    },
    /** A process's name is that of its file: a copy of perl under the name the incident calls for. */
    run: (comm, script, ...args) => {
      const program = join(bin, comm);
      if (!existsSync(program)) copyFileSync('/usr/bin/perl', program);
      cast.add(comm);
      // Were memory to run out after all, ours go first.
      const ours = args.map((arg) => (arg.startsWith(dir) ? relative(dir, arg) || '.' : arg));
      const child = spawn('choom', ['-n', '1000', '--', `bin/${comm}`, `./${script}`, ...ours], {
        cwd: dir,
        stdio: 'inherit',
      });
      undo.push(() => child.kill('SIGKILL'));
    },
    mountXfs: () => {
      const image = join(dir, 'xfs.img');
      const mount = join(dir, 'images');
      mkdirSync(mount);
      execFileSync('truncate', ['-s', '2G', image]);
      execFileSync('mkfs.xfs', ['-q', image]);
      execFileSync('mount', ['-o', 'loop', image, mount]);
      undo.push(() => execFileSync('umount', ['--lazy', mount]));
      return mount;
    },
    /** Reserves memory as huge pages until so much is left. The reserve ends with us, however we end. */
    takeMemory: (leftBytes) => {
      const setting = '/proc/sys/vm/nr_hugepages';
      const before = readFileSync(setting, 'utf8').trim();
      const keeper = spawn('sh', ['-c', `read line; echo ${before} > ${setting}`], {
        stdio: ['pipe', 'inherit', 'inherit'],
        detached: true,
      });
      undo.push(() => {
        keeper.stdin.end();
        writeFileSync(setting, before);
      });
      // Each try gets what is free in one piece; what it pushes out of the page cache makes room for the next.
      for (let tries = 0; tries < 10 && availableBytes() > leftBytes * 1.1; tries += 1) {
        writeFileSync('/proc/sys/vm/drop_caches', '1');
        writeFileSync('/proc/sys/vm/compact_memory', '1');
        const pages = Math.floor((availableBytes() - leftBytes) / (2 * MIB));
        const reserved = Number(readFileSync(setting, 'utf8'));
        writeFileSync(setting, String(reserved + pages));
      }
      const left = availableBytes();
      say(`memory left: ${Math.round(left / MIB)} MiB`);
      if (left > leftBytes * 1.5) throw new Error('memory did not become scarce');
      if (left < leftBytes / 2) throw new Error('too little memory would be left');
    },
  };
}

function availableBytes() {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
}

function say(text) {
  process.stderr.write(`make-examples: ${text}\n`);
}
