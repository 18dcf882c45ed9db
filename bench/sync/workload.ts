import type { ScheduledTask } from '../../core/fdi/run-definition.ts';

const COLUMNS = `(Id BIGINT NOT NULL PRIMARY KEY, Name VARCHAR(100) NOT NULL, Price DECIMAL(12, 2) NOT NULL, City VARCHAR(40) NULL,
  ChangedAt DATETIME(3) NOT NULL) DEFAULT CHARSET utf8mb4`;

export const SOURCE = { table: 'source', rows: 1_000_000, sql: `CREATE TABLE source ${COLUMNS}` };
export const TARGET = { table: 'target', sql: `CREATE TABLE target ${COLUMNS}` };

/** A million rows in one statement: MariaDB's own numbers. */
export const FILL_SQL = `INSERT INTO source SELECT seq, CONCAT('Customer number ', seq, ' of the company'), seq / 100, ELT(seq % 4 + 1, 'Berlin', '上海', NULL, 'Paris'),
  '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_1000000`;

export const TASK: ScheduledTask = {
  name: 'Bench',
  source: { kind: 'database', place: 'external', table: 'source', timeZone: 'UTC' },
  target: { kind: 'database', place: 'external', table: 'target', write: 'upsert', keys: ['Id'], onlyChanged: false },
  mapping: 'by-name',
  overlap: 'skip',
  after: [],
  pageSize: 5000,
};
