/** What happens to the tracer from outside: it is killed while it counts, or was left behind by a tool that died. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, runTool, startTool, summaryOf, tracersGone, tracersOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const { seekHoles } = WORKLOADS;
/** FILE: made and removed 100 times a second at most, and never more to make up for a pause. */
const CHURN =
  'while (1) { open(my $f, ">", $ARGV[0]) or die; close($f); unlink($ARGV[0]); select(undef, undef, undef, 0.01) }';

type Interval = {
  readonly counted: boolean;
  readonly elapsedMs: number;
  readonly pids: readonly { readonly delta: Readonly<Record<string, number>> }[];
};

describeWith([...TRACING, 'perl'], 'trouble with the tracer', () => {
  let dir: string;
  let target: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-trouble-'));
    target = join(dir, 'target');
    writeFileSync(target, 'x'.repeat(4096));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('starts a tracer that was killed again, and shows the gap', async () => {
    const file = join(dir, 'gap.ndjson');
    // No tracer begins while this is there.
    const gate = join(dir, 'gate');
    const gated = join(dir, 'bpftrace');
    const script = `#!/bin/sh\nwhile [ -e ${gate} ]; do sleep 0.1; done\nexec bpftrace "$@"\n`;
    writeFileSync(gated, script, { mode: 0o755 });
    const tool = startTool(['record', '--force', '--probe', 'iomap', '-i', '100ms', '-o', file], {
      env: { STALLSCOPE_BPFTRACE: gated },
    });
    // One process through it all: its counts of both epochs belong to one row.
    const worker = execa(
      'sh',
      ['-c', 'while read count; do perl "$1" "$2" $count; echo done; done; :', 'sh', seekHoles, target],
      { buffer: false, stdin: 'pipe' },
    );
    const work = (count: number): Promise<void> =>
      new Promise((resolve) => {
        worker.stdout.once('data', () => resolve());
        worker.stdin.write(`${count}\n`);
      });
    await tool.says(READY);
    await work(20);
    await sampled(file, (text) => text.includes('"iomap.seek_hole":[['));
    writeFileSync(gate, '');
    for (const pid of tracersOf(tool.pid)) process.kill(pid, 'SIGKILL');
    await sampled(file, (text) => text.includes('"state":"detached"'));
    await work(1000);
    rmSync(gate);
    await sampled(file, (text) => text.includes('"type":"gap"'));
    await work(3);
    worker.stdin.end();
    await worker;
    tool.kill('SIGINT');
    const end = await tool.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toContain('bpftrace ended: killed by SIGKILL');
    expect(end.stderr).toMatch(/stallscope: gap of \d+\.\d s: bpftrace ended/);

    const summary = await summaryOf(file);
    expect(summary.losses.gaps).toHaveLength(1);
    const [gap] = summary.losses.gaps;
    expect(gap?.reason).toContain('killed by SIGKILL');
    expect((gap?.toBootUs ?? 0) - (gap?.fromBootUs ?? 0)).toBeGreaterThan(500_000);
    expect(summary.coverage['iomap.seek_hole']?.coverage).toBe('lower-bound');
    expect(summary.totals['iomap.seek_hole'], 'before and after the gap, not in it').toBe(23);
    expect(summary.recording.complete).toBe(true);
  });

  it('says that nothing was read while the tracer was held up, and invents no rate afterwards', async () => {
    const file = join(dir, 'held-up.ndjson');
    const worker = execa('perl', ['-e', CHURN, join(dir, 'churned')], { reject: false });
    const tool = startTool([
      'record',
      '--force',
      '--probe',
      'inode',
      '-i',
      '500ms',
      '-p',
      String(worker.pid),
      '-o',
      file,
    ]);
    await tool.says(READY);
    await sampled(file, (text) => text.includes('"inode.create":[['));
    const [tracer] = tracersOf(tool.pid);
    process.kill(tracer ?? 0, 'SIGSTOP');
    await sampled(file, (text) => text.split('"counted":false').length > 3);
    process.kill(tracer ?? 0, 'SIGCONT');
    const samplesBefore = readFileSync(file, 'utf8').split('"type":"sample"').length;
    await sampled(file, (text) => text.split('"type":"sample"').length > samplesBefore + 3);
    worker.kill();
    tool.kill('SIGINT');
    await Promise.all([tool.ended, worker]);

    const replay = await runTool(['replay', file, '--json']);
    const intervals = replay.stdout
      .split('\n')
      .filter((line) => line.includes('"type":"interval"'))
      .map((line) => JSON.parse(line) as Interval);
    expect(intervals.filter(({ counted }) => !counted).length).toBeGreaterThanOrEqual(3);
    let readAtMs = 0;
    let created = 0;
    for (const { counted, elapsedMs, pids } of intervals) {
      if (!counted) expect(pids).toEqual([]);
      const creates = pids[0]?.delta['inode.create'] ?? 0;
      created += creates;
      // The pace is 100 a second at most; a late reading may report a few more than its time holds.
      expect(creates).toBeLessThanOrEqual((elapsedMs - readAtMs) * 0.1 + 20);
      if (counted) readAtMs = elapsedMs;
    }
    const summary = await summaryOf(file);
    expect(created).toBe(summary.totals['inode.create']);
    expect(summary.coverage['inode.create']?.coverage).toBe('exact');
  });

  it('ends what an earlier tool left behind, and only that', async () => {
    const dead = execa('true');
    await dead;
    const orphan = realTracer({ STALLSCOPE_OWNER: `${dead.pid}:12345` });
    const living = realTracer({ STALLSCOPE_OWNER: `${process.pid}:${startMsOf(process.pid)}` });
    const foreign = realTracer({});
    try {
      await Promise.all([orphan, living, foreign].map(attached));
      const end = await runTool([
        'record',
        '--force',
        '--probe',
        'iomap',
        '-d',
        '300ms',
        '-o',
        join(dir, 'orphans.ndjson'),
      ]);
      expect(end.code).toBe(0);
      expect(end.stderr).toContain(`ending 1 bpftrace left by an earlier stallscope (PID ${orphan.pid})`);
      await tracersGone(dead.pid ?? 0);
      expect([living.exitCode, foreign.exitCode]).toEqual([null, null]);
    } finally {
      for (const tracer of [orphan, living, foreign]) tracer.kill('SIGKILL');
      await Promise.all([orphan, living, foreign]);
    }
  });
});

const realTracer = (env: Readonly<Record<string, string>>) =>
  execa('bpftrace', ['-e', 'BEGIN { printf("here\\n"); } interval:s:1 { printf("beat\\n"); }'], {
    env,
    stdin: 'ignore',
    reject: false,
  });

const attached = (tracer: ReturnType<typeof realTracer>): Promise<void> =>
  new Promise((resolve) => tracer.stdout.once('data', () => resolve()));

const startMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[19]) * 10;
};

/** Until what is recorded so far satisfies. */
const sampled = async (file: string, holds: (text: string) => boolean): Promise<void> => {
  const deadline = performance.now() + 60_000;
  while (!holds(readFileSync(file, 'utf8').slice(readFileSync(file, 'utf8').indexOf('\n') + 1))) {
    if (performance.now() > deadline)
      throw new Error(`not recorded:\n${readFileSync(file, 'utf8').slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
