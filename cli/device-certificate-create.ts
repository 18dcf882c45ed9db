import { type FileHandle, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { CommandFailed } from './errors.ts';

interface Options {
  readonly out: string;
}

export const deviceCertificateCreate = command<Options>({
  path: 'device certificate create',
  summary: 'give a device a certificate and its key, which are written into files, this once',
  details:
    'The device then logs in with the certificate and its client id, without user name and password, which go on counting. The key is in its file and ' +
    'nowhere else. A device may have five at a time.',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  options: [
    new Option('--out <folder>', 'where <device>.cert.pem and <device>.key.pem go; nothing is written over').default(
      '.',
    ),
  ],
  examples: [
    ['causeway device certificate create ParkingSensor S-001', 'into S-001.cert.pem and S-001.key.pem'],
    ['causeway device certificate create ParkingSensor S-001 --out keys --json', 'for a script'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [product, device] = args as [string, string];
    const { client, local } = await platform();
    const folder = resolve(context.cwd, options.out);
    const files = [join(folder, `${device}.cert.pem`), join(folder, `${device}.key.pem`)] as const;
    // Before anything is made: a key that cannot be written down would be lost.
    const [certificateFile, keyFile] = await created(files);
    try {
      const made = await client.createCertificate(product, device);
      const { certificatePem, privateKey, ...rest } = made;
      await write(certificateFile, certificatePem);
      await write(keyFile, privateKey);
      const where = { certificateFile: files[0], keyFile: files[1] };

      output.result({ ...rest, ...where }, () =>
        output.pairs([
          ['product', made.product],
          ['device', made.device],
          ['certificate', made.id],
          ['valid until', made.expiresAt],
          ['certificate in', where.certificateFile],
          ['key in', where.keyFile],
          ['client id', made.clientId],
          ['publish to', made.publish],
          ['subscribe to', made.subscribe],
          local === undefined
            ? (['MQTTS', `mqtts://${made.mqtt.host}:${made.mqtt.port} (ALPN mqtt)`] as const)
            : (['MQTTS', `${local.mqtts.url} (CA certificate: ${local.mqtts.ca})`] as const),
        ]),
      );
      output.message('Keep the key: it is nowhere else.');
    } catch (error) {
      await Promise.all(files.map((file) => rm(file, { force: true })));
      throw error;
    } finally {
      await Promise.all([certificateFile.close(), keyFile.close()]);
    }
    return undefined;
  },
});

async function created(files: readonly [string, string]): Promise<[FileHandle, FileHandle]> {
  const first = await createdFile(files[0], 0o644);
  try {
    return [first, await createdFile(files[1], 0o600)];
  } catch (error) {
    await first.close();
    await rm(files[0], { force: true });
    throw error;
  }
}

async function createdFile(file: string, mode: number): Promise<FileHandle> {
  try {
    return await open(file, 'wx', mode);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it is there already; name another folder with --out' : message;
    throw new CommandFailed(`${file} cannot be written: ${why}`, { cause });
  }
}

async function write(file: FileHandle, text: string): Promise<void> {
  await file.writeFile(text);
  await file.sync();
}
