import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type ModelCache, modelCache } from '../../core/link/model-cache.ts';
import type { KeptModel } from '../../core/link/model-history.ts';
import { dynamodbCall } from './dynamodb-call.ts';
import { environment } from './environment.ts';
import { logger } from './logger.ts';

/** The models of the catalogue, kept for half a minute. */
export function productModels(): ModelCache {
  return modelCache({
    read: readModel,
    now: () => performance.now(),
    unknown: (productId) =>
      logger.warn('the catalogue does not know this product: none of its messages is judged', { productId }),
    changed: (productId, { version, enforcement }) =>
      logger.info('the product has another thing model, for messages from half a minute after its deployment on', {
        productId,
        version,
        enforcement,
      }),
    failed: (productId, error) =>
      logger.warn('the catalogue does not answer: the thing model read last still counts', { productId, error }),
  });
}

/** The same, read now: what is replayed is judged by the models that count now. */
export function presentModels(): Pick<ModelCache, 'of' | 'load'> {
  const { of, load } = productModels();

  return { of: (productId) => of(productId), load };
}

/** One strongly consistent GetItem. */
async function readModel(productId: string): Promise<KeptModel | undefined> {
  const { Item } = (await dynamodbCall('GetItem', {
    TableName: environment('CATALOG_TABLE'),
    Key: { kind: { S: 'model' }, name: { S: productId } },
    ConsistentRead: true,
  })) as { Item?: Parameters<typeof unmarshall>[0] };

  return Item === undefined ? undefined : (unmarshall(Item)['document'] as KeptModel);
}
