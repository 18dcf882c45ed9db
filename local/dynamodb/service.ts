import { arn } from '../account.ts';
import type { AwsRequest, AwsService, Need } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import { DYNALITE_OPERATIONS, type Dynalite, type DynaliteOperation } from './dynalite.ts';
import { requireTable } from './table.ts';
import type { TimeToLive } from './time-to-live.ts';

type Document = Record<string, unknown>;

const SERVED: ReadonlySet<string> = new Set([...DYNALITE_OPERATIONS, 'DescribeTimeToLive', 'UpdateTimeToLive']);

/** The API of DynamoDB. @param store answers the open tables; they open after the service is made */
export function dynamodbService(
  store: () => { readonly dynalite: Dynalite; readonly timeToLive: TimeToLive },
): AwsService {
  const documents = new WeakMap<AwsRequest, Document>();
  const documentOf = (request: AwsRequest): Document => {
    const known = documents.get(request);
    if (known !== undefined) return known;
    const document = parse(request);
    documents.set(request, document);

    return document;
  };

  return {
    signingName: 'dynamodb',
    needs(request) {
      const operation = request.operation ?? 'no operation';
      if (!SERVED.has(operation)) {
        throw new AwsError('UnknownOperationException', `DynamoDB ${operation} is not served locally.`);
      }
      const document = documentOf(request);

      return resourcesOf(operation, document).map((resource): Need => ({ action: `dynamodb:${operation}`, resource }));
    },
    async handle(request) {
      const { dynalite, timeToLive } = store();
      const output = await run(request.operation as string, documentOf(request), dynalite, timeToLive);

      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(output),
      };
    },
  };
}

function run(operation: string, input: Document, dynalite: Dynalite, timeToLive: TimeToLive): Promise<Document> {
  if (operation === 'DescribeTimeToLive') return describeTimeToLive(input, dynalite, timeToLive);
  if (operation === 'UpdateTimeToLive') return updateTimeToLive(input, dynalite, timeToLive);

  return dynalite.call(operation as DynaliteOperation, input);
}

async function describeTimeToLive(
  { TableName }: Document,
  dynalite: Dynalite,
  timeToLive: TimeToLive,
): Promise<Document> {
  const name = tableName(TableName);
  await requireTable(dynalite, name);
  const AttributeName = timeToLive.attributeOf(name);

  return {
    TimeToLiveDescription:
      AttributeName === undefined ? { TimeToLiveStatus: 'DISABLED' } : { TimeToLiveStatus: 'ENABLED', AttributeName },
  };
}

async function updateTimeToLive(input: Document, dynalite: Dynalite, timeToLive: TimeToLive): Promise<Document> {
  const name = tableName(input['TableName']);
  await requireTable(dynalite, name);
  const { AttributeName, Enabled } = (input['TimeToLiveSpecification'] ?? {}) as Document;
  if (typeof AttributeName !== 'string' || typeof Enabled !== 'boolean') {
    throw new AwsError('ValidationException', 'TimeToLiveSpecification needs AttributeName and Enabled.');
  }
  await timeToLive.set(name, Enabled ? AttributeName : undefined);

  return { TimeToLiveSpecification: { AttributeName, Enabled } };
}

/** What a call touches: a table or several, an index in place of its table when one is read. */
function resourcesOf(operation: string, input: Document): readonly string[] {
  const { TableName, IndexName, RequestItems, ResourceArn } = input;
  if (operation === 'ListTables') return ['*'];
  if (typeof ResourceArn === 'string') return [ResourceArn];
  if (typeof RequestItems === 'object' && RequestItems !== null) return Object.keys(RequestItems).map(tableArn);
  const table = tableArn(tableName(TableName));

  return [typeof IndexName === 'string' ? `${table}/index/${IndexName}` : table];
}

function tableArn(name: string): string {
  return name.startsWith('arn:') ? name : arn('dynamodb', `table/${name}`);
}

/** A table may be named by its ARN. */
function tableName(name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw new AwsError(
      'ValidationException',
      "The parameter 'TableName' is required but was not present in the request",
    );
  }

  return name.startsWith('arn:') ? name.slice(name.indexOf(':table/') + 7) : name;
}

function parse({ body }: AwsRequest): Document {
  try {
    const document: unknown = JSON.parse(body.toString());
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Document;
  } catch {
    // refused below
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}
