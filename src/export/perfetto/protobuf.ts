/**
 * The wire format of protocol buffers, as far as a trace needs it: fields of varints, fixed numbers, texts, bytes and
 * messages, written one after the other.
 */
export type Message = {
  /** Whole numbers; negative ones take ten bytes. */
  varint(field: number, value: number | bigint): Message;
  fixed64(field: number, value: bigint): Message;
  double(field: number, value: number): Message;
  text(field: number, value: string): Message;
  message(field: number, value: Message): Message;
  bytes(): Uint8Array;
};

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

export const message = (): Message => {
  let buffer = Buffer.allocUnsafe(64);
  let length = 0;

  const room = (more: number): void => {
    if (length + more <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, length + more));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  };
  const raw = (value: number | bigint): void => {
    room(10);
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      let rest = value;
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[length++] = (rest % 0x80) | 0x80;
      buffer[length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) buffer[length++] = Number(rest & 0x7fn) | 0x80;
    buffer[length++] = Number(rest);
  };
  const tag = (field: number, type: number): void => raw(field * 8 + type);
  const append = (field: number, value: Uint8Array): void => {
    tag(field, LENGTH);
    raw(value.length);
    room(value.length);
    buffer.set(value, length);
    length += value.length;
  };

  const self: Message = {
    varint: (field, value) => {
      tag(field, VARINT);
      raw(value);
      return self;
    },
    fixed64: (field, value) => {
      tag(field, FIXED64);
      room(8);
      length = buffer.writeBigUInt64LE(BigInt.asUintN(64, value), length);
      return self;
    },
    double: (field, value) => {
      tag(field, FIXED64);
      room(8);
      length = buffer.writeDoubleLE(value, length);
      return self;
    },
    text: (field, value) => {
      append(field, Buffer.from(value));
      return self;
    },
    message: (field, value) => {
      append(field, value.bytes());
      return self;
    },
    bytes: () => buffer.subarray(0, length),
  };
  return self;
};
