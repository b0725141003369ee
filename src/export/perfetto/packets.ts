/**
 * Packets of a Perfetto trace (protos/perfetto/trace of google/perfetto), with the numbers of their fields. Time is
 * nanoseconds of CLOCK_BOOTTIME, as other recorders have it, and one snapshot of the clocks says what that is in real time.
 */
import type { ClockAnchor } from '../../core/clock.ts';
import { type Message, message } from './protobuf.ts';

const PACKET = 1;
const ofPacket = {
  clockSnapshot: 6,
  timestamp: 8,
  sequence: 10,
  event: 11,
  flags: 13,
  defaults: 59,
  track: 60,
};
const ofDefaults = { clock: 58 };
const ofClocks = { clock: 1, primary: 2 };
const ofClock = { id: 1, timestamp: 2 };
const ofTrack = {
  uuid: 1,
  name: 2,
  process: 3,
  parent: 5,
  counter: 8,
  ordering: 11,
  rank: 12,
  description: 14,
};
const ofProcess = { pid: 1, name: 6, startNs: 7 };
const ofCounter = { unit: 3, unitName: 6 };
const ofEvent = {
  annotation: 4,
  type: 9,
  track: 11,
  category: 22,
  name: 23,
  value: 30,
  double: 44,
  flow: 47,
  end: 48,
};
const ofAnnotation = { integer: 4, string: 6, name: 10 };

const REALTIME = 1;
const BOOTTIME = 6;
const SEQUENCE = 1;
const STATE_CLEARED = 1;
const EXPLICIT = 3;
const TYPES = { begin: 1, end: 2, instant: 3, counter: 4 } as const;
const UNITS: Readonly<Record<string, number>> = { ns: 1, count: 2, bytes: 3 };

/** µs since boot to ns, exact beyond 2^53. */
const ns = (us: number): number | bigint =>
  us * 1000 <= Number.MAX_SAFE_INTEGER ? Math.round(us * 1000) : BigInt(Math.round(us)) * 1000n;

const packed = (packet: Message): Uint8Array => message().message(PACKET, packet).bytes();

/** First of all: the clock that times are in, and both clocks at one instant. */
export const clockPackets = ({ bootUs, realMs }: ClockAnchor): Uint8Array[] => {
  const clock = (id: number, time: number | bigint): Message =>
    message().varint(ofClock.id, id).varint(ofClock.timestamp, time);
  const snapshot = message()
    .message(ofClocks.clock, clock(BOOTTIME, ns(bootUs)))
    .message(ofClocks.clock, clock(REALTIME, ns(realMs * 1000)))
    .varint(ofClocks.primary, BOOTTIME);
  return [
    packed(
      message()
        .varint(ofPacket.timestamp, ns(bootUs))
        .varint(ofPacket.sequence, SEQUENCE)
        .message(ofPacket.clockSnapshot, snapshot)
        .varint(ofPacket.flags, STATE_CLEARED)
        .message(ofPacket.defaults, message().varint(ofDefaults.clock, BOOTTIME)),
    ),
  ];
};

export type Track = {
  readonly uuid: bigint;
  /** Of a process its name is that. */
  readonly name?: string;
  readonly parent?: bigint;
  readonly process?: { readonly pid: number; readonly name: string; readonly startMs: number | null };
  readonly counterUnit?: string;
  /** Its children stand in the order of their ranks. */
  readonly ordered?: boolean;
  readonly rank?: number;
  readonly description?: string;
};

export const trackPacket = (track: Track): Uint8Array => {
  const { uuid, name, parent, process, counterUnit, ordered, rank, description } = track;
  const descriptor = message().varint(ofTrack.uuid, uuid);
  if (name !== undefined) descriptor.text(ofTrack.name, name);
  if (process !== undefined) {
    const { pid, name: called, startMs } = process;
    const about = message().varint(ofProcess.pid, pid).text(ofProcess.name, called);
    if (startMs !== null) about.varint(ofProcess.startNs, ns(startMs * 1000));
    descriptor.message(ofTrack.process, about);
  }
  if (parent !== undefined) descriptor.varint(ofTrack.parent, parent);
  if (counterUnit !== undefined) descriptor.message(ofTrack.counter, counterOf(counterUnit));
  if (ordered === true) descriptor.varint(ofTrack.ordering, EXPLICIT);
  if (rank !== undefined) descriptor.varint(ofTrack.rank, rank);
  if (description !== undefined) descriptor.text(ofTrack.description, description);
  return packed(message().varint(ofPacket.sequence, SEQUENCE).message(ofPacket.track, descriptor));
};

const counterOf = (unit: string): Message => {
  const known = UNITS[unit];
  return known === undefined
    ? message().text(ofCounter.unitName, unit)
    : message().varint(ofCounter.unit, known);
};

export type Annotation = readonly [name: string, value: string | number];

export type TraceEvent = {
  readonly type: keyof typeof TYPES;
  readonly track: bigint;
  readonly name?: string;
  readonly category?: string;
  readonly annotations?: readonly Annotation[];
  /** Arrows begin here, and end. */
  readonly flows?: readonly bigint[];
  readonly ends?: readonly bigint[];
  readonly value?: number;
};

export const eventPacket = (bootUs: number, event: TraceEvent): Uint8Array => {
  const { type, track, name, category, annotations = [], flows = [], ends = [], value } = event;
  const body = message();
  for (const [key, said] of annotations) {
    const annotation = message();
    if (typeof said === 'string') annotation.text(ofAnnotation.string, said);
    else if (Number.isSafeInteger(said)) annotation.varint(ofAnnotation.integer, said);
    else annotation.text(ofAnnotation.string, String(said));
    body.message(ofEvent.annotation, annotation.text(ofAnnotation.name, key));
  }
  body.varint(ofEvent.type, TYPES[type]).varint(ofEvent.track, track);
  if (category !== undefined) body.text(ofEvent.category, category);
  if (name !== undefined) body.text(ofEvent.name, name);
  if (value !== undefined) {
    if (Number.isSafeInteger(value)) body.varint(ofEvent.value, value);
    else body.double(ofEvent.double, value);
  }
  for (const flow of flows) body.fixed64(ofEvent.flow, flow);
  for (const flow of ends) body.fixed64(ofEvent.end, flow);
  return packed(
    message()
      .varint(ofPacket.timestamp, ns(bootUs))
      .varint(ofPacket.sequence, SEQUENCE)
      .message(ofPacket.event, body),
  );
};
