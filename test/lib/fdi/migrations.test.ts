import { expect, test } from '@jest/globals';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { onlyResource, resourcesOf, sandbox, tableOf } from '../sandbox.ts';

function hashOf(grant: boolean): unknown {
  const box = sandbox();
  const table = tableOf(box);
  if (grant) {
    table.grant(['SELECT']);
  }

  return onlyResource(box.stack, 'Custom::CausewayMigration').Properties['Hash'];
}

test('migrations run again when a file or a right changes, and only then', () => {
  expect(hashOf(false)).toBe(hashOf(false));
  expect(hashOf(true)).not.toBe(hashOf(false));
});

test('they run as the user that may define tables and nothing of the platform', () => {
  const box = sandbox();
  tableOf(box);
  const [migrate] = Object.values(resourcesOf(box.stack, 'AWS::Lambda::Function'));

  expect(migrate?.Properties).toHaveProperty(
    'Environment.Variables.DATABASE_SECRET_ARN.Fn::ImportValue',
    expect.stringContaining('Secretcausewaymigrate'),
  );
});

test('the name of a table is refused where it could not be one', () => {
  const { stack } = sandbox();
  const folder = new URL('../../../integrations/parking/sql', import.meta.url).pathname;
  const migrations = new Migrations(stack, 'Tables', { folder });

  expect(() => migrations.table('drop table')).toThrow('Lot/Tables: table: received "drop table"');
});

test('a folder without files is refused', () => {
  const { stack } = sandbox();

  expect(() => new Migrations(stack, 'Tables', { folder: '/nowhere' })).toThrow(
    'Lot/Tables: folder: received "/nowhere"',
  );
});

test('a platform without a database has no tables', () => {
  const box = sandbox({}, { database: false });

  expect(() => tableOf(box)).toThrow('a platform with a database');
});
