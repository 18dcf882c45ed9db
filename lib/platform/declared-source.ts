import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { DeclaredSource } from '../../core/fdi/declared-source.ts';
import { Integration } from './integration.ts';

interface SecretPlace {
  readonly secret: Pick<ISecret, 'secretArn'>;
  readonly key?: string;
}

/** What operators can have tested. */
export interface DeclaredSourceProps {
  readonly url: string;
  readonly user?: string;
  readonly password?: SecretPlace;
  readonly certificateAuthority?: string | SecretPlace;
}

/**
 * Writes a source into the catalogue, and lets the function that tests sources read its secrets: `causeway datasource test <name>`.
 *
 * @param name unique in the stack: `Shop.Orders.keys`
 * @param usedBy what uses it, for lists
 * @param writes the tables that are written
 */
export function declareSource(
  scope: Construct,
  name: string,
  { url, user, password, certificateAuthority: ca }: DeclaredSourceProps,
  { usedBy, writes = [] }: { readonly usedBy: string; readonly writes?: readonly string[] },
): void {
  const integration = Integration.of(scope);
  const source: DeclaredSource = {
    ...{ url, usedBy },
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password: placeOf(password) }),
    ...(ca !== undefined && { ca: typeof ca === 'string' ? { pem: ca } : placeOf(ca) }),
    ...(writes.length > 0 && { writes }),
  };
  integration.catalog.add(scope, 'source', name, { ...source });
  const secrets = [password, typeof ca === 'string' ? undefined : ca].flatMap((place) =>
    place === undefined ? [] : [place.secret.secretArn],
  );
  for (const secretArn of new Set(secrets.map((arn) => Token.asString(arn)))) {
    integration.allow('testSources', { actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] });
  }
}

function placeOf({ secret, key }: SecretPlace) {
  return { secretArn: secret.secretArn, ...(key !== undefined && { key }) };
}
