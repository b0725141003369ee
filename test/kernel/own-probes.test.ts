/**
 * docs/own-probes.md, done as it says: its programs, its probe and its command lines are taken from the page and run,
 * and the counts of the output it shows must come out again.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { blocksOf, readDoc } from '../docs/sections.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import {
  countsOf,
  expectNoLosses,
  LAUNCHER,
  READY,
  runTool,
  type Summary,
  startTool,
  summaryOf,
} from '../helpers/tool.ts';

const page = readDoc('docs/own-probes.md');
const [mirrorSource = '', probeScript = ''] = blocksOf(page, 'c');
const [probeJson = ''] = blocksOf(page, 'json');
const [shownOutput = ''] = blocksOf(page, 'text');
const documented = (start: string): string => {
  const lines = blocksOf(page, 'sh').flatMap((block) => block.split('\n'));
  const line = lines.find((one) => one.startsWith(start));
  if (line === undefined) throw new Error(`the page has no line that starts with "${start}"`);
  return line;
};

/** File systems that answer SEEK_HOLE through iomap: ext4 and XFS. */
const IOMAP_FILE_SYSTEMS: ReadonlySet<number> = new Set([0xef53, 0x58465342]);
const dir = mkdtempSync(join(tmpdir(), 'own-probes-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const seeksAreIomap = IOMAP_FILE_SYSTEMS.has(statfsSync(dir).type);

/** A line of the page, run in the folder as the root that the test is. */
const runLine = async (line: string, replace: readonly (readonly [string, string])[] = []) => {
  const reported = replace.reduce((text, [from, to]) => text.replaceAll(from, to), line);
  const command = reported.replace(/^(?:sudo )?stallscope /, `"${process.execPath}" "${LAUNCHER}" `);
  const { exitCode, stdout, stderr } = await execa({
    shell: true,
    cwd: dir,
    reject: false,
    stdin: 'ignore',
  })`${command}`;
  expect(exitCode, stderr).toBe(0);
  return { stdout, stderr };
};
const exact = (summary: Summary): void => {
  expectNoLosses(summary);
  expect(summary.recording.complete).toBe(true);
};

describeWith([...TRACING, 'cc'], 'the page on probes of your own', () => {
  let mirror: string;
  beforeAll(() => {
    mirror = compile(dir, 'mirror', mirrorSource);
  });

  it('counts find_allocation beside the seeks of the kernel, as shown', async () => {
    await runLine(documented('head -c'));
    await runLine(documented('sudo stallscope record -o mirror.ndjson'));
    const { stdout } = await runLine(documented('stallscope summary mirror.ndjson'));
    const rowsWith = (text: string, heading: string): readonly string[] => {
      const lines = text.split('\n');
      const at = lines.findIndex((line) => line.startsWith(heading));
      // Numbers that a clock made are not the same twice.
      return (lines[at + 2] ?? '')
        .trim()
        .split(/\s+/)
        .filter((cell) => /^[\d,]+$/.test(cell))
        .slice(1);
    };
    expect(rowsWith(stdout, 'count (user)')).toEqual(['59,139']);
    expect(rowsWith(shownOutput, 'count (user)')).toEqual(['59,139']);
    if (seeksAreIomap) expect(rowsWith(stdout, 'iomap (')).toEqual(rowsWith(shownOutput, 'iomap ('));
    exact(await summaryOf(join(dir, 'mirror.ndjson')));
  });

  it('measures the calls with the probe of the page', async () => {
    const folder = join(dir, 'mirror-probe');
    const written = '/usr/local/bin/mirror';
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of [
      ['probe.json', probeJson],
      ['uprobe.bt', probeScript],
    ] as const) {
      expect(text).toContain(written);
      writeFileSync(join(folder, name), text.replaceAll(written, mirror));
    }
    const replace = [
      [written, mirror],
      ['--probe-dir mirror', `--probe-dir ${folder}`],
    ] as const;
    const shown = await runLine(documented('stallscope probes show mirror'), replace);
    expect(shown.stdout).toContain(`Attaches to: ${mirror}`);
    await runLine(documented('sudo stallscope record -o search.ndjson'), replace);
    const summary = await summaryOf(join(dir, 'search.ndjson'));
    exact(summary);
    expect(countsOf(summary, 'mirror.calls')).toEqual([59_139]);
    const [total = 0] = countsOf(summary, 'mirror.ns');
    const [longest = 0] = countsOf(summary, 'mirror.max_ns');
    expect(longest).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(longest);
    expect(total / 59_139).toBeLessThan(longest);
  });

  it('says what a probe lacks before anything starts', async () => {
    const folder = join(dir, 'lacking');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'probe.json'), probeJson.replaceAll('/usr/local/bin/mirror', mirror));
    const script = probeScript.replaceAll(
      '/usr/local/bin/mirror:find_allocation',
      `${mirror}:find_alocation`,
    );
    writeFileSync(join(folder, 'uprobe.bt'), script);
    const reason = `${mirror}: it has no function find_alocation (nearest: find_allocation)`;
    const alone = await runTool([
      'record',
      '--force',
      '-o',
      join(dir, 'no'),
      '--probe',
      'mirror',
      '--probe-dir',
      folder,
    ]);
    expect(alone).toMatchObject({ code: 3, stderr: expect.stringContaining(reason) });
    const beside = await runTool([
      ...['record', '--force', '-o', join(dir, 'beside'), '-d', '300ms'],
      ...['--probe', 'mirror,faults', '--probe-dir', folder],
    ]);
    expect(beside).toMatchObject({ code: 0, stderr: expect.stringContaining(`mirror cannot run here`) });
    const { stdout } = await runTool(['doctor', '--json', '--probe-dir', folder]);
    const { probes } = JSON.parse(stdout) as { probes: { id: string }[] };
    expect(probes.find(({ id }) => id === 'mirror')).toMatchObject({
      state: 'blocked',
      rejected: [{ variant: 'uprobe', reason }],
    });
  });
});

describeWith(TRACING, 'a probe that bpftrace refuses', () => {
  /** The kernel does not load a loop without an end, and bpftrace names its attach point, which iomap has too. */
  it('is named and left out, not the bundled one that has a clause at the same place', async () => {
    const folder = join(dir, 'endless');
    mkdirSync(folder, { recursive: true });
    const manifest = {
      ...{ format: 1, id: 'endless', title: 'E', question: 'E?', overhead: 'none', caveats: [] },
      metrics: [{ name: 'n', map: '@endless_n', kind: 'counter', unit: 'count', label: 'n', help: 'n' }],
      scratch: [{ map: '@endless_s', key: 'tid' }],
      variants: [
        {
          ...{ id: 'v', file: 'v.bt', title: 'v', counts: { n: 'n' }, needs: 'v' },
          when: { facility: 'tracepoint', tracepoints: ['syscalls:sys_enter_lseek'] },
        },
      ],
    };
    writeFileSync(join(folder, 'probe.json'), JSON.stringify(manifest));
    const body =
      '@seen[pid] = 1; @endless_s[tid] = 1; while (@endless_s[tid] < 9) { @endless_n[pid] = count(); }';
    writeFileSync(
      join(folder, 'v.bt'),
      `#define TRACED 1\ntracepoint:syscalls:sys_enter_lseek\n/TRACED/\n{ ${body} }\n`,
    );
    const file = join(dir, 'endless.ndjson');
    const end = await runTool([
      ...['record', '--force', '-o', file, '-d', '300ms', '--probe', 'iomap,endless', '--probe-dir', folder],
    ]);
    expect(end).toMatchObject({ code: 0, stderr: expect.stringContaining('endless is left out: bpftrace') });
    const { probes } = await summaryOf(file);
    expect(probes.map(({ id, state }) => [id, state])).toEqual([
      ['iomap', 'attached'],
      ['endless', 'refused'],
    ]);
  });
});

/** Calls `tick` as often as it is reported, in a thread of each of two processes, when a line comes in. */
const TICKER = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) void tick(void) { __asm__ volatile(""); }
int main(int argc, char **argv) {
  if (getchar() == EOF) return 1;
  pid_t child = fork();
  for (long i = child == 0 ? 23 : atol(argv[1]); i > 0; i--) tick();
  if (child != 0) wait(0);
  return 0;
}
`;

describeWith([...TRACING, 'cc'], '--count', () => {
  it('counts each process for itself: a prime, and a large number', async () => {
    const ticker = compile(dir, 'ticker', TICKER);
    const file = join(dir, 'ticks.ndjson');
    const tool = [
      'record',
      '--force',
      '-o',
      file,
      '--budget',
      'off',
      '--probe',
      'count',
      '--count',
      `tick=uprobe:${ticker}:tick`,
    ];
    const forks = ['--count', 'forks=tracepoint:sched:sched_process_fork'];
    const end = await runTool([...tool, ...forks, '--', 'sh', '-c', `echo go | ${ticker} 100003`]);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    const summary = await summaryOf(file);
    exact(summary);
    expect([...countsOf(summary, 'count.tick')].sort((a, b) => a - b)).toEqual([23, 100_003]);
    const parent = summary.pids.find(({ metrics }) => metrics['count.tick'] === 100_003);
    expect(parent?.metrics['count.forks']).toBe(1);
    expect(parent?.comm).toBe('ticker');
    expect(summary.coverage['count.tick']?.coverage).toBe('exact');
  });

  it('counts in a container by /proc/PID/root, through the links of that container', async () => {
    const jail = join(dir, 'jail');
    mkdirSync(join(jail, 'bin'), { recursive: true });
    copyFileSync(compile(dir, 'static', TICKER, '-static'), join(jail, 'bin', 'inside'));
    // In the host's root this link leads nowhere.
    symlinkSync('/bin/inside', join(jail, 'bin', 'ticker'));
    const child = spawn('unshare', ['--mount', 'chroot', jail, '/bin/inside', '977'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const gone = new Promise((resolve) => child.once('close', resolve));
    try {
      await vi.waitUntil(() => readlinkSync(`/proc/${child.pid}/root`) === jail, { timeout: 60_000 });
      const file = join(dir, 'jail.ndjson');
      const count = `tick=uprobe:/proc/${child.pid}/root/bin/ticker:tick`;
      const args = [
        'record',
        '--force',
        '-o',
        file,
        '--budget',
        'off',
        '--probe',
        'count',
        '--count',
        count,
        '-p',
        String(child.pid),
      ];
      const tool = startTool(args);
      await tool.says(READY);
      child.stdin.end('go\n');
      await gone;
      tool.kill('SIGINT');
      await tool.ended;
      // The child that it forks is another PID, and was not selected.
      expect(countsOf(await summaryOf(file), 'count.tick')).toEqual([977]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is refused with the reason where the kernel cannot, and leaves no file', async () => {
    const file = join(dir, 'refused.ndjson');
    const end = await runTool(['record', '--force', '-o', file, '--count', 't=tracepoint:sched:nosuch']);
    expect(end).toMatchObject({ code: 3, stdout: '' });
    expect(end.stderr).toContain('tracepoint sched:nosuch is absent');
    await expect(summaryOf(file)).rejects.toThrow('There is no file');
  });
});

describeWith(TRACING, '--variant', () => {
  const record = (...args: readonly string[]) =>
    runTool(['record', '--force', '-o', join(dir, 'variant.ndjson'), '--force', '-d', '300ms', ...args]);

  it('runs the variant that is named', async () => {
    const end = await record('--probe', 'python', '--variant', 'python=tracepoint');
    expect(end, end.stderr).toMatchObject({ code: 0 });
    expect(end.stderr).toContain('python (tracepoint)');
  });

  it('ends with the reason when this host cannot run it', async () => {
    const { stdout } = await runTool(['doctor', '--json']);
    const { probes } = JSON.parse(stdout) as {
      probes: { id: string; rejected: { variant: string; reason: string }[] }[];
    };
    const [refused] = probes.flatMap(({ id, rejected }) =>
      rejected
        .filter(({ reason }) => !/^(not needed|only when asked)/.test(reason))
        .map(({ variant, reason }) => ({ probe: id, variant, reason })),
    );
    // Every kernel lacks something: no one has both iomap_apply and what came after it.
    if (refused === undefined) throw new Error('every variant of every probe runs here');
    const end = await record('--variant', `${refused.probe}=${refused.variant}`);
    expect(end).toMatchObject({ code: 3, stderr: expect.stringContaining(refused.reason) });
  });
});

describeWith(TRACING, 'inside a PID namespace of its own', () => {
  const INSIDE = ['unshare', '--pid', '--fork', '--mount-proc', process.execPath, LAUNCHER] as const;

  it('doctor reports, and what selects by PID is refused, not counted wrong', async () => {
    const doctor = await runTool(['doctor', '--json'], { through: INSIDE });
    const { checks } = JSON.parse(doctor.stdout) as { checks: { id: string; state: string }[] };
    expect(checks.find(({ id }) => id === 'pid-namespace')).toMatchObject({ state: 'degraded' });
    const file = join(dir, 'inside.ndjson');
    const end = await runTool(['record', '--force', '-o', file, '--probe', 'faults', '--', 'true'], {
      through: INSIDE,
    });
    expect(end).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('would select the wrong processes'),
    });
  });
});
