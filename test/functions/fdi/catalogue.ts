import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { checkProduct, type ProductDescription } from '../../../core/link/product.ts';
import { productModel } from '../../../core/link/product-model.ts';
import type { DynamodbEngine } from '../../../local/engines.ts';

/** The catalogue's table, as the platform's stack makes it. */
export const CATALOG_TABLE = 'Catalog';

export async function createCatalogue(dynamodb: Pick<DynamodbEngine, 'apply'>): Promise<void> {
  await dynamodb.apply({
    name: CATALOG_TABLE,
    properties: {
      AttributeDefinitions: ['kind', 'name'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'kind', KeyType: 'HASH' },
        { AttributeName: 'name', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    },
  });
}

/** Enters a product's model, as its stack would. */
export async function enterModel(
  client: ConstructorParameters<typeof DynamoDBClient>[0],
  productId: string,
  product: Pick<ProductDescription, 'thingModel' | 'enforcement'>,
): Promise<void> {
  const dynamodb = new DynamoDBClient(client ?? {});
  const document = productModel(checkProduct('test', { name: 'ParkingSensor', ...product }));
  const Item = marshall({ kind: 'model', name: productId, document }, { removeUndefinedValues: true });
  await dynamodb.send(new PutItemCommand({ TableName: CATALOG_TABLE, Item }));
  dynamodb.destroy();
}
