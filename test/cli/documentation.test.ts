import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../cli/program.ts';

const DOCUMENT = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

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
