import { join } from 'node:path';
import { arn } from '../account.ts';
import type { JsonOperation } from '../aws/json-service.ts';
import { AwsError } from '../errors.ts';
import { type LogPlace, readLogLines } from './log-lines.ts';

/** What the operation needs of its engine. */
export interface LogFiles {
  /** The functions that log into a group; undefined when there is no such group. */
  functionsOf(group: string): readonly string[] | undefined;
  readonly directory: string;
}

interface FilterLogEvents {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  /** Milliseconds since the epoch. */
  readonly startTime?: number;
  readonly endTime?: number;
  readonly limit?: number;
  readonly nextToken?: string;
}

/** D:AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents */
const MAX_EVENTS = 10_000;
/** Of CloudWatch; a longer line comes in pieces there. */
const MAX_EVENT_BYTES = 1_048_576;

export const filterLogEvents: JsonOperation<LogFiles> = {
  name: 'FilterLogEvents',
  input: {
    logGroupName: { type: 'string', min: 1, max: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ },
    logGroupIdentifier: { type: 'string', min: 1, max: 2048 },
    startTime: { type: 'integer', min: 0 },
    endTime: { type: 'integer', min: 0 },
    limit: { type: 'integer', min: 1, max: MAX_EVENTS },
    nextToken: { type: 'string', min: 1 },
    filterPattern: { type: 'string', max: 1024 },
    logStreamNames: { type: 'list', member: { type: 'string' }, max: 100 },
    logStreamNamePrefix: { type: 'string', min: 1, max: 512 },
  },
  // As AWS names it in what it refuses.
  needs: (input: FilterLogEvents) => [
    { action: 'logs:FilterLogEvents', resource: arn('logs', `log-group:${groupOf(input)}:log-stream:`) },
  ],
  async run(input: FilterLogEvents, files: LogFiles) {
    refuseUnknown(input as Readonly<Record<string, unknown>>);
    const functions = files.functionsOf(groupOf(input));
    if (functions === undefined) {
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER, limit = MAX_EVENTS, nextToken } = input;
    const [name] = functions;
    const paths = name === undefined ? [] : ['.log.1', '.log'].map((end) => join(files.directory, `${name}${end}`));
    const place = nextToken === undefined ? undefined : placeOf(nextToken);
    const page = await readLogLines(paths, { from: startTime, to: endTime, limit, ...(place && { place }) });

    return {
      events: page.lines.map(({ id, time, text }) => ({
        logStreamName: 'local/[$LATEST]',
        timestamp: time,
        ingestionTime: time,
        message: text.slice(0, MAX_EVENT_BYTES),
        eventId: id,
      })),
      searchedLogStreams: [],
      ...(page.next !== undefined && { nextToken: `${page.next.inode}-${page.next.offset}` }),
    };
  },
};

function groupOf({ logGroupName, logGroupIdentifier }: FilterLogEvents): string {
  const named = logGroupName ?? logGroupIdentifier?.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, '');
  if (named === undefined) {
    throw new AwsError('InvalidParameterException', 'Either logGroupName or logGroupIdentifier must be specified.');
  }
  return named;
}

/** Better than acting as if they were not there. */
function refuseUnknown(input: Readonly<Record<string, unknown>>): void {
  const unknown = ['filterPattern', 'logStreamNames', 'logStreamNamePrefix'].find((name) => input[name] !== undefined);
  if (unknown !== undefined) {
    throw new AwsError('InvalidParameterException', `${unknown} is not supported by the local platform.`);
  }
}

function placeOf(token: string): LogPlace {
  const [, inode, offset] = /^(\d{1,20})-(\d{1,16})$/.exec(token) ?? [];
  if (inode === undefined || offset === undefined) {
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  return { inode: Number(inode), offset: Number(offset) };
}
