/** Which program a process is one of, and what it used of the CPUs. */
import type { Entity } from '../../core/entity.ts';
import { isKernelThread } from '../../core/who.ts';

export const CPU = 'proc.cpu_ms';
export const CHILDREN = 'proc.child_cpu_ms';

export const KERNEL = 'kernel threads';

/**
 * Those of one name are of one kind, but where that is only what runs them: then those of one script, and where that is not
 * known, those of one parent.
 */
export const programOf = (entity: Entity): string => {
  if (isKernelThread(entity)) return KERNEL;
  const { comm, cmdline, ppid, pid } = entity;
  if (!INTERPRETER.test(comm)) return comm;
  const [, ...words] = (cmdline ?? '').split(' ');
  const script = words.find((word) => word !== '' && !word.startsWith('-'));
  return script === undefined ? `${comm} of ${ppid ?? pid}` : `${comm} ${script}`;
};

/** What Node.js calls its process has changed with its versions. */
const INTERPRETER =
  /^(?:node(?:js)?|MainThread|node-MainThread|bun|deno|python[\d.]*|pypy[\d.]*|perl|ruby|java|php[\d.]*|lua[\d.]*|(?:ba|da|z|k|c|tc|fi)?sh|busybox|sudo|env|mono|dotnet|beam\.smp|R)$/;

/** In ms; of one process in a tick. */
export const usedBy = (entity: Entity, counted: ReadonlyMap<string, number>): number =>
  (counted.get(CPU) ?? 0) + (isReaper(entity) ? 0 : (counted.get(CHILDREN) ?? 0));

/** Who takes in what others have left is charged for what it never started. */
const isReaper = ({ pid, comm }: Entity): boolean => pid === 1 || REAPERS.test(comm);

const REAPERS =
  /^(?:systemd|init|tini|dumb-init|docker-init|catatonit|conmon|containerd-shim.*|s6-svscan|runit)$/;
