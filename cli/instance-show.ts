import { command } from './command.ts';
import type { Instance } from './management-client.ts';
import type { LocalFile } from './platform/local-file.ts';

export const instanceShow = command({
  path: 'instance show',
  summary: 'show the platform: id, environment, version, MQTT address',
  examples: [
    ['causeway instance show', 'the platform on this machine'],
    ['causeway instance show --stack CausewayPlatform', 'the one in the AWS account of the environment'],
  ],
  platform: true,
  async run({ output, platform }) {
    const { client, local } = await platform();
    const instance = { ...(await client.instance()), ...(local === undefined ? {} : { mqtt: localAddress(local) }) };

    output.result(instance, () =>
      output.pairs([
        ['id', instance.id],
        ['environment', instance.environment],
        ['version', instance.version],
        ['MQTT with TLS', `${instance.mqtt.host}:${instance.mqtt.port}`],
        ...(local === undefined ? [] : [['MQTT', new URL(local.mqtt.url).host] as const]),
      ]),
    );
    return undefined;
  },
});

/** The platform itself knows the address a device would use in AWS; on this machine its ports are chosen at the start. */
function localAddress({ mqtts }: LocalFile): Instance['mqtt'] {
  const { hostname, port } = new URL(mqtts.url);

  return { host: hostname, port: Number(port) };
}
