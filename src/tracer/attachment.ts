/**
 * One tracer with the script that it runs: on its way, attached, and in the end drained. What it reports counts only in
 * its turn.
 */
import type { TracerScript } from '../session/ports.ts';
import type { TracerEvents } from './batches.ts';
import type { Readiness } from './readiness.ts';
import { startTracer, type Tracer, type TracerOptions } from './tracer.ts';
import { createTurn, type Turn } from './turn.ts';

export type Attachment = {
  readonly script: TracerScript;
  readonly turn: Turn;
  readonly pid: number;
  readonly ids: Tracer['ids'];
  readonly ready: Promise<Readiness>;
  /** It has been ready; it may have ended since. */
  isAttached(): boolean;
  readonly ended: Tracer['ended'];
  /** Its last batch has been delivered when this resolves, with how it ended. */
  drain(): Promise<string>;
};

export type AttachmentOptions = Omit<TracerOptions, 'script' | 'events'> & {
  /** One script for these probes, at their chosen variants. */
  readonly assemble: (probeIds: readonly string[]) => TracerScript;
  readonly onStatus: (text: string) => void;
};

export const startAttachment = (
  options: AttachmentOptions,
  ids: readonly string[],
  events: TracerEvents,
): Attachment => {
  const script = options.assemble(ids);
  options.onStatus(`attaching ${ids.join(', ')}`);
  const turn = createTurn(events);
  const tracer = startTracer({ ...options, script, events: turn.events });
  let attached = false;
  return {
    script,
    turn,
    pid: tracer.pid,
    ids: tracer.ids,
    ready: tracer.ready.then((readiness) => {
      attached = readiness.kind === 'ready';
      return readiness;
    }),
    isAttached: () => attached,
    ended: tracer.ended,
    drain: async () => {
      await tracer.stop();
      const { how, complaint } = await tracer.ended;
      return complaint === '' ? how : `${how}: ${complaint}`;
    },
  };
};
