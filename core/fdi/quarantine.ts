import { Buffer } from 'node:buffer';
import type { Envelope } from '../mqs/envelope.ts';
import type { Rejection } from './rejection.ts';
import { type Entry, envelopeOf } from './row.ts';

/** A row for `quarantineRows`, in the order of its cells. */
export type QuarantineCells = readonly (string | null)[];

export const QUARANTINE_COLUMNS = `Task, Epoch, Shard, Seq, PartitionKey, EventTime, TraceId, ProductId, DeviceId, Origin,
  Code, Reason, MappingVersion, ModelVersion, Body, QuarantinedAt`;

/** What follows task, epoch and shard in a SELECT for these columns. Both arguments are SQL: a mapping's version, and rows as JSON. */
export function quarantineRows(mapping: string, rows: string): string {
  return `j.seq, j.partitionKey, j.eventTime, j.traceId, j.productId, j.deviceId, j.origin,
  j.code, j.reason, ${mapping}, j.model, FROM_BASE64(j.body), UTC_TIMESTAMP(3)
FROM JSON_TABLE(${rows}, '$[*]' COLUMNS(
  seq VARCHAR(64) PATH '$[0]' ERROR ON ERROR, partitionKey TEXT PATH '$[1]' ERROR ON ERROR,
  eventTime VARCHAR(40) PATH '$[2]' ERROR ON ERROR, traceId TEXT PATH '$[3]' ERROR ON ERROR,
  productId TEXT PATH '$[4]' ERROR ON ERROR, deviceId TEXT PATH '$[5]' ERROR ON ERROR,
  code VARCHAR(40) PATH '$[6]' ERROR ON ERROR, reason TEXT PATH '$[7]' ERROR ON ERROR,
  model VARCHAR(12) PATH '$[8]' ERROR ON ERROR, body LONGTEXT PATH '$[9]' ERROR ON ERROR, origin TEXT PATH '$[10]' ERROR ON ERROR)) j`;
}

/** Parameters `:task`, `:epoch`, `:shard`, `:mapping` and `:rows`. */
export const QUARANTINE_SQL = `INSERT INTO causeway.quarantine (${QUARANTINE_COLUMNS})
SELECT :task, :epoch, :shard, ${quarantineRows(':mapping', ':rows')}`;

/** What a DATETIME holds. */
const [MIN_TIME, MAX_TIME] = [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1) - 1];
/** What a TEXT holds. */
export const MAX_ORIGIN_BYTES = 65_535;
const WIDTHS = { partitionKey: 256, traceId: 128, name: 256, reason: 1000 };

/**
 * A rejected record as it goes into the quarantine: the payload's exact bytes, or the record's own when they are no envelope.
 * Everything else is cut to its column, so that the quarantine itself can never refuse.
 */
export function quarantineCells({ record, sequence, model }: Entry, rejection: Rejection): QuarantineCells {
  const { data, partitionKey } = record.kinesis;
  const envelope = envelopeOf(record);
  const start = [sequence, fitted(partitionKey, WIDTHS.partitionKey)];
  const end = [rejection.code, fitted(rejection.reason, WIDTHS.reason), model ?? null];
  if (typeof envelope === 'string') {
    return [...start, null, null, null, null, ...end, data, null];
  }
  const { eventTime, traceId, productId, deviceId, raw, app } = envelope;
  const sender = app === undefined ? [fitted(productId, WIDTHS.name), fitted(deviceId, WIDTHS.name)] : [null, null];

  return [
    ...start,
    eventTime >= MIN_TIME && eventTime <= MAX_TIME
      ? new Date(eventTime).toISOString().slice(0, 23).replace('T', ' ')
      : null,
    fitted(traceId, WIDTHS.traceId),
    ...sender,
    ...end,
    raw,
    originOf(envelope),
  ];
}

/** The trace id of a rejected record, for the log; its sequence number when it has none. */
export function traceOf({ record }: Entry): string {
  const envelope = envelopeOf(record);

  return typeof envelope === 'string' ? record.kinesis.sequenceNumber : envelope.traceId;
}

/** All that an envelope says beside the payload; nothing where its column cannot hold that, as of a sender that nobody has. */
function originOf({ raw: _raw, ...origin }: Envelope): string | null {
  const text = JSON.stringify(origin);

  return Buffer.byteLength(text) > MAX_ORIGIN_BYTES ? null : text;
}

function fitted(text: string, width: number): string {
  return text.slice(0, width).toWellFormed();
}
