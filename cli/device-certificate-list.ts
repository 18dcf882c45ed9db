import { Argument } from 'commander';
import { command } from './command.ts';

export const deviceCertificateList = command({
  path: 'device certificate list',
  summary: 'list the certificates of a device, the newest first',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  examples: [['causeway device certificate list ParkingSensor S-001', 'those it may log in with, and those it might']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, device] = args as [string, string];
    const { client } = await platform();

    output.list(
      await client.certificates(product, device),
      {
        certificate: ({ id }) => id,
        state: ({ state }) => state,
        created: ({ createdAt }) => createdAt,
        'valid until': ({ expiresAt }) => expiresAt,
        revoked: ({ revokedAt }) => revokedAt,
      },
      `No certificates. Make one with "causeway device certificate create ${product} ${device}".`,
    );
    return undefined;
  },
});
