import type { KafkaFeed } from './kafka-feed.ts';

/** The mapping that brings a topic's records to a task's consumer, as the provisioning and the management API see it. */
export interface EventSource {
  readonly id: string;
  /** It delivers, or will as soon as a change under way is done. */
  readonly enabled: boolean;
  readonly streamArn: string;
  /** What Lambda says of its last attempt to read, where that failed. */
  readonly problem?: string;
  /** Where its reading began: with the oldest record kept, or with what arrived from then on. */
  readonly startAt: Date | 'oldest';
}

/** How a task's records are fetched; fixed by the template, kept with the task for its first start. */
export interface EventSourceSettings {
  readonly functionArn: string;
  /** The topic's stream; of Kafka, `kafkaSourceName`. */
  readonly streamArn: string;
  /** How a Kafka topic is reached. */
  readonly kafka?: KafkaFeed;
  /** With enhanced fan-out: the topic's registered consumer, which records are pushed to. */
  readonly consumerArn?: string;
  /** `latest` is the moment of the first start, as a time stamp: a mapping at LATEST misses records while it comes to life. */
  readonly startingPosition: 'earliest' | 'latest';
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Batches of a shard that are under way at once. @default 1 */
  readonly parallelization?: number;
}

/** What is needed of Lambda's event source mappings. */
export interface EventSources {
  /** Makes an enabled mapping, or finds the one there is for this function and stream; answers its id. */
  create(settings: EventSourceSettings, startAt: Date | 'oldest'): Promise<string>;
  /** Changes the fetching of a mapping, never whether it is enabled: that is set at run time. */
  update(id: string, settings: EventSourceSettings, before: EventSourceSettings | undefined): Promise<void>;
  setEnabled(id: string, enabled: boolean): Promise<void>;
  find(id: string): Promise<EventSource | undefined>;
  /** Lets mappings invoke the function in an epoch after the first; no matter if they may already. */
  addEpoch(functionArn: string, epoch: number): Promise<void>;
  /** Resolves when the mapping is gone, which takes Lambda up to some minutes. */
  remove(id: string, remainingMs: () => number): Promise<void>;
}
