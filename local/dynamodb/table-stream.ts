import { arn } from '../account.ts';

/** A table's stream has a label of its time; here a table has one stream as long as it lives. */
const LABEL = '2020-01-01T00:00:00.000';
const ARN = /^arn:aws:dynamodb:[^:]*:\d*:table\/([\w.-]{3,255})\/stream\/[^/]+$/;
const NAME = /^table-stream\.[0-9a-f]+$/;

export function tableStreamArn(table: string): string {
  return arn('dynamodb', `table/${table}/stream/${LABEL}`);
}

/** The table of a stream's ARN; undefined for another ARN. */
export function tableOfStream(streamArn: string): string | undefined {
  return ARN.exec(streamArn)?.[1];
}

/** Where the local stream engine keeps it: a name that no template gives, and of 128 characters at most. */
export function tableStreamName(table: string): string {
  return `table-stream.${Buffer.from(table).toString('hex').slice(0, 100)}`;
}

/** Not a stream of Kinesis, though the engine of Kinesis keeps it. */
export function isTableStream(name: string): boolean {
  return NAME.test(name);
}
