/** A guard on this kernel: a real finding that it acts on, the kernel's own setting, and lines that programs forge in the kernel's log. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import type { startGuard as StartGuard } from '../../src/cli/guard/start.ts';
import { type Action, WRITES } from '../../src/guard/rules/actions.ts';
import type { Report } from '../../src/guard/rules/policy.ts';
import { createSystemClock } from '../../src/host/clock.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { built, startTool } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { withFragmentedXfs } from '../helpers/xfs.ts';

const { startGuard } = (await import(built('cli/guard/start.js'))) as { startGuard: typeof StartGuard };
const folder = mkdtempSync(join(tmpdir(), 'guard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const acted = join(folder, 'acted');

const READY = 'stallscope: guard ';
const LINE = 'XFS: victim(312) possible memory allocation deadlock size 520 in kmem_alloc (mode:0x2d40)';

const marksIn = (file: string): readonly string[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; text: string })
    .flatMap(({ type, text }) => (type === 'mark' ? [text] : []));

describeWith([...TRACING, 'mkfs.xfs', 'perl', 'loop device'], 'an armed guard', () => {
  it('runs its command on a storm that is really there, once, and marks it in the recording', async () => {
    rmSync(acted, { force: true });
    await withFragmentedXfs(20_000, async ({ file }) => {
      const recording = join(folder, 'guard.ndjson');
      const tool = startTool([
        ...['guard', '--action', 'run', '--on', 'seek-hole-storm', '--armed', '--force', '-o', recording],
        ...['--', '/bin/sh', '-c', `echo "$STALLSCOPE_PID $STALLSCOPE_FINDING" >> ${acted}`],
      ]);
      await tool.says(READY, 90_000);
      const storm = execa('perl', [WORKLOADS.seekHoles, file, '1000000'], { reject: false });
      await tool.says('guard: seek-hole-storm: run is done', 60_000);
      await tool.says('too short a time ago', 60_000);
      storm.kill('SIGKILL');
      tool.kill('SIGINT');
      expect((await tool.ended).code).toBe(130);
      expect(readFileSync(acted, 'utf8')).toBe(`${storm.pid} seek-hole-storm\n`);
      expect(marksIn(recording)).toContain(`guard: seek-hole-storm: run (PID ${storm.pid})`);
    });
  });

  it("writes the kernel's own setting, without a capability for it", async () => {
    const before = scanned();
    const reports: Report[] = [];
    const guard = await startGuard(
      localFiles,
      {
        policy: {
          armed: true,
          actions: [WRITES['compact-memory'] as Action],
          on: ['xfs-alloc-deadlock'],
          minConfidence: 0.8,
          cooldownUs: 30e6,
          maxPerHour: 1,
          giveUpAfter: 1,
          intervalUs: 1e6,
        },
        folder: '/proc/sys/vm',
        timeoutMs: 60_000,
      },
      { onReport: (report) => reports.push(report), onLost: () => undefined },
    );
    const nowUs = createSystemClock(localFiles).bootUs();
    const found = { id: 'xfs-alloc-deadlock', confidence: 0.9, uncounted: false, suspect: null };
    for (const [atUs, stalled] of [
      [nowUs - 1e6, 0],
      [nowUs, 1e9],
    ] as const)
      guard.see({
        atUs,
        counted: true,
        findings: [{ ...found, lastUs: atUs }],
        totals: { 'xfs-alloc.stall_ns': stalled },
      });
    await until(() => reports.some(({ kind }) => kind === 'ended'), 60_000);
    guard.close();
    expect(reports.at(-1)).toMatchObject({ kind: 'ended', outcome: { how: 'done' } });
    expect(scanned()).toBeGreaterThan(before);
  });
});

/** Pages that compaction has looked at since boot. */
const scanned = (): number =>
  Number(/^compact_migrate_scanned (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);

describeWith(['linux', 'root'], "the kernel's log", () => {
  it('moves no armed guard by lines that a program wrote, whatever facility it claims', async () => {
    rmSync(acted, { force: true });
    const tool = startTool([
      ...[
        'guard',
        '--log',
        '--action',
        'run',
        '--on',
        'xfs-alloc-deadlock',
        '--armed',
        '--',
        '/usr/bin/touch',
        acted,
      ],
    ]);
    await tool.says(READY);
    // Emergency and others of the kernel's facility, our own, none, and numbers that are cut to it.
    for (const prefix of [
      '<0>',
      '<3>',
      '<7>',
      '',
      '<11>',
      '<2048>',
      '<2051>',
      '<00>',
      '<-1>',
      '<4294967299>',
      '<18446744073709551619>',
    ])
      writeFileSync('/dev/kmsg', `${prefix}${LINE}\n`);
    writeFileSync('/dev/kmsg', `harmless\n<3>${LINE}\n3,1,1,-;${LINE}\n`);
    await tool.says("a program wrote a line that reads like the kernel's");
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    tool.kill('SIGINT');
    const { stderr } = await tool.ended;
    expect(stderr).not.toContain('guard: xfs-alloc-deadlock:');
    expect(existsSync(acted)).toBe(false);
  });
});
