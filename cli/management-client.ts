import type { ApiDefinition } from '../core/apic/api-definition.ts';
import { ManagementRefused } from './errors.ts';

/** Carries one request to the management API of a platform, with whatever proves the right to make it. */
export type Transport = (request: ManagementCall) => Promise<{ readonly status: number; readonly body: string }>;

export interface ManagementCall {
  readonly method: 'GET' | 'POST';
  /** From the API's root, encoded: `/devices/ParkingSensor/S-001`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

export interface Instance {
  readonly id: string;
  readonly environment: string;
  readonly version: string;
  readonly mqtt: { readonly host: string; readonly port: number };
}

export interface Device {
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly name?: string;
  readonly enabled: boolean;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly registeredAt?: string;
}

export interface NewDevice {
  readonly product: string;
  readonly device: string;
  readonly name?: string;
  readonly password?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly enabled?: boolean;
}

/** What a device needs to connect. The password is in this answer only; the platform keeps a hash. */
export interface DeviceCredentials {
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly publish: string;
  readonly subscribe: string;
}

export interface App {
  readonly app: string;
  readonly key: string;
  /** How many it has. */
  readonly appCodes: number;
}

export interface AppDetails extends App {
  /** APIs of other apps that it may call. */
  readonly grants: readonly { readonly group: string; readonly api: string; readonly stage: string }[];
}

export interface AppSecrets {
  readonly app: string;
  readonly key: string;
  readonly secret: string;
  readonly appCodes: readonly string[];
}

/** A published API, as its callers see it. */
export interface Api extends Pick<ApiDefinition, 'app' | 'method' | 'path' | 'auth' | 'appCode' | 'parameters'> {
  /** `<group>/<api>` */
  readonly name: string;
  readonly group: string;
  readonly stage: string;
  /** Its address in the cloud, path included. */
  readonly url: string;
}

export interface Task {
  readonly name: string;
  readonly state: 'started' | 'stopped';
  readonly app: string;
  readonly topic: string;
  readonly table: string;
  /** Messages written since the task exists. */
  readonly written: number;
  readonly quarantined: number;
  readonly batches: number;
  readonly bytes: number;
  readonly busyMs: number;
  /** ISO 8601, UTC; null before the first batch. */
  readonly startedAt: string | null;
  readonly updatedAt: string | null;
  readonly shards: readonly TaskShard[];
}

/** Where a task stands in one shard of its topic. */
export interface TaskShard {
  readonly epoch: number;
  readonly shard: string;
  /** Of the last message written; empty before the first. */
  readonly sequenceNumber: string;
  readonly written: number;
  readonly quarantined: number;
  readonly updatedAt: string;
}

/** Milliseconds from the event's time to the row's. */
export interface Latency {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** The management API, one method per operation. Everything the CLI does at run time goes through it. */
export interface ManagementClient {
  instance(): Promise<Instance>;
  devices(product?: string): Promise<Device[]>;
  device(product: string, device: string): Promise<Device>;
  registerDevice(device: NewDevice): Promise<DeviceCredentials>;
  apps(): Promise<App[]>;
  app(app: string): Promise<AppDetails>;
  appSecrets(app: string): Promise<AppSecrets>;
  apis(): Promise<Api[]>;
  tasks(): Promise<Task[]>;
  task(task: string): Promise<Task>;
  latency(task: string, window: { readonly since: number; readonly until: number }): Promise<Latency>;
  startTask(task: string): Promise<unknown>;
  stopTask(task: string): Promise<unknown>;
}

export function createManagementClient(transport: Transport): ManagementClient {
  const ask = (path: string, query: Record<string, string> = {}) => answered(transport, { method: 'GET', path, query });
  const tell = (path: string, body?: unknown) =>
    answered(transport, {
      method: 'POST',
      path,
      query: {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const all = async <T>(path: string, query: Record<string, string> = {}): Promise<T[]> => {
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page = (await ask(path, next === undefined ? query : { ...query, next })) as Page<T>;
      items.push(...page.items);
      next = page.next;
    } while (next !== undefined);

    return items;
  };

  return {
    instance: () => ask('/instance') as Promise<Instance>,
    devices: (product) => all<Device>('/devices', product === undefined ? {} : { product }),
    device: (product, device) => ask(path`/devices/${product}/${device}`) as Promise<Device>,
    registerDevice: (device) => tell('/devices', device) as Promise<DeviceCredentials>,
    apps: () => all<App>('/apps'),
    app: (app) => ask(path`/apps/${app}`) as Promise<AppDetails>,
    appSecrets: (app) => ask(path`/apps/${app}/credentials`) as Promise<AppSecrets>,
    apis: () => all<Api>('/apis'),
    tasks: () => all<Task>('/tasks'),
    task: (task) => ask(path`/tasks/${task}`) as Promise<Task>,
    latency: (task, { since, until }) =>
      ask(path`/tasks/${task}/latency`, { since: String(since), until: String(until) }) as Promise<Latency>,
    startTask: (task) => tell(path`/tasks/${task}/start`),
    stopTask: (task) => tell(path`/tasks/${task}/stop`),
  };
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

async function answered(transport: Transport, call: ManagementCall): Promise<unknown> {
  const { status, body } = await transport(call);
  const answer = parsed(body);
  if (status >= 200 && status < 300 && answer !== undefined) {
    return answer;
  }
  throw refusal(status, answer);
}

/** Ours are `{error_msg, error_code, request_id}`; the gateway's own and AWS's carry `message` or `Message`. */
function refusal(status: number, answer: unknown): ManagementRefused {
  const { error_msg, error_code, request_id, message, Message } = (answer ?? {}) as Record<string, string | undefined>;

  return new ManagementRefused(status, {
    message: error_msg ?? message ?? Message ?? `The management API answered ${status} without a reason.`,
    code: error_code,
    requestId: request_id,
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // not ours: the status tells the rest
  }
}

function path(words: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw(words, ...values.map(encodeURIComponent));
}
