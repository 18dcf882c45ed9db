import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { CommandFailed, UsageError } from './errors.ts';
import { oneOf } from './settings.ts';
import { backendName, type Library, type Template } from './templates/template.ts';
import { TEMPLATES } from './templates/templates.ts';

interface Options {
  readonly template: string;
  readonly integration: string;
}

const ROOT = join(import.meta.dirname, '..');
const NAMES = Object.keys(TEMPLATES);

export const backendNew = command<Options>({
  path: 'backend new',
  summary: 'write a backend to start from, which runs as it is',
  details: `Writes one file into the integration's folder, never over another, and prints what its stack needs. Templates: ${Object.entries(
    TEMPLATES,
  )
    .map(([name, { summary }]) => `${name}, ${summary}`)
    .join('; ')}.`,
  arguments: [new Argument('<name>', 'such as order-lines: the file, the API and its path are named after it')],
  options: [
    new Option('--template <template>', NAMES.join(', ')).argParser(oneOf(...NAMES)).makeOptionMandatory(),
    new Option('--integration <name>', 'a folder of integrations/, or the path of such a folder').makeOptionMandatory(),
  ],
  examples: [
    ['causeway backend new orders --template function --integration enterprise', 'functions/orders.ts'],
    ['causeway backend new orders --template mysql --integration enterprise', 'scripts/orders.js'],
  ],
  platform: false,
  async run({ args, options, output, context }) {
    const [given] = args as [string];
    const name = backendName(given);
    if (name === undefined) {
      throw new UsageError(
        `The name is ${JSON.stringify(given)}; allowed: 3 to 50 letters, digits and single "-", a letter first.`,
      );
    }
    const template = TEMPLATES[options.template] as Template;
    const folder = integrationFolder(options.integration, context.cwd);
    const file = join(folder, template.file(name));
    write(file, template.text(name, libraryFrom(dirname(file))));

    const { imports, statements } = template.stack(name, libraryFrom(folder));
    const shown = (path: string) => fromHere(context.cwd, path);
    const next = [
      `npm start -- --integration ${isName(options.integration) ? options.integration : folder}`,
      `npx causeway ${template.trial(name)}`,
    ];
    output.result({ file, template: options.template, imports, statements, next }, () =>
      [
        `Wrote ${shown(file)}.`,
        '',
        `For the stack in ${shown(folder)}, where "app" and "group" are its app and its API group:`,
        '',
        ...imports.map(indented),
        '',
        ...statements.split('\n').map(indented),
        '',
        'Then start it, and try it out with the name of the group in place of GROUP:',
        '',
        ...next.map(indented),
      ].join('\n'),
    );
    return undefined;
  },
});

function integrationFolder(given: string, cwd: string): string {
  const named = isName(given) ? [join(ROOT, 'integrations', given)] : [];
  const folders = [...named, resolve(cwd, given)];
  const found = folders.find((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory());
  if (found === undefined) {
    throw new UsageError(`There is no folder ${given}, in integrations/ or here. Make it first, or name another.`);
  }
  return found;
}

/** `.` and `..` are paths. */
function isName(given: string): boolean {
  return /^\w[\w-]*$/.test(given);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    // wx: what is there stays, also when it came this very moment.
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
    throw new CommandFailed(`${file} is there already and stays as it is. Choose another name, or take it away.`);
  }
}

/** How a file of the folder imports a module of the constructs. */
function libraryFrom(folder: string): Library {
  return (module) => {
    const path = relative(folder, join(ROOT, 'lib', module))
      .split(sep)
      .join('/');

    return path.startsWith('.') ? path : `./${path}`;
  };
}

function fromHere(cwd: string, path: string): string {
  const short = relative(cwd, path);

  return short.startsWith('..') ? path : short;
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}
