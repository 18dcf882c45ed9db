import { Argument } from 'commander';
import { command } from './command.ts';

export const gatewayShow = command({
  path: 'gateway show',
  summary: 'show a gateway and the devices behind it, with who is there',
  arguments: [
    new Argument('<product>', "the gateway's product, by name"),
    new Argument('<device>', 'physical id of the gateway'),
  ],
  examples: [['causeway gateway show FieldBox FB-1', 'its topology, and the ids that it calls its devices by']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, device] = args as [string, string];
    const { client } = await platform();
    const gateway = await client.gateway(product, device);
    const { devices, presence, clientId, enabled, name } = gateway;

    output.result(gateway, () => {
      const facts = output.pairs([
        ['gateway', `${product} ${device}`],
        ['client id', clientId],
        ['name', name],
        ['enabled', enabled ? 'yes' : 'no'],
        ['presence', presence.state],
        ['since', presence.since],
      ]);
      const rows = devices.map((one) => [
        one.product,
        one.device,
        one.clientId,
        one.enabled ? 'yes' : 'no',
        one.presence.state,
        one.presence.since,
        one.name,
      ]);
      const table = output.table(['product', 'device', 'device id', 'enabled', 'presence', 'since', 'name'], rows);

      return `${facts}\n\n${rows.length === 0 ? 'No devices stand behind it.' : table}`;
    });
    return undefined;
  },
});
