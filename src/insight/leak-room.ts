/** How far a process may grow by how it was started, and by what the machine and its control group have. */
import { isIn } from '../core/cgroup.ts';
import type { Entity } from '../core/entity.ts';
import type { SessionState } from '../core/state.ts';

export type Room = {
  /** What it was allowed when it was started: up to there it touches what is its own. Infinite where that is not known. */
  readonly ownBytes: number;
  /** Of the machine, or of its control group where that has less. */
  readonly allBytes: number;
  /** Its heap is collected: it grows until a collection is worth it, and the first ones are. */
  readonly isCollected: boolean;
};

export const roomFor = (entity: Entity, state: SessionState): Room => {
  const limits = [...state.cgroups.values()]
    .filter(({ path }) => isIn(entity, path))
    .flatMap(({ readings }) => readings.get('cgroup.memory_limit')?.last ?? [])
    .filter((bytes) => bytes > 0);
  const machine = state.header.host.memoryBytes || Number.POSITIVE_INFINITY;
  const allBytes = Math.min(machine, ...limits);
  return { ownBytes: ownBytesOf(entity, allBytes), allBytes, isCollected: COLLECTED.test(entity.comm) };
};

const GUEST = /^(?:qemu|kvm|CPU \d+\/KVM|firecracker|cloud-hyperviso)/;
const COLLECTED = /^(?:node(?:js)?|MainThread|node-MainThread|bun|deno|java|dotnet|mono|ruby|php[\d.]*)$/;

/** `-m 4G`, `-m size=2048M,slots=2`; MiB where no unit is given. */
const GUEST_MEMORY = / -m (?:size=)?(\d+)([kKmMgGtT]?)/;
/** `-Xmx512m`; bytes where no unit is given. */
const HEAP_MEMORY = / -Xmx(\d+)([kKmMgGtT]?)/;
/** What a JVM takes of the machine where nothing else is asked for. */
const HEAP_SHARE = 0.25;

/** A guest touches its memory for the first time once, and a JVM its heap; neither is a leak before that is full. */
const ownBytesOf = ({ comm, cmdline }: Entity, allBytes: number): number => {
  const words = ` ${cmdline ?? ''}`;
  if (GUEST.test(comm)) return sizeIn(GUEST_MEMORY.exec(words), MIB) ?? Number.POSITIVE_INFINITY;
  if (comm === 'java') return sizeIn(HEAP_MEMORY.exec(words), 1) ?? heapIn(allBytes);
  return 0;
};

/** An import may not know how much memory there is. */
const heapIn = (allBytes: number): number => (Number.isFinite(allBytes) ? allBytes * HEAP_SHARE : 0);

const MIB = 2 ** 20;
const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: MIB, g: 2 ** 30, t: 2 ** 40 };

const sizeIn = (found: RegExpExecArray | null, each: number): number | null =>
  found === null ? null : Number(found[1]) * (UNITS[(found[2] ?? '').toLowerCase()] ?? each);
