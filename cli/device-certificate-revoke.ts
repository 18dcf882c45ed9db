import { Argument } from 'commander';
import { command } from './command.ts';

export const deviceCertificateRevoke = command({
  path: 'device certificate revoke',
  summary: 'end a certificate for good; its device is cut off within seconds',
  details:
    'The device may log in again at once with another of its certificates or its password. Whatever connection it has is cut off, since AWS IoT does not tell which certificate it came with.',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<device>', 'physical id of the device'),
    new Argument('<certificate>', 'id of the certificate, as "device certificate list" shows it'),
  ],
  examples: [
    ['causeway device certificate revoke ParkingSensor S-001 3f5a…', 'the key was lost: nobody logs in with it again'],
  ],
  platform: true,
  async run({ args, output, platform }) {
    const [product, device, id] = args as [string, string, string];
    const { client } = await platform();
    const certificate = await client.revokeCertificate(product, device, id);

    output.result(certificate, () => `${certificate.id} of ${device} is revoked.`);
    return undefined;
  },
});
