/**
 * Keeps one tracer running. A probe that bpftrace refuses after all is left out and the others are tried again; a
 * tracer that dies is started again, ever more patiently and for ever, because a tool that leaves in the middle
 * of an outage is of no use. Maps are passed on only while a tracer is attached: what they hold before that is a
 * part of what its next maps hold anyway.
 */
import type { ProbeInUse } from '../core/record.ts';
import { isFailure } from '../errors.ts';
import type { TracerScript } from '../session/ports.ts';
import { startTracer, type Tracer, type TracerEvents, type TracerOptions } from './tracer.ts';

export type SupervisorOptions = Omit<TracerOptions, 'script' | 'events'> & {
  /** Every probe asked for; those that can run here are `attached` in advance. */
  readonly probes: readonly ProbeInUse[];
  /** One script for these probes, at their chosen variants. */
  readonly assemble: (probeIds: readonly string[]) => TracerScript;
  /**
   * Asked when bpftrace refuses what belongs to no probe: the probes that are another variant in the next script, which
   * asks less of this host; null when there is nothing left to leave out.
   */
  readonly simplify: () => readonly ProbeInUse[] | null;
  readonly onStatus: (text: string) => void;
};

export type SupervisorEvents = TracerEvents & {
  /** A tracer died; its probes are detached until `reattached`. */
  detached(probes: readonly ProbeInUse[], reason: string): void;
  /** A new tracer counts from zero. */
  reattached(probes: readonly ProbeInUse[], reason: string): void;
};

export type Supervisor = {
  /** Resolves with the script that is attached. Rejects with a StallscopeError, or an AbortError after `stop`. */
  attach(): Promise<TracerScript>;
  /** PID of the tracer that runs now. */
  tracerPid(): number | null;
  probes(): readonly ProbeInUse[];
  /** The script that is attached now. */
  script(): TracerScript | null;
  /** Takes these probes as they are here from now on: the tracer is stopped, drained, and another one started. */
  replace(changed: readonly ProbeInUse[], reason: string): Promise<void>;
  /** Drains the tracer; its last batch has been delivered when this resolves. */
  stop(): Promise<void>;
};

const BACKOFF_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
/** A tracer that lived this long earns a fresh start of the back-off. */
const STABLE_MS = 60_000;

export const createSupervisor = (options: SupervisorOptions, events: SupervisorEvents): Supervisor => {
  const probes = new Map(options.probes.map((probe) => [probe.id, probe]));
  let tracer: Tracer | null = null;
  let attached = false;
  let stopping = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let script: TracerScript | null = null;
  let replacing: Promise<void> = Promise.resolve();

  const runnable = (): ProbeInUse[] => [...probes.values()].filter((probe) => probe.state === 'attached');

  const whileAttached: TracerEvents = {
    batch: (batch) => attached && events.batch(batch),
    process: (event) => events.process(event),
    loss: (kind, count, detail) => events.loss(kind, count, detail),
  };

  const attach = async (): Promise<TracerScript> => {
    for (;;) {
      if (stopping) throw new DOMException('stopped before tracing began', 'AbortError');
      const ids = runnable().map((probe) => probe.id);
      const next = options.assemble(ids);
      options.onStatus(`attaching ${ids.join(', ')}`);
      const candidate = startTracer({ ...options, script: next, events: whileAttached });
      tracer = candidate;
      const readiness = await candidate.ready;
      if (readiness.kind === 'ready') {
        attached = true;
        script = next;
        void candidate.ended.then((end) => onEnded(candidate, end.how, end.complaint));
        return next;
      }
      await candidate.stop();
      await candidate.ended;
      tracer = null;
      if (readiness.kind === 'stopped') continue;
      if (readiness.probe === null && !isTimeout(readiness.error)) {
        const changed = options.simplify();
        for (const probe of changed ?? []) probes.set(probe.id, probe);
        if (changed !== null) continue;
      }
      if (readiness.probe === null || ids.length === 1) throw readiness.error;
      refuse(readiness.probe, readiness.error.message);
    }
  };

  const isTimeout = (error: unknown): boolean => isFailure(error, 'E_TRACER_TIMEOUT');

  const refuse = (id: string, reason: string): void => {
    const probe = probes.get(id);
    if (probe !== undefined) probes.set(id, { ...probe, state: 'refused', reason });
  };

  const onEnded = (ended: Tracer, how: string, complaint: string): void => {
    if (ended !== tracer) return;
    tracer = null;
    script = null;
    attached = false;
    if (stopping) return;
    const reason = `bpftrace ended: ${how}${complaint === '' ? '' : ` (${complaint})`}`;
    const detached = runnable().map((probe) => ({ ...probe, state: 'detached' as const, reason }));
    events.detached(detached, reason);
    restartLater(reason);
  };

  const restartLater = (reason: string): void => {
    const waitMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 60_000;
    failures += 1;
    options.onStatus(`${reason}; starting it again in ${waitMs / 1000} s`);
    timer = setTimeout(() => void restart(reason), waitMs);
  };

  const restart = async (reason: string): Promise<void> => {
    try {
      await attach();
    } catch (error) {
      if (!stopping) restartLater(error instanceof Error ? error.message : String(error));
      return;
    }
    events.reattached(runnable(), reason);
    const survivor = tracer;
    setTimeout(() => {
      if (tracer === survivor) failures = 0;
    }, STABLE_MS).unref();
  };

  const replace = async (changed: readonly ProbeInUse[], reason: string): Promise<void> => {
    // One that is being started was made for other probes: it is the one after it that will know.
    if (tracer !== null && !attached) return;
    clearTimeout(timer);
    const old = tracer;
    tracer = null;
    script = null;
    // What it counts until its end still counts.
    await old?.stop();
    await old?.ended;
    attached = false;
    for (const probe of changed) probes.set(probe.id, probe);
    if (stopping) return;
    events.detached([], reason);
    if (runnable().length > 0) await restart(reason);
  };

  return {
    attach,
    script: () => script,
    replace: (changed, reason) => {
      replacing = replacing.then(() => replace(changed, reason));
      return replacing;
    },
    tracerPid: () => tracer?.pid ?? null,
    probes: () => [...probes.values()],
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await tracer?.stop();
      await replacing;
      await tracer?.stop();
      await tracer?.ended;
    },
  };
};
