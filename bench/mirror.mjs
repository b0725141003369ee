// A real QEMU copies a fragmented raw image (blockdev-mirror) while its monitor is asked how it is, with and without
// the tool: the duration of the job and the worst answer. No guest runs in it; the job is the same without one.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountXfs } from './loads.mjs';
import { median, sleep } from './measure.mjs';
import { TRACERS } from './tracers.mjs';

const EXTENTS = 28_495;
const ASK_EVERY_MS = 20;
const NAIVE = { naive: 'tracepoint:iomap:iomap_iter { @[pid,comm]=count() }', probe: 'iomap' };
const WANTED = ['none', 'naive', 'default', 'probe'];

/**
 * Two files preallocated in turns: no block of the image follows the one before it. QEMU remembers where data is, but
 * not where there is none: it asks again for each piece, and each answer walks all unwritten extents to the end.
 */
const LAY_OUT = `
import os, sys
path, extents = sys.argv[1], int(sys.argv[2])
image, other = (os.open(name, os.O_RDWR | os.O_CREAT) for name in (path, path + '.other'))
for extent in range(extents):
    os.posix_fallocate(image, extent * 4096, 4096)
    os.posix_fallocate(other, extent * 4096, 4096)
os.fsync(image)
`;

/** Lines of the section for docs/overhead.md. */
export const measureMirror = async (rounds) => {
  const heading = [
    '',
    `## A QEMU mirror job over a preallocated image of ${EXTENTS.toLocaleString('en')} extents (XFS)`,
    '',
  ];
  if (spawnSync('qemu-system-x86_64', ['--version']).error !== undefined)
    return [...heading, 'Left out here: qemu-system-x86_64 is not installed.'];
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-mirror-'));
  let xfs;
  try {
    xfs = mountXfs(dir);
    const image = join(xfs.mount, 'disk.raw');
    execFileSync('python3', ['-c', LAY_OUT, image, String(EXTENTS)]);
    const results = new Map(WANTED.map((id) => [id, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const id of WANTED) {
        const running = await TRACERS.find((tracer) => tracer.id === id).start(dir, NAIVE);
        await sleep(500);
        results.get(id).push(await mirror(dir, image));
        await running.end();
      }
      console.error(`overhead: mirror, round ${round + 1} of ${rounds}`);
    }
    const base = results.get('none');
    return [
      ...heading,
      '| | job | slowdown | worst answer of the monitor | of that without tracing |',
      '| --- | --- | --- | --- | --- |',
      ...WANTED.map((id) => {
        const runs = results.get(id);
        const ratio = (what) =>
          `${median(runs.map((run, round) => run[what] / base[round][what])).toFixed(2)} ×`;
        const { title } = TRACERS.find((tracer) => tracer.id === id);
        return `| ${title} | ${median(runs.map(({ jobMs }) => jobMs / 1000)).toFixed(2)} s | ${ratio('jobMs')} | ${median(runs.map(({ worstMs }) => worstMs)).toFixed(0)} ms | ${ratio('worstMs')} |`;
      }),
    ];
  } finally {
    xfs?.close();
    rmSync(dir, { recursive: true, force: true });
  }
};

/** One job from start to end. */
const mirror = async (dir, image) => {
  const socket = join(dir, 'qmp');
  const target = join('/dev/shm', `stallscope-mirror-${process.pid}.raw`);
  const size = execFileSync('stat', ['-c', '%s', image], { encoding: 'utf8' }).trim();
  execFileSync('truncate', ['-s', size, target]);
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'none', '-nodefaults', '-display', 'none', '-S'],
      ...['-qmp', `unix:${socket},server=on,wait=off`],
      ...['-blockdev', `driver=raw,node-name=source,file.driver=file,file.filename=${image}`],
      ...['-blockdev', `driver=raw,node-name=target,file.driver=file,file.filename=${target}`],
    ],
    { stdio: 'ignore' },
  );
  const closed = once(qemu, 'close');
  try {
    const monitor = await openMonitor(socket);
    await monitor.ask('qmp_capabilities');
    const startMs = performance.now();
    const done = monitor.event('BLOCK_JOB_READY');
    await monitor.ask('blockdev-mirror', {
      'job-id': 'copy',
      device: 'source',
      target: 'target',
      sync: 'full',
      // Small pieces, as when a guest writes beside the job: each asks where the next data is.
      'buf-size': 65_536,
      granularity: 65_536,
    });
    let worstMs = 0;
    let isDone = false;
    done.then(() => {
      isDone = true;
    });
    while (!isDone) {
      const askedMs = performance.now();
      await monitor.ask('query-status');
      worstMs = Math.max(worstMs, performance.now() - askedMs);
      await Promise.race([done, sleep(ASK_EVERY_MS)]);
    }
    const jobMs = performance.now() - startMs;
    monitor.close();
    return { jobMs, worstMs };
  } finally {
    qemu.kill('SIGKILL');
    await closed;
    rmSync(target, { force: true });
    rmSync(socket, { force: true });
  }
};

const openMonitor = async (path) => {
  const socket = await connected(path);
  const answers = [];
  const listeners = new Map();
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.event !== undefined) listeners.get(message.event)?.();
      else if (message.return !== undefined) answers.shift()?.resolve(message.return);
      else if (message.error !== undefined) answers.shift()?.reject(new Error(message.error.desc));
    }
  });
  return {
    ask: (execute, args) =>
      new Promise((resolve, reject) => {
        answers.push({ resolve, reject });
        socket.write(`${JSON.stringify({ execute, ...(args === undefined ? {} : { arguments: args }) })}\n`);
      }),
    event: (name) => new Promise((resolve) => listeners.set(name, resolve)),
    close: () => socket.destroy(),
  };
};

const connected = async (path) => {
  for (let tries = 0; tries < 500; tries += 1) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      await sleep(20);
    }
  }
  throw new Error('QEMU opened no monitor');
};
