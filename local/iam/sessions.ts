import { Buffer } from 'node:buffer';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../aws/service.ts';
import type { AccessKey, Credentials } from '../engines.ts';
import { AwsError } from '../errors.ts';

/** Who has an access key, and what it signs with. */
export interface KeyHolder {
  readonly principal: Principal;
  readonly secretAccessKey: string;
}

interface Known extends KeyHolder {
  readonly token: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The access keys that count, with what proves each. */
export class Sessions {
  readonly #known = new Map<string, Known>();

  /** Keys of a person, without a session token: they count until the end. */
  addUser(principal: Principal): AccessKey {
    const key = { accessKeyId: keyId('AKIA'), secretAccessKey: secret() };
    this.#known.set(key.accessKeyId, { ...key, principal, token: Buffer.alloc(0), expiresAt: Infinity });

    return key;
  }

  /** Temporary keys of a role. @param seconds how long they count; to the end, if it is not given */
  add(principal: Principal, seconds = Infinity): Credentials {
    const credentials = {
      accessKeyId: keyId('ASIA'),
      secretAccessKey: secret(),
      sessionToken: randomBytes(32).toString('base64'),
    };
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const expiresAt = Date.now() + seconds * 1000;
    this.#known.set(accessKeyId, { principal, secretAccessKey, token: Buffer.from(sessionToken), expiresAt });

    return credentials;
  }

  /**
   * The holder of a key, if the session token is the key's; compared in constant time. A holder without a token is known
   * by the signature alone. Throws `AwsError` ExpiredTokenException.
   */
  find(accessKeyId: string, sessionToken: string): KeyHolder | undefined {
    const known = this.#known.get(accessKeyId);
    const given = Buffer.from(sessionToken);
    if (known === undefined || known.token.length !== given.length || !timingSafeEqual(known.token, given)) {
      return undefined;
    }
    if (known.expiresAt <= Date.now()) {
      throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired', 403);
    }

    return known;
  }

  clear(): void {
    this.#known.clear();
  }
}

function keyId(prefix: string): string {
  return `${prefix}${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`;
}

function secret(): string {
  return randomBytes(30).toString('base64');
}
