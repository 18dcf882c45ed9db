/** One of a mapping's ways to reach its brokers, as Lambda's `SourceAccessConfigurations` name them. */
export interface KafkaAccess {
  readonly type: string;
  /** A secret's ARN, or `subnet:…`, `security_group:…`. */
  readonly uri: string;
}

/** How a task's records are fetched from a Kafka cluster; fixed by the template. */
export interface KafkaFeed {
  readonly topic: string;
  /** Of a cluster of one's own: `host:port`. */
  readonly brokers?: readonly string[];
  /** Of MSK, in place of brokers. */
  readonly clusterArn?: string;
  readonly access: readonly KafkaAccess[];
  /** The consumer group; another one after every reset, because a group goes on where it was, whatever its mapping says. */
  readonly group: string;
  /** Provisioned pollers; without them Lambda knows no answer for a part of a batch, and neither halves nor limits retries. */
  readonly pollers?: { readonly min: number; readonly max: number };
  /** Offsets without a record are nothing to wonder at, as of compacted topics: there is no account then. */
  readonly gaps?: true;
}

/** What the catalogue, the ledger and the checks call a Kafka topic, where a topic of ours has its stream's ARN. */
export function kafkaSourceName(cluster: string, topic: string): string {
  return `kafka:${cluster}:${topic}`;
}

/** The group a task reads in after it was set back. @param at when, milliseconds since the epoch */
export function groupAfterReset(group: string, at: number): string {
  return `${group}.${at}`;
}

/**
 * Whether a mapping of the one can become one of the other by an update: brokers, cluster, topic and group are fixed when it is made.
 * The mapping that replaces it reads on in the same group.
 */
export function isSameFeed(before: KafkaFeed | undefined, after: KafkaFeed | undefined): boolean {
  return JSON.stringify(fixedParts(before)) === JSON.stringify(fixedParts(after));
}

function fixedParts(feed: KafkaFeed | undefined) {
  return [feed?.topic, feed?.brokers, feed?.clusterArn, feed?.group, feed?.pollers === undefined];
}
