import { enum as anyOf, exactOptional, number, optional, strictObject, string, unknown } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { COMMAND_MODES, commandId, commandView } from '../../core/link/command.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { type SendCommandPorts, sendCommand } from '../../core/link/send-command.ts';
import type { CheckedThingModel } from '../../core/link/thing-model.ts';
import { type CommandStore, commandStore, thingModelOf } from '../shared/command-table.ts';
import { logger } from '../shared/logger.ts';
import {
  created,
  type ManagementHandler,
  managementHandler,
  ok,
  pageOf,
  pageQuery,
  route,
} from '../shared/management-chain.ts';
import { type DeviceLookup, deviceLookup, deviceNamed } from '../shared/registered-devices.ts';

export interface ManageCommandsPorts extends SendCommandPorts, Pick<CommandStore, 'commandsOf'>, DeviceLookup {
  readonly modelOf: (productId: string) => Promise<CheckedThingModel>;
}

const newCommand = strictObject({
  service: string(),
  command: string(),
  params: optional(unknown()),
  mode: exactOptional(anyOf(COMMAND_MODES)),
  timeout: exactOptional(number()),
  expiresIn: exactOptional(number()),
});

/** `/devices/{product}/{device}/commands` of the management API. */
export const handler = manageCommands(() => ({ ...commandStore(), ...deviceLookup(), modelOf: thingModelOf }));

export function manageCommands(portsOf: () => ManageCommandsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/devices/{product}/{device}/commands',
      body: newCommand,
      handler: async ({ path, body: { mode = 'sync', ...command }, caller, requestId }) => {
        const ports = portsOf();
        const { device } = await deviceNamed(ports, path);
        const model = await ports.modelOf(device.productId);
        const view = await sendCommand(ports, { device, model }, { ...command, mode, by: caller });
        const { id, status, service, command: name } = view;
        const sent = { product: device.product, device: device.deviceId, service, command: name };
        logger.info('command', { requestId, ...sent, mid: id, status, by: caller });

        return mode === 'sync' ? ok(view) : created(view);
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{product}/{device}/commands',
      query: strictObject(pageQuery),
      handler: async ({ path, query }) => {
        const ports = portsOf();
        const { device } = await deviceNamed(ports, path);
        const { items, ...next } = await ports.commandsOf(connectionOf(device), pageOf(query));
        const now = ports.now().getTime();
        // A gateway's connection has the commands of all devices behind it.
        const own = items.filter(({ deviceClientId }) => deviceClientId === device.clientId);

        return ok({ items: own.map((command) => commandView(command, now)), ...next });
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{product}/{device}/commands/{command}',
      handler: async ({ path }) => {
        const ports = portsOf();
        const { device } = await deviceNamed(ports, path);
        const mid = path['command'] ?? '';
        const key = { clientId: connectionOf(device), id: commandId(Number(mid)) };
        const found = /^\d{1,10}$/.test(mid) ? await ports.findCommand(key) : undefined;
        if (found?.deviceClientId !== device.clientId) {
          throw new Refusal('CAUSEWAY.0404', {
            message: `The device ${device.deviceId} of the product ${device.product} has no command ${mid}; commands are kept for a week.`,
          });
        }

        return ok(commandView(found, ports.now().getTime()));
      },
    }),
  ]);
}

function connectionOf({ clientId, gateway }: DeviceRecord): string {
  return gateway ?? clientId;
}
