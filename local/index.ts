import { join, resolve } from 'node:path';
import { REGION } from './account.ts';
import { createEngineSet } from './engine-set.ts';
import type { Ports } from './engines.ts';
import { LocalError } from './errors.ts';
import type { OnEvent, RuntimeEvent } from './events.ts';
import { emptyState, RESOURCES_FILE } from './fresh-state.ts';
import { createLogs } from './log.ts';
import { RESOURCES } from './resources/index.ts';
import { stateFile } from './state-file.ts';
import { lockState, type StateLock } from './state-lock.ts';
import { loadAssembly } from './template/assembly.ts';
import { checkStacks } from './template/check.ts';
import { deploy } from './template/deploy.ts';
import { EMPTY_STATE } from './template/deploy-state.ts';

export type { Ports, RuntimeEvent };
export { LocalError };

export interface RuntimeOptions {
  /** A synthesized CDK app: the folder `cdk.out`. It is read while starting and not needed afterwards. */
  readonly assembly: string;
  /** The folder everything is kept in between starts. One runtime at a time. */
  readonly state: string;
  readonly ports: Ports;
  /** Empties the state folder first. */
  readonly fresh?: boolean;
  readonly onEvent?: (event: RuntimeEvent) => void;
}

export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Runtime {
  /** The outputs of every stack, stacks and outputs in the order of the templates. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The file with the certificate of the MQTT broker's own authority. */
  readonly mqttCa: string;
  /** The AWS APIs, and the key of an administrator of the account they are of. */
  readonly aws: AwsAccess;
  /** The current value of a secret, by ARN or name. Throws `LocalError` when there is none. */
  secret(arn: string): string;
  /** A RestApi at the root of its own port; its AWS_IAM methods are satisfied by `Authorization: Bearer <token>`. */
  exposeApi(restApiId: string, port: number, bearerToken: string): Promise<void>;
  /** The processes of functions: what a person may kill, to see what happens. */
  instances(): readonly { readonly function: string; readonly pid: number }[];
  /** Ends every process, socket and timer; what was acknowledged is on disk. */
  stop(): Promise<void>;
}

/**
 * Runs a synthesized app on this machine. Resolves when everything the templates describe is there and the doors are
 * open. A start that fails stops what it had started, and throws `LocalError` with what to do about it.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const started = performance.now();
  const state = resolve(options.state);
  const onEvent: OnEvent = options.onEvent ?? (() => undefined);
  const stacks = loadAssembly(options.assembly);
  const resources = new Map(RESOURCES.map((resource) => [resource.type, resource]));
  checkStacks(stacks, resources);

  const lock = lockState(state);
  const host = prepareState(state, lock, options);
  const set = createEngineSet({ ...host, progress: (message) => onEvent({ kind: 'progress', message }) }, onEvent);
  const stop = async () => {
    try {
      await set.stop();
    } finally {
      host.logs.close();
      lock.release();
    }
  };
  try {
    const deployed = stateFile(join(state, RESOURCES_FILE), EMPTY_STATE);
    await deployed.write(deployed.read());
    await set.start();
    const { engines } = set;
    const outputs = await deploy({ stacks, resources, state: deployed, engines, log: host.logs('deploy'), onEvent });
    await set.open();
    onEvent({ kind: 'ready', milliseconds: performance.now() - started });

    return {
      outputs,
      mqttCa: engines.mqtt.ca,
      aws: { endpoint: engines.aws.url, region: REGION, ...engines.iam.administrator },
      secret(arn) {
        const secret = engines.secrets.find(arn);
        if (secret === undefined) throw new LocalError(`there is no secret ${arn}`);

        return secret.secretString;
      },
      exposeApi: (restApiId, port, bearerToken) => engines.gateway.exposeApi(restApiId, port, bearerToken),
      instances: () => engines.lambda.instances(),
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/** The folder as the engines find it. A failure lets go of the lock. */
function prepareState(state: string, lock: StateLock, { fresh, ports }: RuntimeOptions) {
  try {
    if (fresh === true) emptyState(state);

    return { state, ports, logs: createLogs(state) };
  } catch (error) {
    lock.release();
    throw error;
  }
}
