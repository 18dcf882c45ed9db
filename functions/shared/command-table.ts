import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandRecord } from '../../core/link/command.ts';
import type { CommandKey } from '../../core/link/deliver-commands.ts';
import type { SendCommandPorts } from '../../core/link/send-command.ts';
import { type CheckedThingModel, checkThingModel, type ThingModel } from '../../core/link/thing-model.ts';
import { publish } from './connections.ts';
import { type DocumentTable, documentTable, type Page, type QueryOptions } from './document-table.ts';
import { environment } from './environment.ts';
import { logger } from './logger.ts';
import { catalogTable, deviceTable } from './tables.ts';

/** Two kinds of items, by (clientId, id): commands, and below `pending#<client id>` which of them wait. */
type CommandItem = CommandRecord | PendingItem;

interface PendingItem extends CommandKey {
  /** Seconds since the epoch, for DynamoDB. */
  readonly until: number;
}

export interface CommandStore extends SendCommandPorts {
  /** Keys of the commands that wait for a connection, the oldest first. */
  readonly pendingOf: (clientId: string) => Promise<readonly CommandKey[]>;
  /** One page of what was sent on a connection, the newest first. */
  readonly commandsOf: (clientId: string, page: QueryOptions) => Promise<Page<CommandRecord>>;
}

const PENDING = 'pending#';

export function commandStore(): CommandStore {
  const commands = documentTable<CommandItem, 'clientId' | 'id'>(environment('COMMAND_TABLE'), ['clientId', 'id']);

  return {
    addCommand: (command) => commands.put(command, { ifAbsent: true }),
    findCommand: (key) => commands.get<CommandRecord>(key),
    updateCommand: (key, changes, onlyIf) => commands.update<CommandRecord>(key, changes, { onlyIf }),
    addPending: ({ id, clientId, until }) => commands.put({ id, clientId: `${PENDING}${clientId}`, until }),
    removePending: ({ id, clientId }) => commands.delete({ id, clientId: `${PENDING}${clientId}` }),
    pendingOf: async (clientId) =>
      (await commands.queryAll({ clientId: `${PENDING}${clientId}` })).map(({ id }) => ({ clientId, id })),
    commandsOf: (clientId, page) =>
      (commands as DocumentTable<CommandRecord, 'clientId' | 'id'>).query({ clientId }, { ...page, backwards: true }),
    // Only here, since who records answers may not read devices.
    findDevice: (clientId) => deviceTable().get({ clientId }),
    publish,
    failed: ({ product, deviceId, command, mid }, error) =>
      logger.error('command not published', { product, device: deviceId, command, mid, error }),
    random: (below) => randomInt(below),
    pause,
    now: () => new Date(),
  };
}

/** What a product's devices report and obey, as its stack says it now; nothing for a product without a model. */
export async function thingModelOf(productId: string): Promise<CheckedThingModel> {
  const model = await catalogTable().get({ kind: 'model', name: productId });

  return checkThingModel(`model of the product ${productId}`, (model?.document['thingModel'] ?? {}) as ThingModel);
}
