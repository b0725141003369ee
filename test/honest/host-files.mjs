// The kernel's own totals and levels, under the names that a summary has for them; read and named here anew.
import { textOf } from './here.mjs';

const SECTOR = 512;
const DISK = {
  reads: [0, 1],
  read_bytes: [2, SECTOR],
  writes: [4, 1],
  write_bytes: [6, SECTOR],
  busy_ms: [9, 1],
  queue_ms: [10, 1],
};
const LEVELS = {
  'mem.free': 'MemFree',
  'mem.available': 'MemAvailable',
  'mem.cached': 'Cached',
  'mem.anon': 'AnonPages',
  'mem.shmem': 'Shmem',
  'mem.slab': 'Slab',
  'mem.slab_reclaimable': 'SReclaimable',
  'swap.free': 'SwapFree',
};

export const readHost = () => ({
  ...vmstat(textOf('/proc/vmstat')),
  ...stat(textOf('/proc/stat')),
  ...disks(textOf('/proc/diskstats')),
  ...pressure('cpu'),
  ...pressure('io'),
  ...pressure('memory'),
  ...levels(textOf('/proc/meminfo')),
  ...zones(textOf('/proc/zoneinfo')),
});

const linesOf = (text) => text.split('\n').filter((line) => line !== '');

const vmstat = (text) => {
  const values = {};
  for (const [name, value] of linesOf(text).map((line) => line.split(' '))) {
    values[`vm.${name}`] = Number(value);
    for (const sum of ['allocstall', 'workingset_refault']) {
      if (name.startsWith(`${sum}_`)) values[`vm.${sum}`] = (values[`vm.${sum}`] ?? 0) + Number(value);
    }
  }
  return values;
};

const stat = (text) => {
  const words = Object.fromEntries(
    linesOf(text).map((line) => [line.split(/ +/)[0], line.split(/ +/).slice(1).map(Number)]),
  );
  const [user, nice, system, , iowait, irq, softirq, steal] = words.cpu;
  return {
    'cpu.busy_ms': 10 * (user + nice + system + irq + softirq + steal),
    'cpu.iowait_ms': 10 * iowait,
    'tasks.forked': words.processes[0],
  };
};

const disks = (text) =>
  Object.fromEntries(
    linesOf(text).flatMap((line) => {
      const [, , device, ...columns] = line.trim().split(/ +/);
      return Object.entries(DISK).map(([name, [column, factor]]) => [
        `disk.${device}.${name}`,
        columns[column] * factor,
      ]);
    }),
  );

const pressure = (resource) =>
  Object.fromEntries(
    linesOf(textOf(`/proc/pressure/${resource}`)).map((line) => [
      `psi.${resource}.${line.split(' ')[0]}_us`,
      Number(/total=(\d+)/.exec(line)[1]),
    ]),
  );

const levels = (text) => {
  const kib = Object.fromEntries(
    linesOf(text).map((line) => [line.split(':')[0], Number.parseInt(line.split(':')[1], 10)]),
  );
  return Object.fromEntries(Object.entries(LEVELS).map(([id, field]) => [id, kib[field]]));
};

const zones = (text) => {
  const values = {};
  let zone = '';
  for (const line of linesOf(text)) {
    const [, node, name] = /^Node (\d+), zone +(\w+)/.exec(line) ?? [];
    if (name !== undefined) zone = `zone.${node}.${name}`;
    const [, level, pages] = /^ +(?:pages )?(free|min|low|high) +(\d+)$/.exec(line) ?? [];
    if (level !== undefined && values[`${zone}.${level}`] === undefined)
      values[`${zone}.${level}`] = Number(pages);
  }
  return values;
};
