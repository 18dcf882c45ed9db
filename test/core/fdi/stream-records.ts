import type { StreamRecord } from '../../../core/fdi/row.ts';

/** Record `n`, its payload sent as JSON unless it is text or bytes, in the envelope of a forwarding rule. */
export function record(n: number, payload: unknown): StreamRecord {
  const raw = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload : JSON.stringify(payload);
  const envelope = {
    raw: Buffer.from(raw).toString('base64'),
    productId: 'product',
    deviceId: 'device',
    clientId: `client-${n}`,
    eventTime: n,
    traceId: `trace-${n}`,
  };

  return bareRecord(n, JSON.stringify(envelope));
}

export function bareRecord(n: number, data: string): StreamRecord {
  return { kinesis: { data: Buffer.from(data).toString('base64'), sequenceNumber: String(n), partitionKey: 'device' } };
}
