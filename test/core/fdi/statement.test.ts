import { expect, test } from '@jest/globals';
import { mapColumns } from '../../../core/fdi/mapping.ts';
import { quoted, rowsStatement } from '../../../core/fdi/statement.ts';
import { type Changes, column, EVENT_TIME, task } from './tasks.ts';

const COLUMNS = [
  column('DeviceId'),
  column('Status'),
  EVENT_TIME,
  column('Seq'),
  column('BatchNo'),
  column('Body', { type: 'mediumtext', length: 16_777_215 }),
].map((one) => ({ ...one, optional: true }));

function statement(changes: Changes) {
  const it = task(changes);

  return rowsStatement(it.target, mapColumns(it, { columns: COLUMNS }, 'Parking'));
}

test('an insert reads its rows from one JSON parameter, as text, and fails on what is missing', () => {
  const { sql, constants, cells, usesBatchNumber } = statement({
    target: { eventTimeColumn: 'EventTime', batchNumberColumn: 'BatchNo' },
    mapping: [
      { column: 'DeviceId', from: 'deviceId' },
      { column: 'Body', from: 'status' },
      { column: 'Status', constant: 'x' },
    ],
  });

  expect(sql).toBe(
    [
      'INSERT INTO `ParkingHistory` (`DeviceId`, `Body`, `Status`, `EventTime`, `BatchNo`)',
      'SELECT j.c0, j.c1, :constant0, j.c2, :batch',
      "FROM JSON_TABLE(:rows, '$[*]' COLUMNS(c0 TEXT PATH '$[0]' ERROR ON ERROR, c1 LONGTEXT PATH '$[1]' ERROR ON ERROR, c2 TEXT PATH '$[2]' ERROR ON ERROR)) j",
    ].join('\n'),
  );
  expect(constants).toEqual([{ name: 'constant0', value: { stringValue: 'x' } }]);
  expect(cells.map(({ column: { name } }) => name)).toEqual(['DeviceId', 'Body', 'EventTime']);
  expect(usesBatchNumber).toBe(true);
});

test('the same insert moves the position by a function that it joins: it is called once, and without it there are no rows', () => {
  const { sql, advancing } = statement({ target: { write: 'upsert', keys: ['DeviceId'] } });

  expect(advancing).toBe(
    sql.replace(
      / FROM|\nFROM (JSON_TABLE.* j)\n/,
      '\nFROM (SELECT causeway.advance_5(:task, :epoch, :shard, :behind, :first, :last, :records, :bytes, :busy, :rejected, :mapping, :bad) AS moved) p JOIN $1 ON p.moved = 1\n',
    ),
  );
});

const assignments = (changes: Changes) => statement(changes).sql.split('ON DUPLICATE KEY UPDATE ')[1];

test('an upsert without an event time takes what comes', () => {
  expect(assignments({ target: { write: 'upsert', keys: ['DeviceId'] } })).toBe('`Status` = j.c1');
});

test('an upsert with an event time changes nothing for a stale event, and sets the time last', () => {
  const newer = 'COALESCE(CAST(j.c2 AS DATETIME(6)) >= `ParkingHistory`.`EventTime`, TRUE)';

  expect(assignments({ target: { write: 'upsert', keys: ['DeviceId'], eventTimeColumn: 'EventTime' } })).toBe(
    ['Status', 'EventTime']
      .map((name, at) => `\`${name}\` = IF(${newer}, j.c${at + 1}, \`ParkingHistory\`.\`${name}\`)`)
      .join(', '),
  );
});

test('of equal event times the greater sequence number counts', () => {
  const target = { write: 'upsert', keys: ['DeviceId'], eventTimeColumn: 'EventTime', sequenceColumn: 'Seq' } as const;
  const text = assignments({ target }) ?? '';

  expect(text.match(/`\w+` = IF/g)).toEqual(['`Status` = IF', '`Seq` = IF', '`EventTime` = IF']);
  expect(text).toContain(
    '(CAST(j.c2 AS DATETIME(6)) = `ParkingHistory`.`EventTime` AND COALESCE(j.c3 >= `ParkingHistory`.`Seq`, TRUE))',
  );
});

test('an upsert of keys alone changes nothing', () => {
  const mapping = [{ column: 'DeviceId', from: 'deviceId' }];

  expect(assignments({ target: { write: 'upsert', keys: ['DeviceId'] }, mapping })).toBe(
    '`DeviceId` = `ParkingHistory`.`DeviceId`',
  );
});

test('a name is quoted whatever it holds', () => {
  expect(quoted('a`b')).toBe('`a``b`');
});
