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
import { join } from 'node:path';
import { type KernelTypes, readKernelTypes } from './btf.ts';
import { parseEffectiveCapabilities } from './capabilities.ts';
import { installCommandOf, offerOf } from './distribution.ts';
import type { HostFacts } from './facts.ts';
import { type HostFiles, isThere, namesIn } from './files.ts';
import { functionsOf } from './functions.ts';
import type { Machine } from './machine.ts';
import { pageBytesOf } from './page-size.ts';
import { readDepth } from './process.ts';
import { readProcessor } from './processor.ts';
import { programAt } from './program.ts';
import { findTracefs, tracepointsAt } from './tracefs.ts';

const BTF = '/sys/kernel/btf';

export const readHostFacts = async (files: HostFiles, machine: Machine): Promise<HostFacts> => {
  const { platform, kernel, arch, hostname, uid, becomeRoot } = machine;
  const lockdown = parseLockdown(files.text('/sys/kernel/security/lockdown') ?? '');
  const confidential = lockdown === 'confidentiality';
  const tracefs = findTracefs(files);
  const functions = functionsOf(files, tracefs);
  const btf = isThere(files, join(BTF, 'vmlinux'));
  return {
    ...{ platform, kernel, arch, hostname, becomeRoot, remote: machine.name },
    cpus: machine.cpusOf(files),
    memoryBytes: machine.memoryBytesOf(files),
    pageBytes: pageBytesOf(files),
    processor: readProcessor(files),
    uid,
    capabilities: parseEffectiveCapabilities(files.text('/proc/self/status') ?? ''),
    lockdown,
    pidNamespace: readPidNamespace(files),
    procNamespace: readProcNamespace(files),
    tracefs,
    btf,
    btfListed: listsBtf(files),
    kprobes: !confidential && hasKprobes(files, tracefs),
    fentry: !confidential && btf && functions.listed && functions.hasSymbol('register_ftrace_direct'),
    ...(await machine.findBpftrace(files)),
    offer: offerOf(files.text('/etc/os-release')),
    tracepoints: tracepointsAt(files, tracefs),
    hasFunction: functions.hasTraceable,
    ...typesOf(files),
    program: (path) => programAt(files, path),
    installCommand: (packageName) =>
      machine.runThere(installCommandOf(files.text('/etc/os-release'), packageName)),
  };
};

/**
 * What is asked is remembered. The files, some 5 MB, are not held beyond the moment: a selection asks many times at once,
 * and then never again.
 */
const typesOf = (
  files: HostFiles,
): Pick<HostFacts, 'memberOffset' | 'memberBit' | 'perCpuOffset' | 'extractTypes'> => {
  const answers = new Map<string, number | null>();
  const held = new Map<string, WeakRef<KernelTypes>>();
  const types = (module: string): KernelTypes => {
    const read = held.get(module)?.deref() ?? readKernelTypes(files, BTF, module === '' ? null : module);
    held.set(module, new WeakRef(read));
    return read;
  };
  const remembered = (key: string, ask: () => number | null): number | null => {
    const answer = answers.has(key) ? (answers.get(key) ?? null) : ask();
    answers.set(key, answer);
    return answer;
  };
  return {
    memberOffset: (struct, member, module = '') =>
      remembered(`${module} ${struct} ${member}`, () => types(module).offsetOf(struct, member)),
    memberBit: (struct, member) =>
      remembered(`bit ${struct} ${member}`, () => types('').bitOf(struct, member)),
    perCpuOffset: (variable) => remembered(variable, () => types('').perCpuOffset(variable)),
    extractTypes: (wanted) => types('').extract(wanted),
  };
};

/** The mode in brackets: `none [integrity] confidentiality` is integrity. */
export const parseLockdown = (text: string): string | null => /\[([a-z]+)\]/.exec(text)?.[1] ?? null;

/** Where the kernel gives its modules' types, it lists BTF objects. One without modules need not be distinguished. */
const listsBtf = (files: HostFiles): boolean => namesIn(files, BTF).length > 1;

const hasKprobes = (files: HostFiles, tracefs: string | null): boolean =>
  isThere(files, '/sys/bus/event_source/devices/kprobe') ||
  (tracefs !== null && isThere(files, join(tracefs, 'kprobe_events')));

/** The number that the kernel gives the first PID namespace, the same on every machine (PROC_PID_INIT_INO). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** A /proc that shows us under one PID is that of our namespace; otherwise its process 1 says whose it is. */
const readProcNamespace = (files: HostFiles): HostFacts['procNamespace'] => {
  const depth = readDepth(files);
  if (depth === null) return null;
  if (depth === 1) return readPidNamespace(files);
  return namespaceOf(files, '1') === INITIAL_PID_NAMESPACE ? 'initial' : 'other';
};

const namespaceOf = (files: HostFiles, pid: string): string | null => files.link(`/proc/${pid}/ns/pid`);

/** A container sees a /proc of its own, in which nothing but this number says that it is not the host's. */
const readPidNamespace = (files: HostFiles): HostFacts['pidNamespace'] => {
  const own = namespaceOf(files, 'self');
  return own === null ? null : own === INITIAL_PID_NAMESPACE ? 'initial' : 'own';
};
