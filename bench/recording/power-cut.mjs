// What a power cut costs: recorders write to an XFS image, whose file system is shut down without flushing anything
// (XFS_IOC_GOINGDOWN): what was not forced to the disk is gone, as it is when the power goes. Needs root and xfsprogs.
import { execFileSync, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRecording } from '../../dist/recording/read/recording.js';

const RECORDERS = 10;
const paced = fileURLToPath(new URL('./paced.mjs', import.meta.url));
const run = (file, ...args) => execFileSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds lost by each recorder; every one of `rounds` cuts the power of ten. */
export const powerCuts = async (rounds) => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'stallscope-power-'));
  const [image, mount] = [join(folder, 'image'), join(folder, 'mount')];
  fs.mkdirSync(mount);
  fs.writeFileSync(image, '');
  fs.truncateSync(image, 2 * 1024 * 1024 * 1024);
  run('mkfs.xfs', '-q', image);
  run('mount', '-o', 'loop', image, mount);
  const lost = [];
  try {
    for (let round = 0; round < rounds; round += 1) lost.push(...(await cut(image, mount, round)));
  } finally {
    run('umount', '-l', mount);
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return lost;
};

const cut = async (image, mount, round) => {
  const children = [];
  for (let number = 0; number < RECORDERS; number += 1) {
    const path = join(mount, `${round}-${number}.ndjson${number % 2 === 0 ? '' : '.gz'}`);
    const child = fork(paced, [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const handedAtMs = [];
    child.on('message', (count) => {
      handedAtMs[count - 1] = performance.now();
    });
    children.push({ path, child, handedAtMs });
    await sleep(((number * 7_919) % 600) + 50);
  }
  await sleep(6_000 + ((round * 1_337) % 3_000));
  const cutAtMs = performance.now();
  run('xfs_io', '-x', '-c', 'shutdown', mount);
  for (const { child } of children) child.kill('SIGKILL');
  await Promise.all(children.map(({ child }) => new Promise((resolve) => child.once('exit', resolve))));
  run('umount', mount);
  run('mount', '-o', 'loop', image, mount);
  return children.map(({ path, handedAtMs }) => {
    const samples = samplesIn(path);
    return (cutAtMs - (handedAtMs[samples - 1] ?? handedAtMs[0])) / 1000;
  });
};

/** 0 when nothing of it had reached the disk. */
const samplesIn = (path) => {
  try {
    const recording = openRecording(path);
    recording.close();
    return recording.samples();
  } catch {
    return 0;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lost = await powerCuts(Number(process.argv[2] ?? 5));
  console.log(
    JSON.stringify({
      rounds: lost.length,
      most: Math.max(...lost),
      lost: lost.map((one) => +one.toFixed(2)),
    }),
  );
}
