/** What doctor and the list of probes say of the variants: the one that runs here, and the reason against each other. */
import { expect, it } from 'vitest';
import { type DoctorReport, doctorLines, doctorObject } from '../../src/report/doctor.ts';
import { type ProbeSheet, probeLines, probeListLines } from '../../src/report/probes.ts';

const REJECTED = [
  { variant: 'fentry', reason: 'needs fentry; this kernel has no BTF' },
  { variant: 'api', reason: 'only when asked for: --variant snake=api' },
];
const report: DoctorReport = {
  state: 'degraded',
  checks: [{ id: 'platform', title: 'Operating system', state: 'ok', fact: 'Linux 6.18' }],
  probes: [
    { id: 'snake', state: 'degraded', variant: 'kprobe', why: 'not fentry: …', rejected: REJECTED },
    { id: 'alone', state: 'ready', variant: 'tracepoint', why: '', rejected: [] },
    {
      id: 'none',
      state: 'blocked',
      variant: null,
      why: 'not x: absent',
      rejected: [{ variant: 'x', reason: 'absent' }],
    },
  ],
  next: null,
};

it('doctor has a line for every variant that does not run', () => {
  const lines = doctorLines(report).map((line) => line.trim());
  const at = lines.findIndex((line) => /^degraded\s+snake\s+variant kprobe$/.test(line));
  expect(lines.slice(at + 1, at + 3)).toEqual([
    'not fentry: needs fentry; this kernel has no BTF',
    'not api: only when asked for: --variant snake=api',
  ]);
  expect(lines).toContainEqual(expect.stringMatching(/^ready\s+alone\s+variant tracepoint$/));
  expect(lines).toContainEqual(expect.stringMatching(/^blocked\s+none\s+no variant can run$/));
  expect(lines).toContain('not x: absent');
  expect(doctorObject(report)).toMatchObject({ probes: [{ id: 'snake', rejected: REJECTED }, {}, {}] });
});

const sheet: ProbeSheet = {
  manifest: {
    id: 'snake',
    title: 'Snakes',
    question: 'Who hisses?',
    metrics: [{ name: 'hisses', unit: 'count', help: 'Hisses' }],
    variants: [
      { id: 'fentry', title: 'f', needs: 'BTF' },
      { id: 'kprobe', title: 'k', needs: 'kprobes' },
      { id: 'api', title: 'a', needs: 'patience' },
    ],
    overhead: 'none',
    caveats: [],
  },
  variant: { id: 'kprobe', counts: { hisses: 'Calls of hiss' } },
  files: ['/usr/bin/snake'],
  rejected: REJECTED,
};

it('what other metrics are made of is no metric to whoever reads of a probe', () => {
  const inner = { name: 'breaths', unit: 'count', help: 'Breaths', internal: true } as const;
  const [metric] = sheet.manifest.metrics;
  const deep = { ...sheet, manifest: { ...sheet.manifest, metrics: metric ? [metric, inner] : [] } };
  expect(probeListLines([deep])).toEqual(probeListLines([sheet]));
  expect(probeLines(deep, null)).toEqual(probeLines(sheet, null));
});

it('the list of probes says the same, and a sheet what it attaches to', () => {
  expect(probeListLines([sheet]).map((line) => line.trim())).toEqual(
    expect.arrayContaining([
      'here: variant kprobe',
      ...REJECTED.map(({ variant, reason }) => `not ${variant}: ${reason}`),
    ]),
  );
  const text = probeLines(sheet, { variant: 'kprobe', script: 'kprobe:hiss\n' }).join('\n');
  expect(text).toContain('snake.hisses (count): Calls of hiss');
  expect(text).toContain('kprobe: k. Needs: kprobes. used here.');
  expect(text).toContain('not used here: only when asked for: --variant snake=api.');
  expect(text).toContain('Attaches to: /usr/bin/snake');
  expect(text).toContain('The script of kprobe, used here:\n\nkprobe:hiss');
});

it('a script of another variant is not passed off as the one that runs', () => {
  const text = probeLines(sheet, { variant: 'fentry', script: 'fentry:hiss\n' }).join('\n');
  expect(text).toContain('The script of fentry, not used here:');
  expect(probeLines({ ...sheet, variant: null }, null).join('\n')).not.toContain('The script');
});
