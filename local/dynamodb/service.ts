import { arn } from '../account.ts';
import type { AwsRequest, AwsService, Need } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import type { DynaliteBackEnd } from './back-end.ts';

/** What dynalite does and we let through; transactions, streams and backups are not among it. */
const TABLE_OPERATIONS = [
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'],
  ...['DescribeTable', 'DescribeTimeToLive'],
];
const BATCH_OPERATIONS = ['BatchGetItem', 'BatchWriteItem'];

/** Headers dynalite reads; the rest of a request is between the caller and the endpoint. */
const PASSED_HEADERS = ['authorization', 'x-amz-date', 'x-amz-target', 'content-type'];

interface Input {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
}

/** DynamoDB's API over dynalite: what a request needs is decided here, what it answers there. */
export function dynamodbService(backEnd: DynaliteBackEnd): AwsService {
  return {
    signingName: 'dynamodb',
    needs: (request) => needsOf(request),

    async handle(request) {
      const passed = PASSED_HEADERS.flatMap((name) => {
        const value = request.headers[name];
        return value === undefined ? [] : [[name, value] as const];
      });

      return backEnd.send(Object.fromEntries(passed), request.body);
    },
  };
}

function needsOf(request: AwsRequest): Need[] {
  const { operation = 'no operation' } = request;
  const action = `dynamodb:${operation}`;
  if (operation === 'ListTables') {
    return [{ action, resource: '*' }];
  }
  if (BATCH_OPERATIONS.includes(operation)) {
    return Object.keys(inputOf(request).RequestItems ?? {}).map((table) => ({ action, resource: tableArn(table) }));
  }
  if (TABLE_OPERATIONS.includes(operation)) {
    const { TableName = '', IndexName } = inputOf(request);
    const resource = IndexName === undefined ? tableArn(TableName) : `${tableArn(TableName)}/index/${IndexName}`;
    return [{ action, resource }];
  }
  throw new AwsError('UnknownOperationException', `DynamoDB ${operation} is not served locally.`);
}

function inputOf({ body }: AwsRequest): Input {
  try {
    return JSON.parse(body.toString()) as Input;
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
}

/** Clients may name a table by its ARN. */
function tableArn(table: string): string {
  return table.startsWith('arn:') ? table : arn('dynamodb', `table/${table}`);
}
