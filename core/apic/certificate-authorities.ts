import { X509Certificate } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Authorities to trust, as TLS takes them.
 *
 * @param setting where they stand, for the message
 * @param text PEM, one certificate or several
 * @throws InvalidSetting for what is none; nothing of the text is repeated, which may be a secret
 */
export function certificateAuthorities(setting: string, text: string): string {
  const blocks = text.match(BLOCK) ?? [];
  const allowed = 'certificates in PEM: -----BEGIN CERTIFICATE----- …';
  if (blocks.length === 0) {
    throw new InvalidSetting(setting, `a text of ${text.length} characters without a certificate`, allowed);
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (error) {
      throw new InvalidSetting(`${setting}: certificate ${index + 1}`, (error as Error).message, allowed);
    }
  }

  return blocks.join('\n');
}
