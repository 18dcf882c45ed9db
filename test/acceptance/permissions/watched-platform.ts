import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlatformFacts, platformFacts } from '../../../cli/start/platform-facts.ts';
import { platformPorts } from '../../../cli/start/ports.ts';
import { ACCOUNT } from '../../../local/account.ts';
import { createEngineSet } from '../../../local/engine-set.ts';
import type { Engines } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import type { IamEngine } from '../../../local/iam/iam-engine.ts';
import { createLogs } from '../../../local/log.ts';
import { RESOURCES } from '../../../local/resources/index.ts';
import { stateFile } from '../../../local/state-file.ts';
import { loadAssembly } from '../../../local/template/assembly.ts';
import { checkStacks } from '../../../local/template/check.ts';
import { deploy } from '../../../local/template/deploy.ts';
import { EMPTY_STATE } from '../../../local/template/deploy-state.ts';
import type { Applied, Resource, ResourceContext } from '../../../local/template/resource.ts';
import { freePortBase, removeFolder, temporaryFolder } from '../platform.ts';
import { createPatience, type Patience } from './patience.ts';
import { type RolePolicies, watchPolicies } from './role-policies.ts';

/** A custom resource that was deployed, and can be again. */
export interface Deployed {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Deletes it and creates it anew. */
  again(): Promise<void>;
  /** Gives it other properties, and those it had again. */
  changed(properties: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface Scheduled {
  readonly functionArn: string;
  /** Does what the scheduler does when the time has come. */
  run(): Promise<void>;
}

export interface WatchedPlatform {
  readonly engines: Engines;
  readonly policies: RolePolicies;
  readonly patience: Patience;
  readonly facts: PlatformFacts;
  /** The fixed devices with the passwords they have now. */
  devices(): PlatformFacts['devices'];
  readonly buckets: readonly string[];
  readonly deployed: readonly Deployed[];
  /** Schedules, which do not run by themselves here. */
  readonly scheduled: readonly Scheduled[];
  readonly apis: string;
  readonly mqtt: string;
  readonly mysqlPort: number;
  /** A call of the management API; the answer's body, or an error for a status of 400 and more. */
  manage(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Makes invocations of a function fail until the answer is called. */
  breakFunction(name: RegExp): () => void;
  /** Ends the processes of a role's functions, or all: the next calls start with empty memories. */
  forget(role?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs an assembly in this process, as `startRuntime` does, with an ear at who is allowed what. */
export async function startWatched(assembly: string): Promise<WatchedPlatform> {
  const state = temporaryFolder();
  const { console: _, ...ports } = platformPorts(await freePortBase());
  const logs = createLogs(state);
  const set = createEngineSet({ state, ports, logs, progress: () => undefined }, () => undefined);
  const { engines } = set;
  const policies = watchPolicies(engines.iam as IamEngine);
  const stacks = loadAssembly(assembly);
  const deployed: Deployed[] = [];
  const resources = new Map(RESOURCES.map((resource) => [resource.type, resource]));
  checkStacks(stacks, resources);
  const custom = resources.get('Custom::*') as Resource;
  resources.set('Custom::*', repeatable(custom, deployed));
  const scheduled: Scheduled[] = [];
  const { apply } = engines.scheduler;
  Object.assign(engines.scheduler, {
    apply(schedule: Parameters<typeof apply>[0]) {
      const { arn: functionArn, roleArn, input = '{}' } = schedule.target;
      const source = { 'aws:SourceArn': schedule.arn, 'aws:SourceAccount': ACCOUNT };
      scheduled.push({
        functionArn,
        async run() {
          const session = engines.iam.assume(roleArn, 'scheduler.amazonaws.com', source);
          engines.iam.authorize(session, 'lambda:InvokeFunction', functionArn);
          const { functionError, payload } = await engines.lambda.invoke(functionArn, JSON.parse(input));
          if (functionError !== undefined) throw new RangeError(JSON.stringify(payload));
        },
      });

      return apply({ ...schedule, enabled: false });
    },
  });
  const buckets: string[] = [];
  const { applyBucket } = engines.store;
  // Whoever invokes: a service here, or a function over Lambda's API.
  const { functions } = engines.lambda;
  const invoke = functions.invoke.bind(functions);
  let broken: RegExp | undefined;
  Object.assign(engines.store, {
    applyBucket(name: string) {
      buckets.push(name);

      return applyBucket(name);
    },
  });
  Object.assign(functions, {
    invoke(...call: Parameters<typeof invoke>) {
      if (broken?.test(call[0])) return Promise.reject(new AwsError('ServiceException', 'broken by the test', 500));

      return invoke(...call);
    },
  });
  await set.start();
  const outputs = await deploy({
    stacks,
    resources,
    state: stateFile(join(state, 'resources.json'), EMPTY_STATE),
    engines,
    log: logs('deploy'),
    onEvent: () => undefined,
  });
  await set.open();
  const secret = (arn: string) => engines.secrets.find(arn)?.secretString ?? '{}';
  const facts = platformFacts({ outputs, secret });
  await engines.gateway.exposeApi(facts.management ?? '', ports.management, 'token');

  return {
    engines,
    policies,
    patience: createPatience(),
    facts,
    devices: () => platformFacts({ outputs, secret }).devices,
    buckets,
    deployed,
    scheduled,
    apis: `http://127.0.0.1:${ports.apis}`,
    mqtt: `mqtt://127.0.0.1:${ports.mqtt}`,
    mysqlPort: ports.mysql,
    manage: (method, path, body) => manage(`http://127.0.0.1:${ports.management}${path}`, method, body),
    breakFunction(name) {
      broken = name;

      return () => {
        broken = undefined;
      };
    },
    async forget(role) {
      const own = engines.lambda
        .instances()
        .filter(
          ({ function: name }) => role === undefined || engines.lambda.functions.get(name).roleArn.endsWith(`/${role}`),
        );
      for (const { pid } of own) process.kill(pid, 'SIGKILL');
      const pids = new Set(own.map(({ pid }) => pid));
      while (engines.lambda.instances().some(({ pid }) => pids.has(pid))) await sleep(5);
    },
    async stop() {
      await set.stop();
      logs.close();
      removeFolder(state);
    },
  };
}

function repeatable(custom: Resource, deployed: Deployed[]): Resource {
  const { apply, remove } = custom as unknown as {
    apply(context: ResourceContext): Promise<Applied>;
    remove(context: ResourceContext): Promise<void>;
  };

  return {
    ...custom,
    async apply(context: ResourceContext) {
      const { previous: _, ...fresh } = context;
      const { properties } = context;
      let current = await apply(context);
      deployed.push({
        name: `${context.stack}/${context.logicalId}`,
        properties,
        async again() {
          await remove({ ...fresh, previous: { ...current, properties } });
          current = await apply(fresh);
        },
        async changed(different) {
          const other = { ...properties, ...different };
          current = await apply({ ...fresh, properties: other, previous: { ...current, properties } });
          current = await apply({ ...fresh, previous: { ...current, properties: other } });
        },
      });

      return current;
    },
  } as Resource;
}

async function manage(url: string, method: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method,
    headers: { Authorization: 'Bearer token', 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new RangeError(`${method} ${url}: ${response.status} ${text}`);

  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
