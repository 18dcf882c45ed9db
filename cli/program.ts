import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { InvalidSetting, Refusal } from '../core/errors.ts';
import { alarmList } from './alarm-list.ts';
import { apiCall } from './api-call.ts';
import { apiList } from './api-list.ts';
import { apiShow } from './api-show.ts';
import { appCodeCreate } from './app-code-create.ts';
import { appCodeDelete } from './app-code-delete.ts';
import { appCodeList } from './app-code-list.ts';
import { appCreate } from './app-create.ts';
import { appDelete } from './app-delete.ts';
import { appGrant } from './app-grant.ts';
import { appList } from './app-list.ts';
import { appRevoke } from './app-revoke.ts';
import { appSecretAdd } from './app-secret-add.ts';
import { appSecretList } from './app-secret-list.ts';
import { appSecretRemove } from './app-secret-remove.ts';
import { appShow } from './app-show.ts';
import { backendList } from './backend-list.ts';
import { backendNew } from './backend-new.ts';
import { backendTest } from './backend-test.ts';
import type { CommandDefinition } from './command.ts';
import type { CliContext } from './context.ts';
import { datasourceColumns } from './datasource-columns.ts';
import { datasourceList } from './datasource-list.ts';
import { datasourceTables } from './datasource-tables.ts';
import { datasourceTest } from './datasource-test.ts';
import { deviceCertificateCreate } from './device-certificate-create.ts';
import { deviceCertificateList } from './device-certificate-list.ts';
import { deviceCertificateRevoke } from './device-certificate-revoke.ts';
import { deviceCommandList } from './device-command-list.ts';
import { deviceCommandSend } from './device-command-send.ts';
import { deviceCommandShow } from './device-command-show.ts';
import { deviceDelete } from './device-delete.ts';
import { deviceDisable } from './device-disable.ts';
import { deviceEnable } from './device-enable.ts';
import { deviceExport } from './device-export.ts';
import { deviceList } from './device-list.ts';
import { deviceRegister } from './device-register.ts';
import { deviceResetPassword } from './device-reset-password.ts';
import { deviceShow } from './device-show.ts';
import { doctor } from './doctor.ts';
import { errorStoreList } from './error-store-list.ts';
import { errorStoreReplay } from './error-store-replay.ts';
import { errorStoreShow } from './error-store-show.ts';
import { CommandFailed, EXIT, ManagementRefused, UsageError } from './errors.ts';
import { gatewayList } from './gateway-list.ts';
import { gatewayShow } from './gateway-show.ts';
import { gatewayTopologyAdd } from './gateway-topology-add.ts';
import { gatewayTopologyRemove } from './gateway-topology-remove.ts';
import { instanceShow } from './instance-show.ts';
import { local } from './local.ts';
import { messageQuery } from './message-query.ts';
import { DEFAULT_STATE } from './platform/default-state.ts';
import { localPlatform } from './platform/local-platform.ts';
import type { Platform } from './platform/platform.ts';
import { createOutput } from './screen/output.ts';
import { simulate } from './simulate.ts';
import { taskBatches } from './task-batches.ts';
import { taskLedgerAcknowledge } from './task-ledger-acknowledge.ts';
import { taskList } from './task-list.ts';
import { taskLogs } from './task-logs.ts';
import { taskRejectedEdit } from './task-rejected-edit.ts';
import { taskRejectedList } from './task-rejected-list.ts';
import { taskRejectedReplay } from './task-rejected-replay.ts';
import { taskRejectedShow } from './task-rejected-show.ts';
import { taskReset } from './task-reset.ts';
import { taskRollback } from './task-rollback.ts';
import { taskRun } from './task-run.ts';
import { taskRuns } from './task-runs.ts';
import { taskShow } from './task-show.ts';
import { taskStart } from './task-start.ts';
import { taskStop } from './task-stop.ts';
import { taskTry } from './task-try.ts';
import { topicConsumers } from './topic-consumers.ts';
import { topicGrant } from './topic-grant.ts';
import { topicGrants } from './topic-grants.ts';
import { topicList } from './topic-list.ts';
import { topicRevoke } from './topic-revoke.ts';
import { topicShow } from './topic-show.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
  local,
  deviceRegister,
  deviceList,
  deviceExport,
  deviceShow,
  deviceEnable,
  deviceDisable,
  deviceResetPassword,
  deviceDelete,
  deviceCertificateCreate,
  deviceCertificateList,
  deviceCertificateRevoke,
  deviceCommandSend,
  deviceCommandList,
  deviceCommandShow,
  gatewayList,
  gatewayShow,
  gatewayTopologyAdd,
  gatewayTopologyRemove,
  appList,
  appShow,
  appCreate,
  appDelete,
  appGrant,
  appRevoke,
  appCodeList,
  appCodeCreate,
  appCodeDelete,
  appSecretList,
  appSecretAdd,
  appSecretRemove,
  apiList,
  apiShow,
  apiCall,
  backendList,
  backendTest,
  backendNew,
  topicList,
  topicShow,
  topicConsumers,
  topicGrants,
  topicGrant,
  topicRevoke,
  messageQuery,
  datasourceList,
  datasourceTest,
  datasourceTables,
  datasourceColumns,
  taskList,
  taskShow,
  taskLedgerAcknowledge,
  taskStart,
  taskStop,
  taskRun,
  taskRuns,
  taskReset,
  taskBatches,
  taskRollback,
  taskLogs,
  taskRejectedList,
  taskRejectedShow,
  taskRejectedEdit,
  taskRejectedReplay,
  taskTry,
  errorStoreList,
  errorStoreShow,
  errorStoreReplay,
  alarmList,
  instanceShow,
  doctor,
  simulate,
];

const GROUPS: Readonly<Record<string, string>> = {
  device: 'devices and their credentials',
  'device certificate': 'certificates that devices log in with instead of a password',
  'device command': 'commands to devices, and what they answer',
  gateway: 'devices that speak for others',
  'gateway topology': 'what stands behind a gateway',
  app: 'integration apps, their keys, codes and grants',
  'app app-code': 'the AppCodes an app calls with',
  'app secret': 'the secrets an app signs with: changed over without a gap',
  api: 'published APIs: look at them, call them',
  backend: 'what answers APIs: begin one, try it out before it is published',
  topic: 'topics: how long they keep messages, who writes and reads them',
  message: 'the messages in a topic',
  datasource: 'databases and whatever else tasks and APIs use',
  task: 'tasks that move messages and rows into tables',
  'task rejected': 'messages a task could not write',
  'task ledger': 'what became of the messages a task was to write',
  'error-store': 'messages of devices that no topic took',
  alarm: 'whether everything is as it should be',
  instance: 'the platform itself',
};

/** Runs one command line and answers its exit code. Never throws and never prints a stack trace unless asked to. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(context, (outcome) => {
    code = outcome;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // its words are printed already
    }
    return reported(error, context, argv.includes('--debug'));
  }
}

/** The program; `done` receives the exit code of the command that ran. */
function createProgram(context: CliContext, done: (code: number) => void): Command {
  const program = new Command('causeway')
    .description('Causeway: devices, streams, databases and APIs, joined on AWS or on one machine.')
    .version(context.version)
    .exitOverride()
    .showHelpAfterError('(--help shows how it is used)')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 it worked, 1 it was refused or failed, 2 the command line is wrong.\nEvery command explains itself with --help.',
    );
  for (const definition of COMMANDS) {
    addCommand(program, definition, context, done);
  }
  return program;
}

function addCommand(
  program: Command,
  definition: CommandDefinition,
  context: CliContext,
  done: (code: number) => void,
): void {
  const words = definition.path.split(' ');
  const name = words.at(-1) as string;
  const parent = words.slice(0, -1).reduce((outer, _, at) => group(outer, words.slice(0, at + 1)), program);
  const made = parent.command(name).summary(definition.summary).description(description(definition));
  for (const argument of definition.arguments ?? []) made.addArgument(argument);
  for (const option of [...(definition.options ?? []), ...commonOptions(definition)]) made.addOption(option);
  made.addHelpText('after', examples(definition));

  made.action(async () => {
    const options = made.opts() as CommonOptions;
    const output = createOutput(context, options.json === true);
    const code = await definition.run({
      args: made.processedArgs as (string | readonly string[] | undefined)[],
      options: { ...options },
      output,
      context,
      platform: () => platform(made, context),
    });
    done(code ?? EXIT.ok);
  });
}

interface CommonOptions {
  readonly json?: boolean;
  readonly state?: string;
  readonly stack?: string;
}

function commonOptions({ platform }: CommandDefinition): Option[] {
  const always = [
    new Option('--json', 'print the result as JSON on stdout, nothing else'),
    new Option('--debug', 'print the stack of an error'),
  ];
  if (!platform) {
    return always;
  }
  return [
    new Option('--state <dir>', 'the platform on this machine with this state folder').default(DEFAULT_STATE),
    new Option(
      '--stack <name>',
      'the platform of this stack in AWS, with the credentials of the environment',
    ).conflicts('state'),
    ...always,
  ];
}

async function platform(made: Command, { cwd }: CliContext): Promise<Platform> {
  const { state, stack } = made.opts() as CommonOptions;
  if (stack === undefined) {
    return localPlatform(resolve(cwd, state ?? DEFAULT_STATE));
  }
  // The SDK's clients take half a second to load; only who goes to the cloud pays for it.
  const { stackPlatform } = await import('./platform/stack-platform.ts');

  return stackPlatform(stack, resolve(cwd, DEFAULT_STATE));
}

/** The command that holds others: `app`, and in it `app app-code`. */
function group(outer: Command, path: readonly string[]): Command {
  const name = path.at(-1) as string;
  const found = outer.commands.find((candidate) => candidate.name() === name);

  return (
    found ??
    outer
      .command(name)
      .description(GROUPS[path.join(' ')] as string)
      .helpCommand(false)
  );
}

function description({ summary, details }: CommandDefinition): string {
  const sentence = `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;

  return details === undefined ? sentence : `${sentence}\n\n${details}`;
}

function examples({ examples: lines }: CommandDefinition): string {
  return `\nExamples:\n${lines.map(([line, what]) => `  $ ${line}\n      ${what}`).join('\n')}`;
}

function reported(error: unknown, { stderr }: CliContext, debug: boolean): number {
  stderr.write(`causeway: ${sentence(error)}\n`);
  if (debug && error instanceof Error) {
    stderr.write(`${error.stack}\n`);
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
      stderr.write(`caused by ${cause.stack}\n`);
  }
  return error instanceof UsageError || error instanceof InvalidSetting ? EXIT.usage : EXIT.failed;
}

/** Errors made to be read are printed as they are; of others, the message and how to learn more. */
function sentence(error: unknown): string {
  if (error instanceof ManagementRefused) {
    const ids = [error.code, error.requestId === undefined ? undefined : `request ${error.requestId}`];
    const known = ids.filter((id) => id !== undefined).join(', ');

    return known === '' ? error.message : `${error.message} (${known})`;
  }
  if (error instanceof CommandFailed || error instanceof UsageError) return error.message;
  if (error instanceof InvalidSetting || error instanceof Refusal) return error.message;

  return `${error instanceof Error ? error.message : String(error)} (--debug shows where)`;
}
