/**
 * Everything preflight and probe selection need to know about this host, read without changing anything on it.
 * Nothing here throws: what cannot be read becomes null, false or an empty list, and `checks.ts` says what that
 * means for the user. Facilities are detected by presence, never by `uname -r` (backports make versions lie).
 *
 * kprobes: the kernel's `kprobe` perf event source, or tracefs' kprobe_events, and no confidentiality lockdown
 * (which forbids kprobes; integrity does not).
 * fentry: BTF, direct calls into functions (register_ftrace_direct, which comes with BPF trampolines), and a
 * readable available_filter_functions, from which bpftrace takes what it may attach to.
 */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { findBpftrace } from './bpftrace.ts';
import { memberOffset } from './btf.ts';
import { parseEffectiveCapabilities } from './capabilities.ts';
import { installCommandOf } from './distribution.ts';
import type { HostFacts } from './facts.ts';
import { ROOTS, type Roots, readText } from './files.ts';
import { functionsAt } from './functions.ts';
import { readProcessor } from './processor.ts';
import { programAt } from './program.ts';
import { findTracefs, tracepointsAt } from './tracefs.ts';

export const readHostFacts = async (
  options: { readonly roots?: Partial<Roots>; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<HostFacts> => {
  const { proc, sys } = { ...ROOTS, ...options.roots };
  const uid = process.geteuid?.() ?? -1;
  const lockdown = parseLockdown(readText(join(sys, 'kernel/security/lockdown')) ?? '');
  const confidential = lockdown === 'confidentiality';
  const tracefs = findTracefs(sys);
  const functions = functionsAt(proc, tracefs);
  const btf = existsSync(join(sys, 'kernel/btf/vmlinux'));
  return {
    platform: process.platform,
    kernel: os.release(),
    arch: os.machine(),
    hostname: os.hostname(),
    cpus: os.cpus().length,
    memoryBytes: os.totalmem(),
    processor: readProcessor({ proc, sys }),
    uid,
    capabilities: parseEffectiveCapabilities(readText(join(proc, 'self/status')) ?? ''),
    lockdown,
    pidNamespace: readPidNamespace(proc),
    tracefs,
    btf,
    btfListed: listsBtf(sys),
    kprobes: !confidential && hasKprobes(sys, tracefs),
    fentry: !confidential && btf && functions.listed && functions.hasSymbol('register_ftrace_direct'),
    ...(await findBpftrace(options.env ?? process.env)),
    tracepoints: tracepointsAt(tracefs),
    hasFunction: functions.hasTraceable,
    memberOffset: (struct, member) => memberOffset(join(sys, 'kernel/btf/vmlinux'), struct, member),
    program: programAt,
    installCommand: (packageName) =>
      (uid === 0 ? '' : 'sudo ') + installCommandOf(readText('/etc/os-release'), packageName),
  };
};

/** The mode in brackets: `none [integrity] confidentiality` is integrity. */
export const parseLockdown = (text: string): string | null => /\[([a-z]+)\]/.exec(text)?.[1] ?? null;

/** Where the kernel gives its modules' types, it lists BTF objects. One without modules need not be told apart. */
const listsBtf = (sys: string): boolean => {
  try {
    return readdirSync(join(sys, 'kernel/btf')).length > 1;
  } catch {
    return false;
  }
};

const hasKprobes = (sys: string, tracefs: string | null): boolean =>
  existsSync(join(sys, 'bus/event_source/devices/kprobe')) ||
  (tracefs !== null && existsSync(join(tracefs, 'kprobe_events')));

/** The number that the kernel gives the first PID namespace, the same on every machine (PROC_PID_INIT_INO). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** A container sees a /proc of its own, in which nothing but this number tells that it is not the host's. */
const readPidNamespace = (proc: string): HostFacts['pidNamespace'] => {
  try {
    return readlinkSync(join(proc, 'self/ns/pid')) === INITIAL_PID_NAMESPACE ? 'initial' : 'own';
  } catch {
    return null;
  }
};
