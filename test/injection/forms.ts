import { readFileSync } from 'node:fs';
import type { ApiDefinition, ApiParameter } from '../../core/apic/api-definition.ts';
import { splitStatements } from '../../core/sql/lexer.ts';

/** A way in which statements use a parameter, and the same statement asked past all code of ours. */
export interface Form {
  readonly name: string;
  /** With `${x}`, as an integration writes it. */
  readonly sql: string;
  /** With `?` for the value; its rows are what the API must answer. */
  readonly truth: string;
  /** How often the value stands in `truth`. */
  readonly places: number;
  readonly method?: 'POST';
  readonly type?: ApiParameter['type'];
  /** The values a list parameter has. */
  readonly list?: true;
}

const VISIBLE = 'SELECT Name FROM Spaces WHERE Public = 1';

export const FORMS: readonly Form[] = [
  { name: 'bare', sql: `${VISIBLE} AND Name = \${x}`, truth: `${VISIBLE} AND Name = ?`, places: 1 },
  { name: 'quoted', sql: `${VISIBLE} AND Name = '\${x}'`, truth: `${VISIBLE} AND Name = ?`, places: 1 },
  {
    name: 'like',
    sql: `${VISIBLE} AND Name LIKE '%\${x}%' ORDER BY Id`,
    truth: `${VISIBLE} AND Name LIKE CONCAT('%', ?, '%') ORDER BY Id`,
    places: 1,
  },
  { name: 'list', sql: `${VISIBLE} AND Name IN (\${x})`, truth: `${VISIBLE} AND Name IN (?)`, places: 1, list: true },
  {
    name: 'cast',
    sql: `${VISIBLE} AND Id = CAST('\${x}' AS SIGNED)`,
    truth: `${VISIBLE} AND Id = CAST(? AS SIGNED)`,
    places: 1,
  },
  {
    name: 'block',
    sql: `${VISIBLE} [AND (Name = "\${x}" OR Name = \${x})] ORDER BY Id`,
    truth: `${VISIBLE} AND (Name = ? OR Name = ?) ORDER BY Id`,
    places: 2,
  },
  { name: 'echo', sql: "SELECT ${x} AS A, '<${x}>' AS B", truth: "SELECT ? AS A, CONCAT('<', ?, '>') AS B", places: 2 },
  { name: 'number', sql: `${VISIBLE} AND Id = \${x}`, truth: `${VISIBLE} AND Id = ?`, places: 1, type: 'integer' },
  {
    name: 'insert',
    method: 'POST',
    sql: "INSERT INTO Inbox (Text) VALUES ('${x}')",
    truth: 'SELECT 1 AS affected WHERE ? IS NOT NULL',
    places: 1,
  },
  {
    name: 'delete',
    method: 'POST',
    sql: "DELETE FROM Spaces WHERE Public = 2 AND Name LIKE '%${x}%'",
    truth: 'SELECT 0 AS affected WHERE ? IS NOT NULL',
    places: 1,
  },
];

/** What must neither be seen nor changed. */
export const TREASURE = 'the-treasure';

/** The tables of the trial integration, made anew. */
export const TABLES: readonly string[] = [
  'DROP TABLE IF EXISTS Spaces, Treasure, Inbox, Spoken',
  ...splitStatements(readFileSync(new URL('../acceptance/trial/sql/001-tables.sql', import.meta.url), 'utf8')),
];

export function definitionOf({ name, sql, method, type = 'string' }: Form): ApiDefinition {
  return {
    name,
    app: 'Owner',
    method: method ?? 'GET',
    path: `/injection/${name}`,
    auth: 'none',
    appCode: false,
    parameters: [{ name: 'x', in: method === undefined ? 'query' : 'body', type, required: true }],
    backend: { kind: 'data', returnObject: 'default', sql },
  };
}
