import type { Construct } from 'constructs';
import { allows, type TopicRight } from '../../core/mqs/topic-permission.ts';
import type { ITopic } from '../mqs/topic.ts';
import { invalid } from '../platform/setting.ts';
import type { BackendFunctionProps } from './api-group.ts';
import type { IIntegrationApp } from './integration-app.ts';
import type { ParameterProps } from './parameter-props.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';

/** Apps sign in; the topic's owner and the apps that the topic is granted to may call. */
export interface TopicApiProps
  extends Omit<PublishedApiProps, 'app' | 'path' | 'method' | 'parameters' | 'auth' | 'backendAuth'> {
  readonly topic: ITopic;
  /**
   * Where it is published in the group, without parameters.
   * @default - `/topics/<name of the topic>/messages`
   */
  readonly path?: string;
}

interface TopicApiKind {
  readonly right: TopicRight;
  readonly method: 'GET' | 'POST';
  readonly function: Pick<BackendFunctionProps, 'entry' | 'description' | 'memory'>;
  readonly actions: readonly string[];
  readonly parameters?: Readonly<Record<string, ParameterProps>>;
}

/** An API whose callers are let in by the grants of its topic. */
abstract class TopicApi extends PublishedApi {
  readonly #topic: ITopic;
  readonly #right: TopicRight;

  constructor(scope: Construct, id: string, { topic, path, ...api }: TopicApiProps, kind: TopicApiKind) {
    const { right, method, actions, parameters = {} } = kind;
    const own = { app: topic.app, path: path ?? `/topics/${topic.topicName}/messages`, method, parameters };
    super(scope, id, { ...api, ...own }, (place) => {
      if (!allows(topic.permission, right)) {
        throw invalid(
          place,
          'topic',
          topic.topicName,
          `a topic whose permission holds ${right}; it has ${topic.permission}`,
        );
      }
      if (own.path.includes('{')) {
        throw invalid(place, 'path', own.path, 'a path without parameters: it is of one topic');
      }
      const { topicName, partitionKey, filterFields, stream } = topic;
      const handler = api.group
        .backend(place, 'Function', {
          ...kind.function,
          files: { 'topic.json': () => ({ topic: topicName, partitionKey, filterFields }) },
        })
        .variable('TOPIC_STREAM', stream.streamName)
        .allow(actions, [stream.streamArn]);

      return { backend: { kind: 'topic', topic: topicName, right }, handler };
    });
    this.#topic = topic;
    this.#right = right;
  }

  /** Lets another app do the same through every such API of the topic: the grant is the topic's. */
  override grantTo(app: IIntegrationApp): void {
    this.#topic.grantTo(app, this.#right);
  }
}

/** Takes messages of apps into a topic: `POST /topics/<topic>/messages`, one or up to 500 at once, acknowledged one by one. */
export class ProduceApi extends TopicApi {
  constructor(scope: Construct, id: string, props: TopicApiProps) {
    super(scope, id, props, {
      right: 'publish',
      method: 'POST',
      function: {
        entry: 'mqs/produce-messages',
        description: `Takes messages into ${props.topic.topicName}`,
        memory: 1024,
      },
      actions: ['kinesis:PutRecords'],
    });
  }
}

/** Looks messages of a topic up: `GET /topics/<topic>/messages`, by time, key, partition or sequence number. It takes nothing out of the topic. */
export class MessageQueryApi extends TopicApi {
  constructor(scope: Construct, id: string, props: TopicApiProps) {
    super(scope, id, props, {
      right: 'subscribe',
      method: 'GET',
      function: {
        entry: 'mqs/query-messages',
        description: `Looks messages of ${props.topic.topicName} up`,
        // Every shard may have a read of up to 10 MB under way.
        memory: 1024,
      },
      actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      parameters: {
        since: { in: 'query', description: 'arrived from then on: milliseconds since 1970, or ISO 8601' },
        until: { in: 'query', description: 'arrived up to then' },
        key: { in: 'query', description: 'of this partition key' },
        partition: { in: 'query', description: 'of this shard, by its id or its number' },
        sequence: { in: 'query', description: 'the one message with this sequence number' },
        limit: { in: 'query', type: 'integer', minimum: 1, maximum: 500, default: '100' },
        next: { in: 'query', description: 'of the page before' },
      },
    });
  }
}
