import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { type Call, command } from './command.ts';
import { readTemplates, type StackTemplate } from './doctor/assembly.ts';
import { type Check, failed, type Outcome, passed } from './doctor/check.ts';
import { type IdleCosts, idleCosts } from './doctor/idle-costs.ts';
import { thisMachine } from './doctor/machine.ts';
import { machineChecks, nodeCheck } from './doctor/machine-checks.ts';
import { quotaChecks } from './doctor/quotas.ts';
import { regionCheck } from './doctor/regions.ts';
import { EXIT } from './errors.ts';
import { DEFAULT_STATE } from './platform/default-state.ts';
import { localPlatform } from './platform/local-platform.ts';
import { wholeNumber } from './settings.ts';
import { MAX_PORT_BASE, platformPorts } from './start/ports.ts';

interface Options {
  readonly integration?: string;
  readonly region?: string;
  readonly state: string;
  readonly portBase?: number;
}

export const doctor = command<Options>({
  path: 'doctor',
  summary: 'look whether the platform can run here, or be deployed',
  details:
    'Without AWS credentials. By itself it looks at this machine; with --integration at what a deployment needs: versions, the region, quotas, and what it costs a month while idle. Exit code 1 when something failed.',
  options: [
    new Option(
      '--integration <name>',
      'a folder of integrations/, or the path of such a module, that is to be deployed',
    ),
    new Option('--region <region>', 'where to deploy it; AWS_REGION unless given'),
    new Option('--state <dir>', 'the state folder of the platform on this machine').default(DEFAULT_STATE),
    new Option('--port-base <n>', 'the ports it would be started with').argParser(
      wholeNumber({ min: 1024, max: MAX_PORT_BASE }),
    ),
  ],
  examples: [
    ['causeway doctor', 'can the platform run on this machine'],
    ['causeway doctor --integration parking --region eu-west-1', 'can the parking lot be deployed there, at what cost'],
  ],
  platform: false,
  async run(call) {
    const { checks, costs } = call.options.integration === undefined ? await here(call) : await deployment(call);
    show(call, checks, costs);

    return checks.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
  },
});

interface Findings {
  readonly checks: readonly Check[];
  readonly costs?: IdleCosts;
}

async function here({ options, context }: Call<Options>): Promise<Findings> {
  const state = resolve(context.cwd, options.state);
  const place = { state, ports: platformPorts(options.portBase), running: await runs(state) };

  return { checks: await machineChecks(thisMachine(context.env['PATH'] ?? ''), place) };
}

async function runs(state: string): Promise<boolean> {
  try {
    await localPlatform(state).client.instance();

    return true;
  } catch {
    return false;
  }
}

async function deployment({ options, context }: Call<Options>): Promise<Findings> {
  const region = options.region ?? context.env['AWS_REGION'] ?? context.env['AWS_DEFAULT_REGION'];
  const versions = [nodeCheck(thisMachine('')), cliCheck(versionOf('aws-cdk')), libraryCheck(versionOf('aws-cdk-lib'))];
  const synthesized = await templatesOf(options.integration ?? '', context);
  const about = [...versions, regionCheck(region)];
  if (!Array.isArray(synthesized)) {
    return { checks: [...about, failed('synthesis', String(synthesized), 'correct what it names')] };
  }

  return {
    checks: [...about, passed('synthesis', `${synthesized.length} stacks`), ...quotaChecks(synthesized)],
    costs: idleCosts(synthesized),
  };
}

/** The templates, or why there are none. */
async function templatesOf(
  integration: string,
  { synthesize }: Call<Options>['context'],
): Promise<StackTemplate[] | string> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
  try {
    return readTemplates(await synthesize(integration, folder));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 3.0.0 is older than 2.1148 in spite of its number, and cannot read what today's library writes. */
export function cliCheck(version: string | undefined): Check {
  if (version === undefined) return failed('aws-cdk', 'not installed', 'npm ci');
  const [major = 0, minor = 0] = version.split('.').map(Number);

  return major === 2 && minor >= 1148
    ? passed('aws-cdk', version)
    : failed('aws-cdk', version, 'it cannot read the templates of aws-cdk-lib: npm i --save-exact -D aws-cdk@2.1148.1');
}

function libraryCheck(version: string | undefined): Check {
  return version === undefined ? failed('aws-cdk-lib', 'not installed', 'npm ci') : passed('aws-cdk-lib', version);
}

function versionOf(name: string): string | undefined {
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);

    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

function show({ output }: Call<Options>, checks: readonly Check[], costs: IdleCosts | undefined): void {
  const { colours } = output;
  const marks: Readonly<Record<Outcome, string>> = {
    ok: colours.green('ok'),
    warning: colours.yellow('warning'),
    failed: colours.red('failed'),
  };
  output.result({ checks, ...(costs !== undefined && { idleDollarsAMonth: costs }) }, () =>
    [
      ...checks.flatMap(({ name, outcome, found, advice }) => [
        `${marks[outcome]}${' '.repeat(9 - outcome.length)}${name}: ${found}`,
        ...(advice === undefined ? [] : [`         To do: ${advice}`]),
      ]),
      ...(costs === undefined ? [] : ['', ...costLines(costs)]),
    ].join('\n'),
  );
  const failures = checks.filter(({ outcome }) => outcome === 'failed').length;
  output.message(failures === 0 ? 'Nothing stands in the way.' : `${failures} to be put right.`);
}

function costLines({ parts, total }: IdleCosts): string[] {
  const lines = Object.entries(parts).map(([part, dollars]) => `  ${part.padEnd(10)}${dollars.toFixed(2).padStart(8)}`);

  return [
    'While nothing happens it costs about, in dollars a month (list prices of us-east-1):',
    ...lines,
    `  ${'together'.padEnd(10)}${total.toFixed(2).padStart(8)}`,
  ];
}
