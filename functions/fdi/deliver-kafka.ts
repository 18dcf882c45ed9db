import type { FeedTask } from '../../core/fdi/feed-task.ts';
import type { KafkaTask } from '../../core/fdi/kafka-record.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { feedCheck } from '../shared/feed-check.ts';
import { feedConsumer } from '../shared/feed-consumer.ts';
import { feedHandler } from '../shared/feed-handler.ts';
import { feedQuestions } from '../shared/feed-questions.ts';
import { kafkaConsumer, kafkaSample } from '../shared/kafka-consumer.ts';

const task = readDefinitions<FeedTask & Pick<KafkaTask, 'answers'>>();

/** Writes batches of a Kafka topic's records into a database outside of the platform; as a custom resource, checks the task against its table. */
export const handler = feedHandler(
  kafkaConsumer(task, feedConsumer(task), feedQuestions(task, kafkaSample)),
  feedCheck(task),
);
