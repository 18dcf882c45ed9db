import { canonicalQuery, type Pairs, type SignableRequest, signedPaths, signedValue } from './canonical-request.ts';
import { percentDecode, percentEncode } from './percent-encoding.ts';

/** What callers get wrong who write a signature themselves: name → what they did, and what is to be signed. */
export const MISTAKES = {
  'method-case': 'The method was signed in lower case: sign it in upper case.',
  'path-without-slash':
    'The path was signed without the slash at its end: the signed path always ends in "/", also where the called one does not.',
  'path-without-stage':
    'The path was signed without its first segment: sign the whole path of the URL you call, with group or stage.',
  'path-not-encoded': 'The path was signed as it is: percent-encode each of its segments (RFC 3986).',
  'path-encoding':
    'The path was percent-encoded in another way: only A-Z a-z 0-9 - _ . ~ stay, hexadecimal digits are upper case.',
  'query-left-out': 'The query was not signed: sign all of its parameters.',
  'query-not-sorted': 'The query was signed in another order: sort by name, then by value.',
  'query-lower-case': 'The names of the query were signed in lower case: sign them as you send them.',
  'query-not-encoded': 'The query was signed as it is: percent-encode names and values (RFC 3986).',
  'query-encoding':
    'The query was percent-encoded in another way: a space is %20, only A-Z a-z 0-9 - _ . ~ stay, hexadecimal digits are upper case.',
  'query-empty-values': 'Parameters without a value were left out or signed without "=": sign them as "name=".',
  'query-repeated': 'A parameter that comes several times was signed once: sign every one of its values, sorted.',
  'host-port': 'Host was signed with another port than it was sent with: sign the Host header as it is sent.',
  'headers-order': 'The headers were signed in another order than SignedHeaders lists them.',
  'headers-case': 'The names of the signed headers were not in lower case.',
  'headers-blank-line':
    'The blank line after the signed headers is missing: each of them ends with a line break, and another one follows.',
  'body-left-out': 'The hash of an empty body was signed: hash the bytes you send.',
  'body-newline': 'The body was hashed with other line breaks than it was sent with: hash exactly the bytes you send.',
  'body-json-rewritten': 'The body was hashed as the same JSON written differently: hash exactly the bytes you send.',
  'body-as-json-text':
    "The body was hashed as a JSON text, in quotes, as the reference's SDK for JavaScript does with text: send its hash along in X-Sdk-Content-Sha256.",
  'body-hash-header':
    'X-Sdk-Content-Sha256 was sent, but another hash was signed: what it says is what is to be signed.',
  'body-unsigned': 'UNSIGNED-PAYLOAD was signed but not sent: send the header X-Sdk-Content-Sha256 with it.',
  'body-hash-case': 'The hash of the body was signed in upper case: write it in lower case.',
  'text-not-hashed':
    'The canonical request itself was signed: the text to sign ends with its SHA-256 in hexadecimal digits.',
  'secret-line-break': 'The secret was used with a line break or a blank at its end.',
  'key-as-secret': 'The key was used in place of the secret.',
} as const satisfies Record<string, string>;

export type MistakeName = keyof typeof MISTAKES;

/** A part of what is signed as somebody may have written it. */
export interface Writing {
  readonly value: string;
  readonly mistakes: readonly MistakeName[];
}

/** As it is right, then as it is often written: each writing once. */
export function writingsOf(right: readonly string[], wrong: readonly Writing[]): Writing[] {
  const all = [...right.map((value) => ({ value, mistakes: [] })), ...wrong];
  const seen = new Set<string>();

  return all.filter(({ value }) => !seen.has(value) && seen.add(value) !== undefined);
}

type Rewriting = readonly [MistakeName, (text: string) => string];

/** What `encodeURIComponent` of JavaScript leaves as it is. */
const LEFT_BY_JAVASCRIPT = /%(21|27|28|29|2A)/g;
const ENCODINGS: readonly ((text: string) => string)[] = [
  (text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  (text) => text.replace(LEFT_BY_JAVASCRIPT, percentDecode),
];

export function pathWritings(path: string): Writing[] {
  const right = signedPaths(path);
  const [usual = path] = right;
  const places: readonly Rewriting[] = [
    ['path-without-stage', (text) => text.replace(/^\/[^/]+(?=\/.)/, '')],
    ...ENCODINGS.map((encoding): Rewriting => ['path-encoding', encoding]),
    ['path-not-encoded', percentDecode],
  ];
  const ends: readonly Rewriting[] = [['path-without-slash', (text) => text.replace(/(?!^)\/$/, '')]];
  const wrong = [...ends, ...places].map(([mistake, rewrite]) => ({ value: rewrite(usual), mistakes: [mistake] }));
  const both = places.flatMap(([mistake, rewrite]) =>
    ends.map(([end, cut]) => ({ value: cut(rewrite(usual)), mistakes: [mistake, end] })),
  );

  return writingsOf(right, [...wrong, ...both]);
}

export function queryWritings(query: Pairs): Writing[] {
  const right = canonicalQuery(query);
  const lower = query.map(([name, value]) => [name.toLowerCase(), value] as const);
  const filled = query.filter(([, value]) => value !== '');
  const firsts = query.filter(([name], index) => query.findIndex(([other]) => other === name) === index);
  const lasts = query.filter(([name], index) => query.findLastIndex(([other]) => other === name) === index);
  const wrong: readonly [MistakeName, string][] = [
    ['query-left-out', ''],
    ['query-not-sorted', joined(query)],
    ['query-not-sorted', joined(query.toSorted(([a], [b]) => compareText(a, b)))],
    ['query-lower-case', canonicalQuery(lower)],
    ['query-encoding', right.replaceAll('%20', '+')],
    ...ENCODINGS.map((encoding): [MistakeName, string] => ['query-encoding', encoding(right)]),
    ['query-encoding', right.replaceAll('%20', '+').replace(LEFT_BY_JAVASCRIPT, percentDecode)],
    ['query-not-encoded', percentDecode(right)],
    ['query-empty-values', right.replace(/=(?=&|$)/g, '')],
    ['query-empty-values', canonicalQuery(filled)],
    ['query-repeated', canonicalQuery(firsts)],
    ['query-repeated', canonicalQuery(lasts)],
  ];

  return writingsOf(
    [right],
    wrong.map(([mistake, value]) => ({ value, mistakes: [mistake] })),
  );
}

function joined(query: Pairs): string {
  return query.map((pair) => pair.map(percentEncode).join('=')).join('&');
}

/** As languages compare that know UTF-16. */
function compareText(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** Header lines and the list of names, as they stand in a canonical request: `a:1\nb:2\n\na;b`. */
export function headerWritings({ headers }: SignableRequest, names: readonly string[]): Writing[] {
  const sent = (name: string) => signedValue(headers, name);
  const text = (order: readonly string[], lines: readonly string[], gap = '\n\n') =>
    `${lines.join('\n')}${gap}${order.join(';')}`;
  const linesOf = (order: readonly string[], value = sent) => order.map((name) => `${name}:${value(name)}`);
  const spelt = (name: string) => headers.find(([other]) => other.toLowerCase() === name)?.[0] ?? name;
  const host = sent('host');
  const hosts = /:\d+$/.test(host) ? [host.replace(/:\d+$/, '')] : [`${host}:443`, `${host}:80`];
  const sorted = names.toSorted();
  const wrong: [MistakeName, string][] = [
    ['headers-order', text(sorted, linesOf(sorted))],
    ['headers-order', text(names, linesOf(sorted))],
    ['headers-order', text(names, linesOf(names.toReversed()))],
    [
      'headers-case',
      text(
        names,
        names.map((name) => `${spelt(name)}:${sent(name)}`),
      ),
    ],
    [
      'headers-case',
      text(
        names.map(spelt),
        names.map((name) => `${spelt(name)}:${sent(name)}`),
      ),
    ],
    ['headers-blank-line', text(names, linesOf(names), '\n')],
    ...(names.includes('host') ? hosts : []).map((other): [MistakeName, string] => [
      'host-port',
      text(
        names,
        linesOf(names, (name) => (name === 'host' ? other : sent(name))),
      ),
    ]),
  ];

  return writingsOf(
    [text(names, linesOf(names))],
    wrong.map(([mistake, value]) => ({ value, mistakes: [mistake] })),
  );
}
