import type { ScriptPasswords } from '../../../core/apic/script/script-variable.ts';
import { InvalidSetting } from '../../../core/errors.ts';
import { readDefinitions } from '../definitions.ts';
import { currentValue, scriptVariables } from './script-variables.ts';

/** What the stack lets scripts ask for by name. */
export interface ScriptSettings {
  /** @returns null for what is not declared */
  variable(name: string): Promise<string | null>;
  /** @throws InvalidSetting for what is not declared, Refusal when its secret has no such value */
  password(name: string): Promise<string>;
  /** @throws InvalidSetting for what is not declared or is none, Refusal when its secret has no such value */
  certificate(name: string): Promise<ScriptCertificate>;
  /** PEM: the authorities that certify the sources at a host; null where the stack names none. @throws Refusal when its secret has no such value */
  authority(host: string): Promise<string | null>;
}

/** The names of the reference system, which documents `privateKey` twice; the certificate is there under both that were meant. */
export interface ScriptCertificate {
  readonly cipherType: 'CERTIFICATE';
  /** PEM. */
  readonly certificate: string;
  readonly publicKey: string;
  /** PEM. */
  readonly privateKey: string;
  readonly passphrase: string;
}

let declared: ScriptPasswords | undefined;

/** Those of this function: each is read when it is asked for, and no other. */
export const scriptSettings: ScriptSettings = settingsOf(() => {
  declared ??= readDefinitions<ScriptPasswords>('passwords.json');

  return declared;
}, scriptVariables);

export function settingsOf(
  passwords: () => ScriptPasswords,
  variables: () => Promise<ReadonlyMap<string, string>>,
): ScriptSettings {
  async function secretOf(kind: 'passwords' | 'certificates', method: string, name: unknown): Promise<string> {
    const known = passwords()[kind];
    if (typeof name !== 'string' || !Object.hasOwn(known, name)) {
      const names = Object.keys(known).sort().join(', ');
      throw new InvalidSetting(`CipherUtils.${method}`, name, names === '' ? `none is declared in \`${kind}\`` : names);
    }

    return currentValue(name, known[name] as (typeof known)[string]);
  }

  return {
    async variable(name) {
      return (await variables()).get(name) ?? null;
    },
    password: (name) => secretOf('passwords', 'getPlainCipherText', name),
    async certificate(name) {
      return certificateOf(name, await secretOf('certificates', 'getPlainCertificate', name));
    },
    async authority(host) {
      const { authorities = {} } = passwords();
      const declared = Object.hasOwn(authorities, host) ? authorities[host] : undefined;

      return declared === undefined ? null : currentValue(host, declared);
    },
  };
}

function certificateOf(name: string, text: string): ScriptCertificate {
  const { certificate, privateKey, passphrase = '' } = fieldsOf(text);
  if (typeof certificate !== 'string' || typeof privateKey !== 'string' || typeof passphrase !== 'string') {
    throw new InvalidSetting(
      `CipherUtils.getPlainCertificate: the secret of ${name}`,
      'something else',
      '{"certificate": "<PEM>", "privateKey": "<PEM>", "passphrase": "<text, may be left out>"}',
    );
  }

  return { cipherType: 'CERTIFICATE', certificate, publicKey: certificate, privateKey, passphrase };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
