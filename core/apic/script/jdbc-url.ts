import { InvalidSetting } from '../../errors.ts';

/** What a source's URL names. */
export type SourceKind = 'mysql' | 'postgresql' | 'redis';

/**
 * How a connection is encrypted, as the drivers name it: not at all; when the server can; always; always, with a certificate of a known
 * authority; and that certificate names this host.
 */
export type TlsMode = 'disabled' | 'preferred' | 'required' | 'verify-ca' | 'verify-identity';

/** Where a source is and what its URL asks for. */
export interface SourceAddress {
  readonly kind: SourceKind;
  readonly host: string;
  readonly port: number;
  /** Empty: none is chosen. Of Redis: its number. */
  readonly database: string;
  /** In the URL itself. */
  readonly user?: string;
  readonly password?: string;
  readonly tls: TlsMode;
  /** Milliseconds. */
  readonly connectMs: number;
  /** Milliseconds a statement may take; undefined: as long as the call. */
  readonly statementMs?: number;
  /** By name in lower case: whatever else the URL says. A driver takes what it knows; the rest does nothing. */
  readonly options: ReadonlyMap<string, string>;
}

interface KindFacts {
  readonly port: number;
  readonly schemes: readonly string[];
  /** Of JDBC's `connectTimeout` and `socketTimeout`, in milliseconds: MySQL counts these, PostgreSQL seconds. */
  readonly timeUnit: number;
}

const KINDS: Readonly<Record<SourceKind, KindFacts>> = {
  mysql: { port: 3306, schemes: ['mysql', 'mariadb'], timeUnit: 1 },
  postgresql: { port: 5432, schemes: ['postgresql', 'postgres', 'opengauss', 'gaussdb'], timeUnit: 1000 },
  redis: { port: 6379, schemes: ['redis', 'rediss'], timeUnit: 1 },
};
/** What `DataSourceConfig.setType` is given, in lower case. */
const TYPES: Readonly<Record<string, SourceKind>> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgresql: 'postgresql',
  opengauss: 'postgresql',
  redis: 'redis',
};
const CONNECT_MS = 10_000;

/**
 * `[jdbc:]scheme://[user[:password]@]host[:port][,more hosts][/database][?options]`; of Redis also `host:port` alone. Of several hosts, which
 * the drivers try one after the other, the first is taken.
 */
const URL_FORM =
  /^(?:jdbc:)?(?:([a-z]+):\/\/)?(?:([^/?@]*)@)?(\[[0-9a-f:.%]+\]|[^:/?,[\]@]+)(?::(\d{1,5}))?(?:,[^/?]*)?(?:\/([^/?]*))?(?:\?(.*))?$/i;
const SUPPORTED = 'mysql, postgresql or redis';
const FORMS = 'jdbc:mysql://host:3306/database, jdbc:postgresql://host:5432/database or, of Redis, host:6379';

/**
 * Reads the URL of a data source as scripts give it to the drivers of Java.
 *
 * @param type what the script says the source is; without it the URL's scheme says so
 * @throws InvalidSetting naming what is supported; no message holds a password
 */
export function parseSourceUrl(type: string | undefined, url: string): SourceAddress {
  const declared = type === undefined || type === '' ? undefined : kindOf(type);
  const [, scheme, login = '', host, port, database = '', query = ''] = URL_FORM.exec(url.trim()) ?? [];
  if (host === undefined) {
    throw new InvalidSetting('DataSourceConfig: url', withoutPassword(url), FORMS);
  }
  const kind = scheme === undefined ? declared : kindOfScheme(scheme);
  if (kind === undefined || (scheme === undefined && kind !== 'redis')) {
    throw new InvalidSetting('DataSourceConfig: url', withoutPassword(url), FORMS);
  }
  if (declared !== undefined && declared !== kind) {
    throw new InvalidSetting('DataSourceConfig: url', withoutPassword(url), `a URL of the type that was set, ${type}`);
  }
  const options = optionsOf(query);
  const facts = KINDS[kind];
  const number = port === undefined ? facts.port : Number(port);
  if (number < 1 || number > 65_535) {
    throw new InvalidSetting('DataSourceConfig: url: port', port, 'a whole number from 1 to 65535');
  }
  const user = decoded(login.split(':')[0] ?? '') || options.get('user');
  const password = decoded(login.split(':').slice(1).join(':')) || options.get('password');
  const statementMs = milliseconds(options, 'sockettimeout', facts.timeUnit);

  return {
    kind,
    host: host.replace(/^\[|\]$/g, ''),
    port: number,
    database: decoded(database),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    tls: scheme?.toLowerCase() === 'rediss' ? 'verify-identity' : tlsMode(kind, options),
    connectMs: milliseconds(options, 'connecttimeout', facts.timeUnit) ?? CONNECT_MS,
    ...(statementMs !== undefined && { statementMs }),
    options,
  };
}

/**
 * A source whose authorities are known: encrypted, and its certificate verified, for its name too unless the URL says `verify-ca`.
 *
 * @throws InvalidSetting where the URL says that nothing is encrypted
 */
export function verifiedAddress(address: SourceAddress): SourceAddress {
  const says = ['sslmode', 'ssl', 'usessl'].find((name) => address.options.has(name));
  if (address.tls === 'disabled' && says !== undefined) {
    throw new InvalidSetting(
      `url: ${says}`,
      address.options.get(says),
      'nothing, verify-ca or verify-full beside a certificate authority: with it the connection is encrypted',
    );
  }

  return { ...address, tls: address.tls === 'verify-ca' ? 'verify-ca' : 'verify-identity' };
}

/** What a switch of a URL says; of one that is written without a value, `true`. */
export function isOn(options: ReadonlyMap<string, string>, name: string, otherwise: boolean): boolean {
  const value = options.get(name.toLowerCase());

  return value === undefined ? otherwise : ['true', 'yes', '1', ''].includes(value.toLowerCase());
}

function kindOf(type: string): SourceKind {
  const kind = TYPES[type.trim().toLowerCase()];
  if (kind === undefined) {
    throw new InvalidSetting('DataSourceConfig: type', type, SUPPORTED);
  }

  return kind;
}

function kindOfScheme(scheme: string): SourceKind {
  const found = Object.entries(KINDS).find(([, { schemes }]) => schemes.includes(scheme.toLowerCase()));
  if (found === undefined) {
    throw new InvalidSetting('DataSourceConfig: url: scheme', scheme, SUPPORTED);
  }

  return found[0] as SourceKind;
}

function tlsMode(kind: SourceKind, options: ReadonlyMap<string, string>): TlsMode {
  const mode = options.get('sslmode')?.toLowerCase().replaceAll('_', '-');
  switch (mode) {
    case undefined:
    case '':
      break;
    case 'disable':
    case 'disabled':
    case 'allow':
      return 'disabled';
    case 'prefer':
    case 'preferred':
      return 'preferred';
    case 'require':
    case 'required':
    case 'trust':
      return 'required';
    case 'verify-ca':
      return 'verify-ca';
    case 'verify-full':
    case 'verify-identity':
      return 'verify-identity';
    default:
      throw new InvalidSetting(
        'DataSourceConfig: url: sslMode',
        mode,
        'disabled, preferred, required, verify-ca, verify-identity',
      );
  }
  if (kind === 'postgresql') {
    // https://jdbc.postgresql.org/documentation/ssl/: `ssl=true` is verify-full
    return options.has('ssl') ? (isOn(options, 'ssl', true) ? 'verify-identity' : 'disabled') : 'preferred';
  }
  if (kind === 'redis') {
    return isOn(options, 'ssl', false) ? 'verify-identity' : 'disabled';
  }

  return mysqlTls(options);
}

/** The switches from before `sslMode`, in the driver's own order. */
function mysqlTls(options: ReadonlyMap<string, string>): TlsMode {
  if (!isOn(options, 'useSSL', true)) {
    return 'disabled';
  }
  if (isOn(options, 'verifyServerCertificate', false)) {
    return 'verify-ca';
  }

  return isOn(options, 'requireSSL', false) ? 'required' : 'preferred';
}

function optionsOf(query: string): ReadonlyMap<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '');

  return new Map(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');

      return [decoded(name).toLowerCase(), decoded(value.join('='))];
    }),
  );
}

/** 0 is none, as the drivers have it. */
function milliseconds(options: ReadonlyMap<string, string>, name: string, unit: number): number | undefined {
  const value = options.get(name);
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value) * unit;
  if (!Number.isInteger(number) || number < 0) {
    throw new InvalidSetting(`DataSourceConfig: url: ${name}`, value, 'a whole number, 0 for none');
  }

  return number === 0 ? undefined : number;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare percent sign in a password, which existing scripts write.
    return text;
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//…@').replace(/(password=)[^&]*/gi, '$1…');
}
