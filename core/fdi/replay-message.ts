import type { Envelope } from '../mqs/envelope.ts';
import type { HeldRecord } from './replay-held.ts';
import type { StreamRecord } from './row.ts';

/** Of a record that was quarantined by a release which did not keep it. */
export type ClientIdOf = (productId: string, deviceId: string) => string;

/** The message as it was when it was refused, with the corrected payload where there is one. */
export function heldMessage({ row, body: raw }: HeldRecord, clientIdOf: ClientIdOf): StreamRecord {
  const kinesis = {
    data: raw,
    sequenceNumber: String(row['seq']).replace(/^0+(?=\d)/, ''),
    partitionKey: String(row['partitionKey']),
  };
  const { origin, traceId, productId, deviceId, eventTime } = row;
  if (typeof origin === 'string') {
    return { kinesis, envelope: { raw, ...(JSON.parse(origin) as Omit<Envelope, 'raw'>) } };
  }
  if (typeof traceId !== 'string') {
    return { kinesis };
  }
  if (typeof eventTime !== 'string') {
    return { kinesis, envelope: 'its event time was not kept' };
  }
  const [product, device] = [String(productId ?? ''), String(deviceId ?? '')];
  const sender = { productId: product, deviceId: device, clientId: clientIdOf(product, device) };

  return { kinesis, envelope: { raw, ...sender, eventTime: Date.parse(`${eventTime.replace(' ', 'T')}Z`), traceId } };
}
