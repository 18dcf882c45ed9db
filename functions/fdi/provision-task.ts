import { InvalidSetting } from '../../core/errors.ts';
import type { RealtimeDefinition } from '../../core/fdi/feed-task.ts';
import type { KafkaFeed } from '../../core/fdi/kafka-feed.ts';
import {
  createTask,
  deleteTask,
  type TaskProvisioning,
  type TaskRequest,
  updateTask,
} from '../../core/fdi/provision-task.ts';
import { booleanProperty, customResource, numberProperty } from '../shared/custom-resource.ts';
import { database } from '../shared/database.ts';
import { eventSources } from '../shared/event-sources.ts';
import { taskEntries } from '../shared/task-entries.ts';
import { topicReader } from '../shared/topic-reader.ts';

/** As CloudFormation sends them: numbers and booleans have become text. */
export interface TaskProperties {
  readonly Task: string;
  readonly FunctionArn: string;
  readonly StreamArn: string;
  /** With enhanced fan-out only. */
  readonly ConsumerArn?: string;
  /** Of a Kafka topic: its `KafkaFeed` as JSON text. */
  readonly Kafka?: string;
  readonly StartingPosition: 'earliest' | 'latest';
  readonly BatchSize: string | number;
  readonly BatchingWindowSeconds: string | number;
  readonly Started: string | boolean;
  /** The `RealtimeDefinition` as JSON text, so that its types survive. */
  readonly Definition: string;
}

/** A task's custom resource: refuses by name what its table cannot take, then owns its event source mapping. */
export const handler = taskResource(awsProvisioning);

export function taskResource(provisioning: () => TaskProvisioning) {
  return customResource<TaskProperties>({
    async create({ properties }) {
      await createTask(provisioning(), requestOf(properties));

      return {};
    },
    async update({ properties, oldProperties, remainingMs }) {
      const request = requestOf(properties);
      if (oldProperties.Task !== properties.Task) {
        throw new InvalidSetting(
          `${oldProperties.Task}: name`,
          properties.Task,
          'the name it has: give a new task a new construct id',
        );
      }
      await updateTask(provisioning(), request, remainingMs);

      return {};
    },
    async delete({ properties, remainingMs }) {
      await deleteTask(provisioning(), properties.Task, remainingMs);
    },
  });
}

function requestOf(properties: TaskProperties): TaskRequest {
  const task = definitionOf(properties);
  const { parallelization } = task;

  return {
    task,
    settings: {
      functionArn: properties.FunctionArn,
      streamArn: properties.StreamArn,
      ...(properties.ConsumerArn !== undefined && { consumerArn: properties.ConsumerArn }),
      ...(properties.Kafka !== undefined && { kafka: feedOf(properties) }),
      startingPosition: properties.StartingPosition,
      batchSize: numberProperty('BatchSize', properties.BatchSize),
      batchingWindowSeconds: numberProperty('BatchingWindowSeconds', properties.BatchingWindowSeconds),
      // Not a property of its own: a mapping with more lanes than its consumer knows of would lose records.
      ...(parallelization !== undefined && { parallelization }),
    },
    started: booleanProperty('Started', properties.Started),
  };
}

function definitionOf({ Task, Definition }: TaskProperties): RealtimeDefinition {
  return jsonOf<RealtimeDefinition>(`${Task}: Definition`, Definition, 'the task as JSON text');
}

function feedOf({ Task, Kafka = '' }: TaskProperties): KafkaFeed {
  return jsonOf<KafkaFeed>(`${Task}: Kafka`, Kafka, 'how its Kafka topic is reached, as JSON text');
}

function jsonOf<Value>(where: string, text: string, allowed: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new InvalidSetting(where, text, allowed);
  }
}

function awsProvisioning(): TaskProvisioning {
  return {
    database: database(),
    entries: taskEntries(),
    sources: eventSources(),
    topics: topicReader(),
    now: () => new Date(),
  };
}
