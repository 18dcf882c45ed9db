import { CommandFailed, UsageError } from '../errors.ts';
import type { Api } from '../management-client.ts';
import type { LocalFile } from './local-file.ts';

/** Where a request goes: an API of the catalogue, or a path no API has, to see how that is refused. */
export interface Target {
  readonly group: string;
  /** The path as it will be sent, with or without `{parameters}` still to be filled. */
  readonly path: string;
  readonly api?: Api;
}

/** An API by `<group>/<api>`, or by its name alone where only one group has it. */
export function findApi(apis: readonly Api[], name: string): Api {
  const exact = apis.find((api) => api.name === name);
  const short = apis.filter((api) => api.name.split('/').at(-1) === name);
  const [only] = short;
  if (exact !== undefined) {
    return exact;
  }
  if (only === undefined) {
    throw new CommandFailed(
      `There is no API ${name}. There are: ${apis.map((api) => api.name).join(', ') || 'none yet'}.`,
    );
  }
  if (short.length > 1) {
    throw new UsageError(
      `${name} is in several groups: ${short.map((api) => api.name).join(', ')}. Name the group too.`,
    );
  }
  return only;
}

/** `Parking/Free`, `Free`, or the group and a path as a caller writes it: `Parking /parking/free`. */
export function findTarget(apis: readonly Api[], name: string, path: string | undefined, method?: string): Target {
  if (path === undefined) {
    const api = findApi(apis, name);

    return { group: api.group, path: api.path, api };
  }
  if (!path.startsWith('/')) {
    throw new UsageError(`The path is ${path}; allowed: one that starts with "/", such as /parking/free.`);
  }
  const group = apis.filter((api) => api.group === name);
  if (group.length === 0) {
    const groups = [...new Set(apis.map((api) => api.group))];
    throw new CommandFailed(`There is no API group ${name}. There are: ${groups.join(', ') || 'none yet'}.`);
  }
  const found = group.find(
    (api) =>
      matches(api.path, path) && (method === undefined || api.method === 'ANY' || api.method === method.toUpperCase()),
  );

  return { group: name, path, ...(found === undefined ? {} : { api: found }) };
}

/** The address of a group: on this machine from `local.json`, in the cloud what the address of an API has before its path. */
export function groupUrl(apis: readonly Api[], group: string, local: LocalFile | undefined): string {
  const api = apis.find((candidate) => candidate.group === group);
  const url = local === undefined ? api?.url.slice(0, -api.path.length) : local.apis[group]?.url;
  if (url === undefined) {
    throw new CommandFailed(`The address of API group ${group} is not known. Start the platform again to learn it.`);
  }
  return url;
}

/** Fills `{name}` in a path; every one must be given. */
export function filledPath(path: string, values: ReadonlyMap<string, string>): string {
  const missing = [...path.matchAll(/\{([^}]+)\}/g)]
    .map((match) => match[1] as string)
    .filter((name) => !values.has(name));
  if (missing.length > 0) {
    throw new UsageError(`The path ${path} needs ${missing.map((name) => `--path ${name}=VALUE`).join(' ')}.`);
  }
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template, path].map((text) => text.replace(/\/$/, '').split('/')) as [string[], string[]];

  return wanted.length === given.length && wanted.every((part, index) => part.startsWith('{') || part === given[index]);
}
