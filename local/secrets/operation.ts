import type { JsonOperation } from '../aws/json-service.ts';
import type { ListMember, Shape, TextMember } from '../aws/request-shape.ts';
import { AwsError } from '../errors.ts';
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
export const NAME: TextMember = { type: 'string', required: true, min: 1, max: 512, pattern: /^[A-Za-z0-9/_+=.@-]+$/ };
export const TOKEN: TextMember = { type: 'string', min: 32, max: 64 };
export const DESCRIPTION: TextMember = { type: 'string', max: 2048 };
export const CONTENT: Shape = {
  SecretString: { type: 'string', min: 1, max: 65_536 },
  SecretBinary: { type: 'blob', max: 65_536 },
};
export const TAGS: ListMember = {
  type: 'list',
  max: 50,
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
