import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import type { Runtime } from '../local/index.ts';
import { type Call, command } from './command.ts';
import type { CliContext } from './context.ts';
import { CommandFailed } from './errors.ts';
import { DEFAULT_STATE } from './platform/default-state.ts';
import { findLocalFile, type LocalFile, writeLocalFile } from './platform/local-file.ts';
import { localPlatform } from './platform/local-platform.ts';
import { wholeNumber } from './settings.ts';
import { platformFacts } from './start/platform-facts.ts';
import { checkPortsFree, MAX_PORT_BASE, type PlatformPorts, platformPorts } from './start/ports.ts';
import { readyScreen } from './start/ready-screen.ts';
import { createStartupReport, seconds } from './start/startup-report.ts';

interface Options {
  readonly integration: string;
  readonly assembly?: string;
  readonly state: string;
  readonly portBase?: number;
  readonly fresh?: boolean;
}

export const local = command<Options>({
  path: 'local',
  summary: 'run an integration whole on this machine, until Ctrl-C',
  details: [
    'Synthesizes the integration and runs the templates: MQTT broker, stream, database, API gateway and functions.',
    'Everything is kept in the state folder; the next start has the data. With --json, one event a line.',
  ].join(' '),
  options: [
    new Option('--integration <name>', 'a folder of integrations/, or the path of such a module').default('parking'),
    new Option('--assembly <dir>', 'run these synthesized templates as they are, such as cdk.out').conflicts(
      'integration',
    ),
    new Option('--state <dir>', 'folder for everything it keeps').default(DEFAULT_STATE),
    new Option('--port-base <n>', 'seven ports in a row from here, instead of the usual ones').argParser(
      wholeNumber({ min: 1024, max: MAX_PORT_BASE }),
    ),
    new Option('--fresh', 'wipe the state folder first'),
  ],
  examples: [
    ['npm start', 'the parking lot on the usual ports'],
    ['causeway local --state .second --port-base 20000', 'another one beside it'],
    ['causeway local --fresh', 'from nothing: the data of earlier runs is gone'],
  ],
  platform: false,
  async run(call) {
    const { options, output, context } = call;
    const state = resolve(context.cwd, options.state);
    const ports = platformPorts(options.portBase);
    const interrupted = new AbortController();
    const release = context.onInterrupt(() => {
      if (interrupted.signal.aborted) return context.exitNow(130);
      if (!output.json) output.message('Stopping; Ctrl-C again to leave at once.');
      interrupted.abort();
    });
    try {
      await refuseIfRunning(state);
      await checkPortsFree(ports);
      const started = performance.now();
      const runtime = await start(call, state, ports);
      try {
        if (!interrupted.signal.aborted) await open(call, { runtime, state, ports, started });
        await untilAborted(interrupted.signal);
      } finally {
        await runtime.stop();
        markStopped(state);
        output.event({ kind: 'stopped' });
        if (!output.json) output.message('Stopped.');
      }
    } finally {
      release();
    }
    return undefined;
  },
});

async function start(
  { options, output, context }: Call<Options>,
  state: string,
  ports: PlatformPorts,
): Promise<Runtime> {
  const report = createStartupReport(output);
  const { console: _, ...runtimePorts } = ports;
  // Not into the state folder, which a fresh start empties; the runtime keeps what it needs of it.
  const made = options.assembly === undefined ? mkdtempSync(join(tmpdir(), 'causeway-')) : undefined;
  try {
    if (made !== undefined) await synthesize(context, options.integration, made, report);
    const { LocalError, startRuntime } = await import('../local/index.ts');
    const assembly = made ?? resolve(context.cwd, options.assembly ?? '');

    return await startRuntime({
      ...{ assembly, state, ports: runtimePorts, fresh: options.fresh === true, onEvent: report },
    }).catch((cause: unknown) => {
      throw cause instanceof LocalError ? new CommandFailed(cause.message, { cause }) : cause;
    });
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}

async function synthesize(
  context: CliContext,
  integration: string,
  folder: string,
  report: ReturnType<typeof createStartupReport>,
): Promise<void> {
  const started = performance.now();
  report({ kind: 'progress', message: `synthesizing ${integration}` });
  await context.synthesize(integration, folder);
  report({ kind: 'progress', message: `synthesized in ${seconds(performance.now() - started)}` });
}

interface Started {
  readonly runtime: Runtime;
  readonly state: string;
  readonly ports: PlatformPorts;
  /** On the clock of `performance`. */
  readonly started: number;
}

async function open(
  { options, output, context }: Call<Options>,
  { runtime, state, ports, started }: Started,
): Promise<void> {
  const facts = platformFacts(runtime);
  if (facts.management === undefined) {
    throw new CommandFailed('The templates have no output CausewayManagement: they are not of a Causeway platform.');
  }
  const token = randomBytes(32).toString('base64url');
  await runtime.exposeApi(facts.management, ports.management, token);
  const http = (port: number) => `http://127.0.0.1:${port}`;
  const file: LocalFile = {
    ready: true,
    pid: process.pid,
    mqtt: { url: `mqtt://127.0.0.1:${ports.mqtt}` },
    mqtts: { url: `mqtts://127.0.0.1:${ports.mqtts}`, ca: runtime.mqttCa },
    apis: Object.fromEntries(facts.groups.map(({ group, name }) => [group, { url: `${http(ports.apis)}/${name}` }])),
    management: { url: http(ports.management), token },
    aws: runtime.aws,
    console: { url: http(ports.console) },
    ...(facts.database === undefined ? {} : { mysql: { host: '127.0.0.1', port: ports.mysql, ...facts.database } }),
    apps: facts.apps,
    ...(Object.keys(facts.secrets).length === 0 ? {} : { secrets: facts.secrets }),
    ...(Object.keys(facts.files).length === 0 ? {} : { files: filesIn(state, facts.files) }),
    devices: facts.devices,
  };
  const path = writeLocalFile(state, file);
  output.event({ kind: 'ready', file: path, milliseconds: Math.round(performance.now() - started) });
  if (output.json) {
    return;
  }
  const apis = await localPlatform(state).client.apis();
  const stateOption = options.state === DEFAULT_STATE ? '' : ` --state ${options.state}`;
  const shown = (place: string) => (place.startsWith(`${context.cwd}/`) ? relative(context.cwd, place) : place);
  output.result(file, () =>
    readyScreen({ file, path: shown(path), logs: shown(join(state, 'logs')), apis, stateOption }, output),
  );
}

/** Two platforms would write over one another's data; a file left behind by one that was killed does not count. */
/** Where the runtime keeps the buckets: what is copied there lies in them. */
function filesIn(state: string, buckets: Readonly<Record<string, string>>): NonNullable<LocalFile['files']> {
  return Object.fromEntries(
    Object.entries(buckets).map(([name, bucket]) => [name, { bucket, folder: join(state, 'store', bucket) }]),
  );
}

async function refuseIfRunning(state: string): Promise<void> {
  const found = findLocalFile(state);
  if (found?.ready !== true) {
    return;
  }
  const answers = await localPlatform(state)
    .client.instance()
    .then(
      () => true,
      () => false,
    );
  if (answers) {
    throw new CommandFailed(
      `A platform is already running in ${state} (process ${found.pid}). Stop it, or choose another folder with --state.`,
    );
  }
  markStopped(state);
}

/** Addresses and credentials stay readable: the next start has the same. */
function markStopped(state: string): void {
  const found = findLocalFile(state);
  if (found !== undefined) writeLocalFile(state, { ...found, ready: false });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve: done } = Promise.withResolvers<void>();
  if (signal.aborted) done();
  signal.addEventListener('abort', () => done(), { once: true });

  return promise;
}
