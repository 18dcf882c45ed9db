import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aesDecrypt, aesEncrypt } from '../../../../core/apic/script/aes-cipher.ts';

const KEY = '0123456789abcdef';
const settings = fc.record({
  bits: fc.constantFrom(128, 192, 256),
  mode: fc.constantFrom('ECB', 'CBC', 'CFB', 'OFB', 'CTR', 'GCM'),
  padding: fc.constantFrom('NOPADDING', 'PKCS5PADDING'),
});

test('what is encrypted comes back, in every mode that takes it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), settings, (text, { bits, mode, padding }) => {
      const isWhole = Buffer.byteLength(text) % 16 === 0;
      fc.pre(mode !== 'CTR' || padding === 'NOPADDING');
      fc.pre(isWhole || padding === 'PKCS5PADDING' || !['ECB', 'CBC'].includes(mode));
      const how = { key: KEY.repeat(2).slice(0, bits / 8), bits, mode, padding, vector: KEY };

      expect(aesDecrypt({ ...how, text: aesEncrypt({ ...how, text }) })).toBe(text);
    }),
  );
});

test('whatever else is taken for it, GCM refuses it', () => {
  const sealed = Buffer.from(aesEncrypt({ text: 'a text', key: KEY }), 'base64');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const other = Buffer.from(sealed);
    other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);

    expect(() => aesDecrypt({ text: other.toString('base64'), key: KEY })).toThrow('what was encrypted with this key');
  }
});
