import { Command } from 'commander';
import { api } from './api/index.ts';
import type { Bench } from './bench.ts';
import { connections } from './connections/index.ts';
import { devices } from './devices/index.ts';
import { fdi } from './fdi/index.ts';
import { kafka } from './kafka/index.ts';
import { latency } from './latency/index.ts';
import { memory } from './memory/index.ts';
import { poison } from './poison/index.ts';
import { sync } from './sync/index.ts';

const BENCHES: Readonly<Record<string, Bench<unknown>>> = {
  api,
  connections,
  devices,
  fdi,
  kafka,
  latency,
  memory,
  poison,
  sync,
};

const program = new Command('npm run bench --')
  .description('Benchmarks, each beside its peers in the same run')
  .configureHelp({ showGlobalOptions: true });
for (const [name, bench] of Object.entries(BENCHES)) {
  program
    .command(name)
    .description(bench.summary)
    .option('--json', 'print the numbers as one JSON object')
    .action(async ({ json = false }: { json?: boolean }) => {
      const report = await bench.run((message) => process.stderr.write(`${message}\n`));
      process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : bench.table(report)}\n`);
      const fault = bench.fault?.(report);
      if (fault !== undefined) {
        process.stderr.write(`${fault}\n`);
        process.exitCode = 1;
      }
    });
}
await program.parseAsync();
