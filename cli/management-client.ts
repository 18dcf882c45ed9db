import type { ApiDefinition } from '../core/apic/api-definition.ts';
import { type AppOperations, appOperations } from './management/apps.ts';
import { type BackendOperations, backendOperations } from './management/backends.ts';
import { calls, path, type Transport } from './management/calls.ts';
import { type CertificateOperations, certificateOperations } from './management/certificates.ts';
import { type CommandOperations, commandOperations } from './management/commands.ts';
import { type ConsumerOperations, consumerOperations } from './management/consumers.ts';
import { type DeviceBatchOperations, deviceBatchOperations } from './management/device-batches.ts';
import { type Device, type DeviceSearchOperations, deviceSearchOperations } from './management/devices.ts';
import { type ErrorStoreOperations, errorStoreOperations } from './management/error-store.ts';
import { type GatewayOperations, gatewayOperations } from './management/gateways.ts';
import { type Ledger, type LedgerOperations, ledgerOperations } from './management/ledger.ts';
import { type LogOperations, logOperations } from './management/logs.ts';
import { type RejectedOperations, rejectedOperations } from './management/rejected.ts';
import { type RollbackOperations, rollbackOperations } from './management/rollbacks.ts';
import { type RunOperations, runOperations, type TaskRun } from './management/runs.ts';
import { type SourceOperations, sourceOperations } from './management/sources.ts';
import { type TopicGrantOperations, topicGrantOperations } from './management/topic-grants.ts';
import { type TopicOperations, topicOperations } from './management/topics.ts';

export interface Instance {
  readonly id: string;
  readonly environment: string;
  readonly version: string;
  readonly mqtt: { readonly host: string; readonly port: number };
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

/** What may change of a registered device. */
export type DeviceChange = Partial<Pick<NewDevice, 'enabled' | 'name' | 'tags' | 'description'>>;

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

/** A published API, as its callers see it. */
export interface Api
  extends Pick<ApiDefinition, 'app' | 'method' | 'path' | 'auth' | 'appCode' | 'schemes' | 'parameters'> {
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
  /** Null of a scheduled task. */
  readonly topic: string | null;
  /** Absent of platforms from before there were scheduled tasks. */
  readonly mode?: 'realtime' | 'scheduled';
  readonly source?: string | null;
  readonly schedule?: string | null;
  readonly lastRun?: TaskRun['state'] | null;
  readonly tags?: readonly string[];
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
  /** As of the last minute or so; null before it was kept for the first time. */
  readonly ledger: Ledger | null;
  /** Which reading of its topic this is: 1 until it is reset. */
  readonly epoch?: number;
  readonly reset?: TaskReset | null;
  /** Absent of a task none of whose batches was undone. */
  readonly undone?: { readonly batches: number; readonly rows: number };
  readonly shards: readonly TaskShard[];
}

/** How a task was last made to read its topic anew; counts are -1 where nobody counted. */
export interface TaskReset {
  readonly at: string;
  readonly by: string;
  readonly to: string;
  readonly again: number;
  readonly skipped: number;
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
export interface ManagementClient
  extends AppOperations,
    BackendOperations,
    CertificateOperations,
    CommandOperations,
    ConsumerOperations,
    DeviceBatchOperations,
    DeviceSearchOperations,
    ErrorStoreOperations,
    GatewayOperations,
    LedgerOperations,
    LogOperations,
    RejectedOperations,
    RollbackOperations,
    RunOperations,
    SourceOperations,
    TopicGrantOperations,
    TopicOperations {
  instance(): Promise<Instance>;
  device(product: string, device: string): Promise<Device>;
  registerDevice(device: NewDevice): Promise<DeviceCredentials>;
  changeDevice(product: string, device: string, change: DeviceChange): Promise<Device>;
  resetPassword(product: string, device: string, password?: string): Promise<DeviceCredentials>;
  deleteDevice(product: string, device: string): Promise<unknown>;
  apis(): Promise<Api[]>;
  tasks(): Promise<Task[]>;
  task(task: string): Promise<Task>;
  latency(task: string, window: { readonly since: number; readonly until: number }): Promise<Latency>;
  /** `from`: reads its topic again from there, ISO 8601; `force`: whether what it reads and writes passes its test or not */
  startTask(task: string, how?: { readonly from?: string; readonly force?: boolean }): Promise<unknown>;
  stopTask(task: string): Promise<unknown>;
}

export function createManagementClient(transport: Transport): ManagementClient {
  const made = calls(transport);
  const { ask, send, all } = made;
  const tell = (place: string, body?: unknown) => send('POST', place, body);

  return {
    ...appOperations(made),
    ...backendOperations(made),
    ...certificateOperations(made),
    ...commandOperations(made),
    ...consumerOperations(made),
    ...deviceBatchOperations(made),
    ...deviceSearchOperations(made),
    ...errorStoreOperations(made),
    ...gatewayOperations(made),
    ...ledgerOperations(made),
    ...logOperations(made),
    ...rejectedOperations(made),
    ...rollbackOperations(made),
    ...runOperations(made),
    ...sourceOperations(made),
    ...topicGrantOperations(made),
    ...topicOperations(made),
    instance: () => ask('/instance') as Promise<Instance>,
    device: (product, device) => ask(path`/devices/${product}/${device}`) as Promise<Device>,
    registerDevice: (device) => tell('/devices', device) as Promise<DeviceCredentials>,
    changeDevice: (product, device, change) =>
      send('PATCH', path`/devices/${product}/${device}`, change) as Promise<Device>,
    resetPassword: (product, device, password) =>
      tell(
        path`/devices/${product}/${device}/password`,
        password === undefined ? {} : { password },
      ) as Promise<DeviceCredentials>,
    deleteDevice: (product, device) => send('DELETE', path`/devices/${product}/${device}`),
    apis: () => all<Api>('/apis'),
    tasks: () => all<Task>('/tasks'),
    task: (task) => ask(path`/tasks/${task}`) as Promise<Task>,
    latency: (task, { since, until }) =>
      ask(path`/tasks/${task}/latency`, { since: String(since), until: String(until) }) as Promise<Latency>,
    startTask: (task, how = {}) => tell(path`/tasks/${task}/start`, how),
    stopTask: (task) => tell(path`/tasks/${task}/stop`),
  };
}
