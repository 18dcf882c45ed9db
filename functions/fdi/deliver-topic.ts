import { FEED_POSITIONS } from '../../core/fdi/feed-position.ts';
import type { DeliveredTask } from '../../core/fdi/feed-task.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { checkedDelivery, taskDelivery } from '../shared/delivery.ts';
import { presentModels, productModels } from '../shared/product-models.ts';
import { destinationTest } from '../shared/runs/test-destination.ts';
import { tested } from '../shared/side-test.ts';
import { topicConsumer, topicSample } from '../shared/topic-consumer.ts';
import { testTopicFeed } from '../shared/topic-test.ts';

const task = readDefinitions<DeliveredTask>();
const { consume, answer } = taskDelivery(task, topicSample, { models: productModels(), present: presentModels });

/** Writes batches of a topic's records elsewhere than into the platform's database; as a custom resource, checks the task against its target. */
export const handler = tested(
  { source: testTopicFeed, target: destinationTest(task.target, FEED_POSITIONS) },
  checkedDelivery(task, topicConsumer(consume, answer)),
);
