import { expect, test } from '@jest/globals';
import { testDeclared, type WrittenTable } from '../../../core/fdi/test-declared.ts';

async function tested(table: WrittenTable, columns: readonly string[] = ['id']) {
  const said: string[] = [];
  const checks = await testDeclared(
    {
      now: () => 0,
      open: async () => ({
        ...{ kind: 'mysql', user: 'writer' },
        session: {
          async run(sql) {
            said.push(sql);

            return sql.includes('information_schema') ? columns.map((name) => ({ name })) : [];
          },
          close: async () => undefined,
        },
      }),
    },
    [table],
  );

  return {
    checks,
    changes: said.filter((sql) => /^(?:INSERT|UPDATE|DELETE)/.test(sql)).map((sql) => sql.split(' ')[0]),
  };
}

test.each([
  [['INSERT'], ['INSERT']],
  [
    ['UPDATE', 'INSERT'],
    ['INSERT', 'UPDATE'],
  ],
  [['DELETE'], ['DELETE']],
] as const)('only the rights that a task uses are asked for: %j', async (rights, statements) => {
  const { checks, changes } = await tested({ table: 'orders', rights });

  expect(changes).toEqual(statements);
  expect(checks.map(({ what, ok }) => [what, ok])).toEqual([
    ['connects', true],
    ['reads orders', true],
    ['writes orders', true],
  ]);
});

test('a table that is made when it is needed is tried where it is, and said to be not proved where it is not', async () => {
  const place: WrittenTable = { table: 'causeway_position', rights: ['INSERT', 'UPDATE'], isMade: true };

  expect((await tested(place)).changes).toEqual(['INSERT', 'UPDATE']);
  expect((await tested(place, [])).checks.at(-1)).toMatchObject({
    ...{ what: 'writes causeway_position', ok: true, unproved: expect.stringContaining('not there yet') },
  });
});
