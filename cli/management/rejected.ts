import { type Calls, path, type Query } from './calls.ts';

/** A record that a task could not write. Times are ISO 8601, UTC. */
export interface Rejected {
  readonly id: number;
  readonly quarantinedAt: string;
  readonly eventTime: string | null;
  readonly productId: string | null;
  readonly deviceId: string | null;
  readonly traceId: string | null;
  /** Of a scheduled task: where it stands in its source. */
  readonly position: string | null;
  readonly code: string;
  readonly reason: string;
  readonly bytes: number;
  /** How often it was replayed and refused again. */
  readonly attempts: number;
  readonly corrected: boolean;
}

export interface RejectedDetails extends Rejected {
  readonly task: string;
  readonly epoch: number;
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly mappingVersion: string;
  readonly modelVersion: string | null;
  /** The exact bytes of the payload, in base64. */
  readonly body: string;
  /** What is replayed in its place, in base64. */
  readonly correction: string | null;
  readonly correctedAt: string | null;
  readonly correctedBy: string | null;
  readonly attemptedAt: string | null;
}

export interface ReplayedRejected {
  readonly written: number;
  readonly refused: readonly { readonly id: number; readonly code: string; readonly reason: string }[];
  readonly missing: readonly number[];
  readonly through: number;
  /** How many there are to replay; where that was asked. */
  readonly matching?: number;
  readonly next?: number;
}

/** What would become of a message; see `MessageTrial` of the consumer. */
export type TriedMessage = {
  readonly task: string;
  readonly table: string;
  readonly mappingVersion: string;
  readonly modelVersion?: string;
  readonly warning?: string;
  readonly message?: unknown;
} & (
  | {
      readonly outcome: 'written';
      readonly row: Readonly<Record<string, string | null>>;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, string | number>>;
    }
  | { readonly outcome: 'quarantined'; readonly code: string; readonly reason: string }
);

export interface RejectedOperations {
  /** @param query `code`, `device`, `reason`, `column`, `since`, `until`, `limit`, `next` */
  rejected(task: string, query: Query): Promise<{ readonly items: readonly Rejected[]; readonly next?: string }>;
  rejectedRecord(task: string, id: string): Promise<RejectedDetails>;
  /** @param request `ids` or `code`, `device`, `reason`, `column`, `since`, `until`; `after`, `through`, `overwrite`, `count` */
  replayRejected(task: string, request: object): Promise<ReplayedRejected>;
  /** @param sample `payload` in base64; `productId`, `deviceId`, `clientId`, `eventTime`, `key` */
  tryMessage(task: string, sample: object): Promise<TriedMessage>;
  /** @param payload in base64; undefined takes the correction back. @returns of a line of CSV what record it is now */
  correctRejected(task: string, id: string, payload: string | undefined): Promise<{ readonly record?: object }>;
}

export function rejectedOperations({ ask, send }: Calls): RejectedOperations {
  return {
    rejected: (task, query) => ask(path`/tasks/${task}/rejected`, query) as ReturnType<RejectedOperations['rejected']>,
    rejectedRecord: (task, id) => ask(path`/tasks/${task}/rejected/${id}`) as Promise<RejectedDetails>,
    replayRejected: (task, request) =>
      send('POST', path`/tasks/${task}/rejected`, request) as Promise<ReplayedRejected>,
    tryMessage: (task, sample) => send('POST', path`/tasks/${task}/trials`, sample) as Promise<TriedMessage>,
    correctRejected: (task, id, payload) =>
      send('PATCH', path`/tasks/${task}/rejected/${id}`, { correction: payload ?? null }) as ReturnType<
        RejectedOperations['correctRejected']
      >,
  };
}
