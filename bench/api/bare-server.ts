/**
 * What one would write by hand in place of a platform: an HTTP server, the driver, the same statements, prepared; no sign-in, no limits, no log.
 * Run as a child process; its environment has where the database is, its parent is told the port.
 */
import { createServer } from 'node:http';
import mysql from 'mysql2/promise';
import { QUERIES } from './workload.ts';

const CONNECTIONS = 10;
const { BENCH_DATABASE = '{}' } = process.env;
const pool = mysql.createPool({ ...JSON.parse(BENCH_DATABASE), connectionLimit: CONNECTIONS, dateStrings: true });

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const query = QUERIES.find(({ name }) => url.pathname === `/${name}`);
  const value = query === undefined ? null : url.searchParams.get(query.parameter);
  if (query === undefined || value === null) {
    response.writeHead(404).end();
    return;
  }
  const [rows] = await pool.execute(query.sql, [value]);
  const body = Buffer.from(JSON.stringify({ default: rows }));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
process.on('disconnect', () => process.exit(0));
