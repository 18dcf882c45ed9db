import { type ImageDialect, type ImageOrder, type ImageShape, NO_ROW } from './before-image.ts';
import type { TableColumn } from './run-dialect.ts';
import { type RunValue, statement } from './run-session.ts';

const COLUMNS = 'Target, Task, Batch, Shape, RowHash, RowKey, Image, ImageHash, WrittenHash, KeptUntil';
const NOW = "(clock_timestamp() AT TIME ZONE 'UTC')";
const UNTIL = `${NOW} + CAST(? AS integer) * interval '1 second'`;

/** Images in PostgreSQL. */
export const postgresqlImages: ImageDialect = {
  definitions: ({ images, shapes, log }) => [
    `CREATE TABLE IF NOT EXISTS ${images} (
  Id BIGSERIAL PRIMARY KEY, Target VARCHAR(64) NOT NULL, Task VARCHAR(100) NOT NULL, Batch VARCHAR(15) NOT NULL, Shape CHAR(12) NOT NULL,
  RowHash CHAR(32) NOT NULL, RowKey TEXT NOT NULL, Image TEXT NULL, ImageHash CHAR(32) NOT NULL, WrittenHash CHAR(32) NULL,
  KeptUntil TIMESTAMP(3) NOT NULL, UNIQUE (Target, Batch, RowHash))`,
    `CREATE INDEX IF NOT EXISTS ${images}_by_row ON ${images} (Target, RowHash, Id)`,
    `CREATE INDEX IF NOT EXISTS ${images}_by_age ON ${images} (Target, KeptUntil)`,
    `CREATE TABLE IF NOT EXISTS ${shapes} (
  Target VARCHAR(64) NOT NULL, Shape VARCHAR(12) NOT NULL, Held TEXT NOT NULL, PRIMARY KEY (Target, Shape))`,
    `CREATE TABLE IF NOT EXISTS ${log} (
  Task VARCHAR(100) NOT NULL, Batch VARCHAR(15) NOT NULL, Target VARCHAR(64) NOT NULL, Restored BIGINT NOT NULL, Deleted BIGINT NOT NULL,
  HandedOn BIGINT NOT NULL, UndoneBy VARCHAR(256) NOT NULL, FirstAt TIMESTAMP(3) NOT NULL, UpdatedAt TIMESTAMP(3) NOT NULL,
  PRIMARY KEY (Task, Batch))`,
  ],

  isKept: () => true,

  keep(order) {
    const { tables, shape, task, shapeId, keptSeconds, batchNumberColumn } = order;
    const { from, values } = rowsJoined(order);
    const written = batchNumberColumn === undefined ? `'${NO_ROW}'` : 'NULL';
    const sql = `WITH g AS (SELECT Target FROM ${tables.shapes} WHERE Target = ? AND Shape = '' FOR UPDATE),
h AS (SELECT ${imageText(shape.keys)} AS RowKey, ${imageText(shape.columns)} AS Image, g.Target
  FROM g CROSS JOIN ${from} FOR UPDATE OF t)
INSERT INTO ${tables.images} (${COLUMNS})
SELECT h.Target, CAST(? AS text), CAST(? AS text), CAST(? AS text), ${hash('h.RowKey')}, h.RowKey, h.Image, ${hash('h.Image')}, ${written}, ${UNTIL} FROM h
ON CONFLICT (Target, Batch, RowHash) DO NOTHING`;

    return (rows, batch) => statement(sql, [shape.table, ...values(rows), task, batch, shapeId, keptSeconds]);
  },

  settle(order, batchNumberColumn) {
    const { tables, shape, task, shapeId, keptSeconds } = order;
    const { from, values } = rowsJoined(order);
    // A row that somebody else added since it was looked for was changed, not added: without xmax it would be taken for new. It has no image.
    const sql = `INSERT INTO ${tables.images} (${COLUMNS})
SELECT CAST(? AS text), CAST(? AS text), CAST(? AS text), CAST(? AS text), ${hash('h.RowKey')}, h.RowKey, NULL, '${NO_ROW}', ${hash('h.Written')}, ${UNTIL}
FROM (SELECT ${imageText(shape.keys)} AS RowKey, ${imageText(shape.columns)} AS Written, t.xmax::text = '0' AS IsNew
  FROM ${from} WHERE t.${quoted(batchNumberColumn)} = ?) h
WHERE h.IsNew OR EXISTS (SELECT 1 FROM ${tables.images} i WHERE i.Target = ? AND i.Batch = ? AND i.RowHash = ${hash('h.RowKey')})
ON CONFLICT (Target, Batch, RowHash) DO UPDATE SET WrittenHash = EXCLUDED.WrittenHash`;

    return (rows, batch) =>
      statement(sql, [
        ...[shape.table, task, batch, shapeId, keptSeconds],
        ...[...values(rows), batch, shape.table, batch],
      ]);
  },

  standing: ({ images }, shape, ids) =>
    statement(`SELECT i.Id AS id, i.RowKey AS rowkey, i.ImageHash AS imagehash, i.WrittenHash AS writtenhash, n.Id AS nextid,
  CASE WHEN n.Shape = i.Shape AND n.ImageHash = i.WrittenHash THEN 1 ELSE 0 END AS islinked,
  CASE WHEN i.WrittenHash = ${stateHash(shape)} THEN 1 ELSE 0 END AS issame, CASE WHEN ${isThere(shape)} THEN 1 ELSE 0 END AS isthere
FROM ${images} i
LEFT JOIN ${quoted(shape.table)} t ON ${found(shape, (at) => at, 'i.RowKey')}
LEFT JOIN ${images} n ON n.Id = (SELECT MIN(m.Id) FROM ${images} m
  WHERE m.Target = i.Target AND m.RowHash = i.RowHash AND m.Id > i.Id AND m.WrittenHash IS NOT NULL)
WHERE i.Id IN (${ids.join(', ')}) ORDER BY i.Id`),

  restore(tables, shape, ids) {
    const isKey = ({ name }: TableColumn) => shape.keys.some((key) => key.name === name);
    const changes = shape.columns.flatMap((column, at) =>
      isKey(column) ? [] : [`${quoted(column.name)} = ${putBack(column, cell('i.Image', at))}`],
    );

    return statement(`UPDATE ${quoted(shape.table)} t SET ${changes.join(', ')}
FROM ${tables.images} i
WHERE i.Id IN (${ids.join(', ')}) AND ${found(shape, (at) => at, 'i.RowKey')} AND i.WrittenHash = ${hash(imageText(shape.columns))}`);
  },

  remove: ({ images }, shape, ids) =>
    statement(`DELETE FROM ${quoted(shape.table)} t USING ${images} i
WHERE i.Id IN (${ids.join(', ')}) AND ${found(shape, (at) => at, 'i.RowKey')} AND i.WrittenHash = ${hash(imageText(shape.columns))}`),

  insertAgain: ({ images }, { table, columns }, ids) =>
    statement(`INSERT INTO ${quoted(table)} (${columns.map(({ name }) => quoted(name)).join(', ')}) OVERRIDING SYSTEM VALUE
SELECT ${columns.map((column, at) => putBack(column, cell('i.Image', at))).join(', ')}
FROM ${images} i WHERE i.Id IN (${ids.join(', ')}) ORDER BY i.Id`),

  handOn: ({ images }, ids, next) =>
    statement(`UPDATE ${images} n SET Image = i.Image, ImageHash = i.ImageHash FROM ${images} i
WHERE i.Target = n.Target AND i.RowHash = n.RowHash AND n.Id IN (${next.join(', ')}) AND i.Id IN (${ids.join(', ')})`),

  removeBatch: (session, { shape, column, batch }, limit) =>
    session.change(
      statement(
        `DELETE FROM ${quoted(shape.name)} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${quoted(shape.name)} WHERE ${quoted(column)} = ? LIMIT ${limit}))`,
        [batch],
      ),
    ),

  expire: ({ images }, table, limit) =>
    statement(
      `DELETE FROM ${images} WHERE Id IN (SELECT Id FROM ${images} WHERE Target = ? AND KeptUntil < ${NOW} LIMIT ${limit})`,
      [table],
    ),
};

/** The rows that are written, joined with those of their keys that are there. */
function rowsJoined({ shape, keyCells }: ImageOrder) {
  const on = shape.keys.map((key, at) => {
    const place = keyCells[at];
    const given = typeof place === 'number' ? `r.value->>${place}` : 'CAST(? AS text)';

    return `t.${quoted(key.name)} = ${made(key, given)}`;
  });

  return {
    from: `json_array_elements(CAST(? AS json)) AS r(value) JOIN ${quoted(shape.table)} t ON ${on.join(' AND ')}`,
    values: (rows: string): readonly RunValue[] => [rows, ...keyCells.filter((place) => typeof place === 'string')],
  };
}

/** A text of the rows as its column holds it; bytes are the text itself there. */
function made({ kind, as }: TableColumn, text: string): string {
  return kind === 'binary' ? `convert_to(${text}, 'UTF8')` : `CAST(${text} AS ${as})`;
}

function found(shape: ImageShape, place: (key: number) => number, array: string): string {
  return shape.keys.map((key, at) => `t.${quoted(key.name)} = ${putBack(key, cell(array, place(at)))}`).join(' AND ');
}

function cell(array: string, at: number): string {
  return `(CAST(${array} AS json)->>${at})`;
}

/** A row as a JSON array of texts, from which each value comes back as it was. */
function imageText(columns: readonly TableColumn[]): string {
  const texts = columns.map(({ name, kind }) =>
    kind === 'binary' ? `encode(t.${quoted(name)}, 'hex')` : `t.${quoted(name)}::text`,
  );

  return `array_to_json(ARRAY[${texts.join(', ')}])::text`;
}

function putBack({ kind, as }: TableColumn, text: string): string {
  return kind === 'binary' ? `decode(${text}, 'hex')` : `CAST(${text} AS ${as})`;
}

function stateHash(shape: ImageShape): string {
  return `CASE WHEN ${isThere(shape)} THEN ${hash(imageText(shape.columns))} ELSE '${NO_ROW}' END`;
}

/** No key of a row that was found is NULL. */
function isThere({ keys: [first] }: ImageShape): string {
  return `t.${quoted(first?.name ?? '')} IS NOT NULL`;
}

function hash(text: string): string {
  return `left(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), 32)`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
