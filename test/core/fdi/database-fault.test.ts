import { expect, test } from '@jest/globals';
import { databaseFault } from '../../../core/fdi/database-fault.ts';

function failure(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name }, more);
}

const engine = (message: string) => failure('DatabaseErrorException', message);

test.each<[string, string, number | undefined]>([
  [
    'Deadlock found when trying to get lock; try restarting transaction; Error code: 1213; SQLState: 40001',
    'deadlock',
    1213,
  ],
  ['Deadlock found when trying to get lock; try restarting transaction', 'deadlock', 1213],
  ['(conn=5) Lock wait timeout exceeded; try restarting transaction', 'lock', 1205],
  ['Database error code: 1205. Message: Lock wait timeout exceeded; try restarting transaction', 'lock', 1205],
  ["Duplicate entry 'a' for key 'PRIMARY'; Error code: 1062; SQLState: 23000", 'data', 1062],
  ["Database error code: 1406. Message: Data too long for column 'a' at row 1", 'data', 1406],
  ['CONSTRAINT `positive` failed; Error code: 4025; SQLState: 23000', 'data', 4025],
  ["Table 'integration.t' doesn't exist; Error code: 1146; SQLState: 42S02", 'other', 1146],
  ["INSERT command denied to user 'x'; Error code: 1142; SQLState: 42000", 'other', 1142],
  ['Incorrect number of arguments for FUNCTION f; Error code: 1318; SQLState: 42000', 'other', 1318],
  ["The table 't' is full; Error code: 1114; SQLState: HY000", 'other', 1114],
  ['Server shutdown in progress; Error code: 1053; SQLState: 08S01', 'connection', 1053],
  ['Lost connection to MySQL server during query; Error code: 2013; SQLState: HY000', 'connection', 2013],
  ['Transaction is still running a query', 'other', undefined],
])('%s: %s', (message, kind, errno) => {
  expect(databaseFault(engine(message))).toEqual({ kind, message, ...(errno !== undefined && { errno }) });
});

test.each([
  "Duplicate entry '; Error code: 1146; SQLState: 42S02' for key 'u'; Error code: 1062; SQLState: 23000",
  "Duplicate entry 'Deadlock found when trying to get lock' for key 'u'; Error code: 1062; SQLState: 23000",
  "Database error code: 1062. Message: Duplicate entry 'x; Error code: 1146; SQLState: 42S02",
])('a value that reads like an error is only a value: %s', (message) => {
  expect(databaseFault(engine(message))).toMatchObject({ kind: 'data', errno: 1062 });
});

test.each([
  ['DatabaseUnavailableException', 'connection'],
  ['TransactionNotFoundException', 'connection'],
  ['InternalServerErrorException', 'connection'],
  ['StatementTimeoutException', 'slow'],
  ['AccessDeniedException', 'other'],
  ['OutOfTime', 'other'],
])('%s is a fault of kind %s', (name, kind) => {
  expect(databaseFault(failure(name, 'no number')).kind).toBe(kind);
});

test.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE'])('%s is a lost connection', (code) => {
  expect(databaseFault(failure('Error', 'socket', { code })).kind).toBe('connection');
});

test('what is no error is told as it is', () => {
  expect(databaseFault('odd')).toEqual({ kind: 'other', message: 'odd' });
});
