#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { CliContext } from '../cli/context.ts';

/** Node 22.18 is the first that runs TypeScript without a flag; the CLI's libraries want no less either. */
const OLDEST_NODE = [22, 18] as const;

if (!newEnough(process.versions.node)) {
  process.stderr.write(
    `causeway: Node ${process.versions.node} is too old; it needs ${OLDEST_NODE.join('.')} or newer. "npm start" and "npx causeway" bring their own.\n`,
  );
  process.exit(1);
}

// Half of what a command costs is compiling it: what one has compiled the next one reads. Where nothing can be written, it is compiled each time.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/causeway/compiled', import.meta.url)));

// Loaded only now: on an older Node these would fail first, with an error that explains nothing.
const { runCli } = await import('../cli/program.ts');
const { createInterrupts } = await import('../cli/interrupts.ts');

// A reader that has seen enough (`| head`) closes the pipe: no fault of the command's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit(0);
});

const context: CliContext = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  version: JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
  async synthesize(integration, outdir) {
    // CDK takes half a second to load; only who synthesizes pays for it.
    const { synthesize } = await import('./synthesize.ts');

    return synthesize(integration, outdir);
  },
  async ask(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      return undefined;
    }
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  },
  onInterrupt: createInterrupts(
    (listener) => {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, listener);

      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    () => performance.now(),
  ),
  exitNow: (code) => process.exit(code),
};

process.exitCode = await runCli(process.argv.slice(2), context);

function newEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);

  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}
