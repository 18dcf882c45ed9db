import { type Calls, path } from './calls.ts';

export interface Topic {
  readonly topic: string;
  readonly app: string;
  readonly description: string;
  /** The Kinesis stream. */
  readonly stream: string;
  /** Tasks that read it. */
  readonly consumers: readonly string[];
  /** The most any app may do with it. */
  readonly permission?: string;
  readonly partitionKey?: string | { readonly field: string } | { readonly spread: number };
  /** Names of fields that are masked before anything is stored. */
  readonly filterFields?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

export interface TopicDetails extends Topic {
  readonly mode: 'provisioned' | 'on-demand';
  readonly retentionHours: number;
  readonly openShards: number;
  readonly fanOutConsumers: number;
  readonly createdAt: string;
  readonly status: string;
  readonly shards: readonly { readonly shard: string; readonly open: boolean; readonly parents: readonly string[] }[];
}

/** A message as the topic keeps it; times are ISO 8601 (UTC). */
export interface Message {
  readonly partition: string;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly arrivedAt: string;
  /** Bytes of the payload. */
  readonly size: number;
  readonly product?: string;
  readonly device?: string;
  readonly clientId?: string;
  /** The app that produced it. */
  readonly app?: string;
  readonly eventTime?: string;
  readonly traceId?: string;
  /** Why the record is none that a rule wrote; `payload` is then the whole record. */
  readonly problem?: string;
  readonly encoding: 'utf8' | 'base64';
  readonly payload: string;
}

/** Times in milliseconds since 1970. */
export interface MessageQuery {
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
  readonly partition?: string;
  readonly sequence?: string;
  readonly limit?: number;
  readonly next?: string;
}

export interface MessagePage {
  readonly items: readonly Message[];
  /** Records looked at. */
  readonly read: number;
  /** Absent at the end. */
  readonly next?: string;
  readonly until: number;
}

export interface TopicOperations {
  topics(): Promise<Topic[]>;
  topic(topic: string): Promise<TopicDetails>;
  /** One page; an empty one with `next` has only not found anything yet. */
  messages(topic: string, query: MessageQuery): Promise<MessagePage>;
}

export function topicOperations({ ask, send, all }: Calls): TopicOperations {
  return {
    topics: () => all<Topic>('/topics'),
    topic: (topic) => ask(path`/topics/${topic}`) as Promise<TopicDetails>,
    messages: (topic, query) => send('POST', path`/topics/${topic}/messages`, query) as Promise<MessagePage>,
  };
}
