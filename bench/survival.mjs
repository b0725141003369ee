// The tool's own survival: a guest with little memory under kswapd's pressure, in which it records all that runs there.
// node bench/survival.mjs [--write] boots it alone, and with --write puts the section into docs/overhead.md.
import { askGuest } from './guest.mjs';
import { measureAlone } from './sections.mjs';
import { has } from './tracers.mjs';

const KERNEL = '6.1';
const MEMORY_MIB = [384];
const SURVIVAL_TITLE = '## In little memory';

/** Lines of the section for docs/overhead.md. */
export const measureSurvival = async () => {
  if (!has('qemu-system-x86_64', '--version')) return ['', SURVIVAL_TITLE, '', 'Left out here: no QEMU.'];
  const columns = [];
  for (const mebibytes of MEMORY_MIB) {
    columns.push(await askGuest('survival', { kernel: KERNEL, memoryMebibytes: mebibytes }));
  }
  const row = (title, read) => `| ${[title, ...columns.map((one) => one.failed ?? read(one))].join(' | ')} |`;
  const number = (value) => value.toLocaleString('en');
  const mib = (kib) => (kib === null ? 'gone' : `${(kib / 1024).toFixed(0)} MiB`);
  const list = (items) => (items.length === 0 ? 'none' : items.join('; '));
  return [
    '',
    SURVIVAL_TITLE,
    '',
    `\`record -i 5s\` with all probes in a guest of kernel ${KERNEL} (emulated, so everything takes some twenty times as long), for a minute and a half in which the disk is read through the page cache without end and a process holds what would be left.`,
    '',
    `| | ${MEMORY_MIB.map((mebibytes) => `${mebibytes} MiB`).join(' | ')} |`,
    `| ---${' | ---'.repeat(MEMORY_MIB.length)} |`,
    row('pages scanned by kswapd', ({ pressure }) => number(pressure.kswapdPages)),
    row('direct reclaims', ({ pressure }) => number(pressure.directReclaims)),
    row('major faults', ({ pressure }) => number(pressure.majorFaults)),
    row('processes ended for want of memory', ({ pressure }) => number(pressure.oomKills)),
    row('stallscope, at most', ({ toolKiB }) => mib(toolKiB)),
    row('its tracer, at most', ({ tracerKiB }) => mib(tracerKiB)),
    row(
      'samples under pressure: due, made, with counts',
      ({ expected, got, counted }) => `${expected}, ${got}, ${counted}`,
    ),
    row('longest wait for a sample', ({ longestMs }) => `${(longestMs / 1000).toFixed(1)} s`),
    row('probes stepped down', ({ steps }) => list(steps)),
    row('gaps reported', ({ gaps }) => list(gaps)),
    row('losses reported', ({ losses }) => list(losses)),
    row('ended in order', ({ isComplete }) => (isComplete ? 'yes' : 'no')),
  ];
};

if (process.argv[1] === new URL(import.meta.url).pathname)
  await measureAlone(SURVIVAL_TITLE, measureSurvival);
