// The budget as it comes, on an emulated processor: a storm of files made and removed is dropped by the estimate alone,
// every sample says that it is one, and the statistics of BPF programs, which patch the kernel's code when they are
// switched, are never on.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RECORDING, recordWhile } from './session.mjs';
import { run } from './work.mjs';

const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';
const SECONDS = 30;
const CHURN = `my $end = time + ${SECONDS};
while (time < $end) { for (1 .. 100) { open(F, '>', '/var/tmp/churned'); close F; unlink '/var/tmp/churned'; } }`;

/** Rows of the matrix, of one recording. */
export const tryBudget = async (bpftrace) => {
  const statistics = watchStatistics();
  try {
    await recordWhile(bpftrace, ['--budget', '2%'], () => run('perl', '-e', CHURN));
  } finally {
    statistics.stop();
  }
  const [header, ...records] = readFileSync(RECORDING, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const samples = records.filter(({ type }) => type === 'sample');
  const basis = new Set([header.costBasis, ...samples.map(({ self }) => self.probeMsBy)]);
  const step = records.find(({ type, id }) => type === 'probe' && id === 'inode');
  return [
    row('statistics', 'never on', statistics.seen() ? 'on' : 'never on'),
    row('cost', 'estimated', [...basis].join(', ')),
    row('storm', 'dropped', step === undefined ? 'never dropped' : 'dropped', step?.reason),
  ];
};

const row = (metric, expected, counted, note) => ({
  probe: 'budget',
  variant: '-',
  metric,
  expected,
  counted,
  verdict: counted === expected ? 'passed' : 'failed',
  ...(note === undefined ? {} : { note }),
});

const watchStatistics = () => {
  let seen = false;
  let watching = true;
  const watch = async () => {
    while (watching) {
      seen ||= readFileSync(STATISTICS, 'utf8').trim() !== '0';
      await delay(20);
    }
  };
  void watch();
  return {
    seen: () => seen,
    stop: () => {
      watching = false;
    },
  };
};
