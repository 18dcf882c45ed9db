import { readerView } from '../mqs/envelope.ts';
import type { CompileExpression } from './expression.ts';
import type { MappedColumn } from './mapping.ts';
import { type PayloadParser, payloadForm, readPayload } from './message.ts';
import { Rejection } from './rejection.ts';
import { type ComputeRecord, envelopeOf } from './row.ts';
import type { TopicSource } from './topic-task.ts';

/** The different expressions of a task, in the order in which `ComputeRecord` answers them. */
export function expressionsOf(columns: readonly MappedColumn[]): readonly string[] {
  return [...new Set(columns.flatMap(({ value }) => (value.kind === 'expression' ? [value.expression] : [])))];
}

/**
 * How a task's expressions are computed, over what a reader of the message sees; `undefined` when it has none.
 *
 * @param where the task's place, for messages
 * @throws InvalidSetting for a text that is no expression
 */
export function recordComputer(
  source: TopicSource,
  columns: readonly MappedColumn[],
  compile: CompileExpression,
  where: string,
  parser?: PayloadParser,
): ComputeRecord | undefined {
  const form = payloadForm(source);
  const evaluate = expressionsOf(columns).map((text) => compile(text, `${where}: mapping: expression`));
  if (evaluate.length === 0) {
    return undefined;
  }

  return (record) => {
    const envelope = envelopeOf(record);
    const payload = typeof envelope === 'string' ? new Rejection('envelope', envelope) : read(envelope);
    if (typeof envelope === 'string' || payload instanceof Rejection) {
      // Why, the record's reader says.
      return Promise.resolve([]);
    }
    const view = readerView(envelope, source, payload);

    return Promise.all(evaluate.map((one) => one(view).catch(rejected)));
  };

  function read(envelope: Parameters<typeof readPayload>[0]) {
    return readPayload(envelope, form, parser);
  }
}

function rejected(error: Error): Rejection {
  return new Rejection('expression', error.message);
}
