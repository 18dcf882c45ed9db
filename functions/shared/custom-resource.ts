import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { logger } from './logger.ts';

/** CloudFormation reads at most 4,096 bytes of an answer. D:AWSCloudFormation/latest/UserGuide/crpg-ref-responses */
const MAX_ANSWER_BYTES = 4096;
const MAX_REASON_CHARACTERS = 1500;
/** Kept free to carry the answer: CloudFormation waits an hour for one that never comes. */
const ANSWER_RESERVE_MS = 5000;
const ANSWER_ATTEMPTS = 4;
const ANSWER_ATTEMPT_MS = 2000;
const PAUSE_MS = 200;
/** Marks the id of a resource whose creation failed: CloudFormation deletes it next, whatever had been made of it. */
const FAILED_CREATE = 'failed-create:';

export interface ResourceRequest<Properties> {
  /** As CloudFormation sends them: every boolean and number has become a string. */
  readonly properties: Properties;
  /** While creating: the id the resource gets unless the answer names another; the same again when the event is delivered twice. */
  readonly physicalId: string;
  /** CloudFormation's, the same when the event is delivered twice. */
  readonly requestId: string;
  /** Milliseconds left for the work, the answer's own time already taken off. */
  readonly remainingMs: () => number;
}

export interface UpdateRequest<Properties> extends ResourceRequest<Properties> {
  readonly oldProperties: Properties;
}

export interface ResourceAnswer {
  /** Unchanged by default. Another id on update makes CloudFormation delete the old resource. */
  readonly physicalId?: string;
  /** What `Fn::GetAtt` reads. Visible to everybody who may see the stack: never a secret. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface CustomResource<Properties> {
  create(request: ResourceRequest<Properties>): Promise<ResourceAnswer>;
  update(request: UpdateRequest<Properties>): Promise<ResourceAnswer>;
  /** Must succeed for what is gone already, and for what a failed creation left half made. */
  delete(request: ResourceRequest<Properties>): Promise<void>;
}

export interface AnswerOptions {
  /**
   * Before an answer that was not taken is sent again, in milliseconds; each further pause is twice as long.
   * @default 200
   */
  readonly pauseMs?: number;
}

export type CustomResourceHandler = (
  event: CloudFormationCustomResourceEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<void>;

/** The answer did not reach CloudFormation; thrown so that Lambda delivers the event again. */
class AnswerNotDelivered extends Error {
  override readonly name = 'AnswerNotDelivered';
}

/** The work was still going when the answer had to leave. */
class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/**
 * A handler for a CloudFormation custom resource that CloudFormation invokes itself (ServiceToken = the function's ARN).
 * Always answers, with a sentence for a reason, before the function's time runs out. Events arrive at least once: the work must be repeatable.
 */
export function customResource<Properties>(
  resource: CustomResource<Properties>,
  { pauseMs = PAUSE_MS }: AnswerOptions = {},
): CustomResourceHandler {
  return async (event, context) => {
    const reserve = Math.min(ANSWER_RESERVE_MS, context.getRemainingTimeInMillis() / 2);
    const remainingMs = () => context.getRemainingTimeInMillis() - reserve;
    const log = logger.child({
      requestId: event.RequestId,
      resource: event.LogicalResourceId,
      request: event.RequestType,
    });
    const answer = await withinTime(remainingMs(), () => run(resource, event, remainingMs)).then(
      (done) => ({ Status: 'SUCCESS', Reason: 'done', PhysicalResourceId: done.physicalId, Data: done.data ?? {} }),
      (error: unknown) => {
        log.error('custom resource failed', { error });

        return { Status: 'FAILED', Reason: reasonOf(error), PhysicalResourceId: failedId(event) };
      },
    );
    await deliver(event.ResponseURL, bodyOf(event, answer), context, pauseMs);
    log.info('custom resource answered', { status: answer.Status });
  };
}

/** 'true' or 'false' of a property, as CloudFormation turns booleans into text. */
export function booleanProperty(name: string, value: unknown): boolean {
  if (value === true || value === 'true') {
    return true;
  }
  if (value === false || value === 'false') {
    return false;
  }
  throw new InvalidSetting(name, value, 'true or false');
}

/** A number of a property, as CloudFormation turns numbers into text. */
export function numberProperty(name: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new InvalidSetting(name, value, 'a number');
  }
  return number;
}

async function run<Properties>(
  resource: CustomResource<Properties>,
  event: CloudFormationCustomResourceEvent,
  remainingMs: () => number,
): Promise<Required<Pick<ResourceAnswer, 'physicalId'>> & ResourceAnswer> {
  const request = {
    properties: propertiesOf<Properties>(event.ResourceProperties),
    requestId: event.RequestId,
    remainingMs,
  };
  if (event.RequestType === 'Create') {
    const physicalId = proposedId(event);

    return { physicalId, ...(await resource.create({ ...request, physicalId })) };
  }
  const physicalId = event.PhysicalResourceId;
  if (event.RequestType === 'Update') {
    const oldProperties = propertiesOf<Properties>(event.OldResourceProperties);

    return { physicalId, ...(await resource.update({ ...request, physicalId, oldProperties })) };
  }
  await (physicalId.startsWith(FAILED_CREATE)
    ? deleteFailedCreate(resource, { ...request, physicalId: physicalId.slice(FAILED_CREATE.length) })
    : resource.delete({ ...request, physicalId }));

  return { physicalId };
}

/** Properties that could not create anything cannot delete anything either: no reason to block the stack's roll-back. */
async function deleteFailedCreate<Properties>(
  resource: CustomResource<Properties>,
  request: ResourceRequest<Properties>,
): Promise<void> {
  try {
    await resource.delete(request);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof InvalidSetting)) {
      throw error;
    }
    logger.warn('nothing to delete: the resource was never created', { requestId: request.requestId, error });
  }
}

function propertiesOf<Properties>(properties: Record<string, unknown>): Properties {
  const { ServiceToken: _token, ServiceTimeout: _timeout, ...own } = properties;

  return own as Properties;
}

/** The same for every delivery of one creation, and different between stacks: what the resource makes can carry it as its owner. */
function proposedId({ StackId, LogicalResourceId }: CloudFormationCustomResourceEvent): string {
  const digest = createHash('sha256').update(`${StackId}/${LogicalResourceId}`).digest('hex').slice(0, 12);

  return `${LogicalResourceId}-${digest}`;
}

function failedId(event: CloudFormationCustomResourceEvent): string {
  return event.RequestType === 'Create' ? `${FAILED_CREATE}${proposedId(event)}` : event.PhysicalResourceId;
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof InvalidSetting) {
    return shortened(error.message);
  }
  return shortened(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function shortened(text: string): string {
  return text.length > MAX_REASON_CHARACTERS ? `${text.slice(0, MAX_REASON_CHARACTERS)}…` : text;
}

interface Answer {
  readonly Status: string;
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

function bodyOf(event: CloudFormationCustomResourceEvent, answer: Answer): Uint8Array {
  const { StackId, RequestId, LogicalResourceId } = event;
  const body = Buffer.from(JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId }));
  if (body.length <= MAX_ANSWER_BYTES) {
    return body;
  }
  const { Data, ...bare } = answer;
  const Reason =
    Data === undefined
      ? `${answer.Reason.slice(0, MAX_REASON_CHARACTERS / 3)}…`
      : `the answer's data has ${body.length} bytes; CloudFormation reads at most ${MAX_ANSWER_BYTES}`;

  return Buffer.from(JSON.stringify({ ...bare, Status: 'FAILED', Reason, StackId, RequestId, LogicalResourceId }));
}

async function withinTime<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new OutOfTime(`not finished after ${Math.round(milliseconds / 1000)} s, the function's time is over`)),
    milliseconds,
  );
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** No content type: the address is presigned over an empty one. The address itself is a credential and stays out of every message. */
async function deliver(
  url: string,
  body: Uint8Array,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  pauseMs: number,
): Promise<void> {
  let fault = 'no time left';
  for (let attempt = 0; attempt < ANSWER_ATTEMPTS && context.getRemainingTimeInMillis() > 0; attempt += 1) {
    if (attempt > 0) {
      await delay(pauseMs * 2 ** (attempt - 1));
    }
    try {
      const signal = AbortSignal.timeout(ANSWER_ATTEMPT_MS);
      const response = await fetch(url, { method: 'PUT', headers: { 'content-type': '' }, body, signal });
      await response.arrayBuffer();
      if (response.ok) {
        return;
      }
      fault = `status ${response.status}`;
    } catch (error) {
      fault = error instanceof Error ? error.name : 'no connection';
    }
  }
  throw new AnswerNotDelivered(`CloudFormation did not take the answer: ${fault}`);
}
