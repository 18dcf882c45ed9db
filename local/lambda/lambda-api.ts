import { arn } from '../account.ts';
import type { AwsRequest, AwsResponse, AwsService, Need } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import type { KafkaSource } from '../kafka/kafka-source.ts';
import type { AsyncInvocations } from './async-invocations.ts';
import type { EventSources, MappingView } from './event-source/event-sources.ts';
import { type MappingRequest, sourceArn } from './event-source/mapping.ts';
import type { FunctionDefinition } from './function-definition.ts';
import type { Functions } from './functions.ts';

interface Parts {
  readonly functions: Functions;
  readonly asynchronous: AsyncInvocations;
  readonly eventSources: EventSources;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  needs(id: string, request: AwsRequest, parts: Parts): Need;
  handle(id: string, request: AwsRequest, parts: Parts): Promise<AwsResponse>;
}

const MAPPINGS = '/2015-03-31/event-source-mappings/?';

/** The operations functions call, with their resources as in service-authorization/latest/reference/list_awslambda. */
const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: new RegExp(`^${MAPPINGS}()$`),
    needs: (_, request, { functions }) => ({
      action: 'lambda:CreateEventSourceMapping',
      resource: '*',
      conditionKeys: { 'lambda:FunctionArn': functionArnOf(bodyOf(request), functions) },
    }),
    handle: async (_, request, { eventSources }) => json(202, mappingBody(await eventSources.create(bodyOf(request)))),
  },
  {
    method: 'GET',
    path: new RegExp(`^${MAPPINGS}()$`),
    needs: () => ({ action: 'lambda:ListEventSourceMappings', resource: '*' }),
    async handle(_, { query }, { eventSources }) {
      const [functionName, streamArn] = [query.get('FunctionName'), query.get('EventSourceArn')];
      const found = eventSources.list({
        ...(functionName === null ? {} : { functionName }),
        ...(streamArn === null ? {} : { streamArn }),
      });

      return json(200, { EventSourceMappings: found.map(mappingBody) });
    },
  },
  {
    method: 'GET',
    path: new RegExp(`^${MAPPINGS}/([^/]+)$`),
    needs: (uuid, _, parts) => mappingNeed('GetEventSourceMapping', uuid, parts),
    handle: async (uuid, _, { eventSources }) => json(200, mappingBody(eventSources.get(uuid))),
  },
  {
    method: 'PUT',
    path: new RegExp(`^${MAPPINGS}/([^/]+)$`),
    needs: (uuid, _, parts) => mappingNeed('UpdateEventSourceMapping', uuid, parts),
    handle: async (uuid, request, { eventSources }) =>
      json(202, mappingBody(await eventSources.update(uuid, bodyOf(request)))),
  },
  {
    method: 'DELETE',
    path: new RegExp(`^${MAPPINGS}/([^/]+)$`),
    needs: (uuid, _, parts) => mappingNeed('DeleteEventSourceMapping', uuid, parts),
    handle: async (uuid, _, { eventSources }) => json(202, mappingBody(await eventSources.remove(uuid))),
  },
  {
    method: 'GET',
    path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
    needs: (name, _, { functions }) => ({
      action: 'lambda:GetFunctionConfiguration',
      resource: functions.get(name).arn,
    }),
    handle: async (name, _, { functions }) => json(200, functionBody(functions.get(name))),
  },
  {
    method: 'POST',
    path: /^\/2015-03-31\/functions\/([^/]+)\/aliases$/,
    needs: (name, _, { functions }) => ({ action: 'lambda:CreateAlias', resource: functions.get(name).arn }),
    handle: createAlias,
  },
  {
    method: 'POST',
    path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
    needs: (name, _, { functions }) => ({ action: 'lambda:InvokeFunction', resource: functions.get(name).arn }),
    handle: invoke,
  },
];

/** The Lambda API, as far as functions of a platform need it: invocations and event source mappings. */
export function lambdaApi(parts: Parts): AwsService {
  return {
    signingName: 'lambda',
    needs(request) {
      const { route, id } = routeOf(request);

      return [route.needs(id, request, parts)];
    },
    handle(request) {
      const { route, id } = routeOf(request);

      return route.handle(id, request, parts);
    },
  };
}

function routeOf({ method, path }: AwsRequest): { readonly route: Route; readonly id: string } {
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match !== null) return { route, id: decodeURIComponent(match[1] ?? '') };
  }
  throw new AwsError('UnknownOperationException', `${method} ${path} of Lambda is not served locally.`, 404);
}

/** Ref: lambda/latest/api/API_CreateAlias; only of the code as it is deployed, which is all there is here. */
async function createAlias(name: string, request: AwsRequest, { functions }: Parts): Promise<AwsResponse> {
  const { Name = '', FunctionVersion = '' } = bodyOf<{ readonly Name?: string; readonly FunctionVersion?: string }>(
    request,
  );
  if (!/^(?!\d+$)[\w-]{1,128}$/.test(Name) || FunctionVersion !== '$LATEST') {
    throw new AwsError(
      'InvalidParameterValueException',
      `Name: received ${JSON.stringify(Name)}; FunctionVersion: received ${JSON.stringify(FunctionVersion)}, served locally: $LATEST`,
      400,
      { Type: 'User' },
    );
  }
  await functions.putAlias(name, Name);

  return json(201, { AliasArn: `${functions.get(name).arn}:${Name}`, Name, FunctionVersion, Description: '' });
}

async function invoke(name: string, request: AwsRequest, { functions, asynchronous }: Parts): Promise<AwsResponse> {
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return { status: 204, body: '' };
  if (type === 'Event') {
    asynchronous.submit(name, bodyOf(request));

    return { status: 202, body: '' };
  }
  if (type !== 'RequestResponse') {
    throw new AwsError(
      'InvalidParameterValueException',
      `InvocationType: received ${type}; allowed: RequestResponse, Event, DryRun`,
    );
  }
  const { payload, functionError } = await functions.invoke(name, bodyOf(request));

  return {
    status: 200,
    headers: {
      'X-Amz-Executed-Version': '$LATEST',
      ...(functionError === undefined ? {} : { 'X-Amz-Function-Error': functionError }),
    },
    body: JSON.stringify(payload),
  };
}

function bodyOf<T = MappingRequest>({ body }: AwsRequest): T {
  if (body.length === 0) return {} as T;
  try {
    return JSON.parse(body.toString('utf8')) as T;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.', 400, {
      Type: 'User',
    });
  }
}

function functionArnOf({ FunctionName }: MappingRequest, functions: Functions): string {
  return functions.get(FunctionName ?? '').arn;
}

/** An unknown mapping is asked for under its own id: who may not look must not learn whether it exists. */
function mappingNeed(operation: string, uuid: string, { eventSources }: Parts): Need {
  const known = eventSources.list({}).find((one) => one.uuid === uuid);

  return {
    action: `lambda:${operation}`,
    resource: arn('lambda', `event-source-mapping:${uuid}`),
    ...(known === undefined ? {} : { conditionKeys: { 'lambda:FunctionArn': known.functionArn } }),
  };
}

function mappingBody({ settings, ...mapping }: MappingView): unknown {
  const timestamp = mapping.startingPosition === 'AT_TIMESTAMP' ? mapping.startingTimestamp : undefined;
  const { onFailureBucket } = settings;

  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: arn('lambda', `event-source-mapping:${mapping.uuid}`),
    ...(mapping.kafka === undefined ? { EventSourceArn: sourceArn(mapping) } : kafkaBody(mapping.kafka)),
    FunctionArn: mapping.functionArn,
    StartingPosition: mapping.startingPosition,
    ...(timestamp === undefined ? {} : { StartingPositionTimestamp: timestamp / 1000 }),
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: Math.floor(settings.batchingWindow),
    ...(mapping.kafka === undefined && { ParallelizationFactor: settings.parallelizationFactor }),
    BisectBatchOnFunctionError: settings.bisectOnError,
    MaximumRecordAgeInSeconds: settings.maximumRecordAge,
    MaximumRetryAttempts: settings.maximumRetryAttempts,
    TumblingWindowInSeconds: 0,
    FunctionResponseTypes: settings.reportItemFailures ? ['ReportBatchItemFailures'] : [],
    DestinationConfig: { OnFailure: onFailureBucket === undefined ? {} : { Destination: onFailureBucket } },
    LastModified: mapping.lastModified / 1000,
    LastProcessingResult: mapping.lastProcessingResult,
    State: mapping.state,
    StateTransitionReason: 'User action',
  };
}

function kafkaBody({ brokers, topic, group, access }: KafkaSource) {
  return {
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: brokers } },
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
    Topics: [topic],
    SourceAccessConfigurations: access,
  };
}

function functionBody(definition: FunctionDefinition): unknown {
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: definition.runtime,
    Role: definition.roleArn,
    Handler: definition.handler,
    Description: definition.description,
    Timeout: definition.timeout,
    MemorySize: definition.memorySize,
    Environment: { Variables: definition.environment },
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Version: '$LATEST',
  };
}

function json(status: number, body: unknown): AwsResponse {
  return { status, body: JSON.stringify(body) };
}
