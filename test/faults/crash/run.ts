import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { seededRandom } from '../random.ts';
import { BROKEN, type Broken, type Outcome, type Subject, TABLES, type TableKind, Trial } from './trial.ts';

interface Options {
  readonly kills: number;
  readonly every: number;
  readonly seed: number;
  readonly lanes: readonly ('1' | '10')[];
  readonly table: readonly TableKind[];
  readonly broken?: Broken;
  readonly json?: boolean;
  readonly out?: string;
}

type Part = Outcome & Subject & { readonly killed: 'steps' | 'instants'; readonly seconds: number };

const SHOWN = 5;

async function runAll(
  { kills, every, seed, lanes, table: tables, broken }: Options,
  tell: (killed: number) => void,
): Promise<Part[]> {
  const trial = await Trial.open(broken);
  // What was killed so far is told; and the database, a process of its own, is stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => trial.interrupt());
  const parts: Part[] = [];
  const subjects = lanes.flatMap((number) => tables.flatMap((table) => subjectsOf(number, table)));
  let total = 0;
  const killed = () => {
    total += 1;
    tell(total);
  };
  try {
    for (const [at, subject] of subjects.entries()) {
      const random = seededRandom(seed * 1000 + at);
      const timed = async (how: Part['killed'], work: () => Promise<Outcome>) => {
        const from = performance.now();
        const outcome = await work();
        const part = { ...subject, killed: how, ...outcome, seconds: Math.round((performance.now() - from) / 1000) };
        parts.push(part);
        if (!process.stderr.isTTY) process.stderr.write(`${lineOf(part)}\n`);
      };
      if (every > 0) await timed('steps', () => trial.everyStep(subject, every, random, killed));
      const share = Math.floor((kills * (at + 1)) / subjects.length) - Math.floor((kills * at) / subjects.length);
      if (share > 0) await timed('instants', () => trial.randomInstants(subject, share, random, killed));
    }
  } finally {
    await trial.stop();
  }

  return parts;
}

/** Lanes have a position for each key: their batches are one call. */
function subjectsOf(lanes: Options['lanes'][number], table: TableKind): Subject[] {
  return lanes === '10'
    ? [{ lanes: 10, calls: 'one', table }]
    : (['one', 'several'] as const).map((calls) => ({ lanes: 1, calls, table }));
}

function lineOf({ lanes, calls, table, killed, kills, findings, seconds }: Part): string {
  return `${lanes} lanes, calls: ${calls}, ${table}, ${killed}: ${kills} kills in ${seconds} s, ${findings.length} findings`;
}

function tableOf(parts: readonly Part[]): string {
  const table = new Table({
    head: ['lanes', 'calls', 'table', 'killed at', 'kills', 'rounds', 'findings', 's'],
    style: { head: [], border: [], compact: true },
  });
  for (const { lanes, calls, table: into, killed, kills, rounds, findings, seconds } of parts) {
    table.push([lanes, calls, into, killed, kills, rounds, findings.length, seconds]);
  }

  return table.toString();
}

function whole(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted.');

  return Number(text);
}

await new Command('npm run crash --')
  .description(
    'Kills the consumer of a real-time task before and behind every call to the database, and at random instants, with one lane and with ten: its table holds what the topic did, each message once and in the order of its key.',
  )
  .addOption(
    new Option('--kills <n>', 'kills at random instants, over all tasks; 0 for none').argParser(whole).default(1000),
  )
  .addOption(new Option('--every <n>', 'kill at every nth step; 0 at none').argParser(whole).default(1))
  .addOption(new Option('--seed <n>', 'when something is killed, and what is sent').argParser(whole).default(1))
  .addOption(new Option('--lanes <n...>', 'lanes of the shard').choices(['1', '10']).default(['1', '10']))
  .addOption(
    new Option('--table <tables...>', 'one row a message, or the last of each key').choices(TABLES).default(TABLES),
  )
  .addOption(new Option('--broken <name>', 'break delivery on purpose: this has to be found').choices(BROKEN))
  .option('--json', 'print the result as JSON')
  .option('--out <file>', 'write the result as JSON into this file')
  .addHelpText(
    'after',
    '\nNeeds MariaDB. Exit codes: 0 nothing was found, 1 something was, 2 the command could not be run.',
  )
  .action(async (options: Options) => {
    const { out, ...asked } = options;
    const from = performance.now();
    const bar = new SingleBar(
      { format: '{bar} {value} of {total} kills', stream: process.stderr, etaBuffer: 1, hideCursor: true },
      Presets.rect,
    );
    if (process.stderr.isTTY && options.json !== true) bar.start(options.kills, 0);
    const parts = await runAll(options, (killed) => {
      bar.setTotal(Math.max(killed, options.kills));
      bar.update(killed);
    });
    bar.stop();
    const [kills, findings] = [
      parts.reduce((sum, part) => sum + part.kills, 0),
      parts.flatMap(({ findings: found, lanes, calls, table }) =>
        found.map((finding) => `${lanes} lanes, calls: ${calls}, ${table}: ${finding}`),
      ),
    ];
    const seconds = Math.round((performance.now() - from) / 1000);
    const result = `${JSON.stringify({ ...asked, at: new Date(), seconds, kills, findings: findings.length, parts }, undefined, 2)}\n`;
    if (out !== undefined) {
      mkdirSync(dirname(out), { recursive: true });
      writeFileSync(out, result);
    }
    const shown = findings.slice(0, SHOWN).map((finding) => `${finding}\n`);
    const summary = `${kills} kills in ${seconds} s, ${findings.length} findings (seed ${options.seed})`;
    process.stdout.write(options.json ? result : `${tableOf(parts)}\n${shown.join('')}${summary}\n`);
    process.exitCode = findings.length > 0 ? 1 : 0;
  })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parseAsync();
