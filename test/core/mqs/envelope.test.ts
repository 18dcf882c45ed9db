import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeEnvelope, type Envelope, payloadOf, payloadText, readerView } from '../../../core/mqs/envelope.ts';

const ENVELOPE: Envelope = {
  raw: Buffer.from('{"a":1}').toString('base64'),
  productId: 'p1',
  deviceId: 'S-1',
  clientId: 'd1',
  eventTime: 1_790_000_000_000,
  traceId: 't1',
};

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

test('any bytes and any names come out of the envelope as they went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), (bytes, name) => {
      const sent = { ...ENVELOPE, raw: Buffer.from(bytes).toString('base64'), deviceId: name };
      const read = decodeEnvelope(encoded(sent)) as Envelope;

      expect(read).toEqual(sent);
      expect([...payloadOf(read)]).toEqual([...bytes]);
    }),
  );
});

test('a payload of UTF-8 is text, any other is not', () => {
  const textOf = (bytes: Buffer) => payloadText({ ...ENVELOPE, raw: bytes.toString('base64') });

  expect(textOf(Buffer.from('字 😀'))).toBe('字 😀');
  expect(textOf(Buffer.from([0xff, 0xfe]))).toBeUndefined();
});

test('each pair of switches shows readers its own view', () => {
  const { raw, ...device } = ENVELOPE;
  const view = (deviceInfo: boolean, base64: boolean) => readerView(ENVELOPE, { deviceInfo, base64 }, { a: 1 });

  expect(view(true, false)).toEqual({ data: { a: 1 }, ...device });
  expect(view(true, true)).toEqual({ data: raw, ...device });
  expect(view(false, false)).toEqual({ a: 1 });
  expect(view(false, true)).toBe(raw);
});

test.each([
  [[], 'raw is not base64 text'],
  [1, 'the record is not a JSON object'],
  [{ ...ENVELOPE, raw: 'abc' }, 'raw is not base64 text'],
  [{ ...ENVELOPE, raw: '*===' }, 'raw is not base64 text'],
  [{ ...ENVELOPE, deviceId: 1 }, 'productId, deviceId and clientId are not all text'],
  [{ ...ENVELOPE, eventTime: 1.5 }, 'eventTime is not a whole number of milliseconds since 1970'],
  [{ ...ENVELOPE, traceId: null }, 'traceId is not text'],
])('%j is no envelope', (value, reason) => {
  expect(decodeEnvelope(encoded(value))).toBe(reason);
});
