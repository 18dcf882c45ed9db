import { expect, test } from '@jest/globals';
import { type SourceSession, testDatabase } from '../../../core/fdi/test-database.ts';

type Answer = (user: string, sql: string) => object[] | Error;

const GRANTED = [
  { target: '`integration`.`Data`', rights: 'SELECT' },
  { target: '`integration`.`Fees`', rights: 'SELECT,INSERT,UPDATE,DELETE' },
];
const DENIED = new TypeError("SELECT command denied to user 'u'; Error code: 1142; SQLState: 42000");

/** What a sound database answers. */
const sound: Answer = (user, sql) => {
  if (sql.includes('FROM causeway.granted')) return GRANTED;
  if (sql.includes('information_schema')) return [{ name: 'A' }, { name: 'B' }];
  return user === 'causeway_api' && sql.includes('causeway.') ? DENIED : [];
};

function run(answer: Answer = sound) {
  const tried: string[] = [];
  const session = (user: string): SourceSession => {
    const query = async (sql: string) => {
      const found = answer(user, sql);
      if (found instanceof Error) throw found;

      return found as Record<string, unknown>[];
    };
    return {
      query,
      async tryOut(statements) {
        for (const sql of statements) {
          tried.push(`${user}: ${sql}`);
          await query(sql);
        }
      },
    };
  };

  return { tried, checks: testDatabase({ session, targets: async () => ['Data'], now: () => 0 }) };
}

test('each user is tried at what it is for, and writing only in what is taken back', async () => {
  const { tried, checks } = run();

  expect((await checks).map(({ user, what, ok }) => `${user} ${what}: ${ok}`)).toEqual([
    'causeway_fdi connects: true',
    'causeway_fdi reads Data: true',
    'causeway_fdi writes Data: true',
    ...['position', 'quarantine', 'lease'].flatMap((table) => [
      `causeway_fdi reads causeway.${table}: true`,
      `causeway_fdi writes causeway.${table}: true`,
    ]),
    'causeway_api connects: true',
    'causeway_api reads integration.Data: true',
    'causeway_api reads integration.Fees: true',
    'causeway_api writes integration.Fees: true',
    'causeway_api is kept out of causeway.position: true',
    'causeway_reader connects: true',
    'causeway_reader reads Data: true',
    'causeway_reader reads causeway.position: true',
  ]);
  expect(tried.slice(0, 3)).toEqual([
    'causeway_fdi: INSERT INTO `Data` (`A`, `B`) SELECT `A`, `B` FROM `Data` WHERE 1 = 0',
    'causeway_fdi: UPDATE `Data` SET `A` = `A` WHERE 1 = 0',
    'causeway_fdi: DELETE FROM `Data` WHERE 1 = 0',
  ]);
  expect(tried.every((sql) => sql.endsWith('WHERE 1 = 0'))).toBe(true);
});

test('a right that is missing is named with the table, and the other checks go on', async () => {
  const { checks } = run((user, sql) =>
    user === 'causeway_fdi' && /^DELETE FROM `Data`/.test(sql) ? DENIED : sound(user, sql),
  );
  const failed = (await checks).filter(({ ok }) => !ok);

  expect(failed).toEqual([
    expect.objectContaining({
      ...{ user: 'causeway_fdi', what: 'writes Data', kind: 'rights' },
      problem: expect.stringContaining('the user lacks a right on the table: SELECT command denied'),
      advice: expect.stringContaining('their migrations give the rights'),
    }),
  ]);
});

test('a user that cannot connect is asked nothing more', async () => {
  const { checks } = run((user, sql) =>
    user === 'causeway_api' ? Object.assign(new TypeError('no'), { name: 'InvalidSecretException' }) : sound(user, sql),
  );
  const api = (await checks).filter(({ user }) => user === 'causeway_api');

  expect(api).toEqual([expect.objectContaining({ what: 'connects', ok: false, kind: 'login' })]);
});

test('an API user that may read the platform’s own tables has not passed', async () => {
  const { checks } = run((user, sql) => (sql.includes('causeway.`position`') ? [] : sound(user, sql)));

  expect((await checks).find(({ what }) => what.startsWith('is kept out'))).toMatchObject({
    ok: false,
    problem: 'the user may read what it must not',
  });
});
