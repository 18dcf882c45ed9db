import { createAwsEndpoint } from './aws/aws-endpoint.ts';
import { createDataApi } from './data-api/engine.ts';
import { createDynamodbEngine } from './dynamodb/engine.ts';
import type { Engine, EngineHost, Engines } from './engines.ts';
import type { OnEvent } from './events.ts';
import { createGatewayEngine } from './gateway/gateway-engine.ts';
import { createIamEngine } from './iam/iam-engine.ts';
import { createIotRegistry } from './iot/iot-registry.ts';
import { createLambdaEngine } from './lambda/lambda-engine.ts';
import { createLogGroups } from './logs/engine.ts';
import { createMetricsEngine } from './metrics/engine.ts';
import { createMqttEngine } from './mqtt/mqtt-engine.ts';
import { createMysqlEngine } from './mysql/engine.ts';
import { createRuleEngine } from './rules/rule-engine.ts';
import { createSchedulerEngine } from './scheduler/engine.ts';
import { createSecretsEngine } from './secrets/engine.ts';
import { createObjectStore } from './store/object-store.ts';
import { createStreamEngine } from './stream/engine.ts';

/**
 * In the order they start and open; they stop the other way round, the doors to the outside first. The AWS endpoint
 * comes after those whose APIs it serves, the doors come after everything a message or a call may need.
 */
const FACTORIES: { readonly [name in keyof Engines]: (host: EngineHost) => Engines[name] } = {
  iam: createIamEngine,
  metrics: createMetricsEngine,
  logGroups: createLogGroups,
  secrets: createSecretsEngine,
  store: createObjectStore,
  dynamodb: createDynamodbEngine,
  mysql: createMysqlEngine,
  dataApi: createDataApi,
  stream: createStreamEngine,
  iot: createIotRegistry,
  rules: createRuleEngine,
  aws: createAwsEndpoint,
  lambda: createLambdaEngine,
  scheduler: createSchedulerEngine,
  gateway: createGatewayEngine,
  mqtt: createMqttEngine,
};

export interface EngineSet {
  readonly engines: Engines;
  start(): Promise<void>;
  open(): Promise<void>;
  /** Stops every engine, whatever happens to the others; throws the first failure at the end. */
  stop(): Promise<void>;
}

export function createEngineSet(host: Omit<EngineHost, 'engines'>, onEvent: OnEvent): EngineSet {
  const made: Partial<Record<keyof Engines, Engine>> = {};
  // Engines know one another through this object, which is complete before the first of them starts.
  const engines = made as unknown as Engines;
  for (const [name, create] of Object.entries(FACTORIES)) {
    made[name as keyof Engines] = create({ ...host, engines });
  }
  const entries = Object.entries(made) as [keyof Engines, Engine][];

  return {
    engines,
    async start() {
      for (const [engine, one] of entries) {
        const started = performance.now();
        onEvent({ kind: 'engine', engine, state: 'starting' });
        await one.start();
        onEvent({ kind: 'engine', engine, state: 'started', milliseconds: performance.now() - started });
      }
    },
    async open() {
      for (const [, one] of entries) await one.open?.();
    },
    async stop() {
      const failures: unknown[] = [];
      for (const [engine, one] of entries.reverse()) {
        await one.stop().catch((error: unknown) => failures.push(error));
        onEvent({ kind: 'engine', engine, state: 'stopped' });
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
