import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import { invalid } from '../platform/setting.ts';
import type { SignatureKey } from './signature-key.ts';

export interface HttpBackendProps {
  /** `https://orders.example.com`, or with what stands before every path: `https://orders.example.com/v1`. May be known only at deployment. */
  readonly url: string;
  /**
   * What it wants requests to be signed with: then it serves only APIs that are bound to the same key.
   * @default - it serves any API
   */
  readonly signatureKey?: SignatureKey;
  /**
   * PEM: the authorities that certify it, in place of the usual ones.
   * @default - the usual ones
   */
  readonly certificateAuthority?: string;
}

/** A server of HTTP or HTTPS outside of the platform, which APIs have their calls answered by: `HttpApi`. */
export class HttpBackend extends Construct {
  readonly url: string;
  readonly signatureKey: SignatureKey | undefined;
  readonly ca: string | undefined;

  /** @throws InvalidSetting naming what cannot work */
  constructor(scope: Construct, id: string, { url, signatureKey, certificateAuthority }: HttpBackendProps) {
    super(scope, id);
    this.url = Token.isUnresolved(url) ? url : this.#checked(url);
    this.signatureKey = signatureKey;
    this.ca =
      certificateAuthority === undefined
        ? undefined
        : certificateAuthorities(`${this.node.path}: certificateAuthority`, certificateAuthority);
  }

  #checked(text: string): string {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw invalid(this, 'url', text, 'a URL that begins with https:// or http://');
    }
    if (url.username !== '' || url.password !== '') {
      throw invalid(
        this,
        'url',
        `${url.protocol}//…@${url.host}`,
        'no user and password: they would be in the template',
      );
    }
    if (url.search !== '' || url.hash !== '') {
      throw invalid(this, 'url', text, 'no query: an HttpApi has it, as backendParameters with a value');
    }

    return text.replace(/\/+$/, '');
  }
}
