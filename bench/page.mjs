// docs/bench.md, from the figures that were kept; what stands below its last heading is written by hand and stays.
import { GOAL_HEAD, goalRows } from './goals.mjs';

export const BY_HAND = '<!-- below: written by hand -->';

const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
const percent = (value) => `${value.toFixed(1)} %`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const number = (value) => value.toLocaleString('en');
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)];

/** Lines of the page. */
export const pageOf = (kept, before) => [
  '# Measurements',
  '',
  'Written by `npm run bench`, or by `npm run bench -- PART…` for some of its parts; what is not measured anew stays from its last run. They are facts of one machine; run it on yours.',
  '',
  ...table(
    ['part', 'measured', 'on'],
    Object.entries(kept).map(([part, { date, machine }]) => [part, date, machine]),
  ),
  '',
  '## Goals',
  '',
  ...table(GOAL_HEAD, goalRows(kept, before)),
  ...SECTIONS.flatMap(({ part, lines }) =>
    kept[part] === undefined ? [] : ['', ...lines(kept[part].figures)],
  ),
  '',
];

const startup = (figures) => [
  '## From the command to the first sample',
  '',
  `Medians of ${figures.rounds} rounds. "bpftrace alone" is the same script, from its start until its last probe is attached.`,
  '',
  ...table(
    ['', 'time', "bpftrace's share"],
    [
      ...(figures.paintMs === undefined
        ? []
        : [['`live`: first painted sample, of the machine and its processes', seconds(figures.paintMs), '']]),
      ['`live`: the probes count', seconds(figures.countMs), shareOf(figures, figures.countMs)],
      ['`record`: recording', seconds(figures.recordMs), shareOf(figures, figures.recordMs)],
      ['bpftrace alone', seconds(figures.bpftraceMs), ''],
    ],
  ),
];

const shareOf = ({ bpftraceMs }, ofMs) => percent((100 * bpftraceMs) / ofMs);

const running = (figures) => {
  const { own, tracer } = figures;
  const together = {
    cpuPercent: own.cpuPercent + tracer.cpuPercent,
    rssBytes: own.rssBytes + tracer.rssBytes,
  };
  const against = (cost) => [
    percent(cost.cpuPercent),
    mib(cost.rssBytes),
    `${(together.cpuPercent / cost.cpuPercent).toFixed(2)} ×`,
    `${(together.rssBytes / cost.rssBytes).toFixed(2)} ×`,
  ];
  return [
    `## Watching ${figures.processes} active processes`,
    '',
    `Full screen, 160 × 50, a sample a second, over ${figures.seconds} s. CPU in percent of one core; memory is resident, shared pages included. The ratios say how many times as much stallscope and its tracer take together.`,
    '',
    ...table(
      ['', 'CPU', 'memory', 'CPU ratio', 'memory ratio'],
      [
        ['stallscope itself', percent(own.cpuPercent), mib(own.rssBytes), '', ''],
        ['its tracer', percent(tracer.cpuPercent), mib(tracer.rssBytes), '', ''],
        ['both', ...against(together)],
        ...figures.peers.map(({ name, cost }) =>
          cost === null
            ? [name, 'not installed', '', '', '']
            : [`${name}, same terminal and interval`, ...against(cost)],
        ),
        ['bpftrace alone, same script, into /dev/null', ...against(figures.bpftrace)],
        ['Node.js painting this screen, and nothing else', ...against(figures.floor)],
      ],
    ),
    '',
    ...parsing(figures),
  ];
};

const parsing = ({ parsing: read, streamBytes, seconds: over }) => {
  const perSecond = streamBytes / (over + 5);
  return [
    '## Reading the stream',
    '',
    `What bpftrace prints under that load, ${(perSecond / 1024).toFixed(0)} KiB a second in lines of ${read.bytesPerLine.toFixed(0)} bytes on average, read as fast as it goes.`,
    '',
    ...table(
      ['', 'MB a second', 'times what bpftrace prints'],
      Object.entries(read.megabytesPerSecond).map(([name, rate]) => [
        name,
        rate.toFixed(0),
        `${Math.round((rate * 1e6) / perSecond)} ×`,
      ]),
    ),
  ];
};

const keys = (figures) => [
  '## From a key to its frame',
  '',
  '10,000 processes listed, 500 of them active, 200 × 50, a sample between any two keys. Back in time: steps of one sample, beyond what is kept of snapshots a block of the memory is revived.',
  '',
  ...table(
    ['key', 'median', '95th of 100'],
    Object.entries(figures).map(([name, { medianMs, p95Ms }]) => [
      name,
      `${medianMs.toFixed(0)} ms`,
      `${p95Ms.toFixed(0)} ms`,
    ]),
  ),
];

const scale = (axes) => [
  '## What grows, and how',
  '',
  'A synthetic session, folded with insight and a snapshot of every sample, each size in a process of its own. The exponent is that of the line through the logarithms: 1 is twice as much for twice as much. CPU is of one sample, of a recording that of all of it; memory is resident. ≈ is extrapolated with the exponent, for CPU with 1 at least: what is measured begins cold.',
  '',
  ...table(
    ['', 'measured', 'exponent of CPU', 'exponent of memory', 'asked: CPU, memory'],
    axes.map(({ what, points, exponents, asked }) => [
      what,
      points
        .map(({ size, cpuMs, rssBytes }) => `${number(size)}: ${cpuMs.toFixed(1)} ms, ${mib(rssBytes)}`)
        .join('; '),
      exponents.cpu.toFixed(2),
      exponents.memory.toFixed(2),
      asked
        .map(
          ({ size, measured, cpuMs, rssBytes }) =>
            `${number(size)}: ${measured ? '' : '≈ '}${cpuMs.toFixed(0)} ms, ${mib(rssBytes)}`,
        )
        .join('; '),
    ]),
  ),
];

const SECTIONS = [
  { part: 'startup', lines: startup },
  { part: 'running', lines: running },
  { part: 'keys', lines: keys },
  { part: 'scale', lines: scale },
];
