import { Buffer } from 'node:buffer';
import type { KinesisStreamEvent } from 'aws-lambda';

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

/** One payload of each kind that ends in the quarantine. */
export const MALFORMED: readonly Buffer[] = [
  bytes('parking is full'),
  bytes('{"deviceId":"S-001","status":0}'),
  bytes(`{"deviceId":"${'x'.repeat(65)}","status":"0"}`),
  bytes('{"deviceId":"S-001"}'),
  bytes('{"deviceId":"S-001","status":"2"}'),
  bytes('{"deviceId":"', 0xff, '","status":"0"}'),
  bytes('{"deviceId":"', 0, '","status":"0"}'),
  bytes('{"deviceId":"S-001","status":"😀"}'),
];

/** The same batch with one of `every` messages malformed, the kinds in turn. */
export function poisoned({ Records }: KinesisStreamEvent, every: number): KinesisStreamEvent {
  return {
    Records: Records.map((record, at) => {
      if (at % every !== every >> 1) {
        return record;
      }
      const envelope = JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString()) as object;
      const raw = MALFORMED[Math.floor(at / every) % MALFORMED.length]?.toString('base64');
      const data = Buffer.from(JSON.stringify({ ...envelope, raw })).toString('base64');

      return { ...record, kinesis: { ...record.kinesis, data } };
    }),
  };
}
