import { Buffer } from 'node:buffer';
import type { JsonOperation } from '../aws/json-service.ts';
import type { ListMember, Shape, TextMember } from '../aws/request-shape.ts';
import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';
import type { NewVersion, SecretStore } from './secret-store.ts';

interface OperationDefinition<I> {
  readonly input: Shape;
  /** The ARN its permission is asked for; the request's `SecretId`, unless said otherwise. */
  resource?(input: I, store: SecretStore): string;
  run(input: I, store: SecretStore): Promise<unknown>;
}

/** Declares an operation of the Secrets Manager API; one file each in `operations/`, named alike. */
export function operation<I>(name: string, definition: OperationDefinition<I>): JsonOperation<SecretStore> {
  const {
    input,
    resource = (request: I, store: SecretStore) => store.arnOf((request as { SecretId: string }).SecretId),
    run,
  } = definition;

  return {
    name,
    input,
    needs: (request: I, store: SecretStore) => [
      { action: `secretsmanager:${name}`, resource: resource(request, store) },
    ],
    run,
  } as JsonOperation<SecretStore>;
}

export const SECRET_ID: TextMember = { type: 'string', required: true, min: 1, max: 2048 };
export const NAME: TextMember = {
  type: 'string',
  required: true,
  min: 1,
  max: LIMITS.nameCharacters,
  pattern: /^[A-Za-z0-9/_+=.@-]+$/,
};
export const TOKEN: TextMember = { type: 'string', min: 32, max: 64 };
export const DESCRIPTION: TextMember = { type: 'string', max: LIMITS.descriptionCharacters };
export const CONTENT: Shape = {
  SecretString: { type: 'string', min: 1, max: LIMITS.secretBytes },
  SecretBinary: { type: 'blob', max: LIMITS.secretBytes },
};
export const TAGS: ListMember = {
  type: 'list',
  max: LIMITS.tags,
  member: {
    type: 'structure',
    members: { Key: { type: 'string', min: 1, max: 128 }, Value: { type: 'string', max: 256 } },
  },
};

export interface ContentInput {
  readonly ClientRequestToken?: string;
  readonly SecretString?: string;
  readonly SecretBinary?: string;
}

export interface TagsInput {
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Undefined when the request carries no content. Throws `AwsError` InvalidParameterException for two. */
export function contentOf({ ClientRequestToken, SecretString, SecretBinary }: ContentInput): NewVersion | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value.",
    );
  }
  if (SecretString === undefined && SecretBinary === undefined) return undefined;
  // The shape counts characters; the quota is of bytes.
  if (SecretString !== undefined && Buffer.byteLength(SecretString) > LIMITS.secretBytes) {
    throw new AwsError('ValidationException', `The secret value has more than ${LIMITS.secretBytes} bytes.`);
  }

  return {
    ...(ClientRequestToken !== undefined && { token: ClientRequestToken }),
    ...(SecretString !== undefined && { secretString: SecretString }),
    ...(SecretBinary !== undefined && { secretBinary: SecretBinary }),
  };
}

export function tagsOf({ Tags = [] }: TagsInput): Record<string, string> {
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

/** Timestamps travel as seconds since the epoch. */
export function seconds(millis: number): number {
  return millis / 1000;
}
