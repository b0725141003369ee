// Independent counts of the same events, by the kernel itself or by perf. A witness runs twice: the outer one begins
// before the recording and ends after it, the inner one lies within it. What the tool counted must not be less than
// the inner, nor more than the outer; where nothing happened in between, the two are one number.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** `fields` sums the lines of /proc/vmstat that a pattern matches: { name: /^allocstall_/ }. */
export const vmstatWitness = (fields) => {
  const read = () => {
    const lines = readFileSync('/proc/vmstat', 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    return mapValues(fields, (pattern) =>
      lines.reduce((sum, [name, value]) => (pattern.test(name) ? sum + Number(value) : sum), 0),
    );
  };
  const before = read();
  return { stop: async () => mapValues(read(), (value, name) => value - before[name]) };
};

/** `events`: { name: { event: 'kmem:mm_page_alloc', filter: 'pfn == …' } }, on all CPUs, by perf stat. */
export const perfWitness = async (events, output) => {
  const names = Object.keys(events);
  const chosen = names.flatMap((name) => {
    const { event, filter } = events[name];
    return ['-e', event, ...(filter === undefined ? [] : ['--filter', filter])];
  });
  const perf = spawn(
    'perf',
    ['stat', '-a', '-x', ';', '-o', output, ...chosen, '--', 'sh', '-c', 'echo counting; exec sleep 3600'],
    // perf waits for its command: a signal must reach both.
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const closed = once(perf, 'close');
  let problem = '';
  perf.stderr.on('data', (text) => {
    problem += text;
  });
  await Promise.race([once(perf.stdout, 'data'), closed]);
  if (perf.exitCode !== null) throw new Error(`perf stat: ${problem.trim()}`);
  return {
    stop: async () => {
      process.kill(-perf.pid, 'SIGINT');
      await closed;
      const counts = readFileSync(output, 'utf8')
        .split('\n')
        .filter((line) => /^\d+;/.test(line))
        .map((line) => Number(line.split(';')[0]));
      return Object.fromEntries(names.map((name, index) => [name, counts[index]]));
    },
  };
};

const mapValues = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
