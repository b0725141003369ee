// What a latency histogram costs: the same probe with it and without it, in turns, under a load of events that it counts.
// Measured by the kernel's own statistics of BPF programs, which see nothing but them, and by the CPU time of the load.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemble } from '../dist/probes/assemble.js';
import { loadCatalogue } from '../dist/probes/catalogue.js';
import { selectVariant } from '../dist/probes/select.js';
import { median, root, sleep, workload } from './measure.mjs';
import { timeOf } from './time-of.mjs';
import { facts, startBpftrace } from './tracer.mjs';

const PAIRS = 9;
const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';
const TMPFS = 0x01021994;

/** `make(directory)` returns the command; `events` of it are in the histogram. */
const LOADS = [
  {
    title: 'files created, renamed and removed on tmpfs',
    probe: 'inode',
    events: 30_000,
    make: (directory) => ['perl', workload('churn.pl'), directory, '30000'],
  },
  {
    title: 'fsync on tmpfs, which has nothing to do',
    probe: 'sync',
    events: 300_000,
    make: (directory) => {
      const program = join(directory, 'syncs');
      execFileSync('cc', ['-O2', '-pthread', '-o', program, join(root, 'test/honest/workloads/syncs.c')]);
      return [program, directory, 'fsync', '300000'];
    },
  },
  {
    title: 'reads of 4 KiB past the page cache',
    probe: 'disk',
    events: 20_000,
    onDisk: true,
    make: (directory) => {
      const file = join(directory, 'file');
      writeFileSync(file, Buffer.alloc(80 * 2 ** 20, 7));
      execFileSync('sync', [file]);
      return ['dd', `if=${file}`, 'of=/dev/null', 'iflag=direct', 'bs=4k', 'count=20000', 'status=none'];
    },
  },
];

/** Lines of the section for docs/overhead.md. */
export const measureHistograms = async () => {
  const before = readFileSync(STATISTICS, 'utf8');
  writeFileSync(STATISTICS, '1');
  const rows = [];
  try {
    for (const load of LOADS) rows.push(await measure(load));
  } finally {
    writeFileSync(STATISTICS, before);
  }
  return [
    '',
    '## What a latency histogram costs',
    '',
    `The same probe with its histogram and without it, in turns, ${PAIRS} pairs; medians of the pairs' differences, and the least and most. In the probe: time in its programs by the kernel's statistics of BPF programs, per event. Of the load: its CPU time, which the statistics themselves slow a little on both sides.`,
    '',
    '| events | probe without | with | the histogram | of the load’s CPU time |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ];
};

const measure = async ({ title, probe, events, onDisk = false, make }) => {
  const directory = mkdtempSync(join(onDisk ? tmpdir() : '/dev/shm', 'stallscope-histogram-'));
  try {
    if (onDisk && statfsSync(directory).type === TMPFS) return `| ${title} | left out: no disk here | | | |`;
    const command = make(directory);
    const scripts = { without: scriptOf(probe, false), with: scriptOf(probe, true) };
    timeOf(command);
    const pairs = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const order = pair % 2 === 0 ? ['without', 'with'] : ['with', 'without'];
      const runs = {};
      for (const which of order) runs[which] = await runUnder(scripts[which], command, events);
      pairs.push(runs);
    }
    const of = (read) => pairs.map(read);
    const ns = (value) => `${Math.round(value).toLocaleString('en')} ns`;
    const differences = of((runs) => runs.with.programNs - runs.without.programNs);
    const ratios = of((runs) => runs.with.cpu / runs.without.cpu);
    return `| ${events.toLocaleString('en')} ${title} (\`${probe}\`) | ${ns(median(of((runs) => runs.without.programNs)))} | ${ns(median(of((runs) => runs.with.programNs)))} | ${ns(median(differences))} (${ns(Math.min(...differences))} to ${ns(Math.max(...differences))}) | ${median(ratios).toFixed(2)} × (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}) |`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const runUnder = async (script, command, events) => {
  const tracer = startBpftrace(script, 'ignore');
  await tracer.attachedMs;
  await sleep(300);
  const before = programTimeNs(tracer.pid);
  const { cpu } = timeOf(command);
  const programNs = (programTimeNs(tracer.pid) - before) / events;
  await tracer.end();
  return { cpu, programNs };
};

/** Of all programs of a bpftrace. */
const programTimeNs = (pid) =>
  readdirSync(`/proc/${pid}/fdinfo`)
    .map((fd) => /^run_time_ns:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1])
    .reduce((sum, digits) => sum + Number(digits ?? 0), 0);

/** A session's script of this probe alone; without its histogram, no clause and no manifest knows of one. */
const scriptOf = (probe, withHistogram) => {
  const { manifest, folder } = loadCatalogue().find((entry) => entry.manifest.id === probe);
  const selected = withHistogram
    ? selectVariant(manifest, folder, facts)
    : selectVariant(withoutHistograms(manifest), folder, facts, {
        scripts: scriptsWithout(manifest, folder),
      });
  return assemble({
    selected: [selected],
    filter: { kind: 'all' },
    intervalMs: 1_000,
    mapKeys: 10_240,
    facts,
  }).script;
};

const withoutHistograms = (manifest) => {
  const gone = new Set(manifest.metrics.filter(({ kind }) => kind === 'histogram').map(({ name }) => name));
  const kept = (table) => Object.fromEntries(Object.entries(table).filter(([name]) => !gone.has(name)));
  return {
    ...manifest,
    metrics: manifest.metrics.filter(({ name }) => !gone.has(name)),
    variants: manifest.variants.map((variant) => ({ ...variant, counts: kept(variant.counts) })),
  };
};

const scriptsWithout = (manifest, folder) =>
  new Map(
    manifest.variants.map(({ file }) => [
      file,
      readFileSync(join(folder, file), 'utf8').replace(/^.*= hist\([^;]*\);\n/gm, ''),
    ]),
  );
