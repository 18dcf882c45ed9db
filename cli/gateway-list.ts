import { command } from './command.ts';

export const gatewayList = command({
  path: 'gateway list',
  summary: 'list gateways and whether they are there',
  examples: [['causeway gateway list', 'every gateway of the platform']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.gateways(),
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
