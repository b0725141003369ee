/**
 * node bench/imports/sysstat-suite.mjs FOLDER: every data file of sysstat's own test suite (tests/ of github.com/sysstat/sysstat),
 * imported as it is, as UTC XML and JSON, and as JSON in local time with --timezone, by an importer in several zones and
 * locales; each against the instants and values of `sadf -j` in UTC, read here by other code. Needs sadf and a build.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tool = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin', 'stallscope.js');
const suite = process.argv[2] ?? '.';
const work = mkdtempSync(join(tmpdir(), 'sysstat-suite-'));
const IMPORTERS = [
  { TZ: 'UTC', LC_ALL: 'C' },
  { TZ: 'Europe/Berlin', LC_ALL: 'de_DE.UTF-8' },
  { TZ: 'America/New_York', LC_ALL: 'C.UTF-8' },
  { TZ: 'Asia/Kolkata', LC_ALL: 'fr_FR.UTF-8' },
];
/** The wall clock of the machine whose files are exported in local time. */
const THERE = 'Europe/Paris';

const run = (command, args, env = {}) =>
  spawnSync(command, args, { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C', ...env }, maxBuffer: 2 ** 28 });

/** Rates that become counters of tracing, levels that bear its names: by hand, not from the importer. */
const RENAMED = {
  'paging.pgpgin': ['vm.pgpgin'],
  'paging.pgpgout': ['vm.pgpgout'],
  'paging.fault': ['vm.pgfault'],
  'paging.majflt': ['vm.pgmajfault'],
  'paging.pgscank': ['vm.pgscan_kswapd'],
  'paging.pgscand': ['vm.pgscan_direct'],
  'swap-pages.pswpin': ['vm.pswpin'],
  'swap-pages.pswpout': ['vm.pswpout'],
  'process-and-context-switch.proc': ['tasks.forked'],
  'psi.psi-cpu.some_avg': ['psi.cpu.some_us', 10_000],
  'psi.psi-io.some_avg': ['psi.io.some_us', 10_000],
  'psi.psi-io.full_avg': ['psi.io.full_us', 10_000],
  'psi.psi-mem.some_avg': ['psi.memory.some_us', 10_000],
  'psi.psi-mem.full_avg': ['psi.memory.full_us', 10_000],
};
const LEVELS = {
  'memory.memfree': 'mem.free',
  'memory.avail': 'mem.available',
  'memory.cached': 'mem.cached',
  'memory.anonpg': 'mem.anon',
  'memory.slab': 'mem.slab',
  'memory.dirty': 'mem.dirty',
  'queue.blocked': 'tasks.blocked',
};
const NAMED = 'cpu disk-device iface intr filesystem mountpoint line number bus_number switch fchost'.split(
  ' ',
);

const flat = (value, path, into) => {
  if (typeof value === 'number') into.set(path, [...(into.get(path) ?? []), value]);
  else if (Array.isArray(value))
    value.forEach((item, index) => {
      const names = NAMED.map((key) => item?.[key]).filter(
        (name) => name != null && typeof name !== 'object',
      );
      flat(item, `${path}.${names.length === 0 ? index : names.join('.')}`, into);
    });
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value))
      if (!NAMED.includes(key)) flat(item, path === '' ? key : `${path}.${key}`, into);
};

/** By instant in ms: path to values, and the interval. */
const truthOf = (json) =>
  JSON.parse(json).sysstat.hosts[0].statistics.flatMap(({ timestamp, ...groups }) => {
    if (timestamp === undefined) return [];
    const values = new Map();
    flat(groups, '', values);
    return [
      { ms: Date.parse(`${timestamp.date}T${timestamp.time}Z`), intervalS: timestamp.interval, values },
    ];
  });

const samplesOf = (path) => {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const records = lines.map((line) => JSON.parse(line));
  const { clock, metrics } = records[0];
  const names = new Map(metrics.map(({ id, help }) => [/: (.*)\.$/s.exec(help)?.[1] ?? id, id]));
  const samples = records
    .filter(({ type }) => type === 'sample')
    .map(({ bootUs, host }) => ({ ms: clock.realMs + (bootUs - clock.bootUs) / 1000, host }));
  return { names, samples };
};

const near = (a, b) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

/** What differs; counts what was compared. */
const compare = (truth, path, counts) => {
  const { names, samples } = samplesOf(path);
  const at = new Map(samples.map((sample, index) => [Math.round(sample.ms), index]));
  const wrong = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { ms, values, intervalS } of truth) {
    // What a clock has shown before, or an interval that cannot be, is left out with a word.
    if (ms <= lastMs) continue;
    lastMs = ms;
    const index = at.get(ms);
    if (index === undefined) {
      wrong.push(`no sample at ${new Date(ms).toISOString()}`);
      continue;
    }
    counts.instants += 1;
    for (const [name, list] of values) {
      if (name.startsWith('queue.ldavg')) continue;
      if (RENAMED[name] !== undefined) {
        const [id, each = 1] = RENAMED[name];
        const [now, before] = [samples[index].host[id], samples[index - 1]?.host[id] ?? 0];
        if (now === undefined && intervalS > 7 * 86_400) continue;
        if (!near(now - before, list[0] * each * intervalS))
          wrong.push(`${name}: ${now - before} for ${list[0]} × ${intervalS}`);
        counts.values += 1;
        continue;
      }
      list.forEach((value, times) => {
        const called = LEVELS[name] ?? `sar.${name}${times === 0 ? '' : `.${times + 1}`}`;
        const got = samples[index].host[names.get(called) ?? called];
        counts.values += 1;
        if (got !== value) wrong.push(`${called}: ${got} for ${value}`);
      });
    }
  }
  return wrong;
};

const results = [];
for (const name of readdirSync(suite)
  .filter((one) => one.startsWith('data-'))
  .sort()) {
  const file = join(suite, name);
  if (!statIsSa(file)) continue;
  const converted = join(work, 'converted');
  const older = readFileSync(file).readUInt16LE(2) < 0x2175 && readFileSync(file)[0] === 0x96;
  if (older) writeFileSync(converted, run('sadf', ['-c', file]).stdout);
  const source = older ? converted : file;
  const json = run('sadf', ['-j', source, '--', '-A']);
  const row = { name, instants: 0, values: 0, imports: 0, wrong: [], refused: null };
  results.push(row);
  const out = join(work, 'out.ndjson');
  const take = (args, env) => {
    const { status, stderr } = run(process.execPath, [tool, 'import', ...args, '-o', out, '--force'], env);
    return status === 0 ? null : stderr.toString().split('\n')[0];
  };
  if (json.status !== 0 || json.stdout.length === 0 || truthOf(json.stdout).length === 0) {
    row.refused = take([file]);
    row.wrong = row.refused === null ? ['sadf cannot read it, the import did'] : [];
    continue;
  }
  const truth = truthOf(json.stdout);
  const forms = [
    { file, args: [] },
    { text: json.stdout, args: [] },
    { text: run('sadf', ['-x', source, '--', '-A']).stdout, args: [] },
    {
      text: run('sadf', ['-T', '-j', source, '--', '-A'], { TZ: THERE }).stdout,
      args: ['--timezone', THERE],
    },
  ];
  for (const form of forms) {
    const path = form.file ?? join(work, 'form');
    if (form.text !== undefined) writeFileSync(path, form.text);
    for (const env of IMPORTERS) {
      row.imports += 1;
      const refused = take([path, ...form.args], env);
      const wrong = refused === null ? compare(truth, out, row) : [refused];
      row.wrong.push(...wrong.map((one) => `${forms.indexOf(form)} ${env.TZ}: ${one}`));
    }
  }
}
rmSync(work, { recursive: true });

function statIsSa(file) {
  const head = readFileSync(file).subarray(0, 2);
  return (head[0] === 0x96 && head[1] === 0xd5) || (head[0] === 0xd5 && head[1] === 0x96);
}

for (const { wrong, ...row } of results)
  console.log(JSON.stringify({ ...row, wrong: wrong.length, first: wrong.slice(0, 3) }));
const wrong = results.reduce((sum, row) => sum + row.wrong.length, 0);
console.log(
  JSON.stringify({
    files: results.length,
    read: results.filter(({ refused }) => refused === null).length,
    wrong,
  }),
);
process.exitCode = wrong === 0 ? 0 : 1;
