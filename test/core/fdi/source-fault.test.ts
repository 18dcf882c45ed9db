import { expect, test } from '@jest/globals';
import { sourceProblem } from '../../../core/fdi/source-fault.ts';

const named = (name: string, message = 'the reason') => Object.assign(new TypeError(message), { name });

test.each([
  [named('DatabaseResumingException'), 'resuming', /half a minute/],
  [named('DatabaseUnavailableException'), 'unavailable', /RDS console/],
  [named('HttpEndpointNotEnabledException'), 'unavailable', /switches it on/],
  [named('SecretsErrorException'), 'secret', /look at the secret/],
  [named('InvalidSecretException'), 'login', /password of every user/],
  [named('AccessDeniedException'), 'iam', /policies of its role/],
  [named('StatementTimeoutException'), 'slow', /locks/],
  [
    named('DatabaseErrorException', "Table 'x' doesn't exist; Error code: 1146; SQLState: 42S02"),
    'missing',
    /make the tables/,
  ],
  [named('DatabaseErrorException', 'read only; Error code: 1290; SQLState: HY000'), 'unavailable', /failing over/],
  [Object.assign(new TypeError('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'network', /network, DNS/],
  [named('SomethingNewException'), 'other', /log of the function/],
  ['thrown text', 'other', /./],
])('%s is a matter of %s, and says what to do', (error, kind, advice) => {
  const problem = sourceProblem(error);

  expect(problem).toMatchObject({ kind, advice: expect.stringMatching(advice) });
  expect(problem.problem).toContain(error instanceof Error ? error.message : error);
});
