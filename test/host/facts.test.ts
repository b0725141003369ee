import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findBpftrace, NOT_FOUND } from '../../src/host/bpftrace.ts';
import { parseEffectiveCapabilities } from '../../src/host/capabilities.ts';
import { installCommandOf } from '../../src/host/distribution.ts';
import { holds, isLineOf, isSymbolOf } from '../../src/host/functions.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { localMachine } from '../../src/host/machine.ts';
import { parseLockdown, readHostFacts } from '../../src/host/read-facts.ts';
import { parseFields } from '../../src/host/tracefs.ts';
import { type FakeHost, fakeFiles } from '../helpers/fake-files.ts';
import { forLong, HAS_TIME } from '../helpers/requires.ts';
import { captured } from './captured.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stallscope-facts-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const facts = await readHostFacts(localFiles, localMachine(process.env));
const isRoot = process.geteuid?.() === 0;
const canTrace = isRoot && facts.bpftrace !== null && facts.tracefs !== null;

describe.skipIf(process.platform !== 'linux')('this host', () => {
  test('agrees with what the system says of itself', () => {
    const uname = (flag: string) => execFileSync('uname', [flag], { encoding: 'utf8' }).trim();
    expect(facts).toMatchObject({ platform: 'linux', kernel: uname('-r'), arch: uname('-m') });
    expect(facts.hostname).toBe(uname('-n'));
    expect(facts.cpus).toBe(Number(execFileSync('getconf', ['_NPROCESSORS_ONLN'], { encoding: 'utf8' })));
    expect(facts.uid).toBe(process.geteuid?.());
    expect(facts.btf).toBe(existsSync('/sys/kernel/btf/vmlinux'));
  });

  test('functions are matched whole', () => {
    expect(facts.hasFunction('vfs_read')).toBe(true);
    for (const name of ['vfs_rea', 'fs_read', 'vfs_read\n', 'stallscope_no_such_function', '']) {
      expect(facts.hasFunction(name), JSON.stringify(name)).toBe(false);
    }
  });

  test.skipIf(!isRoot)('a user without privileges sees no tracepoint, and nothing throws', async () => {
    process.seteuid?.(65_534);
    try {
      const theirs = await readHostFacts(localFiles, localMachine(process.env));
      expect(theirs.uid).toBe(65_534);
      expect(theirs.capabilities).toEqual([]);
      expect(theirs.tracefs).toBeNull();
      expect(theirs.tracepoints.has('sched:sched_process_exit')).toBe(false);
      expect(theirs.fentry).toBe(false);
      expect(theirs.hasFunction('vfs_read')).toBe(true);
      expect(theirs.installCommand('bpftrace')).toMatch(/^sudo |^the package/);
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe.skipIf(!canTrace)('this host, as its own bpftrace finds it (needs root, bpftrace, tracefs)', () => {
  /** Whether bpftrace can really attach: the witness that no file we read can replace. */
  const attaches = (attachPoint: string): boolean => {
    const { status, stderr } = spawnSync(
      facts.bpftrace?.path ?? '',
      ['-e', `${attachPoint} { @ = count(); } interval:ms:10 { exit(); }`],
      { encoding: 'utf8', timeout: 20_000 },
    );
    return status === 0 && !/could not|unable to|no probes|not exist/i.test(stderr);
  };

  test('tracepoints', () => {
    const { has, fields } = facts.tracepoints;
    expect(has('sched:sched_process_exit')).toBe(true);
    expect(attaches('tracepoint:sched:sched_process_exit')).toBe(true);
    expect(fields('sched:sched_process_fork')).toContain('child_pid');
    for (const absent of [
      'sched:no_such_event',
      'sched',
      '',
      '../events/sched:sched_switch',
      'sched:../sched/sched_switch',
    ]) {
      expect(has(absent), absent).toBe(false);
      expect(fields(absent)).toEqual([]);
    }
  });

  test('kprobes', () => {
    expect(attaches('kprobe:vfs_read')).toBe(facts.kprobes);
    const config = '/proc/config.gz';
    if (existsSync(config)) {
      const built = /^CONFIG_KPROBE_EVENTS=y$/m.test(gunzipSync(readFileSync(config)).toString());
      expect(facts.kprobes).toBe(built && facts.lockdown !== 'confidentiality');
    }
  });

  test('fentry', () => {
    expect(attaches('kfunc:vfs_read')).toBe(facts.fentry);
  });
});

describe('a host built of files', () => {
  let host: FakeHost;
  beforeEach(() => {
    host = fakeFiles();
  });
  const read = () => readHostFacts(host, localMachine(process.env));

  test('nothing there: everything absent, nothing thrown', async () => {
    const none = await read();
    expect(none).toMatchObject({ capabilities: null, lockdown: null, tracefs: null });
    expect(none).toMatchObject({ btf: false, kprobes: false, fentry: false });
    expect(none.hasFunction('vfs_read')).toBe(false);
  });

  test('an unmounted tracefs has no events', async () => {
    host.put('/sys/kernel/tracing/README', '');
    expect((await read()).tracefs).toBeNull();
  });

  test('the place in debugfs does as well', async () => {
    host.put('/sys/kernel/debug/tracing/events/a/b/format', '\tfield:int c;\toffset:8;\n');
    const { tracefs, tracepoints } = await read();
    expect(tracefs).toBe('/sys/kernel/debug/tracing');
    expect(tracepoints.fields('a:b')).toEqual(['c']);
  });

  test('kprobes and fentry by presence; confidentiality takes both away, integrity neither', async () => {
    host.put(
      '/proc/kallsyms',
      '0000000000000000 T register_ftrace_direct\n0000000000000000 t xfs_thing\t[xfs]\n',
    );
    host.put('/sys/kernel/btf/vmlinux', '');
    host.put('/sys/kernel/tracing/events/enable', '0\n');
    host.put('/sys/kernel/tracing/kprobe_events', '');
    host.put('/sys/kernel/tracing/available_filter_functions', 'vfs_read\nxfs_file_llseek [xfs]\n');
    host.put('/sys/kernel/security/lockdown', captured('sys-kernel-security-lockdown'));
    const open = await read();
    expect(open).toMatchObject({ lockdown: 'integrity', kprobes: true, fentry: true });
    expect(['vfs_read', 'xfs_file_llseek', 'xfs', 'xfs_thing'].map(open.hasFunction)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    host.put('/sys/kernel/security/lockdown', 'none integrity [confidentiality]\n');
    expect(await read()).toMatchObject({ lockdown: 'confidentiality', kprobes: false, fentry: false });
  });

  test('BTF objects are listed where modules have theirs, from 5.11 on', async () => {
    host.put('/sys/kernel/btf/vmlinux', '');
    expect(await read()).toMatchObject({ btf: true, btfListed: false });
    host.put('/sys/kernel/btf/xfs', '');
    expect(await read()).toMatchObject({ btf: true, btfListed: true });
  });

  test('without the list of traceable functions there is no fentry, and kallsyms names the functions', async () => {
    host.put(
      '/proc/kallsyms',
      '0000000000000000 T register_ftrace_direct\n0000000000000000 t xfs_thing\t[xfs]\n',
    );
    host.put('/sys/kernel/btf/vmlinux', '');
    host.put('/sys/kernel/tracing/events/enable', '0\n');
    const { fentry, hasFunction } = await read();
    expect(fentry).toBe(false);
    expect(['xfs_thing', 'register_ftrace_direct', 'vfs_read'].map(hasFunction)).toEqual([true, true, false]);
  });
});

describe('bpftrace', () => {
  const fake = (body: string, mode = 0o755): string => {
    const path = join(root, 'bpftrace');
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, mode);
    return path;
  };
  const found = (path: string) =>
    findBpftrace(localFiles, { PATH: '/usr/bin:/bin', STALLSCOPE_BPFTRACE: path });

  test.each([
    ['bpftrace v0.17.0', '0.17.0'],
    ['bpftrace v0.27.1', '0.27.1'],
    ['bpftrace v0.24.0-rc1-12-gabc1234', '0.24.0'],
    ['bpftrace 0.14', '0.14.0'],
  ])('%s', async (printed, version) => {
    const path = fake(`echo "${printed}"`);
    expect(await found(path)).toEqual({ bpftrace: { path, version }, bpftraceProblem: null });
  });

  // It is given ten seconds to end.
  test.skipIf(!HAS_TIME)(
    forLong('one that answers and does not end soon, as on a machine that is busy, has answered'),
    async () => {
      const path = fake('echo bpftrace v0.27.1; exec sleep 30');
      expect((await found(path)).bpftrace).toEqual({ path, version: '0.27.1' });
    },
    30_000,
  );

  test('found in PATH before anywhere else', async () => {
    const path = fake('echo bpftrace v0.99.0');
    expect((await findBpftrace(localFiles, { PATH: `relative:${root}:/usr/bin:/bin` })).bpftrace).toEqual({
      path,
      version: '0.99.0',
    });
  });

  test.each([
    [
      'broken libraries',
      'echo "error while loading shared libraries: libbcc.so.0" >&2; exit 127',
      /status 127: .*libbcc/,
    ],
    ['killed', 'kill -ILL $$', /was ended by SIGILL/],
    ['something else of that name', 'echo hello', /printed no version: hello/],
  ])('%s: does not run, and says how', async (_, body, problem) => {
    const { bpftrace, bpftraceProblem } = await found(fake(body));
    expect(bpftrace).toBeNull();
    expect(bpftraceProblem).toMatch(problem);
    expect(bpftraceProblem?.startsWith(NOT_FOUND)).toBe(false);
  });

  test('an interpreter that is not there', async () => {
    const path = join(root, 'bpftrace');
    writeFileSync(path, '#!/no/such/interpreter\n', { mode: 0o755 });
    expect((await found(path)).bpftraceProblem).toMatch(/could not be started \(ENOENT\)/);
  });

  test.each([
    ['absent', () => join(root, 'nothing')],
    ['a directory', () => root],
    ['not executable', () => fake('echo bpftrace v0.17.0', 0o644)],
  ])('%s: not found, and says where', async (_, path) => {
    const { bpftrace, bpftraceProblem } = await found(path());
    expect(bpftrace).toBeNull();
    expect(bpftraceProblem).toBe(
      `${NOT_FOUND}as an executable file where STALLSCOPE_BPFTRACE points: ${path()}`,
    );
  });
});

describe('texts', () => {
  test('lockdown', () => {
    expect(parseLockdown(captured('sys-kernel-security-lockdown'))).toBe('integrity');
    expect(parseLockdown('[none] integrity confidentiality\n')).toBe('none');
    expect(parseLockdown('')).toBeNull();
  });

  test('format files: names without arrays, pointers and the common fields', () => {
    expect(parseFields(captured('tracefs-iomap-iomap_iter-format'))).toEqual([
      'dev',
      'ino',
      'pos',
      'length',
      'status',
      'flags',
      'ops',
      'caller',
    ]);
    expect(parseFields(captured('tracefs-raw_syscalls-sys_enter-format'))).toEqual(['id', 'args']);
    expect(parseFields(captured('tracefs-sched-sched_process_exec-format'))).toEqual([
      'filename',
      'pid',
      'old_pid',
    ]);
  });

  test('capabilities by number', () => {
    expect(parseEffectiveCapabilities('CapPrm:\t0000000000000000\nCapEff:\t000000c000200000\n')).toEqual([
      'sys_admin',
      'perfmon',
      'bpf',
    ]);
    const all = parseEffectiveCapabilities('CapEff:\t000001ffffffffff\n');
    expect([all?.length, all?.[0], all?.at(-1)]).toEqual([41, 'chown', 'checkpoint_restore']);
    expect(parseEffectiveCapabilities('CapEff:\t0000000000000000\n')).toEqual([]);
    expect(parseEffectiveCapabilities('Name:\tsh\n')).toBeNull();
  });

  test.each([
    ['ID=debian\n', 'apt-get install -y bpftrace'],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt-get install -y bpftrace'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf install -y bpftrace'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper install -y bpftrace'],
    ['ID=arch\n', 'pacman -S --noconfirm bpftrace'],
    ['ID=alpine\n', 'apk add bpftrace'],
    ['ID=constructor\n', "the package bpftrace, with this system's package manager"],
    [null, "the package bpftrace, with this system's package manager"],
  ])('%j installs with %s', (osRelease, command) => {
    expect(installCommandOf(osRelease, 'bpftrace')).toBe(command);
  });

  test('names in kernel lists', () => {
    const symbols = Buffer.from('00 T vfs_read\n00 t foo\t[xfs]\n00 D data\n00 W weak\n00 t last');
    expect(
      ['vfs_read', 'foo', 'weak', 'last', 'data', 'xfs', 'vfs'].map((name) =>
        holds(symbols, name, isSymbolOf),
      ),
    ).toEqual([true, true, true, true, false, false, false]);
    const list = Buffer.from('my_foo\nfoo_2\nfoo [xfs]\nlast');
    expect(['foo', 'my_foo', 'xfs', 'last', 'oo'].map((name) => holds(list, name, isLineOf))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});
