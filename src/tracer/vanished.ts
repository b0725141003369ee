/**
 * Processes that are gone though no exit line came: it is lost, or the kernel had no room to remember that they count. They
 * are found by looking at those that are taken to live.
 */
import type { HostPort } from '../session/ports.ts';
import type { Known } from './known.ts';

/** How long an exit line may be late before a process that is gone is said to have ended. */
const UNREPORTED_US = 2_000_000;
/** How many of the living are looked at per sample for whether they still are there. */
const MAX_LOOKS = 256;

export type Vanished = {
  /** Those found now among some of the living, in turns, that have been gone for long enough. They have ended. */
  find(bootUs: number): readonly (readonly [number, Known])[];
  /** The same when no exit line will come any more, of all of them. */
  findAll(bootUs: number): readonly (readonly [number, Known])[];
  /** How many have counted, have a name and are gone, though nobody reported that they ended. */
  unreported(): number;
};

export const createVanished = (
  host: Pick<HostPort, 'process' | 'image'>,
  known: ReadonlyMap<number, Known>,
  /** The same process runs another program by now. */
  changed: (pid: number, who: Known) => void,
): Vanished => {
  let looks = 0;

  const isGone = (pid: number, who: Known): boolean => {
    const image = host.image(pid);
    if (image === null) return true;
    if (image === who.image) return false;
    if (host.process(pid)?.startMs !== who.startMs) return true;
    changed(pid, who);
    return false;
  };

  const living = (): [number, Known][] =>
    [...known].filter(([pid, { exitedUs }]) => exitedUs === null && pid !== 0);

  const endedAmong = (looked: readonly [number, Known][], bootUs: number, untoldUs: number) => {
    const gone = looked.filter(([pid, who]) => isGone(pid, who));
    for (const [, who] of gone) who.goneUs ??= bootUs;
    const ended = gone.filter(([, { goneUs }]) => goneUs !== null && bootUs - goneUs >= untoldUs);
    for (const [, who] of ended) who.exitedUs = who.goneUs;
    return ended;
  };

  return {
    find: (bootUs) => {
      const all = living();
      const from = all.length <= MAX_LOOKS ? 0 : looks % all.length;
      looks = from + MAX_LOOKS;
      return endedAmong(
        [...all.slice(from), ...all.slice(0, from)].slice(0, MAX_LOOKS),
        bootUs,
        UNREPORTED_US,
      );
    },
    findAll: (bootUs) => endedAmong(living(), bootUs, 0),
    unreported: () =>
      [...known].filter(
        ([pid, who]) =>
          who.counts &&
          (who.goneUs !== null || (who.exitedUs === null && host.process(pid)?.startMs !== who.startMs)),
      ).length,
  };
};
