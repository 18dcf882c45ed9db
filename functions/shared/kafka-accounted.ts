import { epochOf } from '../../core/fdi/epoch.ts';
import { noteKafkaStart } from '../../core/fdi/kafka-start.ts';
import type { StreamRecord } from '../../core/fdi/row.ts';
import type { ConsumeShard } from './batch-consumer.ts';
import { database } from './database.ts';
import { logger } from './logger.ts';

/** Notes where the account of each partition begins, before its first batch is written; once for as long as Lambda keeps this process. */
export function accounted(task: string, consume: ConsumeShard): ConsumeShard {
  const noted = new Set<string>();

  return async (partition, records, context) => {
    const epoch = epochOf(context.invokedFunctionArn);
    const key = `${epoch}/${partition}`;
    if (!noted.has(key) && (await isNoted({ task, epoch, partition }, records))) {
      noted.add(key);
    }

    return consume(partition, records, context);
  };
}

/** An account that cannot begin now begins with a later batch: it is no reason to write nothing. */
async function isNoted(
  partition: Parameters<typeof noteKafkaStart>[1],
  records: readonly StreamRecord[],
): Promise<boolean> {
  const first = Math.min(...records.map(({ kinesis }) => Number(kinesis.sequenceNumber)));
  try {
    await noteKafkaStart(database(), partition, first);

    return true;
  } catch (error) {
    logger.warn('where the account of a partition begins is not noted yet', { ...partition, first, error });

    return false;
  }
}
