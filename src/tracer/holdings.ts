/**
 * What the tracer holds in the kernel, looked at now and then: memory of its maps, and runs that the kernel skipped. A
 * program at a tracepoint does not run where another BPF program runs on that CPU already, as when an interrupt meets
 * one; the kernel counts that (from 5.12), and whatever the probe counts may lack it.
 */

import type { Traced } from '../budget/cost-watch.ts';
import { identify } from '../budget/identify.ts';
import type { HostPort } from '../session/ports.ts';
import type { LossTally } from './losses.ts';

/** Every descriptor of the tracer is read for it. */
const EVERY_SAMPLES = 10;

export type Holdings = {
  /** Called once for each sample: bytes of its maps when last looked at. */
  mapBytes(): number;
  /** Looks now: the tracer is about to end, and takes its figures with it. */
  look(): void;
};

export const createHoldings = (
  host: Pick<HostPort, 'bpfObjects'>,
  tracer: Traced,
  losses: LossTally,
): Holdings => {
  /** By program, whose number the kernel gives once. */
  const missed = new Map<string, number>();
  let asked = 0;
  let mapBytes = 0;

  const look = (): void => {
    const pid = tracer.tracerPid();
    const held = pid === null ? NOTHING : host.bpfObjects(pid);
    mapBytes = held.mapBytes;
    const script = tracer.script();
    if (script === null) return;
    for (const { program, points } of identify(script.programs, held.programs)) {
      const more = program.missed - (missed.get(program.id) ?? 0);
      if (more <= 0) continue;
      missed.set(program.id, program.missed);
      for (const metric of new Set(points.flatMap(({ metrics }) => metrics)))
        losses.add('missed-runs', more, { metric });
    }
  };

  return {
    mapBytes: () => {
      if (asked % EVERY_SAMPLES === 0) look();
      asked += 1;
      return mapBytes;
    },
    look,
  };
};

const NOTHING: ReturnType<HostPort['bpfObjects']> = { programs: [], mapBytes: 0 };
