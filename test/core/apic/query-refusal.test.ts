import { expect, test } from '@jest/globals';
import { queryRefusal } from '../../../core/apic/query-refusal.ts';

function failure(name: string, message = '', code?: string): Error {
  return Object.assign(new TypeError(message), { name, ...(code !== undefined && { code }) });
}

test.each([
  [failure('DatabaseResumingException'), 'APIC.0202', 502],
  [failure('DatabaseUnavailableException'), 'APIC.0202', 502],
  [failure('ServiceUnavailableError'), 'APIC.0202', 502],
  [failure('Error', 'connect ECONNREFUSED', 'ECONNREFUSED'), 'APIC.0202', 502],
  [failure('BadRequestException', 'Communications link failure; The last packet sent'), 'APIC.0202', 502],
  [failure('DatabaseErrorException', 'MySQL server has gone away'), 'APIC.0202', 502],
  [failure('StatementTimeoutException'), 'APIC.0203', 504],
  [failure('AbortError'), 'APIC.0203', 504],
  [failure('TimeoutError'), 'APIC.0203', 504],
  [failure('DatabaseErrorException', 'SELECT command denied'), 'APIC.0601', 500],
  [failure('BadRequestException', 'Database returned more than the allowed response size limit'), 'APIC.0601', 500],
  [failure('BadRequestException', 'no such parameter'), 'APIC.0601', 500],
  [failure('AccessDeniedException'), 'APIC.0601', 500],
  [failure('constructor'), 'APIC.0601', 500],
])('%s is answered %s, %i', (error, code, status) => {
  const refusal = queryRefusal(error);

  expect([refusal.code, refusal.status]).toEqual([code, status]);
  expect(refusal.cause).toBe(error);
  expect(refusal.detail['advice']).toEqual(expect.any(String));
});

test('whatever is thrown, there is an answer', () => {
  expect([undefined, null, 'text', 7].map((thrown) => queryRefusal(thrown).code)).toEqual(Array(4).fill('APIC.0601'));
});

test('the caller learns nothing of the statement or the database', () => {
  const refusal = queryRefusal(failure('DatabaseErrorException', "Table 'integration.Secret' doesn't exist"));

  expect(refusal.message).toBe('Internal server error.');
});

test('a result that is too large comes with the advice to ask for less', () => {
  const message = 'Database returned more than the allowed response size limit';

  expect(queryRefusal(failure('BadRequestException', message)).detail['advice']).toContain('LIMIT');
  expect(queryRefusal(failure('BadRequestException', 'no such parameter')).detail['advice']).not.toContain('LIMIT');
});
