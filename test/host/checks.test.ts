import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, EXIT } from '../../src/errors.ts';
import { NOT_FOUND } from '../../src/host/bpftrace.ts';
import { firstBlocker, runChecks, selectionProblem } from '../../src/host/checks.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { localMachine } from '../../src/host/machine.ts';
import { readHostFacts } from '../../src/host/read-facts.ts';

const GOOD: HostFacts = {
  platform: 'linux',
  kernel: '6.12.0',
  arch: 'x86_64',
  hostname: 'db1',
  cpus: 8,
  memoryBytes: 2 ** 34,
  pageBytes: 4096,
  processor: { isVirtual: false, isEmulated: false },
  uid: 0,
  capabilities: ['sys_admin'],
  lockdown: 'none',
  pidNamespace: 'initial',
  procNamespace: 'initial',
  tracefs: '/sys/kernel/tracing',
  btf: true,
  btfListed: true,
  kprobes: true,
  fentry: true,
  bpftrace: { path: '/usr/bin/bpftrace', version: '0.23.2' },
  bpftraceProblem: null,
  tracepoints: { has: () => true, fields: () => [], format: () => null },
  hasFunction: () => true,
  memberOffset: () => null,
  memberBit: () => null,
  extractTypes: () => null,
  perCpuOffset: () => null,
  program: () => null,
  installCommand: (name) => `apt-get install -y ${name}`,
};

const version = (number: string) => ({ bpftrace: { path: '/usr/bin/bpftrace', version: number } });
const user = { uid: 1000, capabilities: [], tracefs: null } as const;
const missing = { bpftrace: null, bpftraceProblem: `${NOT_FOUND}in PATH` };
const stateOf = (facts: HostFacts, id: string) => runChecks(facts).find((check) => check.id === id)?.state;

test('a good host has no blocker and nothing degraded', () => {
  expect(firstBlocker(GOOD)).toBeNull();
  expect(runChecks(GOOD).map(({ id, state }) => [id, state])).toEqual(
    [
      ...['platform', 'bpftrace', 'bpftrace-version', 'privilege', 'lockdown', 'pid-namespace'],
      ...['tracefs', 'functions', 'btf', 'cost'],
    ].map((id) => [id, 'ok']),
  );
});

describe('each fault has its own error, fact and command', () => {
  const CASES: readonly [string, Partial<HostFacts>, ErrorCode, RegExp, string | undefined][] = [
    ['not Linux', { platform: 'darwin' }, 'E_NOT_LINUX', /this is darwin/, 'stallscope demo'],
    ['no bpftrace', missing, 'E_NO_BPFTRACE', /not found \(in PATH\)/, 'apt-get install -y bpftrace'],
    [
      'bpftrace does not run',
      { bpftrace: null, bpftraceProblem: '/usr/bin/bpftrace --version ended with status 127' },
      'E_BPFTRACE_BROKEN',
      /status 127/,
      'bpftrace --version',
    ],
    [
      'bpftrace of Debian 11',
      version('0.11.3'),
      'E_BPFTRACE_OLD',
      /0\.11\.3 is too old/,
      'apt-get install -y bpftrace',
    ],
    ['a user', user, 'E_PRIVILEGE', /this is uid 1000\.$/, 'sudo stallscope'],
    [
      'a user with a bpftrace that asks for capabilities',
      { ...user, ...version('0.25.0') },
      'E_PRIVILEGE',
      /uid 1000, without cap_sys_admin or cap_bpf and cap_perfmon\.$/,
      'sudo stallscope',
    ],
    [
      'root of a container',
      { capabilities: ['chown', 'bpf'] },
      'E_PRIVILEGE',
      /uid 0 but without cap_sys_admin/,
      undefined,
    ],
    [
      'capabilities, but tracefs is closed',
      { ...version('0.27.1'), uid: 1000, capabilities: ['bpf', 'perfmon'], tracefs: null },
      'E_PRIVILEGE',
      /may not read the tracing file system/,
      'sudo stallscope',
    ],
    [
      'confidentiality',
      { lockdown: 'confidentiality', kprobes: false, fentry: false },
      'E_LOCKDOWN',
      /confidentiality/,
      undefined,
    ],
    [
      'tracefs not mounted',
      { tracefs: null },
      'E_NO_TRACEFS',
      /not mounted/,
      'mount -t tracefs none /sys/kernel/tracing',
    ],
  ];

  test.each(CASES)('%s', (_, fault, code, message, command) => {
    const facts = { ...GOOD, ...fault };
    const error = firstBlocker(facts);
    expect(error?.code).toBe(code);
    expect(error?.exit).toBe(EXIT.environment);
    expect(error?.message).toMatch(message);
    expect(`${error?.message} ${error?.next}`).not.toMatch(/[{}]/);
    expect(runChecks(facts).find(({ state }) => state === 'blocked')?.command).toBe(command);
  });
});

test('a missing root is named, never an unmounted tracefs', () => {
  const reports = runChecks({ ...GOOD, ...user });
  expect(reports.filter(({ state }) => state === 'blocked').map(({ id }) => id)).toEqual(['privilege']);
  expect(JSON.stringify(reports)).not.toMatch(/mount/);
});

test('capabilities serve instead of root from bpftrace 0.25 on', () => {
  const capable = { ...GOOD, uid: 1000, capabilities: ['bpf', 'perfmon'] };
  expect(firstBlocker({ ...capable, ...version('0.25.0-rc1') })).toBeNull();
  expect(firstBlocker({ ...capable, ...version('0.24.9') })?.code).toBe('E_PRIVILEGE');
});

test('integrity takes nothing away that probes use; what is missing is said for itself', () => {
  const bare = { ...GOOD, lockdown: 'integrity', kprobes: false, fentry: false };
  expect(stateOf(bare, 'lockdown')).toBe('ok');
  expect(stateOf(bare, 'functions')).toBe('degraded');
  expect(stateOf({ ...bare, kprobes: true }, 'functions')).toBe('ok');
  expect(stateOf({ ...bare, tracefs: null }, 'functions')).toBeUndefined();
  expect(firstBlocker(bare)).toBeNull();
});

test('no BTF is degraded, and worse from bpftrace 0.25 on', () => {
  const factOf = (facts: HostFacts) => runChecks(facts).find(({ id }) => id === 'btf')?.fact;
  expect(stateOf({ ...GOOD, btf: false }, 'btf')).toBe('degraded');
  expect(factOf({ ...GOOD, btf: false, ...version('0.24.2') })).not.toMatch(/cannot read/);
  expect(factOf({ ...GOOD, btf: false, ...version('0.25.0') })).toMatch(/0\.25\.0 cannot read the arguments/);
});

test('in a PID namespace of its own, what selects by PID is reported to be of no use', () => {
  const inside = { ...GOOD, pidNamespace: 'own', procNamespace: 'own' } as const;
  const factOf = (facts: HostFacts) => runChecks(facts).find(({ id }) => id === 'pid-namespace')?.fact;
  expect(stateOf(inside, 'pid-namespace')).toBe('degraded');
  expect(firstBlocker(inside)).toBeNull();
  expect(factOf({ ...inside, ...version('0.22.1') })).toContain('-p, -- CMD and program names do not work');
  expect(factOf({ ...inside, ...version('0.23.2') })).toContain(': -- CMD does not work');
  expect(selectionProblem({ ...inside, ...version('0.22.1') }, 'pids')).toContain(
    'bpftrace 0.22.1 counts by',
  );
  expect(selectionProblem({ ...inside, ...version('0.23.2') }, 'pids')).toBeNull();
  expect(selectionProblem({ ...inside, ...version('0.27.1') }, 'tree')).toContain('forks');
  for (const selection of ['pids', 'tree'] as const) expect(selectionProblem(GOOD, selection)).toBeNull();
  expect(stateOf({ ...GOOD, pidNamespace: null }, 'pid-namespace')).toBeUndefined();
});

test('off Linux, and without bpftrace, nothing is said of what cannot be known', () => {
  expect(runChecks({ ...GOOD, platform: 'win32' }).map(({ id }) => id)).toEqual(['platform']);
  expect(runChecks({ ...GOOD, ...missing }).map(({ id }) => id)).not.toContain('bpftrace-version');
});

test('whatever the host: blocked means an error, and the first of them is what the user reads', () => {
  const hosts = fc.record({
    platform: fc.constantFrom('linux', 'darwin'),
    uid: fc.constantFrom(0, 1000),
    capabilities: fc.constantFrom(null, [], ['sys_admin'], ['bpf', 'perfmon']),
    lockdown: fc.constantFrom(null, 'none', 'integrity', 'confidentiality'),
    tracefs: fc.constantFrom(null, '/sys/kernel/tracing'),
    btf: fc.boolean(),
    btfListed: fc.boolean(),
    kprobes: fc.boolean(),
    fentry: fc.boolean(),
    bpftrace: fc.constantFrom(null, '0.11.3', '0.17.0', '0.27.1', 'unknown'),
    bpftraceProblem: fc.constantFrom(null, `${NOT_FOUND}in PATH`, 'ended with status 127'),
  });
  fc.assert(
    fc.property(hosts, ({ bpftrace, ...host }) => {
      const facts = {
        ...GOOD,
        ...host,
        bpftrace: bpftrace === null ? null : { path: '/b', version: bpftrace },
      };
      const reports = runChecks(facts);
      const blocked = reports.filter(({ state }) => state === 'blocked');
      expect(blocked.every(({ error }) => error !== undefined)).toBe(true);
      expect(
        reports.filter(({ state }) => state !== 'blocked').every(({ error }) => error === undefined),
      ).toBe(true);
      expect(firstBlocker(facts)?.code).toBe(blocked[0]?.error?.code);
    }),
  );
});

test.skipIf(process.platform !== 'linux')('this host gets an answer to every check', async () => {
  const facts = await readHostFacts(localFiles, localMachine(process.env));
  const reports = runChecks(facts);
  expect(reports.length).toBeGreaterThanOrEqual(6);
  expect(reports.every(({ fact }) => fact !== '')).toBe(true);
});
