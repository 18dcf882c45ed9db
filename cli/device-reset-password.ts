import { Argument, Option } from 'commander';
import { command } from './command.ts';
import type { DeviceCredentials } from './management-client.ts';
import { writeLocalFile } from './platform/local-file.ts';
import type { Platform } from './platform/platform.ts';

interface Options {
  readonly password?: string;
}

export const deviceResetPassword = command<Options>({
  path: 'device reset-password',
  summary: 'give a device a new password and print it, this once; the old one ends at once',
  details:
    'Whoever is connected with the old password is cut off within seconds. For a device that a stack declares, its secret and local.json ' +
    'get the new password as well. Without --password a strong one is generated.',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  options: [
    new Option('--password <text>', '8 to 32 characters with digit, upper case, lower case and special character'),
  ],
  examples: [
    ['causeway device reset-password ParkingSensor S-001', 'a new, generated password'],
    ['causeway device reset-password ParkingSensor S-101 --json', 'the same for a script'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [product, device] = args as [string, string];
    const found = await platform();
    const credentials = await found.client.resetPassword(product, device, options.password);
    noteLocally(found, credentials);

    output.result(credentials, () =>
      output.pairs([
        ['product', credentials.product],
        ['device', credentials.device],
        ['client id', credentials.clientId],
        ['user name', credentials.username],
        ['password', credentials.password],
      ]),
    );
    output.message('Keep the password: it is not shown again.');

    return undefined;
  },
});

/** `local.json` holds what the secrets of the fixed devices held at the start; scripts read their log-ins there. */
function noteLocally({ local, memory }: Platform, credentials: DeviceCredentials): void {
  if (local?.devices.some(({ clientId }) => clientId === credentials.clientId) !== true) {
    return;
  }
  const devices = local.devices.map((entry) =>
    entry.clientId === credentials.clientId ? { ...entry, password: credentials.password } : entry,
  );
  writeLocalFile(memory, { ...local, devices });
}
