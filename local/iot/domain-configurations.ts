import { createHash } from 'node:crypto';
import { arn } from '../account.ts';
import type { Authorizer, DomainConfiguration } from './iot-part.ts';

export const authorizerArn = (name: string): string => arn('iot', `authorizer/${name}`);

/** AWS ends the ARN with five characters of its own; here they follow from the name, so that they never change. */
export function domainConfigurationArn(name: string): string {
  return arn('iot', `domainconfiguration/${name}/${createHash('sha256').update(name).digest('hex').slice(0, 5)}`);
}

/** The name a client can reach: AWS would make one for a configuration without a domain of its own. */
export function reachableName({ domainName }: DomainConfiguration): string {
  return domainName ?? 'localhost';
}

/** Some clients send an address as SNI, though RFC 6066 forbids it. */
const NAMELESS: ReadonlySet<string | undefined> = new Set([undefined, 'localhost', '127.0.0.1']);

/**
 * Which authorizer judges a connection: the default one of the configuration whose name the client asked for (SNI). A client
 * that names none, an address or `localhost` is taken for the first configuration of its kind, with certificates or without: one
 * machine has no names to choose by.
 */
export function authorizerOf(
  serverName: string | undefined,
  withCertificate: boolean,
  configurations: readonly DomainConfiguration[],
  authorizers: ReadonlyMap<string, Authorizer>,
): { functionArn: string; authorizerArn: string } | undefined {
  const enabled = configurations.filter(
    ({ enabled: on, certificates = false }) => on && certificates === withCertificate,
  );
  const named = enabled.find(({ domainName }) => domainName !== undefined && domainName === serverName);
  const configuration = named ?? (NAMELESS.has(serverName) ? enabled[0] : undefined);
  const authorizer = authorizers.get(configuration?.defaultAuthorizerName ?? '');
  if (authorizer?.active !== true) return undefined;

  return { functionArn: authorizer.functionArn, authorizerArn: authorizerArn(authorizer.name) };
}
