import { excerptOf, type HttpSendPorts, type OutgoingAnswer } from './run-http-send.ts';
import type { HttpTarget, HttpTargetTest } from './run-http-target.ts';
import { type Checking, checked, type SourceCheck } from './source-check.ts';

/** An API did not answer, or not as it has to; the message holds nothing that was told in confidence. */
class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/** What nothing is left behind by. RFC 9110 §9.2.1 */
const SAFE = /^(?:GET|HEAD|OPTIONS)$/;
/** Of what any API may be asked, only these answers say that records would not get through; others say that it is not asked this. */
const TELLING = /^(?:401|407|408|425|429|502|503|504)$/;
const PASSING = /^(?:408|425|429|5\d\d)$/;
const ATTEMPTS = 3;
const WAIT_MS = 300;
const UNPROVED =
  'an API has no request of its own that would prove it and leave nothing there: declare one that does in `http.test`';

/**
 * Tries an API that records are told to, by a request that leaves nothing there: the one that the task declares (`http.test`), or OPTIONS, which
 * proves the way, the certificate and the token, and not the right to write.
 */
export async function testHttpTarget(
  target: HttpTarget,
  { ask, pause }: Pick<HttpSendPorts, 'ask' | 'pause'>,
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  const { test } = target;
  const { method, path } = test ?? { method: 'OPTIONS' as const, path: fixedPart(target.path) };
  const where = `${target.place}${path.split('?')[0]}`;
  const answers = await checked(checking, `answers ${method} ${where}`, async () => {
    const request = requestOf(target, { method, path, ...(test?.body !== undefined && { body: test.body }) });
    const answer = await patiently(() => ask(request), pause);
    if ('problem' in answer) {
      throw new NotTaken(answer.problem);
    }
    const { status, text } = answer;
    const isGood =
      test === undefined
        ? !TELLING.test(String(status))
        : test.success.some(([from, to]) => status >= from && status <= to);
    if (!isGood) {
      const said = excerptOf(text);
      throw new NotTaken(`${method} ${where} answered ${status}${said === '' ? '' : `. It said: ${said}`}`);
    }

    return undefined;
  });
  if (!answers.ok || !SAFE.test(method)) {
    return [answers];
  }

  return [
    answers,
    await checked(checking, `takes ${target.method}`, async () => ({
      unproved:
        test === undefined ? UNPROVED : `${method} writes nothing; a test of \`http.test\` that writes would prove it`,
    })),
  ];
}

/** A connection that broke may be there a moment later. */
async function patiently(ask: () => Promise<OutgoingAnswer>, pause: HttpSendPorts['pause']): Promise<OutgoingAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    const passes = 'problem' in answer ? answer.kind === 'passing' : PASSING.test(String(answer.status));
    if (!passes || attempt === ATTEMPTS) {
      return answer;
    }
    await pause(attempt * WAIT_MS);
  }
}

function requestOf(
  { headers }: HttpTarget,
  { method, path, body }: Pick<HttpTargetTest, 'method' | 'path' | 'body'>,
): Parameters<HttpSendPorts['ask']>[0] {
  return {
    method,
    path,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    },
    ...(body !== undefined && { body }),
  };
}

/** What stands before the first name of the mapping, up to a `/`. */
function fixedPart(path: string): string {
  const [before = ''] = path.split(/[{?]/);

  return path.includes('{') ? before.slice(0, before.lastIndexOf('/') + 1).replace(/\/$/, '') : before;
}
