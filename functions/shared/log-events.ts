import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';

export interface LogEvent {
  /** The same whenever it is read. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
}

export interface LogEventPage {
  readonly events: readonly LogEvent[];
  /** Present when there may be more; a page may be empty and have one. */
  readonly next?: string;
}

export interface LogQuery {
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly limit: number;
  readonly next?: string;
}

let client: CloudWatchLogsClient | undefined;

/** One page of a log group's events in order of time; none of a group that does not exist yet. */
export async function logEvents({ group, since, limit, next }: LogQuery): Promise<LogEventPage> {
  client ??= new CloudWatchLogsClient({ maxAttempts: 3 });
  try {
    const { events = [], nextToken } = await client.send(
      new FilterLogEventsCommand({
        ...{ logGroupName: group, startTime: since, limit },
        ...(next !== undefined && { nextToken: next }),
      }),
    );

    return {
      events: events.map(({ eventId, timestamp, message }) => ({
        id: String(eventId),
        time: timestamp ?? 0,
        text: message ?? '',
      })),
      ...(nextToken !== undefined && { next: nextToken }),
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      return { events: [] };
    }
    throw error;
  }
}
