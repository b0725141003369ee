/**
 * Preflight as data. Each check looks at one fact of the host and says whether tracing can go on, in words a user
 * can act on. `doctor` shows them all; `live` and `record` stop at the first blocker; both use this one list.
 *
 * The order is the order in which a user should fix things, and a check whose premise fails says nothing: without
 * bpftrace there is no version to judge, and off Linux nothing else matters.
 */
import semver from 'semver';
import { failure, type StallscopeError } from '../errors.ts';
import { NOT_FOUND } from './bpftrace.ts';
import type { HostFacts } from './facts.ts';

type CheckResult = {
  /** `degraded`: tracing works, with less than on other hosts. `blocked`: it does not. */
  readonly state: 'ok' | 'degraded' | 'blocked';
  /** What was seen. */
  readonly fact: string;
  /** The one command that helps. */
  readonly command?: string | undefined;
  /** What `live` and `record` end with; a blocked check always has one. */
  readonly error?: StallscopeError | undefined;
};

type Check = {
  readonly id: string;
  readonly title: string;
  /** null: does not apply before an earlier check is satisfied. */
  readonly run: (facts: HostFacts) => CheckResult | null;
};

export type CheckReport = CheckResult & Pick<Check, 'id' | 'title'>;

/** The results that apply to this host, in the order in which to fix them. */
export const runChecks = (facts: HostFacts): readonly CheckReport[] =>
  CHECKS.flatMap(({ id, title, run }) => {
    const result = run(facts);
    return result === null ? [] : [{ id, title, ...result }];
  });

/** What to print for the user before anything is started, or null when tracing can begin. */
export const firstBlocker = (facts: HostFacts): StallscopeError | null =>
  runChecks(facts).find(({ state }) => state === 'blocked')?.error ?? null;

/**
 * What stands against counting only some PIDs, or only a command and its children; null when nothing does. Inside a
 * PID namespace, bpftrace up to 0.22 counts by the PIDs outside of it, and the kernel's event on a fork always does.
 */
export const selectionProblem = (facts: HostFacts, selection: 'pids' | 'tree'): string | null => {
  if (selection === 'pids') return foreignPids(facts);
  return facts.pidNamespace === 'own' ? 'the kernel reports forks by PIDs outside of this container' : null;
};

/**
 * Why the PIDs that bpftrace counts by are not those of this /proc, so that nobody must be looked up there by them; null
 * when they are.
 */
export const foreignPids = ({ pidNamespace, procNamespace, bpftrace }: HostFacts): string | null => {
  if (pidNamespace === null) return null;
  const version = bpftrace?.version ?? '';
  const counted = isSince(version, COUNTS_BY_OWN_PIDS_SINCE) ? pidNamespace : 'initial';
  if (counted === (procNamespace ?? pidNamespace)) return null;
  return procNamespace === 'other' || pidNamespace === 'initial'
    ? '/proc shows another PID namespace than the one that bpftrace counts by'
    : `bpftrace ${version} counts by PIDs outside of this container`;
};

/** bpftrace drops its demand for uid 0 and asks for capabilities instead. */
const BY_CAPABILITY_SINCE = '0.25.0';
/** From here on bpftrace takes the arguments of tracepoints from BTF. */
const ARGUMENTS_BY_BTF_SINCE = '0.25.0';
const COUNTS_BY_OWN_PIDS_SINCE = '0.23.0';
const OLDEST_BPFTRACE = '0.14.0';
const MOUNT_TRACEFS = 'mount -t tracefs none /sys/kernel/tracing';

const CHECKS: readonly Check[] = [
  {
    id: 'platform',
    title: 'Operating system',
    run: ({ platform, kernel, arch }) =>
      platform === 'linux'
        ? { state: 'ok', fact: `Linux ${kernel}, ${arch}` }
        : {
            state: 'blocked',
            fact: `${platform}; eBPF needs Linux`,
            command: 'stallscope demo',
            error: failure('E_NOT_LINUX', { platform }),
          },
  },
  {
    id: 'bpftrace',
    title: 'bpftrace',
    run: onLinux((facts) => {
      if (facts.bpftrace !== null) return { state: 'ok', fact: facts.bpftrace.path };
      const { offer = null } = facts;
      const problem = `${facts.bpftraceProblem ?? `${NOT_FOUND}here`}${offer === null ? '' : `; ${offer}`}`;
      const command = facts.installCommand('bpftrace');
      return problem.startsWith(NOT_FOUND)
        ? {
            state: 'blocked',
            fact: problem,
            command,
            error: failure('E_NO_BPFTRACE', { where: problem.slice(NOT_FOUND.length), command }),
          }
        : {
            state: 'blocked',
            fact: problem,
            command: 'bpftrace --version',
            error: failure('E_BPFTRACE_BROKEN', { why: problem }),
          };
    }),
  },
  {
    id: 'bpftrace-version',
    title: 'bpftrace version',
    run: onLinux(({ bpftrace, installCommand, offer = null }) => {
      if (bpftrace === null) return null;
      const { version } = bpftrace;
      const offered = offer === null ? '' : ` (${offer})`;
      if (isSince(version, OLDEST_BPFTRACE)) return { state: 'ok', fact: version };
      const command = installCommand('bpftrace');
      return {
        state: 'blocked',
        fact: `${version}, older than ${OLDEST_BPFTRACE}${offered}`,
        command,
        error: failure('E_BPFTRACE_OLD', { version: `${version}${offered}`, command }),
      };
    }),
  },
  {
    id: 'privilege',
    title: 'Privilege',
    run: onLinux((facts) => {
      const lacking = lackingPrivilege(facts);
      const { becomeRoot = null } = facts;
      if (lacking !== null && becomeRoot !== null)
        return {
          state: 'blocked',
          fact: becomeRoot.fact,
          command: becomeRoot.command,
          error: becomeRoot.error(),
        };
      return lacking === null
        ? { state: 'ok', fact: `uid ${facts.uid}` }
        : {
            state: 'blocked',
            fact: `uid ${facts.uid}; tracing needs root${lacking}`,
            command: facts.uid === 0 ? undefined : 'sudo stallscope',
            error: failure('E_PRIVILEGE', { uid: facts.uid, missing: lacking }),
          };
    }),
  },
  {
    id: 'lockdown',
    title: 'Kernel lockdown',
    run: onLinux(({ lockdown }) => {
      if (lockdown === null) return { state: 'ok', fact: 'not reported in /sys/kernel/security/lockdown' };
      // Integrity forbids BPF to write user memory and nothing that we do.
      if (lockdown !== 'confidentiality') return { state: 'ok', fact: lockdown };
      return {
        state: 'blocked',
        fact: 'confidentiality: kernel memory may not be read, not even by root',
        error: failure('E_LOCKDOWN', { mode: lockdown }),
      };
    }),
  },
  {
    id: 'pid-namespace',
    title: 'PID namespace',
    run: onLinux((facts) => {
      const { pidNamespace } = facts;
      if (pidNamespace === null) return null;
      if (pidNamespace === 'initial') return { state: 'ok', fact: 'the initial one' };
      const lost =
        selectionProblem(facts, 'pids') === null ? '-- CMD does' : '-p, -- CMD and program names do';
      return {
        state: 'degraded',
        fact: `one of its own, a container's: ${lost} not work here; they do on the host and with --pid=host`,
      };
    }),
  },
  {
    id: 'tracefs',
    title: 'Tracing file system',
    run: onLinux((facts) => {
      if (facts.tracefs !== null) return { state: 'ok', fact: facts.tracefs };
      // Mode 700: without root, mounted and unmounted look alike, and only the privilege check may speak.
      if (facts.uid !== 0) {
        const missing = ' and may not read the tracing file system, if it is mounted';
        return lackingPrivilege(facts) !== null
          ? { state: 'degraded', fact: `cannot be seen by uid ${facts.uid}` }
          : {
              state: 'blocked',
              fact: `not readable by uid ${facts.uid}`,
              command: 'sudo stallscope',
              error: failure('E_PRIVILEGE', { uid: facts.uid, missing }),
            };
      }
      return {
        state: 'blocked',
        fact: 'not mounted at /sys/kernel/tracing',
        command: MOUNT_TRACEFS,
        error: failure('E_NO_TRACEFS', {}),
      };
    }),
  },
  {
    id: 'functions',
    title: 'Tracing of kernel functions',
    run: onLinux(({ tracefs, kprobes, fentry }) => {
      // Without a readable tracefs nobody can say.
      if (tracefs === null) return null;
      const ways = [...(fentry ? ['fentry'] : []), ...(kprobes ? ['kprobes'] : [])];
      return ways.length > 0
        ? { state: 'ok', fact: ways.join(', ') }
        : { state: 'degraded', fact: 'neither fentry nor kprobes here; probes use tracepoints' };
    }),
  },
  {
    id: 'btf',
    title: 'Kernel type information (BTF)',
    run: onLinux(({ btf, bpftrace }) => {
      if (btf) return { state: 'ok', fact: '/sys/kernel/btf/vmlinux' };
      const version = bpftrace?.version;
      return {
        state: 'degraded',
        fact:
          version !== undefined && isSince(version, ARGUMENTS_BY_BTF_SINCE)
            ? `absent; bpftrace ${version} cannot read the arguments of tracepoints without it`
            : 'absent; probes that read kernel structures do without',
      };
    }),
  },
  {
    id: 'cost',
    title: 'Cost of the probes',
    run: onLinux(({ processor: { isEmulated }, remote = null }) => ({
      state: 'ok',
      fact:
        remote !== null
          ? 'only estimated from what they count: nothing is switched in the kernel of another host'
          : isEmulated
            ? 'only estimated from what they count: this processor is emulated, and nothing is switched in its kernel'
            : 'estimated from what they count, and measured by the kernel at most every 10 s',
    })),
  },
];

/** What is missing before BPF programs may be loaded, as the end of a sentence; null when nothing is. */
const lackingPrivilege = ({ uid, capabilities, bpftrace }: HostFacts): string | null => {
  const holds = (name: string): boolean => capabilities?.includes(name) ?? false;
  const mayLoad = holds('sys_admin') || (holds('bpf') && holds('perfmon'));
  // Root of a container is uid 0 with most capabilities taken away.
  if (uid === 0)
    return capabilities === null || mayLoad ? null : ' but without cap_sys_admin or cap_bpf and cap_perfmon';
  if (bpftrace === null || !isSince(bpftrace.version, BY_CAPABILITY_SINCE)) return '';
  return mayLoad ? null : ', without cap_sys_admin or cap_bpf and cap_perfmon';
};

function onLinux(run: Check['run']): Check['run'] {
  return (facts) => (facts.platform === 'linux' ? run(facts) : null);
}

/** Development builds call themselves 0.25.0-rc1 or carry a commit: the numbers decide. */
const isSince = (version: string, since: string): boolean => {
  const number = semver.coerce(version);
  return number !== null && semver.gte(number, since);
};
