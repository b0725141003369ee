/**
 * Keeps one tracer running. One that is to count otherwise is replaced by another, which is started beside it
 * (beside.ts); a probe that bpftrace refuses after all is left out (attempts.ts); a tracer that dies is started again,
 * ever more patiently and for ever (restarts.ts), because a tool that leaves in the middle of an outage is of no use. Maps
 * are passed on only while a tracer is attached: what they hold before that is a part of what its next maps hold anyway.
 */
import type { ProbeInUse } from '../core/record.ts';
import type { TracerScript } from '../session/ports.ts';
import { type Attachment, type AttachmentOptions, startAttachment } from './attachment.ts';
import { type Attempts, attachWhatRuns } from './attempts.ts';
import type { TracerEvents } from './batches.ts';
import { type BesideOptions, takeOver } from './beside.ts';
import { createProbeSet, idsOf } from './probe-set.ts';
import { createRestarts } from './restarts.ts';
import type { TracerIds } from './tracer.ts';

export type SupervisorOptions = AttachmentOptions & {
  /** Every probe asked for; those that can run here are `attached` in advance. */
  readonly probes: readonly ProbeInUse[];
  readonly simplify: Attempts['simplify'];
  /** Why the tracer's PIDs are not those of this /proc; null when they are. */
  readonly unnamed: string | null;
  /** null where one tracer must be gone before the next is started. */
  readonly beside: BesideOptions | null;
};

export type SupervisorEvents = TracerEvents & {
  /** A tracer was asked to end before another one is there: from now on less and less is counted. */
  leaving(): void;
  /** A tracer died; its probes are detached until `reattached`. */
  detached(probes: readonly ProbeInUse[], reason: string): void;
  /** A new tracer counts from zero. */
  reattached(probes: readonly ProbeInUse[], reason: string): void;
};

export type Supervisor = {
  /** Resolves with the script that is attached. Rejects with a StallscopeError, or an AbortError after `stop`. */
  attach(): Promise<TracerScript>;
  /** PID of the tracer that runs now, as this /proc has it. */
  tracerPid(): number | null;
  /** As the tracer that runs now, or ran last, counts itself and us; null before the first. */
  ids(): TracerIds | null;
  probes(): readonly ProbeInUse[];
  /** The script that is attached now. */
  script(): TracerScript | null;
  /** Takes these probes as they are here from now on: the tracer is stopped, drained, and another one started. */
  replace(changed: readonly ProbeInUse[], reason: string): Promise<void>;
  /** Drains the tracer; its last batch has been delivered when this resolves, with how it ended. */
  stop(): Promise<string | null>;
};

export const createSupervisor = (options: SupervisorOptions, events: SupervisorEvents): Supervisor => {
  const probes = createProbeSet(options.probes);
  const restarts = createRestarts(options.onStatus);
  /** The tracer in charge, or on its way there. */
  let current: Attachment | null = null;
  /** The same, or the one that was. */
  let latest: Attachment | null = null;
  /** Started beside the one that counts, and not yet in its place. */
  let candidate: Attachment | null = null;
  /** Replaced, and not yet gone. */
  let leaving: Promise<unknown> = Promise.resolve();
  let replacing: Promise<void> = Promise.resolve();
  let stopping = false;

  const start = (ids: readonly string[]): Attachment => startAttachment(options, ids, events);
  /** What keeps it from being made is reported when it is tried without another beside it. */
  const startOrNull = (ids: readonly string[]): Attachment | null => {
    try {
      return start(ids);
    } catch {
      return null;
    }
  };
  const isStopping = (): boolean => stopping;
  const putInCharge = (attachment: Attachment): Attachment => {
    current = attachment;
    latest = attachment;
    return attachment;
  };

  const attach = async (): Promise<Attachment> => {
    try {
      const attached = await attachWhatRuns({
        probes,
        simplify: options.simplify,
        start: (ids) => putInCharge(start(ids)),
        isStopping,
      });
      attached.turn.begin();
      watch(attached);
      return attached;
    } catch (error) {
      current = null;
      throw error;
    }
  };

  const watch = (attached: Attachment): void => {
    void attached.ended.then(({ how, complaint }) => {
      if (attached === current) onDeath(`bpftrace ended: ${how}${complaint === '' ? '' : ` (${complaint})`}`);
    });
  };

  const onDeath = (reason: string): void => {
    current = null;
    if (stopping) return;
    events.detached(
      probes.attached().map((probe) => ({ ...probe, state: 'detached' as const, reason })),
      reason,
    );
    restartLater(reason);
  };

  const restartLater = (reason: string): void => restarts.later(reason, () => void restart(reason));

  const restart = async (reason: string): Promise<void> => {
    try {
      await attach();
    } catch (error) {
      if (!stopping) restartLater(error instanceof Error ? error.message : String(error));
      return;
    }
    events.reattached(probes.attached(), reason);
    const survivor = current;
    restarts.begun(() => current === survivor);
  };

  const replace = async (changed: readonly ProbeInUse[], reason: string): Promise<void> => {
    // One that is being started was made for other probes: it is the one after it that will know.
    if (current?.isAttached() === false) return;
    restarts.cancel();
    const old = current;
    current = null;
    await leaving;
    if (old !== null && (await replaceBeside(old, changed, reason))) return;
    // What it counts until its end still counts.
    if (old !== null && !stopping) events.leaving();
    await old?.drain();
    probes.change(changed);
    if (stopping) return;
    events.detached([], reason);
    if (probes.attached().length > 0) await restart(reason);
  };

  /** Whether the old one has been replaced; when not, it still counts. */
  const replaceBeside = async (
    old: Attachment,
    changed: readonly ProbeInUse[],
    reason: string,
  ): Promise<boolean> => {
    const { beside } = options;
    const ids = idsOf(probes.attachedWith(changed));
    if (beside === null || ids.length === 0 || stopping || !beside.hasRoom()) return false;
    const next = startOrNull(ids);
    if (next === null) return false;
    candidate = next;
    const taken = await takeOver(old, next, beside, isStopping);
    candidate = null;
    if (!taken) return false;
    leaving = old.drain();
    probes.change(changed);
    events.detached([], reason);
    putInCharge(next);
    watch(next);
    events.reattached(probes.attached(), reason);
    next.turn.begin();
    return true;
  };

  return {
    attach: async () => (await attach()).script,
    script: () => (current?.isAttached() === true ? current.script : null),
    replace: (changed, reason) => {
      replacing = replacing.then(() => replace(changed, reason));
      return replacing;
    },
    tracerPid: () => {
      if (current === null) return null;
      return options.unnamed === null ? current.ids().tracer : current.pid;
    },
    ids: () => latest?.ids() ?? null,
    probes: probes.all,
    stop: async () => {
      stopping = true;
      restarts.cancel();
      await candidate?.drain();
      const how = await current?.drain();
      await replacing;
      const last = await current?.drain();
      await leaving;
      return last ?? how ?? null;
    },
  };
};
