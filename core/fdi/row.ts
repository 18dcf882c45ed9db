import { decodeEnvelope, type Envelope } from '../mqs/envelope.ts';
import { paddedSequence } from '../mqs/sequence-number.ts';
import type { MappedColumn } from './mapping.ts';
import { fieldReader, type Payload, type PayloadForm, payloadForm, readPayload } from './message.ts';
import { Rejection } from './rejection.ts';
import type { TopicSource } from './topic-task.ts';

/** The texts of one row, in the order of the statement's cells; `null` is NULL. */
export type Cells = readonly (string | null)[];

/** A record as Lambda hands it over. */
export interface StreamRecord {
  readonly kinesis: { readonly data: string; readonly sequenceNumber: string; readonly partitionKey: string };
}

/** A record read: a row to write, or the reason why there is none. */
export interface Entry {
  readonly record: StreamRecord;
  /** The record's sequence number, padded to 64 digits. */
  readonly sequence: string;
  readonly outcome: Cells | Rejection;
}

export type ReadRecord = (record: StreamRecord) => Entry;

/** Small enough to answer the network in between, large enough to cost nothing: about 1 ms of work. */
const SLICE = 200;

type Cell = (envelope: Envelope, payload: Payload, sequence: string) => string | null | Rejection;

/** How a task's records become rows; made once, then called for every record. */
export function recordReader(source: TopicSource, columns: readonly MappedColumn[]): ReadRecord {
  const form = payloadForm(source);
  const cells = columns.map((column) => cellOf(source, column));

  return (record) => {
    const sequence = paddedSequence(record.kinesis.sequenceNumber);
    try {
      return { record, sequence, outcome: outcomeOf(record, form, cells, sequence) };
    } catch (error) {
      // JSON nested a hundred thousand deep is parsed but cannot be written again: it must not stop the records behind it.
      const reason = error instanceof Error ? error.message : String(error);

      return { record, sequence, outcome: new Rejection('syntax', `the message cannot be read: ${reason}`) };
    }
  };
}

function outcomeOf(
  record: StreamRecord,
  form: PayloadForm,
  cells: readonly Cell[],
  sequence: string,
): Cells | Rejection {
  const envelope = decodeEnvelope(record.kinesis.data);

  return typeof envelope === 'string'
    ? new Rejection('envelope', envelope)
    : row(cells, envelope, readPayload(envelope, form), sequence);
}

/** Reads a batch, letting the database's answers in between: the first calls of its transaction run meanwhile. */
export async function readRecords(records: readonly StreamRecord[], read: ReadRecord): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let at = 0; at < records.length; at += SLICE) {
    await new Promise(setImmediate);
    for (const record of records.slice(at, at + SLICE)) {
      entries.push(read(record));
    }
  }

  return entries;
}

function row(
  cells: readonly Cell[],
  envelope: Envelope,
  payload: Payload | Rejection,
  sequence: string,
): Cells | Rejection {
  if (payload instanceof Rejection) {
    return payload;
  }
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    const text = cell(envelope, payload, sequence);
    if (text instanceof Rejection) {
      return text;
    }
    texts.push(text);
  }

  return texts;
}

function cellOf(source: TopicSource, { column, value, required }: MappedColumn): Cell {
  if (value.kind === 'sequence') {
    return (_envelope, _payload, sequence) => sequence;
  }
  if (value.kind !== 'field' && value.kind !== 'eventTime') {
    return () => null;
  }
  const { convert } = value;
  const read = value.kind === 'field' ? fieldReader(source, value.field) : (envelope: Envelope) => envelope.eventTime;
  const from = value.kind === 'field' ? value.field.path : 'eventTime';

  return (envelope, payload) => {
    const found = read(envelope, payload);
    if (found === undefined || found === null) {
      return required ? new Rejection('missing', `${column.name}: the message has no ${from}`) : null;
    }
    const text = convert(found);

    return text instanceof Rejection ? text.of(column.name) : text;
  };
}
