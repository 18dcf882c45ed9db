import { InvalidSetting } from '../errors.ts';

export interface MongoHost {
  readonly host: string;
  readonly port: number;
}

/** Where a MongoDB is and what its URL asks for. */
export interface MongoAddress {
  /** Members of one set, any of which knows the one that takes writes; of `mongodb+srv` the name that DNS knows them by. */
  readonly hosts: readonly MongoHost[];
  readonly isSrv: boolean;
  readonly database: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls: 'disabled' | 'required' | 'verify-ca' | 'verify-identity';
  /** The database that knows the user. */
  readonly authSource: string;
  readonly mechanism?: MongoMechanism;
  readonly replicaSet?: string;
  /** Milliseconds. */
  readonly connectMs: number;
}

export type MongoMechanism = (typeof MECHANISMS)[number];

const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'] as const;
const SETTING = 'url';
const FORM = 'mongodb://host:27017/database, with members of a set separated by commas, or mongodb+srv://host/database';
/** https://www.mongodb.com/docs/manual/reference/connection-string */
const URL_FORM = /^mongodb(\+srv)?:\/\/(?:([^/?@]*)@)?([^/?@]+)(?:\/([^/?]*))?(?:\?(.*))?$/i;
const HOST_FORM = /^(\[[0-9a-f:.%]+\]|[^:[\],\s]+)(?::(\d{1,5}))?$/i;
const CONNECT_MS = 10_000;

export function isMongoUrl(url: string): boolean {
  return /^mongodb(?:\+srv)?:\/\//i.test(url.trim());
}

/** @throws InvalidSetting naming what is supported; no message holds a password */
export function parseMongoUrl(url: string): MongoAddress {
  const [, srv, login, places = '', database = '', query = ''] = URL_FORM.exec(url.trim()) ?? [];
  if (places === '') {
    throw new InvalidSetting(SETTING, withoutLogin(url), FORM);
  }
  if (database === '') {
    throw new InvalidSetting(SETTING, withoutLogin(url), 'a database behind the hosts: mongodb://host:27017/database');
  }
  const isSrv = srv !== undefined;
  const options = new Map([...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value] as const));
  const [user, ...password] = (login ?? '').split(':');
  const mechanism = mechanismOf(options.get('authmechanism'));
  const replicaSet = options.get('replicaset');

  return {
    hosts: hostsOf(places, isSrv),
    isSrv,
    database: decodeURIComponent(database),
    ...(user !== undefined && user !== '' && { user: decodeURIComponent(user) }),
    ...(password.length > 0 && { password: decodeURIComponent(password.join(':')) }),
    tls: tlsOf(options, isSrv),
    authSource: options.get('authsource') ?? (mechanism === 'PLAIN' ? '$external' : 'admin'),
    ...(mechanism !== undefined && { mechanism }),
    ...(replicaSet !== undefined && { replicaSet }),
    connectMs: wholeOf(options, 'connecttimeoutms') ?? CONNECT_MS,
  };
}

/** With an authority of its own: encrypted, and verified. @throws InvalidSetting where the URL says that nothing is encrypted */
export function verifiedMongo(address: MongoAddress, url: string): MongoAddress {
  if (/[?&](?:tls|ssl)=false\b/i.test(url)) {
    throw new InvalidSetting(`${SETTING}: tls`, 'false', 'nothing, or true, beside a certificate authority');
  }

  return { ...address, tls: address.tls === 'verify-ca' ? 'verify-ca' : 'verify-identity' };
}

function hostsOf(places: string, isSrv: boolean): readonly MongoHost[] {
  const hosts = places.split(',').map((place) => {
    const [, host, port] = HOST_FORM.exec(place) ?? [];
    const number = Number(port ?? 27_017);
    if (host === undefined || number < 1 || number > 65_535) {
      throw new InvalidSetting(`${SETTING}: host`, place, FORM);
    }

    return { host: host.replace(/^\[|\]$/g, ''), port: number };
  });
  if (isSrv && (hosts.length > 1 || places.includes(':'))) {
    throw new InvalidSetting(
      `${SETTING}: host`,
      places,
      'one name without a port: of mongodb+srv the DNS knows the rest',
    );
  }

  return hosts;
}

function tlsOf(options: ReadonlyMap<string, string>, isSrv: boolean): MongoAddress['tls'] {
  const isOn = (name: string) => options.get(name)?.toLowerCase() === 'true';
  const says = options.get('tls') ?? options.get('ssl');
  if (says === undefined ? !isSrv : says.toLowerCase() !== 'true') {
    return 'disabled';
  }
  if (isOn('tlsinsecure') || isOn('tlsallowinvalidcertificates')) {
    return 'required';
  }

  return isOn('tlsallowinvalidhostnames') ? 'verify-ca' : 'verify-identity';
}

function mechanismOf(text: string | undefined): MongoMechanism | undefined {
  const known = MECHANISMS.find((mechanism) => mechanism === text);
  if (text !== undefined && known === undefined) {
    throw new InvalidSetting(`${SETTING}: authMechanism`, text, MECHANISMS.join(', '));
  }

  return known;
}

function wholeOf(options: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = options.get(name);
  if (text === undefined) {
    return undefined;
  }
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidSetting(`${SETTING}: ${name}`, text, 'a whole number of milliseconds');
  }

  return Number(text);
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//…@');
}
