import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EngineHost, Invocation, ServiceCaller } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { createAliases } from './aliases.ts';
import { type CodeSource, storeCode } from './code-store.ts';
import {
  defineFunction,
  type FunctionDefinition,
  type FunctionSettings,
  functionArn,
  parseFunctionName,
} from './function-definition.ts';
import { invocationMetrics, measured } from './function-metrics.ts';
import { type Outcome, startInstance } from './instance.ts';
import { createInstancePool, type InstancePool } from './instance-pool.ts';
import { LIMITS } from './limits.ts';
import { checkPermission, checkPolicySize, type Permission } from './permissions.ts';

/** Processes of one function at the same time: more than the cores of a laptop only take its memory. */
const MAX_INSTANCES = 10;
/** Calls from this machine come from a few programs at a time, and its cores are few. */
const EAGER_INSTANCES = 2;
/** A start takes longer. */
const PATIENCE_MILLISECONDS = 20;
const IDLE_MILLISECONDS = 5 * 60_000;

interface InvokeOptions {
  readonly caller?: ServiceCaller;
}

export interface Functions {
  put(settings: Omit<FunctionSettings, 'code'>, source: CodeSource): FunctionDefinition;
  remove(name: string): Promise<void>;
  /** Throws ResourceNotFoundException. */
  get(target: string): FunctionDefinition;
  /** Makes an alias of the code as it is deployed. Throws ResourceConflictException. */
  putAlias(functionName: string, alias: string): Promise<void>;
  putPermission(functionName: string, id: string, permission: Permission): void;
  removePermission(functionName: string, id: string): void;
  invoke(target: string, payload: unknown, options?: InvokeOptions): Promise<Invocation>;
  instances(): readonly { readonly function: string; readonly pid: number }[];
  stop(): Promise<void>;
}

interface FunctionEntry {
  readonly definition: FunctionDefinition;
  readonly pool: InstancePool;
}

/** The functions of the platform, their resource policies and their processes. */
export function createFunctions(host: EngineHost): Functions {
  const entries = new Map<string, FunctionEntry>();
  const permissions = new Map<string, Map<string, Permission>>();
  /** Of all functions. */
  let inFlight = 0;
  const aliases = createAliases(host.state);

  const poolOf = (definition: FunctionDefinition): InstancePool => {
    const log = measured(host.logs(definition.name), host);

    return createInstancePool({
      start: (onExit) =>
        startInstance(definition, {
          credentials: host.engines.iam.credentials(definition.roleArn, definition.name),
          endpoint: host.engines.aws.url,
          compileCache: join(host.state, 'lambda', 'compiled'),
          log,
          onExit,
        }),
      maxInstances: MAX_INSTANCES,
      eagerInstances: EAGER_INSTANCES,
      patienceMilliseconds: PATIENCE_MILLISECONDS,
      idleMilliseconds: IDLE_MILLISECONDS,
      ...(definition.reservedConcurrency === undefined ? {} : { reservedConcurrency: definition.reservedConcurrency }),
    });
  };
  const find = (target: string): FunctionEntry => {
    const { name, qualifier = '$LATEST' } = parseFunctionName(target);
    const entry = entries.get(name);
    if (entry === undefined || (qualifier !== '$LATEST' && !aliases.has(name, qualifier))) {
      const missing = qualifier === '$LATEST' ? name : `${name}:${qualifier}`;
      throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn(missing)}`, 404, {
        Type: 'User',
      });
    }
    return entry;
  };

  return {
    put(settings, source) {
      const code = storeCode(join(host.state, 'lambda', 'code', settings.name), source);
      const definition = defineFunction({ ...settings, code });
      checkRole(host, definition);
      void entries.get(definition.name)?.pool.stop();
      entries.set(definition.name, { definition, pool: poolOf(definition) });

      return definition;
    },
    async remove(name) {
      const entry = entries.get(name);
      entries.delete(name);
      permissions.delete(name);
      await aliases.removeAll(name);
      await entry?.pool.stop();
    },
    get: (target) => find(target).definition,
    putAlias: (functionName, alias) => aliases.add(find(functionName).definition, alias),
    putPermission(functionName, id, permission) {
      const { name, arn } = find(functionName).definition;
      const own = new Map(permissions.get(name)).set(id, permission);
      checkPolicySize(arn, own);
      permissions.set(name, own);
    },
    removePermission: (functionName, id) => void permissions.get(parseFunctionName(functionName).name)?.delete(id),

    async invoke(target, payload, { caller } = {}) {
      const { definition, pool } = find(target);
      if (caller !== undefined) {
        checkPermission(definition.arn, permissions.get(definition.name)?.values() ?? [], caller);
      }
      const event = JSON.stringify(payload) ?? 'null';
      checkRequestSize(event);
      checkAccountConcurrency(inFlight);
      const invokedFunctionArn = target.startsWith('arn:') ? target : definition.arn;
      const measure = invocationMetrics(host, definition.name);
      let outcome: Outcome;
      inFlight += 1;
      try {
        outcome = await pool.invoke({ requestId: randomUUID(), event, invokedFunctionArn }, isPatient(caller));
      } catch (error) {
        measure.refused(error);
        throw error;
      } finally {
        inFlight -= 1;
      }
      measure.ended('error' in outcome, pool.inFlight + 1);
      if ('error' in outcome) return { payload: outcome.error, functionError: 'Unhandled' };

      return answered(outcome.payload);
    },
    instances: () =>
      [...entries.values()].flatMap(({ definition, pool }) =>
        pool.pids().map((pid) => ({ function: definition.name, pid })),
      ),
    async stop() {
      await Promise.all([...entries.values()].map(({ pool }) => pool.stop()));
      entries.clear();
    },
  };
}

function checkRole({ engines }: EngineHost, { roleArn }: FunctionDefinition): void {
  try {
    engines.iam.assume(roleArn, 'lambda.amazonaws.com');
  } catch (cause) {
    throw Object.assign(
      new AwsError('InvalidParameterValueException', 'The role defined for the function cannot be assumed by Lambda.'),
      { cause },
    );
  }
}

/** Calls of APIs come many at a time and are short; others, batches of records among them, are few and long. */
function isPatient(caller: ServiceCaller | undefined): boolean {
  return caller?.service === 'apigateway.amazonaws.com';
}

function checkRequestSize(event: string): void {
  const bytes = Buffer.byteLength(event);
  if (bytes <= LIMITS.payloadBytes) return;
  throw new AwsError(
    'RequestTooLargeException',
    `Request must be smaller than ${LIMITS.payloadBytes} bytes for the InvokeFunction operation`,
    413,
  );
}

function checkAccountConcurrency(inFlight: number): void {
  if (inFlight < LIMITS.concurrency) return;
  throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    Reason: 'ConcurrentInvocationLimitExceeded',
  });
}

function answered(payload: string): Invocation {
  if (Buffer.byteLength(payload) <= LIMITS.payloadBytes) return { payload: JSON.parse(payload) };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${LIMITS.payloadBytes} bytes).`;

  return { payload: { errorType: 'Function.ResponseSizeTooLarge', errorMessage }, functionError: 'Unhandled' };
}
