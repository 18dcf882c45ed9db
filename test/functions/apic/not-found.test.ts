import './task-root.ts';
import { expect, test } from '@jest/globals';
import { handler } from '../../../functions/apic/not-found.ts';
import { logLines } from '../shared/log-lines.ts';
import { context, proxyEvent } from './gateway.ts';

const log = logLines();

test.each(['GET', 'POST', 'OPTIONS'])(
  '%s of an unknown path is answered 404 in the reference’s words',
  async (method) => {
    const answer = await handler(proxyEvent({ method, target: '/nowhere' }), context());

    expect(answer.statusCode).toBe(404);
    expect(answer.headers).toMatchObject({ 'Content-Type': 'application/json' });
    expect(Object.entries(JSON.parse(answer.body))).toEqual([
      ['error_msg', 'The API does not exist or has not been published in the environment.'],
      ['error_code', 'APIC.0101'],
      ['request_id', answer.headers?.['X-Request-Id']],
    ]);
    expect(log.all()).toMatchObject([
      { level: 'WARN', path: '/nowhere', status: 404, requestId: answer.headers?.['X-Request-Id'] },
    ]);
  },
);
