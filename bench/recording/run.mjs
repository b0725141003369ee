// npm run bench:recording -- [GIGABYTES] [LINES]: what a recording costs and how near its moments are: bytes an hour of 200
// active processes beside what atop takes, opening, jumping and stepping in a long one, replay against JSON.parse, a
// recorder that is killed, damaged bytes, so many damaged lines.
// Writes docs/bench-recording.md. Facts of one machine; no test depends on them.
import { execFileSync, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { openRecording } from '../../dist/recording/read/recording.js';
import { createRecorder } from '../../dist/recording/write/recorder.js';
import { checkpointOf, createSession, foldInto } from '../../dist/session/session.js';
import { atopHour } from './atop.mjs';
import { damageTrials } from './damage.mjs';
import { headerOf, sessionOf } from './generator.mjs';
import { powerCuts } from './power-cut.mjs';

const gigabytes = Number(process.argv[2] ?? 2);
const fuzzedLines = Number(process.argv[3] ?? 1_000_000);
const folder = fs.mkdtempSync(join(os.tmpdir(), 'stallscope-bench-'));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const root = here('../..');

const record = async (path, samples, mostBytes = Number.POSITIVE_INFINITY) => {
  const header = headerOf();
  const session = createSession(header, { watched: false });
  const recorder = createRecorder({ path, overwrite: false, owner: null, minFreeBytes: 0 });
  recorder.begin(header, () => checkpointOf(session));
  let count = 0;
  let naiveBytes = 0;
  for (const one of sessionOf({ samples, header })) {
    recorder.write(one);
    foldInto(session, one);
    if (one.type !== 'sample') continue;
    count += 1;
    naiveBytes += naive(one);
    if (count % 32 === 0) await recorder.room();
    if (recorder.status().bytes >= mostBytes) break;
  }
  recorder.write({
    type: 'trailer',
    bootUs: session.state.bootUs,
    reason: 'end',
    samples: count,
    records: 0,
  });
  await recorder.end();
  return { samples: count, bytes: fs.statSync(path).size, dropped: recorder.status().dropped, naiveBytes };
};

/** What bpftrace -f json prints of the same values: every map, keyed by PID and name. */
const naive = ({ counters }) =>
  Object.entries(counters).reduce(
    (sum, [metric, entries]) =>
      sum +
      JSON.stringify({
        type: 'map',
        data: {
          [`@${metric}`]: Object.fromEntries(
            entries.map(([pid, value]) => [`${pid},worker-${pid % 37}`, value]),
          ),
        },
      }).length +
      1,
    0,
  );

const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const ms = (value) => `${value.toFixed(0)} ms`;
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const sizes = async () => {
  const plain = await record(join(folder, 'hour.ndjson'), 3_600);
  const packed = await record(join(folder, 'hour.ndjson.gz'), 3_600);
  const whole = gzipSync(fs.readFileSync(join(folder, 'hour.ndjson'))).length;
  return { plain, packed, whole };
};

/** In a process of its own, so that its memory is its own. */
const inChild = (what, path) => {
  const out = execFileSync(process.execPath, [here('./moments.mjs'), what, path], { encoding: 'utf8' });
  return JSON.parse(out);
};

const fuzzed = () =>
  JSON.parse(
    execFileSync(process.execPath, [join(root, 'scripts', 'fuzz.mjs'), 'lines', String(fuzzedLines), '1'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );

const damageRow = (name, { bytes, trials, reported, mostBlocks, mostLost, wrong }) => [
  name,
  mb(bytes),
  count(trials),
  count(reported),
  count(mostBlocks),
  count(mostLost),
  count(wrong.length),
];

const count = (value) => value.toLocaleString('en');

const atopRow = ({ skipped, version, others, bytes }, plainBytes) =>
  skipped === undefined
    ? [
        `\`atop -w\` ${version}, packed, on this host with 200 active processes and ${others} others, from a minute's growth`,
        mb(bytes),
        `${((100 * bytes) / plainBytes).toFixed(1)} %`,
      ]
    : ['`atop -w`', `not measured: ${skipped}`, ''];

const killed = async (rounds) => {
  const lost = [];
  for (let round = 0; round < rounds; round += 1) {
    const path = join(folder, `killed-${round}.ndjson${round % 2 === 0 ? '' : '.gz'}`);
    const child = fork(here('./paced.mjs'), [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let handed = 0;
    child.on('message', (count) => {
      handed = count;
    });
    await new Promise((resolve) => child.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, 400 + ((round * 37) % 500)));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const recording = openRecording(path);
    lost.push(handed - recording.samples());
    recording.close();
    fs.rmSync(path);
  }
  return lost;
};

try {
  console.error('bench: an hour');
  const { plain, packed, whole } = await sizes();
  console.error('bench: kill -9');
  const lost = await killed(50);
  console.error('bench: power cuts');
  const cuts = process.getuid?.() === 0 ? await powerCuts(5) : [];
  console.error('bench: atop');
  const atop = await atopHour(folder);
  console.error('bench: damage');
  const damage = damageTrials(join(folder, 'hour.ndjson'), 2_000);
  const packedDamage = damageTrials(join(folder, 'hour.ndjson.gz'), 500);
  console.error(`bench: ${gigabytes} GB`);
  const long = join(folder, 'long.ndjson');
  const { samples, bytes } = await record(long, 1e9, gigabytes * 1e9);
  const moments = inChild('moments', long);
  const reading = inChild('whole', long);
  const speed = inChild('speed', join(folder, 'hour.ndjson'));
  console.error(`bench: ${fuzzedLines} damaged lines`);
  const fuzz = fuzzed();
  const lines = [
    '# Measurements of recordings',
    '',
    `Written by \`npm run bench:recording\` on ${new Date().toISOString().slice(0, 10)}: Linux ${os.release()} ${os.arch()}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, Node ${process.versions.node}, load average ${os.loadavg()[0].toFixed(1)}. The session is synthetic: 200 processes that each move about ten metrics a second, the host's own metrics of a real recording, a process born and one ended every ten seconds.`,
    '',
    '## An hour at 1 s',
    '',
    table(
      ['', 'bytes an hour', 'of plain'],
      [
        ['`out.ndjson`', mb(plain.bytes), '100 %'],
        [
          '`out.ndjson.gz`, readable at any moment',
          mb(packed.bytes),
          `${((100 * packed.bytes) / plain.bytes).toFixed(1)} %`,
        ],
        [
          'the same, packed in one piece afterwards',
          mb(whole),
          `${((100 * whole) / plain.bytes).toFixed(1)} %`,
        ],
        [
          'the counters as `bpftrace -f json` prints them, keyed by PID and name, without host and processes',
          mb(plain.naiveBytes),
          `${((100 * plain.naiveBytes) / plain.bytes).toFixed(1)} %`,
        ],
        atopRow(atop, plain.bytes),
      ],
    ),
    '',
    `## ${mb(bytes)}, ${samples.toLocaleString('en')} samples`,
    '',
    table(
      ['', 'time', 'resident memory after it'],
      [
        ['open, to the first snapshot', ms(moments.openMs), mb(moments.openRss)],
        [`jump to an arbitrary moment, median of ${moments.jumps}`, ms(moments.jumpMs), mb(moments.jumpRss)],
        ['the slowest of them', ms(moments.slowestJumpMs), ''],
        ['step back, median of the three before a jump, which are kept', ms(moments.backMs), ''],
        ['step back forty times, median of a step', ms(moments.walkMs), mb(moments.backRss)],
        [
          `those of them that had to be folded (${(100 * moments.foldedShare).toFixed(0)} %), median`,
          ms(moments.foldedMs),
          '',
        ],
        ['the slowest of them', ms(moments.slowestWalkMs), ''],
        [
          'reading all of it with JSON.parse, for comparison',
          `${(reading.wholeMs / 1000).toFixed(1)} s`,
          mb(reading.wholeRss),
        ],
      ],
    ),
    '',
    '## Replay at full speed',
    '',
    table(
      ['', 'MB a second', 'samples a second', 'of JSON.parse'],
      [
        ['JSON.parse over the same lines', speed.parseMbs.toFixed(1), speed.parseSamples.toFixed(0), '100 %'],
        [
          'reading: checksum, parse, schema',
          speed.readMbs.toFixed(1),
          speed.readSamples.toFixed(0),
          `${((100 * speed.readMbs) / speed.parseMbs).toFixed(0)} %`,
        ],
        [
          'and folding, without insight',
          speed.foldMbs.toFixed(1),
          speed.foldSamples.toFixed(0),
          `${((100 * speed.foldMbs) / speed.parseMbs).toFixed(0)} %`,
        ],
        [
          'and folding, with insight',
          speed.watchMbs.toFixed(1),
          speed.watchSamples.toFixed(0),
          `${((100 * speed.watchMbs) / speed.parseMbs).toFixed(0)} %`,
        ],
      ],
    ),
    '',
    '## One damaged byte',
    '',
    table(
      [
        '',
        'size',
        'bytes changed, one at a time',
        'reported',
        'blocks lost, at most',
        'samples lost, at most',
        'wrong',
      ],
      [damageRow('`hour.ndjson`', damage), damageRow('`hour.ndjson.gz`', packedDamage)],
    ),
    '',
    'Bytes anywhere, and every byte of the first and last 260 of four blocks: header, state, samples, seals, trailer. Each time the recording is opened anew, and what is around the place is held against what was recorded. Where nothing is reported, nothing was lost. Wrong is a sample that says something else, one that is missing without a word, or a reader that fails. What is not reported is damage to something that has a copy or says nothing.',
    '',
    '## Damaged lines',
    '',
    `${count(fuzz.lines)} lines of real recordings, changed in a field or in bytes, were read, folded into running sessions and drawn, in ${count(fuzz.seconds)} s: ${count(fuzz.failed)} made a reader fail, hang, or put a control character on the screen; the slowest took ${fuzz.slowestMs} ms. \`npm run fuzz\` damages whole files.`,
    '',
    '## kill -9',
    '',
    `A recorder that was handed a sample every 20 ms was killed ${lost.length} times at different moments, plain and packed in turns. Samples handed over and not in the file: at most ${Math.max(...lost)}, in sum ${lost.reduce((sum, one) => sum + Math.max(0, one), 0)}.`,
    '',
    '## Power cut',
    '',
    cuts.length === 0
      ? 'Not measured: it needs root and xfsprogs.'
      : `${cuts.length} recorders, ten at a time on an XFS that was shut down without flushing anything, as when the power goes; plain and packed in turns. Lost: at most ${Math.max(...cuts).toFixed(2)} s, in the median ${cuts.sort((a, b) => a - b)[cuts.length >> 1].toFixed(2)} s; every recording opens. What is promised: ${'`SYNC_MS`'}, 5 s, and what the disk and an interval take.`,
    '',
  ];
  console.log(lines.join('\n'));
  fs.writeFileSync(join(root, 'docs', 'bench-recording.md'), lines.join('\n'));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
