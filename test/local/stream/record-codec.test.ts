import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRecord, encodeRecord, isSound, recordBytes } from '../../../local/stream/record-codec.ts';

const record = fc.record({
  counter: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  arrived: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  partitionKey: fc.string({ minLength: 1, maxLength: 256, unit: 'grapheme' }).filter((key) => key.isWellFormed()),
  data: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
});

test('what is written is read, wherever it stands', () => {
  fc.assert(
    fc.property(record, fc.uint8Array({ maxLength: 50 }), (written, before) => {
      const encoded = encodeRecord(written);
      const file = Buffer.concat([before, encoded, Buffer.from('behind')]);

      expect(recordBytes(file, before.length)).toBe(encoded.length);
      expect(isSound(file, before.length)).toBe(true);
      expect(decodeRecord(file, before.length, encoded.length)).toEqual(written);
    }),
  );
});

test('a record that lost its end or changed a byte is not sound', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, place, change) => {
      const encoded = encodeRecord(written);
      const at = 4 + (place % (encoded.length - 4));
      const torn = encoded.subarray(0, at);
      const changed = Buffer.from(encoded);
      changed.writeUInt8(changed.readUInt8(at) ^ change, at);

      expect(isSound(torn, 0)).toBe(false);
      expect(isSound(changed, 0)).toBe(false);
    }),
  );
});

test('zeros, as a file system may leave them behind, are no record', () => {
  expect(isSound(Buffer.alloc(4096), 0)).toBe(false);
});
