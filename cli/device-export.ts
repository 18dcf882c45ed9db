import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { command } from './command.ts';
import { csvLine } from './devices/csv.ts';
import { EXPORTED, TAG_SEPARATOR } from './devices/device-file.ts';
import { foundDevices } from './devices/found-devices.ts';
import { deviceQuery, type QueryOptions, queryOptions } from './devices/query-options.ts';
import { CommandFailed } from './errors.ts';
import type { Device } from './management/devices.ts';
import { countText } from './screen/words.ts';

interface Options extends QueryOptions {
  readonly file: string;
}

export const deviceExport = command<Options>({
  path: 'device export',
  summary: 'write devices into a file, which "device register --file" can read again',
  details:
    'CSV, or JSON lines when the file ends in .jsonl. All about each device but its password, which nobody can see. The file appears when it is whole.',
  options: [
    ...queryOptions(),
    new Option('--file <file>', 'where they go; what is there is replaced').makeOptionMandatory(),
  ],
  examples: [
    ['causeway device export --product ParkingSensor --file sensors.csv', 'the sensors'],
    ['causeway device export --presence offline --file offline.jsonl', 'those that were connected and are not'],
  ],
  platform: true,
  async run({ options, output, context, platform }) {
    const { client } = await platform();
    const file = resolve(context.cwd, options.file);
    const lines = /\.(jsonl|ndjson)$/i.test(file);
    const partial = `${file}.partial`;
    let devices = 0;
    const handle = await created(partial);
    try {
      if (!lines) await handle.appendFile(csvLine(COLUMNS));
      for await (const page of foundDevices(client, deviceQuery(options), {})) {
        devices += page.items.length;
        const records = page.items.map(recordOf);
        await handle.appendFile(
          records.map((record) => (lines ? `${JSON.stringify(record)}\n` : csvOf(record))).join(''),
        );
      }
      await handle.sync();
      await handle.close();
      await rename(partial, file);
    } catch (error) {
      await handle.close();
      await rm(partial, { force: true });
      throw error;
    }
    output.result({ file, devices }, () => `${countText(devices)} devices into ${file}`);

    return undefined;
  },
});

/** The first can be registered again; the rest says where the device stands. */
const COLUMNS = ['device', 'name', 'tags', 'description', 'enabled', ...EXPORTED] as const;

type ExportRecord = Readonly<Partial<Record<(typeof COLUMNS)[number], unknown>>>;

function recordOf(found: Device): ExportRecord {
  const { device, name, tags = [], description, enabled, product, presence } = found;
  const { clientId, username, publish, subscribe, app, fixed, registeredAt } = found;

  return {
    ...{ device, name, tags, description: description || undefined, enabled, product },
    ...{ clientId, username, publish, subscribe, app, state: presence.state, since: presence.since },
    ...{ fixed, registeredAt },
  };
}

function csvOf(record: ExportRecord): string {
  return csvLine(
    COLUMNS.map((column) => {
      const value = record[column];

      return Array.isArray(value) ? value.join(TAG_SEPARATOR) : value;
    }),
  );
}

async function created(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w', 0o600);
  } catch (cause) {
    throw new CommandFailed(`${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
