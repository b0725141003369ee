import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GZIP_HEAD,
  PACKED_SEAL_BYTES,
  packedSeal,
  readPackedSeal,
  readSealLine,
  SEAL_LINE_BYTES,
  type Seal,
  sealLine,
} from '../../src/recording/seal.ts';

const seals: fc.Arbitrary<Seal> = fc
  .record({
    // Nothing is not sealed, and such a seal is not accepted.
    bytes: fc.integer({ min: 1, max: 2 ** 26 }),
    crc32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fromUs: fc.integer({ min: 0, max: 2 ** 52 }),
    lastsUs: fc.integer({ min: 0, max: 2 ** 40 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    checkpoint: fc.boolean(),
  })
  .map(({ lastsUs, share, ...seal }) => ({
    ...seal,
    textBytes: seal.bytes,
    toUs: seal.fromUs + lastsUs,
    samples: Math.floor((share * seal.bytes) / 64),
  }));

describe('a seal', () => {
  it('as a line says what was sealed, and is short', () => {
    fc.assert(
      fc.property(seals, (seal) => {
        const line = sealLine(seal, crc32);
        expect(line.length).toBeLessThanOrEqual(SEAL_LINE_BYTES);
        expect(readSealLine(line.trimEnd(), crc32)).toMatchObject(seal);
      }),
    );
  });

  it('packed says what was sealed, in so many bytes', () => {
    fc.assert(
      fc.property(seals, (seal) => {
        const bytes = packedSeal(seal, crc32);
        expect(bytes.length).toBe(PACKED_SEAL_BYTES);
        expect([...bytes.subarray(0, GZIP_HEAD.length)]).toEqual([...GZIP_HEAD]);
        expect(readPackedSeal(bytes, crc32)).toEqual(seal);
      }),
    );
  });

  it('with any bit changed says nothing, or the same', () => {
    fc.assert(
      fc.property(seals, fc.nat(), fc.nat(7), (seal, place, bit) => {
        const line = Buffer.from(sealLine(seal, crc32).trimEnd());
        const at = place % line.length;
        line.writeUInt8(line.readUInt8(at) ^ (1 << bit), at);
        expect(readSealLine(line.toString('latin1'), crc32)).toBeNull();
        const packed = Buffer.from(packedSeal(seal, crc32));
        const where = place % packed.length;
        packed.writeUInt8(packed.readUInt8(where) ^ (1 << bit), where);
        expect([null, JSON.stringify(seal)]).toContain(
          ((read) => read && JSON.stringify({ ...seal, ...read }))(readPackedSeal(packed, crc32)),
        );
      }),
    );
  });

  it('does not promise more samples than there is room for, nor an end before the beginning', () => {
    const seal = { bytes: 640, crc32: 1, textBytes: 640, fromUs: 5, toUs: 9, samples: 10, checkpoint: false };
    const reread = (change: Partial<Seal>): Seal | null =>
      readSealLine(sealLine({ ...seal, ...change }, crc32).trimEnd(), crc32);
    expect(reread({})).not.toBeNull();
    expect(reread({ samples: 11 })).toBeNull();
    expect(reread({ toUs: 4 })).toBeNull();
  });
});
