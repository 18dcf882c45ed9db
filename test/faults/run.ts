import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Argument, Command, Option } from 'commander';
import { Lot } from './lot.ts';
import { type RunOptions, runSuite, SUITES, type SuiteReport } from './suite.ts';
import { suiteTable } from './table.ts';

type Name = keyof typeof SUITES;

interface Options {
  readonly seed: number;
  readonly json?: boolean;
  readonly out?: string;
  readonly assembly?: string;
  readonly keep?: boolean;
}

const names = Object.keys(SUITES) as Name[];

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
    `\nSuites:\n${names.map((name) => `  ${name.padEnd(12)}${SUITES[name].summary}`).join('\n')}\n\nThe exit code is 0 when nothing was found.`,
  )
  .action(async (chosen: Name[], options: Options) => {
    const reports: Record<string, SuiteReport> = {};
    for (const name of chosen.length === 0 ? names : chosen) {
      reports[name] = await runOne(name, options);
      if (options.out !== undefined) {
        mkdirSync(options.out, { recursive: true });
        writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(reports[name], undefined, 2)}\n`);
      }
    }
    process.stdout.write(`${options.json === true ? JSON.stringify(reports, undefined, 2) : suiteTable(reports)}\n`);
    process.exitCode = Object.values(reports).every(({ findings }) => findings.length === 0) ? 0 : 1;
  })
  .parseAsync();

async function runOne(name: Name, { seed, assembly, keep }: Options): Promise<SuiteReport> {
  process.stderr.write(`${name}: ${SUITES[name].summary}\n`);
  const lot = await Lot.open(assembly === undefined ? {} : { assembly });
  const bar = progressBar();
  try {
    return await runSuite(lot, SUITES[name], { seed, onProgress: bar.update });
  } finally {
    bar.stop();
    await lot.stop();
    if (keep === true) process.stderr.write(`state kept in ${lot.state}\n`);
    else lot.remove();
  }
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
