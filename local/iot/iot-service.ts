import type { AwsRequest, AwsService } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import { TokenBucket } from '../stream/token-bucket.ts';
import { type IotContext, type IotOperation, OPERATIONS, unknownOperation } from './iot-operations.ts';

export interface IotServiceOptions extends IotContext {
  /** Resolves when the state is on disk; called after every operation that changes it. */
  save(): Promise<void>;
}

/** The IoT control plane as far as device registration needs it (REST JSON). */
export function createIotService({ save, ...context }: IotServiceOptions): AwsService {
  const buckets = new Map<string, TokenBucket>();
  const throttle = ({ name, perSecond }: IotOperation) => {
    if (perSecond === undefined) return;
    const bucket = buckets.get(name) ?? new TokenBucket(perSecond, () => context.now() * 1000);
    buckets.set(name, bucket);
    if (!bucket.allows(1)) throw new AwsError('ThrottlingException', 'Rate exceeded', 429);
    bucket.spend(1);
  };

  return {
    signingName: 'iot',
    needs(request) {
      const { operation, name } = route(request);
      return [{ action: `iot:${operation.name}`, resource: operation.resource(name) }];
    },
    async handle(request) {
      const { operation, name } = route(request);
      throttle(operation);
      const answer = await operation.run({ name, query: request.query, body: readBody(request) }, context);
      if (operation.changes) await save();

      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
    },
  };
}

function route({ method, path }: AwsRequest): { operation: IotOperation; name: string } {
  const levels = path.split('/');
  for (const operation of OPERATIONS) {
    const pattern = operation.path.split('/');
    if (operation.method !== method || pattern.length !== levels.length) continue;
    if (pattern.every((level, i) => level === '{}' || level === levels[i])) {
      const at = pattern.indexOf('{}');
      return { operation, name: at === -1 ? '' : decodeURIComponent(levels[at] ?? '') };
    }
  }

  throw unknownOperation(method, path);
}

function readBody({ body }: AwsRequest): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Answered below, like every other body that is no object.
  }

  throw new AwsError('InvalidRequestException', 'The request body is not a JSON object.');
}
