import { expect, test } from '@jest/globals';
import { serverOptions } from '../../../local/mysql/parameters.ts';

test("Aurora's parameters become MariaDB's options", () => {
  const options = serverOptions({
    sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
    collation_server: 'utf8mb4_unicode_ci',
    time_zone: 'UTC',
    innodb_lock_wait_timeout: '5',
  });

  expect(options).toEqual(
    expect.arrayContaining([
      '--sql-mode=STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_unicode_ci',
      '--default-time-zone=+00:00',
      '--innodb-lock-wait-timeout=5',
    ]),
  );
});

test("without a group the server does what Aurora's default group says", () => {
  expect(serverOptions({})).toEqual(
    expect.arrayContaining(['--sql-mode=NO_ENGINE_SUBSTITUTION', '--default-time-zone=+00:00', '--local-infile=0']),
  );
});

test.each([
  [{ collation_server: 'utf8mb4_0900_ai_ci' }, 'collation_server=utf8mb4_0900_ai_ci'],
  [{ sql_mode: 'STRICT_ALL_TABLES,TIME_TRUNCATE_FRACTIONAL' }, 'sql_mode=STRICT_ALL_TABLES,TIME_TRUNCATE_FRACTIONAL'],
  [{ time_zone: 'Europe/Berlin' }, 'time_zone=Europe/Berlin'],
  [{ local_infile: '1' }, 'local_infile=1'],
  [{ aurora_parallel_query: 'ON' }, 'aurora_parallel_query=ON'],
])('%j is refused, with what would be taken', (parameters, named) => {
  expect(() => serverOptions(parameters as Record<string, string>)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        new RegExp(`cannot be given ${named.replaceAll('.', '\\.')}; parameters it takes: .*innodb_lock_wait_timeout`),
      ),
    }),
  );
});
