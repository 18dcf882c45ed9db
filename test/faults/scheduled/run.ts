import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { seededRandom } from '../random.ts';
import { VARIANTS, type Variant } from './broken.ts';
import { startDatabases } from './databases.ts';
import { OverlapTrial } from './overlap-trial.ts';
import { KINDS, type Kind, PAIRS, type Pair } from './scene.ts';
import { type Outcome, Trial } from './trial.ts';

interface Options {
  readonly seed: number;
  readonly kills: number;
  readonly every: number;
  readonly pair: readonly Pair[];
  readonly kind: readonly Kind[];
  readonly variant?: Variant;
  readonly out?: string;
}

/** Of one task, killed in one way. */
type Part = Outcome & { readonly pair: Pair; readonly kind: Kind | 'overlap'; readonly killed: 'steps' | 'instants' };

async function runAll({ seed, kills, every, pair: pairs, kind: kinds, variant }: Options): Promise<Part[]> {
  const databases = await startDatabases();
  const random = seededRandom(seed);
  const parts: Part[] = [];
  const tasks = pairs.flatMap((pair) => kinds.map((kind) => ({ pair, kind })));
  const tell = (part: Part) => {
    parts.push(part);
    const { pair, kind, killed, findings } = part;
    process.stdout.write(
      `${pair} ${kind}, ${killed}: ${part.kills} kills in ${part.rounds} rounds, ${findings.length} findings\n`,
    );
    for (const finding of findings.slice(0, 5)) process.stdout.write(`  ${finding}\n`);
  };
  try {
    for (const [at, { pair, kind }] of tasks.entries()) {
      const trial = new Trial({ databases, pair, kind, variant });
      await trial.prepare();
      // Which of the steps, when not all of them: other ones for every task and seed.
      if (every > 0) {
        const first = 1 + Math.floor(random() * every);
        tell({ pair, kind, killed: 'steps', ...(await trial.everyStep(every, first)) });
      }
      const share = Math.floor((kills * (at + 1)) / tasks.length) - Math.floor((kills * at) / tasks.length);
      tell({ pair, kind, killed: 'instants', ...(await trial.randomInstants(share, random)) });
      await trial.close();
    }
    for (const pair of every > 0 && variant === undefined ? pairs : []) {
      const trial = new OverlapTrial(databases, pair);
      await trial.prepare();
      const first = 1 + Math.floor(random() * every);
      tell({ pair, kind: 'overlap', killed: 'steps', ...(await trial.everyStep(every, first)) });
    }
  } finally {
    await databases.stop();
  }

  return parts;
}

await new Command('npm run faults:scheduled --')
  .description(
    'Kills the process of a scheduled task before and behind its statements, and at random instants: its target holds what its source does.',
  )
  .addOption(new Option('--kills <n>', 'kills at random instants, over all tasks').argParser(Number).default(60))
  .addOption(
    new Option('--every <n>', 'kill at every nth step of a run; 1 at all of them, 0 at none')
      .argParser(Number)
      .default(10),
  )
  .addOption(new Option('--seed <n>', 'when something is killed').argParser(Number).default(1))
  .addOption(new Option('--pair <pairs...>', 'from which engine into which').choices(PAIRS).default(PAIRS))
  .addOption(new Option('--kind <kinds...>', 'what the tasks do').choices(KINDS).default(KINDS))
  .addOption(new Option('--variant <name>', 'delivery with a mistake, which has to be found').choices(VARIANTS))
  .option('--out <file>', 'write the result as JSON')
  .addHelpText('after', '\nNeeds MariaDB and PostgreSQL. The exit code is 0 when nothing was found.')
  .action(async (options: Options) => {
    const from = performance.now();
    const parts = await runAll(options);
    const findings = parts.reduce((sum, part) => sum + part.findings.length, 0);
    const kills = parts.reduce((sum, part) => sum + part.kills, 0);
    const seconds = Math.round((performance.now() - from) / 1000);
    process.stdout.write(`${kills} kills in ${seconds} s, ${findings} findings (seed ${options.seed})\n`);
    if (options.out !== undefined) {
      mkdirSync(dirname(options.out), { recursive: true });
      const result = { ...options, at: new Date(), seconds, killed: kills, findings, parts };
      writeFileSync(options.out, `${JSON.stringify(result, undefined, 2)}\n`);
    }
    process.exitCode = findings > 0 ? 1 : 0;
  })
  .parseAsync();
