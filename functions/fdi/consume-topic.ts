import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { batchConsumer } from '../shared/batch-consumer.ts';
import { consumerQuestions } from '../shared/consumer-questions.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { topicConsumer, topicSample } from '../shared/topic-consumer.ts';

const task = readDefinitions<TopicTask>();

/** Writes batches of a topic's records into the task's table in the platform's database. */
export const handler = topicConsumer(
  batchConsumer(task, productModels()),
  consumerQuestions(task, topicSample, presentModels),
);
