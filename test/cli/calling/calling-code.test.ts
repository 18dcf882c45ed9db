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
      { name: 'a', in: 'query', type: 'integer', required: false },
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

/** A process each: on a busy machine that takes its time. */
const PATIENCE_MS = 60_000;

describe.each(CODE_LANGUAGES)('%s', (language) => {
  test.each(SIGN_INS)(
    'signs in by %s, and sends what it is given, whatever is in it',
    async (signIn) => {
      // curl encodes the path it signs for AWS another way from version to version.
      const value = language === 'curl' && signIn === 'iam' ? 'plain' : HOSTILE;
      const given = { parameters: { id: value, q: value, a: '7', text: value }, headers: { 'X-Note': '$NOTE' } };
      const code = callingCode(language, api(signIn), server.url, given);

      expect(await runCode(language, code, { NOTE: 'it\'s "quoted" $HOME' })).toEqual({
        status: '200',
        seen: {
          ...{ method: 'POST', path: `/${signIn}/${value}/notes`, note: 'it\'s "quoted" $HOME', allowed: true },
          query: expect.arrayContaining([
            ['q', value],
            ['a', '7'],
          ]),
          body: JSON.stringify({ text: value }),
        },
      });
    },
    PATIENCE_MS,
  );

  test(
    'sends no body where there is none, and values to be replaced where none are given',
    async () => {
      const code = callingCode(language, api('signature', 'GET'), server.url, NOTHING);

      expect(await runCode(language, code)).toEqual({
        status: '200',
        seen: { method: 'GET', path: '/signature/ID/notes', query: [['q', 'Q']], body: '', allowed: true },
      });
    },
    PATIENCE_MS,
  );

  test(
    'sends a body byte for byte',
    async () => {
      const body = '@it\'s "quoted" $HOME `id`\\n\n\tü中%s';
      const code = callingCode(language, api('signature'), server.url, { ...NOTHING, body });

      expect(await runCode(language, code)).toMatchObject({ status: '200', seen: { body, allowed: true } });
    },
    PATIENCE_MS,
  );

  test('says where its credentials come from, and holds none', () => {
    const code = callingCode(language, api('signature'), server.url, NOTHING);

    expect(code.split('\n')[0]).toContain('In the environment: APP_KEY, APP_SECRET (causeway app show Owner --secret)');
  });
});

test.each(SIGN_INS.filter((signIn) => signIn !== 'none' && signIn !== 'custom'))(
  'wrong credentials are refused by %s: the judge does not let everybody in',
  async (signIn) => {
    const wrong = Object.fromEntries(Object.entries(ENVIRONMENT).map(([name, value]) => [name, `${value}x`]));
    const code = callingCode('js', api(signIn), server.url, NOTHING);

    expect(await runCode('js', code, { ...wrong, AWS_REGION: ENVIRONMENT.AWS_REGION })).toMatchObject({
      status: '401',
    });
  },
  PATIENCE_MS,
);

test.each([
  ['curl', 'APP_CODE'],
  ['js', 'APP_SECRET'],
  ['python', 'APP_SECRET'],
] as const)('without a choice %s takes the best of what the API accepts', (language, name) => {
  const both = { ...api('signature'), schemes: ['signature', 'appCode'] as const };

  expect(callingCode(language, both, server.url, NOTHING)).toContain(name);
});

test('an API of any method is asked by GET, and by POST with a body', () => {
  const any = { ...api('none', 'ANY'), path: '/none', parameters: [] };

  expect(callingCode('curl', any, 'http://a', NOTHING)).toBe("curl 'http://a/none'");
  expect(callingCode('curl', any, 'http://a', { ...NOTHING, body: '{}' })).toContain("curl -X POST 'http://a/none'");
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
