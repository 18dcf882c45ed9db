import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Where to connect, and nowhere else: a name asked for again may answer something else. */
export interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** An address that sources and scripts may not reach; its message is for them. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** Answers all addresses of a name, IPv4 first. Numbers in any spelling are names too. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

export interface GuardOptions {
  /** @default that of the process */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly lookup?: Lookup;
}

type Range = readonly [address: string, prefix: number];

/** https://www.iana.org/assignments/iana-ipv4-special-registry and …ipv6-special-registry; metadata: D:AWSEC2/latest/UserGuide/instancedata-data-retrieval */
const REFUSED: Readonly<Record<string, readonly Range[]>> = {
  'the link-local network, where credentials and metadata are': [
    ['169.254.0.0', 16],
    ['fe80::', 10],
    ['fd00:ec2::', 32],
  ],
  'no address of a host': [
    ['0.0.0.0', 8],
    ['::', 128],
    ['240.0.0.0', 4],
    ['192.0.0.0', 24],
    ['fec0::', 10],
  ],
  'a multicast address': [
    ['224.0.0.0', 4],
    ['ff00::', 8],
  ],
};
const LOOPBACK: readonly Range[] = [
  ['127.0.0.0', 8],
  ['::1', 128],
];
/** IPv6 networks that lead to the IPv4 address in the bytes from here on: compatible, mapped, translated, NAT64, 6to4. */
const CARRIERS: readonly (readonly [network: Range, byte: number])[] = [
  [['::', 96], 12],
  [['::ffff:0:0', 96], 12],
  [['::ffff:0:0:0', 96], 12],
  [['64:ff9b::', 96], 12],
  [['64:ff9b:1::', 48], 12],
  [['2002::', 16], 2],
];
/** Set outside of any template, where the person at the machine is the one the scripts belong to. */
const LOOPBACK_VARIABLE = 'CAUSEWAY_LOOPBACK';

const REFUSED_LISTS = Object.entries(REFUSED).map(([what, ranges]) => [what, listOf(ranges)] as const);
const LOOPBACK_LIST = listOf(LOOPBACK);
const CARRIER_LISTS = CARRIERS.map(([range, byte]) => [listOf([range]), byte] as const);

/**
 * Resolves a host once and judges what came of it: whatever the spelling, it is the address that counts. All addresses of a name must be
 * allowed. Loopback is for a local platform only, and there without the endpoint that plays AWS.
 *
 * @throws AddressRefused, or Node's own error of a name that is not there
 */
export async function guardAddress(host: string, port: number, options: GuardOptions = {}): Promise<PinnedAddress> {
  const { environment = process.env, lookup = ofSystem } = options;
  const addresses = (await lookup(host)).map(({ address }) => address.split('%')[0] as string);
  const [first] = addresses;
  if (first === undefined) {
    throw new AddressRefused(`${host} has no address`);
  }
  for (const address of addresses) {
    const reason = refusalOf(address, port, environment);
    if (reason !== undefined) {
      throw new AddressRefused(`${host} may not be reached from here: ${address} is ${reason}`);
    }
  }

  return { address: first, family: isIPv4(first) ? 4 : 6 };
}

function refusalOf(
  address: string,
  port: number,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const forms = [address, ...carriedBy(address)];
  const refused = REFUSED_LISTS.find(([, list]) => forms.some((form) => contains(list, form)));
  const isLoopback = forms.some((form) => contains(LOOPBACK_LIST, form));
  // `::` carries 0.0.0.0 and `::1` 0.0.0.1: what is loopback is that first.
  if (refused !== undefined && !contains(LOOPBACK_LIST, address)) {
    return refused[0];
  }
  if (!isLoopback) {
    return undefined;
  }
  if (environment[LOOPBACK_VARIABLE] !== 'allowed') {
    return 'this machine itself';
  }

  return endpointPorts(environment).has(port) ? "the platform's own endpoint" : undefined;
}

/** Of everything the environment names as an endpoint of AWS: functions have rights there that scripts have not. */
function endpointPorts(environment: Readonly<Record<string, string | undefined>>): ReadonlySet<number> {
  const urls = Object.entries(environment).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL'));

  return new Set(urls.map(([, url]) => Number(URL.parse(url ?? '')?.port)));
}

/** IPv4 addresses that an IPv6 address leads to. */
function carriedBy(address: string): string[] {
  if (!isIPv6(address)) {
    return [];
  }
  const bytes = bytesOf(address);

  return CARRIER_LISTS.filter(([list]) => list.check(address, 'ipv6')).map(([, at]) =>
    [...bytes.subarray(at, at + 4)].join('.'),
  );
}

function bytesOf(address: string): Buffer {
  // The last four bytes may be written as IPv4.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = plain.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');

  return Buffer.from([...left, ...middle, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function contains(list: BlockList, address: string): boolean {
  return isIPv6(address) ? list.check(address, 'ipv6') : list.check(address, 'ipv4');
}

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) {
    list.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  return list;
}

function ofSystem(host: string): Promise<readonly { readonly address: string }[]> {
  return systemLookup(host, { all: true, order: 'ipv4first' });
}
