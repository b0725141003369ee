/**
 * What a host may lack. Each lack is made real for one run of the tool, in a mount namespace of its own, so that
 * nothing changes for anybody else; each has its own message, exit status 3, and a command that helps in `doctor`.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { LAUNCHER, runTool, type ToolEnd, type ToolOptions } from '../helpers/tool.ts';

type Lack = {
  readonly name: string;
  readonly why: RegExp;
  readonly helps: RegExp;
  /** How doctor names the same fact. */
  readonly check: string;
  readonly options: () => ToolOptions;
};

const mayUnshare = execaSync('unshare', ['--mount', 'true'], { reject: false }).exitCode === 0;

describeWith(TRACING, 'a host that lacks something', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-environment-'));
    chmodSync(dir, 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const program = (name: string, script: string): string => {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };
  /** Runs these commands in a mount namespace of its own, and then the tool. */
  const prepared = (commands: string, run = 'exec "$@"'): ToolOptions => ({
    through: ['unshare', '--mount', 'sh', '-ec', `${commands}\n${run}`, 'sh', process.execPath, LAUNCHER],
  });

  const BY_FILE: readonly Lack[] = [
    {
      name: 'bpftrace where STALLSCOPE_BPFTRACE says it is',
      why: /bpftrace was not found \(as an executable file where STALLSCOPE_BPFTRACE points: \/not\/there[;)]/,
      helps: /install.* bpftrace/,
      check: 'bpftrace',
      options: () => ({ env: { STALLSCOPE_BPFTRACE: '/not/there' } }),
    },
    {
      name: 'a bpftrace that is new enough',
      why: /bpftrace 0\.11\.3 (?:\(.+ offers [\d.]+\) )?is too old/,
      helps: /install.* bpftrace/,
      check: 'bpftrace-version',
      options: () => ({ env: { STALLSCOPE_BPFTRACE: program('old', 'echo bpftrace v0.11.3') } }),
    },
    {
      name: 'a bpftrace that runs',
      why: /bpftrace does not run: .* ended with status 127: .*libbpf\.so\.1/,
      helps: /bpftrace --version/,
      check: 'bpftrace',
      options: () => ({
        env: {
          STALLSCOPE_BPFTRACE: program('broken', 'echo "cannot open libbpf.so.1" >&2; exit 127'),
        },
      }),
    },
  ];

  const BY_NAMESPACE: readonly Lack[] = [
    {
      name: 'bpftrace',
      why: /bpftrace was not found \(in PATH, nor in /,
      helps: /install.* bpftrace/,
      check: 'bpftrace',
      options: () =>
        prepared(
          `touch ${dir}/nothing; mount --bind ${dir}/nothing "$(readlink -f "$(command -v bpftrace)")"`,
        ),
    },
    {
      name: 'a mounted tracefs',
      why: /The tracing file system is not mounted/,
      helps: /mount -t tracefs none \/sys\/kernel\/tracing/,
      check: 'tracefs',
      options: () =>
        prepared('umount /sys/kernel/tracing; umount --recursive --lazy /sys/kernel/debug 2>/dev/null || :'),
    },
    {
      name: 'a kernel that lets its memory be read',
      why: /The kernel is locked down \(confidentiality\)/,
      helps: /stallscope doctor|lockdown=/,
      check: 'lockdown',
      options: () =>
        prepared(
          'mount -t tmpfs none /sys/kernel/security; echo "none integrity [confidentiality]" > /sys/kernel/security/lockdown',
        ),
    },
    {
      name: 'root',
      why: /Tracing needs root; this is uid 65534/,
      helps: /sudo stallscope/,
      check: 'privilege',
      options: () => asNobody(),
    },
  ];

  /** Wherever the checkout and node stand, nobody can reach them through these mounts. */
  const asNobody = (): ToolOptions => {
    const app = join(dir, 'app');
    const node = join(dir, 'node');
    mkdirSync(app, { recursive: true });
    writeFileSync(node, '');
    return prepared(
      `mount --bind ${resolve('.')} ${app}; mount --bind ${process.execPath} ${node}; shift 2`,
      `exec setpriv --reuid 65534 --regid 65534 --clear-groups ${node} ${join(app, 'bin', 'stallscope.js')} "$@"`,
    );
  };

  const refusesAndExplains = async ({ why, helps, check, options }: Lack): Promise<void> => {
    const file = join(mkdtempSync(join(dir, 'out-')), 'session.ndjson');
    chmodSync(join(file, '..'), 0o777);
    const end = await runTool(['record', '--force', '-d', '1s', '-o', file], options());
    expect(end, end.stderr).toMatchObject({ code: 3, stdout: '' });
    expect(end.stderr).toMatch(why);
    expect(end.stderr.trimEnd().split('\n'), 'one message, one next step').toHaveLength(2);
    expect(end.stderr).toMatch(helps);
    expect(existsSync(file)).toBe(false);

    const doctor = await runTool(['doctor', '--json'], options());
    expect(doctor.code).toBe(3);
    const report = reportOf(doctor);
    expect(report.state).toBe('blocked');
    const blocked = report.checks.filter(({ state }) => state === 'blocked').map(({ id }) => id);
    expect(blocked).toEqual([check]);
    // Nothing can be typed to unlock a kernel.
    if (check !== 'lockdown') expect(report.next).toMatch(helps);
    expect(report.probes.every(({ state }) => state === 'blocked')).toBe(true);
  };

  it.each(BY_FILE)('says when it lacks $name', refusesAndExplains);
  it.skipIf(!mayUnshare).each(BY_NAMESPACE)(
    'says when it lacks $name [needs mount namespaces]',
    refusesAndExplains,
  );

  it('is ready to trace when it lacks nothing', async () => {
    const doctor = await runTool(['doctor', '--json']);
    expect(doctor.code).toBe(0);
    expect(reportOf(doctor).checks.filter(({ state }) => state === 'blocked')).toEqual([]);
  });

  it.skipIf(!mayUnshare)('shows a recording to a user without root [needs mount namespaces]', async () => {
    const end = await runTool(['demo', '--json', '--speed', 'max'], asNobody());
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout.split('\n')[0]).toMatch(/^\{"type":"session"/);
  });
});

type Report = {
  readonly state: string;
  readonly next: string | null;
  readonly checks: readonly { readonly id: string; readonly state: string }[];
  readonly probes: readonly { readonly state: string }[];
};

const reportOf = ({ stdout }: ToolEnd): Report => JSON.parse(stdout) as Report;
