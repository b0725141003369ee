/** What the screen shows until the probes count: this machine and its processes, from /proc. */
import { setImmediate } from 'node:timers/promises';
import { identityOf } from '../host/identity.ts';
import { createHostPort } from '../host/port.ts';
import { pump } from '../session/pump.ts';
import type { SnapshotStore } from '../session/store.ts';
import { createPreviewSource } from '../tracer/preview.ts';
import type { Context } from './context.ts';
import { globMatcher } from './options.ts';
import type { TraceOptions } from './trace.ts';

export type Preview = {
  begin(): void;
  /** It has been painted, or there is nothing to paint. */
  readonly painted: Promise<void>;
  /** The session shows itself from now on, or there is none. Safe to call again. */
  end(): void;
};

type Asked = Pick<TraceOptions, 'pids' | 'comm' | 'command'>;

/**
 * Of a command there is nothing to see before it is let run, and nobody else was asked for; files of another host are not
 * there yet.
 */
export const createPreview = (context: Context, asked: Asked, store: SnapshotStore): Preview => {
  if (asked.command !== null || context.remote !== null)
    return { begin: () => undefined, painted: Promise.resolve(), end: () => undefined };
  const source = sourceOf(context, asked);
  let ended = false;
  let sampled = (): void => undefined;
  const painted = new Promise<void>((resolve) => {
    // Not the snapshot that it is called with: who waits for the promise would hold that session for as long as we run.
    sampled = () => resolve();
  }).then(() => setImmediate());
  return {
    begin: () => {
      // It is only for the eye: what fails here must not keep anybody from tracing.
      pump({ source, sinks: [], store: until(() => ended, store), onSample: sampled })
        .catch(() => undefined)
        .finally(sampled);
    },
    painted,
    end: () => {
      ended = true;
      source.stop('attached');
      sampled();
    },
  };
};

const sourceOf = ({ files, machine, clock, version }: Context, { pids, comm, command }: Asked) =>
  createPreviewSource({
    toolVersion: version,
    identity: identityOf(files, {
      ...machine,
      cpus: machine.cpusOf(files),
      memoryBytes: machine.memoryBytesOf(files),
    }),
    host: createHostPort(files, {
      uncovered: () => undefined,
      uncoveredBy: () => ({}),
      command: null,
      // Nobody is looked up here by a number that the kernel gave.
      unnamed: null,
    }),
    clock,
    selection: { pids, comm, command },
    wantsComm: globMatcher(comm),
  });

/** Nothing is shown before the first sample: an empty table says less than the line that says what is going on. */
const until = (isOver: () => boolean, store: SnapshotStore): SnapshotStore => ({
  ...store,
  set: (snapshot) => {
    if (!isOver() && snapshot.samples > 0) store.set(snapshot);
  },
});
