/**
 * When a tracer counts: only when bpftrace itself reports that the last probe is attached (`NOTIFY`), and has attached as
 * many as were asked for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { failure, type StallscopeError } from '../errors.ts';
import type { TracerScript } from '../session/ports.ts';
import type { Child } from './child.ts';
import { type Refusal, refusalOf, tellingLines } from './refusal.ts';

export type Readiness =
  | { readonly kind: 'ready'; readonly attachMs: number }
  | ({ readonly kind: 'refused' } & Refusal)
  /** Nobody has judged the script: another host could not be reached. */
  | { readonly kind: 'lost'; readonly error: StallscopeError }
  | { readonly kind: 'stopped' };

export type ReadinessOptions = {
  readonly child: Child;
  readonly script: TracerScript;
  readonly attachTimeoutMs: number;
  readonly startedAtMs: number;
  /** What it said on stderr so far. */
  readonly stderr: () => string;
};

export type Watched = {
  /** bpftrace says that the last probe is attached. */
  notified(): void;
  /** And how many are. */
  attachedProbes(probes: number): void;
  /** It may have counted something. */
  counts(): boolean;
  readonly ready: Promise<Readiness>;
};

/** How long the number of attached probes is waited for, of a version that may not say it. */
const ATTACHED_MS = 500;

export const watchReadiness = (options: ReadinessOptions): Watched => {
  const { child, script, attachTimeoutMs, startedAtMs, stderr } = options;
  const first = deferred<Readiness>();
  const toldAttached = deferred<void>();
  let counts = false;
  let attached: number | null = null;

  const timer = setTimeout(() => {
    const last = tellingLines(stderr()).at(-1) ?? 'it said nothing';
    const error = failure('E_TRACER_TIMEOUT', { seconds: attachTimeoutMs / 1000, last });
    first.resolve({ kind: 'refused', probe: null, among: [], error });
    void child.stop();
  }, attachTimeoutMs);

  void child.ended.then((end) => {
    if (end.stoppedWith !== null) first.resolve({ kind: 'stopped' });
    else if (end.lost !== undefined) first.resolve({ kind: 'lost', error: end.lost });
    else first.resolve({ kind: 'refused', ...refusalOf(script, stderr() || end.how, end.code) });
  });

  const ready = first.promise.then(async (result) => {
    clearTimeout(timer);
    // How many are attached was written before, but through another pipe, which may be read after this one.
    if (result.kind === 'ready' && attached === null)
      await Promise.race([toldAttached.promise, child.ended, delay(ATTACHED_MS, undefined, { ref: false })]);
    // 0.17 to 0.23 only warn about a probe they cannot find, and go on with the others.
    if (result.kind === 'ready' && attached !== null && attached < script.attachPoints) {
      void child.stop();
      return { kind: 'refused' as const, ...refusalOf(script, stderr(), 255) };
    }
    return result;
  });

  return {
    notified: () => {
      counts = true;
      first.resolve({ kind: 'ready', attachMs: performance.now() - startedAtMs });
    },
    attachedProbes: (probes) => {
      attached = probes;
      toldAttached.resolve();
    },
    counts: () => counts,
    ready,
  };
};

/** Node 20 has no `Promise.withResolvers`. */
const deferred = <T>() => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};
