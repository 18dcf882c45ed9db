import { setTimeout as wait } from 'node:timers/promises';
import { checkShape } from '../aws/request-shape.ts';
import type { AwsRequest, AwsService } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import { badRequest } from './errors.ts';
import type { DataApi, Operation } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import type { SourceReference } from './source.ts';

interface Call {
  readonly operation: Operation;
  readonly input: SourceReference;
}

/**
 * The Data API over the local database.
 * @param latencyMillis waits so long before every answer, as the network and AWS's own service do: for measuring
 */
export function dataApiService(api: DataApi, latencyMillis: number): AwsService {
  // A request is read once, although it is asked for its needs before it is handled.
  const calls = new WeakMap<AwsRequest, Call>();
  const callOf = (request: AwsRequest): Call => {
    const known = calls.get(request);
    if (known !== undefined) return known;
    const call = read(request, api);
    calls.set(request, call);

    return call;
  };

  return {
    signingName: 'rds-data',
    needs(request) {
      const { operation, input } = callOf(request);

      return [
        { action: `rds-data:${operation.name}`, resource: input.resourceArn },
        { action: 'secretsmanager:GetSecretValue', resource: api.sources.secretArn(input.secretArn) },
      ];
    },
    async handle(request) {
      const { operation, input } = callOf(request);
      if (latencyMillis > 0) await wait(latencyMillis);
      const body = await operation.run(input as never, api);

      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    },
  };
}

function read({ method, path, body }: AwsRequest, { limits }: DataApi): Call {
  const operation = method === 'POST' ? OPERATIONS.get(path) : undefined;
  if (operation === undefined) {
    throw new AwsError('UnknownOperationException', `${method} ${path} is not served locally.`, 404);
  }
  if (body.length > limits.requestBytes) {
    throw badRequest(`The request exceeds the allowed size of ${limits.requestBytes >> 20} MiB`);
  }
  const input = parse(body.toString());
  checkShape(operation.input, input);

  return { operation, input: input as unknown as SourceReference };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
}
