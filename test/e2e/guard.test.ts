/** The process of a guard as it is built: what it may, what it does, and that it ends with whoever it belongs to. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { GuardProcess, startGuard as StartGuard } from '../../src/cli/guard/start.ts';
import { type Action, WRITES } from '../../src/guard/rules/actions.ts';
import type { Policy, Report } from '../../src/guard/rules/policy.ts';
import { createSystemClock } from '../../src/host/clock.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { describeWith } from '../helpers/requires.ts';
import { built, LAUNCHER, startTool } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const { startGuard } = (await import(built('cli/guard/start.js'))) as { startGuard: typeof StartGuard };

const folder = mkdtempSync(join(tmpdir(), 'guard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (name: string): string => join(folder, name);
const slab = WRITES['drop-slab'] as Action;

const POLICY: Policy = {
  armed: true,
  actions: [slab],
  on: ['xfs-alloc-deadlock'],
  minConfidence: 0.8,
  cooldownUs: 30e6,
  maxPerHour: 6,
  giveUpAfter: 3,
  intervalUs: 1e6,
};

const clock = createSystemClock(localFiles);
const started: GuardProcess[] = [];
afterEach(() => {
  for (const guard of started.splice(0)) guard.close();
});

const start = async (policy: Partial<Policy> = {}) => {
  const reports: Report[] = [];
  const guard = await startGuard(
    localFiles,
    { policy: { ...POLICY, ...policy }, folder, timeoutMs: 5_000 },
    { onReport: (report) => reports.push(report), onLost: () => undefined },
  );
  started.push(guard);
  return { guard, reports };
};

/** Eight seconds of a storm, which end now. */
const storm = ({ see }: GuardProcess, confidence = 0.9): void => {
  const nowUs = clock.bootUs();
  for (let second = 8; second >= 0; second -= 1) {
    const atUs = nowUs - second * 1e6;
    see({
      atUs,
      counted: true,
      findings: [
        {
          id: 'xfs-alloc-deadlock',
          confidence: second === 0 ? confidence : 0.1,
          lastUs: atUs,
          uncounted: false,
          suspect: null,
        },
      ],
      totals: { 'xfs-alloc.stall_ns': (10 - second) * 1e9 },
    });
  }
};

const effectiveOf = (pid: number): string | undefined =>
  /^CapEff:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

describeWith(['linux', 'root'], 'the process of a guard', () => {
  it('acts once when it is armed, into the file that it was given, and says so', async () => {
    writeFileSync(fileOf('drop_caches'), '');
    const { guard, reports } = await start();
    storm(guard);
    await until(() => reports.some(({ kind }) => kind === 'ended'));
    storm(guard);
    await until(() => reports.some((report) => report.kind === 'holds' && report.reason === 'cooldown'));
    expect(readFileSync(fileOf('drop_caches'), 'utf8')).toBe('2\n');
    expect(reports.filter(({ kind }) => kind === 'acts')).toHaveLength(1);
    rmSync(fileOf('drop_caches'));
  });

  it('changes nothing in a dry run', async () => {
    writeFileSync(fileOf('drop_caches'), '');
    const { guard, reports } = await start({ armed: false });
    storm(guard);
    await until(() => reports.some((report) => report.kind === 'acts' && !report.armed));
    expect(readFileSync(fileOf('drop_caches'), 'utf8')).toBe('');
    rmSync(fileOf('drop_caches'));
  });

  it('has no capability that its actions do not need', async () => {
    writeFileSync(fileOf('drop_caches'), '');
    const [writes, signals] = await Promise.all([
      start(),
      start({ actions: [{ label: 'signal:TERM', kind: 'signal', signal: 'SIGTERM' }] }),
    ]);
    // CAP_DAC_READ_SEARCH is bit 2, CAP_KILL bit 5.
    expect(effectiveOf(writes.guard.pid)).toBe('0000000000000004');
    expect(effectiveOf(signals.guard.pid)).toBe('0000000000000024');
    rmSync(fileOf('drop_caches'));
  });

  it('refuses to begin where it could not act, and nothing has changed', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'E_GUARD_RIGHTS' });
    expect(existsSync(fileOf('drop_caches'))).toBe(false);
    await expect(start({ armed: false })).resolves.toBeDefined();
  });

  it('ends with who traces, however that ends, and so does a command that it runs', async () => {
    const script = `
      const { startGuard } = await import(${JSON.stringify(built('cli/guard/start.js'))});
      const { localFiles } = await import(${JSON.stringify(built('host/local-files.js'))});
      const { createSystemClock } = await import(${JSON.stringify(built('host/clock.js'))});
      const clock = createSystemClock(localFiles);
      const policy = ${JSON.stringify({ ...POLICY, actions: [{ label: 'run', kind: 'run', argv: ['/bin/sh', '-c', `echo $$ > ${fileOf('inner')}; sleep 100`] }] })};
      const guard = await startGuard(localFiles, { policy, folder: '/', timeoutMs: 60_000 }, { onReport: () => {}, onLost: () => {} });
      (${storm.toString()})(guard);
      console.log(guard.pid);`;
    const session = execa(process.execPath, ['--input-type=module', '-e', script], {
      reject: false,
      stderr: 'ignore',
    });
    let pid = 0;
    session.stdout.on('data', (chunk: Buffer) => {
      pid = Number(chunk.toString('utf8'));
    });
    const inner = (): number =>
      existsSync(fileOf('inner')) ? Number(readFileSync(fileOf('inner'), 'utf8')) : 0;
    await until(() => pid > 0 && inner() > 0);
    session.kill('SIGKILL');
    await session;
    const hasEnded = (one: number): boolean => / Z /.test(localFiles.text(`/proc/${one}/stat`) ?? ' Z ');
    await until(() => hasEnded(pid) && hasEnded(inner()));
  });
});

describeWith(['linux'], 'stallscope guard', () => {
  it('without the rights that an armed one needs says so once, and traces nothing', async () => {
    const through = [
      '/usr/bin/setpriv',
      '--reuid',
      '65534',
      '--clear-groups',
      '--',
      process.execPath,
      LAUNCHER,
    ] as const;
    const tool = startTool(['guard', '--action', 'drop-slab', '--armed'], { through: [...through] });
    const { code, stderr } = await tool.ended;
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^stallscope: The guard cannot do drop-slab here: \/proc\/sys\/vm\/drop_caches may not be written \(EACCES\)\. Nothing was changed\.\n {2}Run it as root.*\n$/,
    );
  });
});
