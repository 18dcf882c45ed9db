import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  type SourceAccessType,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { Refusal } from '../../core/errors.ts';
import { epochAlias } from '../../core/fdi/epoch.ts';
import type { EventSourceSettings, EventSources } from '../../core/fdi/event-source.ts';
import type { KafkaFeed } from '../../core/fdi/kafka-feed.ts';

/** A mapping that is being changed refuses changes (ResourceInUseException) until it is done, usually within a minute. */
const IN_USE_WAITS_MS: readonly number[] = [200, 400, 800, 1600, 3200, 6400, 6400, 6400];
const GONE_POLL_MS = 1000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const OLDEST = 'oldest' as const;
/** Of a mapping that is pushed to, the source is the stream's consumer. */
const CONSUMER = /\/consumer\/.*$/;
const ENABLED_STATES: ReadonlySet<string> = new Set(['Creating', 'Enabling', 'Enabled', 'Updating']);

let client: LambdaClient | undefined;

/** Lambda's event source mappings for topics: Kinesis streams, and topics of Kafka. */
export function eventSources(): EventSources {
  client ??= new LambdaClient({});
  const lambda = client;

  async function find(id: string) {
    try {
      const mapping = await lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
      const { State = '', EventSourceArn = '', StartingPositionTimestamp, LastProcessingResult: last = '' } = mapping;
      const streamArn = EventSourceArn.replace(CONSUMER, '');
      const problem = last.startsWith('PROBLEM') ? { problem: last } : {};
      const startAt = StartingPositionTimestamp ?? OLDEST;
      const found = { id, enabled: ENABLED_STATES.has(State), streamArn, startAt, ...problem };

      return State === 'Deleting' ? undefined : found;
    } catch (error) {
      return absent(error);
    }
  }

  return {
    find,

    async create(settings, startAt) {
      const command = new CreateEventSourceMappingCommand({
        FunctionName: settings.functionArn,
        ...(settings.kafka
          ? kafkaSource(settings.kafka)
          : { EventSourceArn: settings.consumerArn ?? settings.streamArn }),
        ...fetching(settings),
        ...(startAt === 'oldest'
          ? { StartingPosition: 'TRIM_HORIZON' as const }
          : { StartingPosition: 'AT_TIMESTAMP' as const, StartingPositionTimestamp: startAt }),
        Enabled: true,
      });
      try {
        const { UUID: id = '' } = await lambda.send(command);

        return id;
      } catch (error) {
        const id = existing(error);
        if ((await find(id)) === undefined) {
          throw stillThere(id);
        }

        return id;
      }
    },

    async update(id, settings, before) {
      await whenFree(() =>
        lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, ...fetching(settings, before) })),
      );
    },

    async setEnabled(id, enabled) {
      await whenFree(() => lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled })));
    },

    async addEpoch(FunctionName, epoch) {
      try {
        // Of the code as it is deployed, always: what tells epochs apart is the name it is invoked by.
        await lambda.send(
          new CreateAliasCommand({ FunctionName, Name: epochAlias(epoch), FunctionVersion: '$LATEST' }),
        );
      } catch (error) {
        if (!isNamed(error, 'ResourceConflictException')) {
          throw error;
        }
      }
    },

    async remove(id, remainingMs) {
      try {
        await whenFree(() => lambda.send(new DeleteEventSourceMappingCommand({ UUID: id })));
        while (remainingMs() > GONE_POLL_MS) {
          await lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
          await delay(GONE_POLL_MS);
        }
      } catch (error) {
        // The right to delete hangs on the mapping's function: for a mapping that is gone it is refused. Looking is allowed.
        if (isNamed(error, 'AccessDeniedException') && (await find(id)) === undefined) {
          return;
        }
        absent(error);
        return;
      }
      throw stillThere(id);
    },
  };
}

const PATIENCE = {
  FunctionResponseTypes: ['ReportBatchItemFailures' as const],
  BisectBatchOnFunctionError: true,
  MaximumRetryAttempts: -1,
  MaximumRecordAgeInSeconds: -1,
};

/**
 * Retries and age are unlimited and batches are halved only when the consumer crashes: it answers itself what is not written, and an
 * alarm watches the age of the oldest record. Lambda would throw records away at any limit.
 */
function fetching(
  { kafka, batchSize, batchingWindowSeconds, parallelization = 1 }: EventSourceSettings,
  before?: EventSourceSettings,
) {
  // No window is the default, and the API's text forbids saying so beside a batch size of more than 10.
  const window = batchingWindowSeconds > 0 || (before?.batchingWindowSeconds ?? 0) > 0;

  return {
    BatchSize: batchSize,
    ...(window && { MaximumBatchingWindowInSeconds: batchingWindowSeconds }),
    ...(kafka ? kafkaFetching(kafka) : { ParallelizationFactor: parallelization, ...PATIENCE }),
  };
}

/** What is fixed when the mapping is made. */
function kafkaSource({ topic, brokers, clusterArn, group }: KafkaFeed) {
  return {
    Topics: [topic],
    ...(clusterArn === undefined
      ? {
          SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: [...(brokers ?? [])] } },
          SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
        }
      : { EventSourceArn: clusterArn, AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: group } }),
  };
}

/**
 * Only provisioned pollers take answers and limits; without them Lambda repeats a batch until it expires. No destination for failures: with
 * one, unlimited retries become ten, and good records would go there when the database is away. D:lambda/latest/dg/kafka-retry-configurations
 */
function kafkaFetching({ access, pollers }: KafkaFeed) {
  return {
    ...(access.length > 0 && {
      SourceAccessConfigurations: access.map(({ type, uri }) => ({ Type: type as SourceAccessType, URI: uri })),
    }),
    ...(pollers && {
      ProvisionedPollerConfig: { MinimumPollers: pollers.min, MaximumPollers: pollers.max },
      ...PATIENCE,
    }),
  };
}

async function whenFree<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (const wait of IN_USE_WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isNamed(error, 'ResourceInUseException')) {
        throw error;
      }
    }
    await delay(wait);
  }

  return call();
}

/** Of the same function and stream there is one mapping at most; Lambda's refusal names it. */
function existing(error: unknown): string {
  const id = isNamed(error, 'ResourceConflictException') ? UUID.exec(error.message)?.[0] : undefined;
  if (id === undefined) {
    throw error;
  }

  return id;
}

function stillThere(id: string): Refusal {
  return new Refusal('CAUSEWAY.0412', {
    message: `The event source mapping ${id} is still being deleted; try again in some minutes.`,
  });
}

function absent(error: unknown): undefined {
  if (!isNamed(error, 'ResourceNotFoundException')) {
    throw error;
  }

  return undefined;
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}
