import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { mariadbFiles } from '../../../local/mysql/files.ts';

test('everything lies in the state folder', () => {
  const files = mariadbFiles('/home/me/.causeway', 'db');

  expect(files.socket).toBe('/home/me/.causeway/mysql/db/mariadbd.sock');
  expect(files.data).toBe('/home/me/.causeway/mysql/db/data');
  // Two servers with one folder for temporary tables take them away from each other.
  expect(files.temporary).toBe('/home/me/.causeway/mysql/db/tmp');
});

test('a socket whose path would be too long lies in the folder for temporary files, one for each state folder', () => {
  const [one, other] = ['a', 'b'].map((name) => mariadbFiles(`/${name.repeat(120)}`, 'db').socket) as [string, string];

  expect(Buffer.byteLength(one)).toBeLessThanOrEqual(103);
  expect(one).not.toBe(other);
});
