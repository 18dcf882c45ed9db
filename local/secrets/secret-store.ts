import { randomUUID } from 'node:crypto';
import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import { type StateFile, stateFile } from '../state-file.ts';
import { randomPassword } from './random-password.ts';

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';

/** One of the two is there. */
export interface SecretContent {
  readonly secretString?: string;
  /** base64 */
  readonly secretBinary?: string;
}

export interface SecretVersion extends SecretContent {
  readonly id: string;
  readonly stages: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface StoredSecret {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly created: number;
  readonly changed: number;
  /** When a deletion with a recovery window ends; milliseconds since the epoch. */
  readonly deletion?: number;
  readonly versions: readonly SecretVersion[];
}

export interface NewVersion extends SecretContent {
  /** The version's id; a fresh UUID by default. */
  readonly token?: string;
  /** @default AWSCURRENT */
  readonly stages?: readonly string[];
}

interface Document {
  readonly secrets: readonly StoredSecret[];
}

/** The secrets of the account in one file of mode 0600. Every change is on disk when it resolves. */
export class SecretStore {
  readonly #file: StateFile<Document>;
  readonly now: () => number;
  #secrets = new Map<string, StoredSecret>();

  constructor(file: string, now: () => number) {
    this.#file = stateFile<Document>(file, { secrets: [] });
    this.now = now;
  }

  load(): void {
    this.#secrets = new Map(this.#file.read().secrets.map((secret) => [secret.name, secret]));
  }

  /** Sorted by name; without those that wait for their deletion. */
  all(): StoredSecret[] {
    return [...this.#secrets.values()]
      .filter(({ deletion }) => deletion === undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param id a name, an ARN, or an ARN without the six characters at its end */
  find(id: string): StoredSecret | undefined {
    const byName = this.#secrets.get(id);
    if (byName !== undefined) return this.#unlessGone(byName);
    const byArn = [...this.#secrets.values()].find((secret) => secret.arn === id || secret.arn.slice(0, -7) === id);

    return byArn === undefined ? undefined : this.#unlessGone(byArn);
  }

  /** Throws `AwsError` ResourceNotFoundException, or InvalidRequestException for one that waits for its deletion. */
  get(id: string): StoredSecret {
    const secret = this.find(id);
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    if (secret.deletion !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }

    return secret;
  }

  /** The ARN a permission is asked for, also when there is no such secret. */
  arnOf(id: string): string {
    return this.find(id)?.arn ?? (id.startsWith('arn:') ? id : arn('secretsmanager', `secret:${id}-??????`));
  }

  /** Throws `AwsError` ResourceExistsException. */
  async create(
    name: string,
    details: Pick<StoredSecret, 'tags'> & { readonly description?: string },
  ): Promise<StoredSecret> {
    if (this.find(name) !== undefined) {
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    const now = this.now();
    const suffix = randomPassword({ PasswordLength: 6, ExcludePunctuation: true, RequireEachIncludedType: false });

    return this.#save({
      ...details,
      name,
      arn: arn('secretsmanager', `secret:${name}-${suffix}`),
      created: now,
      changed: now,
      versions: [],
    });
  }

  change(secret: StoredSecret, change: Partial<Omit<StoredSecret, 'name' | 'arn'>>): Promise<StoredSecret> {
    return this.#save({ ...secret, ...change, changed: this.now() });
  }

  /** For what `change` cannot say: that a member is gone. */
  replace(secret: StoredSecret): Promise<StoredSecret> {
    return this.#save({ ...secret, changed: this.now() });
  }

  /**
   * Adds a version and moves the stages to it; the same token with the same content changes nothing.
   * Throws `AwsError` ResourceExistsException for the same token with another content.
   */
  async addVersion(secret: StoredSecret, version: NewVersion): Promise<SecretVersion> {
    const { token = randomUUID(), stages = [CURRENT], ...content } = version;
    const existing = secret.versions.find(({ id }) => id === token);
    if (existing !== undefined) {
      if (existing.secretString === content.secretString && existing.secretBinary === content.secretBinary)
        return existing;
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    }
    const created: SecretVersion = { id: token, created: this.now(), stages, ...content };
    await this.change(secret, { versions: [created, ...withoutStages(secret.versions, stages)] });

    return created;
  }

  async delete(secret: StoredSecret): Promise<void> {
    this.#secrets.delete(secret.name);
    await this.#write();
  }

  #unlessGone(secret: StoredSecret): StoredSecret | undefined {
    return secret.deletion !== undefined && secret.deletion <= this.now() ? undefined : secret;
  }

  async #save(secret: StoredSecret): Promise<StoredSecret> {
    this.#secrets.set(secret.name, secret);
    await this.#write();

    return secret;
  }

  #write(): Promise<void> {
    return this.#file.write({ secrets: [...this.#secrets.values()] });
  }
}

export function versionAt(secret: StoredSecret, stage: string): SecretVersion | undefined {
  return secret.versions.find(({ stages }) => stages.includes(stage));
}

/**
 * The versions once `taken` stages have moved elsewhere. Whoever loses AWSCURRENT becomes AWSPREVIOUS, and a version
 * without any stage is deprecated: Secrets Manager deletes it, here at once.
 */
function withoutStages(versions: readonly SecretVersion[], taken: readonly string[]): SecretVersion[] {
  const steps = taken.includes(CURRENT) ? [...taken, PREVIOUS] : taken;

  return versions
    .map((version) => {
      const kept = version.stages.filter((stage) => !steps.includes(stage));
      const stages = taken.includes(CURRENT) && version.stages.includes(CURRENT) ? [...kept, PREVIOUS] : kept;
      return { ...version, stages };
    })
    .filter(({ stages }) => stages.length > 0);
}
