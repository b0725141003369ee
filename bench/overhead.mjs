// npm run overhead: what tracing costs the traced, side by side, and writes docs/overhead.md. As root, on a machine
// that does nothing else; takes some twenty minutes. For each load, every tracer once a round, so that whatever drifts
// drifts for all; the figures are medians over the rounds. `--rounds N` and `--load ID` make it shorter; below three rounds, or not of all loads,
// nothing is written.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCrowd } from './crowd.mjs';
import { measureFentry } from './fentry.mjs';
import { measureHistograms } from './histograms.mjs';
import { prepareLoads } from './loads.mjs';
import { median, root, sleep } from './measure.mjs';
import { measureMirror } from './mirror.mjs';
import { measureStorm } from './storm.mjs';
import { measureSurvival } from './survival.mjs';
import { timeOf } from './time-of.mjs';
import { facts } from './tracer.mjs';
import { tracersOf } from './tracers.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, load: { type: 'string', multiple: true } },
});
if (process.getuid?.() !== 0) {
  console.error('overhead: tracing needs root: sudo npm run overhead');
  process.exit(3);
}
const loadBefore = os.loadavg()[0];
const ROUNDS = Number(options.rounds);
const wanted = (id) => options.load === undefined || options.load.includes(id);

const startedMs = performance.now();
const report = (text) =>
  console.error(
    `overhead: ${text} (${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes so far)`,
  );

const measure = async (load, dir) => {
  const usable = tracersOf(load).filter(({ why }) => why(load) === null);
  const times = new Map(usable.map(({ id }) => [id, []]));
  timeOf(load.command);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const tracer of usable) {
      const running = await tracer.start(dir, load);
      // What attaching itself costs is over by now.
      await sleep(500);
      times.get(tracer.id).push(timeOf(load.command));
      await running.end();
    }
    report(`${load.id}, round ${round + 1} of ${ROUNDS}`);
  }
  return times;
};

const row = (...cells) => `| ${cells.join(' | ')} |`;
const factor = (value) => `${value.toFixed(2)} ×`;
const spread = (values) => `${factor(Math.min(...values))} to ${factor(Math.max(...values))}`;

const tableOf = (load, times) => {
  const base = times.get('none');
  const ratios = (runs, what) => runs.map((run, round) => run[what] / base[round][what]);
  const rows = tracersOf(load).map((tracer) => {
    const runs = times.get(tracer.id);
    if (runs === undefined) return row(tracer.title, `left out: ${tracer.why(load)}`, '', '', '');
    const seconds = `${median(runs.map(({ wall }) => wall)).toFixed(2)} s`;
    if (tracer.id === 'none') return row(tracer.title, seconds, '1', '', '1');
    const walls = ratios(runs, 'wall');
    return row(
      tracer.title,
      seconds,
      factor(median(walls)),
      spread(walls),
      factor(median(ratios(runs, 'cpu'))),
    );
  });
  return [
    row('', 'time', 'slowdown', 'of single rounds', 'CPU time'),
    row('---', '---', '---', '---', '---'),
    ...rows,
  ];
};

const prepared = prepareLoads();
const dir = mkdtempSync(join(os.tmpdir(), 'stallscope-overhead-out-'));
const sections = [];
try {
  for (const load of prepared.loads.filter(({ id }) => wanted(id))) {
    sections.push('', `## ${load.title[0].toUpperCase()}${load.title.slice(1)}`, '');
    if (load.skipped !== undefined) sections.push(`Left out here: ${load.skipped}.`);
    else
      sections.push(
        `Naive: \`bpftrace -e '${load.naive}'\`. Probe: \`${load.probe}\`.`,
        '',
        ...tableOf(load, await measure(load, dir)),
      );
  }
} finally {
  prepared.close();
  rmSync(dir, { recursive: true, force: true });
}
const PARTS = {
  histograms: measureHistograms,
  mirror: () => measureMirror(ROUNDS),
  storm: measureStorm,
  crowd: measureCrowd,
  survival: measureSurvival,
  fentry: measureFentry,
};
for (const [id, part] of Object.entries(PARTS)) {
  if (!wanted(id)) continue;
  report(id);
  sections.push(...(await part()));
}

const cpu = os.cpus()[0]?.model.trim();
const memory = `${(os.totalmem() / 1024 ** 3).toFixed(0)} GiB`;
const text = [
  '# What tracing costs the traced',
  '',
  `Written by \`npm run overhead\` on ${new Date().toISOString().slice(0, 10)}: Linux ${os.release()} ${os.arch()}, ${os.cpus().length} × ${cpu}, ${memory}, Node ${process.versions.node}, bpftrace ${facts.bpftrace.version}, load average ${loadBefore.toFixed(1)} before it began (on an idle machine it is near 0, and rounds agree; otherwise read the spread). They are facts of one machine; run it on yours.`,
  '',
  `Every tracer runs once a round, ${ROUNDS} rounds; the slowdown is the median of the rounds' ratios to the run without tracing in the same round. CPU time is that of the load itself, which other work on the machine disturbs less than its duration.`,
  ...sections,
  '',
].join('\n');
console.log(text);
if (options.load === undefined && ROUNDS >= 3) writeFileSync(join(root, 'docs', 'overhead.md'), text);
