import { type Calls, path, type Query } from './calls.ts';

/** A record that a task could not write. Times are ISO 8601, UTC. */
export interface Rejected {
  readonly id: number;
  readonly quarantinedAt: string;
  readonly eventTime: string | null;
  readonly productId: string | null;
  readonly deviceId: string | null;
  readonly traceId: string | null;
  readonly code: string;
  readonly reason: string;
  readonly bytes: number;
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
}

export interface RejectedOperations {
  /** @param query `code`, `device`, `since`, `until`, `limit`, `next` */
  rejected(task: string, query: Query): Promise<{ readonly items: readonly Rejected[]; readonly next?: string }>;
  rejectedRecord(task: string, id: string): Promise<RejectedDetails>;
}

export function rejectedOperations({ ask }: Calls): RejectedOperations {
  return {
    rejected: (task, query) => ask(path`/tasks/${task}/rejected`, query) as ReturnType<RejectedOperations['rejected']>,
    rejectedRecord: (task, id) => ask(path`/tasks/${task}/rejected/${id}`) as Promise<RejectedDetails>,
  };
}
