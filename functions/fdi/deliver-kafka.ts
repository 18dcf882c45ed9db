import { FEED_POSITIONS } from '../../core/fdi/feed-position.ts';
import type { DeliveredTask } from '../../core/fdi/feed-task.ts';
import type { KafkaTask } from '../../core/fdi/kafka-record.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { checkedDelivery, taskDelivery } from '../shared/delivery.ts';
import { kafkaConsumer, kafkaSample } from '../shared/kafka-consumer.ts';
import { testKafkaFeed } from '../shared/kafka-test.ts';
import { destinationTest } from '../shared/runs/test-destination.ts';
import { tested } from '../shared/side-test.ts';

const task = readDefinitions<DeliveredTask & Pick<KafkaTask, 'answers'>>();
const { consume, answer } = taskDelivery(task, kafkaSample);

/** Writes batches of a Kafka topic's records elsewhere than into the platform's database; as a custom resource, checks the task against its target. */
export const handler = tested(
  { source: testKafkaFeed, target: destinationTest(task.target, FEED_POSITIONS) },
  checkedDelivery(task, kafkaConsumer(task, consume, answer)),
);
