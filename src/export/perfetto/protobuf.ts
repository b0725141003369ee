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
/** Four groups of seven bits. */
const PART_BITS = 28n;
const PART = (1n << PART_BITS) - 1n;

/** An object of a class, because a trace has millions of them. */
class Growing implements Message {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  varint(field: number, value: number | bigint): Message {
    this.#raw(field * 8 + VARINT);
    this.#raw(value);
    return this;
  }

  fixed64(field: number, value: bigint): Message {
    this.#raw(field * 8 + FIXED64);
    this.#room(8);
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
    return this;
  }

  double(field: number, value: number): Message {
    this.#raw(field * 8 + FIXED64);
    this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  text(field: number, value: string): Message {
    return this.#append(field, Buffer.from(value));
  }

  message(field: number, value: Message): Message {
    return this.#append(field, value.bytes());
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #append(field: number, value: Uint8Array): Message {
    this.#raw(field * 8 + LENGTH);
    this.#raw(value.length);
    this.#room(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  #raw(value: number | bigint): void {
    this.#room(10);
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) this.#last(value);
    else this.#wide(BigInt.asUintN(64, BigInt(value)));
  }

  /** In three parts: each operation on a bigint makes another one. */
  #wide(value: bigint): void {
    const [low, middle, high] = [
      Number(value & PART),
      Number((value >> PART_BITS) & PART),
      Number(value >> (2n * PART_BITS)),
    ];
    const isWider = middle > 0 || high > 0;
    if (isWider) this.#part(low);
    if (high > 0) this.#part(middle);
    this.#last(high > 0 ? high : isWider ? middle : low);
  }

  /** All 28 bits, and more follows. */
  #part(value: number): void {
    for (let shift = 0; shift < 28; shift += 7)
      this.#buffer[this.#length++] = ((value >>> shift) & 0x7f) | 0x80;
  }

  #last(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
    this.#buffer[this.#length++] = rest;
  }
}

export const message = (): Message => new Growing();
