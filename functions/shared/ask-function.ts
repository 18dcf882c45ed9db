import { awsExchange, configuredEndpoint, regionOfFunction } from './aws-request.ts';

/** A function that was asked failed, or answered no JSON. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The longest that a function may run. */
const ANSWER_MS = 15 * 60_000;
/** An event is taken at once or not at all. */
const TAKEN_MS = 5000;

/**
 * Invokes another function and waits for what it answers. Without the SDK's client: it would be the most of what every function behind the
 * chain has to load before its first answer.
 *
 * @param functionArn without a qualifier
 * @throws NoAnswer, or AwsRequestFailed, whose name is Lambda's own
 */
export async function askFunction(functionArn: string, question: object): Promise<unknown> {
  const { headers, bytes } = await invoke(functionArn, question, {}, ANSWER_MS);
  const text = bytes.toString('utf8');
  const error = headers['x-amz-function-error'];
  if (error !== undefined) {
    throw new NoAnswer(`${String(error)}: ${text}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NoAnswer('the function answered no JSON', { cause });
  }
}

/**
 * Hands an event to another function, or to this one, and does not wait for it: Lambda keeps it, and tries twice more when the function fails.
 *
 * @param functionArn without a qualifier
 * @throws AwsRequestFailed, whose name is Lambda's own
 */
export async function tellFunction(functionArn: string, event: object): Promise<void> {
  await invoke(functionArn, event, { 'x-amz-invocation-type': 'Event' }, TAKEN_MS);
}

function invoke(functionArn: string, event: object, headers: Readonly<Record<string, string>>, milliseconds: number) {
  const name = functionArn.split(':').at(-1) ?? '';
  const endpoint = configuredEndpoint('LAMBDA') ?? `https://lambda.${regionOfFunction()}.amazonaws.com`;

  return awsExchange(
    { service: 'lambda', refusal },
    {
      method: 'POST',
      url: new URL(`/2015-03-31/functions/${name}/invocations`, endpoint),
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(event),
    },
    milliseconds,
  );
}

/** `{"Type":"User","message":…}`; what it is stands in a header the SDK reads, and in `__type` or `code` of some services. */
function refusal(status: number, body: string) {
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    // A proxy's page, not the API's answer: its status says enough.
  }
  const name = String(answer['__type'] ?? answer['code'] ?? NAMES.get(status) ?? 'UnknownError');

  return {
    name: name.split('#').at(-1) ?? name,
    message: String(answer['message'] ?? answer['Message'] ?? `status ${status}`),
  };
}

/** Ref: lambda/latest/api/API_Invoke, Errors */
const NAMES: ReadonlyMap<number, string> = new Map([
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [413, 'RequestTooLargeException'],
  [429, 'TooManyRequestsException'],
  [500, 'ServiceException'],
]);
