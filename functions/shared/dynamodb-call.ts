import { type JsonApi, jsonCall } from './json-api.ts';

export type DynamodbOperation = 'GetItem' | 'BatchGetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query';

const DYNAMODB: JsonApi = {
  service: 'dynamodb',
  endpoint: 'DYNAMODB',
  target: 'DynamoDB_20120810',
  version: '1.0',
};

/** @throws AwsRequestFailed, whose name is DynamoDB's own: `ConditionalCheckFailedException` */
export function dynamodbCall(operation: DynamodbOperation, input: object): Promise<Readonly<Record<string, unknown>>> {
  return jsonCall(DYNAMODB, operation, input);
}
