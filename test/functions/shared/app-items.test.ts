import { beforeEach, expect, test } from '@jest/globals';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { addCode, findAppOfCode, putApp, removeAppItem, removeCode } from '../../../functions/shared/app-items.ts';
import { dynamoTables } from './dynamo-tables.ts';

dynamoTables();
const HASH = sha256Hex('a code');
const app = (key: string, enabled = true) => ({ app: key, key, secretArn: `arn:${key}`, enabled, codes: [] });

/** The code was seen before: what it led to is known. */
beforeEach(async () => {
  await putApp(app('ONE'));
  await putApp(app('TWO'));
  await addCode(HASH, { app: 'ONE', key: 'ONE' });
  await findAppOfCode(HASH);
});

test('the app of a code is the one there is now', async () => {
  expect(await findAppOfCode(HASH)).toMatchObject({ key: 'ONE', app: { app: 'ONE', enabled: true } });
  await putApp(app('ONE', false));
  expect(await findAppOfCode(HASH)).toMatchObject({ key: 'ONE', app: { enabled: false } });
  await removeAppItem('ONE');
  expect(await findAppOfCode(HASH)).toEqual({ key: 'ONE', app: undefined });
});

test('a code that went over to another app leads to that one', async () => {
  await addCode(HASH, { app: 'TWO', key: 'TWO' });

  expect(await findAppOfCode(HASH)).toMatchObject({ key: 'TWO', app: { app: 'TWO' } });
  expect(await findAppOfCode(HASH)).toMatchObject({ key: 'TWO', app: { app: 'TWO' } });
});

test('a code that was taken away leads to nobody, until it is given again', async () => {
  await removeCode(HASH);

  expect(await findAppOfCode(HASH)).toBeUndefined();
  await addCode(HASH, { app: 'TWO', key: 'TWO' });
  expect(await findAppOfCode(HASH)).toMatchObject({ key: 'TWO', app: { app: 'TWO' } });
});

test('a code that nobody has leads to nobody', async () => {
  expect(await findAppOfCode(sha256Hex('another'))).toBeUndefined();
});
