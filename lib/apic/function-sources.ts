import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import { parseSourceUrl, type SourceKind, verifiedAddress } from '../../core/apic/script/jdbc-url.ts';
import type { ScriptVariable } from '../../core/apic/script/script-variable.ts';
import { checkName, invalid, type Place } from '../platform/setting.ts';
import type { ScriptVariablesProps } from './script-variables.ts';

/** A database or a Redis outside of the platform. */
export interface FunctionSourceProps {
  /**
   * `jdbc:mysql://host:3306/database`, `jdbc:postgresql://host:5432/database`, `redis://host:6379`, with the options that scripts have too; may
   * be known only at deployment.
   */
  readonly url: string;
  /** @default - that of the URL */
  readonly user?: string;
  /**
   * A secret's text, or one field of it where it is JSON.
   * @default - none
   */
  readonly password?: { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string };
  /**
   * PEM, or a secret with it: the authorities that certify the server, in place of the usual ones. The connection is encrypted and verified then,
   * whatever the URL says.
   * @default - the usual ones, where the URL asks for verification
   */
  readonly certificateAuthority?: string | { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string };
}

export type FunctionSourcesProps = Readonly<Record<string, FunctionSourceProps>>;

const FIELDS = ['url', 'user', 'password', 'ca'] as const;
const KINDS: readonly SourceKind[] = ['mysql', 'postgresql', 'redis'];

/**
 * The kinds whose drivers are needed.
 *
 * @throws InvalidSetting for a URL that names no source, or holds a password
 */
export function sourceKinds(place: Place, sources: FunctionSourcesProps): readonly SourceKind[] {
  const kinds = Object.entries(sources).flatMap(([name, { url, certificateAuthority: ca }]) => {
    checkName(
      place,
      'sources',
      name,
      /^[A-Za-z][\w-]{0,63}$/,
      'a letter, then letters, digits, `_` or `-`: 64 at most',
    );
    if (typeof ca === 'string' && !Token.isUnresolved(ca)) {
      certificateAuthorities(`${pathOf(place)}: sources.${name}.certificateAuthority`, ca);
    }
    if (Token.isUnresolved(url)) {
      return KINDS;
    }
    const address = parseSourceUrl(undefined, url);
    const { kind, password } = ca === undefined ? address : verifiedAddress(address);
    if (password !== undefined) {
      throw invalid(place, `sources.${name}.url`, 'a password', 'none: it belongs in `password`, which names a secret');
    }

    return [kind];
  });

  return [...new Set(kinds)].sort();
}

/** What a function is told of its sources, as variables of its own. */
export function sourceVariables(sources: FunctionSourcesProps): ScriptVariablesProps {
  const entries = Object.entries(sources).flatMap(([name, { url, user, password, certificateAuthority: ca }]) => [
    [variableOf(name, 'url'), url] as const,
    ...(user === undefined ? [] : [[variableOf(name, 'user'), user] as const]),
    ...(password === undefined ? [] : [[variableOf(name, 'password'), password] as const]),
    ...(ca === undefined ? [] : [[variableOf(name, 'ca'), ca] as const]),
  ]);

  return Object.fromEntries(entries);
}

/** The same, by source, once it is said where each stands. */
export function sourceDeclarations(
  sources: FunctionSourcesProps,
  provided: Readonly<Record<string, ScriptVariable>>,
): Readonly<Record<string, Readonly<Record<string, ScriptVariable>>>> {
  return Object.fromEntries(
    Object.keys(sources).map((name) => {
      const fields = FIELDS.flatMap((field) => {
        const variable = provided[variableOf(name, field)];

        return variable === undefined ? [] : [[field, variable] as const];
      });

      return [name, Object.fromEntries(fields)];
    }),
  );
}

function pathOf(place: Place): string {
  return typeof place === 'string' ? place : place.node.path;
}

/** No name of a variable: those have no colon. */
function variableOf(source: string, field: (typeof FIELDS)[number]): string {
  return `source:${source}:${field}`;
}
