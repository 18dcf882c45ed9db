import { Argument, Option } from 'commander';
import { type Call, command } from './command.ts';
import { registerFile } from './devices/register-file.ts';
import { UsageError } from './errors.ts';
import { several, text, wholeNumber } from './settings.ts';

interface Options {
  readonly product?: string;
  readonly name?: string;
  readonly password?: string;
  readonly tag?: readonly string[];
  readonly description?: string;
  readonly disabled?: boolean;
  readonly file?: string;
  readonly results?: string;
  readonly rate: number;
  readonly dryRun?: boolean;
}

/** Things an account makes in a second. D:general/latest/gr/iot-core */
const REGISTRY_PER_SECOND = 100;
const ONE_DEVICE = ['name', 'password', 'tag', 'description', 'disabled'];

export const deviceRegister = command<Options>({
  path: 'device register',
  summary: 'register a device and print its credentials, this once; or all devices of a file',
  details: [
    'The password is shown now and never again: the platform keeps a hash of it only. Without --password a strong one is generated.',
    '',
    'With --file, the devices of a file: CSV with a heading (device, and any of name, password, tags, description, enabled; tags are ' +
      'separated by semicolons) or JSON lines (.jsonl) with the same fields. Each line has its outcome in the result file, with the password, ' +
      'readable by you alone; a bad line keeps no other. A job that was interrupted or killed is resumed by the same command.',
  ].join('\n'),
  arguments: [
    new Argument('[product]', 'the product, by name'),
    new Argument('[device]', 'physical id, such as an IMEI or MAC: 2 to 64 of A-Z a-z 0-9 _ -'),
  ],
  options: [
    new Option('--product <name>', 'the product, by name, where it is not the first argument'),
    new Option('--name <text>', 'a name for people').argParser(text({ min: 2, max: 64 })),
    new Option('--password <text>', '8 to 32 characters with digit, upper case, lower case and special character'),
    new Option('--tag <text>', 'a tag; the option again for the next one').argParser(
      several(text({ min: 1, max: 64 })),
    ),
    new Option('--description <text>', 'what it is').argParser(text({ min: 1, max: 1000 })),
    new Option('--disabled', 'register it without letting it log in yet'),
    new Option('--file <file>', 'register the devices of this file').conflicts(ONE_DEVICE),
    new Option('--results <file>', 'where outcomes and passwords go (.csv or .jsonl); <file>.results.csv unless given'),
    new Option('--rate <n>', 'devices a second, of a file; AWS IoT makes 100 things a second in an account')
      .argParser(wholeNumber({ min: 1, max: REGISTRY_PER_SECOND }))
      .default(REGISTRY_PER_SECOND / 2),
    new Option('--dry-run', 'check the file and register nothing'),
  ],
  examples: [
    ['causeway device register ParkingSensor S-101', 'a new sensor, with a generated password'],
    ['causeway device register ParkingSensor S-102 --tag floor=2 --json', 'the same for a script'],
    ['causeway device register --product ParkingSensor --file devices.csv', 'all of them, into devices.results.csv'],
  ],
  platform: true,
  async run(call) {
    const { args, options } = call;
    const [first, device] = args as readonly (string | undefined)[];
    const product = options.product ?? first;
    const surplus = options.product === undefined ? undefined : first;
    if (options.file !== undefined) {
      if (product === undefined || surplus !== undefined || device !== undefined) {
        throw new UsageError('With --file there is one product and no device: --product <name> --file <file>.');
      }
      return registerFile(call, product, { ...options, file: options.file });
    }
    const only = (['results', 'dryRun'] as const).find((option) => options[option] !== undefined);
    if (only !== undefined) {
      throw new UsageError(`--${only === 'dryRun' ? 'dry-run' : only} goes with --file.`);
    }
    const named = options.product === undefined ? device : first;
    if (product === undefined || named === undefined || (options.product !== undefined && device !== undefined)) {
      throw new UsageError('Say which product and which device: causeway device register <product> <device>.');
    }

    return registerOne(call, product, named);
  },
});

async function registerOne({ options, output, platform }: Call<Options>, product: string, device: string) {
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
}
