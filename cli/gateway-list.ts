import { command } from './command.ts';
import { CommandFailed, ManagementRefused } from './errors.ts';

export const gatewayList = command({
  path: 'gateway list',
  summary: 'list gateways and whether they are there',
  examples: [['causeway gateway list', 'every gateway of the platform']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.gateways().catch(explained),
      {
        product: ({ product }) => product,
        gateway: ({ device }) => device,
        'client id': ({ clientId }) => clientId,
        enabled: ({ enabled }) => (enabled ? 'yes' : 'no'),
        presence: ({ presence }) => presence.state,
        since: ({ presence }) => presence.since,
        name: ({ name }) => name,
      },
      'No gateways. Register one with "causeway device register", of a product of the type "gateway".',
    );
    return undefined;
  },
});

/** Only a platform that has them has the route. */
function explained(error: unknown): never {
  if (error instanceof ManagementRefused && error.status === 404) {
    throw new CommandFailed(
      'This platform has no gateways: its stack says so with "gateways: true" (docs/gateways.md).',
    );
  }
  throw error;
}
