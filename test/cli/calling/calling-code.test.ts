import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Given, SignIn } from '../../../cli/calling/call-draft.ts';
import { CODE_LANGUAGES, type CodeLanguage, callingCode } from '../../../cli/calling/calling-code.ts';
import { APP_SCHEMES } from '../../../core/apic/app-schemes.ts';
import { ENVIRONMENT, type Judge, judge } from './judge.ts';

let server: Judge;

beforeAll(async () => {
  server = await judge();
});

afterAll(() => server.stop());

const PROGRAMS: Readonly<Record<CodeLanguage, readonly [string, ...string[]]>> = {
  curl: ['sh', '-s'],
  js: [process.execPath, '--input-type=module', '-'],
  python: ['python3', '-'],
};

function api(signIn: SignIn, method: 'GET' | 'POST' | 'ANY' = 'POST') {
  const scheme = APP_SCHEMES.find((one) => one === signIn);

  return {
    ...{ name: 'Any/api', group: 'Any', stage: 'RELEASE', app: 'Owner', url: 'https://any.example.com' },
    ...{ method, path: `/${signIn}/{id}/notes`, appCode: false },
    auth: scheme === undefined ? (signIn as 'iam') : ('app' as const),
    ...(scheme !== undefined && { schemes: [scheme] }),
    parameters: [
      { name: 'id', in: 'path', type: 'string', required: true },
      { name: 'q', in: 'query', type: 'string', required: true },
      { name: 'z', in: 'query', type: 'integer', required: false },
      ...(method === 'POST' ? ([{ name: 'text', in: 'body', type: 'string', required: true }] as const) : []),
    ] as const,
  };
}

const NOTHING: Given = { parameters: {}, headers: {} };

const FORMS = {
  curl: /^(?<json>.*)\n(?<status>\d+)$/s,
  js: /^(?<status>\d+) (?<json>.*)\n$/s,
  python: /^(?<status>\d+) (?<json>.*)\n$/s,
};

/** Runs printed code with the credentials in its environment. @returns status and what the server saw */
function runCode(language: CodeLanguage, code: string, more: Record<string, string> = {}) {
  const [program, ...args] = PROGRAMS[language];
  // By itself curl prints no status, and its progress.
  const source = language === 'curl' ? code.replace(/^curl/m, "curl -s -w '\\n%{http_code}'") : code;

  return new Promise<{ status: string | undefined; seen: object }>((done, failed) => {
    const env = { PATH: process.env['PATH'], ...ENVIRONMENT, ...more };
    const child = execFile(program, args, { env }, (error, stdout, stderr) => {
      if (error !== null || stderr !== '') {
        failed(new NotRun(`${stderr}${error}\n${source}`));
        return;
      }
      const { status, json = '' } = FORMS[language].exec(stdout)?.groups ?? {};
      done({ status, seen: JSON.parse(json) });
    });
    child.stdin?.end(source);
  });
}

class NotRun extends Error {}

const SIGN_INS: readonly SignIn[] = [...APP_SCHEMES, 'iam', 'custom', 'none'];
const HOSTILE = 'a b/c?d=é&\'"$HOME`;%41+中';

describe.each(CODE_LANGUAGES)('%s', (language) => {
  test.each(SIGN_INS)('signs in by %s, with a body', async (signIn) => {
    const code = callingCode(language, api(signIn), server.url, NOTHING);

    expect(await runCode(language, code)).toEqual({
      status: '200',
      seen: {
        ...{ method: 'POST', path: `/${signIn}/ID/notes`, query: [['q', 'Q']], allowed: true },
        body: '{"text":"TEXT"}',
      },
    });
  });

  // curl signs an encoded path of AWS's another way from version to version.
  test.each(SIGN_INS.filter((signIn) => !(language === 'curl' && signIn === 'iam')))(
    'sends what it is given, whatever is in it, by %s',
    async (signIn) => {
      const given = { parameters: { id: HOSTILE, q: HOSTILE, z: '7' }, headers: { 'X-Note': '$NOTE' } };
      const code = callingCode(language, api(signIn, 'GET'), server.url, given);

      expect(await runCode(language, code, { NOTE: 'it\'s "quoted" $HOME' })).toEqual({
        status: '200',
        seen: {
          ...{ method: 'GET', path: `/${signIn}/${HOSTILE}/notes`, body: '', note: 'it\'s "quoted" $HOME' },
          ...{
            query: [
              ['q', HOSTILE],
              ['z', '7'],
            ],
            allowed: true,
          },
        },
      });
    },
  );

  test('sends a body byte for byte', async () => {
    const body = '@it\'s "quoted" $HOME `id`\\n\n\tü中%s';
    const code = callingCode(language, api('signature'), server.url, { ...NOTHING, body });

    expect(await runCode(language, code)).toMatchObject({ status: '200', seen: { body, allowed: true } });
  });

  test.each(SIGN_INS.filter((signIn) => signIn !== 'none' && signIn !== 'custom'))(
    'is refused by %s where the credentials are wrong',
    async (signIn) => {
      const wrong = Object.fromEntries(Object.entries(ENVIRONMENT).map(([name, value]) => [name, `${value}x`]));
      const code = callingCode(language, api(signIn), server.url, NOTHING);

      expect(await runCode(language, code, { ...wrong, AWS_REGION: ENVIRONMENT.AWS_REGION })).toMatchObject({
        status: '401',
      });
    },
  );

  test('says where its credentials come from, and holds none', () => {
    const code = callingCode(language, api('signature'), server.url, NOTHING);

    expect(code.split('\n')[0]).toContain('In the environment: APP_KEY, APP_SECRET (causeway app show Owner --secret)');
  });
});

test.each([
  ['curl', 'APP_CODE'],
  ['js', 'APP_SECRET'],
  ['python', 'APP_SECRET'],
] as const)('without a choice %s takes the best of what the API accepts', (language, name) => {
  const both = { ...api('signature'), schemes: ['signature', 'appCode'] as const };

  expect(callingCode(language, both, server.url, NOTHING)).toContain(name);
});

test('what the API does not accept is refused', () => {
  const given = { ...NOTHING, scheme: 'basic' as const };

  expect(() => callingCode('js', api('signature'), server.url, given)).toThrow(
    'does not accept basic; it accepts signature',
  );
  expect(() => callingCode('js', api('custom'), server.url, given)).toThrow('has authentication custom');
});

test('a required parameter without a value has one that is allowed', () => {
  const declared = {
    ...api('none', 'GET'),
    path: '/none',
    parameters: [
      { name: 'state', in: 'query', type: 'string', required: true, enum: ['open', 'done'] },
      { name: 'count', in: 'query', type: 'integer', required: true, minimum: 5 },
      { name: 'most', in: 'query', type: 'number', required: true, maximum: 0.5 },
      { name: 'page', in: 'query', type: 'integer', required: true, default: '3' },
      { name: 'paid', in: 'query', type: 'boolean', required: true },
    ] as const,
  };

  expect(callingCode('curl', declared, 'http://a', NOTHING)).toBe(
    "curl 'http://a/none?state=open&count=5&most=0.5&page=3&paid=true'",
  );
});
