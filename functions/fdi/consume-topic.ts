import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { batchConsumer } from '../shared/batch-consumer.ts';
import { consumerQuestions } from '../shared/consumer-questions.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { tested } from '../shared/side-test.ts';
import { testPlatformTable } from '../shared/test-table.ts';
import { topicConsumer, topicSample } from '../shared/topic-consumer.ts';
import { testTopicFeed } from '../shared/topic-test.ts';

const task = readDefinitions<TopicTask>();

/** Writes batches of a topic's records into the task's table in the platform's database. */
export const handler = tested(
  { source: testTopicFeed, target: testPlatformTable(task.target) },
  topicConsumer(batchConsumer(task, productModels()), consumerQuestions(task, topicSample, presentModels)),
);
