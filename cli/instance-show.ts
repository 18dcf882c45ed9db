import { command } from './command.ts';

export const instanceShow = command({
  path: 'instance show',
  summary: 'show the platform: id, environment, version, MQTT address',
  examples: [
    ['causeway instance show', 'the platform on this machine'],
    ['causeway instance show --stack CausewayPlatform', 'the one in the AWS account of the environment'],
  ],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();
    const instance = await client.instance();

    output.result(instance, () =>
      output.pairs([
        ['id', instance.id],
        ['environment', instance.environment],
        ['version', instance.version],
        ['MQTT', `${instance.mqtt.host}:${instance.mqtt.port}`],
      ]),
    );
    return undefined;
  },
});
