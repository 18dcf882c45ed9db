import { expect, test } from '@jest/globals';
import { EXTERNAL_IMAGES } from '../../../../core/fdi/before-image.ts';
import { undoneReports } from '../../../../core/fdi/rollback-report.ts';
import type { RollbackTarget } from '../../../../core/fdi/rollback-target.ts';
import { makeImageTables } from '../../../../core/fdi/run-images.ts';
import { database } from '../../../../functions/shared/database.ts';
import { rollbackConsumer } from '../../../../functions/shared/rollback-consumer.ts';
import { databases, type Side } from '../scheduled/databases.ts';

const { mysql, postgresql, side } = databases();
const BATCH = '0123456789abcde';
const target: RollbackTarget = { table: 'target', write: 'insert', batchNumberColumn: 'batch_no' };

test.each<[string, () => Side, (sql: string) => Promise<unknown>]>([
  ['MySQL', () => side.mysql(), (sql) => mysql.run(sql)],
  ['PostgreSQL', () => side.postgresql(), (sql) => postgresql.run(sql)],
])(
  'what %s has undone is shown with the task, and what was replayed can be quarantined again',
  async (_name, own, run) => {
    await mysql.run('DELETE FROM causeway.rollback_log');
    await mysql.run(
      "INSERT INTO causeway.replayed VALUES ('Orders', 'source', 'a', NOW(3)), ('Others', 'source', 'a', NOW(3))",
    );
    await run('DROP TABLE IF EXISTS target');
    await run('CREATE TABLE target (id int PRIMARY KEY, batch_no varchar(20))');
    await run(`INSERT INTO target VALUES (1, '${BATCH}'), (2, '${BATCH}'), (3, 'another')`);
    const session = await own().open();
    await makeImageTables(session, 'Orders', own().dialect);
    await session.close();
    const undo = rollbackConsumer({ task: 'Orders', target, tables: EXTERNAL_IMAGES, ...own() });

    expect(
      await undo({ rollback: { batch: BATCH, by: 'test' } }, { getRemainingTimeInMillis: () => 60_000 }),
    ).toMatchObject({
      answer: { deleted: 2 },
    });

    expect((await undoneReports(database(), [{ name: 'Orders', rollback: true }])).get('Orders')).toEqual({
      ...{ batches: 1, rows: 2 },
    });
    expect(await mysql.run('SELECT Task AS task FROM causeway.replayed')).toEqual([{ task: 'Others' }]);
    await mysql.run('DELETE FROM causeway.replayed');
  },
);
