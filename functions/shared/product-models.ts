import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type ModelCache, modelCache } from '../../core/link/model-cache.ts';
import type { ProductModel } from '../../core/link/product-model.ts';
import { awsRequest, configuredEndpoint, regionOfFunction } from './aws-request.ts';
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
      logger.info('another thing model counts from now on', { productId, version, enforcement }),
    failed: (productId, error) =>
      logger.warn('the catalogue does not answer: the thing model read last still counts', { productId, error }),
  });
}

/**
 * One strongly consistent GetItem. Without the SDK's client, which is five times the rest of the consumer and would double the time
 * until its first batch.
 */
async function readModel(productId: string): Promise<ProductModel | undefined> {
  const endpoint = configuredEndpoint('DYNAMODB') ?? `https://dynamodb.${regionOfFunction()}.amazonaws.com`;
  const answer = await awsRequest(
    { service: 'dynamodb', refusal },
    {
      method: 'POST',
      url: new URL('/', endpoint),
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: JSON.stringify({
        TableName: environment('CATALOG_TABLE'),
        Key: { kind: { S: 'model' }, name: { S: productId } },
        ConsistentRead: true,
      }),
    },
  );
  const { Item } = JSON.parse(answer.toString('utf8')) as { Item?: Parameters<typeof unmarshall>[0] };

  return Item === undefined ? undefined : (unmarshall(Item)['document'] as ProductModel);
}

/** `{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": …}` */
function refusal(status: number, body: string) {
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    // A proxy's page, not the API's answer: its status says enough.
  }
  const name = String(answer['__type'] ?? '')
    .split('#')
    .at(-1);

  return {
    name: name || 'UnknownError',
    message: String(answer['message'] ?? answer['Message'] ?? `status ${status}`),
  };
}
