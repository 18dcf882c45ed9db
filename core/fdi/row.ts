import { violationsText } from '../link/judge-message.ts';
import { ModelNotRead, NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import type { ModelJudge } from '../link/product-model.ts';
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

export type ReadRecord = (record: StreamRecord) => Entry;

/** Small enough to answer the network in between, large enough to cost nothing: about 1 ms of work. */
const SLICE = 200;
/** Characters of the quarantine's column. */
const MAX_REASON = 1000;

type Cell = (envelope: Envelope, payload: Payload, sequence: string) => string | null | Rejection;

/**
 * How a task's records become rows; made once, then called for every record.
 *
 * @param models by which messages are judged before they are mapped; the reader throws `ModelNotRead` for a product whose model has to
 * be loaded first
 */
export function recordReader(
  source: TopicSource,
  columns: readonly MappedColumn[],
  models: Pick<ProductModels, 'of'>,
): ReadRecord {
  const form = payloadForm(source);
  const cells = columns.map((column) => cellOf(source, column));

  return (record) => {
    const sequence = paddedSequence(record.kinesis.sequenceNumber);
    try {
      return entryOf(record, sequence, form, cells, models);
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

function entryOf(
  record: StreamRecord,
  sequence: string,
  form: PayloadForm,
  cells: readonly Cell[],
  models: Pick<ProductModels, 'of'>,
): Entry {
  const envelope = envelopeOf(record);
  if (typeof envelope === 'string') {
    return { record, sequence, outcome: new Rejection('envelope', envelope) };
  }
  const product = models.of(envelope.productId);
  const { version: model } = product;
  const payload = readPayload(envelope, form);
  const verdict = product.enforcement === 'off' ? undefined : judged(product, envelope, form, payload);
  if (verdict !== undefined && product.enforcement === 'enforce') {
    return { record, sequence, model, outcome: verdict };
  }
  const outcome = row(cells, envelope, payload, sequence);

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
  read: ReadRecord,
  load: ProductModels['load'] = NO_MODELS.load,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let at = 0; at < records.length; at += SLICE) {
    await new Promise(setImmediate);
    for (const record of records.slice(at, at + SLICE)) {
      const entry = readOrLoad(record, read, load);
      entries.push(entry instanceof Promise ? await entry : entry);
    }
  }

  return entries;
}

/** A promise only where a model has to be loaded: waiting for each of a batch's records would cost more than reading them. */
function readOrLoad(record: StreamRecord, read: ReadRecord, load: ProductModels['load']): Entry | Promise<Entry> {
  try {
    return read(record);
  } catch (error) {
    if (!(error instanceof ModelNotRead)) {
      throw error;
    }

    return load(error.productId).then(() => read(record));
  }
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
