import { violationsText } from '../link/judge-message.ts';
import { ModelNotRead, NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import type { ModelJudge } from '../link/product-model.ts';
import { decodeEnvelope, type Envelope } from '../mqs/envelope.ts';
import { paddedSequence } from '../mqs/sequence-number.ts';
import { expressionsOf } from './compute-record.ts';
import type { Convert } from './convert.ts';
import type { MappedColumn } from './mapping.ts';
import {
  fieldReader,
  type Payload,
  type PayloadForm,
  type PayloadParser,
  payloadForm,
  readPayload,
} from './message.ts';
import { Rejection } from './rejection.ts';
import type { TopicSource } from './topic-task.ts';

/** The texts of one row, in the order of the statement's cells; `null` is NULL. */
export type Cells = readonly (string | null)[];

/** A record as Lambda hands it over. */
export interface StreamRecord {
  readonly kinesis: {
    readonly data: string;
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** Seconds since 1970; not of Kafka. */
    readonly approximateArrivalTimestamp?: number;
  };
  /** Of a source whose data are no envelopes: what stands for one, or in words why nothing does. */
  readonly envelope?: Envelope | string;
}

/** The record's envelope, or in words why it has none. */
export function envelopeOf({ kinesis, envelope }: StreamRecord): Envelope | string {
  return envelope ?? decodeEnvelope(kinesis.data);
}

/** A record read: a row to write, or the reason why there is none. */
export interface Entry {
  readonly record: StreamRecord;
  /** The record's sequence number, padded to 64 digits. */
  readonly sequence: string;
  readonly outcome: Cells | Rejection;
  /** Version of the product's model the message was judged by. */
  readonly model?: string | undefined;
  /** What of the model the message breaks although it is written: its product only warns. */
  readonly warning?: string | undefined;
}

/** @param computed what the task's expressions answered for the record, where it has any */
export type ReadRecord = (record: StreamRecord, computed?: readonly unknown[]) => Entry;

/** What a task's expressions answer for a record, each a value or a Rejection. */
export type ComputeRecord = (record: StreamRecord) => Promise<readonly unknown[]>;

/** How the records of a task are read. */
export interface RecordReader {
  readonly read: ReadRecord;
  /** Asked first where it is there. */
  readonly compute?: ComputeRecord;
}

/** Small enough to answer the network in between, large enough to cost nothing: about 2 ms of work. */
const SLICE = 500;
/** Characters of the quarantine's column. */
const MAX_REASON = 1000;

type Cell = (
  envelope: Envelope,
  payload: Payload,
  sequence: string,
  computed: readonly unknown[],
) => string | null | Rejection;

const NOTHING: readonly unknown[] = Object.freeze([]);

/**
 * How a task's records become rows; made once, then called for every record.
 *
 * @param models by which messages are judged before they are mapped; the reader throws `ModelNotRead` for a product whose model has to
 * be loaded first
 * @param parser of a source that is not JSON
 */
export function recordReader(
  source: TopicSource,
  columns: readonly MappedColumn[],
  models: Pick<ProductModels, 'of'>,
  parser?: PayloadParser,
): ReadRecord {
  const expressions = expressionsOf(columns);
  const cells = columns.map((column) => cellOf(source, column, expressions, parser));
  const reading: Reading = { form: payloadForm(source), cells, models, parser };

  return (record, computed = NOTHING) => {
    const sequence = paddedSequence(record.kinesis.sequenceNumber);
    try {
      return entryOf(record, sequence, computed, reading);
    } catch (error) {
      if (error instanceof ModelNotRead) {
        throw error;
      }
      // JSON nested a hundred thousand deep is parsed but cannot be written again: it must not stop the records behind it.
      const reason = error instanceof Error ? error.message : String(error);

      return { record, sequence, outcome: new Rejection('syntax', `the message cannot be read: ${reason}`) };
    }
  };
}

/** What is the same for all records of a task. */
interface Reading {
  readonly form: PayloadForm;
  readonly cells: readonly Cell[];
  readonly models: Pick<ProductModels, 'of'>;
  readonly parser: PayloadParser | undefined;
}

function entryOf(
  record: StreamRecord,
  sequence: string,
  computed: readonly unknown[],
  { form, cells, models, parser }: Reading,
): Entry {
  const envelope = envelopeOf(record);
  if (typeof envelope === 'string') {
    return { record, sequence, outcome: new Rejection('envelope', envelope) };
  }
  const product = models.of(envelope.productId, envelope.eventTime);
  const { version: model } = product;
  const payload = readPayload(envelope, form, parser);
  const verdict = product.enforcement === 'off' ? undefined : judged(product, envelope, form, payload);
  if (verdict !== undefined && product.enforcement === 'enforce') {
    return { record, sequence, model, outcome: verdict };
  }
  const outcome = row(cells, envelope, payload, sequence, computed);

  return { record, sequence, model, outcome, warning: outcome instanceof Rejection ? undefined : verdict?.reason };
}

/** What the payload breaks of its product's model. A task that does not parse has it read for this. */
function judged(
  { judge }: ModelJudge,
  envelope: Envelope,
  form: PayloadForm,
  payload: Payload | Rejection,
): Rejection | undefined {
  const json = form === 'json' ? payload : readPayload(envelope, 'json');
  if (json instanceof Rejection) {
    return json;
  }
  const violations = judge(json);

  return violations.length === 0 ? undefined : new Rejection('model', violationsText(violations, MAX_REASON));
}

/**
 * Reads a batch, letting the network in between: what opens the shard runs meanwhile.
 *
 * @param load reads the model of a product that the batch is the first to name
 * @throws whatever `load` throws: nothing is written of messages that cannot be judged
 */
export async function readRecords(
  records: readonly StreamRecord[],
  reader: RecordReader,
  load: ProductModels['load'] = NO_MODELS.load,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let at = 0; at < records.length; at += SLICE) {
    await new Promise(setImmediate);
    const end = Math.min(at + SLICE, records.length);
    while (entries.length < end) {
      const record = records[entries.length] as StreamRecord;
      // Waiting for each record would cost more than reading it.
      const entry = reader.compute === undefined ? readNow(record, reader) : undefined;
      entries.push(entry ?? (await readOrLoad(record, reader, load)));
    }
  }

  return entries;
}

/** `undefined` where a model has to be loaded first. */
function readNow(record: StreamRecord, { read }: RecordReader): Entry | undefined {
  try {
    return read(record);
  } catch (error) {
    if (!(error instanceof ModelNotRead)) {
      throw error;
    }

    return undefined;
  }
}

async function readOrLoad(
  record: StreamRecord,
  { read, compute }: RecordReader,
  load: ProductModels['load'],
): Promise<Entry> {
  const computed = await compute?.(record);
  try {
    return read(record, computed);
  } catch (error) {
    if (!(error instanceof ModelNotRead)) {
      throw error;
    }
    await load(error.productId);

    return read(record, computed);
  }
}

function row(
  cells: readonly Cell[],
  envelope: Envelope,
  payload: Payload | Rejection,
  sequence: string,
  computed: readonly unknown[],
): Cells | Rejection {
  if (payload instanceof Rejection) {
    return payload;
  }
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    const text = cell(envelope, payload, sequence, computed);
    if (text instanceof Rejection) {
      return text;
    }
    texts.push(text);
  }

  return texts;
}

function cellOf(
  source: TopicSource,
  mapped: MappedColumn,
  expressions: readonly string[],
  parser: PayloadParser | undefined,
): Cell {
  const { value } = mapped;
  switch (value.kind) {
    case 'sequence':
      return (_envelope, _payload, sequence) => sequence;
    case 'field': {
      const read = fieldReader(source, value.field, parser?.valueAt);
      const write = writer(mapped, value.convert, value.field.path);

      return (envelope, payload) => write(read(envelope, payload));
    }
    case 'eventTime': {
      const write = writer(mapped, value.convert, 'eventTime');

      return (envelope) => write(envelope.eventTime);
    }
    case 'expression': {
      const at = expressions.indexOf(value.expression);
      const write = writer(mapped, value.convert, `value for ${value.expression}`);

      return (_envelope, _payload, _sequence, computed) => write(computed[at]);
    }
    default:
      return () => null;
  }
}

function writer({ column, required }: MappedColumn, convert: Convert, from: string) {
  return (found: unknown): string | null | Rejection => {
    if (found === undefined || found === null) {
      return required ? new Rejection('missing', `${column.name}: the message has no ${from}`) : null;
    }
    const text = found instanceof Rejection ? found : convert(found);

    return text instanceof Rejection ? text.of(column.name) : text;
  };
}
