import type { FeedTask } from '../../core/fdi/feed-task.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { feedCheck } from '../shared/feed-check.ts';
import { feedConsumer } from '../shared/feed-consumer.ts';
import { feedHandler } from '../shared/feed-handler.ts';
import { feedQuestions } from '../shared/feed-questions.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { topicConsumer, topicSample } from '../shared/topic-consumer.ts';

const task = readDefinitions<FeedTask>();

/** Writes batches of a topic's records into a database outside of the platform; as a custom resource, checks the task against its table. */
export const handler = feedHandler(
  topicConsumer(feedConsumer(task, productModels()), feedQuestions(task, topicSample, presentModels)),
  feedCheck(task),
);
