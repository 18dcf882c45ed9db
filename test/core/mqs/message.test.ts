import { expect, test } from '@jest/globals';
import { topicMessage } from '../../../core/mqs/message.ts';

const record = (data: Uint8Array) => ({ sequenceNumber: '7', partitionKey: 'S-1', arrivedAt: 0, data });
const envelope = (payload: Uint8Array) =>
  Buffer.from(
    JSON.stringify({
      raw: Buffer.from(payload).toString('base64'),
      ...{ productId: 'p', deviceId: 'S-1', clientId: 'd1', eventTime: 0, traceId: 't' },
    }),
  );

test.each([
  ['text', Buffer.from('{"temp":"20 °C 😀"}'), 'utf8'],
  ['text with a byte order mark', Buffer.from('\ufeff{}'), 'utf8'],
  ['no text', Buffer.from([0xff, 0x00, 0xfe]), 'base64'],
  ['nothing', Buffer.alloc(0), 'utf8'],
] as const)('a payload that is %s is given exactly', (_, payload, encoding) => {
  const message = topicMessage('shardId-0', record(envelope(payload)));

  expect(message).toMatchObject({ encoding, size: payload.length, device: 'S-1' });
  expect(Buffer.from(message.payload, message.encoding)).toEqual(payload);
});

test('a record that no rule wrote is shown whole, with the reason', () => {
  expect(topicMessage('shardId-0', record(Buffer.from('hello')))).toEqual({
    ...{ partition: 'shardId-0', sequenceNumber: '7', key: 'S-1', arrivedAt: '1970-01-01T00:00:00.000Z', size: 5 },
    ...{ problem: 'the record is not a JSON object', encoding: 'utf8', payload: 'hello' },
  });
});
