import type { AppCredentials } from '../../../cli/platform/local-file.ts';
import { signedByReferenceSdk } from '../caller.ts';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

type Headers = Record<string, string>;

/** Calls of APIs: every kind of backend, and every way to sign in. */
export function calls({ apis, facts, manage }: WatchedPlatform): readonly Step[] {
  const urlOf = (name: string, path: string) =>
    `${apis}/${facts.groups.find(({ group }) => group === name)?.name}${path}`;
  const app = (name: string) => facts.apps[name] as AppCredentials;
  const codeOf = (name: string) => ({ 'X-Apig-AppCode': app(name).appCodes[0] ?? '' });
  const [free, note] = [urlOf('Parking', '/parking/free'), urlOf('Notes', '/note')];
  /** JSON by POST, or a GET. */
  const enterprise = (path: string, body?: object, headers: Headers = codeOf('EnterpriseOwner')): Step => ({
    name: `call ${body === undefined ? 'GET' : 'POST'} ${path}`,
    run: () => answered(urlOf('Enterprise', path), headers, body),
  });

  const signed = (owner: string, url: string, data: object): Step => ({
    name: `call POST ${new URL(url).pathname} with a body whose hash is signed and not sent`,
    async run() {
      const headers = signedByReferenceSdk(app(owner), {
        ...{ method: 'POST', url, headers: { 'Content-Type': 'application/json' }, data },
      });
      await answered(url, headers, data);
    },
  });

  return [
    {
      name: 'call /parking/free with an AppCode, which is read with its app once it is known',
      async run() {
        for (const headers of Array.from({ length: 3 }, () => codeOf('ParkingOwner'))) {
          await answered(free, headers);
        }
      },
    },
    {
      name: 'call /parking/free with a signature',
      run: () => answered(free, signedByReferenceSdk(app('ParkingOwner'), { url: free })),
    },
    // Only the function behind the API sees the body, and has the signature checked over it.
    signed('NotesOwner', note, { text: 'signed' }),
    enterprise('/customers'),
    enterprise('/customers/2'),
    enterprise('/customers/3/charges', { cents: 1 }),
    enterprise('/scripts/hello', {}),
    enterprise('/scripts/echo', {}),
    enterprise('/scripts/customers', { city: 'London' }),
    ...[
      ['/customers', { name: 'Tried', city: 'Nowhere' }] as const,
      ['/customers/3/charges', { cents: 1 }] as const,
      ['/scripts/echo', {}] as const,
    ].map(([path, data]) => signed('EnterpriseOwner', urlOf('Enterprise', path), data)),
    signed('EnterpriseOwner', urlOf('Partners', '/orders'), { item: 'once' }),
    signed('EnterpriseOwner', urlOf('Partners', '/try/signing'), { item: 'explained' }),
    {
      name: 'have a refusal explained',
      async run() {
        const url = urlOf('Partners', '/try/signing');
        const { key } = app('EnterpriseOwner');
        const response = await fetch(url, { headers: signedByReferenceSdk({ key, secret: 'another' }, { url }) });
        const text = await response.text();
        if (!text.includes('"explanation"')) throw new RangeError(`${response.status} ${text}`);
      },
    },
    {
      name: 'call GET /orders, whose signature is good once',
      async run() {
        const url = urlOf('Partners', '/orders');
        await answered(url, signedByReferenceSdk(app('EnterpriseOwner'), { url }));
      },
    },
    enterprise('/test', undefined, { 'x-auth': facts.secrets['FrontDoorToken'] ?? '' }),
    ...BACKENDS.map(([api, parameters]) => ({
      name: `test the backend of ${api}`,
      // Whatever it answers: it was asked.
      run: async () => void (await manage('POST', `/backends/${api}/test`, { parameters })),
    })),
  ];
}

/** One of each stack and kind. */
const BACKENDS: readonly (readonly [api: string, parameters: Readonly<Record<string, string>>])[] = [
  ['Parking/FreeSpaces', {}],
  ['Notes/Note', { text: 'tested' }],
  ['Enterprise/Customers', {}],
  ['Enterprise/Customer', { id: '2' }],
  ['Enterprise/Test', {}],
];

async function answered(url: string, headers: Headers, body?: object): Promise<void> {
  const type: Headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const post = body !== undefined && { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, { headers: { ...type, ...headers }, ...post });
  if (!response.ok) throw new RangeError(`${response.status} ${await response.text()}`);
}
