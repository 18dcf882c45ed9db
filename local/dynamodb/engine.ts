import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT, arn, REGION } from '../account.ts';
import type { DynamodbEngine, EngineHost } from '../engines.ts';
import { AwsError, LocalError } from '../errors.ts';
import { ChangeStreams } from './change-stream.ts';
import { type Dynalite, openDynalite } from './dynalite.ts';
import { dynamodbService } from './service.ts';
import { applyTable, removeTable } from './table.ts';
import { tableStreamArn } from './table-stream.ts';
import { TimeToLive } from './time-to-live.ts';

export interface DynamodbEngineOptions {
  readonly now?: () => number;
  /** @default 60,000 */
  readonly sweepMillis?: number;
}

interface Store {
  readonly dynalite: Dynalite;
  readonly timeToLive: TimeToLive;
  readonly streams: ChangeStreams;
}

const SWEEP_MILLIS = 60_000;

/** DynamoDB on this machine: dynalite's actions over a LevelDB. */
export function createDynamodbEngine(
  host: Pick<EngineHost, 'state' | 'logs'> & { readonly engines?: Pick<EngineHost['engines'], 'stream'> },
  { now = Date.now, sweepMillis = SWEEP_MILLIS }: DynamodbEngineOptions = {},
): DynamodbEngine {
  const directory = join(host.state, 'dynamodb');
  let store: Store | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();

  const opened = (): Store => {
    if (store === undefined) throw new AwsError('InternalServerError', 'The tables are not open.', 500);
    return store;
  };
  const sweep = () => {
    sweeping = opened()
      .timeToLive.sweep()
      .catch((error: Error) => host.logs('dynamodb').error('expired items were not deleted', { error: error.message }));
  };

  return {
    services: [dynamodbService(opened)],

    async start() {
      await mkdir(directory, { recursive: true });
      const tables = openDynalite(join(directory, 'data'), { account: ACCOUNT, region: REGION });
      await tables.call('ListTables', {}).catch((cause: Error) => {
        throw new LocalError(`the tables in ${directory} cannot be opened: ${cause.message}`, { cause });
      });
      const streams = new ChangeStreams(tables, () => {
        if (host.engines === undefined) throw new LocalError('there is no stream engine for the streams of tables');
        return host.engines.stream;
      });
      const dynalite: Dynalite = { ...tables, call: (operation, input) => streams.call(operation, input) };
      store = { dynalite, streams, timeToLive: new TimeToLive(dynalite, directory, now) };
      timer = setInterval(sweep, sweepMillis);
    },

    async stop() {
      clearInterval(timer);
      await sweeping;
      await store?.dynalite.close();
      store = undefined;
    },

    async apply(definition) {
      const { dynalite, timeToLive, streams } = opened();
      const { name, properties } = definition;
      const tableArn = arn('dynamodb', `table/${name}`);
      await applyTable(dynalite, definition, tableArn);
      const { AttributeName, Enabled } = (properties['TimeToLiveSpecification'] ?? {}) as Record<string, unknown>;
      await timeToLive.set(name, Enabled === true ? String(AttributeName) : undefined);

      const { StreamViewType } = (properties['StreamSpecification'] ?? {}) as Record<string, unknown>;
      if (StreamViewType === undefined) {
        await streams.disable(name);
        return { name, arn: tableArn };
      }
      if (StreamViewType !== 'NEW_AND_OLD_IMAGES') {
        throw new LocalError(
          `${name}: StreamViewType ${String(StreamViewType)} is not run locally; NEW_AND_OLD_IMAGES is`,
        );
      }
      const keySchema = properties['KeySchema'] as readonly { readonly AttributeName: string }[];
      await streams.enable(
        name,
        keySchema.map(({ AttributeName }) => AttributeName),
      );

      return { name, arn: tableArn, streamArn: tableStreamArn(name) };
    },

    async remove(table) {
      const { dynalite, timeToLive, streams } = opened();
      await timeToLive.set(table, undefined);
      await streams.disable(table);
      await removeTable(dynalite, table);
    },
  };
}
