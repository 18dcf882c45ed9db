import { Argument } from 'commander';
import { command } from './command.ts';
import type { DevicePresence } from './management/devices.ts';

export const deviceShow = command({
  path: 'device show',
  summary: 'show one device',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  examples: [['causeway device show ParkingSensor S-001', 'what the platform knows about it; never its password']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, device] = args as [string, string];
    const { client } = await platform();
    const found = await client.device(product, device);

    output.result(found, () => output.pairs(Object.entries({ ...found, presence: presenceText(found.presence) })));
    return undefined;
  },
});

function presenceText({ state, since, reason }: DevicePresence): string {
  if (since === undefined) {
    return 'never connected';
  }

  return `${state} since ${since}${reason === undefined ? '' : ` (${reason})`}`;
}
