import { LocalError } from '../errors.ts';

/** From a DBClusterParameterGroup, by Aurora's names. */
export type Parameters = Readonly<Record<string, string>>;

/** What Aurora MySQL 3 does when its parameter group says nothing. */
const DEFAULTS: Parameters = {
  sql_mode: 'NO_ENGINE_SUBSTITUTION',
  character_set_server: 'utf8mb4',
  collation_server: 'utf8mb4_general_ci',
  time_zone: 'UTC',
  innodb_autoinc_lock_mode: '2',
  local_infile: '0',
};

/** SQL modes that mean the same in Aurora MySQL 3 and in MariaDB. */
const SQL_MODES = new Set([
  'ALLOW_INVALID_DATES',
  'ANSI',
  'ANSI_QUOTES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'HIGH_NOT_PRECEDENCE',
  'IGNORE_SPACE',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_BACKSLASH_ESCAPES',
  'NO_ENGINE_SUBSTITUTION',
  'NO_UNSIGNED_SUBTRACTION',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ONLY_FULL_GROUP_BY',
  'PAD_CHAR_TO_FULL_LENGTH',
  'PIPES_AS_CONCAT',
  'REAL_AS_FLOAT',
  'STRICT_ALL_TABLES',
  'STRICT_TRANS_TABLES',
  'TRADITIONAL',
]);

/** Aurora's parameter → the option of MariaDB with the same meaning. `undefined`: the value cannot be had. */
const OPTIONS: Readonly<Record<string, (value: string) => string | undefined>> = {
  sql_mode: (value) =>
    value === '' || value.split(',').every((mode) => SQL_MODES.has(mode.trim())) ? `--sql-mode=${value}` : undefined,
  character_set_server: (value) => `--character-set-server=${value}`,
  // The collations of MySQL 8's Unicode 9 tables do not exist in MariaDB 10.
  collation_server: (value) => (/_0900_/.test(value) ? undefined : `--collation-server=${value}`),
  time_zone: (value) => timeZone(value),
  local_infile: (value) => (value === '0' || value === 'OFF' ? '--local-infile=0' : undefined),
  ...passedOn([
    'event_scheduler',
    'group_concat_max_len',
    'innodb_autoinc_lock_mode',
    'innodb_lock_wait_timeout',
    'innodb_print_all_deadlocks',
    'interactive_timeout',
    'lock_wait_timeout',
    'log_bin_trust_function_creators',
    'long_query_time',
    'lower_case_table_names',
    'max_allowed_packet',
    'max_connections',
    'net_read_timeout',
    'net_write_timeout',
    'slow_query_log',
    'sort_buffer_size',
    'tmp_table_size',
    'wait_timeout',
  ]),
  transaction_isolation: (value) => `--transaction-isolation=${value}`,
  tx_isolation: (value) => `--transaction-isolation=${value}`,
};

function passedOn(names: readonly string[]): Record<string, (value: string) => string> {
  return Object.fromEntries(names.map((name) => [name, (value: string) => `--${name.replaceAll('_', '-')}=${value}`]));
}

/** Named zones live in tables that a fresh MariaDB does not fill; UTC and offsets need none. */
function timeZone(value: string): string | undefined {
  if (/^(UTC|GMT|Etc\/UTC)$/i.test(value)) return '--default-time-zone=+00:00';

  return /^[+-]\d{2}:\d{2}$/.test(value) ? `--default-time-zone=${value}` : undefined;
}

/** MariaDB's command-line options for a parameter group. Throws `LocalError` naming everything that cannot be had. */
export function serverOptions(parameters: Parameters): string[] {
  const merged = Object.entries({ ...DEFAULTS, ...parameters });
  const refused = merged.filter(([name, value]) => OPTIONS[name]?.(value) === undefined);
  if (refused.length > 0) {
    const list = refused.map(([name, value]) => `${name}=${value}`).join(', ');
    throw new LocalError(
      `the local MariaDB cannot be given ${list}; parameters it takes: ${Object.keys(OPTIONS).sort().join(', ')}`,
    );
  }

  return merged.map(([name, value]) => OPTIONS[name]?.(value) as string);
}
