import type { KafkaTask } from '../../core/fdi/kafka-record.ts';
import { batchConsumer } from '../shared/batch-consumer.ts';
import { consumerQuestions } from '../shared/consumer-questions.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { accounted } from '../shared/kafka-accounted.ts';
import { kafkaConsumer, kafkaSample } from '../shared/kafka-consumer.ts';
import { testKafkaFeed } from '../shared/kafka-test.ts';
import { tested } from '../shared/side-test.ts';
import { testPlatformTable } from '../shared/test-table.ts';

const task = readDefinitions<KafkaTask>();

/** Writes batches of a Kafka topic's records into the task's table in the platform's database. */
export const handler = tested(
  { source: testKafkaFeed, target: testPlatformTable(task.target) },
  kafkaConsumer(task, accounted(task.name, batchConsumer(task)), consumerQuestions(task, kafkaSample)),
);
