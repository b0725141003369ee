/** A recording that carries hostile names, and all of them at once in every text that it has. */
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { headerOf, metricOf, START_US, sampleOf } from './stream.ts';

const EVIL = [
  '</script><img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '<b>bold</b>',
  '<!--',
  ']]>',
  '</style><style>*{display:none}',
  '&lt;img src=x&gt;',
  '\u202egnp.exe',
  '\u2066a\u2069',
  'a\u200bb',
  'line\nline',
  'tab\tand\rreturn',
  '\u001b]0;title\u0007',
  '\u2028\u2029',
  '=cmd|calc!A0',
  '+1+1',
  '-2',
  '@SUM(A1)',
  '__proto__',
  'constructor',
  'toString',
  '$(reboot)',
  '`id`',
  "';DROP TABLE--",
  '{{7*7}}',
  '#{7*7}',
  'javascript:alert(1)',
  '\ufeffbom',
  '\ud800',
] as const;

const EVERYTHING = EVIL.join(' ');
/** Where a recording bounds what is written. */
const SHORT = '</script><img src=x onerror=alert(1)>"\u202e\u2028';

const header = (): HeaderRecord => ({
  ...headerOf(),
  host: { ...headerOf().host, hostname: SHORT, kernel: SHORT, filesystems: [SHORT] },
  bpftrace: SHORT,
  selection: { pids: [], comm: null, command: [EVERYTHING] },
  probes: [{ id: 'iomap', variant: SHORT, state: 'attached', reason: EVERYTHING }],
  metrics: [...headerOf().metrics, metricOf('iomap.evil', { label: SHORT, help: EVERYTHING, lane: true })],
});

/** As NDJSON. */
export const hostileSession = (): string => {
  const processes: StreamRecord[] = HOSTILE_NAMES.map((comm, index) => ({
    type: 'process',
    bootUs: START_US,
    pid: 100 + index,
    startMs: index,
    comm,
    cmdline: comm,
    cgroup: `/${comm}`,
  }));
  const samples = Array.from({ length: 40 }, (_, seq) =>
    sampleOf(seq, {
      'iomap.iter': HOSTILE_NAMES.map((_, index) => [100 + index, seq * (index + 1)]),
      'iomap.evil': [[100, seq * seq]],
    }),
  );
  const ends: StreamRecord[] = [
    { type: 'mark', bootUs: START_US + 30_500_000, text: EVERYTHING },
    { type: 'gap', bootUs: START_US + 39_500_000, fromBootUs: START_US + 39_000_000, reason: EVERYTHING },
    { type: 'loss', bootUs: START_US + 39_600_000, kind: 'rejected-line', count: 1, detail: EVERYTHING },
    { type: 'trailer', bootUs: START_US + 40_000_000, reason: EVERYTHING, samples: 40, records: 244 },
  ];
  return [header(), ...processes, ...samples, ...ends].map((one) => `${JSON.stringify(one)}\n`).join('');
};
