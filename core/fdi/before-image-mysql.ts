import { type ImageDialect, type ImageOrder, type ImageShape, NO_ROW } from './before-image.ts';
import type { TableColumn } from './run-dialect.ts';
import { comparedCell } from './run-mysql-cell.ts';
import { type RunValue, statement } from './run-session.ts';
import { quoted } from './statement.ts';

/** No values of these are written by tasks, and only a deletion keeps more than what tasks write. */
const KEPT_OTHERS: ReadonlySet<string> = new Set(['set', 'bit', 'uuid', 'inet4', 'inet6']);
const COLUMNS = 'Target, Task, Batch, Shape, RowHash, RowKey, Image, ImageHash, WrittenHash, KeptUntil';

/** Images in MySQL, MariaDB and Aurora. */
export const mysqlImages: ImageDialect = {
  definitions: ({ images, shapes, log }) => [
    `CREATE TABLE IF NOT EXISTS ${images} (
  Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, Target ${ascii('VARCHAR(64)')}, Task ${ascii('VARCHAR(100)')},
  Batch ${ascii('VARCHAR(15)')}, Shape ${ascii('CHAR(12)')}, RowHash ${ascii('CHAR(32)')},
  RowKey TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, Image LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ImageHash ${ascii('CHAR(32)')}, WrittenHash CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL, KeptUntil DATETIME(3) NOT NULL,
  UNIQUE KEY ByBatch (Target, Batch, RowHash), KEY ByRow (Target, RowHash, Id), KEY ByAge (Target, KeptUntil))`,
    `CREATE TABLE IF NOT EXISTS ${shapes} (
  Target ${ascii('VARCHAR(64)')}, Shape ${ascii('VARCHAR(12)')}, Held TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (Target, Shape))`,
    `CREATE TABLE IF NOT EXISTS ${log} (
  Task ${ascii('VARCHAR(100)')}, Batch ${ascii('VARCHAR(15)')}, Target ${ascii('VARCHAR(64)')},
  Restored BIGINT NOT NULL, Deleted BIGINT NOT NULL, HandedOn BIGINT NOT NULL,
  UndoneBy VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, FirstAt DATETIME(3) NOT NULL, UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Batch))`,
  ],

  isKept: ({ kind, type }) => kind !== 'other' || KEPT_OTHERS.has(type),

  keep(order) {
    const { tables, shape, task, shapeId, keptSeconds, batchNumberColumn } = order;
    const { from, values } = rowsJoined(order);
    const [key, image] = [imageText(shape.keys), imageText(shape.columns)];
    // What deletes leaves nothing; what writes says afterwards what it left.
    const written = batchNumberColumn === undefined ? `'${NO_ROW}'` : 'NULL';
    // With the table's lock, since two that keep images in one gap between keys would wait for each other when they write.
    const sql = `INSERT INTO ${tables.images} (${COLUMNS})
SELECT g.Target, ?, ?, ?, ${hash(key)}, ${key}, ${image}, ${hash(image)}, ${written}, UTC_TIMESTAMP(3) + INTERVAL ? SECOND
FROM ${tables.shapes} g STRAIGHT_JOIN ${from}
WHERE g.Target = ? AND g.Shape = ''
FOR UPDATE
ON DUPLICATE KEY UPDATE ${tables.images}.Id = ${tables.images}.Id`;

    return (rows, batch) => statement(sql, [task, batch, shapeId, keptSeconds, ...values(rows), shape.table]);
  },

  settle(order, batchNumberColumn) {
    const { tables, shape, task, shapeId, keptSeconds } = order;
    const { from, values } = rowsJoined(order);
    const [key, image] = [imageText(shape.keys), imageText(shape.columns)];
    const sql = `INSERT INTO ${tables.images} (${COLUMNS})
SELECT ?, ?, ?, ?, ${hash(key)}, ${key}, NULL, '${NO_ROW}', ${hash(image)}, UTC_TIMESTAMP(3) + INTERVAL ? SECOND
FROM ${from}
WHERE t.${quoted(batchNumberColumn)} = ?
ON DUPLICATE KEY UPDATE WrittenHash = ${hash(image)}`;

    return (rows, batch) => statement(sql, [shape.table, task, batch, shapeId, keptSeconds, ...values(rows), batch]);
  },

  standing: ({ images }, shape, ids) =>
    statement(`SELECT i.Id AS id, i.RowKey AS rowkey, i.ImageHash AS imagehash, i.WrittenHash AS writtenhash, n.Id AS nextid,
  CASE WHEN n.Shape = i.Shape AND n.ImageHash = i.WrittenHash THEN 1 ELSE 0 END AS islinked,
  CASE WHEN i.WrittenHash = ${asKept(stateHash(shape))} THEN 1 ELSE 0 END AS issame, CASE WHEN ${isThere(shape)} THEN 1 ELSE 0 END AS isthere
FROM ${images} i
JOIN ${opened('i.RowKey', shape.keys, 'k')}
LEFT JOIN ${quoted(shape.table)} t ON ${found(shape, (at) => at, 'k')}
LEFT JOIN ${images} n ON n.Id = (SELECT MIN(m.Id) FROM ${images} m
  WHERE m.Target = i.Target AND m.RowHash = i.RowHash AND m.Id > i.Id AND m.WrittenHash IS NOT NULL)
WHERE i.Id IN (${ids.join(', ')}) ORDER BY i.Id`),

  restore(tables, shape, ids) {
    const isKey = ({ name }: TableColumn) => shape.keys.some((key) => key.name === name);
    const changes = shape.columns.flatMap((column, at) =>
      isKey(column) ? [] : [`t.${quoted(column.name)} = ${putBack(column, `b.c${at}`)}`],
    );

    return statement(`UPDATE ${tables.images} i
STRAIGHT_JOIN ${opened('i.Image', shape.columns, 'b')}
STRAIGHT_JOIN ${quoted(shape.table)} t ON ${found(shape, (at) => indexIn(shape, at), 'b')}
SET ${changes.join(', ')}
WHERE i.Id IN (${ids.join(', ')}) AND i.WrittenHash = ${asKept(hash(imageText(shape.columns)))}`);
  },

  remove: ({ images }, shape, ids) =>
    statement(`DELETE t FROM ${images} i
STRAIGHT_JOIN ${opened('i.RowKey', shape.keys, 'k')}
STRAIGHT_JOIN ${quoted(shape.table)} t ON ${found(shape, (at) => at, 'k')}
WHERE i.Id IN (${ids.join(', ')}) AND i.WrittenHash = ${asKept(hash(imageText(shape.columns)))}`),

  insertAgain: ({ images }, { table, columns }, ids) =>
    statement(`INSERT INTO ${quoted(table)} (${columns.map(({ name }) => quoted(name)).join(', ')})
SELECT ${columns.map((column, at) => putBack(column, `b.c${at}`)).join(', ')}
FROM ${images} i STRAIGHT_JOIN ${opened('i.Image', columns, 'b')}
WHERE i.Id IN (${ids.join(', ')}) ORDER BY i.Id`),

  handOn: ({ images }, ids, next) =>
    statement(`UPDATE ${images} n JOIN ${images} i ON i.Target = n.Target AND i.RowHash = n.RowHash
SET n.Image = i.Image, n.ImageHash = i.ImageHash
WHERE n.Id IN (${next.join(', ')}) AND i.Id IN (${ids.join(', ')})`),

  async removeBatch(session, { shape, column, batch }, limit) {
    const name = quoted(shape.name);
    const keys = shape.primaryKey.flatMap((key) => shape.columns.filter((one) => one.name === key));
    if (keys.length === 0) {
      return session.change(statement(`DELETE FROM ${name} WHERE ${quoted(column)} = ? LIMIT ${limit}`, [batch]));
    }
    // Found without locks: a deletion by a column without an index would hold every row of the table.
    const rows = await session.query(
      statement(`SELECT ${imageText(keys)} AS rowkey FROM ${name} t WHERE t.${quoted(column)} = ? LIMIT ${limit}`, [
        batch,
      ]),
    );
    const found = rows.map((row) => JSON.parse(String(row['rowkey'])) as readonly string[]);
    const on = keys.map((key, at) => `t.${quoted(key.name)} = ${sought(key, `k.c${at}`)}`);

    return session.change(
      statement(
        `DELETE t FROM ${table('?', '$[*]', keys, 'k')} STRAIGHT_JOIN ${name} t ON ${on.join(' AND ')} WHERE t.${quoted(column)} = ?`,
        [JSON.stringify(found), batch],
      ),
    );
  },

  expire: ({ images }, table, limit) =>
    statement(`DELETE FROM ${images} WHERE Target = ? AND KeptUntil < UTC_TIMESTAMP(3) LIMIT ${limit}`, [table]),
};

/** The rows that are written, joined with those of their keys that are there. */
function rowsJoined({ shape, keyCells }: ImageOrder) {
  const given = shape.keys.flatMap((column, at) => {
    const cell = keyCells[at];

    return typeof cell === 'number' ? [{ column, cell }] : [];
  });
  const constants = keyCells.filter((cell) => typeof cell === 'string');
  const cells = given.map(({ column, cell }, at) => `c${at} ${textType(column)} PATH '$[${cell}]' ERROR ON ERROR`);
  const on = shape.keys.map((key, at) => {
    const place = given.findIndex(({ cell }) => cell === keyCells[at]);

    return `t.${quoted(key.name)} = ${comparedCell(key, place < 0 ? '?' : `j.c${place}`)}`;
  });

  return {
    from: `JSON_TABLE(?, '$[*]' COLUMNS(n FOR ORDINALITY${cells.map((cell) => `, ${cell}`).join('')})) j
STRAIGHT_JOIN ${quoted(shape.table)} t ON ${on.join(' AND ')}`,
    values: (rows: string): readonly RunValue[] => [rows, ...constants],
  };
}

function opened(array: string, columns: readonly TableColumn[], alias: string): string {
  return table(array, '$', columns, alias);
}

function table(array: string, path: string, columns: readonly TableColumn[], alias: string): string {
  const cells = columns.map((column, at) => `c${at} ${textType(column)} PATH '$[${at}]' ERROR ON ERROR`);

  return `JSON_TABLE(${array}, '${path}' COLUMNS(${cells.join(', ')})) ${alias}`;
}

/** LONGTEXT only where a cell may pass the 64 KiB of TEXT; bytes are written as two digits each. */
function textType({ kind, length }: TableColumn): string {
  return kind === 'json' || ((kind === 'text' || kind === 'binary') && length >= 16_384) ? 'LONGTEXT' : 'TEXT';
}

function found(shape: ImageShape, place: (key: number) => number, alias: string): string {
  return shape.keys.map((key, at) => `t.${quoted(key.name)} = ${sought(key, `${alias}.c${place(at)}`)}`).join(' AND ');
}

function indexIn({ keys, columns }: ImageShape, key: number): number {
  return columns.findIndex(({ name }) => name === keys[key]?.name);
}

/** A row as a JSON array of texts, from which each value comes back as it was. */
function imageText(columns: readonly TableColumn[]): string {
  return `JSON_ARRAY(${columns.map((column) => keptText(column, `t.${quoted(column.name)}`)).join(', ')})`;
}

function keptText({ kind, type }: TableColumn, side: string): string {
  switch (kind) {
    case 'binary':
      return `HEX(${side})`;
    case 'float':
      // As a DOUBLE: the text of a FLOAT has fewer digits than it holds.
      return `CAST((${side} + 0e0) AS CHAR)`;
    case 'text':
    case 'enumeration':
      return `CONVERT(${side} USING utf8mb4)`;
    default:
      return type === 'bit' ? `CAST((${side} + 0) AS CHAR)` : `CAST(${side} AS CHAR)`;
  }
}

function putBack({ kind, type }: TableColumn, cell: string): string {
  if (kind === 'binary') {
    return `UNHEX(${cell})`;
  }

  return type === 'bit' ? `CAST(${cell} AS UNSIGNED)` : cell;
}

/** A kept text as what its column is compared with, so that the column's index finds it. */
function sought(column: TableColumn, cell: string): string {
  return column.kind === 'binary' || column.type === 'bit' ? putBack(column, cell) : comparedCell(column, cell);
}

function stateHash(shape: ImageShape): string {
  return `CASE WHEN ${isThere(shape)} THEN ${hash(imageText(shape.columns))} ELSE '${NO_ROW}' END`;
}

/** No key of a row that was found is NULL. */
function isThere({ keys: [first] }: ImageShape): string {
  return `t.${quoted(first?.name ?? '')} IS NOT NULL`;
}

function hash(text: string): string {
  return `LEFT(SHA2(${text}, 256), 32)`;
}

/** Literals and functions are of the connection's character set, which nothing else here depends on. */
function asKept(hashed: string): string {
  return `CONVERT(${hashed} USING ascii) COLLATE ascii_bin`;
}

function ascii(type: string): string {
  return `${type} CHARACTER SET ascii COLLATE ascii_bin NOT NULL`;
}
