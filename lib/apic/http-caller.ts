import { Lazy, Stack } from 'aws-cdk-lib';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';
import type { SignatureKey } from './signature-key.ts';

/** The function that calls the HTTP backends of a group, and what it has to know that no template holds. */
export class HttpCaller {
  readonly handler: HandlerFunction;
  readonly #keys = new Map<string, SignatureKey>();
  /** Variables of the environment, by URL. */
  readonly #addresses = new Map<string, string>();

  constructor(handler: HandlerFunction) {
    this.handler = handler;
  }

  /** The variable that has a URL known only at deployment. */
  address(url: string): string {
    const known = this.#addresses.get(url);
    if (known !== undefined) {
      return known;
    }
    const name = `BACKEND_URL_${this.#addresses.size}`;
    this.#addresses.set(url, name);
    this.handler.variable(name, url);

    return name;
  }

  /**
   * Lets it sign with a key.
   *
   * @throws InvalidSetting when another key has its name
   */
  letSign(api: Place, key: SignatureKey): void {
    const other = this.#keys.get(key.keyName);
    if (other === key) {
      return;
    }
    if (other !== undefined) {
      throw invalid(
        api,
        'signatureKey',
        key.node.path,
        `a key with a name of its own: ${other.node.path} has ${key.keyName} too`,
      );
    }
    if (this.#keys.size === 0) {
      const text = () =>
        Stack.of(this.handler).toJsonString(
          Object.fromEntries([...this.#keys].map(([name, { secret }]) => [name, secret.secretArn])),
        );
      this.handler.variable('SIGNATURE_KEYS', Lazy.string({ produce: text }));
    }
    this.#keys.set(key.keyName, key);
    this.handler.allow(['secretsmanager:GetSecretValue'], [key.secret.secretArn]);
  }
}
