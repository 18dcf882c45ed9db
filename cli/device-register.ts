import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { several, text } from './settings.ts';

interface Options {
  readonly name?: string;
  readonly password?: string;
  readonly tag?: readonly string[];
  readonly description?: string;
  readonly disabled?: boolean;
}

export const deviceRegister = command<Options>({
  path: 'device register',
  summary: 'register a device and print its credentials, this once',
  details:
    'The password is shown now and never again: the platform keeps a hash of it only. Without --password a strong one is generated.',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<device>', 'physical id, such as an IMEI or MAC: 2 to 64 of A-Z a-z 0-9 _ -'),
  ],
  options: [
    new Option('--name <text>', 'a name for people').argParser(text({ min: 2, max: 64 })),
    new Option('--password <text>', '8 to 32 characters with digit, upper case, lower case and special character'),
    new Option('--tag <text>', 'a tag; the option again for the next one').argParser(
      several(text({ min: 1, max: 64 })),
    ),
    new Option('--description <text>', 'what it is').argParser(text({ min: 1, max: 200 })),
    new Option('--disabled', 'register it without letting it log in yet'),
  ],
  examples: [
    ['causeway device register ParkingSensor S-101', 'a new sensor, with a generated password'],
    ['causeway device register ParkingSensor S-102 --tag floor-2 --json', 'the same for a script'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [product, device] = args as [string, string];
    const { client, local } = await platform();
    const { name, password, tag, description, disabled } = options;
    const credentials = await client.registerDevice({
      product,
      device,
      ...(name === undefined ? {} : { name }),
      ...(password === undefined ? {} : { password }),
      ...(tag === undefined ? {} : { tags: tag }),
      ...(description === undefined ? {} : { description }),
      ...(disabled === true ? { enabled: false } : {}),
    });

    output.result(credentials, () =>
      output.pairs([
        ['product', credentials.product],
        ['device', credentials.device],
        ['client id', credentials.clientId],
        ['user name', credentials.username],
        ['password', credentials.password],
        ['publish to', credentials.publish],
        ['subscribe to', credentials.subscribe],
        ...(local === undefined
          ? []
          : ([
              ['MQTT', local.mqtt.url],
              ['MQTTS', `${local.mqtts.url} (CA certificate: ${local.mqtts.ca})`],
            ] as const)),
      ]),
    );
    output.message('Keep the password: it is not shown again.');

    return undefined;
  },
});
