import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../cli/program.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const DOCUMENT = read('docs/cli.md');

/** Sections of docs/cli.md by command. */
const SECTIONS = new Map(
  DOCUMENT.split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [heading = ''] = section.split('\n');

      return heading.startsWith('causeway ') ? [[heading.slice('causeway '.length), section] as const] : [];
    }),
);

test('docs/cli.md has a section for every command, in the order of the help, and for nothing else', () => {
  expect([...SECTIONS.keys()]).toEqual(COMMANDS.map(({ path }) => path));
});

test.each(COMMANDS.map((command) => [command.path, command] as const))(
  'docs/cli.md lists exactly the flags, defaults, arguments and examples of "%s"',
  (path, command) => {
    const section = SECTIONS.get(path) ?? '';
    const rows = [...section.matchAll(/^\| `(-[^`]+)` \|.*\| (?:`([^`]*)`)? *\|$/gm)];
    const flags = (command.options ?? []).map(({ flags: text, defaultValue }) => [
      text,
      defaultValue === undefined || defaultValue === true ? undefined : String(defaultValue),
    ]);

    expect(rows.map(([, flag, fallback]) => [flag, fallback])).toEqual(flags);
    for (const argument of command.arguments ?? []) expect(section).toContain(`- \`${argument.name()}\``);
    for (const [line] of command.examples) expect(section).toContain(line);
  },
);

test('docs/cli.md lists the flags that all commands share', () => {
  for (const flag of ['--state <dir>', '--stack <name>', '--json', '--debug']) {
    expect(DOCUMENT).toContain(`| \`${flag}\` |`);
  }
});

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/cli.md',
  'docs/errors.md',
  'docs/devices.md',
  'docs/commands.md',
  'docs/gateways.md',
  'docs/device-events.md',
  'docs/device-makers.md',
  'docs/operators.md',
  'docs/apis.md',
  'docs/functions.md',
  'docs/scripts.md',
  'docs/tasks.md',
  'docs/topics.md',
  'docs/local.md',
  'docs/deploy.md',
  'docs/aws-assumptions.md',
  'docs/decisions/README.md',
])('every link of %s leads to a file that is there', (path) => {
  const folder = new URL(`../../${path}`, import.meta.url);
  const targets = [...read(path).matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)].map(([, target]) => target as string);

  expect(targets.filter((target) => !existsSync(new URL(target, folder)))).toEqual([]);
});

test('every example of the documents that calls causeway names a command there is', () => {
  const paths = COMMANDS.map(({ path }) => path);
  const lines = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/cli.md',
    'docs/devices.md',
    'docs/device-makers.md',
    'docs/operators.md',
    'docs/apis.md',
    'docs/functions.md',
    'docs/tasks.md',
    'docs/topics.md',
    'docs/local.md',
    'docs/deploy.md',
  ]
    .flatMap((path) => [...read(path).matchAll(/(?:^|`|npx )causeway ([a-z][a-z-]*(?: [a-z-]+){0,2})/gm)])
    .map(([, words]) => words as string);

  expect(lines.length).toBeGreaterThan(30);
  expect(lines.filter((words) => !paths.some((path) => `${words} `.startsWith(`${path} `)))).toEqual([]);
});

test('docs/decisions/README.md lists every decision', () => {
  const files = readdirSync(new URL('../../docs/decisions/', import.meta.url)).filter((name) => name !== 'README.md');
  const listed = [...read('docs/decisions/README.md').matchAll(/\]\(([^)]+)\)/g)].map(([, name]) => name);

  expect(listed).toEqual(files.sort());
});

test('docs/tasks.md lists every reason for quarantine', () => {
  const [, union = ''] = /type RejectionCode =([^;]+);/.exec(read('core/fdi/rejection.ts')) ?? [];
  const codes = [...union.matchAll(/'([a-z]+)'/g)].map(([, code]) => code);
  const [, section = ''] = read('docs/tasks.md').split('## Quarantine');
  const listed = [...section.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, code]) => code);

  expect(codes.length).toBeGreaterThan(5);
  expect(listed).toEqual(codes);
});
