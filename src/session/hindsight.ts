/**
 * What live tracing remembers, so that the view can be held and stepped back while collecting goes on.
 *
 * Memory is a run of blocks. A block begins with the state before it, serialised, and holds the records that came
 * then, as the recorder would write them; all of it deflated. A moment is shown by reviving its block's state and
 * folding on to it, so what is seen in hindsight is what was seen then, to the last digit, as in a replay. The
 * oldest block is dropped when all of them together are larger than MAX_BYTES: memory is bounded whatever happens,
 * and how far back it reaches depends on how much happens. Nothing is revived while the view follows.
 */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { KEPT_BEHIND_SAMPLES } from '../core/entity.ts';
import { fold } from '../core/fold.ts';
import type { StreamRecord } from '../core/record.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { SessionState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import type { Playback, PlaybackState } from './playback.ts';
import { createSnapshotStore, type SnapshotStore } from './store.ts';

const MAX_BYTES = 24 * 1024 * 1024;
/** A jump folds at most so many samples; a state is written down as often. */
const BLOCK_SAMPLES = 60;
/** Records wait for so much text before they are deflated. */
const CHUNK_CHARS = 128 * 1024;
/**
 * Snapshots kept so that the next steps back cost nothing: the latest while the view follows, more around the one
 * shown while it is held, and fewer where many rows change. They share the rows that did not change between them.
 */
const KEPT_SNAPSHOTS = 60;
const KEPT_ROWS = 60_000;
const RECENT_ROWS = 6_000;
/** Fast rather than small: this runs beside the tracing. */
const EFFORT = { level: 1 };

export type Hindsight = Playback & {
  /** What the screen shows: the latest, or what is held. */
  readonly shown: SnapshotStore;
  /** To be called after a record was folded into `state`. */
  remember(record: StreamRecord, state: SessionState): void;
  /** How much of MAX_BYTES is used, for tests and the curious. */
  bytes(): number;
};

type Block = {
  /** Number of its first sample. */
  readonly first: number;
  readonly state: Buffer;
  readonly chunks: Buffer[];
  pending: string[];
  pendingChars: number;
  /** `bootUs` of its samples. */
  readonly times: number[];
  bytes: number;
};

/** `live` is where the pump puts every snapshot. */
export const createHindsight = (live: SnapshotStore, maxBytes: number = MAX_BYTES): Hindsight => {
  const shown = createSnapshotStore();
  const listeners = new Set<() => void>();
  const blocks: Block[] = [];
  let bytes = 0;
  let held: Reader | null = null;
  const recent = new Map<number, Snapshot>();

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  live.subscribe(() => {
    const latest = live.get();
    if (latest !== null) keep(recent, latest, KEPT_BEHIND_SAMPLES, RECENT_ROWS);
    if (held === null && latest !== null) shown.set(latest);
    else tell();
  });

  const begin = (state: SessionState): Block => {
    const block: Block = {
      first: state.samples,
      state: deflateRawSync(serialize(state), EFFORT),
      chunks: [],
      pending: [],
      pendingChars: 0,
      times: [],
      bytes: 0,
    };
    grow(block, block.state.length);
    blocks.push(block);
    return block;
  };
  const grow = (block: Block, by: number): void => {
    block.bytes += by;
    bytes += by;
  };
  const forget = (): void => {
    while (bytes > maxBytes && blocks.length > 1) bytes -= blocks.shift()?.bytes ?? 0;
  };

  const firstHeld = (): number => blocks[0]?.first ?? 0;
  const lastHeld = (): number => {
    const block = blocks.at(-1);
    return block === undefined ? -1 : block.first + block.times.length - 1;
  };
  const timeOf = (sample: number): number => {
    const block = blockOf(blocks, sample);
    return block?.times[sample - block.first] ?? 0;
  };

  const follow = (): void => {
    held = null;
    const latest = live.get();
    if (latest !== null) shown.set(latest);
    tell();
  };
  const show = (sample: number): void => {
    const block = blockOf(blocks, sample);
    if (block === undefined) return;
    if (held === null || held.block !== block || !held.reaches(sample))
      held = createReader(block, recent, sample);
    shown.set(held.at(sample));
    tell();
  };
  const hold = (): void => {
    const latest = live.get();
    const block = blockOf(blocks, lastHeld());
    if (latest === null || block === undefined) return;
    held = createReader(block, recent, lastHeld());
    tell();
  };
  const goTo = (sample: number): void => {
    if (sample >= lastHeld()) follow();
    else show(Math.max(firstHeld(), sample));
  };

  return {
    shown,
    bytes: () => bytes,
    remember: (record, state) => {
      const block = blocks.at(-1);
      if (block === undefined) {
        // It has been folded already: memory begins after it.
        begin(state);
        return;
      }
      const text = JSON.stringify(record);
      block.pending.push(text);
      block.pendingChars += text.length;
      grow(block, text.length);
      if (record.type === 'sample') block.times.push(record.bootUs);
      if (block.pendingChars >= CHUNK_CHARS) pack(block, grow);
      if (block.times.length < BLOCK_SAMPLES) return;
      pack(block, grow);
      begin(state);
      forget();
    },
    state: (): PlaybackState => {
      const position = held === null ? lastHeld() : held.position();
      return {
        startUs: timeOf(firstHeld()),
        endUs: timeOf(lastHeld()),
        positionUs: shown.get()?.bootUs ?? 0,
        sample: Math.max(0, position - firstHeld()),
        samples: lastHeld() - firstHeld() + 1,
        playing: held === null,
        speed: 1,
        following: held === null,
      };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => (held === null ? hold() : follow()),
    step: (samples) => {
      if (held === null && samples >= 0) return;
      goTo((held?.position() ?? lastHeld()) + samples);
    },
    seek: (bootUs) => {
      const block =
        blocks.findLast(({ times }) => (times[0] ?? Number.POSITIVE_INFINITY) <= bootUs) ?? blocks[0];
      if (block === undefined) return;
      const within = block.times.findLastIndex((time) => time <= bootUs);
      goTo(block.first + Math.max(0, within));
    },
    // What has just happened is looked at by steps; only a recording is played.
    setSpeed: () => undefined,
  };
};

const blockOf = (blocks: readonly Block[], sample: number): Block | undefined =>
  blocks.findLast(({ first, times }) => first <= sample && sample < first + times.length);

const pack = (block: Block, grow: (block: Block, by: number) => void): void => {
  if (block.pending.length === 0) return;
  const chunk = deflateRawSync(`${block.pending.join('\n')}\n`, EFFORT);
  block.chunks.push(chunk);
  grow(block, chunk.length - block.pendingChars);
  block.pending = [];
  block.pendingChars = 0;
};

type Reader = {
  readonly block: Block;
  position(): number;
  /** Whether it can show this sample without being opened again. */
  reaches(sample: number): boolean;
  at(sample: number): Snapshot;
};

/** By number, the latest last; the oldest go first. `rows` is how many they may hold that no other of them has. */
const keep = (kept: Map<number, Snapshot>, snapshot: Snapshot, snapshots: number, rows: number): void => {
  const before = kept.get(snapshot.samples - 2);
  const changed = snapshot.rows.filter((row, at) => row !== before?.rows[at]).length;
  kept.set(snapshot.samples - 1, snapshot);
  const most = Math.max(2, Math.min(snapshots, Math.floor(rows / (changed + 1))));
  for (const [old] of kept) {
    if (kept.size <= most) break;
    kept.delete(old);
  }
};

/** Walks one block. What was kept of it already is shown as it is, so that holding the view revives nothing. */
const createReader = (block: Block, recent: ReadonlyMap<number, Snapshot>, at: number): Reader => {
  const last = block.first + block.times.length - 1;
  const kept = new Map([...recent].filter(([number]) => number >= block.first && number <= last));
  let position = at;
  /** Where its state stands; null until it is needed, and again when it stands too far. */
  let walk: { readonly state: SessionState; readonly records: readonly StreamRecord[]; next: number } | null =
    null;
  let readTo = last;

  const revive = (): NonNullable<typeof walk> => {
    readTo = block.first + block.times.length - 1;
    const text = block.chunks.map((chunk) => inflateRawSync(chunk).toString()).join('');
    const lines = [...text.split('\n').filter((line) => line !== ''), ...block.pending];
    return {
      state: deserialize(inflateRawSync(block.state)) as SessionState,
      records: lines.map((line) => JSON.parse(line) as StreamRecord),
      next: 0,
    };
  };

  const walkTo = (sample: number): Snapshot => {
    if (walk === null || walk.state.samples - 1 >= sample) {
      walk = revive();
      kept.clear();
    }
    const { state, records } = walk;
    let snapshot: Snapshot | null = null;
    while (state.samples - 1 < sample && walk.next < records.length) {
      const record = records[walk.next] as StreamRecord;
      walk.next += 1;
      fold(state, record);
      if (record.type !== 'sample' || state.samples - 1 < sample - KEPT_SNAPSHOTS) continue;
      snapshot = takeSnapshot(state);
      keep(kept, snapshot, KEPT_SNAPSHOTS, KEPT_ROWS);
    }
    return snapshot ?? takeSnapshot(state);
  };

  return {
    block,
    position: () => position,
    reaches: (sample) => kept.has(sample) || sample <= readTo || walk === null,
    at: (sample) => {
      position = sample;
      return kept.get(sample) ?? walkTo(sample);
    },
  };
};
