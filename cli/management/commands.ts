import type { CommandMode, CommandView } from '../../core/link/command.ts';
import { type Calls, path } from './calls.ts';

export type DeviceCommand = CommandView;

export interface NewCommand {
  readonly service: string;
  readonly command: string;
  readonly params?: unknown;
  readonly mode?: CommandMode;
  /** Seconds. */
  readonly timeout?: number;
  /** Seconds. */
  readonly expiresIn?: number;
}

export interface CommandPage {
  /** The newest first. */
  readonly items: readonly DeviceCommand[];
  /** Absent at the end. */
  readonly next?: string;
}

export interface CommandOperations {
  /** Sent synchronously, it comes back when it is answered. */
  sendCommand(product: string, device: string, command: NewCommand): Promise<DeviceCommand>;
  /** One page of at most 200; one with `next` may be short. */
  commandPage(product: string, device: string, limit: number, next?: string): Promise<CommandPage>;
  deviceCommand(product: string, device: string, id: string): Promise<DeviceCommand>;
}

export function commandOperations({ ask, send }: Calls): CommandOperations {
  return {
    sendCommand: (product, device, command) =>
      send('POST', path`/devices/${product}/${device}/commands`, command) as Promise<DeviceCommand>,
    commandPage: (product, device, limit, next) =>
      ask(path`/devices/${product}/${device}/commands`, {
        limit: String(limit),
        ...(next === undefined ? {} : { next }),
      }) as Promise<CommandPage>,
    deviceCommand: (product, device, id) =>
      ask(path`/devices/${product}/${device}/commands/${id}`) as Promise<DeviceCommand>,
  };
}
