import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Argument, Command, Option } from 'commander';
import { floodTable, runFlood } from './flood.ts';
import { fuzzTable, runFuzz } from './fuzz.ts';
import { Lot } from './lot.ts';
import { type RunOptions, runSuite, SUITES, type SuiteReport } from './suite.ts';
import { findingsText, suiteTable } from './table.ts';

interface Report {
  readonly findings: readonly string[];
}

/** A run that is no suite: it has traffic and a report of its own. */
interface Special {
  readonly summary: string;
  run(lot: Lot, options: RunOptions): Promise<Report>;
  table(report: Report): string;
}

const SPECIAL: Readonly<Record<string, Special>> = {
  flood: special('one device sends 1,000 messages a second, ten times what it may', runFlood, floodTable),
  fuzz: special('10,000 mutated packets and 10,000 mutated payloads', runFuzz, fuzzTable),
};

interface Options {
  readonly seed: number;
  readonly json?: boolean;
  readonly out?: string;
  readonly assembly?: string;
  readonly keep?: boolean;
}

const summaries = new Map(
  [...Object.entries(SUITES), ...Object.entries(SPECIAL)].map(([name, { summary }]) => [name, summary]),
);
const names = [...summaries.keys()];

await new Command('npm run faults --')
  .description('The parking lot under faults: every acknowledged message is in its table once, or in the quarantine.')
  .addArgument(new Argument('[names...]', 'suites to run, one after the other; all, if none is named').choices(names))
  .addOption(new Option('--seed <n>', 'what is sent and when something is killed').argParser(Number).default(1))
  .option('--json', 'print the results as JSON')
  .option('--out <dir>', 'write <name>.json of every suite into this folder')
  .option('--assembly <dir>', 'run these synthesized templates, such as cdk.out')
  .option('--keep', 'keep the state folder of every suite, and say where it is')
  .addHelpText(
    'after',
    `\nSuites:\n${names.map((name) => `  ${name.padEnd(12)}${summaries.get(name)}`).join('\n')}\n\nThe exit code is 0 when nothing was found.`,
  )
  .action(async (chosen: string[], options: Options) => {
    const reports: Record<string, Report> = {};
    for (const name of chosen.length === 0 ? names : chosen) {
      reports[name] = await runOne(name, options);
      if (options.out !== undefined) {
        mkdirSync(options.out, { recursive: true });
        writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(reports[name], undefined, 2)}\n`);
      }
    }
    process.stdout.write(`${options.json === true ? JSON.stringify(reports, undefined, 2) : textOf(reports)}\n`);
    process.exitCode = Object.values(reports).every(({ findings }) => findings.length === 0) ? 0 : 1;
  })
  .parseAsync();

async function runOne(name: string, { seed, assembly, keep }: Options): Promise<Report> {
  process.stderr.write(`${name}: ${summaries.get(name)}\n`);
  const lot = await Lot.open(assembly === undefined ? {} : { assembly });
  const bar = progressBar();
  try {
    const options = { seed, onProgress: bar.update };

    return await (SPECIAL[name]?.run(lot, options) ?? runSuite(lot, SUITES[name as keyof typeof SUITES], options));
  } finally {
    bar.stop();
    await lot.stop();
    if (keep === true) process.stderr.write(`state kept in ${lot.state}\n`);
    else lot.remove();
  }
}

/** The suites in one table, whatever else there was, and what was found. */
function textOf(reports: Readonly<Record<string, Report>>): string {
  const suites = Object.entries(reports).filter(([name]) => SPECIAL[name] === undefined);
  const others = Object.entries(reports).flatMap(([name, report]) => SPECIAL[name]?.table(report) ?? []);

  return [
    ...(suites.length === 0 ? [] : [suiteTable(Object.fromEntries(suites) as Record<string, SuiteReport>)]),
    ...others,
    findingsText(reports),
  ].join('\n\n');
}

function special<R extends Report>(
  summary: string,
  run: (lot: Lot, options: RunOptions) => Promise<R>,
  table: (report: R) => string,
): Special {
  return { summary, run, table: (report) => table(report as R) };
}

/** A bar where someone watches, a line per step where nobody does. */
function progressBar(): { update: Required<RunOptions>['onProgress']; stop(): void } {
  const { stderr } = process;
  const bar = new SingleBar({ format: '{step} {bar} {value}/{total}', stream: stderr, hideCursor: true }, Presets.rect);
  let current = '';

  return {
    update(step, done, total) {
      if (step !== current && stderr.isTTY) {
        if (current !== '') bar.stop();
        bar.start(total, done, { step: step.padEnd(12) });
      } else if (step !== current) stderr.write(`  ${step}\n`);
      current = step;
      if (stderr.isTTY) bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
