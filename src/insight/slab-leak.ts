/**
 * Growth of the kernel's own objects. What it can drop (inodes, dentries) fills memory by design and is left out; the rest
 * has to be as steady as a clock, because under a load that rises it grows too.
 */
import type { SessionState } from '../core/state.ts';
import type { Finding } from './findings/finding.ts';
import { slabLeak } from './findings/slab-leak.ts';
import { LEAK, SLAB_LEAK } from './growth-params.ts';
import { addPoint, isUnabated, type Leaks, risesOf, type SlabPoint } from './leak-state.ts';

const ALL = 'mem.slab';
const DROPPABLE = 'mem.slab_reclaimable';

/** To be called after every sample in which the host was read. */
export const watchSlab = ({ slab }: Pick<Leaks, 'slab'>, { host, bootUs }: SessionState): void => {
  const [all, droppable] = [host.get(ALL), host.get(DROPPABLE)];
  if (all === undefined || droppable === undefined) return;
  addPoint(slab, () => ({ bootUs, held: all.last - droppable.last, droppable: droppable.last }));
};

export const slabFindings = (
  { slab: { points } }: Pick<Leaks, 'slab'>,
  { metrics }: SessionState,
): Finding[] => {
  const begun = points.slice(Math.floor(points.length * LEAK.startUpShare));
  const [first, last] = [begun[0], begun.at(-1)];
  if (first === undefined || last === undefined || begun.length < 2 * LEAK.parts) return [];
  if (last.bootUs - first.bootUs < LEAK.leastMs * 1000) return [];
  const { first: trough, rise, ...steady } = risesOf(begun.map(({ bootUs, held }) => [bootUs, held]));
  const unit = BYTES_PER[metrics.get(ALL)?.unit ?? 'bytes'] ?? 1;
  const least = Math.max(SLAB_LEAK.leastBytes / unit, SLAB_LEAK.leastShare * trough);
  const isLeak = rise >= least && isUnabated(steady, { forUs: last.bootUs - first.bootUs });
  return isLeak ? [describe(first, last, unit)] : [];
};

const BYTES_PER: Readonly<Record<string, number>> = { bytes: 1, KiB: 1024 };

const describe = (first: SlabPoint, last: SlabPoint, unit: number): Finding => {
  const seconds = Math.round((last.bootUs - first.bootUs) / 1e6);
  const evidence = (metric: string, value: number, what: string): Finding['evidence'][number] => ({
    metric,
    value: value * unit,
    unit: 'bytes',
    what,
    atUs: last.bootUs,
  });
  return {
    ...slabLeak,
    confidence: SLAB_LEAK.confidence,
    suspect: null,
    nobody: 'the kernel holds it, and does not count for whom',
    victims: [],
    startUs: first.bootUs,
    endUs: last.bootUs,
    evidence: [
      evidence(
        ALL,
        last.held - first.held,
        `growth of kernel objects that cannot be dropped, in ${seconds} s`,
      ),
      evidence(DROPPABLE, last.droppable - first.droppable, 'growth of those that can, meanwhile'),
    ],
    missing: [],
  };
};
