import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { LocalError } from '../errors.ts';
import { stackId } from '../template/intrinsics.ts';
import { type Applied, type ResourceContext, resource } from '../template/resource.ts';

interface CustomProperties {
  readonly ServiceToken: string;
  /** Seconds CloudFormation waits for the answer. */
  readonly ServiceTimeout?: number | string;
  readonly [name: string]: unknown;
}

interface Answer {
  readonly Status?: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

type Context = ResourceContext<CustomProperties>;
type RequestType = 'Create' | 'Update' | 'Delete';

const DEFAULT_TIMEOUT_SECONDS = 3600;
/** A function that is through and has not answered by then never will; CloudFormation would wait an hour. */
const LATE_ANSWER_MILLISECONDS = 5000;

/**
 * Custom::* and AWS::CloudFormation::CustomResource → Create, Update or Delete sent to the function behind
 * ServiceToken, whose answer decides. Ref: AWSCloudFormation/latest/UserGuide/crpg-ref-requests
 */
export const customResource = resource<CustomProperties>('Custom::*', {
  async apply(context) {
    const { previous, properties } = context;
    if (previous !== undefined && isDeepStrictEqual(previous.properties, properties)) return previous;
    if (previous === undefined) return create(context);

    return applied(context, await send(context, 'Update'), previous.ref);
  },
  async remove(context) {
    await send(context, 'Delete');
  },
});

/** A creation that failed half way is undone, as CloudFormation's roll-back does it, and begins anew at the next start. */
async function create(context: Context): Promise<Applied> {
  try {
    return applied(context, await send(context, 'Create'), undefined);
  } catch (error) {
    if (error instanceof CustomResourceFailed && error.physicalId !== undefined) {
      const previous = { ref: error.physicalId, properties: context.properties };
      await send({ ...context, previous }, 'Delete').catch((reason: Error) =>
        context.log.warn('a failed creation could not be undone', {
          resource: context.logicalId,
          reason: reason.message,
        }),
      );
    }
    throw error;
  }
}

class CustomResourceFailed extends LocalError {
  override readonly name = 'CustomResourceFailed';
  readonly physicalId: string | undefined;

  constructor(reason: string, physicalId?: string) {
    super(reason);
    this.physicalId = physicalId;
  }
}

function applied({ name }: Context, answer: Answer, before: string | undefined): Applied {
  return { ref: answer.PhysicalResourceId ?? before ?? name(), attributes: answer.Data ?? {} };
}

async function send(context: Context, requestType: RequestType): Promise<Answer> {
  const { engines, properties } = context;
  const { url, answer, cancel } = engines.aws.expectAnswer();
  const clock = stopwatch();
  const seconds = Number(properties.ServiceTimeout ?? DEFAULT_TIMEOUT_SECONDS);
  clock.failAfter(seconds * 1000, `no answer within ${seconds} s (ServiceTimeout)`);
  const invoke = async () => {
    const result = await engines.lambda.invoke(properties.ServiceToken, requestOf(context, requestType, url));
    if (result.functionError !== undefined) throw new CustomResourceFailed(JSON.stringify(result.payload));
    clock.failAfter(LATE_ANSWER_MILLISECONDS, 'the function ended without answering CloudFormation');

    return answer;
  };
  try {
    const received = (await Promise.race([answer, invoke(), clock.failure])) as Answer;
    if (received.Status !== 'SUCCESS') {
      throw new CustomResourceFailed(`${requestType} failed: ${received.Reason}`, received.PhysicalResourceId);
    }
    return received;
  } finally {
    clock.stop();
    cancel();
  }
}

/** Deadlines of one request; none is left running after `stop`. */
function stopwatch() {
  const { promise, reject } = Promise.withResolvers<never>();
  const timers: NodeJS.Timeout[] = [];
  let stopped = false;

  return {
    failure: promise,
    failAfter(milliseconds: number, reason: string) {
      if (!stopped) timers.push(setTimeout(() => reject(new CustomResourceFailed(reason)), milliseconds));
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function requestOf(context: Context, RequestType: RequestType, ResponseURL: string): unknown {
  const { stack, logicalId, type, properties, previous } = context;
  const isUpdate = RequestType === 'Update' && previous !== undefined;

  return {
    RequestType,
    ServiceToken: properties.ServiceToken,
    ResponseURL,
    StackId: stackId(stack),
    RequestId: randomUUID(),
    LogicalResourceId: logicalId,
    ResourceType: type,
    ...(previous === undefined ? {} : { PhysicalResourceId: previous.ref }),
    ResourceProperties: asText(properties),
    ...(isUpdate ? { OldResourceProperties: asText(previous.properties) } : {}),
  };
}

/** CloudFormation sends every number and switch as text, at any depth. */
function asText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;

  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
}
